//! Assets: what is sent, what is refused before anything is sent, and what comes back.

use crate::support::{KEY, scripted};
use flate2::Compression;
use flate2::write::GzEncoder;
use opencloud::assets::{
    AssetGrant, AssetGrantError, AssetKind, AssetPermissionAction, AssetPermissionErrorCode,
    AssetPermissionSubject, AssetPrivacy, AssetUpload, GrantAssetPermissionsRequest,
    GrantAssetPermissionsResponse, Moderation, SocialSite,
};
use opencloud::body::{Body, File, Form};
use opencloud::testing::{Expect, MockResponse, Script};
use opencloud::{Client, Error, ErrorKind};
use opencloud_emulator::Emulator;
use serde_json::{Value, json};
use std::io::Write;
use std::time::Duration;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and so on";
const MODEL: &[u8] = b"<roblox!\x89\xff\r\n\x1a\n and so on";
const PATH: &str = "operations/op";

fn done() -> MockResponse {
    let asset = json!({
        "path": "assets/2205400862",
        "assetId": "2205400862",
        "assetType": "ASSET_TYPE_DECAL",
        "moderationResult": { "moderationState": "MODERATION_STATE_APPROVED" },
    });
    MockResponse::operation_done(PATH, asset)
}

fn hat(file: File) -> AssetUpload {
    AssetUpload::by_user(156, "Hat", file)
}

fn form(script: &Script, request: usize) -> Form {
    match script.received().remove(request).body {
        Body::Form(form) => form,
        other => panic!("{other:?} is no form"),
    }
}

/// The JSON part of a form.
fn asset_of(form: &Form) -> Value {
    assert_eq!(form.parts()[0].name(), "request");
    serde_json::from_slice(form.parts()[0].content().expect("content")).expect("JSON")
}

async fn refused(upload: AssetUpload) -> String {
    let script = Script::new();
    let error = scripted(&script).assets().upload(upload).await.expect_err("a refusal");
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
    assert!(script.received().is_empty(), "nothing is sent");
    error.to_string()
}

#[tokio::test(start_paused = true)]
async fn an_upload_sends_the_asset_and_its_file_and_waits() {
    let script = Script::new()
        .expect(Expect::post("/assets/v1/assets"), MockResponse::json(json!({ "path": PATH })))
        .expect(Expect::get("/assets/v1/operations/op"), done());
    let upload =
        hat(File::new(PNG).name("/home/me/hat.jpg.png")).description("On the head").expected_price(10);
    let asset = scripted(&script).assets().upload(upload).await.expect("an asset");
    assert_eq!(asset.asset_id, Some(2205400862.into()));
    assert_eq!(asset.moderation(), Some(Moderation::Approved));
    let form = form(&script, 0);
    let sent = asset_of(&form);
    assert_eq!(sent["assetType"], "Image", "AS-21: the id that can be shown");
    assert_eq!(sent["displayName"], "Hat");
    assert_eq!(sent["description"], "On the head");
    assert_eq!(sent["creationContext"]["expectedPrice"], 10);
    assert_eq!(sent["creationContext"]["creator"]["userId"].to_string().trim_matches('"'), "156");
    let file = &form.parts()[1];
    assert_eq!((file.name(), file.file_name()), ("fileContent", Some("hat.jpg.png")));
    assert_eq!(file.content_type(), Some("image/png"));
    assert_eq!(&file.content().expect("content")[..], PNG);
    script.assert_done();
}

#[tokio::test]
async fn a_group_creates_assets_for_whom_it_likes() {
    let script = Script::new().expect(Expect::post("/assets/v1/assets"), done());
    let upload = AssetUpload::by_group(7, "Hat", File::new(PNG))
        .privacy(AssetPrivacy::Restricted)
        .description("é".repeat(1_000));
    scripted(&script).assets().upload(upload).await.expect("an asset");
    let sent = asset_of(&form(&script, 0));
    let context = &sent["creationContext"];
    assert_eq!(context["creator"]["groupId"].to_string().trim_matches('"'), "7");
    assert_eq!((context["creator"].get("userId"), context.get("expectedPrice")), (None, None));
    assert_eq!(context["assetPrivacy"], "restricted");
    assert_eq!(sent["description"].as_str().map(|text| text.chars().count()), Some(1_000));
}

