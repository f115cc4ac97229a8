//! How an emulator is set up and started.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
#[cfg(feature = "sqlite")]
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, SystemTime};

use tokio::sync::oneshot;

use crate::api::{LuauRun, LuauTask, Scripts, Shapes};
use crate::areas;
use crate::clock::Clock;
use crate::document::Document;
use crate::faults::{Fault, FaultError, Rules};
use crate::identity::{ApiKey, OAuthApp};
use crate::inner::{Config, Inner, Strictness};
use crate::limits::Limits;
use crate::seed::Seed;
use crate::server::emulator::Emulator;
use crate::server::listener;
#[cfg(feature = "sqlite")]
use crate::server::restore;
use crate::state::State;

const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

const DEFAULT_BODY_LIMIT: usize = 128 * 1024 * 1024;

/// How the emulator is to run.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Builder {
    config: Config,
    host: Option<IpAddr>,
    port: u16,
    base_url: Option<String>,
    body_limit: Option<usize>,
    frozen_at: Option<SystemTime>,
    speed: u32,
    threads: usize,
    rate_limits: bool,
    daily_limits: HashMap<String, u64>,
    faults: Vec<Fault>,
    fault_seed: u64,
    #[cfg(feature = "sqlite")]
    data: Option<PathBuf>,
    seed: Option<Seed>,
}

impl Emulator {
    /// Starts on a free port of 127.0.0.1, strict, accepting any API key.
    pub async fn start() -> std::io::Result<Emulator> {
        Emulator::builder().start().await
    }

    pub fn builder() -> Builder {
        Builder::default()
    }
}

impl Builder {
    /// The address to listen on; 127.0.0.1 by default. Whoever reaches another address, `0.0.0.0` for instance, can read
    /// and change everything in the emulator.
    pub fn host(mut self, host: IpAddr) -> Builder {
        self.host = Some(host);
        self
    }

    /// What addresses in responses begin with, of uploads and downloads for instance: where clients reach the emulator,
    /// if that is not the address it listens on. `http://emulator:8080` in a network of containers.
    pub fn base_url(mut self, url: impl Into<String>) -> Builder {
        self.base_url = Some(url.into().trim_end_matches('/').to_owned());
        self
    }

    /// The port to listen on; 0, the default, is a free one.
    pub fn port(mut self, port: u16) -> Builder {
        self.port = port;
        self
    }

    /// Accepts this API key; once one is given, no others. A text may do everything, an [`ApiKey`] what it says.
    pub fn api_key(mut self, key: impl Into<ApiKey>) -> Builder {
        self.config.api_keys.push(key.into());
        self
    }

    /// Adds an app to those that may ask users for authorization.
    pub fn oauth_app(mut self, app: OAuthApp) -> Builder {
        self.config.oauth_apps.push(app);
        self
    }

    /// Whether requests that break the document are refused, all of them. If not, they are only recorded.
    ///
    /// Without this, what the services are known to take is taken: names in any letter case, and query parameters that
    /// the operation does not have, which are recorded as [`violations`](crate::Recorded::violations). All else is
    /// refused.
    pub fn strict(mut self, strict: bool) -> Builder {
        self.config.strictness = if strict { Strictness::Strict } else { Strictness::Lenient };
        self
    }

