use super::super::world::UNIVERSE;
use super::{Acting, Intent, Kind, Verifying, World, counted};
use std::time::Duration;

/// Bans the intent's own user.
pub(super) struct Ban;

const LENGTH: Duration = Duration::from_secs(7 * 24 * 3600);

impl Kind for Ban {
    fn name(&self) -> &'static str {
        "ban"
    }

    fn guarded(&self) -> &'static [&'static str] {
        &["user_restrictions.update"]
    }

    fn act<'a>(&'a self, world: &'a World, intent: &'a Intent) -> Acting<'a> {
        Box::pin(async move {
            let ban = world.client.user_restrictions().ban(UNIVERSE, intent.id, LENGTH);
            ban.private_reason("intent").await?;
            Ok(())
        })
    }

    fn verify<'a>(&'a self, world: &'a World, _: &'a [&'a Intent]) -> Verifying<'a> {
        Box::pin(async move {
            let logs = world.client.user_restrictions().list_logs(UNIVERSE).items().collect().await;
            let logs = logs.map_err(|error| error.to_string())?;
            let users = logs.iter().filter_map(|log| log.user_id()?.as_u64());
            Ok(Some(counted(users)))
        })
    }
}
