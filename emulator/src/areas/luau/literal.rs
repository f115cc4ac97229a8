//! Values as a script writes them: numbers and what is reckoned with them, texts, tables, `true`, `false` and `nil`.

use serde_json::{Map, Value, json};

/// Brackets, braces and signs within each other.
const DEEPEST: usize = 64;

/// The values of a list such as that of a `return`: what is no literal is null, and so is what is no value in JSON.
pub(super) fn list(text: &str, version: u64) -> Vec<Value> {
    read(text, version).into_iter().map(Option::unwrap_or_default).collect()
}

/// The same, if there is nothing but literals.
pub(super) fn all(text: &str, version: u64) -> Option<Vec<Value>> {
    read(text, version).into_iter().collect()
}

/// Each value of a list, as far as it is understood.
fn read(text: &str, version: u64) -> Vec<Option<Value>> {
    let mut reader = Reader { rest: text, depth: 0, version };
    let mut values = Vec::new();
    loop {
        reader.space();
        if reader.rest.is_empty() || reader.rest.starts_with(';') {
            return values;
        }
        let before = reader.rest;
        let value = reader.value().filter(|_| reader.is_at_end());
        if value.is_none() {
            reader = Reader { rest: before, depth: 0, version };
            reader.skip();
        }
        values.push(value);
        if !reader.take(',') {
            return values;
        }
    }
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    rest: &'a str,
    depth: usize,
    /// The version of the place that the script runs in.
    version: u64,
}

