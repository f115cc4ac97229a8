use super::super::world::UNIVERSE;
use super::publish::{BINARY, versions};
use super::{Acting, Failure, Intent, Kind, Verifying, World};
use opencloud::places::PlaceOutcome;

/// Deploys two places of the intent's own.
pub(super) struct Deploy;

/// Behind those of `publish`.
fn places(id: u64) -> [u64; 2] {
    const FIRST: u64 = 1 << 45;
    [FIRST + 2 * id, FIRST + 2 * id + 1]
}

impl Kind for Deploy {
    fn name(&self) -> &'static str {
        "deploy"
    }

    fn guarded(&self) -> &'static [&'static str] {
        &["places.create_version"]
    }

    fn act<'a>(&'a self, world: &'a World, intent: &'a Intent) -> Acting<'a> {
        Box::pin(async move {
            let content = |place: u64| [BINARY, place.to_string().as_bytes()].concat();
            let deploy = world.client.places().deploy(UNIVERSE);
            let deploy = places(intent.id)
                .into_iter()
                .fold(deploy, |deploy, place| deploy.place(place, content(place)));
            let report = deploy.await?;
            if report.is_complete() {
                return Ok(());
            }
            let mut errors: Vec<_> = report
                .places
                .into_iter()
                .filter_map(|place| match place.outcome {
                    PlaceOutcome::Failed(error) | PlaceOutcome::NotTried(error) => Some(error),
                    _ => None,
                })
                .collect();
            // The error that says most: that something may have been published.
            errors.sort_by_key(|error| !error.may_have_been_applied());
            let first =
                errors.into_iter().next().ok_or_else(|| Failure::Gap("no place has failed".to_owned()))?;
            Err(first.into())
        })
    }

    /// Each place has its content once; a deployment of one place of two is none.
    fn verify<'a>(&'a self, world: &'a World, intents: &'a [&'a Intent]) -> Verifying<'a> {
        Box::pin(async move {
            let state = world.state("universes/places").await?;
            let count = |intent: &Intent| {
                let of_each = places(intent.id).map(|place| versions(&state, place));
                if of_each.iter().any(|count| *count > 1) { 2 } else { of_each[0].min(of_each[1]) }
            };
            Ok(Some(intents.iter().map(|intent| (intent.id, count(intent))).collect()))
        })
    }
}
