//! `operations.rs`: the table of operations.

use crate::emit::{Writer, literal};
use crate::model::{Expected, Location, LongRunning, Model, Operation, Overdue, Paging, Polling, Remark};
use crate::{Error, names};

pub fn emit(model: &Model) -> Result<String, Error> {
    let mut writer = Writer::new();
    for operation in model.operations.iter().chain(&model.polled) {
        writer.line("");
        writer.line(format!("/// `{}`", operation.id));
        // An operation of another area that is here for polling only is not public.
        let visibility = if operation.poll_only { "pub(crate)" } else { "pub" };
        let name = names::constant(&operation.id);
        let head = format!("{visibility} static {name}: OperationInfo = OperationInfo");
        writer.block(head, |writer| fields(writer, operation));
        writer.line(";");
    }
    writer.line("");
    writer.line("/// All operations of the enabled areas, sorted by id.");
    writer.line("pub static ALL: &[&OperationInfo] = &[");
    for operation in &model.operations {
        writer.line(format!("    &{},", names::constant(&operation.id)));
    }
    writer.line("];");
    writer.line("");
    writer.doc("What to do about failures of every operation, where its own hints say nothing more exact.");
    writer.line(format!("pub static HINTS: &[Hint] = {};", hints(&model.hints)));
    writer.line("");
    writer.line("/// Failures of every operation that no further attempt changes.");
    writer.line(format!("pub static FINAL_ERRORS: &[FinalError] = {};", final_errors(&model.final_errors)));
    Ok(writer.finish().replace("}\n;\n", "};\n"))
}

/// `scopes.rs`: the enum of scopes. It does not depend on the areas: a token has scopes of its own.
pub fn scopes(model: &Model) -> String {
    let mut writer = Writer::new();
    writer.block("crate::wire::enums::open_enum!", |writer| {
        writer.doc("What an API key or an OAuth 2.0 token may do.");
        writer.block("pub enum Scope", |writer| {
            for (name, scope) in names::variants(&model.scopes).iter().zip(&model.scopes) {
                writer.line(format!("{name} = {},", literal(scope)));
            }
        });
    });
    writer.finish()
}

fn fields(writer: &mut Writer, operation: &Operation) {
    let needed = operation.needed_scopes();
    let stability = match operation.stability.as_deref() {
        Some("STABLE") => "Stability::Stable",
        Some("BETA") => "Stability::Beta",
        Some("EXPERIMENTAL") => "Stability::Experimental",
        _ => "Stability::Unstated",
    };
    // Texts, options, flags and structs of these are written in Rust as `Debug` shows them.
    for (name, value) in [
        ("id", literal(&operation.id)),
        ("area", literal(&operation.area)),
        ("method", format!("http::Method::{}", operation.verb)),
        ("path", literal(&operation.path)),
        ("host", literal(&operation.host)),
        ("stability", stability.to_owned()),
        ("deprecated", operation.deprecated.to_string()),
        ("scopes", format!("&{:?}", operation.scopes)),
        ("needed_scopes", slice(needed.iter().map(|one_of| format!("&{one_of:?}")))),
        ("api_key", operation.api_key.to_string()),
        ("oauth", operation.oauth.to_string()),
        ("api_key_limit", format!("{:?}", operation.api_key_limit)),
        ("oauth_limit", format!("{:?}", operation.oauth_limit)),
        ("limits", format!("&{:?}", operation.limits)),
        ("reference", format!("{:?}", operation.reference)),
        ("idempotent", operation.is_idempotent().to_string()),
        ("retry_too_many_requests", operation.retries_too_many_requests().to_string()),
        ("attempt_timeout", option(operation.attempt_timeout, seconds)),
        ("idempotency", idempotency(operation)),
        ("bare_list", format!("{:?}", operation.bare_list)),
        ("expects", expected(&operation.expects)),
        ("id_from_request", slice(operation.id_from_request.iter().map(id_from_request))),
        ("errors_in_success", format!("{:?}", operation.errors_in_success)),
        ("conflict_is_value", operation.conflict_is_value().to_string()),
        ("update_mask", format!("{:?}", operation.update_mask().map(|mask| &mask.name))),
        ("paging", option(operation.paging.as_ref(), paging)),
        ("long_running", option(operation.long_running.as_ref(), long_running)),
        ("hints", hints(&operation.hints)),
        ("final_errors", final_errors(&operation.final_errors)),
        ("already_exists", format!("&{:?}", operation.already_exists)),
        ("polling", option(operation.polling, polling)),
    ] {
        writer.line(format!("{name}: {value},"));
    }
}

fn option<T>(value: Option<T>, code: impl Fn(T) -> String) -> String {
    value.map_or_else(|| "None".to_owned(), |value| format!("Some({})", code(value)))
}

