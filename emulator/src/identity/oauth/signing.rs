//! ID tokens: JSON Web Tokens that are signed with ES256, and the keys to check them with.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::identity::secrets::base64_url;

/// They are made at the start, so that a rotation changes nothing but which one signs.
const PAIRS: usize = 4;

/// Key pairs that take turns. The one before is still published, as its tokens are still about.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SigningKeys {
    /// PKCS#8, in Base64.
    pairs: Vec<String>,
    rotations: usize,
}

impl SigningKeys {
    pub(crate) fn new() -> SigningKeys {
        SigningKeys { pairs: (0..PAIRS).map(|_| new_pair()).collect(), rotations: 0 }
    }

    /// From now on another key signs.
    pub(crate) fn rotate(&mut self) {
        self.rotations += 1;
    }

    fn pair(&self, rotations: usize) -> Option<EcdsaKeyPair> {
        read(self.pairs.get(rotations % self.pairs.len().max(1))?)
    }

    /// The pair that signs, and the one before.
    fn published_pairs(&self) -> Vec<EcdsaKeyPair> {
        let before = self.rotations.checked_sub(1).and_then(|rotations| self.pair(rotations));
        self.pair(self.rotations).into_iter().chain(before).collect()
    }

    /// The claims as a signed token.
    pub(crate) fn sign(&self, claims: &Value) -> Option<String> {
        let pair = self.pair(self.rotations)?;
        let header = json!({ "alg": "ES256", "kid": key_id(&pair), "typ": "JWT" });
        let part = |json: &Value| base64_url(json.to_string().as_bytes());
        let signed = format!("{}.{}", part(&header), part(claims));
        let signature = pair.sign(&SystemRandom::new(), signed.as_bytes()).ok()?;
        Some(format!("{signed}.{}", base64_url(signature.as_ref())))
    }

    /// The claims of a token that one of these keys signed.
    pub(crate) fn verified(&self, token: &str) -> Option<Value> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (_, claims) = signed.split_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let by_one = self.published_pairs().iter().any(|pair| {
            let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key());
            key.verify(signed.as_bytes(), &signature).is_ok()
        });
        if !by_one {
            return None;
        }
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
    }

    /// The public keys as a JSON Web Key Set.
    pub(crate) fn published(&self) -> Value {
        let keys: Vec<_> = self.published_pairs().iter().filter_map(public).collect();
        json!({ "keys": keys })
    }
}

fn new_pair() -> String {
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
        .expect("the operating system has random numbers");
    STANDARD.encode(document)
}

fn read(pair: &str) -> Option<EcdsaKeyPair> {
    let document = STANDARD.decode(pair).ok()?;
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &document, &SystemRandom::new()).ok()
}

fn key_id(pair: &EcdsaKeyPair) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, pair.public_key().as_ref());
    base64_url(&digest.as_ref()[..16])
}

/// An uncompressed point is a 4 and the two coordinates.
fn public(pair: &EcdsaKeyPair) -> Option<Value> {
    let [4, coordinates @ ..] = pair.public_key().as_ref() else { return None };
    let (x, y) = coordinates.split_at_checked(32)?;
    Some(json!({
        "kty": "EC",
        "crv": "P-256",
        "alg": "ES256",
        "use": "sig",
        "kid": key_id(pair),
        "x": base64_url(x),
        "y": base64_url(y),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_verified_by_the_key_that_signed_it_even_after_another_took_over() {
        let mut keys = SigningKeys::new();
        let claims = json!({ "sub": "7" });
        let token = keys.sign(&claims).expect("signed");
        keys.rotate();
        assert_eq!(keys.verified(&token), Some(claims.clone()));
        assert_eq!(keys.published()["keys"].as_array().map(Vec::len), Some(2));
        assert_eq!(SigningKeys::new().verified(&token), None);
        keys.rotate();
        assert_eq!(keys.verified(&token), None);
        assert_eq!(keys.published()["keys"].as_array().map(Vec::len), Some(2));
        let token = keys.sign(&claims).expect("signed");
        let (before, signature) = token.rsplit_once('.').expect("three parts");
        let (header, _) = before.split_once('.').expect("three parts");
        let other = base64_url(json!({ "sub": "8" }).to_string().as_bytes());
        assert_eq!(keys.verified(&format!("{header}.{other}.{signature}")), None);
        for broken in ["", ".", "..", "a.b.c"] {
            assert_eq!(keys.verified(broken), None);
        }
    }
}