#[tokio::test(start_paused = true)]
async fn what_the_service_finds_wrong_with_a_file_or_a_name_is_a_kind_of_its_own() {
    for (message, kind) in [
        ("InvalidImage", ErrorKind::InvalidFile),
        ("AssetName is moderated.", ErrorKind::ModeratedText),
        ("User is moderated", ErrorKind::ModeratedAccount),
        ("something else", ErrorKind::Operation),
    ] {
        let failed = json!({ "path": PATH, "done": true, "error": { "code": "INVALID_ARGUMENT", "message": message } });
        let script = Script::new()
            .expect(Expect::post("/assets/v1/assets"), MockResponse::json(json!({ "path": PATH })))
            .expect(Expect::get("/assets/v1/operations/op"), MockResponse::json(failed));
        let error = scripted(&script).assets().upload(hat(File::new(PNG))).await.expect_err("a failure");
        assert_eq!(error.kind(), kind, "{error}");
        let text = format!("POST /assets/v1/assets: the operation failed: INVALID_ARGUMENT: {message}");
        assert!(error.to_string().starts_with(&text), "{error}");
    }
}

#[tokio::test]
async fn a_grant_that_fails_for_some_assets_says_for_which_and_why() {
    let granted = json!({
        "successAssetIds": [1],
        "errors": [
            { "assetId": 2, "code": "CannotManageAsset" },
            { "assetId": 3, "code": "SomethingNew" },
        ],
    });
    let asked = json!({
        "subjectType": "Universe",
        "subjectId": "42",
        "action": "Use",
        "requests": [{ "assetId": 1 }, { "assetId": 2 }, { "assetId": 3 }],
    });
    let script = Script::new().expect(
        Expect::patch("/asset-permissions-api/v1/assets/permissions").json(asked),
        MockResponse::json(granted),
    );
    let request = GrantAssetPermissionsRequest::new()
        .subject_type(AssetPermissionSubject::Universe)
        .subject_id("42")
        .action(AssetPermissionAction::Use)
        .requests([1, 2, 3].map(|id| AssetGrant::new().asset_id(id)).to_vec());
    let error = scripted(&script).assets().grant_permissions(request).await.expect_err("refusals");
    // What was granted all the same is in the body, what was not is in the details: of the types of the response.
    let response: GrantAssetPermissionsResponse =
        serde_json::from_slice(error.body().expect("a body")).expect("the response");
    assert_eq!(response.success_asset_ids, Some(vec![1]));
    let errors: Vec<AssetGrantError> =
        serde_json::from_value(error.details().expect("details").clone()).expect("refusals");
    assert_eq!(response.errors.as_ref(), Some(&errors));
    let errors: Vec<_> = errors.into_iter().map(|error| (error.asset_id, error.code)).collect();
    let new = AssetPermissionErrorCode::from("SomethingNew");
    assert_eq!(
        errors,
        [(Some(2.into()), Some(AssetPermissionErrorCode::CannotManageAsset)), (Some(3.into()), Some(new))]
    );
}

/// The kind and media type of what is sent.
async fn sent_as(upload: AssetUpload) -> (String, String) {
    let script = Script::new().expect(Expect::post("/assets/v1/assets"), done());
    scripted(&script).assets().upload(upload).await.expect("an asset");
    let form = form(&script, 0);
    let kind = asset_of(&form)["assetType"].as_str().expect("a kind").to_owned();
    (kind, form.parts()[1].content_type().expect("a media type").to_owned())
}

