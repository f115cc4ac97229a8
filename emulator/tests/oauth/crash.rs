//! What of OAuth outlives the process.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::flow::{ID, SECRET, form, text};

/// The program itself, which ends without a chance to write anything.
struct Program {
    process: std::process::Child,
    base_url: String,
}

impl Program {
    fn start(directory: &std::path::Path) -> Program {
        use std::io::{BufRead as _, BufReader};
        use std::process::{Command, Stdio};

        let mut process = Command::new(env!("CARGO_BIN_EXE_opencloud-emulator"))
            .args(["--port", "0", "--data"])
            .arg(directory)
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let mut line = String::new();
        let output = process.stdout.take().expect("piped");
        BufReader::new(output).read_line(&mut line).expect("a line");
        let (_, base_url) = line.trim().split_once("at ").expect("an address");
        Program { base_url: base_url.to_owned(), process }
    }

    async fn post(&self, path: &str, pairs: &[(&str, &str)]) -> reqwest::Response {
        let credentials = STANDARD.encode(format!("{ID}:{SECRET}"));
        crate::common::http()
            .post(format!("{}{path}", self.base_url))
            .header("authorization", format!("Basic {credentials}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form(pairs))
            .send()
            .await
            .expect("a response")
    }

    async fn refresh(&self, token: &str) -> (u16, Value) {
        let pairs = [("grant_type", "refresh_token"), ("refresh_token", token)];
        let response = self.post("/oauth/v1/token", &pairs).await;
        (response.status().as_u16(), response.json().await.expect("JSON"))
    }

    async fn keys(&self) -> Value {
        let response = reqwest::get(format!("{}/oauth/v1/certs", self.base_url)).await;
        response.expect("a response").json().await.expect("JSON")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn sessions_outlive_a_crash_and_so_does_what_was_used_up() {
    let directory = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("oauth-sessions");
    let _ = std::fs::remove_dir_all(&directory);
    let program = Program::start(&directory);
    let wanted = json!({ "user": 1001, "scopes": ["openid", "group:read"] });
    let url = format!("{}/__emulator/oauth/tokens", program.base_url);
    let tokens: Value = crate::common::http()
        .post(url)
        .json(&wanted)
        .send()
        .await
        .expect("a response")
        .json()
        .await
        .expect("JSON");
    let (_, second) = program.refresh(text(&tokens, "refresh_token")).await;
    let keys = program.keys().await;
    drop(program);

    let program = Program::start(&directory);
    assert_eq!(program.keys().await, keys);
    let url = format!("{}/oauth/v1/userinfo", program.base_url);
    let user = crate::common::http()
        .get(url)
        .bearer_auth(text(&second, "access_token"))
        .send()
        .await
        .expect("a response");
    assert_eq!(user.status(), 200);
    let (status, third) = program.refresh(text(&second, "refresh_token")).await;
    assert_eq!(status, 200, "{third}");
    // Used a second time, it ends the session, although the response is a refusal.
    assert_eq!(program.refresh(text(&second, "refresh_token")).await.0, 400);
    drop(program);

    let program = Program::start(&directory);
    let (status, refused) = program.refresh(text(&third, "refresh_token")).await;
    assert_eq!((status, text(&refused, "error")), (400, "invalid_grant"));
    assert!(text(&refused, "error_description").contains("has ended"), "{refused}");
}
