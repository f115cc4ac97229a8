//! The samples that clients of Open Cloud are known by, and what each of them sends.

use opencloud::assets::AssetUpload;
use opencloud::body::{Body, File};
use opencloud::filter::{AssetQuotaFilter, Expression, InventoryFilter};
use opencloud::testing::{Expect, MockResponse, Received, Script};
use opencloud::users::{
    AssetQuotaAssetType, AssetQuotaType, InventoryItemAssetType as Asset, ThumbnailFormat, ThumbnailShape,
    ThumbnailSize,
};
use serde_json::{Value, json};

#[tokio::test(start_paused = true)]
async fn a_user_is_fetched() {
    let script = Script::new().expect(
        Expect::get("/cloud/v2/users/123456789").header("x-api-key", "test-api-key"),
        MockResponse::json(json!({
            "path": "users/123456789",
            "createTime": "2008-06-20T07:12:03.4Z",
            "id": "123456789",
            "name": "builder",
            "displayName": "The Builder",
            "about": "I build.",
            "locale": "en-US",
            "premium": true,
            "idVerified": true,
            "socialNetworkProfiles": { "twitter": "https://twitter.example/builder", "visibility": "EVERYONE" },
        })),
    );
    let user = script.client().users().get(123456789).await.expect("a user");
    assert_eq!(user.display_name.as_deref(), Some("The Builder"));
    assert_eq!(user.name.as_deref(), Some("builder"));
    assert_eq!(user.create_time, "2008-06-20T07:12:03.4Z".parse().ok());
    assert_eq!((user.premium, user.id_verified), (Some(true), Some(true)));
    let profiles = user.social_network_profiles.expect("the scope was there");
    assert_eq!(profiles.links().collect::<Vec<_>>(), [("Twitter", "https://twitter.example/builder")]);
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn a_thumbnail_is_made() {
    let path = "users/123456789/operations/op";
    let script = Script::new()
        .expect(
            Expect::get("/cloud/v2/users/123456789:generateThumbnail")
                .query("size", 420)
                .query("format", "PNG")
                .query("shape", "ROUND"),
            MockResponse::operation_running(path),
        )
        .expect(
            Expect::get(format!("/cloud/v2/{path}")),
            MockResponse::operation_done(path, json!({ "imageUri": "https://tr.rbxcdn.com/x" })),
        );
    let users = script.client().users();
    let call = users
        .generate_thumbnail(123456789)
        .size(ThumbnailSize::Px420)
        .format(ThumbnailFormat::Png)
        .shape(ThumbnailShape::Round);
    let thumbnail = call.wait().await.expect("a thumbnail");
    assert_eq!(thumbnail.image_uri.as_deref(), Some("https://tr.rbxcdn.com/x"));
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn a_square_headshot_is_made() {
    let script = Script::new().expect(
        Expect::get("/cloud/v2/users/123456789:generateThumbnail").query("shape", "SQUARE"),
        MockResponse::operation_done(
            "users/123456789/operations/op",
            json!({ "imageUri": "https://tr.rbxcdn.com/x" }),
        ),
    );
    let users = script.client().users();
    users.generate_thumbnail(123456789).shape(ThumbnailShape::Square).wait().await.expect("a thumbnail");
    script.assert_done();
}

const INVENTORY: &str = "/cloud/v2/users/123456789/inventory-items";

fn hat() -> Value {
    json!({
        "path": "users/123456789/inventory-items/x",
        "assetDetails": {
            "assetId": "1028606",
            "inventoryItemAssetType": "HAT",
            "instanceId": "5",
            "collectibleDetails": { "serialNumber": 12, "instanceState": "AVAILABLE" },
        },
        "addTime": "2020-01-01T00:00:00Z",
    })
}

#[tokio::test(start_paused = true)]
async fn an_inventory_is_listed_page_by_page_without_a_loop() {
    let script = Script::new()
        .expect(
            Expect::get(INVENTORY).query("maxPageSize", 100),
            MockResponse::page(
                "inventoryItems",
                [hat(), json!({ "badgeDetails": { "badgeId": 7 } })],
                Some("2"),
            ),
        )
        .expect(
            Expect::get(INVENTORY).query("maxPageSize", 100).query("pageToken", "2"),
            MockResponse::page("inventoryItems", [json!({ "gamePassDetails": { "gamePassId": "8" } })], None),
        );
    let items =
        script.client().users().list_inventory_items(123456789).items().collect().await.expect("items");
    assert!(script.received()[0].query("filter").is_none(), "no filter means everything");
    let asset = items[0].asset_details.as_ref().expect("an asset");
    assert_eq!(asset.asset_id, Some(1028606.into()));
    assert_eq!(asset.inventory_item_asset_type, Some(Asset::Hat));
    assert_eq!(items[1].badge_details.as_ref().and_then(|badge| badge.badge_id.clone()), Some(7.into()));
    assert_eq!(
        items[2].game_pass_details.as_ref().and_then(|pass| pass.game_pass_id.clone()),
        Some(8.into())
    );
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn an_inventory_is_read_by_a_loop_over_pages() {
    let page = |token: Option<&str>| MockResponse::page("inventoryItems", [hat()], token);
    let script = Script::new()
        .expect(Expect::get(INVENTORY).query("maxPageSize", 50), page(Some("2")))
        .expect(Expect::get(INVENTORY).query("maxPageSize", 50).query("pageToken", "2"), page(Some("")));
    let users = script.client().users();
    let (mut token, mut count) = (String::new(), 0);
    loop {
        let mut call = users.list_inventory_items(123456789).max_page_size(50);
        if !token.is_empty() {
            call = call.page_token(token);
        }
        let page = call.await.expect("a page");
        count += page.inventory_items.unwrap_or_default().len();
        token = page.next_page_token.unwrap_or_default();
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(count, 2);
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn inventories_are_filtered() {
    let (types, ids) = (InventoryFilter::types, InventoryFilter::ids);
    let filters: [(Expression<InventoryFilter>, &str); 6] = [
        (types().all_assets().into(), "inventoryItemAssetTypes=*"),
        (
            types().assets([Asset::ClassicShirt, Asset::ClassicPants]).into(),
            "inventoryItemAssetTypes=CLASSIC_SHIRT,CLASSIC_PANTS",
        ),
        (types().only_collectibles(true).into(), "onlyCollectibles=true;inventoryItemAssetTypes=*"),
        (
            types().badges(true).game_passes(true).private_servers(true).into(),
            "badges=true;gamePasses=true;privateServers=true",
        ),
        (ids().assets([1028606, 1028607]).into(), "assetIds=1028606,1028607"),
        (
            ids().badges([7]).game_passes([8]).private_servers([9]).into(),
            "badgeIds=7;gamePassIds=8;privateServerIds=9",
        ),
    ];
    for (filter, sent) in filters {
        let script = Script::new().expect(
            Expect::get(INVENTORY).query("filter", sent).query("maxPageSize", 10),
            MockResponse::page("inventoryItems", [], None),
        );
        let list = script.client().users().list_inventory_items(123456789);
        list.filter(filter).items().limit(10).collect().await.expect(sent);
        script.assert_done();
    }
}

#[tokio::test(start_paused = true)]
async fn quotas_are_listed() {
    let script = Script::new().expect(
        Expect::get("/cloud/v2/users/123456789/asset-quotas")
            .query("filter", "quotaType == RateLimitUpload && assetType == Audio"),
        MockResponse::page(
            "assetQuotas",
            [json!({
                "path": "users/123456789/asset-quotas/x",
                "quotaType": "RATE_LIMIT_UPLOAD",
                "assetType": "AUDIO",
                "usage": 3,
                "capacity": 100,
                "period": "MONTH",
                "usageResetTime": "2026-12-01T00:00:00Z",
            })],
            None,
        ),
    );
    let filter = AssetQuotaFilter::new()
        .quota_type(AssetQuotaType::RateLimitUpload)
        .asset_type(AssetQuotaAssetType::Audio);
    let users = script.client().users();
    let quotas = users.list_asset_quotas(123456789).filter(filter).items().collect().await.expect("quotas");
    assert_eq!(quotas[0].remaining(), Some(97));
    assert_eq!(quotas[0].usage_reset_time, "2026-12-01T00:00:00Z".parse().ok());
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn a_notification_is_sent() {
    let script = Script::new().expect(
        Expect::post("/cloud/v2/users/123456789/notifications").json(json!({
            "source": { "universe": "universes/96623001" },
            "payload": {
                "type": "MOMENT",
                "messageId": "5dd7024b-68e3-ac4d-8232-4217f86ca244",
                "parameters": {
                    "userId-friend": { "int64Value": 3_702_832_553_i64 },
                    "points": { "stringValue": "5" },
                },
                "joinExperience": { "launchData": "Test_Launch_Data" },
                "analyticsData": { "category": "Test_Analytics_Category" },
            },
        })),
        MockResponse::json(json!({ "path": "users/123456789/notifications/n", "id": "n" })),
    );
    let sent = script
        .client()
        .users()
        .notify(123456789, 96623001, "5dd7024b-68e3-ac4d-8232-4217f86ca244")
        .user_parameter("friend", 3_702_832_553)
        .parameter("points", "5")
        .launch_data("Test_Launch_Data")
        .category("Test_Analytics_Category")
        .await
        .expect("accepted");
    assert_eq!(sent.id.as_deref(), Some("n"));
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn the_groups_of_a_user_are_listed() {
    let script = Script::new().expect(
        Expect::get("/cloud/v2/groups/-/memberships")
            .query("filter", "user == 'users/123456789'")
            .query("maxPageSize", 100),
        MockResponse::page(
            "groupMemberships",
            [json!({
                "path": "groups/7/memberships/MTIzNDU2Nzg5",
                "user": "users/123456789",
                "role": "groups/7/roles/99513316",
                "roles": ["groups/7/roles/99513316", "groups/7/roles/99513317"],
            })],
            None,
        ),
    );
    let groups = script.client().groups();
    let memberships = groups.list_groups(123456789).items().collect().await.expect("memberships");
    assert_eq!(memberships[0].group_id(), Some(7.into()));
    assert_eq!(memberships[0].highest_role_id(), Some(99513316.into()));
    assert_eq!(memberships[0].role_ids().len(), 2);
    script.assert_done();
}

/// The asset and the file that a form holds, and the file's name and media type.
fn parts(request: &Received) -> (Value, Vec<u8>, (String, String)) {
    let Body::Form(form) = &request.body else { panic!("{:?} is no form", request.body) };
    let [asset, file] = form.parts() else { panic!("{form:?} has not two parts") };
    assert_eq!((asset.name(), file.name()), ("request", "fileContent"));
    let asset = serde_json::from_slice(asset.content().expect("content")).expect("JSON");
    let text = |text: Option<&str>| text.expect("a text").to_owned();
    let about = (text(file.file_name()), text(file.content_type()));
    (asset, file.content().expect("content").to_vec(), about)
}

#[tokio::test(start_paused = true)]
async fn an_asset_is_uploaded() {
    let content = b"\x89PNG\r\n\x1a\n and so on";
    let script = Script::new()
        .expect(
            Expect::post("/assets/v1/assets").header("x-api-key", "test-api-key"),
            MockResponse::json(json!({ "path": "operations/op" })),
        )
        .expect(
            Expect::get("/assets/v1/operations/op"),
            MockResponse::operation_done("operations/op", json!({ "assetId": "2205400862" })),
        );
    let upload = AssetUpload::by_user(123456789, "Sign", File::new(&content[..]).name("sign.png"))
        .description("This way");
    let asset = script.client().assets().upload(upload).await.expect("an asset");
    assert_eq!(asset.asset_id, Some(2205400862.into()));
    let (asset, file, about) = parts(&script.received()[0]);
    assert_eq!(
        asset,
        json!({
            // The picture itself, whose id can be shown, instead of a decal around it (AS-21).
            "assetType": "Image",
            "displayName": "Sign",
            "description": "This way",
            "creationContext": { "creator": { "userId": 123456789 } },
        })
    );
    assert_eq!((&file[..], about), (&content[..], ("sign.png".to_owned(), "image/png".to_owned())));
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn an_asset_is_updated() {
    let content = b"Kaydara FBX Binary  \0\x1a\0 and so on";
    let script = Script::new()
        .expect(
            Expect::patch("/assets/v1/assets/2205400862").header("x-api-key", "test-api-key"),
            MockResponse::json(json!({ "path": "operations/op" })),
        )
        .expect(
            Expect::get("/assets/v1/operations/op"),
            MockResponse::operation_done(
                "operations/op",
                json!({ "assetId": "2205400862", "revisionId": "2" }),
            ),
        );
    let edit = script.client().assets().edit(2205400862).content(File::new(&content[..]).name("house.fbx"));
    let asset = edit.await.expect("an asset");
    assert_eq!(asset.revision_id.as_deref(), Some("2"));
    assert_eq!(script.received()[0].query("updateMask"), None);
    let (asset, file, about) = parts(&script.received()[0]);
    assert_eq!(asset, json!({ "assetId": 2205400862_u64 }));
    assert_eq!((&file[..], about), (&content[..], ("house.fbx".to_owned(), "model/fbx".to_owned())));
    script.assert_done();
}
