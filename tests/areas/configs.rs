//! Configs: what guards the draft.

use opencloud::configs::{ConfigRepository, OverwriteConfigDraftRequest, UpdateConfigDraftRequest};
use opencloud::testing::{Expect, MockResponse, Script};
use serde_json::{Value, json};

const DRAFT: &str =
    "/creator-configs-public-api/v1/configs/universes/1/repositories/InExperienceConfig/draft";

fn hash() -> MockResponse {
    MockResponse::json(json!({ "draftHash": "new" }))
}

fn sent(script: &Script) -> Value {
    script.received()[0].json().expect("JSON")
}

/// CF-01.
#[tokio::test]
async fn cf_01_an_overwrite_names_the_hash_that_it_replaces_by_both_names() {
    let repository = || ConfigRepository::from("InExperienceConfig");
    let requests = [
        OverwriteConfigDraftRequest::new().draft_hash("old"),
        OverwriteConfigDraftRequest::new().previous_draft_hash("old"),
    ];
    for request in requests {
        let script = Script::new().expect(Expect::put(format!("{DRAFT}:overwrite")), hash());
        script.client().configs().overwrite_draft(1_u64, repository(), request).await.expect("a hash");
        assert_eq!(sent(&script), json!({ "draftHash": "old", "previousDraftHash": "old" }));
    }
    // Without one, nothing is guarded, and nothing says so.
    let script = Script::new().expect(Expect::put(format!("{DRAFT}:overwrite")), hash());
    let request = OverwriteConfigDraftRequest::new();
    script.client().configs().overwrite_draft(1_u64, repository(), request).await.expect("a hash");
    assert_eq!(sent(&script), json!({}));
}

/// CF-06.
#[tokio::test]
async fn cf_06_an_update_has_the_one_name_that_is_known_to_work() {
    let script = Script::new().expect(Expect::patch(DRAFT), hash());
    let request = UpdateConfigDraftRequest::new().draft_hash("old");
    let configs = script.client().configs();
    let response = configs.update_draft(1_u64, ConfigRepository::from("InExperienceConfig"), request).await;
    assert_eq!(response.expect("a hash").draft_hash.as_deref(), Some("new"));
    assert_eq!(sent(&script), json!({ "draftHash": "old" }));
}

/// CF-01: the hash of a draft may be null, which is no failure of a call that has had its effect.
#[tokio::test]
async fn cf_01_a_response_may_hold_no_hash() {
    let repository = || ConfigRepository::from("InExperienceConfig");
    let revision = || Expect::post(DRAFT.replace("/draft", "/revisions/r/restore"));
    for none in [json!({ "draftHash": null }), json!({})] {
        let script = Script::new()
            .expect(Expect::get(DRAFT), MockResponse::json(none.clone()))
            .expect(Expect::patch(DRAFT), MockResponse::json(none.clone()))
            .expect(Expect::put(format!("{DRAFT}:overwrite")), MockResponse::json(none.clone()))
            .expect(revision(), MockResponse::json(none.clone()));
        let configs = script.client().configs();
        let draft = configs.get_draft(1_u64, repository()).await.expect("a draft");
        assert_eq!(draft.draft_hash, None);
        let request = UpdateConfigDraftRequest::new();
        assert_eq!(configs.update_draft(1_u64, repository(), request).await.expect("done").draft_hash, None);
        let request = OverwriteConfigDraftRequest::new();
        assert_eq!(
            configs.overwrite_draft(1_u64, repository(), request).await.expect("done").draft_hash,
            None
        );
        let restored = configs.restore_revision(1_u64, repository(), "r").await.expect("done");
        assert_eq!(restored.draft_hash, None);
        script.assert_done();
    }
    // A name that nobody knows is still found out.
    let renamed = MockResponse::json(json!({ "hashes": { "draft": "new" } }));
    let script = Script::new().expect(Expect::patch(DRAFT), renamed);
    let request = UpdateConfigDraftRequest::new();
    let error =
        script.client().configs().update_draft(1_u64, repository(), request).await.expect_err("renamed");
    assert!(error.is_decode(), "{error}");
}

/// CF-02, CF-04.
#[tokio::test]
async fn cf_02_cf_04_what_was_never_published_or_staged_is_not_found() {
    let script = Script::new().always(Expect::any(), MockResponse::status(404, ""));
    let configs = script.client().configs();
    let repository = || ConfigRepository::from("InExperienceConfig");
    assert!(configs.get(1_u64, repository()).await.expect_err("nothing").is_not_found());
    assert!(configs.get_draft(1_u64, repository()).await.expect_err("nothing").is_not_found());
}
