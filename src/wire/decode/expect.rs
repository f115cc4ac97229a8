//! What a response must hold, so that what the service calls by another name is not taken for nothing.
//!
//! Every field of a response may be missing. A list that came under a name that this version does not know
//! would therefore read as an empty one, and an id as none. So the outermost object of a response is watched
//! while it is read: which names it has, and whether those that are not known hold anything.

use serde::de::{Deserialize, DeserializeOwned, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::any::TypeId;
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;

/// The properties of a response that a call is about. A response without them is an error of kind
/// [`Decode`](crate::ErrorKind::Decode) that names what it has instead: read as a value whose fields are all
/// optional, it would look empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ExpectedFields {
    /// The property, mostly a list, that may be absent only where nothing else in the response that is
    /// not known has content: then it is empty (or zero).
    /// Dotted, if it is inside of another.
    pub main: Option<&'static str>,
    /// Whether that is a single value, such as a number, so that any other value may be it.
    pub is_single: bool,
    /// Those that must be there; of alternatives (`path|id`), one.
    pub required: &'static [&'static str],
}

/// How many names a message lists at most, and how many characters of each.
const MOST_NAMES: usize = 20;
const LONGEST_NAME: usize = 60;

/// Ids that the request has said already, by the properties of the response that have the same value.
pub(crate) type Ids = Vec<(&'static str, String)>;

/// Which object is to be watched.
#[derive(Clone, Copy)]
struct Wanted {
    /// Its type; without one it is the next object that is read.
    of: Option<TypeId>,
    fields: ExpectedFields,
}

/// What an object lacks, and of the main property what is inside of that object: which object it is. The names that
/// it has instead are looked up where somebody is to be told, because nearly all objects lack nothing.
struct Lack {
    what: String,
    inside: Option<&'static str>,
}

/// Why the body of a response is of no use.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It cannot be read.
    Json(serde_json::Error),
    /// It can, but what the call is about is not in it.
    Lacks(String),
}

thread_local! {
    // serde hands a type a deserializer and nothing else. A deserializer that carried this along would have
    // the reader of every type instantiated once more, which doubles the crate's compile time. Reading is
    // one synchronous call, so that nothing else can see this.
    static WANTED: Cell<Option<Wanted>> = const { Cell::new(None) };
    static LACKS: Cell<Option<Lack>> = const { Cell::new(None) };
    static REQUESTED: Cell<Ids> = const { Cell::new(Vec::new()) };
}

/// Reads the body of a response that must hold these fields. Where it lacks an id that was requested, it is
/// that one.
pub(crate) fn response<T: DeserializeOwned + 'static>(
    body: &str,
    fields: ExpectedFields,
    requested: Ids,
) -> Result<T, Failure> {
    let watching = Watching::begin(TypeId::of::<T>(), fields, requested);
    let value = serde_json::from_str(body).map_err(Failure::Json)?;
    watching.end(body)?;
    Ok(value)
}

/// While it is there, the first object of the type is watched.
struct Watching {
    of: TypeId,
    fields: ExpectedFields,
}

impl Watching {
    fn begin(of: TypeId, fields: ExpectedFields, requested: Ids) -> Self {
        REQUESTED.set(requested);
        WANTED.set(Some(Wanted { of: Some(of), fields }));
        Self { of, fields }
    }

    /// Fails if what was read lacks something.
    fn end(self, body: &str) -> Result<(), Failure> {
        let fields = self.fields;
        let is_watched = WANTED.take().is_none();
        if let Some(lack) = LACKS.take() {
            return Err(Failure::Lacks(lack.told(body, fields)));
        }
        let keeps_all = self.of == TypeId::of::<serde_json::Value>() || self.of == TypeId::of::<()>();
        if !is_watched && !keeps_all && !fields.required.is_empty() {
            // A type that is not read by the table of its fields: its names are looked at once more.
            let names = serde_json::from_str::<Names>(body).map_err(Failure::Json)?;
            names.check(fields).map_err(|lack| Failure::Lacks(lack.told(body, fields)))?;
        }
        Ok(())
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        WANTED.set(None);
        LACKS.set(None);
        REQUESTED.set(Vec::new());
    }
}

