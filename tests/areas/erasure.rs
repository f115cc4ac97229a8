//! The right to erasure: templates that Roblox applies itself, and what they do not reach (RE-01, RE-03).

use opencloud::configs::{ConfigRepository, UpdateConfigDraftRequest};
use opencloud::erasure::{Coverage, Template, Templates};
use opencloud::testing::Script;
use opencloud::{Client, ErrorKind};
use opencloud_emulator::Emulator;
use serde_json::{Map, Value, json};

const UNIVERSE: u64 = 7;

async fn local() -> (Emulator, Client) {
    let emulator = Emulator::start().await.expect("an emulator");
    let client = Client::builder().api_key("key").base_url(emulator.base_url()).build().expect("a client");
    (emulator, client)
}

fn templates() -> Templates {
    let list = [
        Template::key("Players", "Player_{UserId}"),
        Template::key("Saves", "Slot1").scope("User_{UserId}"),
        Template::key("Points", "{UserId}").ordered(),
        Template::store("Inventory_{UserId}"),
    ];
    Templates::new(list).expect("templates")
}

/// As Roblox's guide shows them.
fn written() -> Value {
    let key = |kind: &str, store: &str, key: &str, scope: &str| {
        json!({ "key_template": {
            "data_store_type": kind, "data_store_name": store, "key_pattern": key, "scope_pattern": scope,
        } })
    };
    json!([
        key("STANDARD", "Players", "Player_{UserId}", "global"),
        key("STANDARD", "Saves", "Slot1", "User_{UserId}"),
        key("ORDERED", "Points", "{UserId}", "global"),
        { "data_store_template": { "data_store_type": "STANDARD", "data_store_pattern": "Inventory_{UserId}" } },
    ])
}

#[tokio::test]
async fn templates_are_read_and_written_as_roblox_shows_them() {
    assert_eq!(serde_json::to_value(templates()).expect("JSON"), written());
    let alone = Templates::from_json(&written().to_string()).expect("templates");
    let entry = Templates::from_json(&json!({ "user_data_templates": written() }).to_string());
    assert_eq!((&alone, &entry.expect("templates")), (&templates(), &templates()));
    // A scope that is left out is `global`.
    let short = json!([{ "key_template": {
        "data_store_type": "STANDARD", "data_store_name": "Players", "key_pattern": "{UserId}",
    } }]);
    let short = Templates::from_json(&short.to_string()).expect("templates");
    assert_eq!(short.as_slice()[0].to_string(), "Players/global/{UserId}");
}

/// Before anything is sent, with the number and, in a file, the line.
#[test]
fn a_template_that_can_match_nothing_is_refused_by_its_number() {
    let good = || Template::key("Players", "Player_{UserId}");
    for (bad, words) in [
        (Template::key("Players", "Player"), "no `{UserId}`"),
        (Template::key("Players", "Player_{userId}"), "in another case"),
        (
            Template::key("Players", "{UserId}").scope("{USERID}"),
            "`scope_pattern` has the token in another case",
        ),
        (Template::key("Save_{UserId}", "a"), "is a name and no pattern"),
        (Template::key("", "{UserId}"), "`data_store_name` is empty"),
        (Template::key("Players", format!("{}{{UserId}}", "a".repeat(50))), "longer than the 50"),
        (Template::store("Inventory"), "no `{UserId}`"),
        (Template::store("Inventory_{UserId}").ordered(), "cannot be deleted whole"),
        (good(), "repeats template 1"),
    ] {
        let error = Templates::new([good(), bad]).expect_err(words);
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.to_string().contains("template 2") && error.to_string().contains(words), "{error}");
    }
    let many = (0..101).map(|number| Template::key(format!("S{number}"), "{UserId}"));
    assert!(Templates::new(many).expect_err("too many").to_string().contains("there are 101"));
    assert!(Templates::new((0..100).map(|number| Template::key(format!("S{number}"), "{UserId}"))).is_ok());

    for (text, words) in [
        ("[\n{ \"key_template\": {} }]", "template 1, in line 2: missing field"),
        (
            "{ \"user_data_templates\": [\n{ \"data_store_template\": { \"data_store_type\": \"STANDARD\", \
             \"data_store_pattern\": \"a{UserId}\" } },\n\n{ \"data_store_template\": { \"data_store_type\": \"STANDARD\", \
             \"data_store_pattern\": \"a\" } }]}",
            "template 2, in line 4: it can match nothing",
        ),
        ("[{ \"key_pattern\": \"{UserId}\" }]", "template 1, in line 1: unknown variant `key_pattern`"),
        ("{}", "missing field `user_data_templates`"),
        ("nothing", "the templates cannot be used"),
    ] {
        let error = Templates::from_json(text).expect_err(words);
        assert!(error.to_string().contains(words), "{error}");
    }
}