    /// Decides what comes of the scripts of Luau tasks, which are never executed. For none, the text of the script says
    /// it, as without this.
    ///
    /// It is called once for each task, when that is created, and must not send requests to the emulator, which waits
    /// for it. From a data directory, requests are applied again after a crash: the same task must end in the same way.
    ///
    /// ```
    /// use opencloud_emulator::{Emulator, LuauRun};
    ///
    /// let builder = Emulator::builder().luau(|task| {
    ///     let is_count = task.script.contains("CountPlayers");
    ///     is_count.then(|| LuauRun::returns([7.into()]))
    /// });
    /// # let _ = builder;
    /// ```
    pub fn luau(
        mut self,
        decide: impl Fn(&LuauTask<'_>) -> Option<LuauRun> + Send + Sync + 'static,
    ) -> Builder {
        self.config.scripts = Scripts::new(decide);
        self
    }

    /// Which shapes responses have where the live service and Roblox's document differ. The default is the live
    /// service's.
    pub fn shapes(mut self, shapes: Shapes) -> Builder {
        self.config.shapes = shapes;
        self
    }

    /// The largest body that is read, in bytes. The default is 128 MiB.
    pub fn body_limit(mut self, bytes: usize) -> Builder {
        self.body_limit = Some(bytes);
        self
    }

    /// Lets time stand still at this moment; [`Emulator::advance`] moves it.
    pub fn frozen_at(mut self, time: SystemTime) -> Builder {
        self.frozen_at = Some(time);
        self
    }

    /// Lets time run that many times as fast. The default is 1; a frozen clock has no speed.
    pub fn speed(mut self, times: u32) -> Builder {
        self.speed = times;
        self
    }

    /// How many threads serve. The default is one.
    pub fn threads(mut self, threads: usize) -> Builder {
        self.threads = threads;
        self
    }

    /// Keeps the rate limits of the document, with their headers: for each credential and operation, and for each
    /// universe those of data stores, memory stores, translations and user restrictions. Off unless told, so that tests run as fast as they can.
    pub fn rate_limits(mut self, on: bool) -> Builder {
        self.rate_limits = on;
        self
    }

    /// Gives an operation a limit for the day as well (RL-05), and keeps the other limits, too. The day ends at midnight
    /// UTC.
    ///
    /// # Errors
    ///
    /// If there is no such operation.
    pub fn daily_limit(mut self, operation: &str, requests: u64) -> Result<Builder, FaultError> {
        let operation = Rules::operation(Document::embedded(), operation)?;
        self.daily_limits.insert(operation, requests);
        self.rate_limits = true;
        Ok(self)
    }

    /// Lets the introspection of API keys be refused when this long has passed since a key was described (AU-01). Keys
    /// that were not described can always be introspected.
    pub fn introspection_lifetime(mut self, lifetime: Duration) -> Builder {
        self.config.introspection_lifetime = Some(lifetime);
        self
    }

    /// Begins with this fault in force; may be called several times. What is written is described at [`Fault`].
    ///
    /// # Errors
    ///
    /// If the text is no fault, or there is no such operation.
    pub fn fault(mut self, fault: &str) -> Result<Builder, FaultError> {
        let fault: Fault = fault.parse()?;
        Rules::new(0).add(Document::embedded(), fault.clone())?;
        self.faults.push(fault);
        Ok(self)
    }

    /// Which requests a fault with a probability is played for. The default is 0.
    pub fn fault_seed(mut self, seed: u64) -> Builder {
        self.fault_seed = seed;
        self
    }

    /// Keeps the state in a directory, which is made if it is not there. Whatever was acknowledged is still there after
    /// a crash. One emulator at a time can use it.
    #[cfg(feature = "sqlite")]
    pub fn data(mut self, directory: impl Into<PathBuf>) -> Builder {
        self.data = Some(directory.into());
        self
    }

    /// Whether users, groups and universes that the [seed](Self::seed) does not describe are not found (404), instead of
    /// made up. A user is described by a profile, by an inventory, or as a member of a group. It is the path of a
    /// request that is compared with the seed; what a body names is not, but for the names and ids of public look-ups.
    pub fn only_seeded(mut self, only: bool) -> Builder {
        self.config.only_seeded = only;
        self
    }

    /// What is there at the beginning. A data directory that has a state already keeps that.
    pub fn seed(mut self, seed: Seed) -> Builder {
        self.seed = Some(seed);
        self
    }

    /// Starts serving on a thread of its own, so that it goes on whatever the caller's runtime does.
    ///
    /// # Errors
    ///
    /// If the port is taken or not allowed, the data directory cannot be used, or the seed has what cannot be. The
    /// error says which, and what to do.
    pub async fn start(self) -> std::io::Result<Emulator> {
        self.start_now()
    }

    pub(crate) fn start_now(self) -> std::io::Result<Emulator> {
        let wanted = SocketAddr::new(self.host.unwrap_or(LOCALHOST), self.port);
        let listener = TcpListener::bind(wanted)
            .map_err(|error| std::io::Error::new(error.kind(), cannot_listen(wanted, &error)))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let base_url = self.base_url.unwrap_or_else(|| format!("http://{}", reachable(address)));
        let document = Document::embedded();
        let clock = self.frozen_at.map_or_else(|| Clock::running(self.speed), Clock::frozen_at);
        let inner = Arc::new(Inner {
            document,
            handlers: areas::handlers(document),
            state: Mutex::new(State::new(clock)),
            keeper: OnceLock::new(),
            faults: Rules::new(self.fault_seed),
            limits: self.rate_limits.then(|| Limits::new(self.daily_limits)),
            traffic: Arc::default(),
            base_url: base_url.clone(),
            config: self.config,
            body_limit: self.body_limit.unwrap_or(DEFAULT_BODY_LIMIT),
        });
        inner.introduce(&mut inner.state());
        for fault in self.faults {
            inner.faults.add(document, fault).map_err(std::io::Error::other)?;
        }
        let seed = self.seed;
        let begin = || seed.map_or(Ok(()), |seed| inner.sow(&seed));
        #[cfg(feature = "sqlite")]
        let begun = match &self.data {
            Some(directory) => restore::open(directory, &inner, begin),
            None => begin(),
        };
        #[cfg(not(feature = "sqlite"))]
        let begun = begin();
        begun.map_err(std::io::Error::other)?;
        let mut runtime = if self.threads > 1 {
            let mut runtime = tokio::runtime::Builder::new_multi_thread();
            runtime.worker_threads(self.threads);
            runtime
        } else {
            tokio::runtime::Builder::new_current_thread()
        };
        let runtime = runtime.enable_io().enable_time().build()?;
        let (stop, stopped) = oneshot::channel();
        let serving = Arc::clone(&inner);
        let thread = std::thread::Builder::new().name("opencloud-emulator".to_owned()).spawn(move || {
            runtime.block_on(async {
                let listener = match tokio::net::TcpListener::from_std(listener) {
                    Ok(listener) => listener,
                    Err(error) => {
                        eprintln!("opencloud-emulator: cannot listen: {error}");
                        return;
                    }
                };
                tokio::select! {
                    never = listener::serve(listener, serving) => match never {},
                    _ = stopped => {}
                }
            });
            runtime.shutdown_background();
        })?;
        Ok(Emulator { base_url, address, inner, stop: Some(stop), thread: Some(thread) })
    }
}

/// Where a client on this machine reaches what listens on an address: all addresses together are none to connect to.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => LOCALHOST,
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn cannot_listen(wanted: SocketAddr, error: &std::io::Error) -> String {
    let advice = match error.kind() {
        ErrorKind::AddrInUse => ": another program listens there; choose another port, or 0 for a free one",
        ErrorKind::PermissionDenied => ": choose a port from 1024 on, or 0 for a free one",
        ErrorKind::AddrNotAvailable => ": this machine does not have that address",
        _ => "",
    };
    format!("cannot listen on port {} of {}: {error}{advice}", wanted.port(), wanted.ip())
}
