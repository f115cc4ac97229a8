//! YAML to JSON, each part with its line.

use std::collections::BTreeMap;

use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};
use serde_json::{Map, Number, Value};

use crate::sync::error::{Error, Result};
use crate::sync::tree::escape;

/// A value with the line of each of its parts, by JSON pointer.
#[derive(Debug)]
pub struct Located {
    pub value: Value,
    pub lines: BTreeMap<String, usize>,
}

impl Located {
    /// The line of a part, or of what it should be in.
    pub fn line(&self, pointer: &str) -> usize {
        let mut pointer = pointer;
        loop {
            if let Some(line) = self.lines.get(pointer) {
                return *line;
            }
            match pointer.rfind('/') {
                Some(slash) => pointer = &pointer[..slash],
                None => return 1,
            }
        }
    }
}

/// Collects what is wrong with a file.
pub(crate) struct Checker<'a> {
    pub(crate) file: &'a str,
    pub(crate) located: &'a Located,
    pub(crate) problems: Vec<Error>,
}

impl Checker<'_> {
    /// Adds a problem with the line of a part.
    pub(crate) fn problem(&mut self, at: &str, message: impl Into<String>) {
        let place = format!("{}:{}", self.file, self.located.line(at));
        self.problems.push(Error::new(place, message));
    }

    /// A part is a map, and has no other keys than these.
    pub(crate) fn only(&mut self, at: &str, value: &Value, known: &[&str]) {
        let Some(map) = value.as_object() else { return self.problem(at, "it should be a map") };
        for key in map.keys().filter(|key| !known.contains(&key.as_str())) {
            self.problem(&format!("{at}/{}", escape(key)), format!("unknown key {key}"));
        }
    }
}

/// Reads one YAML document. `file` is its name in messages.
pub fn read(file: &str, text: &str) -> Result<Located> {
    let documents = MarkedYaml::load_from_str(text).map_err(|error| {
        let place = format!("{file}:{}", error.marker().line());
        Error::new(place, format!("not YAML: {}", error.info()))
    })?;
    let [document] = documents.as_slice() else {
        let what = format!("{} YAML documents, there should be one", documents.len());
        return Err(Error::new(format!("{file}:1"), what));
    };
    let mut lines = BTreeMap::new();
    let value = convert(file, document, "", &mut lines)?;
    Ok(Located { value, lines })
}

/// YAML to JSON.
fn convert(file: &str, node: &MarkedYaml, at: &str, lines: &mut BTreeMap<String, usize>) -> Result<Value> {
    let line = node.span.start.line();
    lines.entry(at.to_owned()).or_insert(line);
    let fail = |what: &str| Err(Error::new(format!("{file}:{line}"), what));
    match &node.data {
        YamlData::Value(scalar) => match scalar_value(scalar) {
            Some(value) => Ok(value),
            None => fail("a number that JSON cannot hold"),
        },
        YamlData::Sequence(items) => {
            let mut list = Vec::new();
            for (index, item) in items.iter().enumerate() {
                list.push(convert(file, item, &format!("{at}/{index}"), lines)?);
            }
            Ok(Value::Array(list))
        }
        YamlData::Mapping(entries) => {
            let mut map = Map::new();
            for (key, value) in entries {
                let line = key.span.start.line();
                let name = match &key.data {
                    YamlData::Value(Scalar::String(text)) => text.to_string(),
                    // Statuses are written as numbers (`200:`).
                    YamlData::Value(Scalar::Integer(number)) => number.to_string(),
                    _ => return Err(Error::new(format!("{file}:{line}"), "a key that is not a string")),
                };
                let pointer = format!("{at}/{}", escape(&name));
                lines.insert(pointer.clone(), line);
                map.insert(name, convert(file, value, &pointer, lines)?);
            }
            Ok(Value::Object(map))
        }
        YamlData::Tagged(..) => fail("YAML tags are not used here"),
        YamlData::Alias(_) => fail("an alias without an anchor"),
        YamlData::Representation(..) | YamlData::BadValue => fail("an unreadable value"),
    }
}

fn scalar_value(scalar: &Scalar) -> Option<Value> {
    Some(match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(flag) => Value::Bool(*flag),
        Scalar::Integer(number) => Value::from(*number),
        Scalar::FloatingPoint(number) => Value::Number(Number::from_f64(number.into_inner())?),
        Scalar::String(text) => Value::from(text.as_ref()),
    })
}
