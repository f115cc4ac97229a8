//! What is sold over HTTP: game passes, developer products, badges, products of the Creator Store, subscriptions.

use crate::common::{Client, Response};
use opencloud_emulator::{Emulator, Shapes};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use std::time::Duration;

const PASSES: &str = "/game-passes/v1/universes/7/game-passes";
const PRODUCTS: &str = "/developer-products/v2/universes/7/developer-products";

fn form(fields: &[(&'static str, &'static str)]) -> Form {
    fields.iter().fold(Form::new(), |form, (name, value)| form.text(*name, *value))
}

fn picture(form: Form, name: &'static str) -> Form {
    let part = Part::bytes(&b"\x89PNG"[..]).file_name("a.png").mime_str("image/png").expect("a type");
    form.part(name, part)
}

async fn send(client: &Client, method: &str, target: &str, form: Form) -> Response {
    client.send(client.request(method, target).multipart(form)).await
}

fn error_code(response: &Response, status: u16) -> String {
    assert_eq!(response.status, status, "{}", response.text);
    response.json()["errorCode"].as_str().expect("a code").to_owned()
}

#[tokio::test]
async fn a_game_pass_is_created_changed_and_listed() {
    let client = Client::start().await;
    let fields = form(&[("name", "Sword"), ("price", "50"), ("isForSale", "true")]);
    let pass = send(&client, "POST", PASSES, picture(fields, "imageFile")).await.ok();
    let id = pass["gamePassId"].as_u64().expect("an id");
    assert_eq!(pass["priceInformation"]["defaultPriceInRobux"], 50);
    assert_ne!(pass["iconAssetId"], 0);
    // Only what the form has changes, and the response has no body.
    let changed = send(&client, "PATCH", &format!("{PASSES}/{id}"), form(&[("price", "60")])).await;
    assert_eq!((changed.status, changed.text.as_str()), (204, ""));
    let read = client.get(&format!("{PASSES}/{id}/creator")).await.ok();
    assert_eq!(read["name"], "Sword");
    assert_eq!(read["priceInformation"]["defaultPriceInRobux"], 60);
    assert_eq!(read["iconAssetId"], pass["iconAssetId"]);
    // `file` is another name of `imageFile`.
    send(&client, "PATCH", &format!("{PASSES}/{id}"), picture(Form::new(), "file")).await;
    let again = client.get(&format!("{PASSES}/{id}/creator")).await.ok();
    assert_ne!(again["iconAssetId"], read["iconAssetId"]);
    let (all, _) = client.all(&format!("{PASSES}/creator"), "gamePasses").await;
    assert_eq!(all, [again]);
    client.assert_responses_fit();
}

#[tokio::test]
async fn game_passes_fail_in_their_own_words() {
    let client = Client::start().await;
    let at = |path: &str| format!("{PASSES}{path}");
    assert_eq!(error_code(&client.get(&at("/5/creator")).await, 404), "PassNotFound");
    let text = Part::bytes(&b"text"[..]).file_name("a.txt").mime_str("text/plain").expect("a type");
    let no_picture = form(&[("name", "A")]).part("imageFile", text);
    assert_eq!(error_code(&send(&client, "POST", PASSES, no_picture).await, 400), "AssetCreationFailure");
    let no_price = form(&[("name", "A"), ("isForSale", "true")]);
    assert_eq!(error_code(&send(&client, "POST", PASSES, no_price).await, 400), "BadRequest");
    let no_name = form(&[("name", " ")]);
    assert_eq!(error_code(&send(&client, "POST", PASSES, no_name).await, 400), "MissingArgument");
}