fn slice(items: impl Iterator<Item = String>) -> String {
    format!("&[{}]", items.collect::<Vec<_>>().join(", "))
}

fn seconds(time: u64) -> String {
    format!("std::time::Duration::from_secs({time})")
}

fn hints(hints: &[Remark]) -> String {
    slice(hints.iter().map(|hint| format!("Hint {{ when: {:?}, say: {:?} }}", hint.when, hint.text)))
}

fn final_errors(errors: &[Remark]) -> String {
    let error =
        |error: &Remark| format!("FinalError {{ when: {:?}, because: {:?} }}", error.when, error.text);
    slice(errors.iter().map(error))
}

fn id_from_request((property, parameter): (&String, &String)) -> String {
    format!("IdFromRequest {{ property: {property:?}, parameter: {parameter:?} }}")
}

fn expected(Expected { main, is_single, required }: &Expected) -> String {
    format!("ExpectedFields {{ main: {main:?}, is_single: {is_single}, required: &{required:?} }}")
}

fn polling(Polling { first, every }: Polling) -> String {
    format!("Polling {{ first: {}, every: {} }}", seconds(first), seconds(every))
}

/// How the operation takes an idempotency key, if its parameters say that it does.
fn idempotency(operation: &Operation) -> String {
    let Some(key) = operation.parameters.iter().find(|parameter| parameter.is_idempotency_key()) else {
        return "None".to_owned();
    };
    let (name, in_header) = (&key.name, key.location == Location::Header);
    let first_sent = name.strip_suffix(".key").map(|prefix| format!("{prefix}.firstSent"));
    let first_sent = first_sent.filter(|name| operation.parameters.iter().any(|known| known.name == *name));
    format!("Some(IdempotencyInfo {{ key: {name:?}, first_sent: {first_sent:?}, in_header: {in_header} }})")
}

fn paging(paging: &Paging) -> String {
    let style = match paging.style() {
        "page" => "PagingStyle::PageNumber",
        "offset" => "PagingStyle::Offset",
        "entries" => "PagingStyle::Entries",
        "repeat" => "PagingStyle::Repeat",
        _ => "PagingStyle::Token",
    };
    let next = paging.next.as_ref().map(|path| path.0.join("."));
    let Paging { token, number, size, max, sizes, cursor, key, .. } = paging;
    format!(
        "PagingInfo {{ style: {style}, token: {token:?}, number: {number:?}, size: {size:?}, max: {max:?}, \
         sizes: &{sizes:?}, in_body: {}, next: {next:?}, cursor: {cursor:?}, key: {key:?} }}",
        paging.in_body(),
    )
}

fn long_running(operation: &LongRunning) -> String {
    let dialect = names::type_name(&operation.dialect);
    let base = operation.base.as_deref().unwrap_or("/cloud/v2/");
    let poll = option(operation.poll.as_ref(), |id| format!("&{}", names::constant(id)));
    let (result, expects) = (operation.result().0, expected(&operation.expects));
    let overdue = option(operation.overdue.as_ref(), overdue);
    let LongRunning { paths, direct, query, has_result, .. } = operation;
    format!(
        "LongRunningInfo {{ dialect: Dialect::{dialect}, base: {base:?}, poll: {poll}, paths: &{paths:?}, \
         result: &{result:?}, direct: {direct}, query: &{query:?}, expects: {expects}, has_result: {has_result}, \
         overdue: {overdue} }}"
    )
}

fn overdue(Overdue { state, time, default, beyond }: &Overdue) -> String {
    let (default, beyond) = (seconds(*default), seconds(*beyond));
    format!("Overdue {{ state: {state:?}, time: {time:?}, default: {default}, beyond: {beyond} }}")
}

#[cfg(test)]
mod tests {
    use crate::Model;
    use serde_json::{Value, json};

    /// A document of one operation, which has these properties beside the usual ones.
    fn document(properties: Value) -> Value {
        let mut operation = json!({
            "responses": { "200": { "description": "OK" } },
            "security": [{ "roblox-api-key": [] }],
            "x-opencloud": { "area": "things", "method": "create" }
        });
        for (name, value) in properties.as_object().expect("properties") {
            operation[name] = value.clone();
        }
        json!({
            "openapi": "3.0.4",
            "info": { "title": "t", "version": "1" },
            "servers": [{ "url": "https://apis.roblox.com" }],
            "paths": { "/a": { "post": operation } },
            "components": { "schemas": {} },
            "x-opencloud": { "areas": [{ "name": "things", "summary": "Things." }], "ids": [] }
        })
    }

    fn table(document: &Value, areas: Option<&[String]>) -> String {
        let model = Model::build(&document.to_string(), areas).expect("a model");
        super::emit(&model).expect("a table")
    }