fn entries(name: &str, value: Value) -> Map<String, Value> {
    Map::from_iter([(name.to_owned(), value)])
}

#[tokio::test]
async fn templates_are_published_beside_what_else_there_is() {
    let (emulator, client) = local().await;
    let (configs, erasure) = (client.configs(), client.erasure(UNIVERSE));
    assert_eq!(erasure.templates().await.expect("none"), Templates::default());

    // Somebody stages something else: it is neither published nor lost.
    let other = UpdateConfigDraftRequest::new().entries(entries("other", json!(1)));
    let staged =
        configs.update_draft(UNIVERSE, ConfigRepository::DataStoresConfig, other).await.expect("staged");
    let before = emulator.requests().len();
    let error = erasure.publish(&templates()).await.expect_err("a draft");
    assert!(error.is_usage() && error.to_string().contains("a change of `other`"), "{error}");
    assert_eq!(error.operation().map(|operation| operation.id), Some("configs.get_draft"));
    assert_eq!(error.attempts(), 1);
    assert!(emulator.requests()[before..].iter().all(|request| request.method == "GET"));
    let hash = staged.draft_hash.clone().expect("a hash");
    configs.publish_draft(UNIVERSE, ConfigRepository::DataStoresConfig, hash).await.expect("published");

    assert!(erasure.publish(&templates()).await.expect("published").is_some());
    assert_eq!(erasure.templates().await.expect("templates"), templates());
    let values = configs.get(UNIVERSE, ConfigRepository::DataStoresConfig).await.expect("values");
    assert_eq!(values.entries.expect("entries")["other"], json!(1));
    // Again: nothing is changed.
    let before = emulator.requests().len();
    assert_eq!(erasure.publish(&templates()).await.expect("the same"), None);
    assert!(emulator.requests()[before..].iter().all(|request| request.method == "GET"));
    assert!(emulator.requests().iter().all(|request| request.violations.is_empty()));
}

/// What this version does not know is read, kept and published again.
#[tokio::test]
async fn templates_of_tomorrow_are_kept() {
    let (_emulator, client) = local().await;
    let (configs, erasure) = (client.configs(), client.erasure(UNIVERSE));
    let mut tomorrow = written();
    tomorrow[0]["key_template"]["grace_days"] = json!(3);
    tomorrow[1] = json!({ "memory_store_template": { "name_pattern": "{UserId}" } });
    let update = UpdateConfigDraftRequest::new().entries(entries("user_data_templates", tomorrow.clone()));
    let staged =
        configs.update_draft(UNIVERSE, ConfigRepository::DataStoresConfig, update).await.expect("staged");
    let hash = staged.draft_hash.clone().expect("a hash");
    configs.publish_draft(UNIVERSE, ConfigRepository::DataStoresConfig, hash).await.expect("published");
    let templates = erasure.templates().await.expect("templates");
    assert_eq!(serde_json::to_value(&templates).expect("JSON"), tomorrow);
    assert_eq!(erasure.publish(&templates).await.expect("the same"), None);
}

async fn fill(client: &Client) {
    let store = |name: &str, scope: &str| client.data_stores().store(UNIVERSE, name).scope(scope);
    for user in [156_u64, 157] {
        let (id, of) = (user.to_string(), [user]);
        store("Players", "global").set(format!("Player_{id}"), &1).users(of).await.expect("a response");
        store("Saves", &format!("User_{id}")).set("Slot1", &1).users(of).await.expect("a response");
        store("Saves", &format!("User_{id}")).set("Slot2", &1).users(of).await.expect("a response");
        store(&format!("Inventory_{id}"), "s").set("any", &1).users(of).await.expect("a response");
        client.ordered_data_stores().store(UNIVERSE, "Points").set(id, 5).await.expect("a response");
    }
    store("Guilds", "global").set("Guild_1", &1).users([156_u64, 157]).await.expect("a response");
    store("Settings", "global").set("version", &1).await.expect("a response");
    // A template reaches the entry, but for one of its users alone.
    store("Players", "global").set("Player_158", &1).users([158_u64, 157]).await.expect("a response");
}

fn names(coverage: &Coverage) -> Vec<(String, String)> {
    let first = coverage.unreached.first.iter().map(|entry| (entry.store.clone(), entry.key.clone()));
    let mut names: Vec<_> = first.collect();
    names.sort();
    names
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(store, key)| ((*store).to_owned(), (*key).to_owned())).collect()
}