#[tokio::test]
async fn what_a_file_is_is_found_out() {
    let image =
        AssetUpload::by_group(7, "i", File::new(b"\xff\xd8\xff\xe0".as_slice())).kind(AssetKind::Image);
    let decal = hat(File::new(PNG)).kind(AssetKind::Decal);
    let set = hat(File::new("anything").media_type("image/webp")).kind(AssetKind::Image);
    for (upload, kind, media) in [
        (hat(File::new(MODEL)), "Model", "model/x-rbxm"),
        (hat(File::new(MODEL)).kind(AssetKind::Animation), "Animation", "model/x-rbxm"),
        (hat(File::new(b"\xff\xd8\xff\xe0".as_slice()).name("a.JPG")), "Image", "image/jpeg"),
        (image, "Image", "image/jpeg"),
        (decal, "Decal", "image/png"),
        (hat(File::new(b"\0\0\x02\0".as_slice()).name("a.tga")), "Image", "image/tga"),
        (hat(File::new(b"\0\0\0\x18ftypmp42".as_slice()).name("a.mov")), "Video", "video/mov"),
        (hat(File::reader(&b"fLaC and so on"[..], None)), "Audio", "audio/flac"),
        (set, "Image", "image/webp"),
    ] {
        assert_eq!(sent_as(upload).await, (kind.to_owned(), media.to_owned()));
    }
}

#[tokio::test]
async fn what_the_service_would_refuse_is_not_sent() {
    for (upload, problem) in [
        (hat(File::new("").name("a.png")), "empty"),
        (hat(File::new(PNG).name("a.jpg")), "named .jpg, but its content is png"),
        (hat(File::new("text").name("a.png")), "its content is no png"),
        (hat(File::new("GIF89a").name("a.gif")), "no .gif files; it takes rbxm"),
        (hat(File::new("text")), "neither from its content nor from its name"),
        (hat(File::new(PNG)).kind(AssetKind::Audio), "kind Audio is made of mp3, ogg, wav, flac"),
        (hat(File::new(PNG).media_type("image/png")), "the kind of the asset must be set"),
        (AssetUpload::by_user(1, " ", File::new(PNG)), "needs a name"),
        (AssetUpload::by_user(1, "é".repeat(51), File::new(PNG)), "the name has 51 characters; at most 50"),
        (hat(File::new(PNG)).expected_price(-1), "less than nothing"),
        (hat(File::new(PNG)).description("é".repeat(1_001)), "1001 characters"),
    ] {
        let error = refused(upload).await;
        assert!(error.contains(problem), "{error}");
    }
}

/// A sparse file of this many bytes: only the first take room on the disk.
fn sparse(head: &[u8], length: u64) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(head).expect("writing");
    file.as_file().set_len(length).expect("a length");
    file
}

#[tokio::test]
async fn a_file_may_be_as_large_as_the_limit() {
    let video: &[u8] = b"\0\0\0\x18ftypmp42";
    for (head, name, kind) in [
        (PNG, "a.png", AssetKind::Decal),
        (PNG, "a.png", AssetKind::Image),
        (b"fLaC", "a.flac", AssetKind::Audio),
        (MODEL, "a.rbxm", AssetKind::Model),
        (video, "a.mp4", AssetKind::Video),
    ] {
        let limit = kind.max_bytes();
        // A video at its limit is too large to be sent here; `inspect` tests it.
        let lengths = if kind == AssetKind::Video { vec![] } else { vec![limit - 1, limit] };
        for length in lengths {
            let disk = sparse(head, length);
            let file = File::open(disk.path()).await.expect("a file").name(name);
            assert_eq!(sent_as(hat(file).kind(kind)).await.0, kind.as_str());
        }
        let disk = sparse(head, limit + 1);
        let file = File::open(disk.path()).await.expect("a file").name(name);
        let error = refused(hat(file).kind(kind)).await;
        assert!(error.contains(&format!("may have {limit} at most")), "{error}");
    }
}

