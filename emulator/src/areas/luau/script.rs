//! What comes of a script that nobody decides about: nothing is executed, its text says it.

use serde_json::Value;

use crate::api::{LuauError, LuauLog, LuauRun};
use crate::areas::luau::arranged::COMMENT;
use crate::areas::luau::literal;

/// What the live service says about an error that is not the script's own (LX-09, LX-17, LX-19).
pub(super) fn words(error: LuauError) -> &'static str {
    match error {
        LuauError::ScriptError => "The script asked for this error.",
        LuauError::DeadlineExceeded => {
            "Script execution timed out. The script took longer than the configured timeout."
        }
        LuauError::OutputSizeLimitExceeded => "Return results too large",
        LuauError::InternalError => "Task timed out due to an internal error",
    }
}

/// What a script of a task with binary output returns is a table of that output and of the results (LX-20).
pub(super) fn with_output(mut run: LuauRun) -> LuauRun {
    let Ok(results) = &mut run.end else { return run };
    let [Value::Object(table)] = results.as_mut_slice() else { return run };
    let output = table.get("BinaryOutput").and_then(Value::as_str).map(|text| text.as_bytes().to_vec());
    if output.is_none() && !table.contains_key("ReturnValues") {
        return run;
    }
    let values = match table.remove("ReturnValues") {
        Some(Value::Array(values)) => values,
        _ => Vec::new(),
    };
    *results = values;
    run.binary_output = run.binary_output.or(output);
    run
}

/// `print` and `warn` write logs, `error` fails, an endless loop runs out of time, `return` gives results.
/// The script runs in a version of the place, which it can ask for (LX-07).
pub(super) fn run(script: &str, version: u64) -> LuauRun {
    let mut logs = Vec::new();
    let mut returned = None;
    let fail = |logs, error, message: &str| LuauRun { logs, ..LuauRun::fails(error, message) };
    for line in script.lines() {
        let mut rest = match look(line, version) {
            Ok(rest) => rest,
            Err(message) => {
                logs.push((LuauLog::Error, message.clone()));
                return fail(logs, LuauError::ScriptError, &message);
            }
        };
        loop {
            rest = rest.trim_start_matches(|ch: char| ch.is_whitespace() || ch == ';');
            let Some((kind, text, after)) = statement(rest) else { break };
            let text = printed(text, version);
            logs.push((kind, text.clone()));
            if kind == LuauLog::Error {
                return fail(logs, LuauError::ScriptError, &text);
            }
            rest = after;
        }
        if rest.starts_with("while true do") {
            return fail(logs, LuauError::DeadlineExceeded, words(LuauError::DeadlineExceeded));
        }
        let asked = rest.strip_prefix(COMMENT).map(str::trim);
        if let Some(error) = LuauError::ALL.into_iter().find(|error| Some(error.name()) == asked) {
            return fail(logs, error, words(error));
        }
        let is_word = |text: &&str| !text.starts_with(|ch: char| ch.is_alphanumeric() || ch == '_');
        returned = rest.strip_prefix("return").filter(is_word).or(returned);
    }
    let results = returned.map(|text| literal::list(text, version)).unwrap_or_default();
    LuauRun { logs, ..LuauRun::returns(results) }
}

