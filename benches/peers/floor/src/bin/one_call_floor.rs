//! One call by hand: what a build of it costs is the floor.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    display_name: String,
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let request = reqwest::Client::new().get("https://apis.roblox.com/cloud/v2/users/156");
        let request = request.header("x-api-key", std::env::var("ROBLOX_API_KEY").unwrap_or_default());
        let user = match request.send().await.and_then(reqwest::Response::error_for_status) {
            Ok(response) => response.json::<User>().await,
            Err(error) => Err(error),
        };
        match user {
            Ok(user) => println!("{}", user.display_name),
            Err(error) => eprintln!("{error}"),
        }
    });
}
