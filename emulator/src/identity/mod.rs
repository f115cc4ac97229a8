//! Who calls, and what they may do: API keys with scopes, and the OAuth 2.0 server.

mod access;
pub(crate) mod control;
mod handle;
mod introspect;
pub(crate) mod keys;
pub(crate) mod oauth;
pub(crate) mod redact;
pub(crate) mod scopes;

use ring::rand::{SecureRandom as _, SystemRandom};
use serde::{Deserialize, Serialize};

use crate::control::{Route, Routes};
use crate::schema::encode_base64;

pub(crate) use access::{authorize, owner};
pub use keys::{ApiKey, InvalidAddress, KeyScope};
pub use oauth::OAuthApp;

use keys::Keys;
use oauth::OAuth;

const INTROSPECT: &str = "/api-keys/v1/introspect";

/// The keys and sessions that the emulator knows.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Identity {
    pub(crate) keys: Keys,
    pub(crate) oauth: OAuth,
    secrets: Secrets,
}

impl Default for Identity {
    fn default() -> Identity {
        Identity::new()
    }
}

impl Identity {
    pub(crate) fn new() -> Identity {
        Identity { keys: Keys::default(), oauth: OAuth::new(), secrets: Secrets::random() }
    }
}

/// Makes the texts that nobody can guess: codes and tokens. They follow from one random seed, so that a state that
/// was saved goes on as it would have gone on.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Secrets {
    seed: String,
    made: u64,
}

impl Secrets {
    fn random() -> Secrets {
        Secrets { seed: encode_base64(random_bytes::<32>()), made: 0 }
    }

    pub(crate) fn next(&mut self, kind: &str) -> String {
        self.made += 1;
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, self.seed.as_bytes());
        let tag = ring::hmac::sign(&key, &self.made.to_be_bytes());
        format!("{kind}-{}", base64_url(tag.as_ref()))
    }
}

pub(crate) fn random_bytes<const LENGTH: usize>() -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    SystemRandom::new().fill(&mut bytes).expect("the operating system has random numbers");
    bytes
}

pub(crate) fn base64_url(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// Whether two texts are the same, without telling by the time it takes where they differ.
pub(crate) fn same_secret(one: &str, other: &str) -> bool {
    let digest = |text: &str| ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    digest(one).as_ref() == digest(other).as_ref()
}

/// What is beside the operations of the document: the introspection of keys, and OAuth 2.0.
pub(crate) const ROUTES: Routes = &[
    Route::reads("POST", INTROSPECT, introspect::answer),
    Route::reads("GET", "/oauth/.well-known/openid-configuration", oauth::discovery::configuration),
    Route::reads("GET", "/oauth/v1/certs", oauth::discovery::certificates),
    // Redirects are no successes, and a token that is used twice ends its session.
    Route::always_changes("GET", "/oauth/v1/authorize", oauth::authorize::ask),
    Route::always_changes("POST", "/oauth/v1/authorize", oauth::authorize::decide),
    Route::always_changes("POST", "/oauth/v1/token", oauth::token::answer),
    Route::reads("POST", "/oauth/v1/token/introspect", oauth::inspect::introspect),
    Route::reads("POST", "/oauth/v1/token/resources", oauth::inspect::resources),
    Route::always_changes("POST", "/oauth/v1/token/revoke", oauth::inspect::revoke),
    Route::reads("GET", "/oauth/v1/userinfo", oauth::userinfo::answer),
    Route::reads("POST", "/oauth/v1/userinfo", oauth::userinfo::answer),
    Route::reads("OPTIONS", "/oauth/v1/token*", oauth::preflight),
    Route::reads("OPTIONS", "/oauth/v1/userinfo", oauth::preflight),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ_and_go_on_where_a_saved_state_ended() {
        let mut secrets = Secrets::random();
        let first = secrets.next("code");
        let saved = serde_json::to_string(&secrets).expect("JSON");
        let second = secrets.next("code");
        assert_ne!(first, second);
        assert!(second.starts_with("code-") && second.len() > 40, "{second}");
        let mut restored: Secrets = serde_json::from_str(&saved).expect("the state");
        assert_eq!(restored.next("code"), second);
        assert_ne!(Secrets::random().next("code"), Secrets::random().next("code"));
    }
}
