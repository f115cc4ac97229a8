//! Logging in from a tool on the user's own machine.

use super::app::App;
use super::authorize::{Login, Prompt};
use super::loopback::Loopback;
use crate::wire::debug_fields;
use crate::{Error, Scope};
use std::time::Duration;

/// How long the user may take, unless told otherwise.
const TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// Opens the browser, waits until the user has logged in, and returns their tokens: for a tool on the
/// user's own machine. [`BrowserLogin`] has settings.
///
/// The app's redirect URI must be registered as `http://localhost:<port>/...`; this listens at that
/// port of 127.0.0.1, for one login.
///
/// ```no_run
/// use opencloud::{Scope, oauth};
///
/// # async fn run() -> Result<(), opencloud::Error> {
/// let app = oauth::App::builder("client id").redirect_uri("http://localhost:8917/callback").build()?;
/// let login = oauth::login_in_browser(&app, [Scope::Openid, Scope::Profile]).await?;
/// println!("{:?}", login.identity);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// If the redirect URI is not on this machine or its port is taken, if the user needs longer than five
/// minutes, and as [`App::finish`].
pub async fn login_in_browser(app: &App, scopes: impl IntoIterator<Item = Scope>) -> Result<Login, Error> {
    BrowserLogin::new(app, scopes).run().await
}

/// A login through the browser of this machine.
#[must_use = "nobody logs in until it is run"]
pub struct BrowserLogin {
    app: App,
    scopes: Vec<Scope>,
    prompts: Vec<Prompt>,
    timeout: Duration,
    show: Box<dyn FnOnce(&str) + Send>,
}

impl BrowserLogin {
    /// Asks for these scopes.
    pub fn new(app: &App, scopes: impl IntoIterator<Item = Scope>) -> Self {
        Self {
            app: app.clone(),
            scopes: scopes.into_iter().collect(),
            prompts: Vec::new(),
            timeout: TIMEOUT,
            show: Box::new(open),
        }
    }

    /// As [`AuthorizeRequest::prompt`](super::AuthorizeRequest::prompt).
    pub fn prompt(mut self, prompt: Prompt) -> Self {
        self.prompts.push(prompt);
        self
    }

    /// How long the user may take, five minutes by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Does something else with the URL than to print it to standard error and to open it: it must
    /// come before the eyes of the user, in a browser of this machine.
    pub fn show_with(mut self, show: impl FnOnce(&str) + Send + 'static) -> Self {
        self.show = Box::new(show);
        self
    }

    /// Logs the user in.
    ///
    /// # Errors
    ///
    /// As [`login_in_browser`].
    pub async fn run(self) -> Result<Login, Error> {
        let request = self.app.authorize(self.scopes);
        let login =
            self.prompts.into_iter().fold(request, |request, prompt| request.prompt(prompt)).begin()?;
        // First the port, so that the browser finds someone there.
        let loopback = Loopback::bind(self.app.redirect_uri()).await?;
        (self.show)(login.url());
        let pending = login.into_pending();
        let callback = tokio::time::timeout(self.timeout, loopback.wait_for_callback(&pending))
            .await
            .map_err(|_| {
                let seconds = self.timeout.as_secs();
                Error::authorization_required(None, format!("nobody has logged in within {seconds} seconds"))
            })??;
        self.app.finish(pending, &callback).await
    }
}

debug_fields!(BrowserLogin { app, scopes, timeout });

/// Where there is no browser, the printed URL can be opened by hand.
fn open(url: &str) {
    eprintln!("To log in with Roblox, open this page:\n{url}");
    let _ = open::that_detached(url);
}
