//! Publishing what was planned.

use super::builder::Deploy;
use super::plan::PlannedPlace;
use super::report::{DeployReport, PlaceOutcome, PlaceReport, RestartOutcome};
use crate::body::File;
use crate::{Error, Progress, bulk};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many bytes of each file were sent.
struct Sent {
    of_each: Vec<AtomicU64>,
    total: u64,
    progress: Arc<dyn Progress>,
}

impl Sent {
    fn note(&self, at: usize, bytes: u64) {
        self.of_each[at].store(bytes, Ordering::Relaxed);
        let sent = self.of_each.iter().map(|sent| sent.load(Ordering::Relaxed)).sum();
        self.progress.advanced(sent, Some(self.total));
    }
}

impl Deploy {
    /// Publishes each place, and restarts servers if that is asked for.
    pub(super) async fn release(self, places: Vec<PlannedPlace>) -> DeployReport {
        let sent = self.progress.clone().map(|progress| {
            let total = places.iter().map(PlannedPlace::bytes).sum();
            Arc::new(Sent { of_each: places.iter().map(|_| AtomicU64::new(0)).collect(), total, progress })
        });
        let publishing = bulk::for_each(0..places.len(), |at| self.publish(&places[at], at, sent.clone()));
        let report = publishing.concurrency(self.concurrency).await;
        let stopped = report.stopped;
        let why = || stopped.clone().unwrap_or_else(|| Error::not_in_time("the deployment was stopped"));
        let mut outcomes: Vec<PlaceOutcome> = places.iter().map(|_| PlaceOutcome::NotTried(why())).collect();
        for (at, outcome) in report.done {
            outcomes[at] = outcome;
        }
        for (at, error) in report.failed {
            outcomes[at] = PlaceOutcome::Failed(error);
        }
        let places = places.into_iter().zip(outcomes);
        let places = places.map(|(planned, outcome)| PlaceReport {
            place: planned.place().clone(),
            source: planned.source().to_owned(),
            bytes: planned.bytes(),
            outcome,
        });
        let mut report = DeployReport { places: places.collect(), restart: None };
        report.restart = self.restart_after(&report).await;
        report
    }

    async fn publish(
        &self,
        planned: &PlannedPlace,
        at: usize,
        sent: Option<Arc<Sent>>,
    ) -> Result<PlaceOutcome, Error> {
        // Others may have been uploaded for minutes.
        planned.check_content().await?;
        let mut file: File = planned.content.file.clone();
        if let Some(sent) = sent {
            file = file.on_progress(move |bytes, _| sent.note(at, bytes));
        }
        let mut publish = self.places.publish(&self.universe, planned.place(), file);
        if self.is_saved() {
            publish = publish.saved();
        }
        let version = publish.wait_while_busy(self.busy_wait).with_options(self.options.clone()).await;
        let outcome = version.map(|version| match version {
            // PL-01: the same bytes give the number of the version that is there.
            version if version <= planned.latest_version() => PlaceOutcome::Unchanged(version),
            version if self.is_saved() => PlaceOutcome::Saved(version),
            version => PlaceOutcome::Published(version),
        });
        if let (Some(progress), Ok(outcome)) = (&self.progress, &outcome) {
            progress.message(&format!("place {}: {outcome}", planned.place()));
        }
        outcome
    }

    #[cfg(feature = "servers")]
    async fn restart_after(&self, report: &DeployReport) -> Option<RestartOutcome> {
        let restart = self.restart.as_ref()?;
        if !report.is_deployed() {
            return Some(RestartOutcome::NotTried);
        }
        if let Some(progress) = &self.progress {
            progress.message("restarting the servers that run older versions");
        }
        let versions = report.places.iter().filter_map(|place| Some((place.place.clone(), place.version()?)));
        let client = &self.places.client;
        let outcome = restart.run(client, &self.universe, versions.collect(), &self.options).await;
        Some(outcome.unwrap_or_else(RestartOutcome::Failed))
    }

    #[cfg(not(feature = "servers"))]
    async fn restart_after(&self, _: &DeployReport) -> Option<RestartOutcome> {
        None
    }
}
