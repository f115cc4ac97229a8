//! From the JSON of a normalised document to the model's types.

use super::*;
use crate::document::{items, members, reach, references};
use quote::ToTokens;

/// What the types and operations of a document are read with.
pub(super) struct Reader<'a> {
    pub(super) document: &'a Document,
    pub(super) areas: &'a [Area],
    pub(super) structs: &'a Structs,
    pub(super) enums: &'a BTreeMap<String, Enum>,
}

pub(super) fn read_enum(name: &str, schema: &Value, values: &[Value]) -> Enum {
    let given: Option<Vec<String>> = ["x-enum-varnames", "x-enumNames"]
        .iter()
        .find_map(|key| schema.get(key)?.as_array())
        .filter(|names| names.len() == values.len())
        .map(|names| names.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    let words: Vec<String> = values.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let values = if words.is_empty() {
        let names = given.unwrap_or_else(|| values.iter().map(sanitize::name_of_value).collect());
        let numbers = values.iter().filter_map(Value::as_i64);
        EnumValues::Numbers(names::variants(&names).into_iter().zip(numbers).collect())
    } else {
        EnumValues::Words(names::variants(&given.unwrap_or(words.clone())).into_iter().zip(words).collect())
    };
    let descriptions = items(&schema["x-enum-descriptions"]).map(|text| text.as_str().map(str::to_owned));
    let (name, descriptions) = (name.to_owned(), descriptions.collect());
    Enum { name, description: description(schema), values, descriptions }
}

/// Names and order of the fields are progenitor's.
pub(super) fn read_struct(item: syn::ItemStruct, schema: &Value, document: &Document) -> Struct {
    let required: Vec<&str> = words(&schema["x-required"]).collect();
    let field = |field: &syn::Field| {
        let name = types::wire_name(field);
        let ident = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
        let schema = &schema["properties"][&name];
        Field {
            setter: names::settable(&ident),
            ident,
            description: description(schema),
            kind: read_type(schema, document),
            required: required.iter().position(|required| *required == name.as_str()),
            read_only: schema["readOnly"] == true,
            also: schema["x-opencloud-also"].as_str().map(str::to_owned),
            hidden: schema["format"] == "password",
            aliases: aliases(schema),
            id_from: schema["x-opencloud-id-from"].as_str().map(str::to_owned),
            resource_name: schema["x-opencloud-resource-name"].as_str().map(str::to_owned),
            name,
        }
    };
    Struct {
        name: item.ident.to_string(),
        description: description(schema),
        fields: item.fields.iter().map(field).collect(),
        definition: item.into_token_stream(),
        in_request: false,
        is_only_read: false,
        is_checked: false,
    }
}

fn aliases(schema: &Value) -> Vec<Alias> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let alias = |alias: &Value| match alias {
        Value::Object(_) => Some(Alias { name: text(&alias["name"])?, value: text(&alias["value"]) }),
        name => Some(Alias { name: text(name)?, value: None }),
    };
    items(&schema["x-opencloud-aliases"]).filter_map(alias).collect()
}

/// Refuses words of a property about others that are not there, or not of the type that they should be of.
pub(super) fn check_names(structs: &Structs) -> Result<(), Error> {
    for of in structs.values() {
        let mut taken: BTreeSet<&str> = of.fields.iter().map(|field| field.name.as_str()).collect();
        let refuse = |what: String| Err(Error::new(format!("`{}`: {what}", of.name)));
        let has =
            |name: &str, kind: &Type| of.fields.iter().any(|field| field.name == name && field.kind == *kind);
        for field in &of.fields {
            if let Some(also) = field.also.as_ref().filter(|also| !has(also, &field.kind)) {
                return refuse(format!("`{also}` cannot be set with `{}`: no such property", field.name));
            }
            for alias in &field.aliases {
                if !taken.insert(&alias.name) {
                    return refuse(format!("the alias `{}` is the name of another property", alias.name));
                }
                if alias.value.is_some() && value_of(field, alias, structs).is_none() {
                    return refuse(format!("`{}` is not a list of items with the alias's value", field.name));
                }
            }
            let is_name = |name: &String| name.ends_with('}') && field.kind == Type::String;
            if let Some(name) = field.resource_name.as_ref().filter(|name| !is_name(name)) {
                return refuse(format!("`{}` cannot be the resource name `{name}`", field.name));
            }
            if let Some(from) = field.id_from.as_ref().filter(|from| !has(from, &Type::String)) {
                let name = &field.name;
                return refuse(format!("`{name}` cannot be taken from `{from}`, which is not a string"));
            }
        }
    }
    Ok(())
}

