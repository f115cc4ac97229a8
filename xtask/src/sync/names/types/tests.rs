use super::*;

fn run(schemas: Value) -> (Value, Report) {
    run_with(schemas, json!({}))
}

fn run_with(schemas: Value, paths: Value) -> (Value, Report) {
    let mut document = json!({"paths": paths, "components": {"schemas": schemas}});
    let mut report = Report::default();
    name_types(&mut document, &Origins::new(), &mut report);
    (document, report)
}

fn names(document: &Value) -> Vec<String> {
    tree::sorted_keys(&document["components"]["schemas"])
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

#[test]
fn curated_names_rename_and_references_follow() {
    let (document, report) = run(json!({
        "Roblox.Api.UserModel": {"x-opencloud-type": "User", "description": "A user."},
        "Holder": {"properties": {"user": reference("Roblox.Api.UserModel")}},
    }));
    assert_eq!(
        document["components"]["schemas"],
        json!({
            "User": {"description": "A user.", "x-opencloud-upstream": ["Roblox.Api.UserModel"]},
            "Holder": {"properties": {"user": reference("User")}},
        })
    );
    assert_eq!(report.unnamed_types, ["Holder -> Holder"]);
}

#[test]
fn twins_become_one_and_share_their_words() {
    let (document, report) = run(json!({
        "A.Status": {"x-opencloud-type": "Status", "properties": {"k": {"enum": ["A"], "x-opencloud-type": "Kind"}}},
        "B.Status": {"x-opencloud-type": "Status", "description": "d", "properties": {"k": {"enum": ["A"]}}},
        "A.Holder": {"x-opencloud-type": "Holder", "properties": {"s": reference("A.Status")}},
        "B.Holder": {"x-opencloud-type": "Holder", "properties": {"s": reference("B.Status")}},
    }));
    assert_eq!(
        document["components"]["schemas"],
        json!({
            "Status": {"description": "d", "properties": {"k": {"enum": ["A"], "x-opencloud-type": "Kind"}},
                "x-opencloud-upstream": ["A.Status", "B.Status"]},
            "Holder": {"properties": {"s": reference("Status")}, "x-opencloud-upstream": ["A.Holder", "B.Holder"]},
        })
    );
    assert_eq!(report.diverged, []);
}

#[test]
fn curated_twins_that_differ_are_told_apart_and_told() {
    let (document, report) = run(json!({
        "A.Status": {"x-opencloud-type": "Status", "type": "string"},
        "B.Status": {"x-opencloud-type": "Status", "type": "integer"},
        "User": {"x-opencloud-type": "Status", "type": "boolean"},
    }));
    assert_eq!(names(&document), ["BStatus", "Status", "Status2"]);
    assert_eq!(report.diverged.len(), 2, "{:?}", report.diverged);
}

#[test]
fn derived_names_avoid_curated_reserved_and_each_other() {
    let (document, report) = run_with(
        json!({
            "X": {"x-opencloud-type": "Money", "type": "string"},
            "Shop.Money": {"type": "integer"},
            "A.Thing": {"type": "string"}, "B.Thing": {"type": "integer"}, "C.Thing": {"type": "string"},
            "Error": {"type": "object"}, "Roblox.Web.Option": {}, "GetUser": {"type": "object"},
        }),
        json!({"/a": {"get": {"x-opencloud": {"area": "users", "method": "get_user"},
            "parameters": [{"schema": reference("GetUser")}]}}}),
    );
    assert_eq!(
        names(&document),
        ["BThing", "Error2", "Money", "Option2", "ShopMoney", "Thing", "UsersGetUser"]
    );
    assert_eq!(report.diverged, []);
    assert_eq!(report.unnamed_types.len(), 7);
}

#[test]
fn inline_types_share_the_namespace() {
    let named = |values: Value| json!({"type": "string", "enum": values, "x-opencloud-type": "Kind"});
    let (document, report) = run(json!({
        "A": {"properties": {"one": named(json!(["A"])), "two": named(json!(["A"])), "three": named(json!(["B"]))}},
    }));
    let properties = &document["components"]["schemas"]["A"]["properties"];
    let kinds: Vec<_> = ["one", "two", "three"].iter().map(|p| &properties[p][TYPE]).collect();
    assert_eq!(kinds, [&json!("Kind"), &json!("Kind"), &json!("Kind2")]);
    assert_eq!(report.diverged.len(), 1);
}

#[test]
fn aliases_are_what_they_refer_to() {
    let (document, _) = run(json!({
        "A": reference("B"), "B": reference("C"), "C": {"type": "string"},
        "L": reference("M"), "M": reference("L"),
        "H": {"items": reference("A"), "not": reference("L")},
    }));
    assert_eq!(names(&document), ["C", "H", "L", "M"]);
    assert_eq!(
        document["components"]["schemas"]["H"],
        json!({"items": reference("C"), "not": reference("L")})
    );
    assert_eq!(document["components"]["schemas"]["L"], json!({}));
}
