//! What comes of a script that nobody decides about: nothing is executed, its text says it.

use serde_json::{Value, json};

use crate::luau::{LuauError, LuauLog, LuauRun};
use crate::nesting::is_too_deep;

/// A comment with one of the codes of errors after it: the script fails with that one.
const FAILS: &str = "--emulator:";

/// `print` and `warn` write logs, `error` fails, an endless loop runs out of time, `return` gives results.
pub(super) fn run(script: &str) -> LuauRun {
    let mut logs = Vec::new();
    let mut returned = None;
    let fail = |logs, error, message: &str| LuauRun { logs, ..LuauRun::fails(error, message) };
    for line in script.lines() {
        let mut rest = line;
        loop {
            rest = rest.trim_start_matches(|letter: char| letter.is_whitespace() || letter == ';');
            let Some((kind, text, after)) = statement(rest) else {
                break;
            };
            let text = literal(text).map_or(text.to_owned(), |value| plain(&value));
            logs.push((kind, text.clone()));
            if kind == LuauLog::Error {
                return fail(logs, LuauError::ScriptError, &text);
            }
            rest = after;
        }
        if rest.starts_with("while true do") {
            return fail(logs, LuauError::DeadlineExceeded, "The script ran longer than its timeout.");
        }
        let asked = rest.strip_prefix(FAILS).map(str::trim);
        if let Some(error) = LuauError::ALL.into_iter().find(|error| Some(error.name()) == asked) {
            return fail(logs, error, "The script asked for this error.");
        }
        returned = rest.strip_prefix("return").or(returned);
    }
    let results = returned.map(results).unwrap_or_default();
    LuauRun { logs, ..LuauRun::returns(results) }
}

/// A call that logs: of what kind, its argument, and what follows.
fn statement(line: &str) -> Option<(LuauLog, &str, &str)> {
    let calls = [("print", LuauLog::Output), ("warn", LuauLog::Warning), ("error", LuauLog::Error)];
    calls.into_iter().find_map(|(function, kind)| {
        let inner = line.strip_prefix(function)?.trim_start().strip_prefix('(')?;
        let end = closing_bracket(inner)?;
        Some((kind, inner[..end].trim(), &inner[end + 1..]))
    })
}

/// Where the bracket is closed that was opened before this text.
fn closing_bracket(text: &str) -> Option<usize> {
    let mut open = 1;
    let mut quote = None;
    for (index, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(opened), _) if letter == opened => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(letter),
            (None, '(') => open += 1,
            (None, ')') => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some(index);
        }
    }
    None
}

/// The values of a `return`; what is not a literal is null.
fn results(text: &str) -> Vec<Value> {
    let text = text.trim().trim_end_matches(';');
    // Nobody's result is that deep; it could not be kept.
    if text.is_empty() || is_too_deep(text.as_bytes()) {
        return Vec::new();
    }
    // A list of literals is a list of JSON, apart from the quotation marks and `nil`.
    let as_list = format!("[{}]", text.replace("nil", "null"));
    if let Ok(Value::Array(values)) = serde_json::from_str(&as_list) {
        return values;
    }
    text.split(',').map(|part| literal(part).unwrap_or_default()).collect()
}

fn literal(text: &str) -> Option<Value> {
    let text = text.trim();
    for quote in ['\'', '"'] {
        if let Some(inner) = text.strip_prefix(quote) {
            return inner.strip_suffix(quote).map(Value::from);
        }
    }
    match text {
        "nil" => Some(Value::Null),
        "{}" => Some(json!([])),
        _ => serde_json::from_str(text).ok().or_else(|| number(arithmetic(text)?)),
    }
}

/// What a sum, product, ... of numbers comes to; Luau's numbers are doubles.
fn arithmetic(text: &str) -> Option<f64> {
    let mut rest = text;
    let value = sum(&mut rest, 0)?;
    rest.is_empty().then_some(value)
}

/// Brackets and signs within each other.
const DEEPEST: usize = 64;

fn sum(rest: &mut &str, depth: usize) -> Option<f64> {
    let mut value = product(rest, depth)?;
    while let Some(operator) = operator(rest, &['+', '-']) {
        let next = product(rest, depth)?;
        value = if operator == '+' { value + next } else { value - next };
    }
    Some(value)
}

