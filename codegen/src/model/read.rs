//! From the JSON of a normalised document to the model's types.

use super::*;

pub(super) fn read_enum(name: &str, schema: &Value, values: &[Value]) -> Enum {
    let given: Option<Vec<String>> = ["x-enum-varnames", "x-enumNames"]
        .iter()
        .find_map(|key| schema.get(key)?.as_array())
        .filter(|names| names.len() == values.len())
        .map(|names| names.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    let words: Vec<String> = values.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let variants = |fallback: Vec<String>| names::variants(&given.clone().unwrap_or(fallback));
    let values = if words.is_empty() {
        let numbers: Vec<i64> = values.iter().filter_map(Value::as_i64).collect();
        let fallback = numbers.iter().map(|number| format!("Value{number}").replace('-', "Minus")).collect();
        EnumValues::Numbers(variants(fallback).into_iter().zip(numbers).collect())
    } else {
        EnumValues::Words(variants(words.clone()).into_iter().zip(words).collect())
    };
    Enum { name: name.to_owned(), description: description(schema), values }
}

pub(super) fn read_struct(name: &str, schema: &Value, document: &Document) -> Struct {
    let required: Vec<&str> =
        schema["x-required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let flag = |schema: &Value, key: &str| schema.get(key) == Some(&Value::Bool(true));
    let mut idents = BTreeSet::new();
    let mut setters = BTreeSet::new();
    let fields = schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, schema)| Field {
            ident: names::unique(names::field(name), &mut idents),
            setter: names::unique(names::setter(name), &mut setters),
            name: name.clone(),
            kind: read_type(schema, document),
            required: required.iter().position(|required| *required == name.as_str()),
            read_only: flag(schema, "readOnly"),
            write_only: flag(schema, "writeOnly"),
            also: schema["x-opencloud-also"].as_str().map(str::to_owned),
            hidden: schema["format"] == "password",
            deprecated: flag(schema, "deprecated"),
            aliases: aliases(schema),
            id_from: schema["x-opencloud-id-from"].as_str().map(str::to_owned),
        })
        .collect();
    Struct {
        name: name.to_owned(),
        description: description(schema),
        fields,
        in_request: false,
        is_checked: false,
    }
}

fn aliases(schema: &Value) -> Vec<Alias> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let aliases = schema["x-opencloud-aliases"].as_array().into_iter().flatten();
    aliases
        .filter_map(|alias| {
            Some(match alias {
                Value::Object(_) => Alias { name: text(&alias["name"])?, value: text(&alias["value"]) },
                name => Alias { name: text(name)?, value: None },
            })
        })
        .collect()
}

/// Refuses aliases and sources of ids that a type cannot be read by.
pub(super) fn check_names(structs: &BTreeMap<String, Struct>) -> Result<(), Error> {
    for of in structs.values() {
        let mut taken: BTreeSet<&str> = of.fields.iter().map(|field| field.name.as_str()).collect();
        let refuse = |what: String| Err(Error::new(format!("`{}`: {what}", of.name)));
        for field in &of.fields {
            for alias in &field.aliases {
                if !taken.insert(&alias.name) {
                    return refuse(format!("the alias `{}` is the name of another property", alias.name));
                }
                if alias.value.is_some() && value_of(field, alias, structs).is_none() {
                    return refuse(format!(
                        "`{}` is no list of items that have the alias's value",
                        field.name
                    ));
                }
            }
            if let Some(from) = &field.id_from
                && !of.fields.iter().any(|known| known.name == *from && known.kind == Type::String)
            {
                return refuse(format!("`{}` cannot be taken from `{from}`, which is no text", field.name));
            }
        }
    }
    Ok(())
}

/// The type of the items of a list, and the field that each element under an alias is the value of.
pub(super) fn value_of<'a>(
    field: &'a Field,
    alias: &Alias,
    structs: &'a BTreeMap<String, Struct>,
) -> Option<(&'a str, &'a Field)> {
    let Type::List(item) = &field.kind else { return None };
    let Type::Struct(name) = &**item else { return None };
    let value = structs.get(name)?.fields.iter().find(|inner| Some(&inner.name) == alias.value.as_ref())?;
    Some((name, value))
}

