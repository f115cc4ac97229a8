use super::{Assets, Moderation};
use crate::Error;
use crate::call::helper_methods;
use crate::client::Options;
use crate::ids::AssetId;
use crate::operation::Waits;
use std::time::Duration;

const LONGEST: Duration = Duration::from_secs(300);
const FIRST_WAIT: Duration = Duration::from_secs(3);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// The field that is asked for: without the mask it may be missing (AS-22).
const MASK: &str = "moderationResult";

impl Assets {
    /// Waits until moderation has decided about an asset.
    ///
    /// Calls `assets.get`; scope `asset:read`.
    ///
    /// An upload is done, and its id known, while an image may still be under review, for hours at times (AS-22). The state is asked for after 3 seconds, then at growing intervals of up to 30, and
    /// for 5 minutes unless the [deadline](WaitForModeration::deadline) is another.
    ///
    /// ```no_run
    /// # async fn run(client: opencloud::Client, upload: opencloud::assets::AssetUpload) -> Result<(), opencloud::Error> {
    /// use opencloud::assets::Moderation;
    ///
    /// let asset = client.assets().upload(upload).await?.asset_id.expect("an id");
    /// match client.assets().wait_for_moderation(asset).await? {
    ///     Moderation::Approved => println!("it can be used"),
    ///     other => println!("{other:?}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Of kind [`Timeout`](crate::ErrorKind::Timeout) if it is not decided by the deadline, and as of every call.
    pub fn wait_for_moderation(&self, asset: impl Into<AssetId>) -> WaitForModeration {
        let (asset, options) = (asset.into(), Options::default());
        WaitForModeration { assets: self.clone(), asset, deadline: LONGEST, options }
    }
}

/// The call of [`Assets::wait_for_moderation`]. It gives what was decided: never
/// [`Reviewing`](Moderation::Reviewing).
#[derive(Clone, Debug)]
#[must_use = "nothing is asked until this is awaited"]
pub struct WaitForModeration {
    assets: Assets,
    asset: AssetId,
    deadline: Duration,
    options: Options,
}

helper_methods!(WaitForModeration => Moderation);

impl WaitForModeration {
    /// How long to wait, at most; 5 minutes by default. With zero the state is asked for once.
    pub fn deadline(mut self, longest: Duration) -> Self {
        self.deadline = longest;
        self
    }

    async fn run(self) -> Result<Moderation, Error> {
        let waits = Waits::new(self.deadline);
        let mut wait = FIRST_WAIT;
        loop {
            let call = self.assets.get(&self.asset).read_mask(MASK).with_options(self.options.clone());
            let response = call.send().await?;
            match response.moderation() {
                Some(state) if state != Moderation::Reviewing => return Ok(state),
                _ if waits.next(wait).await => wait = wait.mul_f64(1.5).min(LONGEST_WAIT),
                state => {
                    let said =
                        if state.is_none() { "the service gives no state" } else { "it is under review" };
                    let seconds = self.deadline.as_secs_f64();
                    let message =
                        format!("moderation has not decided about the asset after {seconds} s: {said}");
                    return Err(response.blame(Error::not_in_time(message)));
                }
            }
        }
    }
}
