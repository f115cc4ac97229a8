//! Requests for erasure that come as a message with an embed (RE-02).

use super::{SECRET, verifier};
use jiff::Timestamp;
use opencloud::ids::PlaceId;
use opencloud::webhook::{Embed, ParseError, Verifier, VerifyError};
use proptest::prelude::*;
use serde_json::{Value, json};

const TEXT: &str =
    "A request (Right to Erasure) has come for the User Id: 156 in the game(s) with Ids: 42, 43";

/// A message, as Discord's API gives it to a bot.
fn message(description: &str, footer: &str) -> Vec<u8> {
    let embed = json!({
        "type": "rich",
        "title": "Roblox",
        "description": description,
        "footer": { "text": footer, "icon_url": "https://example.com/icon.png" },
    });
    json!({ "id": "1", "content": "", "author": { "id": "2", "bot": true }, "embeds": [embed] })
        .to_string()
        .into_bytes()
}

fn read(description: &str) -> Result<(String, Vec<String>), ParseError> {
    let request = Embed::new(description, "").erasure_request()?;
    Ok((request.user_id.to_string(), request.start_place_ids.iter().map(PlaceId::to_string).collect()))
}

#[test]
fn re_02_a_signed_embed_says_whose_data_is_to_go_and_where() {
    let footer = verifier().sign_embed(Timestamp::now(), TEXT);
    let embed = Embed::parse(&message(TEXT, &footer)).expect("an embed");
    verifier().verify_message(&embed).expect("Roblox's");
    let request = embed.erasure_request().expect("a request");
    assert_eq!(request.user_id, 156.into());
    assert_eq!(request.start_place_ids, [PlaceId::from(42), PlaceId::from(43)]);
    assert!(footer.contains(embed.id().expect("a signature")));
    // The embed alone, as a library may hand it on.
    let alone: Value = serde_json::from_slice(&message(TEXT, &footer)).expect("JSON");
    let alone = Embed::parse(alone["embeds"][0].to_string().as_bytes());
    assert_eq!(alone.expect("an embed"), embed);
}

#[test]
fn re_02_an_embed_that_somebody_else_has_posted_is_refused() {
    let now = Timestamp::now();
    let footer = verifier().sign_embed(now, TEXT);
    let other = TEXT.replace("156", "157");
    let refused = |description: &str, footer: &str| {
        let embed = Embed::parse(&message(description, footer)).expect("an embed");
        verifier().verify_message(&embed).expect_err("a refusal")
    };
    assert_eq!(refused(&other, &footer), VerifyError::WrongSignature);
    let others = Verifier::new(format!("{SECRET}2")).expect("a secret").sign_embed(now, TEXT);
    assert_eq!(refused(TEXT, &others), VerifyError::WrongSignature);
    assert!(matches!(refused(TEXT, ""), VerifyError::MalformedFooter(_)));
    let old = verifier().sign_embed(now - jiff::SignedDuration::from_hours(1), TEXT);
    assert!(matches!(refused(TEXT, &old), VerifyError::TooOld { .. }));
    assert!(Embed::new(TEXT, "").id().is_err());
}

#[test]
fn re_02_the_text_may_be_written_a_little_otherwise() {
    let two = ("156".to_owned(), vec!["42".to_owned(), "43".to_owned()]);
    for text in [
        TEXT,
        &TEXT.to_lowercase(),
        &TEXT.to_uppercase(),
        &format!("{TEXT}."),
        &format!("\n{TEXT}\n"),
        "**Right to Erasure**: User Id: `156`, Ids:42,43",
    ] {
        assert_eq!(read(text).expect(text), two, "{text}");
    }
    let one = read("Right to Erasure: User Id 156, game with Id: 42").expect("a request");
    assert_eq!(one, ("156".to_owned(), vec!["42".to_owned()]));
}

#[test]
fn re_02_nothing_is_left_out_and_nothing_is_made_up() {
    let long = format!("{TEXT}{}", ", 44".repeat(10_000));
    for text in [
        "",
        "Somebody bought a thing. User Id: 156, Ids: 42",
        "Right to Erasure",
        "Right to Erasure for the User Id: in the game(s) with Ids: 42",
        "Right to Erasure for the User Id: 156",
        "Right to Erasure for the User Id: 156 in the game(s) with Ids:",
        "Right to Erasure for the User Id: 156 in the game(s) with Ids: 42, and more",
        "Right to Erasure for the User Id: 156 in the game(s) with Ids: 42,,43",
        "Right to Erasure for the User Id: 156 in the game(s) with Ids: -42",
        "Right to Erasure for the User Id: 156 in the game(s) with Ids: 0",
        "Right to Erasure for the User Id: 99999999999999999999 in the game(s) with Ids: 42",
        // Whose is the other number?
        "Right to Erasure for the User Id: 156, 157 in the game(s) with Ids: 42",
        &long,
    ] {
        assert!(matches!(read(text), Err(ParseError::NoErasureRequest)), "{text}");
    }
    for message in ["{}", r#"{"embeds":[]}"#, r#"{"embeds":[{"title":"a"}]}"#, r#"{"embeds":"a"}"#, "[]", "1"]
    {
        assert!(matches!(Embed::parse(message.as_bytes()), Err(ParseError::NoEmbed)), "{message}");
    }
    let both = json!({ "embeds": [{ "description": TEXT }, { "description": TEXT }] }).to_string();
    assert!(matches!(Embed::parse(both.as_bytes()), Err(ParseError::NoEmbed)));
    assert!(matches!(Embed::parse(b"no JSON"), Err(ParseError::Json(_))));
}

proptest! {
    #[test]
    fn re_02_every_id_comes_back(user in 1u64.., places in proptest::collection::vec(1u64.., 1..20)) {
        let list: Vec<String> = places.iter().map(u64::to_string).collect();
        let text = format!("Right to Erasure: User Id: {user} in the game(s) with Ids: {}", list.join(", "));
        prop_assert_eq!(read(&text).expect("a request"), (user.to_string(), list));
    }

    #[test]
    fn re_02_no_text_is_too_much(text in "\\PC{0,200}", rest in "[ :,0-9a-z*]{0,100}") {
        let _ = read(&text);
        let _ = read(&format!("right to erasure user id{rest}"));
        let _ = Embed::parse(text.as_bytes());
    }
}
