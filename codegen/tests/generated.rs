//! What is generated, of the committed document and of one that holds what no document should.

#![allow(clippy::expect_used, clippy::unwrap_used)]

use opencloud_codegen::{Generated, Model, emit, generate};
use std::collections::BTreeSet;

/// What generated code must not hold: it would refuse what a service sends, or end the program.
const FORBIDDEN: [&str; 8] = [
    "deny_unknown_fields",
    "panic!",
    "unreachable!",
    "unimplemented!",
    "todo!",
    ".unwrap()",
    ".expect(",
    "unsafe ",
];

fn files(generated: &Generated) -> [(&'static str, &str); 5] {
    [
        ("raw", &generated.raw),
        ("api", &generated.api),
        ("ids", &generated.ids),
        ("operations", &generated.operations),
        ("scopes", &generated.scopes),
    ]
}

/// Parses each file and looks for what must not be there. Returns the number of items.
fn check(generated: &Generated) -> usize {
    let mut count = 0;
    for (name, text) in files(generated) {
        for word in FORBIDDEN {
            // Not in a literal, and not in a comment.
            let line = text.lines().find(|line| {
                !line.trim_start().starts_with("//")
                    && line.split('"').step_by(2).any(|code| code.contains(word))
            });
            assert_eq!(line, None, "{name}: {word}");
        }
        let file =
            syn::parse_file(text).unwrap_or_else(|error| panic!("{name} could not be parsed: {error}"));
        count += check_items(name, &file.items);
    }
    count
}

/// No enum is closed: each stands in `open_enum!` or `open_number_enum!`. No two items of a module,
/// and no two fields or methods of a type, share a name.
fn check_items(place: &str, items: &[syn::Item]) -> usize {
    let mut types = BTreeSet::new();
    let mut count = 0;
    for item in items {
        count += 1;
        match item {
            syn::Item::Enum(item) => panic!("{place}: `{}` is a closed enum", item.ident),
            syn::Item::Struct(item) => {
                assert!(types.insert(item.ident.to_string()), "{place}: two types `{}`", item.ident);
                assert_unique(
                    &item.ident.to_string(),
                    item.fields.iter().filter_map(|field| field.ident.as_ref()),
                );
            }
            syn::Item::Impl(item) => {
                let methods = item.items.iter().filter_map(|item| match item {
                    syn::ImplItem::Fn(method) => Some(&method.sig.ident),
                    _ => None,
                });
                assert_unique(place, methods);
            }
            syn::Item::Mod(item) => {
                let inside = item.content.as_ref().map_or(&[][..], |(_, items)| items);
                count += check_items(&item.ident.to_string(), inside);
            }
            _ => {}
        }
    }
    count
}

fn assert_unique<'a>(place: &str, names: impl Iterator<Item = &'a syn::Ident>) {
    let mut seen = BTreeSet::new();
    for name in names {
        assert!(seen.insert(name.to_string()), "{place}: two are called `{name}`");
    }
}

fn malformed() -> &'static str {
    include_str!("malformed.json")
}

#[test]
fn a_malformed_document_gives_sound_code() {
    let generated = generate(malformed(), None).expect("code");
    assert!(check(&generated) > 50);
    let model = Model::build(malformed(), None).expect("a model");
    for text in [emit::calls::emit(&model), emit::calls::emit_schemas(&model)] {
        syn::parse_file(&text).expect("calls");
    }
    let api = &generated.api;
    // A list needs its token and its items; what else is not as declared is left out.
    for (method, lists) in [("List", true), ("PageCall", true), ("NoneCall", false)] {
        let found = api.contains(&format!("impl crate::paging::List for {method} "));
        assert_eq!(found, lists, "{method}");
    }
    assert!(api.contains("total: page.total.as_ref().and_then(|total| total.parse().ok()),"));
    assert!(api.contains("more: None,"));
}

#[test]
fn types_that_hold_themselves_are_boxed() {
    let surface = emit::surface::emit(&Model::build(malformed(), None).expect("a model"));
    for line in [
        "struct Tree.parent: Box<Tree>",
        "struct Tree.children: Vec<Tree>",
        "struct Tree.other: Box<Mutual>",
        "struct Mutual.back: Box<Tree>",
        "struct Shapes.nulls: Vec<Option<String>>",
        "struct Shapes.waits: Vec<String>",
        "struct Shapes.thing_id: Vec<Option<ThingId>>",
        "struct OptionType.vec: VecType",
        "struct Words.r_type: String",
        "struct Words.gen_: String",
        "oddities.option.list: Vec<String>",
        "enum Number.ValueMinus1 = -1",
    ] {
        assert!(surface.lines().any(|known| known == line), "{line}\n{surface}");
    }
}

/// Two texts or two times are taken for each other without a word from the compiler.
#[test]
fn a_constructor_takes_its_arguments_in_the_order_of_the_document() {
    let document = include_str!("../../spec/open-cloud.json");
    let surface = emit::surface::emit(&Model::build(document, None).expect("a model"));
    for line in [
        "struct PublishMessageRequest.new(topic: String, message: String)",
        "struct CreateGameEventRequest.new(title: String, subtitle: String, start_time: Timestamp, end_time: Timestamp)",
        "struct AnalyticsMetricsRequest.new(granularity: AnalyticsGranularity, metric: String, start_time: Timestamp, end_time: Timestamp)",
        "struct AnalyticsDimensionValuesRequest.new(metric: String, start_time: Timestamp, end_time: Timestamp, dimensions: Vec<String>)",
    ] {
        assert!(surface.lines().any(|known| known == line), "{line}");
    }
}