    /// The table entry of an operation with these parameters.
    fn entry(parameters: Value) -> String {
        table(&document(json!({ "operationId": "things.create", "parameters": parameters })), None)
    }

    #[test]
    fn scopes_are_those_of_all_areas_and_of_the_flows() {
        let stated = json!([{ "name": "user.user-notification:write" }, { "name": "asset:read" }]);
        let mut document = document(json!({ "x-roblox-scopes": stated }));
        document["components"]["securitySchemes"] = json!({ "o": { "type": "oauth2", "flows": {
            "authorizationCode": { "scopes": { "openid": "" } }
        } } });
        for areas in [None, Some(&[][..])] {
            let areas = areas.map(<[String]>::to_vec);
            let model = Model::build(&document.to_string(), areas.as_deref()).expect("a model");
            let found = super::scopes(&model);
            for line in [
                "AssetRead = \"asset:read\",",
                "Openid = \"openid\",",
                "UserUserNotificationWrite = \"user.user-notification:write\",",
            ] {
                assert!(found.contains(line), "{found}");
            }
        }
    }

    #[test]
    fn all_scopes_are_needed_unless_the_document_says_otherwise() {
        let table = |extension: Value| {
            let scopes = json!([{ "name": "a:read" }, { "name": "a:write" }]);
            table(&document(json!({ "x-roblox-scopes": scopes, "x-opencloud": extension })), None)
        };
        let mut extension = json!({ "area": "things", "method": "create" });
        let all = table(extension.clone());
        assert!(all.contains(r#"needed_scopes: &[&["a:read"], &["a:write"]],"#), "{all}");
        for (needed, line) in [
            (json!([["a:read", "a:write"]]), r#"needed_scopes: &[&["a:read", "a:write"]],"#),
            (json!([]), "needed_scopes: &[],"),
        ] {
            extension["needed_scopes"] = needed;
            let table = table(extension.clone());
            assert!(table.contains(line) && table.contains(r#"scopes: &["a:read", "a:write"],"#), "{table}");
        }
    }

    /// AS-11, AS-17, DS-09: a word about a list that the response does not have is left out.
    #[test]
    fn a_response_of_success_may_list_failures_and_a_conflict_may_be_a_value() {
        let mut extension = json!({ "area": "things", "method": "create", "conflict_body": "value" });
        let line = |extension: &Value, name: &str| {
            let mut document = document(json!({ "x-opencloud": extension }));
            let errors = json!({ "type": "array", "items": { "type": "string" } });
            document["components"]["schemas"]["Made"] =
                json!({ "type": "object", "properties": { "errors": errors, "id": { "type": "string" } } });
            let operation = &mut document["paths"]["/a"]["post"];
            operation["responses"]["200"] = json!({ "description": "", "content": { "application/json": {
                "schema": { "$ref": "#/components/schemas/Made" }
            } } });
            let table = table(&document, None);
            let line = table.lines().find_map(|line| line.trim().strip_prefix(&format!("{name}: ")));
            line.unwrap_or_else(|| panic!("{name} in {table}")).trim_end_matches(',').to_owned()
        };
        assert_eq!(line(&extension, "conflict_is_value"), "true");
        assert_eq!(line(&extension, "errors_in_success"), "None");
        extension["errors_in_success"] =
            json!({ "list": "errors", "unless": "id", "about": "id", "harmless": ["Known"] });
        assert_eq!(
            line(&extension, "errors_in_success"),
            r#"Some(ErrorsInSuccess { list: "errors", unless: Some("id"), about: Some("id"), harmless: &["Known"] })"#
        );
        extension["errors_in_success"] = json!({ "list": "gone" });
        assert_eq!(line(&extension, "errors_in_success"), "None");
    }

    #[test]
    fn what_is_known_of_failures_is_that_of_the_operation_its_area_and_the_document() {
        let mut document = document(json!({ "x-opencloud": {
            "area": "things",
            "method": "create",
            "hints": [{ "status": 409, "say": "Wait." }],
            "final_errors": [{ "status": 500, "body_has": "price", "because": "It stays so." }],
            "already_exists": [{ "code": "EXISTS" }],
        } }));
        document["x-opencloud"]["areas"][0]["hints"] = json!([{ "effect_unknown": true, "say": "Look." }]);
        document["x-opencloud"]["hints"] = json!([{ "message_contains": "scope", "say": "Ask." }]);
        let table = table(&document, None);
        let conditions = |stated: &str| {
            let mut all = String::new();
            for (name, unstated) in [
                ("status", "None"),
                ("code", "None"),
                ("message_contains", "None"),
                ("body_has", "None"),
                ("effect_unknown", "false"),
                ("overdue", "false"),
            ] {
                let value = stated.split("; ").find_map(|part| part.strip_prefix(&format!("{name}: ")));
                all += &format!(
                    "{}{name}: {}",
                    if all.is_empty() { "" } else { ", " },
                    value.unwrap_or(unstated)
                );
            }
            format!("Condition {{ {all} }}")
        };
        for line in [
            format!(
                "hints: &[Hint {{ when: {}, say: \"Wait.\" }}, Hint {{ when: {}, say: \"Look.\" }}],",
                conditions("status: Some(409)"),
                conditions("effect_unknown: true")
            ),
            format!(
                "final_errors: &[FinalError {{ when: {}, because: \"It stays so.\" }}],",
                conditions("status: Some(500); body_has: Some(\"price\")")
            ),
            format!("already_exists: &[{}],", conditions("code: Some(\"EXISTS\")")),
            format!(
                "HINTS: &[Hint] = &[Hint {{ when: {}, say: \"Ask.\" }}];",
                conditions("message_contains: Some(\"scope\")")
            ),
        ] {
            assert!(table.contains(&line), "{line} is not in {table}");
        }
    }

    #[test]
    fn limits_of_services_are_told_the_narrowest_first() {
        let thing = |extension: Value| {
            let mut extension = extension;
            extension["area"] = json!("things");
            extension["method"] = json!("create");
            let mut document = document(json!({ "x-opencloud": extension }));
            let path = document["paths"].as_object_mut().expect("paths").remove("/a").expect("a path");
            document["paths"]["/a/{thing_id}/b/{user_id}"] = path;
            Model::build(&document.to_string(), None).map(|model| super::emit(&model).expect("a table"))
        };
        let wide = json!({ "class": "things", "requests": 300, "seconds": 60, "tenths_per_user": 15, "by": ["thing_id"],
            "shared_with_game": true, "extendable": true, "units": true });
        let narrow = json!({ "class": "users", "requests": 1, "seconds": 60, "stated": 2, "max_wait": 60,
            "by": ["thing_id", "user_id"] });
        let table = thing(json!({ "limits": [wide, narrow], "polling": { "first": 1, "every": 3 } }))
            .expect("a model");
        for line in [
            r#"limits: &[ServiceLimit { class: "users", limit: Limit { requests: 1, seconds: 60 }, tenths_per_user: 0, by: &["thing_id", "user_id"], stated: Some(2), max_wait: Some(60), shared_with_game: false, extendable: false, units: false }, ServiceLimit { class: "things", limit: Limit { requests: 300, seconds: 60 }, tenths_per_user: 15, by: &["thing_id"], stated: None, max_wait: None, shared_with_game: true, extendable: true, units: true }],"#,
            "polling: Some(Polling { first: std::time::Duration::from_secs(1), every: std::time::Duration::from_secs(3) }),",
        ] {
            assert!(table.contains(line), "{table}");
        }
        for (limit, why) in [
            (json!({ "requests": 1, "seconds": 60 }), "missing field `class`"),
            (json!({ "class": "a", "requests": 0, "seconds": 60 }), "expected a nonzero u64"),
            (json!({ "class": "a", "requests": 1 }), "missing field `seconds`"),
            (
                json!({ "class": "a", "requests": 1, "seconds": 60, "by": ["place_id"] }),
                "no parameter place_id",
            ),
        ] {
            let error = thing(json!({ "limits": [limit] })).expect_err(why).to_string();
            assert!(error.contains(why) && error.contains("POST /a/{thing_id}/b/{user_id}"), "{error}");
        }
    }

    #[test]
    fn an_attempt_has_the_time_that_the_document_says() {
        let mut extension = json!({ "area": "things", "method": "create" });
        for (seconds, line) in [
            (None, "attempt_timeout: None,"),
            (Some(120), "attempt_timeout: Some(std::time::Duration::from_secs(120)),"),
        ] {
            extension["attempt_timeout"] = json!(seconds);
            let table = table(&document(json!({ "x-opencloud": extension })), None);
            assert!(table.contains(line), "{table}");
        }
    }

    #[test]
    fn idempotency_keys_are_found() {
        let parameter = |place: &str, name: &str| json!({ "in": place, "name": name, "required": true, "schema": { "type": "string" } });
        let header = entry(json!([parameter("header", "x-idempotency-key")]));
        assert!(
            header.contains(r#"key: "x-idempotency-key""#) && header.contains("in_header: true"),
            "{header}"
        );
        let query = entry(json!([
            parameter("query", "idempotencyKey.firstSent"),
            parameter("query", "idempotencyKey.key")
        ]));
        assert!(
            query.contains(r#"key: "idempotencyKey.key""#) && query.contains("in_header: false"),
            "{query}"
        );
        assert!(query.contains(r#"first_sent: Some("idempotencyKey.firstSent")"#), "{query}");
        assert!(entry(json!([parameter("query", "key")])).contains("idempotency: None"));
    }
}