/// What follows a look at the version of the place: `if game.PlaceVersion ~= 3 then error("...") end`. If it is another
/// one, the error has the words that stand there (LX-07).
fn look(line: &str, version: u64) -> Result<&str, String> {
    let parts = line.strip_prefix("if game.PlaceVersion ~= ").and_then(|rest| {
        let (wanted, rest) = rest.split_once(" then error(")?;
        let end = closing_bracket(rest)?;
        Some((
            wanted.trim().parse::<u64>().ok()?,
            &rest[..end],
            rest[end + 1..].trim_start().strip_prefix("end")?,
        ))
    });
    match parts {
        None => Ok(line),
        Some((wanted, _, rest)) if wanted == version => Ok(rest),
        Some((_, arguments, _)) => {
            // The level of the error, after a comma, is not a part of its words.
            let words = arguments.rsplit_once(", ").map_or(arguments, |(words, _)| words);
            Err(words.split("..").map(|part| printed(part.trim(), version)).collect())
        }
    }
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
    let mut chars = text.char_indices();
    while let Some((index, ch)) = chars.next() {
        match (quote, ch) {
            (Some(_), '\\') => drop(chars.next()),
            (Some(opened), _) if ch == opened => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(ch),
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
fn printed(arguments: &str, version: u64) -> String {
    let plain = |value: &Value| match value {
        Value::Null => "nil".to_owned(),
        value => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
    };
    match literal::all(arguments, version) {
        Some(values) => values.iter().map(plain).collect::<Vec<_>>().join(" "),
        None => arguments.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn results_of(script: &str) -> Vec<Value> {
        run(script, 3).end.expect("it ends well")
    }

    #[test]
    fn a_scripts_text_says_what_comes_of_it() {
        assert_eq!(results_of("return 1, 'a', nil, true"), [json!(1), json!("a"), json!(null), json!(true)]);
        assert_eq!(results_of("local x = 1\nreturn { a = {1, 2} }"), [json!({ "a": [1, 2] })]);
        assert_eq!(results_of("return 1\nreturned = 2"), [json!(1)]);
        assert_eq!(results_of("return game"), [json!(null)]);
        assert_eq!(results_of("print('a')"), [] as [Value; 0]);
        let failed = run("error('no')\nreturn 1", 3).end.expect_err("it fails");
        assert_eq!(failed, (LuauError::ScriptError, "no".to_owned()));
        let endless = run("while true do end", 3).end.expect_err("it fails");
        assert_eq!(endless.0, LuauError::DeadlineExceeded);
    }

    #[test]
    fn a_script_can_ask_for_its_version() {
        assert_eq!(
            results_of("return game.PlaceVersion, {v = game.PlaceVersion}"),
            [json!(3), json!({ "v": 3 })]
        );
        assert_eq!(
            results_of("return 'game.PlaceVersion', game.PlaceVersions"),
            [json!("game.PlaceVersion"), json!(null)]
        );
        assert_eq!(run("print(game.PlaceVersion)", 7).logs[0].1, "7");
    }

    #[test]
    fn a_look_at_the_version_finds_the_one_that_runs() {
        let script = "--!strict\nif game.PlaceVersion ~= 3 then error(\"v:\" .. game.PlaceVersion .. \":3\", 0) end return 1";
        assert_eq!(results_of(script), [json!(1)]);
        let other = run(script, 2).end.expect_err("another version");
        assert_eq!(other, (LuauError::ScriptError, "v:2:3".to_owned()));
    }

    #[test]
    fn binary_output_comes_with_the_results() {
        let script = "return {BinaryOutput = buffer.fromstring('abc'), ReturnValues = {1, 'two'}}";
        let split = with_output(run(script, 3));
        assert_eq!(split.end, Ok(vec![json!(1), json!("two")]));
        assert_eq!(split.binary_output.as_deref(), Some(&b"abc"[..]));
        let plain = with_output(run("return {a = 1}", 3));
        assert_eq!(plain.end, Ok(vec![json!({ "a": 1 })]));
    }

    #[test]
    fn a_line_may_have_several_statements() {
        let run = run("print('a)'); warn(\"b\") return 1", 3);
        assert_eq!(run.end, Ok(vec![json!(1)]));
        let logs: Vec<_> = run.logs.iter().map(|(kind, text)| (*kind, text.as_str())).collect();
        assert_eq!(logs, [(LuauLog::Output, "a)"), (LuauLog::Warning, "b")]);
    }

    #[test]
    fn what_is_printed_need_not_be_a_text() {
        assert_eq!(run("print(1 + 1)", 3).logs, [(LuauLog::Output, "2".to_owned())]);
        assert_eq!(run("print('a)\\'', {1}, nil)", 3).logs, [(LuauLog::Output, "a)' [1] nil".to_owned())]);
        assert_eq!(run("print(tostring(1))", 3).logs, [(LuauLog::Output, "tostring(1)".to_owned())]);
    }

    #[test]
    fn a_comment_can_ask_for_any_error() {
        for error in LuauError::ALL {
            let failed = run(&format!("print('a')\n--emulator: {}", error.name()), 3);
            assert_eq!(failed.end.expect_err("it fails").0, error);
            assert_eq!(failed.logs.len(), 1);
        }
        assert_eq!(results_of("--emulator: NO_SUCH_CODE\nreturn 1"), [json!(1)]);
    }
}
