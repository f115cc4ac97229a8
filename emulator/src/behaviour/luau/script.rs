//! What comes of a script that nobody decides about: nothing is executed, its text says it.

use serde_json::Value;

use super::literal;
use crate::luau::{LuauError, LuauLog, LuauRun};

/// A comment with one of the codes of errors after it: the script fails with that one.
const FAILS: &str = "--emulator:";

/// `print` and `warn` write logs, `error` fails, an endless loop runs out of time, `return` gives results.
pub(super) fn run(script: &str) -> LuauRun {
    let mut logs = Vec::new();
    let mut returned = None;
    let fail = |logs, error, message: &str| LuauRun { logs, ..LuauRun::fails(error, message) };
    for line in script.lines() {
        let mut rest = behind_look(line);
        loop {
            rest = rest.trim_start_matches(|letter: char| letter.is_whitespace() || letter == ';');
            let Some((kind, text, after)) = statement(rest) else {
                break;
            };
            let text = printed(text);
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
        let is_word =
            |text: &&str| !text.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_');
        returned = rest.strip_prefix("return").filter(is_word).or(returned);
    }
    let results = returned.map(literal::list).unwrap_or_default();
    LuauRun { logs, ..LuauRun::returns(results) }
}

/// What follows a look at the version of the place, which is always the one that is looked for: nothing else
/// runs here.
fn behind_look(line: &str) -> &str {
    let look = line.strip_prefix("if game.PlaceVersion ~= ");
    look.and_then(|look| look.split_once(" end ")).map_or(line, |(_, rest)| rest)
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
    let mut letters = text.char_indices();
    while let Some((index, letter)) = letters.next() {
        match (quote, letter) {
            (Some(_), '\\') => drop(letters.next()),
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

/// What a call logs: its arguments with spaces between them, or its text if that is more than literals.
fn printed(arguments: &str) -> String {
    let plain = |value: &Value| match value {
        Value::Null => "nil".to_owned(),
        value => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
    };
    match literal::all(arguments) {
        Some(values) => values.iter().map(plain).collect::<Vec<_>>().join(" "),
        None => arguments.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn results_of(script: &str) -> Vec<Value> {
        run(script).end.expect("it ends well")
    }

    #[test]
    fn a_scripts_text_says_what_comes_of_it() {
        assert_eq!(results_of("return 1, 'a', nil, true"), [json!(1), json!("a"), json!(null), json!(true)]);
        assert_eq!(results_of("local x = 1\nreturn { a = {1, 2} }"), [json!({ "a": [1, 2] })]);
        assert_eq!(results_of("return 1\nreturned = 2"), [json!(1)]);
        assert_eq!(results_of("return game"), [json!(null)]);
        assert_eq!(results_of("print('a')"), [] as [Value; 0]);
        let failed = run("error('no')\nreturn 1").end.expect_err("it fails");
        assert_eq!(failed, (LuauError::ScriptError, "no".to_owned()));
        let endless = run("while true do end").end.expect_err("it fails");
        assert_eq!(endless.0, LuauError::DeadlineExceeded);
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
        assert_eq!(run("print(1 + 1)").logs, [(LuauLog::Output, "2".to_owned())]);
        assert_eq!(run("print('a)\\'', {1}, nil)").logs, [(LuauLog::Output, "a)' [1] nil".to_owned())]);
        assert_eq!(run("print(tostring(1))").logs, [(LuauLog::Output, "tostring(1)".to_owned())]);
    }

    #[test]
    fn a_look_at_the_version_finds_it() {
        let script = "--!strict\nif game.PlaceVersion ~= 3 then error(\"no\") end return 1";
        assert_eq!(results_of(script), [json!(1)]);
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
