//! Tokens of one authorization, which several servers renew once.

use crate::lease::{Held, Holding, Record, Taken};
use crate::seal::SealingKeys;
use crate::server::{Error, ErrorKind, FORMAT, Server};
use opencloud::oauth::{Lease, Stored, TokenSet, TokenStore};
use redis::Script;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use std::time::Duration;

const WHAT: &str = "the token store";

static SAVE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/token_save.lua")));

/// Keeps the tokens of **one** authorization, encrypted, for all servers that act for its user.
///
/// ```no_run
/// # async fn client(app: opencloud::oauth::App) -> Result<(), Box<dyn std::error::Error>> {
/// use opencloud::oauth::TokenProvider;
/// use opencloud::{Client, Credentials};
/// use opencloud_redis::{RedisTokenStore, SealingKeys, Server};
///
/// let server = Server::connect("redis://127.0.0.1").await?;
/// let keys = SealingKeys::from_hex(&std::env::var("SEALING_KEY")?)?;
/// let tokens = TokenProvider::new(app, RedisTokenStore::new(server, keys, "user 156"));
/// let client = Client::builder().credentials(Credentials::provider(tokens)).build()?;
/// # Ok(())
/// # }
/// ```
///
/// # The lease
///
/// The servers renew one at a time. The lease ends with the process that has it: 15 seconds after it was renewed last
/// ([`lease_time`](Self::lease_time)), by the clock of the Redis server. Each lease has a number, its fencing token, and
/// tokens that are saved keep the number. A process that was paused, and whose lease has run out, cannot put its tokens in
/// the place of those that a later holder has saved: its save is refused. If no later holder has saved any, its tokens are
/// the newest, and are taken.
///
/// # When the server is away
///
/// Loading and saving fail, and the provider goes on with the token that it has until that ends. There is no other choice:
/// a refresh token that is sent twice ends the session. What could not be saved is saved by the provider later.
///
/// # What must not be lost
///
/// A refresh token works once, so that one that is lost is a login that the user must repeat. Let the Redis server write
/// each change to its disk before it responds (`appendonly yes`, `appendfsync always`), and evict nothing
/// (`maxmemory-policy noeviction`).
#[derive(Debug)]
pub struct RedisTokenStore {
    record: Record,
    keys: SealingKeys,
    /// The lease, while it is held.
    held: Mutex<Weak<Holding>>,
}

impl RedisTokenStore {
    /// The tokens of the authorization with this name: whatever your site knows the user by.
    pub fn new(server: Server, keys: SealingKeys, name: &str) -> Self {
        let record = Record::new(server, WHAT, "token", name, Duration::from_secs(15));
        Self { record, keys, held: Mutex::default() }
    }

    /// After how long another server may renew if this one has died while it did: 15 seconds by default, 1 at least. A
    /// server that lives renews its lease, however long it takes.
    #[must_use]
    pub fn lease_time(mut self, time: Duration) -> Self {
        self.record.lasts = time.max(Duration::from_secs(1));
        self
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Weak<Holding>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn load_tokens(&self) -> Result<Option<TokenSet>, Error> {
        let [record, _] = self.record.keys();
        let mut command = redis::cmd("HMGET");
        command.arg(record).arg("format").arg("value:0");
        let (format, sealed): (Option<String>, Option<Vec<u8>>) = self.record.command(&command).await?;
        if let Some(format) = format.filter(|format| format != FORMAT) {
            return Err(Error::other_version(WHAT, self.record.server.address(), &format));
        }
        let Some(sealed) = sealed else { return Ok(None) };
        let opened = self.keys.open(&self.record.tag, &sealed)?;
        // What stands there is a secret, so the error says nothing of it.
        serde_json::from_slice(&opened).map(Some).map_err(|_| {
            let name = &self.record.name;
            Error::new(ErrorKind::Unreadable, format!("{WHAT} failed: the tokens of `{name}` are damaged"))
        })
    }

    async fn save_tokens(&self, tokens: &TokenSet) -> Result<(), Error> {
        let text = serde_json::to_vec(tokens)
            .map_err(|error| Error::new(ErrorKind::Unreadable, format!("{WHAT} failed: {error}")))?;
        self.record.check_size(&text)?;
        let sealed = self.keys.seal(&self.record.tag, &text)?;
        let fence = self.held().upgrade().map(|held| held.fence.to_string()).unwrap_or_default();
        let [record, open] = self.record.keys();
        let mut script = SAVE.key(record);
        script.key(open).arg(FORMAT).arg(fence).arg(sealed);
        match self.record.run(&script).await? {
            true => Ok(()),
            false => Err(self.record.lost()),
        }
    }

    async fn take_lease(&self) -> Result<Held, Error> {
        loop {
            match self.record.take().await? {
                Taken::Held(held) => return Ok(held),
                Taken::Busy(wait) => Record::pause(wait).await,
                Taken::None => {
                    self.record.plan(&[Vec::new()], false).await?;
                }
                // Nobody finishes them.
                Taken::Done => return Err(self.record.lost()),
            }
        }
    }
}

impl TokenStore for RedisTokenStore {
    fn load(&self) -> Stored<'_, Option<TokenSet>> {
        Box::pin(async { Ok(self.load_tokens().await?) })
    }

    fn save<'a>(&'a self, tokens: &'a TokenSet) -> Stored<'a, ()> {
        Box::pin(async { Ok(self.save_tokens(tokens).await?) })
    }

    fn lease(&self) -> Stored<'_, Lease> {
        Box::pin(async {
            let held = self.take_lease().await?;
            *self.held() = Arc::downgrade(held.holding());
            Ok(Lease::new(held))
        })
    }
}
