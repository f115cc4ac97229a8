use super::template::{Form, Template};
use crate::Error;
use crate::data_stores::FoundEntry;
use crate::ids::UserId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// How many templates a universe can have (RE-01).
const MOST: usize = 100;

/// The name of the entry of the configuration.
pub(super) const ENTRY: &str = "user_data_templates";

/// Up to 100 templates. None of them can match nothing by its form: that is refused where they are made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Templates(Vec<Template>);

/// As Roblox's guide shows the configuration.
#[derive(Deserialize)]
struct Configuration<'a> {
    #[serde(borrow)]
    user_data_templates: Vec<&'a RawValue>,
}

impl Templates {
    /// Takes these templates.
    ///
    /// # Errors
    ///
    /// If there are more than 100, and with the number of the template if it can match nothing of a user: without
    /// `{UserId}`, with the token in another case, with a name that is too long, or twice.
    pub fn new(templates: impl IntoIterator<Item = Template>) -> Result<Self, Error> {
        let templates: Vec<Template> = templates.into_iter().collect();
        if templates.len() > MOST {
            return Err(refused(format!("there are {}, and a universe takes {MOST}", templates.len())));
        }
        for (at, template) in templates.iter().enumerate() {
            if let Some(problem) = template.problem() {
                return Err(refused(format!(
                    "template {} ({template}) can match nothing: {problem}",
                    at + 1
                )));
            }
            if let Some(first) = templates[..at].iter().position(|other| other == template) {
                return Err(refused(format!(
                    "template {} repeats template {}; remove it",
                    at + 1,
                    first + 1
                )));
            }
        }
        Ok(Self(templates))
    }

    /// Reads templates as Roblox writes them: a list, or an object with the list as `user_data_templates`.
    ///
    /// # Errors
    ///
    /// If it is not JSON of this form, and as [`new`](Self::new); both name the template by its number and line.
    pub fn from_json(json: &str) -> Result<Self, Error> {
        let parts = match json.trim_start().starts_with('[') {
            true => serde_json::from_str(json),
            false => {
                serde_json::from_str::<Configuration<'_>>(json).map(|written| written.user_data_templates)
            }
        };
        let parts: Vec<&RawValue> = parts.map_err(refused)?;
        let mut templates = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            let template =
                Template { form: form(part.get()).map_err(|error| in_line(json, part, at, error))? };
            if let Some(problem) = template.problem() {
                return Err(in_line(json, part, at, format!("it can match nothing: {problem}")));
            }
            templates.push(template);
        }
        Self::new(templates)
    }

    /// The templates, in their order.
    pub fn as_slice(&self) -> &[Template] {
        &self.0
    }

    /// Whether Roblox deletes this entry of a standard data store when the user asks for erasure.
    pub fn reach(&self, entry: &FoundEntry, user: &UserId) -> bool {
        let users = self.users_of(&entry.store, &entry.scope, &entry.key);
        user.as_u64().is_some_and(|user| users.into_iter().any(|(_, of)| of == user))
    }

    /// The users whose entry this is, each with the number of the template that says so.
    pub(super) fn users_of(&self, store: &str, scope: &str, key: &str) -> Vec<(usize, u64)> {
        let templates = self.0.iter().enumerate();
        templates.filter_map(|(at, template)| Some((at, template.user_of(store, scope, key)?))).collect()
    }

    /// What Roblox holds, whatever it is.
    pub(super) fn published(value: Value) -> Result<Self, Error> {
        let forms: Vec<Form> = serde_json::from_value(value).map_err(|error| {
            Error::unreadable(format!("the entry `{ENTRY}` is no list of templates: {error}"))
        })?;
        Ok(Self(forms.into_iter().map(|form| Template { form }).collect()))
    }

    pub(super) fn to_value(&self) -> Result<Value, Error> {
        serde_json::to_value(self).map_err(Error::encode)
    }
}

/// The list, as Roblox takes it.
impl Serialize for Templates {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|template| &template.form))
    }
}

/// One that must be of a known form, and says what it lacks.
fn form(json: &str) -> Result<Form, String> {
    #[derive(Deserialize)]
    enum Known {
        #[serde(rename = "key_template")]
        Key(super::template::KeyForm),
        #[serde(rename = "data_store_template")]
        Store(super::template::StoreForm),
    }
    match serde_json::from_str(json).map_err(|error| error.to_string())? {
        Known::Key(form) => Ok(Form::Key(form)),
        Known::Store(form) => Ok(Form::Store(form)),
    }
}

fn in_line(json: &str, part: &RawValue, at: usize, problem: impl std::fmt::Display) -> Error {
    // Borrowed from the text.
    let offset = (part.get().as_ptr() as usize).saturating_sub(json.as_ptr() as usize);
    let line = json.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1;
    refused(format!("template {}, in line {line}: {problem}", at + 1))
}

fn refused(problem: impl std::fmt::Display) -> Error {
    Error::invalid_request(format!("the templates cannot be used: {problem}"))
}
