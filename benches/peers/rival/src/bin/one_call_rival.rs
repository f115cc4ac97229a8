//! One call with `roblox-open-cloud`.

use roblox_open_cloud::users::GetUserRequest;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let key = std::env::var("ROBLOX_API_KEY").unwrap_or_else(|_| "none".to_owned());
        let client = roblox_open_cloud::Client::api_key(key).expect("a client");
        match client.users().get_user(GetUserRequest::new("156")).await {
            Ok(user) => println!("{}", user.body().display_name.as_deref().unwrap_or_default()),
            Err(error) => eprintln!("{error}"),
        }
    });
}
