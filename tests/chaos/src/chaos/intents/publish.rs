use super::super::world::UNIVERSE;
use super::{Acting, Intent, Kind, Verifying, World};
use serde_json::Value;

/// Publishes the intent's own place.
pub(super) struct Publish;

/// What a binary place begins with.
pub(super) const BINARY: &[u8] = b"<roblox!\x89\xff\r\n\x1a\n";

impl Kind for Publish {
    fn name(&self) -> &'static str {
        "publish"
    }

    fn guarded(&self) -> &'static [&'static str] {
        &["places.create_version"]
    }

    fn act<'a>(&'a self, world: &'a World, intent: &'a Intent) -> Acting<'a> {
        Box::pin(async move {
            let file = [BINARY, intent.id.to_string().as_bytes()].concat();
            world.client.places().publish(UNIVERSE, intent.id, file).await?;
            Ok(())
        })
    }

    /// A place that nobody has published has versions without content.
    fn verify<'a>(&'a self, world: &'a World, intents: &'a [&'a Intent]) -> Verifying<'a> {
        Box::pin(async move {
            let places = world.state("universes/places").await?;
            let count = |intent: &Intent| versions(&places, intent.id);
            Ok(Some(intents.iter().map(|intent| (intent.id, count(intent))).collect()))
        })
    }
}

/// How many versions of a place have content, in the emulator's state of the places.
pub(super) fn versions(places: &Value, place: u64) -> u64 {
    let versions = places[place.to_string()]["versions"].as_array();
    let has_content = |version: &&Value| version["hash"].is_string();
    versions.map_or(0, |versions| versions.iter().filter(has_content).count() as u64)
}