/// AS-16.
#[tokio::test]
async fn as_16_the_bound_on_the_size_is_the_callers_to_raise() {
    const FORM_LIMIT: u64 = 30_000_000;
    for (length, max_bytes, is_sent) in [
        (AssetKind::Model.max_bytes() + 1, None, false),
        (AssetKind::Model.max_bytes() + 1, Some(FORM_LIMIT), true),
        (FORM_LIMIT, Some(FORM_LIMIT), true),
        (FORM_LIMIT + 1, Some(FORM_LIMIT), false),
        // It can be lowered as well.
        (1_001, Some(1_000), false),
    ] {
        let disk = sparse(MODEL, length);
        let file = || async { File::open(disk.path()).await.expect("a file").name("a.rbxm") };
        let upload = hat(file().await);
        let upload = match max_bytes {
            Some(bytes) => upload.max_bytes(bytes),
            None => upload,
        };
        match is_sent {
            true => assert_eq!(sent_as(upload).await.0, "Model"),
            false => {
                let error = refused(upload).await;
                assert!(error.contains(&format!("the file has {length} bytes")), "{error}");
                assert!(error.contains("max_bytes"), "{error}");
            }
        }
        // New content has the same bound.
        let script = Script::new().always(Expect::patch("/assets/v1/assets/5"), done());
        let edit = scripted(&script).assets().edit(5).content(file().await);
        let edit = match max_bytes {
            Some(bytes) => edit.max_bytes(bytes),
            None => edit,
        };
        assert_eq!(edit.await.is_ok(), is_sent, "{length} {max_bytes:?}");
    }
}

/// AS-20.
#[tokio::test]
async fn as_20_a_name_has_fifty_characters_at_most() {
    for (name, is_sent) in [("é".repeat(50), true), ("é".repeat(51), false)] {
        let script = Script::new()
            .always(Expect::post("/assets/v1/assets"), done())
            .always(Expect::patch("/assets/v1/assets/5"), done());
        let assets = scripted(&script).assets();
        let upload = assets.upload(AssetUpload::by_user(156, name.as_str(), File::new(PNG))).await;
        let edit = assets.edit(5).display_name(name.as_str()).await;
        for outcome in [upload, edit] {
            match outcome {
                Ok(_) => assert!(is_sent),
                Err(error) => assert_eq!((error.kind(), is_sent), (ErrorKind::InvalidRequest, false)),
            }
        }
        assert_eq!(script.count(), if is_sent { 2 } else { 0 });
    }
}

/// AS-09.
#[tokio::test]
async fn as_09_a_rollback_is_sent_as_json() {
    let version = "assets/5/versions/1";
    let script = Script::new().expect(
        Expect::post("/assets/v1/assets/5/versions:rollback").json(json!({ "assetVersion": version })),
        MockResponse::json(json!({ "path": "assets/5/versions/3" })),
    );
    let rolled = scripted(&script).assets().rollback(5, version).await;
    assert_eq!(rolled.expect("a version").path.as_deref(), Some("assets/5/versions/3"));
    script.assert_done();
}

/// A request for a permission on three assets.
fn three() -> GrantAssetPermissionsRequest {
    GrantAssetPermissionsRequest::new()
        .subject_type(AssetPermissionSubject::Universe)
        .subject_id("42")
        .action(AssetPermissionAction::Use)
        .asset_ids([1, 2])
        .requests([AssetGrant::new().asset_id(3)])
}

