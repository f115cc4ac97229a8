use opencloud::{Client, Error};

/// What is tested: who somebody is, if they exist.
async fn name_of(client: &Client, user: u64) -> Result<Option<String>, Error> {
    match client.users().get(user).await {
        Ok(user) => Ok(user.display_name),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opencloud::serde_json::json;
    use opencloud::testing::{ErrorShape, Expect, MockResponse, Script};

    // Time is paused: the three seconds that the 429 asks for pass at once.
    #[tokio::test(start_paused = true)]
    async fn a_rate_limit_is_waited_for() -> Result<(), Error> {
        let script =
            Script::new().expect(Expect::get("/cloud/v2/users/156"), MockResponse::rate_limited(3)).expect(
                Expect::get("/cloud/v2/users/156"),
                MockResponse::json(json!({ "displayName": "Builder" })),
            );
        assert_eq!(name_of(&script.client(), 156).await?.as_deref(), Some("Builder"));
        script.assert_done();
        Ok(())
    }

    #[tokio::test]
    async fn somebody_who_does_not_exist_has_no_name() -> Result<(), Error> {
        let missing = MockResponse::error(ErrorShape::Code, 404, "NOT_FOUND", "no such user");
        let script = Script::new().expect(Expect::get("/cloud/v2/users/2"), missing);
        assert_eq!(name_of(&script.client(), 2).await?, None);
        Ok(())
    }
}
