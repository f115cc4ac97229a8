//! What cannot be guessed: random texts, and how they are compared.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::{Deserialize, Serialize};

use crate::document::encode_base64;

/// Makes the texts that nobody can guess: codes and tokens. They follow from one random seed, so that a state that
/// was saved goes on as it would have gone on.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Secrets {
    seed: String,
    made: u64,
}

impl Secrets {
    pub(super) fn random() -> Secrets {
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
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Whether two texts are the same, without telling by the time it takes where they differ.
pub(crate) fn same_secret(one: &str, other: &str) -> bool {
    let digest = |text: &str| ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    digest(one).as_ref() == digest(other).as_ref()
}

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