fn product(rest: &mut &str, depth: usize) -> Option<f64> {
    let mut value = factor(rest, depth)?;
    while let Some(operator) = operator(rest, &['*', '/', '%']) {
        let next = factor(rest, depth)?;
        value = match operator {
            '*' => value * next,
            '/' => value / next,
            // The sign of the divisor, as in Lua.
            _ => value - (value / next).floor() * next,
        };
    }
    Some(value)
}

fn factor(rest: &mut &str, depth: usize) -> Option<f64> {
    if depth > DEEPEST {
        return None;
    }
    match operator(rest, &['-', '(']) {
        Some('-') => Some(-factor(rest, depth + 1)?),
        Some(_) => {
            let value = sum(rest, depth + 1)?;
            operator(rest, &[')']).map(|_| value)
        }
        None => {
            let end =
                rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
            let (number, after) = rest.split_at(end);
            *rest = after;
            number.parse().ok()
        }
    }
}

/// Takes one of these off the beginning, and the spaces around it.
fn operator(rest: &mut &str, which: &[char]) -> Option<char> {
    let text = rest.trim_start();
    let found = text.chars().next().filter(|letter| which.contains(letter));
    *rest = if found.is_some() { text[1..].trim_start() } else { text };
    found
}

/// A whole number without a fraction; what is no number in JSON is null, as it is at the service.
fn number(value: f64) -> Option<Value> {
    #[allow(clippy::cast_possible_truncation, reason = "it was looked at")]
    match value.fract() == 0.0 && value.abs() < 9e15 {
        true => Some(json!(value as i64)),
        false => Some(json!(value)),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results_of(script: &str) -> Vec<Value> {
        run(script).end.expect("it ends well")
    }

    #[test]
    fn a_scripts_text_says_what_comes_of_it() {
        assert_eq!(results_of("return 1, 'a', nil, true"), [json!(1), json!("a"), json!(null), json!(true)]);
        assert_eq!(results_of("local x = 1\nreturn {\"a\":[1,2]}"), [json!({ "a": [1, 2] })]);
        assert_eq!(results_of("return game"), [json!(null)]);
        assert_eq!(results_of("print('a')"), [] as [Value; 0]);
        let failed = run("error('no')\nreturn 1").end.expect_err("it fails");
        assert_eq!(failed, (LuauError::ScriptError, "no".to_owned()));
        let endless = run("while true do end").end.expect_err("it fails");
        assert_eq!(endless.0, LuauError::DeadlineExceeded);
    }

    #[test]
    fn numbers_are_reckoned_with() {
        for (script, result) in [
            ("return 1 + 1", json!(2)),
            ("return 2 * (3 - 1) / 8", json!(0.5)),
            ("return -7 % 3", json!(2)),
            ("return - (1.5+.5)", json!(-2)),
            ("return 1 / 0", json!(null)),
            ("return 1 +", json!(null)),
            ("return 1 + x", json!(null)),
            ("return 1 2", json!(null)),
        ] {
            assert_eq!(results_of(script), [result], "{script}");
        }
        let deep = format!("return {}1{}", "(".repeat(10_000), ")".repeat(10_000));
        assert!(results_of(&deep).iter().all(Value::is_null));
        assert_eq!(run("print(1 + 1)").logs, [(LuauLog::Output, "2".to_owned())]);
    }

    #[test]
    fn a_line_may_have_several_statements() {
        let run = run("print('a)'); warn(\"b\") return 1");
        assert_eq!(run.end, Ok(vec![json!(1)]));
        let logs: Vec<_> = run.logs.iter().map(|(kind, text)| (*kind, text.as_str())).collect();
        assert_eq!(logs, [(LuauLog::Output, "a)"), (LuauLog::Warning, "b")]);
    }

    #[test]
    fn what_is_printed_need_not_be_a_text() {
        assert_eq!(run("print(1)").logs, [(LuauLog::Output, "1".to_owned())]);
        assert_eq!(run("print(tostring(1))").logs, [(LuauLog::Output, "tostring(1)".to_owned())]);
    }

    #[test]
    fn a_comment_can_ask_for_any_error() {
        for error in LuauError::ALL {
            let failed = run(&format!("print('a')\n--emulator: {}", error.name()));
            assert_eq!(failed.end.expect_err("it fails").0, error);
            assert_eq!(failed.logs.len(), 1);
        }
        assert_eq!(results_of("--emulator: NO_SUCH_CODE\nreturn 1"), [json!(1)]);
    }
}
