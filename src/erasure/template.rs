use super::pattern::{TOKEN, has_miscased_token, has_token, of_user, user_of};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;

const GLOBAL: &str = "global";
/// Characters of a name, a scope or a key, and of a key of an ordered data store.
const NAME: usize = 50;
const ORDERED_KEY: usize = 63;

/// Which entries are a user's: keys of a data store, or a whole data store. `{UserId}` in a pattern stands for the id of
/// the user whose data is erased; its case matters.
///
/// ```
/// use opencloud::erasure::Template;
///
/// let key = Template::key("Players", "Save").scope("Player_{UserId}");
/// let store = Template::store("Inventory_{UserId}");
/// assert_eq!(key.to_string(), "Players/Player_{UserId}/Save");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    pub(super) form: Form,
}

/// What Roblox knows (RE-03), and what may come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Form {
    #[serde(rename = "key_template")]
    Key(KeyForm),
    #[serde(rename = "data_store_template")]
    Store(StoreForm),
    #[serde(untagged)]
    Other(Value),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct KeyForm {
    #[serde(rename = "data_store_type")]
    pub(super) kind: Kind,
    #[serde(rename = "data_store_name")]
    pub(super) store: String,
    #[serde(rename = "key_pattern")]
    pub(super) key: String,
    #[serde(rename = "scope_pattern", default, skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    /// What is not known is kept.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct StoreForm {
    #[serde(rename = "data_store_type")]
    kind: Kind,
    #[serde(rename = "data_store_pattern")]
    pub(super) store: String,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Kind {
    Standard,
    Ordered,
}

impl KeyForm {
    /// One that is left out or blank is `global` (RE-03).
    pub(super) fn scope(&self) -> &str {
        self.scope.as_deref().filter(|scope| !scope.trim().is_empty()).unwrap_or(GLOBAL)
    }
}

impl Template {
    /// Keys of the scope `global` of a data store, which is named and no pattern.
    pub fn key(store: impl Into<String>, pattern: impl Into<String>) -> Self {
        let form = KeyForm {
            kind: Kind::Standard,
            store: store.into(),
            key: pattern.into(),
            scope: Some(GLOBAL.to_owned()),
            rest: Map::new(),
        };
        Self { form: Form::Key(form) }
    }

    /// Whole data stores, by a pattern of their name. Ordered data stores cannot be deleted whole.
    pub fn store(pattern: impl Into<String>) -> Self {
        let form = StoreForm { kind: Kind::Standard, store: pattern.into(), rest: Map::new() };
        Self { form: Form::Store(form) }
    }

    /// Keys of another scope, or of those that match a pattern. It means nothing for a whole data store.
    #[must_use]
    pub fn scope(mut self, pattern: impl Into<String>) -> Self {
        if let Form::Key(form) = &mut self.form {
            form.scope = Some(pattern.into());
        }
        self
    }

    /// Keys of an ordered data store. A template of a whole data store is refused then.
    #[must_use]
    pub fn ordered(mut self) -> Self {
        match &mut self.form {
            Form::Key(form) => form.kind = Kind::Ordered,
            Form::Store(form) => form.kind = Kind::Ordered,
            Form::Other(_) => {}
        }
        self
    }

    /// Why it can match nothing of a user, if that is so.
    pub(super) fn problem(&self) -> Option<String> {
        let parts = match &self.form {
            Form::Key(form) => {
                let key = if form.kind == Kind::Ordered { ORDERED_KEY } else { NAME };
                vec![
                    ("data_store_name", form.store.as_str(), NAME),
                    ("key_pattern", form.key.as_str(), key),
                    ("scope_pattern", form.scope(), NAME),
                ]
            }
            Form::Store(form) => vec![("data_store_pattern", form.store.as_str(), NAME)],
            Form::Other(_) => {
                return Some(
                    "it is neither a `key_template` nor a `data_store_template`, with all that they need"
                        .into(),
                );
            }
        };
        for (name, text, most) in &parts {
            if text.is_empty() {
                return Some(format!("`{name}` is empty"));
            }
            if has_miscased_token(text) {
                return Some(format!("`{name}` has the token in another case; write `{TOKEN}`"));
            }
            // No id is shorter.
            if of_user(text, 1).chars().count() > *most {
                return Some(format!("`{name}` is longer than the {most} characters that it can have"));
            }
        }
        match &self.form {
            Form::Key(form) if has_token(&form.store) => Some(format!(
                "`data_store_name` is a name and no pattern; `{TOKEN}` belongs into the key or the scope"
            )),
            Form::Store(form) if form.kind == Kind::Ordered => Some(
                "an ordered data store cannot be deleted whole; name its keys by a `key_template`".into(),
            ),
            _ if !parts.iter().any(|(_, text, _)| has_token(text)) => {
                Some(format!("it has no `{TOKEN}`, so that it is no user's"))
            }
            _ => None,
        }
    }

    /// The user whose entry of a standard data store this is, according to the template.
    pub(super) fn user_of(&self, store: &str, scope: &str, key: &str) -> Option<u64> {
        let users = match &self.form {
            Form::Key(form) if form.kind == Kind::Standard && form.store == store => {
                [user_of(form.scope(), scope)?, user_of(&form.key, key)?]
            }
            Form::Store(form) => [user_of(&form.store, store)?, None],
            _ => return None,
        };
        match users {
            [Some(one), Some(other)] => (one == other).then_some(one),
            [one, other] => one.or(other),
        }
    }

    pub(super) fn as_ordered(&self) -> Option<&KeyForm> {
        match &self.form {
            Form::Key(form) if form.kind == Kind::Ordered => Some(form),
            _ => None,
        }
    }
}

/// Data store, scope and key.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.form {
            Form::Key(form) => write!(f, "{}/{}/{}", form.store, form.scope(), form.key),
            Form::Store(form) => f.write_str(&form.store),
            Form::Other(value) => value.fmt(f),
        }
    }
}
