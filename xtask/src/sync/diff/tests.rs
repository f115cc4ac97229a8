use super::schemas::Direction;
use super::*;
use serde_json::json;

fn document() -> Value {
    json!({
        "openapi": "3.0.4",
        "paths": {
            "/users/{user_id}": {
                "get": {
                    "operationId": "users.get",
                    "parameters": [
                        {"name": "user_id", "in": "path", "required": true, "schema": {"type": "string"}},
                        {"name": "view", "in": "query", "schema": {"type": "string", "enum": ["A", "B"]}},
                        {"name": "depth", "in": "query", "schema": {"type": "integer"}},
                    ],
                    "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/User"}}}}, "404": {}},
                    "x-roblox-stability": "BETA",
                    "x-opencloud": {"area": "users", "method": "get", "paging": {"style": "token"}},
                },
                "patch": {
                    "operationId": "users.update",
                    "parameters": [{"name": "user_id", "in": "path", "required": true, "schema": {"type": "string"}}],
                    "requestBody": {"content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/User"}},
                        "text/json": {"schema": {"$ref": "#/components/schemas/User"}},
                    }},
                    "responses": {"204": {}},
                },
            },
        },
        "components": {"schemas": {
            "User": {"type": "object", "required": ["id"], "properties": {
                "id": {"type": "string"}, "name": {"type": "string"},
                "kind": {"type": "integer", "enum": [1, 2], "x-enum-varnames": ["One", "Two"]},
                "friend": {"$ref": "#/components/schemas/Friend"},
                "extra": {"type": "object", "properties": {"a": {"type": "string"}}},
            }},
            "Friend": {"type": "object", "x-opencloud-upstream": ["Api.Friend"]},
        }},
        "x-opencloud": {"ids": [{"name": "UserId", "names": ["user_id", "userId"]}]},
    })
}

fn changed(change: impl FnOnce(&mut Value)) -> Diff {
    let old = document();
    let mut new = document();
    change(&mut new);
    diff(&old, &new)
}

fn text(diff: &Diff) -> String {
    diff.show(false).to_string()
}

#[test]
fn nothing_is_no_difference() {
    let diff = changed(|_| {});
    assert!(diff.is_empty());
    assert_eq!(text(&diff), "no differences\n");
}

type Change = Box<dyn FnOnce(&mut Value)>;

#[test]
fn each_change_is_told_and_marked() {
    let get = "/paths/~1users~1{user_id}/get";
    let patch = "/paths/~1users~1{user_id}/patch";
    let user = "/components/schemas/User";
    let set = |at: String, value: Value| -> Change {
        Box::new(move |document: &mut Value| {
            let (parent, key) = at.rsplit_once('/').unwrap();
            document.pointer_mut(parent).unwrap()[tree::unescape(key)] = value;
        })
    };
    let remove = |at: String| -> Change {
        Box::new(move |document: &mut Value| {
            let (parent, key) = at.rsplit_once('/').unwrap();
            document.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(&tree::unescape(key));
        })
    };
    let push = |at: String, value: Value| -> Change {
        Box::new(move |document: &mut Value| {
            document.pointer_mut(&at).unwrap().as_array_mut().unwrap().push(value);
        })
    };
    let breaks = "  [breaks callers]";
    let cases: Vec<(Change, String)> = vec![
        (remove(get.into()), format!("  - users.get  GET /users/{{user_id}}{breaks}")),
        (set("/paths/~1new".into(), json!({"get": {"operationId": "x.y"}})), "  + x.y  GET /new\n".into()),
        (
            set(format!("{get}/operationId"), json!("users.fetch")),
            format!("  ~ users.get -> users.fetch  GET /users/{{user_id}}{breaks}"),
        ),
        (
            push(format!("{get}/parameters"), json!({"name": "n", "in": "query", "schema": {}})),
            "+ query parameter n: any\n".into(),
        ),
        (
            push(
                format!("{get}/parameters"),
                json!({"name": "n", "in": "query", "required": true, "schema": {}}),
            ),
            format!("+ query parameter n: any, required{breaks}"),
        ),
        (set(format!("{get}/parameters/1/name"), json!("look")), format!("- query parameter view{breaks}")),
        (
            set(format!("{get}/parameters/1/required"), json!(true)),
            format!("query parameter view: is required now{breaks}"),
        ),
        (
            set(format!("{get}/parameters/1/schema/enum"), json!(["A"])),
            format!("query parameter view: - value B{breaks}"),
        ),
        (
            set(format!("{get}/parameters/2/schema/type"), json!("string")),
            format!("query parameter depth: integer -> string{breaks}"),
        ),
        (
            set(format!("{get}/parameters/0/schema/type"), json!("integer")),
            format!("path parameter user_id: string -> integer{breaks}"),
        ),
        (
            set(format!("{get}/x-roblox-stability"), json!("STABLE")),
            "stability of operations: 1 changed (--verbose shows them)\n".into(),
        ),
        (remove(format!("{get}/responses/404")), "error responses of operations: 1 changed".into()),
        (
            set(format!("{get}/responses/200/content/application~1json/schema"), json!({"type": "string"})),
            format!("response 200: User -> string{breaks}"),
        ),
        (
            remove(format!("{get}/responses/200/content")),
            format!("response 200: media types application/json -> {breaks}"),
        ),
        (remove(format!("{get}/x-opencloud/paging")), format!("is no longer paged{breaks}")),
        (set(format!("{get}/deprecated"), json!(true)), "deprecated: none -> true\n".into()),
        (set(format!("{patch}/requestBody/required"), json!(true)), format!("body: is required now{breaks}")),
        (remove(format!("{patch}/requestBody")), format!("- body{breaks}")),
        (set(format!("{get}/requestBody"), json!({"required": true})), format!("+ body, required{breaks}")),
        (
            set(format!("{user}/properties/name/type"), json!("integer")),
            format!("property name: string -> integer{breaks}"),
        ),
        (
            set(format!("{user}/properties/more"), json!({"type": "array", "items": {"type": "string"}})),
            "+ property more: [string]\n".into(),
        ),
        (remove(format!("{user}/properties/name")), format!("- property name: string{breaks}")),
        (
            remove(format!("{user}/properties/extra/properties/a")),
            format!("- property extra.a: string{breaks}"),
        ),
        (remove(format!("{user}/required")), format!("property id: is optional now{breaks}")),
        (push(format!("{user}/properties/kind/enum"), json!(3)), "property kind: + value 3\n".into()),
        (
            set(format!("{user}/properties/kind/x-enum-varnames"), json!(["One", "Deux"])),
            format!("property kind: value 2 is called Deux, not Two{breaks}"),
        ),
        (
            set(format!("{user}/properties/name/maxLength"), json!(5)),
            "property name: maxLength none -> 5\n".into(),
        ),
        (
            set(format!("{user}/properties/name/nullable"), json!(true)),
            "property name: is nullable now\n".into(),
        ),
        (
            set(format!("{user}/description"), json!("d")),
            "descriptions and other words of types: 1 changed".into(),
        ),
        (set("/info".into(), json!({})), "  ~ info changed\n".into()),
    ];
    for (change, expected) in cases {
        let text = text(&changed(change));
        assert!(text.contains(&expected), "{expected}\n---\n{text}");
    }
}

