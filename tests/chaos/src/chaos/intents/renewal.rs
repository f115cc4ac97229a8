use super::super::session::USER;
use super::{Acting, Failure, Intent, Kind, Verifying, World, only_reads};

/// Makes a call as the user, whose token is renewed when it has to be.
pub(super) struct Renewal;

impl Kind for Renewal {
    fn name(&self) -> &'static str {
        "renewal"
    }

    fn act<'a>(&'a self, world: &'a World, _: &'a Intent) -> Acting<'a> {
        Box::pin(async move {
            let Some(session) = &world.session else {
                return Err(Failure::Run("there is no session".to_owned()));
            };
            let before = session.stored().await.map_err(Failure::Run)?;
            match session.client.users().get(USER).await {
                Ok(user) if user.path == Some(format!("users/{USER}")) => Ok(()),
                Ok(other) => Err(Failure::Gap(format!("the user is read as {other:?}"))),
                Err(error) if error.is_authorization_required() => {
                    session.explain(world, &before).await.map_err(Failure::Run)?;
                    Err(error.into())
                }
                Err(error) => Err(error.into()),
            }
        })
    }

    fn verify<'a>(&'a self, _: &'a World, _: &'a [&'a Intent]) -> Verifying<'a> {
        only_reads()
    }
}
