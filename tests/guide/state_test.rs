use opencloud::{Client, Error};

/// What is tested: one message after another.
async fn announce(client: &Client, messages: &[&str]) -> Result<(), Error> {
    for message in messages {
        client.messaging().publish(42, "news", *message).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use opencloud::http::StatusCode;
    use opencloud::serde_json::json;
    use opencloud::testing::{Expect, MockResponse, Script};
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn what_cannot_be_published_ends_the_announcement() -> Result<(), Error> {
        // A service with a state of its own: it takes two messages, a second for each.
        let mut taken = 0;
        let script = Script::new().respond_with(Expect::any(), move |_request| {
            taken += 1;
            match taken {
                1 | 2 => MockResponse::json(json!({})).delay(Duration::from_secs(1)),
                _ => MockResponse::json(json!({ "message": "the topic is full" })).with_status(400),
            }
        });

        let error = announce(&script.client(), &["a", "b", "c", "d"]).await.expect_err("full");

        assert_eq!(error.status(), Some(StatusCode::BAD_REQUEST));
        let received = script.received();
        assert_eq!(received.len(), 3);
        assert_eq!(received[1].uri.path(), "/cloud/v2/universes/42:publishMessage");
        assert_eq!(received[1].json(), Some(json!({ "topic": "news", "message": "b" })));
        // On tokio's clock, since the script was made: two responses had been waited for.
        assert_eq!(received[2].elapsed.as_secs(), 2);
        Ok(())
    }
}