/// AS-17.
#[tokio::test]
async fn as_17_a_permission_that_was_not_granted_on_all_is_an_error() {
    let error = |asset: u64, code: &str| json!({ "assetId": asset, "code": code });
    for (response, problem) in [
        (json!({ "successAssetIds": [1, 2, 3], "errors": null }), None),
        (json!({ "successAssetIds": [1, 2, 3, 4], "errors": [] }), None),
        (json!({ "successAssetIds": [1, 2], "errors": [error(3, "AlreadyHasAccess")] }), None),
        (
            json!({ "successAssetIds": [1], "errors": [error(2, "CannotManageAsset"), error(3, "SomethingNew")] }),
            Some("refused 2: 2 (CannotManageAsset), 3 (SomethingNew)"),
        ),
        (
            json!({ "successAssetIds": [], "errors": [error(1, "AssetNotFound")] }),
            Some("refused 1: 1 (AssetNotFound)"),
        ),
        // 200, and nothing was granted.
        (
            json!({}),
            Some("does not mention 3 asset(s), so that the permission may be missing on them: 1, 2, 3"),
        ),
        (json!({ "successAssetIds": [1], "errors": [error(2, "AlreadyHasAccess")] }), Some("on them: 3")),
    ] {
        let script = Script::new().always(
            Expect::patch("/asset-permissions-api/v1/assets/permissions"),
            MockResponse::json(response.clone()),
        );
        let generated = scripted(&script).assets().grant_permissions(three()).await;
        let says_so = problem.is_some_and(|problem| problem.contains("refused"));
        assert_eq!(generated.is_err(), says_so, "{response}: {generated:?}");
        match (scripted(&script).assets().grant(three()).await, problem) {
            (Ok(_), None) => {}
            (Err(error), Some(problem)) => {
                assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
                assert!(error.message().contains(problem), "{error}");
                assert!(error.to_string().contains("/assets/permissions"), "{error}");
                assert!(error.body().is_some_and(|body| !body.is_empty()));
                match says_so {
                    true => {
                        assert_eq!(error.details(), Some(&response["errors"]));
                        assert_eq!(error.code(), response["errors"][0]["code"].as_str());
                        assert_eq!(generated.expect_err("refused").message(), error.message());
                    }
                    false => assert_eq!(error.details(), None),
                }
            }
            (outcome, _) => panic!("{response}: {outcome:?}"),
        }
    }
}

