//! Requests of secrets.

use crypto_box::SecretKey;
use serde_json::{Map, Value, json};

use crate::api::{Call, Failure, Outcome, Pagination, Response, rfc3339, synth, text};
use crate::areas::routes::Routes;
use crate::areas::secrets::model::{Secret, key_id};
use crate::document::{decode_base64, encode_base64};
use crate::mix::mix;
use crate::state::State;

pub(crate) const ROUTES: Routes = &[
    ("GET /cloud/v2/universes/{u}/secrets", list),
    ("POST /cloud/v2/universes/{u}/secrets", create),
    ("GET /cloud/v2/universes/{u}/secrets/public-key", get_public_key),
    ("PATCH /cloud/v2/universes/{u}/secrets/{s}", update),
    ("DELETE /cloud/v2/universes/{u}/secrets/{s}", delete),
];

const MAX_SECRETS: usize = 500;
const MAX_ID: usize = 64;
const MAX_SECRET: usize = 1_024;

/// The key pair of a universe. It protects nothing: it only shows whether a client seals as it must.
fn key(universe: u64) -> SecretKey {
    let mut bytes = [0; 32];
    let mut state = universe;
    for chunk in bytes.chunks_exact_mut(8) {
        state = mix(state);
        chunk.copy_from_slice(&state.to_le_bytes());
    }
    SecretKey::from_bytes(bytes)
}

fn get_public_key(_: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universeId")?;
    let public = key(universe).public_key();
    Ok(Response::json(json!({
        "id": "public-key",
        "secret": encode_base64(public.as_bytes()),
        "key_id": key_id(universe),
    })))
}

/// Opens what was sealed, to see that it can be opened.
fn check_sealed(universe: u64, body: &Map<String, Value>) -> Result<(), Failure> {
    let sealed = text(body, "secret").ok_or_else(|| Failure::invalid("The secret is required."))?;
    let used = text(body, "key_id").unwrap_or_default();
    if used.starts_with("sample") || used.is_empty() && sealed == "c2FtcGxl" {
        // A sample made from the schema cannot be sealed.
        return Ok(());
    }
    refuse_if!(used != key_id(universe), "The key_id is not that of the current public key.");
    let sealed = decode_base64(sealed).unwrap_or_default();
    let opened = key(universe).unseal(&sealed);
    let opened = opened.map_err(|_| Failure::invalid("The secret is not sealed for the public key."))?;
    if std::str::from_utf8(&opened).map_or(0, |text| text.chars().count()) > MAX_SECRET {
        return Err(Failure::invalid(format!("The secret has more than {MAX_SECRET} characters.")));
    }
    Ok(())
}

fn check_id(id: &str) -> Result<(), Failure> {
    let is_word = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let begins_with_digit = id.bytes().next().is_none_or(|byte| byte.is_ascii_digit());
    if !is_word || begins_with_digit || id.len() > MAX_ID {
        let form = format!("1 to {MAX_ID} letters, digits and underscores, and not begin with a digit");
        return Err(Failure::invalid(format!("The id must have {form}.")));
    }
    Ok(())
}

fn json(id: &str, secret: &Secret) -> Value {
    let mut json = json!({
        "id": id,
        "key_id": secret.key_id,
        "create_time": rfc3339(secret.created),
        "update_time": rfc3339(secret.updated),
    });
    if let Some(domain) = &secret.domain {
        json["domain"] = json!(domain);
    }
    json
}

fn create(state: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universeId")?;
    let body = call.json()?;
    let id = text(&body, "id").unwrap_or_default();
    check_id(id)?;
    check_sealed(universe, &body)?;
    let secrets = &mut state.secrets.secrets;
    let place = (universe, id.to_owned());
    refuse_if!(secrets.contains_key(&place), Failure::aborted(format!("The secret '{id}' exists already.")));
    if secrets.keys().filter(|(of, _)| *of == universe).count() >= MAX_SECRETS {
        return Err(Failure::invalid(format!("A universe has at most {MAX_SECRETS} secrets.")));
    }
    let secret = Secret {
        key_id: text(&body, "key_id").unwrap_or_default().to_owned(),
        domain: text(&body, "domain").map(str::to_owned),
        created: call.now,
        updated: call.now,
    };
    let response = json(id, &secret);
    secrets.insert(place, secret);
    let status = call.operation.successes().next().map_or(201, |response| response.status);
    Ok(Response::json(response).with_status(status))
}

fn update(state: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universeId")?;
    let body = call.json()?;
    let id = call.param("secretId");
    let place = (universe, id.to_owned());
    let missing = || Failure::missing(format_args!("secret '{id}'"));
    let secret = state.secrets.secrets.get_mut(&place).ok_or_else(missing)?;
    if body.contains_key("secret") {
        check_sealed(universe, &body)?;
        text(&body, "key_id").unwrap_or_default().clone_into(&mut secret.key_id);
    }
    if let Some(domain) = body.get("domain") {
        secret.domain = domain.as_str().map(str::to_owned);
    }
    secret.updated = call.now;
    Ok(Response::json(json(id, secret)))
}

fn delete(state: &mut State, call: &Call<'_>) -> Outcome {
    let id = call.param("secretId");
    let place = (call.number("universeId")?, id.to_owned());
    match state.secrets.secrets.remove(&place) {
        Some(_) => Ok(synth::no_content(call)),
        None => Err(Failure::missing(format_args!("secret '{id}'"))),
    }
}

fn list(state: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universeId")?;
    let secrets = state.secrets.secrets.iter().filter(|((of, _), _)| *of == universe);
    let secrets: Vec<_> = secrets.map(|((_, id), secret)| (id, json(id, secret))).collect();
    let cut = Pagination { size: "limit", token: "cursor", default: 10, max: 500 };
    let (page, next) = cut.page_by(call, &secrets, |(id, _)| id.to_string())?;
    let page: Vec<_> = page.into_iter().map(|(_, secret)| secret).collect();
    Ok(Response::json(json!({ "secrets": page, "nextPageCursor": next.unwrap_or_default() })))
}