/// Marks the types of requests in which something must be checked before they are sent.
pub(super) fn mark_checked(structs: &mut BTreeMap<String, Struct>) {
    loop {
        let checked: BTreeSet<String> =
            structs.values().filter(|of| of.is_checked).map(|of| of.name.clone()).collect();
        let mut changed = false;
        for of in structs.values_mut().filter(|of| of.in_request && !of.is_checked) {
            of.is_checked = of.fields.iter().any(|field| {
                let leaf = field.kind.leaf();
                field.read_only
                    || *leaf == Type::Number
                    || leaf.named().is_some_and(|name| checked.contains(name))
            });
            changed |= of.is_checked;
        }
        if !changed {
            return;
        }
    }
}

/// Refuses a property to be set with another that is not there, or not of the same type.
pub(super) fn check_also(structs: &BTreeMap<String, Struct>) -> Result<(), Error> {
    for of in structs.values() {
        for field in &of.fields {
            let Some(also) = &field.also else { continue };
            if !of.fields.iter().any(|other| other.name == *also && other.kind == field.kind) {
                let (of, name) = (&of.name, &field.name);
                return Err(Error::new(format!(
                    "`{of}`: `{also}` cannot be set with `{name}`: no such property"
                )));
            }
        }
    }
    Ok(())
}

fn description(schema: &Value) -> Option<String> {
    schema.get("description").and_then(Value::as_str).map(str::to_owned)
}

fn read_type(schema: &Value, document: &Document) -> Type {
    if let Some(name) = reference(schema) {
        let is_enum = document.schemas().get(name).is_some_and(|schema| schema.get("enum").is_some());
        return if is_enum { Type::Enum(name.to_owned()) } else { Type::Struct(name.to_owned()) };
    }
    match schema["x-rust-type"]["path"].as_str() {
        Some("jiff::Timestamp") => return Type::Timestamp,
        Some("std::time::Duration") => return Type::Duration,
        Some(path) => {
            if let Some(name) = path.strip_prefix("opencloud::ids::") {
                let number = schema.get("x-number").is_some();
                return Type::Id { name: name.to_owned(), number };
            }
        }
        None => {}
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("string") => Type::String,
        Some("integer") => Type::Integer,
        Some("number") => Type::Number,
        Some("boolean") => Type::Boolean,
        Some("array") => Type::List(Box::new(read_item(&schema["items"], document))),
        Some("object") if schema.get("additionalProperties").is_some_and(Value::is_object) => {
            Type::Map(Box::new(read_item(&schema["additionalProperties"], document)))
        }
        _ => Type::Value,
    }
}

/// An item of a list or a value of a map; a field is optional anyway.
fn read_item(schema: &Value, document: &Document) -> Type {
    match read_type(schema, document) {
        Type::Value => Type::Value,
        kind if schema["nullable"] == true => Type::Maybe(Box::new(kind)),
        kind => kind,
    }
}

/// Boxes the fields through which a struct holds itself.
pub(super) fn box_cycles(structs: &mut BTreeMap<String, Struct>) {
    let held: BTreeMap<String, Vec<String>> = structs
        .iter()
        .map(|(name, of)| {
            let held = of.fields.iter().filter_map(|field| field.kind.one_struct());
            (name.clone(), held.map(str::to_owned).collect())
        })
        .collect();
    let holds = |outer: &str, inner: &str| {
        let mut seen = BTreeSet::new();
        let mut open = vec![outer];
        while let Some(name) = open.pop() {
            if name == inner {
                return true;
            }
            if seen.insert(name) {
                open.extend(held.get(name).into_iter().flatten().map(String::as_str));
            }
        }
        false
    };
    for of in structs.values_mut() {
        for field in &mut of.fields {
            if field.kind.one_struct().is_some_and(|inner| holds(inner, &of.name)) {
                field.kind = Type::Boxed(Box::new(field.kind.clone()));
            }
        }
    }
}