/// The type of the items of a list, and the field that each element under an alias is the value of.
pub(super) fn value_of<'a>(
    field: &'a Field,
    alias: &Alias,
    structs: &'a Structs,
) -> Option<(&'a str, &'a Field)> {
    let Type::List(item) = &field.kind else { return None };
    let Type::Struct(name) = &**item else { return None };
    let value = structs.get(name)?.fields.iter().find(|inner| Some(&inner.name) == alias.value.as_ref())?;
    Some((name, value))
}

/// Marks the types of requests in which something must be checked before they are sent.
pub(super) fn mark_checked(structs: &mut Structs) {
    let mut checked: BTreeSet<String> = BTreeSet::new();
    loop {
        let before = checked.len();
        for of in structs.values_mut().filter(|of| of.in_request && !of.is_checked) {
            of.is_checked = of.fields.iter().any(|field| {
                let leaf = field.kind.leaf();
                let is_inside = leaf.named().is_some_and(|name| checked.contains(name));
                field.read_only || *leaf == Type::Number || is_inside
            });
            checked.extend(of.is_checked.then(|| of.name.clone()));
        }
        if checked.len() == before {
            return;
        }
    }
}

fn description(described: &Value) -> Option<String> {
    let text = described["description"].as_str()?.trim_start();
    (!text.starts_with(describe::UNDESCRIBED)).then(|| text.to_owned())
}

