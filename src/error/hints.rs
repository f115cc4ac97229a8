//! What to do about a failure: by its kind, or in the words of the operation table.

use super::known::holds;
use super::{Error, ErrorKind};
use crate::operations;
use crate::spec::Hint;
use std::time::Duration;

impl Error {
    /// What to do, for the failures whose cause is known: a missing scope, a place open in Team
    /// Create, a query that is too large, ... It also ends the error's text.
    pub fn hint(&self) -> Option<String> {
        hint(self)
    }
}

fn hint(error: &Error) -> Option<String> {
    if let Some(own) = &error.0.hint {
        return Some(own.clone().into_owned());
    }
    let known = of_kind(error.kind()).or(error.0.final_reason).or_else(|| of_table(error));
    match (error.kind(), known) {
        (ErrorKind::PermissionDenied, known) => permissions(error, known),
        (_, Some(known)) => Some(known.to_owned()),
        (_, None) => of_effect(error).map(str::to_owned).or_else(|| wait(error)),
    }
}

/// Kinds whose remedy is the same, whatever was called.
fn of_kind(kind: ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::ModeratedAccount => {
            "the account that owns the credential is moderated; nothing will work until that is resolved on roblox.com"
        }
        ErrorKind::ModeratedText => "choose another text; sending the same again will not help",
        ErrorKind::InvalidFile => "the file is damaged, or not of the type that was stated",
        // https://create.roblox.com/docs/cloud/auth/oauth2-reference
        ErrorKind::AuthorizationRequired => {
            "the user must authorize the app again: send them through the login"
        }
        ErrorKind::Redirect => {
            "redirects are not followed, because the credential would go along; check the base URL"
        }
        _ => return None,
    })
}

/// Of the hints that are about this failure, the one with the most conditions; of several, the
/// operation's own.
fn of_table(error: &Error) -> Option<&'static str> {
    let own: &'static [Hint] = error.operation().map_or(&[], |operation| operation.hints);
    let about = own.iter().chain(operations::HINTS).filter(|hint| holds(&hint.when, error, None));
    // The last of several largest ones is taken, so they are gone through from behind.
    let about: Vec<&Hint> = about.collect();
    about.into_iter().rev().max_by_key(|hint| hint.when.exactness()).map(|hint| hint.say)
}

/// A refusal for want of permission always names the scopes: Roblox does not say which is missing.
fn permissions(error: &Error, known: Option<&str>) -> Option<String> {
    let scopes = error.required_scopes();
    match (known, scopes) {
        (None, []) => None,
        (Some(known), []) => Some(known.to_owned()),
        (known, scopes) => {
            let known = known.unwrap_or("the credential may lack a scope or access to this resource");
            Some(format!("{known}; the scopes of this operation: {}", scopes.join(", ")))
        }
    }
}

fn of_effect(error: &Error) -> Option<&'static str> {
    error
        .may_have_been_applied()
        .then_some("it may have been applied all the same: look before you send it again")
}

fn wait(error: &Error) -> Option<String> {
    let wait = error.retry_after().filter(|_| error.is_rate_limited())?;
    Some(format!("the service asks to wait {}", length(wait)))
}

/// A length of time in seconds, and in hours where a limit is one of days (`RL-05`).
fn length(time: Duration) -> String {
    let seconds = time.as_secs_f64().ceil();
    let minutes = time.as_secs() / 60;
    match (minutes / 60, minutes % 60) {
        (0, 0..=1) => format!("{seconds} s"),
        (0, minutes) => format!("{seconds} s ({minutes} min)"),
        (hours, minutes) => format!("{seconds} s ({hours} h {minutes} min)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_waits_are_told_in_hours_too() {
        for (seconds, text) in
            [(0, "0 s"), (7, "7 s"), (119, "119 s"), (240, "240 s (4 min)"), (56442, "56442 s (15 h 40 min)")]
        {
            assert_eq!(length(Duration::from_secs(seconds)), text);
        }
    }
}