pub(super) fn read_operation(
    path: &str,
    verb: &str,
    operation: &Value,
    document: &Document,
    structs: &BTreeMap<String, Struct>,
    enums: &BTreeMap<String, Enum>,
) -> Result<Operation, Error> {
    let place = format!("{} {path}", verb.to_uppercase());
    let extension = &operation["x-opencloud"];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let named = |key: &str| {
        text(&extension[key])
            .filter(|name| !name.is_empty() && !names::is_keyword(name))
            .ok_or_else(|| Error::new(format!("{place}: x-opencloud.{key} is no usable name")))
    };
    let (area, method) = (named("area")?, named("method")?);
    let security = operation
        .get("security")
        .or_else(|| document.value().get("security"))
        .map(Value::to_string)
        .unwrap_or_default();
    let limit = |key: &str| {
        let limit = &operation["x-roblox-rate-limits"][key];
        let seconds = match limit["period"].as_str()? {
            "SECOND" => 1,
            "MINUTE" => 60,
            "HOUR" => 3600,
            "DAY" => 86400,
            _ => return None,
        };
        Some(Limit { requests: limit["maxInPeriod"].as_u64()?, seconds })
    };
    let response = operation["response"]["content"]["application/json"]
        .get("schema")
        .map_or(Type::Unit, |schema| read_type(schema, document));
    let parameters: Vec<Parameter> = operation["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|parameter| read_parameter(parameter, document))
        .collect();
    let mut long_running = read_long_running(&extension["operation"], document, structs);
    // A list that is read by an operation has its pages in the operation's result.
    let result = long_running.as_ref().and_then(|facts| facts.response.clone()).map(Type::Struct);
    let paging = read_paging(&extension["paging"], result.as_ref().unwrap_or(&response), structs)
        .map(|paging| Paging { sizes: sizes(&paging, &parameters, enums), ..paging });
    let items = paging.as_ref().and_then(|paging| paging.items.first()).cloned();
    let expects = match &mut long_running {
        // A list that is read by an operation has its items in the operation's result.
        Some(facts) => {
            // Of a Luau task the envelope itself is the result.
            let result = facts.response.clone().map(Type::Struct);
            let result = result.or_else(|| (facts.dialect == "luau").then(|| response.clone()));
            facts.expects = result.map_or_else(Expected::default, |result| {
                let operation = &extension["operation"];
                read_expected(&operation["main"], &operation["required"], items, &result, structs)
            });
            let envelope = Value::from(envelope(&facts.dialect, extension));
            read_expected(&extension["main"], &envelope, None, &response, structs)
        }
        None => {
            let words = (&extension["main"], &extension["required_response"]);
            read_expected(words.0, words.1, items, &response, structs)
        }
    };
    let errors_in_success = read_errors_in_success(&extension["errors_in_success"], &response, structs);
    let body = read_body(&operation["requestBody"], document, structs);
    let id_from_request =
        read_id_from_request(&extension["id_from_request"], &response, &parameters, body.as_ref(), structs);
    let server = |value: &Value| value["servers"][0]["url"].as_str().map(str::to_owned);
    let host = server(operation)
        .or_else(|| server(document.value()))
        .unwrap_or_else(|| "https://apis.roblox.com".to_owned());
    Ok(Operation {
        id: format!("{area}.{method}"),
        summary: text(&operation["summary"]),
        verb: verb.to_uppercase(),
        path: path.to_owned(),
        host: host.trim_start_matches("https://").trim_end_matches('/').to_owned(),
        stability: text(&operation["x-roblox-stability"]),
        deprecated: operation["deprecated"] == true,
        scopes: scopes_of(operation),
        needed_scopes: needed_scopes(operation),
        api_key: security.contains("roblox-api-key"),
        oauth: security.contains("roblox-oauth2"),
        api_key_limit: limit("perApiKeyOwner"),
        oauth_limit: limit("perOauth2Authorization"),
        limits: read_limits(&extension["limits"], path)
            .map_err(|what| Error::new(format!("{place}: x-opencloud.limits: {what}")))?,
        reference: text(&operation["externalDocs"]["url"]),
        idempotent: extension["idempotent"]
            .as_bool()
            .unwrap_or(matches!(verb, "get" | "put" | "delete" | "head" | "options")),
        retry_too_many_requests: extension["retry_too_many_requests"] != false,
        attempt_timeout: extension["attempt_timeout"].as_u64(),
        empty_is_none: extension["empty_response"] == "none",
        filter: text(&extension["filter"]),
        order_by: text(&extension["order_by"]),
        bare_list: text(&extension["bare_list"]),
        expects,
        poll_only: extension[POLL_ONLY] == true,
        parameters,
        body,
        hints: of_operation_and_area(extension, &area, document, hints),
        final_errors: of_operation_and_area(extension, &area, document, final_errors),
        id_from_request,
        errors_in_success,
        conflict_is_value: extension["conflict_body"] == "value",
        already_exists: each(&extension["already_exists"]).map(condition).collect(),
        notes: each(&extension["notes"]).filter_map(text).collect(),
        paging,
        long_running,
        polling: extension.get("polling").map(|pace| Polling {
            first: pace["first"].as_u64().unwrap_or_default(),
            every: pace["every"].as_u64().unwrap_or_default(),
        }),
        response,
        area,
        method,
    })
}

/// What an operation's extension says, and behind it what its area's says.
fn of_operation_and_area(
    extension: &Value,
    area: &str,
    document: &Document,
    read: fn(&Value) -> Vec<Remark>,
) -> Vec<Remark> {
    let area = each(&document.extension()["areas"]).find(|other| other["name"] == area);
    read(extension).into_iter().chain(area.map(read).unwrap_or_default()).collect()
}

pub(super) fn hints(extension: &Value) -> Vec<Remark> {
    remarks(&extension["hints"], "say")
}

pub(super) fn final_errors(extension: &Value) -> Vec<Remark> {
    remarks(&extension["final_errors"], "because")
}

fn remarks(list: &Value, text: &str) -> Vec<Remark> {
    let remark = |item: &Value| Some(Remark { when: condition(item), text: item[text].as_str()?.to_owned() });
    each(list).filter_map(remark).collect()
}

fn condition(item: &Value) -> Condition {
    let text = |key: &str| item[key].as_str().map(str::to_owned);
    Condition {
        status: item["status"].as_u64().and_then(|status| u16::try_from(status).ok()),
        code: text("code"),
        message_contains: text("message_contains"),
        body_has: text("body_has"),
        effect_unknown: item["effect_unknown"] == true,
        overdue: item["overdue"] == true,
    }
}

fn each(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

/// The narrowest first: what counts by more parameters.
fn read_limits(limits: &Value, path: &str) -> Result<Vec<ServiceLimit>, String> {
    let mut limits = limits
        .as_array()
        .into_iter()
        .flatten()
        .map(|limit| {
            let number = |key: &str| limit[key].as_u64();
            let positive = |key: &str| {
                number(key).filter(|number| *number > 0).ok_or_else(|| format!("{key} is no positive number"))
            };
            let class = limit["class"].as_str().filter(|class| !class.is_empty());
            let by =
                limit["by"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
            Ok(ServiceLimit {
                class: class.ok_or("class is missing")?.to_owned(),
                limit: Limit { requests: positive("requests")?, seconds: positive("seconds")? },
                tenths_per_user: number("tenths_per_user").unwrap_or_default(),
                by: by.collect(),
                stated: number("stated"),
                max_wait: number("max_wait"),
            })
        })
        .collect::<Result<Vec<_>, String>>()?;
    for limit in &limits {
        if let Some(name) = limit.by.iter().find(|name| !path.contains(&format!("{{{name}}}"))) {
            return Err(format!("the path has no parameter {name}"));
        }
    }
    limits.sort_by_key(|limit| std::cmp::Reverse(limit.by.len()));
    Ok(limits)
}

fn read_parameter(parameter: &Value, document: &Document) -> Parameter {
    let location = match parameter["in"].as_str() {
        Some("path") => Location::Path,
        Some("header") => Location::Header,
        _ => Location::Query,
    };
    let kind = match read_type(&parameter["schema"], document) {
        // Any text or number can stand in a path; what it means is the service's business.
        Type::String | Type::Integer if location == Location::Path => {
            Type::Id { name: "Id".to_owned(), number: false }
        }
        Type::List(item) if location == Location::Query => Type::List(Box::new(match *item {
            Type::Maybe(item) if item.is_scalar() => *item,
            item if item.is_scalar() => item,
            // The JSON text of an item, as of the whole.
            _ => Type::String,
        })),
        Type::Value => Type::String,
        kind if kind.is_scalar() => kind,
        _ => Type::String,
    };
    let name = parameter["name"].as_str().unwrap_or_default().to_owned();
    // The client makes an idempotency key where the caller does not.
    let required = parameter["required"] == true && !is_idempotency_key(location, &name);
    Parameter { name, location, required, kind }
}

fn read_body(body: &Value, document: &Document, structs: &BTreeMap<String, Struct>) -> Option<Body> {
    let content = body.get("content")?.as_object()?;
    let (media, first) = content.iter().next()?;
    let schema = &first["schema"];
    Some(match bodies::kind(media) {
        bodies::Kind::Raw => Body::Raw { media: content.keys().cloned().collect() },
        bodies::Kind::Multipart => Body::Multipart { parts: read_parts(schema, document, structs) },
        bodies::Kind::Json => {
            let kind = read_type(schema, document);
            let silent = match &kind {
                Type::Struct(name) => {
                    structs.get(name).is_none_or(|of| of.fields.iter().all(|field| field.read_only))
                }
                _ => false,
            };
            match silent {
                true => Body::Empty,
                false => Body::Json { kind, required: body["required"] == true },
            }
        }
    })
}

fn read_parts(schema: &Value, document: &Document, structs: &BTreeMap<String, Struct>) -> Vec<Part> {
    let Type::Struct(name) = read_type(schema, document) else { return Vec::new() };
    let Some(form) = structs.get(&name) else { return Vec::new() };
    let schemas = &document.schemas()[&name]["properties"];
    let binary = |schema: &Value| schema["format"] == "binary";
    form.fields
        .iter()
        .filter(|field| !field.read_only)
        .map(|field| {
            let schema = &schemas[&field.name];
            Part {
                name: field.name.clone(),
                required: field.is_required(),
                kind: match &field.kind {
                    _ if binary(schema) => PartKind::File,
                    Type::List(_) if binary(&schema["items"]) => PartKind::Files,
                    Type::List(inner) if inner.is_scalar() && **inner != Type::Value => {
                        PartKind::Text(field.kind.clone())
                    }
                    kind if kind.is_scalar() && *kind != Type::Value => PartKind::Text(kind.clone()),
                    kind => PartKind::Json(kind.clone()),
                },
            }
        })
        .collect()
}

fn read_paging(paging: &Value, page: &Type, structs: &BTreeMap<String, Struct>) -> Option<Paging> {
    let paging: &Map<String, Value> = paging.as_object()?;
    let text = |key: &str| paging.get(key).and_then(Value::as_str).map(str::to_owned);
    let path = |key: &str| {
        text(key).map(|path| path.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect())
    };
    let items: Vec<String> = path("items").unwrap_or_default();
    let incomplete = paging.get("incomplete").and_then(Value::as_array).into_iter().flatten();
    Some(Paging {
        style: text("style").unwrap_or_else(|| "token".to_owned()),
        token: text("token"),
        number: text("number"),
        size: text("size"),
        max: paging.get("max").and_then(Value::as_u64),
        sizes: Vec::new(),
        in_body: text("in").as_deref() == Some("body"),
        next: path("next"),
        total: path("total"),
        more: path("more"),
        incomplete: incomplete.filter_map(Value::as_str).map(str::to_owned).collect(),
        cursor: text("cursor"),
        key: text("key"),
        page: page.clone(),
        item: follow(page, &items, structs).and_then(|kind| match kind {
            Type::List(item) => Some((**item).clone()),
            _ => None,
        }),
        items,
    })
}

/// What a response of a type must hold: what the words say, as far as the type has it. Without a word the
/// items of a list are the main thing, and so is the only property of a response that has but one.
fn read_expected(
    main: &Value,
    required: &Value,
    items: Option<String>,
    kind: &Type,
    structs: &BTreeMap<String, Struct>,
) -> Expected {
    let Some(of) = kind.one_struct().and_then(|name| structs.get(name)) else { return Expected::default() };
    let has = |name: &str| of.fields.iter().any(|field| field.name == name);
    let only = match of.fields.as_slice() {
        [field] if !field.kind.is_scalar() || field.kind == Type::Value => Some(field.name.clone()),
        _ => None,
    };
    let main = main.as_str().map(str::to_owned).or(items).or(only);
    let path: Vec<String> = main.iter().flat_map(|main| main.split('.')).map(str::to_owned).collect();
    let of_main = follow(kind, &path, structs).filter(|_| !path.is_empty());
    Expected {
        is_single: of_main.is_some_and(Type::is_scalar),
        main: main.filter(|_| of_main.is_some()),
        required: words(required).into_iter().filter(|names| names.split('|').any(has)).collect(),
    }
}

/// The ids of the response that the request says already, as far as both have them.
fn read_id_from_request(
    word: &Value,
    response: &Type,
    parameters: &[Parameter],
    body: Option<&Body>,
    structs: &BTreeMap<String, Struct>,
) -> Vec<(String, String)> {
    let fields = |kind: &Type| kind.one_struct().and_then(|name| structs.get(name)).map(|of| &of.fields);
    let is_id = |field: &Field| matches!(field.kind, Type::String | Type::Id { .. });
    let has_id = |kind: &Type, name: &str| {
        fields(kind).into_iter().flatten().any(|field| field.name == name && is_id(field))
    };
    let is_sent = |name: &str| {
        let is_it = |known: &Parameter| known.name == name && known.location != Location::Header;
        parameters.iter().any(is_it) || matches!(body, Some(Body::Json { kind, .. }) if has_id(kind, name))
    };
    let pairs = word.as_object().into_iter().flatten();
    pairs
        .filter_map(|(property, sent)| Some((property.clone(), sent.as_str()?.to_owned())))
        .filter(|(property, sent)| has_id(response, property) && is_sent(sent))
        .collect()
}

/// Where a response of success lists what has failed, if its type has such a list.
fn read_errors_in_success(
    word: &Value,
    response: &Type,
    structs: &BTreeMap<String, Struct>,
) -> Option<ErrorsInSuccess> {
    let fields = &structs.get(response.one_struct()?)?.fields;
    let text = |key: &str| word[key].as_str().map(str::to_owned);
    let list = text("list").filter(|name| fields.iter().any(|field| field.name == *name))?;
    Some(ErrorsInSuccess {
        list,
        unless: text("unless"),
        about: text("about"),
        harmless: words(&word["harmless"]),
    })
}

/// What the response of a call that starts something must hold, so that it can be followed.
fn envelope(dialect: &str, extension: &Value) -> Vec<String> {
    let given = words(&extension["required_response"]);
    if !given.is_empty() {
        return given;
    }
    let name = match dialect {
        "luau" => "path",
        "experiment" => "operation",
        "restart" => "id",
        "thumbnail_upload" => "fileToOperationIdDict",
        _ => "path|response|error",
    };
    vec![name.to_owned()]
}

fn words(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The page sizes that a service takes, if its parameter lists them.
fn sizes(paging: &Paging, parameters: &[Parameter], enums: &BTreeMap<String, Enum>) -> Vec<u64> {
    let parameter = parameters.iter().find(|parameter| Some(&parameter.name) == paging.size.as_ref());
    match parameter.and_then(|parameter| parameter.kind.named()).and_then(|name| enums.get(name)) {
        Some(Enum { values: EnumValues::Numbers(values), .. }) => {
            values.iter().filter_map(|(_, number)| u64::try_from(*number).ok()).collect()
        }
        _ => Vec::new(),
    }
}

/// The type at the end of a path of properties.
fn follow<'a>(kind: &'a Type, path: &[String], structs: &'a BTreeMap<String, Struct>) -> Option<&'a Type> {
    let Some((first, rest)) = path.split_first() else { return Some(kind) };
    let field = structs.get(kind.one_struct()?)?.fields.iter().find(|field| field.name == *first)?;
    follow(&field.kind, rest, structs)
}

fn read_long_running(
    operation: &Value,
    document: &Document,
    structs: &BTreeMap<String, Struct>,
) -> Option<LongRunning> {
    let text = |key: &str| operation[key].as_str().map(str::to_owned);
    let known = |key: &str| text(key).filter(|name| structs.contains_key(name));
    let list = |key: &str| -> Vec<String> {
        operation[key].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let dialect = text("dialect")?;
    let result = text("result").unwrap_or_else(|| match dialect.as_str() {
        "cloud" | "analytics" => "response".to_owned(),
        _ => String::new(),
    });
    let response = known("response");
    Some(LongRunning {
        has_result: response.as_ref().is_some_and(|name| !structs[name].fields.is_empty()),
        expects: Expected::default(),
        response,
        metadata: known("metadata"),
        base: text("base"),
        poll: text("poll").and_then(|path| document.id_of_get(&path)),
        paths: list("paths"),
        result: result.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect(),
        direct: operation["direct"] == true,
        query: list("query"),
        overdue: overdue(&operation["overdue"]),
        dialect,
    })
}

fn overdue(facts: &Value) -> Option<Overdue> {
    let text = |key: &str| facts[key].as_str().map(str::to_owned);
    Some(Overdue {
        state: text("state")?,
        time: text("time")?,
        default: facts["default"].as_u64()?,
        beyond: facts["beyond"].as_u64()?,
    })
}

/// Marks the types that requests hold: callers must be able to make them.
pub(super) fn mark_requests(operations: &[Operation], structs: &mut BTreeMap<String, Struct>) {
    let mut open: Vec<String> = Vec::new();
    for operation in operations {
        match &operation.body {
            Some(Body::Json { kind, .. }) => open.extend(kind.named().map(str::to_owned)),
            Some(Body::Multipart { parts }) => {
                open.extend(parts.iter().filter_map(|part| match &part.kind {
                    PartKind::Json(kind) => kind.named().map(str::to_owned),
                    _ => None,
                }))
            }
            _ => {}
        }
    }
    while let Some(name) = open.pop() {
        if let Some(of) = structs.get_mut(&name)
            && !of.in_request
        {
            of.in_request = true;
            open.extend(
                of.fields
                    .iter()
                    .filter(|field| !field.read_only)
                    .filter_map(|field| field.kind.named())
                    .map(str::to_owned),
            );
        }
    }
}
/// The scopes that an operation lists.
fn scopes_of(operation: &Value) -> Vec<String> {
    let scopes = operation["x-roblox-scopes"].as_array().into_iter().flatten();
    scopes.filter_map(|scope| scope["name"].as_str().or(scope.as_str())).map(str::to_owned).collect()
}

/// The scopes that an operation needs: one of each list. Unless told otherwise, all that it lists.
fn needed_scopes(operation: &Value) -> Vec<Vec<String>> {
    let Some(needed) = operation["x-opencloud"]["needed_scopes"].as_array() else {
        return scopes_of(operation).into_iter().map(|scope| vec![scope]).collect();
    };
    let names = |list: &Value| {
        list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    needed.iter().map(names).collect()
}

/// All scopes of a document, sorted: those of its operations, and those that its OAuth 2.0 flows name.
pub(super) fn scopes(document: &Value) -> Vec<String> {
    let members = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let paths = members(&document["paths"]);
    let of_operations = paths.values().flat_map(members).flat_map(|(_, operation)| scopes_of(&operation));
    let schemes = members(&document["components"]["securitySchemes"]);
    let flows = schemes.values().flat_map(|scheme| members(&scheme["flows"]));
    let of_flows = flows.flat_map(|(_, flow)| members(&flow["scopes"])).map(|(name, _)| name);
    of_operations.chain(of_flows).collect::<BTreeSet<_>>().into_iter().collect()
}