impl Lack {
    /// The message, with the names that the object has in this body.
    fn told(&self, body: &str, fields: ExpectedFields) -> String {
        let outside = fields.main.and_then(|main| main.strip_suffix(self.inside?)?.strip_suffix('.'));
        let names = outside.map_or_else(|| Names::of(body), |path| Names::below(body, path));
        let names: Vec<(String, bool)> = names.map(|names| names.0).unwrap_or_default();
        let more = names.len().saturating_sub(MOST_NAMES);
        let shown = names.iter().take(MOST_NAMES).map(|(name, _)| name.as_str());
        format!("the response lacks {}; {}", self.what, self::names(shown, more))
    }
}

/// What is seen of an object while it is read.
pub(super) struct Watch {
    fields: ExpectedFields,
    /// What the response itself is given where it lacks it; what is inside of it is given nothing.
    pub(super) requested: Ids,
    has_known: bool,
    has_other_value: bool,
    has_other_content: bool,
}

impl Watch {
    /// The watch over an object of one of these types, if it is the one to be watched.
    pub(super) fn begin(of: [TypeId; 2]) -> Option<Self> {
        let wanted = WANTED.get().filter(|wanted| wanted.of.is_none_or(|wanted| of.contains(&wanted)))?;
        WANTED.set(None);
        Some(Self { requested: REQUESTED.take(), ..Self::new(wanted.fields) })
    }

    fn new(fields: ExpectedFields) -> Self {
        Self {
            fields,
            requested: Vec::new(),
            has_known: false,
            has_other_value: false,
            has_other_content: false,
        }
    }

    /// Whether the main property is inside of this one: the next object that is read is watched for it.
    pub(super) fn enter(&self, name: &str) -> bool {
        let inside = self.fields.main.and_then(|main| main.strip_prefix(name)?.strip_prefix('.'));
        if let Some(inside) = inside {
            let fields = ExpectedFields { main: Some(inside), required: &[], ..self.fields };
            WANTED.set(Some(Wanted { of: None, fields }));
        }
        inside.is_some()
    }

    /// The end of what was entered, which may have been no object.
    pub(super) fn leave() {
        WANTED.set(None);
    }

    pub(super) fn note_known(&mut self) {
        self.has_known = true;
    }

    pub(super) fn note_unknown(&mut self, content: &Content) {
        self.has_other_value |= *content != Content::Nothing;
        self.has_other_content |= *content == Content::Something;
    }

    /// Notes what is missing, for [`response`]. An error of the deserializer would point at where the object ends.
    pub(super) fn end(&self, is_empty: bool, has: &dyn Fn(&str) -> bool) {
        if let Err(lacks) = self.check(is_empty, has) {
            LACKS.set(Some(lacks));
        }
    }