#[tokio::test]
async fn developer_products_have_names_of_their_own() {
    let client = Client::start().await;
    let product = send(&client, "POST", PRODUCTS, form(&[("name", "Coins")])).await.ok();
    assert_eq!(product["isForSale"], false);
    // GP-06: there is no price before one is set, and no icon.
    assert_eq!((&product["priceInformation"], &product["iconImageAssetId"]), (&Value::Null, &Value::Null));
    let again = send(&client, "POST", PRODUCTS, form(&[("name", "Coins")])).await;
    assert_eq!(error_code(&again, 400), "DuplicateProductName");
    let target = format!("{PRODUCTS}/{}", product["productId"]);
    let fields =
        form(&[("name", "Coins"), ("storePageEnabled", "true"), ("isManagedPricingEnabled", "true")]);
    assert_eq!(send(&client, "PATCH", &target, fields).await.status, 204);
    let read = client.get(&format!("{target}/creator")).await.ok();
    assert_eq!(read["storePageEnabled"], true);
    assert_eq!(read["priceInformation"], Value::Null);
    // In another universe it is not there.
    let elsewhere = target.replace("/universes/7/", "/universes/8/");
    let elsewhere = client.get(&format!("{elsewhere}/creator")).await;
    // GP-05
    assert_eq!(error_code(&elsewhere, 404), "NotFound");
    client.assert_responses_fit();
    let document = Client::shaped(Shapes::Document).await;
    let product = send(&document, "POST", PRODUCTS, form(&[("name", "Coins")])).await.ok();
    assert_eq!(product["priceInformation"], json!({ "defaultPriceInRobux": null, "enabledFeatures": [] }));
    let missing = document.get(&format!("{PRODUCTS}/5/creator")).await;
    assert_eq!(error_code(&missing, 404), "InvalidDeveloperProductId");
    document.assert_responses_fit();
}

/// GP-01, GP-02: what moderation replaces is a success, and names are compared afterwards.
#[tokio::test]
async fn moderation_rewrites_names_and_says_nothing() {
    let client = Client::start().await;
    let named = form(&[("name", "a moderated name"), ("description", "another moderated text")]);
    let product = send(&client, "POST", PRODUCTS, named).await.ok();
    assert_eq!((&product["name"], &product["description"]), (&json!("####"), &json!("####")));
    let other = send(&client, "POST", PRODUCTS, form(&[("name", "another moderated name")])).await;
    assert_eq!(error_code(&other, 400), "DuplicateProductName");
    let pass = send(&client, "POST", PASSES, form(&[("name", "Sword")])).await.ok();
    let target = format!("{PASSES}/{}", pass["gamePassId"]);
    let renamed = send(&client, "PATCH", &target, form(&[("name", "moderated")])).await;
    assert_eq!((renamed.status, renamed.text.as_str()), (204, ""), "GP-10");
    assert_eq!(client.get(&format!("{target}/creator")).await.ok()["name"], "####");
}

/// GP-03
#[tokio::test]
async fn a_missing_game_pass_is_named_in_a_field_of_the_error() {
    let error = Client::start().await.get(&format!("{PASSES}/12/creator")).await.json();
    assert_eq!((&error["errorCode"], &error["field"]), (&json!("PassNotFound"), &json!("pass: 12")));
    assert!(error.as_object().is_some_and(|error| error.contains_key("hint")), "{error}");
    let error = Client::shaped(Shapes::Document).await.get(&format!("{PASSES}/12/creator")).await.json();
    assert_eq!(error.get("field"), None);
}

/// GP-07, GP-08: the store page is only set by an update, and a product on it is not taken off sale.
#[tokio::test]
async fn the_store_page_takes_a_request_of_its_own() {
    // The document has no such part of the form, which only a lenient emulator lets through.
    let lenient = |shapes: Shapes| Emulator::builder().strict(false).shapes(shapes);
    let client = Client::of(lenient(Shapes::Live).start().await.expect("started"));
    let fields = [("name", "Coins"), ("price", "5"), ("isForSale", "true"), ("storePageEnabled", "true")];
    let product = send(&client, "POST", PRODUCTS, form(&fields)).await.ok();
    assert_eq!(product["storePageEnabled"], false);
    let target = format!("{PRODUCTS}/{}", product["productId"]);
    let set =
        async |fields: &[(&'static str, &'static str)]| send(&client, "PATCH", &target, form(fields)).await;
    assert_eq!(set(&[("storePageEnabled", "true")]).await.status, 204);
    let both = set(&[("isForSale", "false"), ("storePageEnabled", "false")]).await;
    assert_eq!(error_code(&both, 400), "InvalidIsForSale");
    assert_eq!(set(&[("storePageEnabled", "false")]).await.status, 204);
    assert_eq!(set(&[("isForSale", "false")]).await.status, 204);
    let document = Client::of(lenient(Shapes::Document).start().await.expect("started"));
    let product = send(&document, "POST", PRODUCTS, form(&fields)).await.ok();
    assert_eq!(product["storePageEnabled"], true);
}

