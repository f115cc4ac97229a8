//! The small part of the Common Expression Language that filters are written in.

use crate::api::failure::Failure;

/// One comparison: `user == 'users/1'`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Comparison {
    pub(crate) field: String,
    pub(crate) operator: Operator,
    /// One value; for `in`, the list.
    pub(crate) values: Vec<Literal>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Literal {
    pub(crate) text: String,
    pub(crate) quoted: bool,
}

/// What a filter may use.
pub(crate) struct Grammar<'a> {
    pub(crate) fields: &'a [&'a str],
    pub(crate) operators: &'a [Operator],
    /// Whether several comparisons may be joined with `&&`.
    pub(crate) and: bool,
}

const MAX_FILTER: usize = 16_384;

impl Grammar<'_> {
    /// The comparisons of a filter, all of which must hold.
    pub(crate) fn parse(&self, filter: &str) -> Result<Vec<Comparison>, Failure> {
        let refuse = |what: String| Failure::invalid(format!("The filter is invalid: {what}."));
        refuse_if!(filter.len() > MAX_FILTER, refuse("it is too long".to_owned()));
        let mut reader = Reader { rest: filter };
        let mut comparisons = Vec::new();
        loop {
            let comparison = reader.comparison().map_err(refuse)?;
            if !self.fields.contains(&comparison.field.as_str()) {
                let fields = self.fields.join(", ");
                return Err(refuse(format!("'{}' is not one of {fields}", comparison.field)));
            }
            if !self.operators.contains(&comparison.operator) {
                return Err(refuse(format!("'{}' is not supported", comparison.operator.sign())));
            }
            comparisons.push(comparison);
            reader.space();
            if reader.rest.is_empty() {
                return Ok(comparisons);
            }
            if !self.and || !reader.take("&&") {
                return Err(refuse(format!("'{}' is not expected", reader.word())));
            }
        }
    }
}

impl Operator {
    fn sign(self) -> &'static str {
        match self {
            Operator::Equal => "==",
            Operator::Less => "<",
            Operator::LessOrEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterOrEqual => ">=",
            Operator::In => "in",
        }
    }

    /// Whether `left operator right` holds for values in an order.
    pub(crate) fn holds<T: PartialOrd>(self, left: &T, right: &T) -> bool {
        match self {
            Operator::Equal | Operator::In => left == right,
            Operator::Less => left < right,
            Operator::LessOrEqual => left <= right,
            Operator::Greater => left > right,
            Operator::GreaterOrEqual => left >= right,
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, sign: &str) -> bool {
        self.space();
        let rest = self.rest.strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn word(&self) -> &'a str {
        self.rest.split_whitespace().next().unwrap_or_default()
    }

    /// Takes what comes before a character that ends it.
    fn until(&mut self, ends: impl Fn(char) -> bool) -> &'a str {
        let (before, rest) = self.rest.split_at(self.rest.find(ends).unwrap_or(self.rest.len()));
        self.rest = rest;
        before
    }

    fn comparison(&mut self) -> Result<Comparison, String> {
        self.space();
        let field = self.until(|ch| !ch.is_ascii_alphanumeric() && ch != '_' && ch != '.');
        refuse_if!(field.is_empty(), "a field is expected");
        let operator = self.operator()?;
        let values = if operator == Operator::In { self.list()? } else { vec![self.literal()?] };
        Ok(Comparison { field: field.to_owned(), operator, values })
    }

    fn operator(&mut self) -> Result<Operator, String> {
        // The longer sign comes first.
        use Operator::{Equal, Greater, GreaterOrEqual, In, Less, LessOrEqual};
        let mut operators = [Equal, LessOrEqual, GreaterOrEqual, Less, Greater, In].into_iter();
        let found = operators.find(|operator| self.take(operator.sign()));
        found.ok_or_else(|| format!("'{}' is not an operator", self.word()))
    }

    fn list(&mut self) -> Result<Vec<Literal>, String> {
        refuse_if!(!self.take("["), "a list is expected after 'in'");
        let mut values = Vec::new();
        loop {
            values.push(self.literal()?);
            if self.take("]") {
                return Ok(values);
            }
            refuse_if!(!self.take(","), "the list is not closed");
        }
    }

    fn literal(&mut self) -> Result<Literal, String> {
        self.space();
        let quote = self.rest.chars().next();
        if let Some(quote @ ('\'' | '"')) = quote {
            let mut text = String::new();
            let mut escaped = false;
            for (index, ch) in self.rest.char_indices().skip(1) {
                if escaped {
                    text.push(ch);
                    escaped = false;
                } else if ch == '\\' {
                    escaped = true;
                } else if ch == quote {
                    self.rest = &self.rest[index + 1..];
                    return Ok(Literal { text, quoted: true });
                } else {
                    text.push(ch);
                }
            }
            return Err("a quotation mark is not closed".to_owned());
        }
        let text = self.until(|ch| ch.is_whitespace() || "],&'\"".contains(ch));
        refuse_if!(text.is_empty(), "a value is expected");
        Ok(Literal { text: text.to_owned(), quoted: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Grammar<'_> = Grammar {
        fields: &["user", "role", "time"],
        operators: &[Operator::Equal, Operator::LessOrEqual, Operator::Greater, Operator::In],
        and: true,
    };

    fn refused(filter: &str) -> String {
        ALL.parse(filter).expect_err("refused").message
    }

    #[test]
    fn comparisons_are_read() {
        let found = ALL
            .parse("user == 'users/1'&&time<=2026-01-02T03:04:05Z && role in ['a', \"b\"]")
            .expect("a filter");
        assert_eq!(found.len(), 3);
        assert_eq!(found[0].values[0].text, "users/1");
        assert!(found[0].values[0].quoted);
        assert_eq!(found[1].operator, Operator::LessOrEqual);
        assert_eq!(found[1].values[0].text, "2026-01-02T03:04:05Z");
        assert!(!found[1].values[0].quoted);
        let list: Vec<_> = found[2].values.iter().map(|value| value.text.as_str()).collect();
        assert_eq!(list, ["a", "b"]);
    }

    #[test]
    fn a_quote_can_be_escaped() {
        let found = ALL.parse(r"user == 'it\'s'").expect("a filter");
        assert_eq!(found[0].values[0].text, "it's");
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert!(refused("name == 'a'").contains("'name' is not one of user, role, time"));
        assert!(refused("user < 'a'").contains("'<' is not supported"));
        assert!(refused("user == 'a").contains("not closed"));
        assert!(refused("user == ").contains("a value is expected"));
        assert!(refused("user 'a'").contains("is not an operator"));
        assert!(refused("user in 'a'").contains("a list is expected"));
        assert!(refused("").contains("a field is expected"));
        assert!(refused("user == 'a' || role == 'b'").contains("'||' is not expected"));
        assert!(refused(&"a".repeat(20_000)).contains("too long"));
    }
}