#[tokio::test]
async fn a_check_says_what_no_template_reaches_and_what_matches_nothing() {
    let (emulator, client) = local().await;
    fill(&client).await;
    let erasure = client.erasure(UNIVERSE);
    let before = emulator.requests().len();
    let coverage = erasure.check(&templates()).await.expect("a response");
    assert!(emulator.requests()[before..].iter().all(|request| request.method == "GET"));
    let unreached =
        [("Guilds", "Guild_1"), ("Players", "Player_158"), ("Saves", "Slot2"), ("Saves", "Slot2")];
    assert_eq!(names(&coverage), pairs(&unreached));
    assert_eq!((coverage.searched, coverage.unreached.count, coverage.without_user.count), (11, 4, 1));
    assert!(coverage.unmatched.is_empty() && coverage.unchecked.is_empty() && !coverage.is_whole());
    let reached: Vec<_> = coverage.reached_stores.iter().map(String::as_str).collect();
    assert_eq!(reached, ["Inventory_156", "Inventory_157"]);
    assert!(coverage.refuse_unmatched().is_ok());
    let kept: Coverage =
        serde_json::from_str(&serde_json::to_string(&coverage).expect("JSON")).expect("the same");
    assert_eq!(kept, coverage);

    let others = [
        Template::key("Players", "player_{UserId}"),
        Template::key("Scores", "{UserId}").ordered(),
        Template::key("Points", "{UserId}").ordered().scope("S_{UserId}"),
        Template::key("Players", "Player_{UserId}"),
    ];
    let others = Templates::new(others).expect("templates");
    let coverage = erasure.check(&others).await.expect("a response");
    let numbers =
        |list: &[opencloud::erasure::NumberedTemplate]| list.iter().map(|one| one.number).collect::<Vec<_>>();
    assert_eq!((numbers(&coverage.unmatched), numbers(&coverage.unchecked)), (vec![1, 2], vec![3]));
    let error = coverage.refuse_unmatched().expect_err("nothing");
    assert!(
        error.to_string().contains("template 1 (Players/global/player_{UserId}) matches nothing"),
        "{error}"
    );
    assert!(
        coverage.to_string().contains("template 3 (Points/S_{UserId}/{UserId}) was not checked"),
        "{coverage}"
    );
}

#[tokio::test]
async fn a_check_of_one_user_looks_at_their_entries_and_at_their_ordered_keys() {
    let (_emulator, client) = local().await;
    fill(&client).await;
    let erasure = client.erasure(UNIVERSE);
    let coverage = erasure.check(&templates()).of_user(156).await.expect("a response");
    assert_eq!(names(&coverage), pairs(&[("Guilds", "Guild_1"), ("Saves", "Slot2")]));
    assert!(coverage.unmatched.is_empty() && coverage.reached_stores.is_empty());
    // One who has no points.
    let coverage = erasure.check(&templates()).of_user(158).await.expect("a response");
    let numbers: Vec<_> = coverage.unmatched.iter().map(|one| one.number).collect();
    assert_eq!(numbers, [2, 3, 4]);
    let script = Script::new();
    let error = script.client().erasure(UNIVERSE).check(&templates()).of_user("me").await.expect_err("no id");
    assert!(error.is_usage() && script.count() == 0, "{error}");
}

#[tokio::test]
async fn only_the_rest_is_searched_and_erased() {
    let (emulator, client) = local().await;
    fill(&client).await;
    let erasure = client.erasure(UNIVERSE);
    let coverage = erasure.check(&templates()).await.expect("a response");
    let before = emulator.requests().len();
    let plan = erasure.rest_of(156, &templates(), &coverage).find().await.expect("a response");
    let read = &emulator.requests()[before..];
    assert!(
        !read.iter().any(|request| request.path.contains("/Inventory_")),
        "a store that is reached is read"
    );
    let mut found: Vec<_> =
        plan.entries.iter().map(|entry| (entry.store.as_str(), entry.key.as_str())).collect();
    found.sort_unstable();
    assert_eq!(found, [("Guilds", "Guild_1"), ("Saves", "Slot2")]);
    assert!(plan.erase().await.is_complete());
    // What the templates reach is Roblox's to delete.
    let players = client.data_stores().store(UNIVERSE, "Players");
    assert!(players.get::<i64>("Player_156").await.expect("a response").is_some());
    assert_eq!(
        client.erasure(UNIVERSE).check(&templates()).of_user(156).await.expect("a response").unreached.count,
        0
    );
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reading_of_templates_panic(
        before in "[\\s\\[{]{0,6}",
        text in proptest::sample::select(vec![
            "\"key_template\"", "{\"data_store_template\":{\"data_store_type\":\"STANDARD\",\"data_store_pattern\":\"ä{UserId}\"}}",
            "\"user_data_templates\":[", "null", "{}", "",
        ]),
        after in "[\\s,:\\]}ä0-9]{0,6}",
    ) {
        if let Ok(templates) = Templates::from_json(&format!("{before}{text}{after}")) {
            let json = serde_json::to_string(&templates).expect("JSON");
            proptest::prop_assert_eq!(Templates::from_json(&json).expect("the same"), templates);
        }
    }
}