/// GP-09: a list can lag behind a write.
#[tokio::test]
async fn some_products_are_listed_late() {
    let client = Client::start().await;
    send(&client, "POST", PASSES, form(&[("name", "Listed late")])).await.ok();
    assert_eq!(client.all(&format!("{PASSES}/creator"), "gamePasses").await.0, [] as [Value; 0]);
    client.emulator.advance(Duration::from_secs(2));
    assert_eq!(client.all(&format!("{PASSES}/creator"), "gamePasses").await.0.len(), 1);
}

/// What a file is shows in its bytes, whatever a client calls it.
#[tokio::test]
async fn pictures_are_judged_by_their_bytes() {
    let client = Client::start().await;
    let file = |bytes: &'static [u8], kind: &str| {
        let part = Part::bytes(bytes).file_name("a.png").mime_str(kind).expect("a type");
        form(&[("name", "A")]).part("imageFile", part)
    };
    let octets = send(&client, "POST", PASSES, file(b"\x89PNG", "application/octet-stream")).await;
    octets.ok();
    let text = send(&client, "POST", PASSES, file(b"text", "image/png")).await;
    assert_eq!(error_code(&text, 400), "AssetCreationFailure");
}

#[tokio::test]
async fn badges_are_created_with_a_form_and_fail_by_number() {
    let client = Client::start().await;
    let target = "/legacy-badges/v1/universes/7/badges";
    let fields = form(&[("name", "Winner"), ("paymentSourceType", "1")]);
    let badge = send(&client, "POST", target, picture(fields, "files")).await.ok();
    assert_eq!(badge["enabled"], true);
    let id = badge["id"].as_u64().expect("an id");
    client.patch(&format!("/legacy-badges/v1/badges/{id}"), &json!({ "enabled": false })).await.ok();
    let icon = picture(Form::new(), "Files");
    let icon = send(&client, "POST", &format!("/legacy-publish/v1/badges/{id}/icon"), icon).await.ok();
    assert_ne!(icon["targetId"], badge["iconImageId"]);
    let code = |response: Response| response.json()["errors"][0]["code"].clone();
    assert_eq!(code(client.patch("/legacy-badges/v1/badges/5", &json!({ "name": "A" })).await), 1);
    let nameless = client.patch(&format!("/legacy-badges/v1/badges/{id}"), &json!({ "name": "" })).await;
    assert_eq!(nameless.status, 400);
    assert_eq!(code(nameless), 14);
    client.assert_responses_fit();
}

/// CS-01
#[tokio::test]
async fn a_seller_is_a_bare_number_and_what_is_free_has_no_exponent() {
    let target = "/cloud/v2/creator-store-products";
    let mut body = json!({ "pluginAssetId": "9", "published": true, "basePrice": price(-9) });
    body["basePrice"]["quantity"]["significand"] = json!(0);
    let client = Client::start().await;
    let product = client.post(target, &body).await.ok();
    assert_eq!((&product["userSeller"], &product["restrictions"]), (&json!("1001"), &json!([])));
    assert_eq!(product["purchasePrice"]["quantity"]["exponent"], 0);
    let unpriced = json!({ "pluginAssetId": "10", "published": true });
    let unpriced = client.post(target, &unpriced).await.ok();
    assert!(unpriced.get("basePrice").is_none() && unpriced.get("purchasePrice").is_none(), "{unpriced}");
    client.assert_responses_fit();
    let document = Client::shaped(Shapes::Document).await;
    assert_eq!(document.post(target, &body).await.ok()["userSeller"], "users/1001");
}

fn price(exponent: i32) -> Value {
    json!({ "currencyCode": "USD", "quantity": { "significand": 4_990_000_000_i64, "exponent": exponent } })
}