impl Reader<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start();
        if self.rest.starts_with("--") {
            self.rest = "";
        }
    }

    fn next(&self) -> Option<char> {
        self.rest.chars().next()
    }

    /// Takes a letter off the beginning, and the spaces around it.
    fn take(&mut self, ch: char) -> bool {
        self.space();
        let rest = self.rest.strip_prefix(ch);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Takes one of these off the beginning.
    fn operator(&mut self, which: &[char]) -> Option<char> {
        self.space();
        let found = self.next().filter(|ch| which.contains(ch))?;
        self.take(found).then_some(found)
    }

    fn word(&mut self) -> Option<&str> {
        let is_part = |ch: char| ch.is_ascii_alphanumeric() || ch == '_';
        let end = self.rest.find(|ch| !is_part(ch)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!word.is_empty() && !word.starts_with(|ch: char| ch.is_ascii_digit())).then_some(word)
    }

    /// Whether a value may end here: another one begins after a comma.
    fn is_at_end(&mut self) -> bool {
        self.space();
        let mut rest = *self;
        matches!(self.next(), None | Some(',' | ';')) || rest.word() == Some("end")
    }

    /// Goes on to the comma after a value that is not understood.
    fn skip(&mut self) {
        let mut open = 0_usize;
        while let Some(ch) = self.next() {
            match ch {
                '\'' | '"' => {
                    if self.text().is_none() {
                        self.rest = "";
                    }
                    continue;
                }
                '(' | '{' | '[' => open += 1,
                ')' | '}' | ']' => open = open.saturating_sub(1),
                ',' | ';' if open == 0 => return,
                '-' if self.rest.starts_with("--") => {
                    self.rest = "";
                    return;
                }
                _ => {}
            }
            self.rest = self.rest.get(ch.len_utf8()..).unwrap_or_default();
        }
    }

    /// One level further in, unless that is too deep.
    fn within<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth == DEEPEST {
            return None;
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn value(&mut self) -> Option<Value> {
        self.space();
        match self.next()? {
            '\'' | '"' => self.text().map(Value::from),
            '{' => self.within(Reader::table),
            '[' => self.within(Reader::json_list),
            ch if ch.is_ascii_alphabetic() => match self.word()? {
                "true" => Some(json!(true)),
                "false" => Some(json!(false)),
                "nil" | "null" => Some(Value::Null),
                "game" => {
                    let is_version = self.take('.') && self.word() == Some("PlaceVersion");
                    is_version.then(|| json!(self.version))
                }
                "buffer" => self.within(Reader::buffer),
                _ => None,
            },
            _ => self.number(),
        }
    }

    /// `buffer.fromstring("abc")`: a buffer is what it was made from.
    fn buffer(&mut self) -> Option<Value> {
        let is_made = self.take('.') && self.word() == Some("fromstring") && self.take('(');
        self.space();
        let text = is_made.then(|| self.text()).flatten()?;
        self.take(')').then_some(Value::String(text))
    }

    /// A text in quotation marks, if there is one that has an end. What follows a backslash is read as in Luau, but for
    /// numbers of letters.
    fn text(&mut self) -> Option<String> {
        let quote = self.next().filter(|ch| matches!(ch, '\'' | '"'))?;
        let mut chars = self.rest.char_indices().skip(1);
        let mut text = String::new();
        while let Some((index, ch)) = chars.next() {
            match ch {
                _ if ch == quote => {
                    self.rest = &self.rest[index + 1..];
                    return Some(text);
                }
                '\\' => text.push(match chars.next()?.1 {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    ch => ch,
                }),
                _ => text.push(ch),
            }
        }
        None
    }

    /// `[1, 2]`: no Luau, but what is to come out may be written as it comes out, also `{"a": 1}`.
    fn json_list(&mut self) -> Option<Value> {
        self.take('[');
        let mut list = Vec::new();
        while !self.take(']') {
            list.push(self.value()?);
            if !self.take(',') {
                return self.take(']').then_some(Value::Array(list));
            }
        }
        Some(Value::Array(list))
    }

    /// `{1, 2}` is a list, `{a = 1, ["b c"] = 2}` an object, `{}` a list as it is at the service.
    fn table(&mut self) -> Option<Value> {
        self.take('{');
        let (mut list, mut object) = (Vec::new(), Map::new());
        while !self.take('}') {
            let before = self.rest;
            match self.key() {
                Some(key) => {
                    let value = self.value()?;
                    // What is nil is not there.
                    if !value.is_null() {
                        object.insert(key, value);
                    }
                }
                None => {
                    self.rest = before;
                    list.push(self.value()?);
                }
            }
            if !self.take(',') && !self.take(';') {
                if self.take('}') {
                    break;
                }
                return None;
            }
        }
        match (list.is_empty(), object.is_empty()) {
            (_, true) => Some(Value::Array(list)),
            (true, false) => Some(Value::Object(object)),
            // Not a value in JSON.
            (false, false) => None,
        }
    }

    /// What stands before `=`, or in JSON before the colon.
    fn key(&mut self) -> Option<String> {
        if matches!(self.next(), Some('\'' | '"')) {
            let key = self.text()?;
            return self.take(':').then_some(key);
        }
        let key = if self.take('[') {
            self.space();
            let key = self.text()?;
            self.take(']').then_some(key)?
        } else {
            self.word()?.to_owned()
        };
        (self.take('=') && self.next() != Some('=')).then_some(key)
    }

    fn number(&mut self) -> Option<Value> {
        let value = self.sum()?;
        // A whole number without a fraction; infinity and what is no number are null, as they are at the service.
        #[allow(clippy::cast_possible_truncation, reason = "it was looked at")]
        match value.fract() == 0.0 && value.abs() < 9e15 {
            true => Some(json!(value as i64)),
            false => Some(json!(value)),
        }
    }

    /// Luau's numbers are doubles.
    fn sum(&mut self) -> Option<f64> {
        let mut value = self.product()?;
        while let Some(operator) = self.operator(&['+', '-']) {
            let next = self.product()?;
            value = if operator == '+' { value + next } else { value - next };
        }
        Some(value)
    }

    fn product(&mut self) -> Option<f64> {
        let mut value = self.factor()?;
        while let Some(operator) = self.operator(&['*', '/', '%']) {
            let next = self.factor()?;
            value = match operator {
                '*' => value * next,
                '/' => value / next,
                // The sign of the divisor, as in Luau.
                _ => value - (value / next).floor() * next,
            };
        }
        Some(value)
    }

    fn factor(&mut self) -> Option<f64> {
        match self.operator(&['-', '(']) {
            Some('-') => self.within(Reader::factor).map(|value| -value),
            Some(_) => {
                let value = self.within(Reader::sum)?;
                self.take(')').then_some(value)
            }
            None => self.figures(),
        }
    }

    /// `12`, `1.5`, `.5` and `1e3`.
    fn figures(&mut self) -> Option<f64> {
        let mut before = ' ';
        let end = self.rest.find(|ch: char| {
            let is_sign = matches!(ch, '+' | '-') && matches!(before, 'e' | 'E');
            let is_part = ch.is_ascii_digit() || matches!(ch, '.' | 'e' | 'E') || is_sign;
            before = ch;
            !is_part
        });
        let (number, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        number.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_as_luau_has_them() {
        for (text, values) in [
            ("", json!([])),
            ("1, 'a', nil, true", json!([1, "a", null, true])),
            ("\"vanilla\", 'nil'", json!(["vanilla", "nil"])),
            ("'a, b', \"it's\"", json!(["a, b", "it's"])),
            (r#"'it\'s', "a\nb\\""#, json!(["it's", "a\nb\\"])),
            ("{1, 2, {3}}", json!([[1, 2, [3]]])),
            ("{a = 1, [\"b c\"] = {true}, none = nil,}", json!([{ "a": 1, "b c": [true] }])),
            ("{}", json!([[]])),
            ("{\"x\": [true, {\"y\": null}]}, ['a', 1]", json!([{ "x": [true, []] }, ["a", 1]])),
            ("{'x', \"y\"}, {x = [1,}", json!([["x", "y"], null])),
            ("{1, a = 2}", json!([null])),
            ("game, f(1, 2), 3", json!([null, null, 3])),
            ("1; -- one", json!([1])),
            ("1 -- one, two", json!([1])),
            ("1 end", json!([1])),
            ("1 == 1, 2", json!([null, 2])),
        ] {
            assert_eq!(json!(list(text, 3)), values, "{text}");
        }
    }

    #[test]
    fn numbers_are_reckoned_with() {
        for (text, value) in [
            ("1 + 1", json!(2)),
            ("2 * (3 - 1) / 8", json!(0.5)),
            ("-7 % 3", json!(2)),
            ("- (1.5+.5)", json!(-2)),
            ("1e3 - 1", json!(999)),
            ("{1 + 1}", json!([2])),
            ("1 / 0", json!(null)),
            ("1 +", json!(null)),
            ("1 + x", json!(null)),
            ("1 2", json!(null)),
        ] {
            assert_eq!(list(text, 3), [value], "{text}");
        }
    }

    #[test]
    fn a_text_without_an_end_is_looked_at_once() {
        assert_eq!(list(&"'\\".repeat(2_000_000), 3), [Value::Null]);
    }

    #[test]
    fn a_list_of_nothing_but_literals_is_known_as_one() {
        assert_eq!(all("'a', 1", 3), Some(vec![json!("a"), json!(1)]));
        assert_eq!(all("'a', x", 3), None);
    }

    #[test]
    fn only_quotation_marks_begin_a_text() {
        assert_eq!(list("{[éa é] = 1}, 'é'", 3), [json!(null), json!("é")]);
    }

    proptest::proptest! {
        #[test]
        fn anything_can_be_read(text in "[-{}\\[\\]()'\"=,;.%aé1\\\\ ]{0,40}") {
            list(&text, 3);
        }
    }

    #[test]
    fn what_is_too_deep_is_no_value() {
        for (open, close) in [("(", ")"), ("{", "}"), ("[", "]"), ("- ", "")] {
            let deep = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
            assert_eq!(list(&deep, 3), [Value::Null]);
        }
    }
}
