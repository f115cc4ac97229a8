//! Restarting the servers that run older versions.

use super::report::RestartOutcome;
use crate::client::Options;
use crate::ids::{PlaceId, UniverseId};
use crate::operation::PollPolicy;
use crate::types::{LaunchServerRestartRequest, PlaceRestartFilter, PlaceRestartForecast};
use crate::{Client, Error};
use std::collections::BTreeMap;
use std::time::Duration;

/// The longest time in which nobody is sent to the servers.
const MOST_MINUTES: u32 = 240;
/// How long a restart may take once it has begun.
const RESTART_TIME: Duration = Duration::from_secs(15 * 60);
/// How often a restart is launched: the servers that it was for can be gone when it comes (SV-10).
const MOST_LAUNCHES: u32 = 3;

#[derive(Clone, Debug)]
pub(super) struct Restart {
    pub(super) bleed_off_minutes: u32,
}

impl Restart {
    pub(super) fn check(&self, is_saved: bool) -> Result<(), Error> {
        let minutes = self.bleed_off_minutes;
        let why = match (is_saved, minutes > MOST_MINUTES) {
            (true, _) => {
                "servers do not run versions that are only saved: publish them, or restart nothing".to_owned()
            }
            (_, true) => format!("servers bleed off for {MOST_MINUTES} minutes at most, not {minutes}"),
            _ => return Ok(()),
        };
        Err(Error::invalid_request(why))
    }

    /// Restarts the servers of these places that run other versions than these.
    pub(super) async fn run(
        &self,
        client: &Client,
        universe: &UniverseId,
        versions: Vec<(PlaceId, u64)>,
        options: &Options,
    ) -> Result<RestartOutcome, Error> {
        // To restart servers of older versions twice restarts none that runs the current one.
        let options = Options { idempotent: Some(true), ..options.clone() };
        let mut launches = 0;
        loop {
            let forecast = client.servers().forecast_restart(universe).with_options(options.clone()).await?;
            let forecast = forecast.place_forecasts.unwrap_or_default();
            let is_behind = |(place, version): &&(PlaceId, u64)| {
                forecast.get(place.as_str()).is_some_and(|place| runs_another(place, *version))
            };
            let places: Vec<PlaceId> =
                versions.iter().filter(is_behind).map(|(place, _)| place.clone()).collect();
            if places.is_empty() {
                return Ok(RestartOutcome::NotNeeded);
            }
            launches += 1;
            let launch = client.servers().launch_restart(universe, self.request(&places));
            let launch = launch.with_poll_policy(self.policy()).with_options(options.clone());
            match launch.wait().await {
                Ok(_) => return Ok(RestartOutcome::Restarted(places)),
                // SV-10
                Err(error)
                    if error.status().is_some_and(|status| status == 500) && launches < MOST_LAUNCHES => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn request(&self, places: &[PlaceId]) -> LaunchServerRestartRequest {
        let older = || PlaceRestartFilter::new().exclude_current_version(true);
        let places: BTreeMap<String, _> = places.iter().map(|place| (place.to_string(), older())).collect();
        let request = LaunchServerRestartRequest::new().places(places);
        match self.bleed_off_minutes {
            0 => request,
            minutes => request.bleed_off_duration_minutes(minutes),
        }
    }

    fn policy(&self) -> PollPolicy {
        let bleed_off = Duration::from_secs(60) * self.bleed_off_minutes;
        PollPolicy::new().deadline(bleed_off + RESTART_TIME)
    }
}

/// Whether a server of the place runs another version.
fn runs_another(place: &PlaceRestartForecast, version: u64) -> bool {
    let instances = place.instances_per_version.iter().flatten();
    instances.into_iter().any(|(running, count)| *count > 0 && running.parse() != Ok(version))
}