#[tokio::test]
async fn a_product_of_the_creator_store_is_of_one_asset_and_priced_in_billionths() {
    let client = Client::start().await;
    let target = "/cloud/v2/creator-store-products";
    let body = json!({ "pluginAssetId": "9", "published": true, "basePrice": price(-9) });
    let product = client.post(target, &body).await.ok();
    assert_eq!(product["purchasable"], true);
    assert_eq!(product["purchasePrice"], price(-9));
    let id = "CreatorMarketplaceAsset-PRODUCT_TYPE_PLUGIN-";
    assert_eq!(product["path"], format!("creator-store-products/{id}9"), "as a client in use has it");
    let path = format!("{target}/{id}9");
    let message = client.post(target, &body).await.refused(400);
    assert!(message.contains("already"), "{message}");
    let cents = json!({ "pluginAssetId": "10", "basePrice": price(-2) });
    client.post(target, &cents).await.refused(400);
    let two = json!({ "pluginAssetId": "10", "modelAssetId": "11" });
    client.post(target, &two).await.refused(400);
    let withdrawn = json!({ "published": false, "basePrice": price(-9) });
    let updated = client.patch(&format!("{path}?updateMask=published"), &withdrawn).await.ok();
    assert_eq!((&updated["published"], &updated["purchasable"]), (&json!(false), &json!(false)));
    // What is not there yet is only created if that is asked for, and then the mask says nothing.
    let new = json!({ "pluginAssetId": "12", "published": true });
    client.patch(&format!("{target}/{id}12?updateMask=basePrice"), &new).await.refused(404);
    let missing = format!("{target}/{id}12?updateMask=basePrice&allowMissing=true");
    assert_eq!(client.patch(&missing, &new).await.ok()["published"], true);
    client.assert_responses_fit();
}

#[tokio::test]
async fn saves_are_numbered_pages() {
    let client = Client::start().await;
    let target = "/toolbox-service/v1/saves";
    let body = json!({ "targetType": "Model", "targetId": 9 });
    assert_eq!(client.post(target, &body).await.status, 201);
    client.post(target, &body).await.refused(409);
    let page = client.get(&format!("{target}?limit=10&page=3")).await.ok();
    assert_eq!(page["totalCount"], 26);
    assert_eq!(page["saves"].as_array().expect("saves").len(), 6);
    let bulk = json!({ "targets": [body, { "targetType": "Model", "targetId": 10 }] });
    assert_eq!(client.post(&format!("{target}:bulkDelete"), &bulk).await.ok()["deletedCount"], 1);
    client.delete(&format!("{target}?targetType=Model&targetId=9")).await.refused(404);
    client.assert_responses_fit();
}

/// US-11: the next renewal or the end, never both, and a reason only when it is over.
#[tokio::test]
async fn a_subscription_says_more_in_its_full_view_and_runs_out() {
    let client = Client::start().await;
    let target = "/cloud/v2/universes/7/subscription-products/5/subscriptions/1001";
    let basic = client.get(target).await.ok();
    assert_eq!(basic["active"], true);
    assert_eq!(basic["willRenew"], false);
    assert!(basic.get("state").is_none(), "{basic}");
    let full = client.get(&format!("{target}?view=FULL")).await.ok();
    assert_eq!(full["state"], "SUBSCRIBED_WILL_NOT_RENEW");
    assert_eq!(full["user"], "users/1001");
    assert!(full.get("expireTime").is_some() && full.get("nextRenewTime").is_none(), "{full}");
    assert!(full["expirationDetails"]["reason"].is_null(), "{full}");
    let other = client.get(&format!("{}?view=FULL", target.replace("1001", "1002"))).await.ok();
    assert!(other.get("nextRenewTime").is_some() && other.get("expireTime").is_none(), "{other}");
    client.emulator.advance(Duration::from_secs(30 * 86_400));
    let over = client.get(&format!("{target}?view=FULL")).await.ok();
    assert_eq!(over["state"], "EXPIRED");
    assert_eq!(over["active"], false);
    assert_eq!(over["expirationDetails"]["reason"], "SUBSCRIBER_CANCELLED");
    client.assert_responses_fit();
}
