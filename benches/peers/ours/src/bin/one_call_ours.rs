//! One call with this crate and its default features.

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let user = match opencloud::Client::from_env() {
            Ok(client) => client.users().get(156).await,
            Err(error) => Err(error),
        };
        match user {
            Ok(user) => println!("{}", user.display_name.unwrap_or_default()),
            Err(error) => eprintln!("{error}"),
        }
    });
}
