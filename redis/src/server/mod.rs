//! The server: where it is, how long it may take, and what its keys are called.

mod error;
mod health;
mod names;

pub use error::{Error, ErrorKind};
pub(crate) use health::Health;
pub(crate) use health::trace;
#[cfg(feature = "webhook")]
pub(crate) use names::print;
pub(crate) use names::{Names, short};

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, FromRedisValue, IntoConnectionInfo as _, ScriptInvocation};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The format of what this version writes.
pub(crate) const FORMAT: &str = "1";

/// A Redis or Valkey server, with the prefix that all keys of this crate have there. Clones share a connection, which is
/// made again when it is lost.
///
/// ```no_run
/// # async fn connect() -> Result<(), opencloud_redis::Error> {
/// use opencloud_redis::Server;
///
/// let server = Server::builder("redis://:password@10.0.0.7:6379/0")?.prefix("my-game")?.connect().await?;
/// # Ok(())
/// # }
/// ```
///
/// It needs a tokio runtime, and Redis 6.2, Valkey 7.2 or newer.
#[derive(Clone)]
pub struct Server(Arc<Inner>);

struct Inner {
    connection: ConnectionManager,
    builder: ServerBuilder,
    /// Of all leases, and what is kept with them.
    leases: Arc<Health>,
}

/// Sets up a [`Server`].
#[derive(Clone)]
#[must_use = "`connect` connects"]
pub struct ServerBuilder {
    client: Client,
    /// Without the password.
    address: Arc<str>,
    names: Names,
    response_timeout: Duration,
    connection_timeout: Duration,
}

impl Server {
    /// As [`builder`](Self::builder) and [`connect`](ServerBuilder::connect), with the prefix `opencloud`.
    ///
    /// # Errors
    ///
    /// As both of them.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        Self::builder(url)?.connect().await
    }

    /// The server at this address: `redis://user:password@host:port/database`; `rediss://` for TLS, `unix:` for a
    /// socket.
    ///
    /// # Errors
    ///
    /// Of kind [`Configuration`](ErrorKind::Configuration), if the address is none, or is of TLS and no feature for it is
    /// enabled. The error does not repeat the address, for the sake of the password in it.
    pub fn builder(url: &str) -> Result<ServerBuilder, Error> {
        let invalid = |why: &str| {
            let fix = "write it as redis://user:password@host:port/database";
            Error::new(
                ErrorKind::Configuration,
                format!("the address of the Redis server is invalid: {why}; {fix}"),
            )
        };
        let parsed =
            redis::parse_redis_url(url).ok_or_else(|| invalid("it is not a URL with a scheme of Redis"))?;
        let info = parsed.into_connection_info().map_err(|error| invalid(error.category()))?;
        if !info.addr().is_supported() {
            return Err(invalid(
                "it asks for TLS or a socket; enable the feature `rustls` or `native-tls` for TLS",
            ));
        }
        let address = format!("{}/{}", info.addr(), info.redis_settings().db()).into();
        let client = Client::open(info).map_err(|error| invalid(error.category()))?;
        Ok(ServerBuilder {
            client,
            address,
            names: Names::default(),
            response_timeout: Duration::from_secs(2),
            connection_timeout: Duration::from_secs(2),
        })
    }

    /// Where it is, without user and password: `127.0.0.1:6379/0`.
    pub fn address(&self) -> &str {
        &self.0.builder.address
    }

    pub(crate) fn names(&self) -> &Names {
        &self.0.builder.names
    }

    /// A connection of its own, for another runtime.
    pub(crate) fn separate(&self) -> Result<Self, Error> {
        self.0.builder.clone().connection(self.0.leases.clone())
    }

    /// What is known from the commands of leases.
    pub(crate) fn leases(&self) -> &Health {
        &self.0.leases
    }

    /// Runs a script.
    pub(crate) async fn script<T: FromRedisValue>(
        &self,
        what: &str,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, Error> {
        self.bound(what, async {
            let mut connection = self.0.connection.clone();
            match script.invoke_async(&mut connection).await {
                Err(error) if was_refused_before(&error) => script.invoke_async(&mut connection).await,
                response => response,
            }
        })
        .await
    }

    /// Sends a command.
    pub(crate) async fn command<T: FromRedisValue>(
        &self,
        what: &str,
        command: &redis::Cmd,
    ) -> Result<T, Error> {
        self.bound(what, async {
            let mut connection = self.0.connection.clone();
            match command.query_async(&mut connection).await {
                Err(error) if was_refused_before(&error) => command.query_async(&mut connection).await,
                response => response,
            }
        })
        .await
    }

    async fn bound<T>(
        &self,
        what: &str,
        response: impl Future<Output = redis::RedisResult<T>>,
    ) -> Result<T, Error> {
        let ServerBuilder { address, response_timeout, connection_timeout, .. } = &self.0.builder;
        // Of a script that the server has not yet, the text is sent after the response that says so.
        let longest = *connection_timeout + *response_timeout * 2;
        match tokio::time::timeout(longest, response).await {
            Ok(response) => response.map_err(|error| Error::of_server(what, address, error)),
            Err(_) => Err(Error::late(what, address, longest.as_secs_f64())),
        }
    }

    /// Whether the server can be reached, takes writes, and holds keys of this version only.
    ///
    /// # Errors
    ///
    /// Of the kind that says which of these is not so.
    pub async fn check(&self) -> Result<(), Error> {
        const WHAT: &str = "the connection";
        let key = self.names().one("format");
        self.command::<Option<String>>(WHAT, redis::cmd("SET").arg(&key).arg(FORMAT).arg("NX")).await?;
        let format: Option<String> = self.command(WHAT, redis::cmd("GET").arg(&key)).await?;
        match format.as_deref() {
            Some(FORMAT) | None => Ok(()),
            Some(other) => Err(Error::other_version(WHAT, self.address(), other)),
        }
    }
}