/// AS-17.
#[tokio::test]
async fn as_17_what_no_value_can_hold_hides_no_refusal_beside_it() {
    for odd in ["1e400", r#""\ud800""#, &format!("{}{}", "[".repeat(200), "]".repeat(200))] {
        let refusal = format!(r#"{{"assetId":2,"code":"CannotManageAsset","odd":{odd}}}"#);
        let response = format!(r#"{{"successAssetIds":[1,3],"errors":[{refusal}],"odd":{odd}}}"#);
        let script = Script::new().always(
            Expect::patch("/asset-permissions-api/v1/assets/permissions"),
            MockResponse::bytes(response.clone()).header("content-type", "application/json"),
        );
        let error = scripted(&script).assets().grant_permissions(three()).await.expect_err(&response);
        assert_eq!((error.kind(), error.code()), (ErrorKind::Refused, Some("CannotManageAsset")), "{error}");
    }
}

fn moderated(state: Value) -> MockResponse {
    MockResponse::json(json!({ "assetId": "5", "moderationResult": state }))
}

/// AS-22.
#[tokio::test(start_paused = true)]
async fn as_22_moderation_is_waited_for_with_the_mask_that_shows_it() {
    let asked = || Expect::get("/assets/v1/assets/5").query("readMask", "moderationResult");
    let reviewing = || moderated(json!({ "moderationState": "Reviewing" }));
    for (word, state) in [
        ("Approved", Moderation::Approved),
        ("MODERATION_STATE_REJECTED", Moderation::Rejected),
        ("Frozen", Moderation::Other("Frozen".to_owned())),
    ] {
        let script = Script::new()
            .expect(asked(), moderated(json!(null)))
            .expect(asked(), reviewing())
            .expect(asked(), moderated(json!({ "moderationState": word })));
        let begin = tokio::time::Instant::now();
        assert_eq!(scripted(&script).assets().wait_for_moderation(5).await.expect("decided"), state);
        assert_eq!(begin.elapsed().as_millis(), 3_000 + 4_500);
        script.assert_done();
    }
}

#[tokio::test(start_paused = true)]
async fn as_22_moderation_that_takes_too_long_is_an_error_that_says_what_is_known() {
    for (response, said) in [
        (moderated(json!({ "moderationState": "Reviewing" })), "under review"),
        (moderated(json!(null)), "gives no state"),
    ] {
        for (seconds, most) in [(0, 1), (60, 10)] {
            let script = Script::new().always(Expect::get("/assets/v1/assets/5"), response.clone());
            let begin = tokio::time::Instant::now();
            let wait =
                scripted(&script).assets().wait_for_moderation(5).deadline(Duration::from_secs(seconds));
            let error = wait.await.expect_err("undecided");
            assert!(error.is_timeout() && error.message().contains(said), "{error}");
            assert!(!error.may_have_been_applied());
            assert_eq!(error.operation().map(|operation| operation.id), Some("assets.get"));
            assert_eq!((error.status().map(|status| status.as_u16()), error.attempts()), (Some(200), 1));
            assert_eq!(begin.elapsed().as_secs(), seconds);
            assert!(script.count() <= most, "{} requests", script.count());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_upload_is_sent_again_if_its_file_can_be_read_again() {
    for (file, attempts) in [(File::new(PNG), 2), (File::reader(PNG, PNG.len() as u64), 1)] {
        let script = Script::new()
            .expect(Expect::post("/assets/v1/assets"), MockResponse::rate_limited(1))
            .expect(Expect::post("/assets/v1/assets"), done());
        let outcome = scripted(&script).assets().upload(hat(file)).await;
        assert_eq!(outcome.is_ok(), attempts == 2, "{outcome:?}");
        assert_eq!(script.received().len(), attempts);
        for attempt in 0..attempts {
            assert_eq!(&form(&script, attempt).parts()[1].content().expect("content")[..], PNG);
        }
    }
}

const ASSET: &str = "/assets/v1/assets/2205400862";

#[tokio::test]
async fn an_edit_of_metadata_names_what_it_changes_and_takes_the_asset_as_response() {
    let script = Script::new().expect(
        Expect::patch(ASSET).query("updateMask", "description,icon,twitchSocialLink,twitterSocialLink"),
        MockResponse::json(json!({ "assetId": "2205400862", "description": "Now with doors" })),
    );
    let asset = scripted(&script)
        .assets()
        .edit(2205400862)
        .description("Now with doors")
        .icon(5)
        .social_link(SocialSite::Twitch, "Watch", "https://twitch.example/house")
        .clear_social_link(SocialSite::Twitter)
        .await
        .expect("an asset");
    assert_eq!(asset.description.as_deref(), Some("Now with doors"));
    let form = form(&script, 0);
    assert_eq!(form.parts().len(), 1, "no file");
    let sent = asset_of(&form);
    assert_eq!(sent["icon"], "assets/5");
    assert_eq!(sent["twitchSocialLink"]["title"], "Watch");
    assert_eq!(sent["assetId"].to_string().trim_matches('"'), "2205400862");
}

#[tokio::test(start_paused = true)]
async fn a_response_that_says_nothing_is_not_taken_for_a_change() {
    for response in [json!({}), json!({ "operationId": "op" }), json!({ "assetId": null })] {
        let script = Script::new().expect(Expect::patch(ASSET), MockResponse::json(response.clone()));
        let error =
            scripted(&script).assets().edit(2205400862).description("new").await.expect_err("no asset");
        assert!(error.is_decode() && error.may_have_been_applied(), "{response}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_edit_of_content_has_no_mask_and_waits() {
    let script = Script::new()
        .expect(Expect::patch(ASSET), MockResponse::json(json!({ "path": PATH })))
        .expect(Expect::get("/assets/v1/operations/op"), done());
    let edit = scripted(&script).assets().edit(2205400862).content(File::new(MODEL).name("house.rbxm"));
    edit.await.expect("an asset");
    assert_eq!(script.received()[0].query("updateMask"), None);
    assert_eq!(form(&script, 0).parts()[1].content_type(), Some("model/x-rbxm"));
    script.assert_done();
}

#[tokio::test]
async fn an_edit_of_both_names_only_the_metadata_in_its_mask() {
    let script = Script::new().expect(Expect::patch(ASSET).query("updateMask", "description"), done());
    let edit = scripted(&script).assets().edit(2205400862).content(File::new(MODEL).name("house.rbxm"));
    edit.description("Now with doors").await.expect("an asset");
    let form = form(&script, 0);
    assert_eq!(asset_of(&form)["description"], "Now with doors");
    assert_eq!(&form.parts()[1].content().expect("content")[..], MODEL);
    script.assert_done();
}

#[tokio::test]
async fn a_description_may_be_as_long_as_the_limit() {
    for length in [0, 999, 1_000] {
        let description = "é".repeat(length);
        let script = Script::new()
            .expect(Expect::post("/assets/v1/assets"), done())
            .expect(Expect::patch(ASSET), MockResponse::json(json!({ "assetId": "2205400862" })));
        let assets = scripted(&script).assets();
        assets.upload(hat(File::new(PNG)).description(&description)).await.expect("an asset");
        assets.edit(2205400862).description(&description).await.expect("an asset");
        for request in 0..2 {
            assert_eq!(asset_of(&form(&script, request))["description"], description, "{length}");
        }
    }
}

#[tokio::test]
async fn an_edit_that_cannot_be_is_not_sent() {
    let script = Script::new();
    let edit = || scripted(&script).assets().edit(1);
    let link = |edit: opencloud::assets::Edit, site| edit.social_link(site, "t", "https://example.com");
    let four = [SocialSite::Twitch, SocialSite::Discord, SocialSite::GitHub, SocialSite::Roblox];
    for (edit, problem) in [
        (edit(), "nothing of the asset"),
        (edit().description("d".repeat(1_001)), "1001 characters"),
        (edit().content(File::new(PNG)), "kind Model is made of fbx"),
        (four.into_iter().fold(edit(), link), "4 social links"),
    ] {
        let error = edit.await.expect_err(problem);
        assert!(error.is_usage() && error.to_string().contains(problem), "{error}");
    }
    assert!(script.received().is_empty());
}

async fn download(max_bytes: u64) -> (Result<u64, Error>, Vec<u8>) {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(MODEL).expect("writing");
    let script = Script::new()
        .expect(
            Expect::get("/asset-delivery-api/v1/assetId/5/version/2"),
            MockResponse::json(json!({ "location": "https://c0.rbxcdn.example/abc?signature=x" })),
        )
        .expect(
            Expect::get("/abc").header("accept-encoding", "gzip"),
            MockResponse::bytes(gzip.finish().expect("gzip")).header("content-encoding", "gzip"),
        );
    let mut content = Vec::new();
    let read = scripted(&script).assets().download(5).version(2).max_bytes(max_bytes);
    let outcome = read.write_to(&mut content).await;
    let received = script.received();
    assert_eq!(received[0].header("x-api-key"), Some(KEY));
    assert_eq!(received[1].header("x-api-key"), None, "no credential for the CDN");
    (outcome, content)
}

#[tokio::test]
async fn a_download_reads_the_location_without_credentials_and_within_a_bound() {
    let size = MODEL.len() as u64;
    let (outcome, content) = download(size).await;
    assert_eq!((outcome.expect("content"), &content[..]), (size, MODEL));
    let (outcome, _) = download(size - 1).await;
    assert_eq!(outcome.expect_err("too much").kind(), ErrorKind::ResponseTooLarge);
}

/// `AS-11`: the delivery of an asset responds 200 with errors in the place of a location.
#[tokio::test]
async fn a_delivery_that_is_refused_says_why() {
    use opencloud::ErrorKind;
    let told = |body: serde_json::Value| async move {
        let script = Script::new().always(Expect::any(), MockResponse::json(body));
        scripted(&script).assets().download(5).write_to(&mut Vec::new()).await.expect_err("no content")
    };
    for (code, message, kind) in [
        (403, "User is not authorized to access Asset.", ErrorKind::PermissionDenied),
        (404, "Requested asset is archived.", ErrorKind::NotFound),
        (409, "Asset type does not match.", ErrorKind::Conflict),
        (403, "Asset owner: User is moderated", ErrorKind::ModeratedAccount),
        (0, "no", ErrorKind::Refused),
    ] {
        let error =
            told(json!({ "errors": [{ "code": code, "message": message, "customErrorCode": 1 }] })).await;
        assert_eq!((error.kind(), error.code()), (kind, Some(code.to_string().as_str())), "{error}");
        assert_eq!((error.message(), error.attempts()), (message, 1));
        assert_eq!(error.operation().map(|operation| operation.id), Some("assets.get_delivery_location"));
        assert!(error.body().is_some_and(|body| !body.is_empty()));
        assert!(!error.may_have_been_applied());
    }
    for body in [json!({}), json!({ "errors": [] }), json!({ "location": "" })] {
        let error = told(body).await;
        assert!(error.is_decode() && error.to_string().contains("location"), "{error}");
    }
}

/// `AS-11`: it is said by the operation table, so that it holds for the generated calls too.
#[tokio::test]
async fn a_delivery_without_a_location_is_an_error_whoever_asks_for_it() {
    use opencloud::ErrorKind;
    let refused = json!({ "errors": [{ "code": 409, "message": "Asset is archived." }, { "code": 0 }] });
    let script = Script::new().always(Expect::any(), MockResponse::json(refused.clone()));
    let assets = scripted(&script).assets();
    let newest = assets.get_delivery_location(5).await.expect_err("no location");
    let version = assets.get_version_delivery_location(5, 2).await.expect_err("no location");
    for error in [newest, version] {
        assert_eq!((error.kind(), error.code()), (ErrorKind::Conflict, Some("409")), "{error}");
        assert_eq!((error.message(), error.attempts()), ("Asset is archived.", 1));
        assert_eq!(error.details(), Some(&refused["errors"]));
    }
    // Errors that say nothing are errors, a byte order mark or not; and beside a location they are none.
    for (body, message) in [
        ("{\"errors\":[{}]}", Some("no reason given")),
        ("{\"location\":\"\",\"errors\":[{\"code\":403}]}", Some("403")),
        ("\u{feff}{\"errors\":[\"archived\"]}", Some("archived")),
        ("{\"errors\":[]}", Some("the response lacks `location`; it has `errors`")),
        ("{\"errors\":null}", Some("the response lacks `location`; it has `errors`")),
        ("{\"location\":\"https://a.example/b\",\"errors\":[{\"code\":403}]}", None),
    ] {
        let script = Script::new().always(Expect::any(), MockResponse::status(200, body));
        let outcome = scripted(&script).assets().get_delivery_location(5).await;
        assert_eq!(outcome.as_ref().err().map(opencloud::Error::message), message, "{body}");
    }
}

/// `AS-09`, `AS-10`: the response is the version, or the asset.
#[tokio::test]
async fn a_version_or_an_asset_without_its_path_is_no_success() {
    let nothing = Script::new()
        .always(Expect::any(), MockResponse::json(json!({ "published": true, "state": "Active" })));
    let assets = scripted(&nothing).assets();
    let version = "assets/5/versions/1";
    for (error, lacks) in [
        (assets.rollback(5, version).await.expect_err("no version"), "`path`"),
        (assets.archive(5).await.expect_err("no asset"), "`assetId` and `path`"),
        (assets.restore(5).await.expect_err("no asset"), "`assetId` and `path`"),
    ] {
        assert!(error.is_decode() && error.message().contains(lacks), "{error}");
        assert!(error.may_have_been_applied());
    }
}

#[tokio::test]
async fn an_asset_is_uploaded_edited_and_downloaded_at_the_emulator() {
    let emulator = Emulator::start().await.expect("an emulator");
    let client = Client::builder().api_key("k").base_url(emulator.base_url()).build().expect("a client");
    let assets = client.assets();
    let asset = assets.upload(AssetUpload::by_user(1001, "House", File::new(MODEL))).await.expect("an asset");
    let id = asset.asset_id.expect("an id");
    assets.edit(id.clone()).display_name("Castle").await.expect("edited");
    let edited = assets.get(id.clone()).await.expect("the asset");
    assert_eq!(edited.display_name.as_deref(), Some("Castle"));
    let mut content = Vec::new();
    assets.download(id).write_to(&mut content).await.expect("content");
    assert_eq!(content, MODEL);
}