#[test]
fn a_new_required_property_breaks_only_what_is_sent() {
    let change = |name: &str| {
        let at = format!("/components/schemas/{name}");
        changed(|document| {
            let schema = document.pointer_mut(&at).unwrap();
            schema["required"] = json!(["new"]);
            schema["properties"]["new"] = json!({"type": "string"});
        })
    };
    assert!(text(&change("Friend")).contains("+ property new: string, required  [breaks callers]"));
    let unsent = {
        let mut old = document();
        old["paths"]["/users/{user_id}"].as_object_mut().unwrap().remove("patch");
        let mut new = old.clone();
        new["components"]["schemas"]["Friend"] =
            json!({"type": "object", "required": ["a"], "properties": {"a": {}}});
        diff(&old, &new)
    };
    assert!(text(&unsent).contains("+ property a: any, required\n"), "{}", text(&unsent));
}

/// The compiler does not see it where both are of one type.
#[test]
fn another_order_of_what_is_required_breaks_what_is_sent() {
    let schema =
        |order: [&str; 2]| json!({"type": "object", "required": order, "properties": {"a": {}, "b": {}}});
    let found = |direction| {
        let mut lines = Vec::new();
        super::schemas::compare("", &schema(["a", "b"]), &schema(["b", "a"]), direction, &mut lines);
        lines.into_iter().map(|line| (line.text, line.breaks)).collect::<Vec<_>>()
    };
    assert_eq!(found(Direction::Sent), [("required in the order b, a, not a, b".to_owned(), true)]);
    assert_eq!(found(Direction::Received), []);
}

#[test]
fn a_renamed_type_is_one_line() {
    let diff = changed(|document| {
        let schemas = &mut document["components"]["schemas"];
        schemas["Companion"] = schemas["Friend"].clone();
        schemas.as_object_mut().unwrap().remove("Friend");
        schemas["User"]["properties"]["friend"]["$ref"] = json!("#/components/schemas/Companion");
    });
    assert_eq!(
        text(&diff),
        "changed\ntypes\n  ~ Friend -> Companion  [breaks callers]\n\
         operations: 0 added, 0 removed, 0 renamed, 0 changed; types: 0 added, 0 removed, 1 renamed, 0 changed; 1 of these breaks callers\n"
    );
}

#[test]
fn a_path_parameter_may_be_called_otherwise() {
    let rename = |name: &str| {
        let text = document().to_string().replace("{user_id}", &format!("{{{name}}}"));
        let text = text.replace("\"name\":\"user_id\"", &format!("\"name\":\"{name}\""));
        diff(&document(), &serde_json::from_str(&text).unwrap())
    };
    let same = text(&rename("userId"));
    assert!(same.contains("path parameter user_id is called userId\n"), "{same}");
    assert!(same.contains("0 of these"), "{same}");
    let other = text(&rename("groupId"));
    assert!(other.contains("path parameter user_id is called groupId  [breaks callers]"), "{other}");
}
