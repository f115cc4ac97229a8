//! A small parser of the two grammars: what a service would read.

/// A value as read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Text(String),
    /// A number, word or time, without quotation marks.
    Word(String),
    List(Vec<Value>),
}

/// `field operator value`, or `field.function(value)` with the function as operator.
pub(crate) type Comparison = (String, String, Value);

/// Reads comparisons that are joined by `&&`.
pub(crate) fn conjunction(text: &str) -> Option<Vec<Comparison>> {
    let mut reader = Reader(text);
    let mut comparisons = vec![reader.comparison()?];
    while reader.take("&&") {
        comparisons.push(reader.comparison()?);
    }
    reader.0.is_empty().then_some(comparisons)
}

/// Reads `field=value,value;field=value`.
pub(crate) fn fields(text: &str) -> Vec<(String, Vec<String>)> {
    text.split(';')
        .filter_map(|field| field.split_once('='))
        .map(|(name, values)| (name.to_owned(), values.split(',').map(str::to_owned).collect()))
        .collect()
}

struct Reader<'a>(&'a str);

impl<'a> Reader<'a> {
    fn take(&mut self, sign: &str) -> bool {
        let rest = self.0.trim_start_matches(' ').strip_prefix(sign);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn word(&mut self) -> Option<&'a str> {
        let text = self.0.trim_start_matches(' ');
        let end = text
            .find(|letter: char| !letter.is_ascii_alphanumeric() && !"_-+.:".contains(letter))
            .unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        self.0 = rest;
        (!word.is_empty()).then_some(word)
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let field = self.word()?;
        if self.take("(") {
            let (field, function) = field.rsplit_once('.')?;
            let value = self.value()?;
            return self.take(")").then(|| (field.to_owned(), function.to_owned(), value));
        }
        let operator = ["==", "<=", ">=", "<", ">", "in"].into_iter().find(|sign| self.take(sign))?;
        Some((field.to_owned(), operator.to_owned(), self.value()?))
    }

    fn value(&mut self) -> Option<Value> {
        if self.take("[") {
            let mut values = vec![self.value()?];
            while self.take(",") {
                values.push(self.value()?);
            }
            return self.take("]").then_some(Value::List(values));
        }
        for quote in ['"', '\''] {
            if self.take(&quote.to_string()) {
                return self.text(quote);
            }
        }
        self.word().map(|word| Value::Word(word.to_owned()))
    }

    /// The rest of a text, with the escapes of the Common Expression Language. A raw line break ends
    /// no text there, so it is an error.
    fn text(&mut self, quote: char) -> Option<Value> {
        let mut letters = self.0.chars();
        let mut text = String::new();
        loop {
            let letter = match letters.next()? {
                end if end == quote => break,
                '\n' | '\r' => return None,
                '\\' => match letters.next()? {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'u' => {
                        let digits: String = letters.by_ref().take(4).collect();
                        char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?
                    }
                    letter @ ('"' | '\'' | '\\') => letter,
                    _ => return None,
                },
                letter => letter,
            };
            text.push(letter);
        }
        self.0 = letters.as_str();
        Some(Value::Text(text))
    }
}

#[test]
fn the_parser_reads_what_roblox_gives_as_examples() {
    let text = |text: &str| Value::Text(text.to_owned());
    let word = |word: &str| Value::Word(word.to_owned());
    for (filter, comparisons) in [
        ("user == 'users/156'", vec![("user", "==", text("users/156"))]),
        ("archived==true", vec![("archived", "==", word("true"))]),
        (r#"id.startsWith("foo")"#, vec![("id", "startsWith", text("foo"))]),
        ("entry >= 10 && entry <= 30", vec![("entry", ">=", word("10")), ("entry", "<=", word("30"))]),
        (
            "revision_create_time >= 2000-01-01T00:00:00Z",
            vec![("revision_create_time", ">=", word("2000-01-01T00:00:00Z"))],
        ),
        (
            "user in ['users/1','users/2']",
            vec![("user", "in", Value::List(vec![text("users/1"), text("users/2")]))],
        ),
        (r#"id > "a\"b""#, vec![("id", ">", text("a\"b"))]),
    ] {
        let expected: Vec<Comparison> = comparisons
            .into_iter()
            .map(|(field, operator, value)| (field.to_owned(), operator.to_owned(), value))
            .collect();
        assert_eq!(conjunction(filter), Some(expected), "{filter}");
    }
    for wrong in ["", "id", "id ==", "id == \"a", "id == 'a' 'b'", "id == 'a' && ", "id == 'a\nb'"] {
        assert_eq!(conjunction(wrong), None, "{wrong}");
    }
    let fields = fields("assetIds=1,2;badgeIds=3");
    let names: Vec<(&str, usize)> =
        fields.iter().map(|(name, values)| (name.as_str(), values.len())).collect();
    assert_eq!(names, [("assetIds", 2), ("badgeIds", 1)]);
}
