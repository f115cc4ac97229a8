//! Requests of translation.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::api::{Call, Outcome, Response, list, text};
use crate::areas::routes::Routes;
use crate::state::State;

pub(crate) const ROUTES: Routes = &[("POST /cloud/v2/universes/{u}:translateText", translate)];

/// The language of a text whose language is not given; a service would look at the text.
const ASSUMED: &str = "en-us";

fn translate(_: &mut State, call: &Call<'_>) -> Outcome {
    call.number("universe_id")?;
    let body = call.json()?;
    let words = text(&body, "text").unwrap_or_default();
    refuse_if!(words.is_empty(), "The text is required.");
    let source = text(&body, "sourceLanguageCode").filter(|code| !code.is_empty()).unwrap_or(ASSUMED);
    let translated = |code: &str| if code == source { words.to_owned() } else { format!("[{code}] {words}") };
    let wanted = list(&body, "targetLanguageCodes").iter().filter_map(Value::as_str);
    let translations: BTreeMap<_, _> = wanted.map(|code| (code, translated(code))).collect();
    Ok(Response::json(json!({ "sourceLanguageCode": source, "translations": translations })))
}
