//! How an emulator is set up and started.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use tokio::sync::oneshot;

use crate::behaviour;
use crate::clock::Clock;
use crate::document::Document;
use crate::identity::{ApiKey, OAuthApp};
use crate::server::gateway::Inner;
use crate::server::{Emulator, listener};
use crate::state::State;

const DEFAULT_BODY_LIMIT: usize = 128 * 1024 * 1024;

/// How the emulator is to run.
#[derive(Debug, Clone)]
pub struct Builder {
    port: u16,
    api_keys: Vec<ApiKey>,
    oauth_apps: Vec<OAuthApp>,
    strict: bool,
    body_limit: usize,
    frozen_at: Option<SystemTime>,
    speed: u32,
    threads: usize,
}

impl Default for Builder {
    fn default() -> Self {
        Builder {
            port: 0,
            api_keys: Vec::new(),
            oauth_apps: Vec::new(),
            strict: true,
            body_limit: DEFAULT_BODY_LIMIT,
            frozen_at: None,
            speed: 1,
            threads: 1,
        }
    }
}

impl Builder {
    /// The port to listen on; 0, the default, is a free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Builder {
        self.port = port;
        self
    }

    /// Accepts this API key; once one is given, no others. A text may do everything, an [`ApiKey`] what it says.
    #[must_use]
    pub fn api_key(mut self, key: impl Into<ApiKey>) -> Builder {
        self.api_keys.push(key.into());
        self
    }

    /// Adds an app to those that may ask users for authorization.
    #[must_use]
    pub fn oauth_app(mut self, app: OAuthApp) -> Builder {
        self.oauth_apps.push(app);
        self
    }

    /// Whether requests that break the document are refused, which is the default. If not, they are only recorded.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Builder {
        self.strict = strict;
        self
    }

    /// The largest body that is read, in bytes. The default is 128 MiB.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Builder {
        self.body_limit = bytes;
        self
    }

    /// Lets time stand still at this moment; [`Emulator::advance`] moves it.
    #[must_use]
    pub fn frozen_at(mut self, time: SystemTime) -> Builder {
        self.frozen_at = Some(time);
        self
    }

    /// Lets time run that many times as fast. The default is 1; a frozen clock has no speed.
    #[must_use]
    pub fn speed(mut self, times: u32) -> Builder {
        self.speed = times.max(1);
        self
    }

    /// How many threads serve. The default is one.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Builder {
        self.threads = threads.max(1);
        self
    }

    /// Starts serving on a thread of its own, so that it goes on whatever the caller's runtime does.
    pub async fn start(self) -> std::io::Result<Emulator> {
        self.start_now()
    }

    pub(crate) fn start_now(self) -> std::io::Result<Emulator> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let base_url = format!("http://{address}");
        let document = Document::embedded();
        let clock = self.frozen_at.map_or_else(|| Clock::running(self.speed), Clock::frozen_at);
        let inner = Arc::new(Inner {
            document,
            handlers: behaviour::handlers(document),
            state: Mutex::new(State::new(clock)),
            traffic: Arc::default(),
            base_url: base_url.clone(),
            api_keys: self.api_keys,
            oauth_apps: self.oauth_apps,
            strict: self.strict,
            body_limit: self.body_limit,
        });
        inner.introduce(&mut inner.state());
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