/// Whether the server has taken no connection: that may be what came of an earlier try, made before the server was back.
/// The next one is a new try.
fn was_refused_before(error: &redis::RedisError) -> bool {
    error.is_connection_refusal()
}

impl ServerBuilder {
    /// What all keys begin with: `opencloud` by default. Programs that are to share nothing have prefixes of their own.
    ///
    /// # Errors
    ///
    /// Of kind [`Configuration`](ErrorKind::Configuration), if it is empty, longer than 64 bytes, or holds anything but
    /// letters, digits and `-_.:/`.
    pub fn prefix(mut self, prefix: &str) -> Result<Self, Error> {
        self.names = Names::new(prefix)?;
        Ok(self)
    }

    /// How long a command may take: 2 seconds by default.
    pub fn response_timeout(mut self, timeout: Duration) -> Self {
        self.response_timeout = timeout;
        self
    }

    /// How long connecting may take: 2 seconds by default.
    pub fn connection_timeout(mut self, timeout: Duration) -> Self {
        self.connection_timeout = timeout;
        self
    }

    /// Connects, and makes sure that the server takes writes and holds keys of this version only.
    ///
    /// # Errors
    ///
    /// As [`Server::check`].
    pub async fn connect(self) -> Result<Server, Error> {
        let server = self.connect_lazily()?;
        server.check().await?;
        Ok(server)
    }

    /// Connects when the server is needed first, so that a program can start while it is away.
    ///
    /// # Errors
    ///
    /// Of kind [`Configuration`](ErrorKind::Configuration).
    pub fn connect_lazily(self) -> Result<Server, Error> {
        let instead = "renewals and checkpoints wait as long as their leases are good, and fail then";
        self.connection(Arc::new(Health::new("leases", instead)))
    }

    fn connection(self, leases: Arc<Health>) -> Result<Server, Error> {
        // redis would panic if the application has several to choose from, and has not chosen.
        #[cfg(feature = "rustls")]
        if matches!(self.client.get_connection_info().addr(), redis::ConnectionAddr::TcpTls { .. }) {
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(self.response_timeout))
            .set_connection_timeout(Some(self.connection_timeout))
            // A command that fails says so at once; the next one tries again.
            .set_number_of_retries(0)
            .set_pipeline_buffer_size(1024);
        let connection = ConnectionManager::new_lazy_with_config(self.client.clone(), config)
            .map_err(|error| Error::of_server("the connection", &self.address, error))?;
        Ok(Server(Arc::new(Inner { connection, builder: self, leases })))
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.builder.fmt(f)
    }
}

impl fmt::Debug for ServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, names, response_timeout, connection_timeout, .. } = self;
        f.debug_struct("Server")
            .field("address", address)
            .field("prefix", &names.prefix())
            .field("response_timeout", response_timeout)
            .field("connection_timeout", connection_timeout)
            .finish()
    }
}
