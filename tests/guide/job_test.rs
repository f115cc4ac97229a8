use opencloud::{Client, Error};

/// What is tested: a reward for everybody.
async fn reward(client: &Client, players: &[&str]) -> Result<(), Error> {
    let coins = client.data_stores().store(2001, "Coins");
    for player in players {
        coins.update(*player, |coins: Option<i64>| Some(coins.unwrap_or_default() + 100)).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use opencloud_emulator::Emulator;

    #[tokio::test]
    async fn a_reward_survives_a_service_that_fails() -> Result<(), Box<dyn std::error::Error>> {
        let emulator = Emulator::start().await?;
        emulator.fault("data_stores.get_entry=503,count=1")?;
        let client = Client::builder().api_key("any").base_url(emulator.base_url()).build()?;

        reward(&client, &["p1", "p2"]).await?;

        let entry = client.data_stores().store(2001, "Coins").get::<i64>("p1").await?;
        assert_eq!(entry.map(|entry| entry.value), Some(100));
        // Nothing that was sent breaks Roblox's document.
        assert!(emulator.requests().iter().all(|request| request.violations.is_empty()));
        Ok(())
    }
}