    /// Says what is missing. `is_empty` tells whether the type has no fields at all, `has` whether one is there.
    fn check(&self, is_empty: bool, has: &dyn Fn(&str) -> bool) -> Result<(), Lack> {
        for required in self.fields.required {
            if !required.split('|').any(has) {
                return Err(self.lacks(format!("`{}`", required.replace('|', "` and `"))));
            }
        }
        let main = self.fields.main.map(|main| main.split('.').next().unwrap_or(main));
        match main {
            Some(main) if self.may_be_called_otherwise() && !has(main) => {
                Err(self.lacks(format!("`{main}`")))
            }
            // Perhaps all of it is wrapped in something.
            _ if self.has_other_content && !self.has_known && !is_empty => {
                Err(self.lacks("everything that is known of it".to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// Whether something is there that the main property may have become.
    fn may_be_called_otherwise(&self) -> bool {
        self.has_other_content || (self.fields.is_single && self.has_other_value)
    }

    fn lacks(&self, what: String) -> Lack {
        Lack { what, inside: self.fields.main }
    }
}

/// "it has `a`, `b`", for messages.
pub(crate) fn names<'a>(names: impl Iterator<Item = &'a str>, more: usize) -> String {
    let shown = |name: &str| {
        let mut text: String = name.chars().take(LONGEST_NAME).flat_map(char::escape_debug).collect();
        if name.chars().nth(LONGEST_NAME).is_some() {
            text.push('…');
        }
        format!("`{text}`")
    };
    let mut names = names.peekable();
    if names.peek().is_none() {
        return "it is empty".to_owned();
    }
    let mut left = more;
    let mut list = Vec::new();
    for name in names {
        match list.len() < MOST_NAMES {
            true => list.push(shown(name)),
            false => left += 1,
        }
    }
    let rest = if left > 0 { format!(" and {left} more") } else { String::new() };
    format!("it has {}{rest}", list.join(", "))
}

/// What a value holds that nobody reads.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Content {
    /// Null, or a list or an object without anything in it.
    Nothing,
    /// A text, a number or a boolean.
    Scalar,
    /// A list or an object with something in it.
    Something,
}

impl Content {
    fn of(has_any: bool) -> Self {
        if has_any { Self::Something } else { Self::Nothing }
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Content, E> {
        Ok(Content::Scalar)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Content, E> {
        Ok(Content::Scalar)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Content, E> {
        Ok(Content::Scalar)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Content, E> {
        Ok(Content::Scalar)
    }

    fn visit_str<E>(self, _: &str) -> Result<Content, E> {
        Ok(Content::Scalar)
    }

    fn visit_unit<E>(self) -> Result<Content, E> {
        Ok(Content::Nothing)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Content, A::Error> {
        let mut has_any = false;
        while items.next_element::<IgnoredAny>()?.is_some() {
            has_any = true;
        }
        Ok(Content::of(has_any))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Content, A::Error> {
        let mut has_any = false;
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            has_any = true;
        }
        Ok(Content::of(has_any))
    }
}

/// The names of an object, each with whether it has a value.
struct Names(Vec<(String, bool)>);

impl Names {
    fn of(body: &str) -> Option<Self> {
        serde_json::from_str(body).ok()
    }

    /// Those of the object at this path of names.
    fn below(body: &str, path: &str) -> Option<Self> {
        let mut inside: Option<&RawValue> = None;
        for name in path.split('.') {
            let body = inside.map_or(body, RawValue::get);
            inside = serde_json::from_str::<BTreeMap<Cow<'_, str>, &RawValue>>(body).ok()?.remove(name);
            inside?;
        }
        Self::of(inside?.get())
    }

    fn check(&self, fields: ExpectedFields) -> Result<(), Lack> {
        // Which other names the type knows cannot be told, so that only what is required counts.
        let mut watch = Watch::new(fields);
        watch.has_known = !self.0.is_empty();
        let has = |wanted: &str| self.0.iter().any(|(name, is_there)| name == wanted && *is_there);
        watch.check(true, &has)
    }
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Names;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = map.next_key()? {
                    names.push((name, map.next_value::<Option<IgnoredAny>>()?.is_some()));
                }
                Ok(Names(names))
            }

            fn visit_unit<E>(self) -> Result<Names, E> {
                Ok(Names(Vec::new()))
            }
        }
        deserializer.deserialize_any(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::decode::object;

    #[derive(Debug, Default)]
    struct List {
        items: Option<Vec<String>>,
        id: Option<String>,
        output: Option<Box<List>>,
    }
    object! { List { "items" => items, "id" => id, "output" => output, } }

    const ITEMS: ExpectedFields = ExpectedFields { main: Some("items"), is_single: false, required: &[] };

    fn lacks(body: &str, fields: ExpectedFields) -> Option<String> {
        match response::<List>(body, fields, Vec::new()) {
            Ok(_) => None,
            Err(Failure::Lacks(why)) => Some(why),
            Err(Failure::Json(error)) => panic!("{body}: {error}"),
        }
    }

    #[test]
    fn an_empty_list_is_empty_unless_something_else_is_not() {
        for body in [
            "{}",
            r#"{"items":null,"new":7}"#,
            r#"{"items":[],"new":[1]}"#,
            r#"{"new":[],"newer":{},"newest":null}"#,
            r#"{"items":["a"],"new":{"a":1}}"#,
        ] {
            assert_eq!(lacks(body, ITEMS), None, "{body}");
        }
        for body in [r#"{"new":["a"]}"#, r#"{"items":null,"new":{"a":1},"id":"x"}"#] {
            let why = lacks(body, ITEMS).expect(body);
            assert!(why.starts_with("the response lacks `items`; it has ") && why.contains("`new`"), "{why}");
        }
        let single = ExpectedFields { is_single: true, ..ITEMS };
        assert!(lacks(r#"{"new":7}"#, single).is_some() && lacks(r#"{"new":null}"#, single).is_none());
    }

    #[test]
    fn what_is_required_is_there_under_one_name() {
        let fields = ExpectedFields { main: None, is_single: false, required: &["id|items"] };
        assert_eq!(lacks(r#"{"id":"x"}"#, fields), None);
        assert_eq!(lacks(r#"{"items":[]}"#, fields), None);
        assert_eq!(lacks("{}", fields).expect("it"), "the response lacks `id` and `items`; it is empty");
        assert!(lacks(r#"{"id":null,"ID":"x"}"#, fields).expect("it").ends_with("it has `id`, `ID`"));
    }

    #[test]
    fn what_is_inside_may_be_what_a_call_is_about() {
        let fields = ExpectedFields { main: Some("output.items"), ..ITEMS };
        for body in [r#"{"output":{"items":["a"]}}"#, r#"{"output":{}}"#, r#"{"output":null}"#, "{}"] {
            assert_eq!(lacks(body, fields), None, "{body}");
        }
        for body in [r#"{"output":{"values":["a"]}}"#, r#"{"result":{"items":["a"]}}"#] {
            assert!(lacks(body, fields).is_some(), "{body}");
        }
    }

    #[test]
    fn a_response_of_which_nothing_is_known_is_wrapped() {
        assert!(lacks(r#"{"data":{"id":"x"}}"#, ExpectedFields::default()).expect("it").contains("`data`"));
        assert_eq!(lacks(r#"{"data":7}"#, ExpectedFields::default()), None);
    }

    #[test]
    fn only_the_response_itself_is_watched() {
        // Inside of it, and outside of a response, anything goes.
        assert_eq!(lacks(r#"{"id":"x","output":{"data":{"a":1}}}"#, ITEMS), None);
        assert!(serde_json::from_str::<List>(r#"{"new":["a"]}"#).is_ok());
        // A failure leaves nothing behind.
        assert!(matches!(response::<List>("{", ITEMS, Vec::new()), Err(Failure::Json(_))));
        assert!(serde_json::from_str::<List>(r#"{"new":["a"]}"#).is_ok());
    }

    /// MS-14: what the request says is that of the response itself, and of the next response no more.
    #[test]
    fn an_id_of_the_request_is_given_to_the_response_alone() {
        #[derive(Debug, Default)]
        struct Named {
            id: Option<String>,
            inner: Option<Box<Named>>,
        }
        object! { Named { "id" => id, "inner" => inner, }
            aliases {} values {} ids {} requested { "id" => id, }
        }
        let read = |body: &str, requested: Ids| {
            response::<Named>(body, ExpectedFields::default(), requested).expect("a value")
        };
        let asked = || vec![("id", "asked".to_owned()), ("unknown", "x".to_owned())];
        let named = read(r#"{"inner":{}}"#, asked());
        assert_eq!(named.id.as_deref(), Some("asked"));
        assert_eq!(named.inner.expect("an object").id, None);
        assert_eq!(read(r#"{"id":"told"}"#, asked()).id.as_deref(), Some("told"));
        assert_eq!(read("{}", Ids::new()).id, None);
        // What is required must be said, and a failure leaves nothing behind.
        let required = ExpectedFields { main: None, is_single: false, required: &["id"] };
        assert!(matches!(response::<Named>("{}", required, asked()), Err(Failure::Lacks(_))));
        assert!(matches!(response::<Named>("{", required, asked()), Err(Failure::Json(_))));
        assert_eq!(read("{}", Ids::new()).id, None);
    }

    #[test]
    fn a_type_that_reads_itself_must_hold_what_is_required_too() {
        let fields = ExpectedFields { main: None, is_single: false, required: &["id"] };
        type Map = std::collections::BTreeMap<String, serde_json::Value>;
        assert!(response::<Map>(r#"{"id":"x"}"#, fields, Vec::new()).is_ok());
        assert!(matches!(response::<Map>(r#"{"name":"x"}"#, fields, Vec::new()), Err(Failure::Lacks(_))));
        // A value keeps everything, so that nothing is lost.
        assert!(response::<serde_json::Value>(r#"{"name":"x"}"#, fields, Vec::new()).is_ok());
    }

    #[test]
    fn messages_stay_readable() {
        let long = "x".repeat(500);
        let shown = names(std::iter::once(long.as_str()).chain(std::iter::once("a\nb")), 3);
        assert!(shown.len() < 120 && shown.contains("`a\\nb` and 3 more"), "{shown}");
    }
}
