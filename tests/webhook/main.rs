//! What a webhook's receiver relies on.

mod embeds;
mod events;
mod properties;
mod replay;
mod service;
mod verify;

use opencloud::webhook::Verifier;

/// The secret of every test; no output may contain it.
const SECRET: &str = "SECRET-OF-THE-WEBHOOK";

fn verifier() -> Verifier {
    Verifier::new(SECRET).expect("a secret")
}