/// A text, list or count of a type that no request holds; of a type with setters, whose names they would have, none.
#[test]
fn fields_whose_absence_says_nothing_are_read_by_methods() {
    let document = include_str!("../../spec/open-cloud.json");
    let surface = emit::surface::emit(&Model::build(document, None).expect("a model"));
    let all: BTreeSet<&str> = surface.lines().collect();
    for line in [
        "struct User.display_name() -> &str",
        "struct Group.member_count() -> i64",
        "struct ListInventoryItemsResponse.inventory_items() -> &[InventoryItem]",
    ] {
        assert!(all.contains(line), "{line}");
    }
    for prefix in ["struct Universe.display_name()", "struct GroupRole.rank()", "struct User.premium()"] {
        assert!(!all.iter().any(|line| line.starts_with(prefix)), "{prefix}");
    }
    // A cargo feature must not take away a method: what another area sends has none without it either.
    for area in ["configs", "localization"] {
        let model = Model::build(document, Some(&[area.to_owned()])).expect("a model");
        let surface = emit::surface::emit(&model);
        let lost = surface.lines().find(|line| line.contains("() -> ") && !all.contains(line));
        assert_eq!(lost, None, "{area}");
    }
}

#[test]
fn what_is_committed_of_the_generated_code_is_up_to_date() {
    let model = Model::build(include_str!("../../spec/open-cloud.json"), None).expect("a model");
    // By lines: git may write others on Windows.
    let is_same = emit::surface::emit(&model).lines().eq(include_str!("../../spec/surface.txt").lines());
    assert!(is_same, "spec/surface.txt is out of date; run `cargo xtask surface`");
}

#[test]
fn every_operation_is_in_the_table_of_methods() {
    let model = Model::build(include_str!("../../spec/open-cloud.json"), None).expect("a model");
    let table = emit::methods::emit(&model, &[]);
    for operation in &model.operations {
        let row = format!(
            "| `{}`{} | `{} ",
            operation.method,
            if operation.oauth || operation.is_public() { "" } else { "\\*" },
            operation.verb
        );
        let area = table.split("\n## ").find(|part| part.starts_with(&format!("{}\n", operation.area)));
        let area = area.unwrap_or_else(|| panic!("no table of {}", operation.area));
        assert!(area.contains(&row), "{}: {row}", operation.id);
    }
}

/// Arguments where a caller has but a few things to say; setters for the rest.
#[test]
fn a_body_whose_required_part_is_a_few_scalars_is_arguments() {
    let document = include_str!("../../spec/open-cloud.json");
    let model = Model::build(document, None).expect("a model");
    let surface = emit::surface::emit(&model);
    for line in [
        "messaging.publish(universe_id: UniverseId, topic: String, message: String) -> ()",
        "universes.translate_text(universe_id: UniverseId, text: String) -> TranslateTextResponse",
        "universes.translate_text.target_language_codes: Vec<String>",
        // The last id of a resource name is enough.
        "groups.assign_role(group_id: GroupId, membership_id: Id, role: RoleId) -> GroupMembership",
        "assets.rollback(asset_id: AssetId, asset_version: Id) -> AssetVersion",
        // A body with more to it stays one.
        "users.create_notification(user_id: UserId, create_user_notification_request: CreateUserNotificationRequest) -> UserNotification",
    ] {
        assert!(surface.lines().any(|known| known == line), "{line}");
    }
}

#[test]
fn a_resource_name_is_a_text_with_an_id_at_its_end() {
    let document = include_str!("../../spec/open-cloud.json");
    let word = "\"x-opencloud-resource-name\": \"groups/{group_id}/roles/{role_id}\"";
    assert!(document.contains(word));
    let document = document.replace(word, "\"x-opencloud-resource-name\": \"roles\"");
    let error = Model::build(&document, None).expect_err("no id").to_string();
    assert!(error.contains("`role` cannot be the resource name `roles`"), "{error}");
}

#[test]
fn a_property_is_set_with_one_of_the_same_type_only() {
    let document = include_str!("../../spec/open-cloud.json");
    let word = "\"x-opencloud-also\": \"previousDraftHash\"";
    assert!(document.contains(word));
    for other in ["nothing", "entries"] {
        let document = document.replace(word, &format!("\"x-opencloud-also\": \"{other}\""));
        let error = Model::build(&document, None).expect_err("no such property").to_string();
        assert!(error.contains(&format!("`{other}` cannot be set with `draftHash`")), "{error}");
    }
}

#[test]
fn the_document_gives_open_and_quiet_code() {
    let document = include_str!("../../spec/open-cloud.json");
    let generated = generate(document, None).expect("code");
    check(&generated);
    let model = Model::build(document, None).expect("a model");
    let open = ["open_enum! {", "open_number_enum! {"].map(|kind| generated.raw.matches(kind).count());
    assert_eq!(open.iter().sum::<usize>(), model.enums.len());
    assert!(generated.lines() <= 60_000, "{} lines", generated.lines());
}
