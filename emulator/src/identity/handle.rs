//! What tests in the same process ask for.

use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::server::{Emulator, HERE, Incoming};

impl Emulator {
    /// An access token of OAuth 2.0, as an app has it after this user has allowed these scopes for everything. None, if
    /// there is no such user or scope.
    ///
    /// ```no_run
    /// # async fn run() -> std::io::Result<()> {
    /// let emulator = opencloud_emulator::Emulator::start().await?;
    /// let token = emulator.access_token(1001, ["openid", "group:read"]).expect("a user");
    /// # Ok(())
    /// # }
    /// ```
    pub fn access_token<S: Into<String>>(
        &self,
        user: u64,
        scopes: impl IntoIterator<Item = S>,
    ) -> Option<String> {
        let scopes: Vec<String> = scopes.into_iter().map(Into::into).collect();
        let wanted = json!({ "user": user, "scopes": scopes });
        let answer = self.tell(Method::POST, "/__emulator/oauth/tokens", &wanted)?;
        let given: Value = serde_json::from_str(&answer).ok()?;
        given["access_token"].as_str().map(str::to_owned)
    }

    /// From now on this user allows everything that apps ask for, without a page; with `None` a person decides again.
    pub fn approve_as(&self, user: Option<u64>) {
        let decision = user.map(|user| json!({ "approve": { "user": user } }));
        self.tell(Method::PUT, "/__emulator/oauth/settings", &json!({ "decision": decision }));
    }

    fn tell(&self, method: Method, path: &'static str, body: &Value) -> Option<String> {
        let body = Bytes::from(body.to_string());
        let request = Incoming {
            method,
            uri: Uri::from_static(path),
            headers: HeaderMap::new(),
            body,
            peer: HERE,
            is_reused: false,
        };
        match self.inner.tell(&request)? {
            answer @ Answer::Response(_) if !answer.is_success() => None,
            Answer::Response(response) => Some(response.body().text()),
            Answer::Reset | Answer::Close | Answer::Refused => None,
        }
    }
}