fn read_type(schema: &Value, document: &Document) -> Type {
    if let Some(name) = target(schema) {
        let is_enum = document.schemas().get(name).is_some_and(|schema| schema.get("enum").is_some());
        return if is_enum { Type::Enum(name.to_owned()) } else { Type::Struct(name.to_owned()) };
    }
    let own = schema["x-rust-type"]["path"].as_str();
    if let Some(name) = own.and_then(|path| path.strip_prefix("opencloud::ids::")) {
        return Type::Id { name: name.to_owned(), number: schema.get("x-number").is_some() };
    }
    let item = |schema: &Value| Box::new(read_item(schema, document));
    match (own, schema["type"].as_str()) {
        (Some("jiff::Timestamp"), _) => Type::Timestamp,
        (Some("std::time::Duration"), _) => Type::Duration,
        (Some("std::boxed::Box"), _) => {
            Type::Boxed(Box::new(read_type(&schema["x-rust-type"]["parameters"][0], document)))
        }
        (_, Some("string")) => Type::String,
        (_, Some("integer")) => Type::Integer,
        (_, Some("number")) => Type::Number,
        (_, Some("boolean")) => Type::Boolean,
        (_, Some("array")) => Type::List(item(&schema["items"])),
        (_, Some("object")) if schema["additionalProperties"].is_object() => {
            Type::Map(item(&schema["additionalProperties"]))
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

/// What the document's `x-opencloud` says.
pub(super) fn extension(value: &Value) -> Result<Extension, Error> {
    if value.is_null() {
        return Ok(Extension::default());
    }
    Extension::deserialize(value).map_err(|error| Error::new(format!("x-opencloud of the document: {error}")))
}

impl Reader<'_> {
    pub(super) fn operation(&self, path: &str, verb: &str, operation: &Value) -> Result<Operation, Error> {
        let document = self.document;
        let refuse = |what: String| Error::new(format!("{} {path}: x-opencloud{what}", verb.to_uppercase()));
        let mut facts = Operation::deserialize(&operation["x-opencloud"])
            .map_err(|error| refuse(format!(" cannot be read: {error}")))?;
        for (key, name) in [("area", &facts.area), ("method", &facts.method)] {
            if name.is_empty() || names::is_keyword(name) {
                return Err(refuse(format!(".{key} is not a valid identifier")));
            }
        }
        let parameter = |limit: &ServiceLimit| {
            limit.by.0.iter().find(|name| !path.contains(&format!("{{{name}}}"))).cloned()
        };
        if let Some(name) = facts.limits.iter().find_map(parameter) {
            return Err(refuse(format!(".limits: the path has no parameter {name}")));
        }
        // The narrowest first: what counts by more parameters.
        facts.limits.sort_by_key(|limit| std::cmp::Reverse(limit.by.0.len()));
        let area = self.areas.iter().find(|area| area.name == facts.area);
        facts.hints.extend(area.into_iter().flat_map(|area| area.hints.iter().cloned()));
        facts.final_errors.extend(area.into_iter().flat_map(|area| area.final_errors.iter().cloned()));

        let text = |value: &Value| value.as_str().map(str::to_owned);
        let security = operation.get("security").or_else(|| document.value().get("security"));
        let security = security.map(Value::to_string).unwrap_or_default();
        let server = |value: &Value| text(&value["servers"][0]["url"]);
        let host = server(operation).or_else(|| server(document.value()));
        let host = host.as_deref().unwrap_or("https://apis.roblox.com");
        let response = operation["response"]["content"]["application/json"].get("schema");
        let mut read = Operation {
            id: format!("{}.{}", facts.area, facts.method),
            summary: text(&operation["summary"]),
            verb: verb.to_uppercase(),
            path: path.to_owned(),
            host: host.trim_start_matches("https://").trim_end_matches('/').to_owned(),
            stability: text(&operation["x-roblox-stability"]),
            deprecated: operation["deprecated"] == true,
            scopes: scopes_of(operation),
            api_key: security.contains("roblox-api-key"),
            oauth: security.contains("roblox-oauth2"),
            api_key_limit: limit(&operation["x-roblox-rate-limits"]["perApiKeyOwner"]),
            oauth_limit: limit(&operation["x-roblox-rate-limits"]["perOauth2Authorization"]),
            reference: text(&operation["externalDocs"]["url"]),
            parameters: items(&operation["parameters"])
                .map(|known| read_parameter(known, document))
                .collect(),
            body: self.body(&operation["requestBody"]),
            response: response.map_or(Type::Unit, |schema| read_type(schema, document)),
            ..facts
        };
        self.complete(&mut read);
        Ok(read)
    }

    /// Adds what follows from the types of the operation and of its result, and takes out what they do not have.
    fn complete(&self, of: &mut Operation) {
        let structs = self.structs;
        of.long_running = of.long_running.take().filter(|facts| !facts.dialect.is_empty());
        let result = of.long_running.as_mut().and_then(|facts| {
            let known = |name: &String| structs.contains_key(name);
            facts.response = facts.response.take().filter(known);
            facts.metadata = facts.metadata.take().filter(known);
            facts.poll = facts.poll.take().and_then(|path| self.document.id_of_get(&path));
            facts.has_result = facts.response.as_ref().is_some_and(|name| !structs[name].fields.is_empty());
            facts.response.clone().map(Type::Struct)
        });
        if let Some(paging) = &mut of.paging {
            // A list that is read by an operation has its pages in the operation's result.
            paging.page = result.as_ref().unwrap_or(&of.response).clone();
            paging.item = follow(&paging.page, &paging.items.0, structs).and_then(|kind| match kind {
                Type::List(item) => Some((**item).clone()),
                _ => None,
            });
            paging.sizes = self.sizes(paging, &of.parameters);
        }
        let items = of.paging.as_ref().and_then(|paging| paging.items.0.first());
        let main = of.main.as_ref();
        of.expects = match &mut of.long_running {
            Some(facts) => {
                // Of a Luau task the envelope itself is the result.
                let result = result.or_else(|| (facts.dialect == "luau").then(|| of.response.clone()));
                if let Some(result) = result {
                    let main = facts.main.as_ref().or(items);
                    facts.expects = read_expected(main, &facts.required, &result, structs);
                }
                let required = match of.required_response.is_empty() {
                    true => &[envelope(&facts.dialect).to_owned()][..],
                    false => &of.required_response,
                };
                read_expected(main, required, &of.response, structs)
            }
            None => read_expected(main.or(items), &of.required_response, &of.response, structs),
        };
        let response = &of.response;
        let has_list = |errors: &ErrorsInSuccess| field_of(response, &errors.list, structs).is_some();
        of.errors_in_success = of.errors_in_success.take().filter(has_list);
        let has_id = |kind: &Type, name: &str| {
            let is_id = |field: &Field| matches!(field.kind, Type::String | Type::Id { .. });
            field_of(kind, name, structs).is_some_and(is_id)
        };
        let is_sent = |name: &str| {
            let is_it = |known: &Parameter| known.name == name && known.location != Location::Header;
            of.parameters.iter().any(is_it)
                || matches!(&of.body, Some(Body::Json { kind, .. }) if has_id(kind, name))
        };
        of.id_from_request.retain(|property, sent| has_id(&of.response, property) && is_sent(sent));
    }

    fn body(&self, body: &Value) -> Option<Body> {
        let content = body.get("content")?.as_object()?;
        let (media, first) = content.iter().next()?;
        let schema = &first["schema"];
        Some(match bodies::kind(media) {
            bodies::Kind::Raw => Body::Raw { media: content.keys().cloned().collect() },
            bodies::Kind::Multipart => Body::Multipart { parts: self.parts(schema) },
            bodies::Kind::Json => {
                let kind = read_type(schema, self.document);
                let says_nothing = |of: &Struct| of.fields.iter().all(|field| field.read_only);
                match &kind {
                    Type::Struct(name) if self.structs.get(name).is_none_or(says_nothing) => Body::Empty,
                    _ => Body::Json { kind, required: body["required"] == true },
                }
            }
        })
    }

    fn parts(&self, schema: &Value) -> Vec<Part> {
        let Type::Struct(name) = read_type(schema, self.document) else { return Vec::new() };
        let Some(form) = self.structs.get(&name) else { return Vec::new() };
        let schemas = &self.document.schemas()[&name]["properties"];
        let binary = |schema: &Value| schema["format"] == "binary";
        let is_text = |kind: &Type| kind.is_scalar() && *kind != Type::Value;
        let part = |field: &Field| {
            let (schema, kind) = (&schemas[&field.name], field.kind.clone());
            Part {
                name: field.name.clone(),
                description: field.description.clone(),
                required: field.is_required(),
                kind: match &kind {
                    _ if binary(schema) => PartKind::File,
                    Type::List(_) if binary(&schema["items"]) => PartKind::Files,
                    Type::List(inner) if is_text(inner) => PartKind::Text(kind),
                    _ if is_text(&kind) => PartKind::Text(kind),
                    _ => PartKind::Json(kind),
                },
            }
        };
        form.fields.iter().filter(|field| !field.read_only).map(part).collect()
    }

    /// The page sizes that a service takes, if its parameter lists them.
    fn sizes(&self, paging: &Paging, parameters: &[Parameter]) -> Vec<u64> {
        let parameter = parameters.iter().find(|parameter| Some(&parameter.name) == paging.size.as_ref());
        match parameter.and_then(|parameter| parameter.kind.named()).and_then(|name| self.enums.get(name)) {
            Some(Enum { values: EnumValues::Numbers(values), .. }) => {
                values.iter().filter_map(|(_, number)| u64::try_from(*number).ok()).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// A limit as Roblox states it.
fn limit(limit: &Value) -> Option<Limit> {
    let seconds = match limit["period"].as_str()? {
        "SECOND" => 1,
        "MINUTE" => 60,
        "HOUR" => 3600,
        "DAY" => 86400,
        _ => return None,
    };
    Some(Limit {
        requests: NonZeroU64::new(limit["maxInPeriod"].as_u64()?)?,
        seconds: NonZeroU64::new(seconds)?,
    })
}

fn words(list: &Value) -> impl Iterator<Item = &str> {
    items(list).filter_map(Value::as_str)
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
    Parameter { name, description: description(parameter), location, required, kind }
}

/// What a response of a type must hold: what the words say, as far as the type has it. Without a word the
/// only property of a response that has but one is the main thing.
fn read_expected(main: Option<&String>, required: &[String], kind: &Type, structs: &Structs) -> Expected {
    let Some(of) = kind.one_struct().and_then(|name| structs.get(name)) else { return Expected::default() };
    let has = |name: &str| of.fields.iter().any(|field| field.name == name);
    let main = main.cloned().or_else(|| match of.fields.as_slice() {
        [field] if !field.kind.is_scalar() || field.kind == Type::Value => Some(field.name.clone()),
        _ => None,
    });
    let path = main.clone().map_or_else(Path::default, Path::from);
    let of_main = follow(kind, &path.0, structs).filter(|_| !path.0.is_empty());
    Expected {
        is_single: of_main.is_some_and(Type::is_scalar),
        main: main.filter(|_| of_main.is_some()),
        required: required.iter().filter(|names| names.split('|').any(has)).cloned().collect(),
    }
}

/// What the response of a call that starts something must hold, so that it can be followed.
fn envelope(dialect: &str) -> &'static str {
    match dialect {
        "luau" => "path",
        "experiment" => "operation",
        "restart" => "id",
        "thumbnail_upload" => "fileToOperationIdDict",
        _ => "path|response|error",
    }
}

/// The type at the end of a path of properties.
fn follow<'a>(kind: &'a Type, path: &[String], structs: &'a Structs) -> Option<&'a Type> {
    path.iter().try_fold(kind, |kind, name| Some(&field_of(kind, name, structs)?.kind))
}

/// The field of a struct that a property becomes.
pub(super) fn field_of<'a>(kind: &Type, name: &str, structs: &'a Structs) -> Option<&'a Field> {
    structs.get(kind.one_struct()?)?.fields.iter().find(|field| field.name == name)
}

/// Marks the types that requests hold: callers must be able to make them.
pub(super) fn mark_requests(operations: &[Operation], structs: &mut Structs) {
    let types = operations.iter().flat_map(|operation| operation.body.iter().flat_map(Body::types));
    let mut open: Vec<String> = types.filter_map(Type::named).map(str::to_owned).collect();
    while let Some(name) = open.pop() {
        if let Some(of) = structs.get_mut(&name)
            && !of.in_request
        {
            of.in_request = true;
            let written = of.fields.iter().filter(|field| !field.read_only);
            open.extend(written.filter_map(|field| field.kind.named()).map(str::to_owned));
        }
    }
}

/// The names of the types that a request of the document may hold.
pub(super) fn sendable(document: &Document) -> BTreeSet<String> {
    let mut start = Vec::new();
    document.operations().for_each(|(_, _, operation)| references(&operation["requestBody"], &mut start));
    reach(start, |name| {
        let properties = members(&document.schemas().get(name)?["properties"]);
        let sent = properties.filter(|(_, schema)| schema["readOnly"] != true);
        let mut named = Vec::new();
        sent.for_each(|(_, schema)| references(schema, &mut named));
        Some(named)
    })
}

/// The scopes that an operation lists.
fn scopes_of(operation: &Value) -> Vec<String> {
    let scopes = items(&operation["x-roblox-scopes"]);
    scopes.filter_map(|scope| scope["name"].as_str().or(scope.as_str())).map(str::to_owned).collect()
}

/// All scopes of a document, sorted: those of its operations, and those that its OAuth 2.0 flows name.
pub(super) fn scopes(document: &Value) -> Vec<String> {
    let operations = members(&document["paths"]).flat_map(|(_, item)| members(item));
    let of_operations = operations.flat_map(|(_, operation)| scopes_of(operation));
    let schemes = members(&document["components"]["securitySchemes"]);
    let flows = schemes.flat_map(|(_, scheme)| members(&scheme["flows"]));
    let of_flows = flows.flat_map(|(_, flow)| members(&flow["scopes"])).map(|(name, _)| name.clone());
    of_operations.chain(of_flows).collect::<BTreeSet<_>>().into_iter().collect()
}
