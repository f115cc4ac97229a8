//! Authorizations that users gave, and the codes and tokens that stand for them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::identity::secrets::Secrets;

const CODE_SECONDS: i64 = 60;
const ACCESS_SECONDS: i64 = 15 * 60;
const REFRESH_SECONDS: i64 = 90 * 86_400;
/// Roblox's samples say that a fresh token expires in 899 seconds.
pub(crate) const ACCESS_EXPIRES_IN: i64 = ACCESS_SECONDS - 1;
const MAX_SESSIONS: usize = 10_000;
const MAX_CODES: usize = 1_000;
/// Of one session; the oldest make room.
const MAX_TOKENS: usize = 100;

#[derive(Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sessions {
    codes: BTreeMap<String, Code>,
    sessions: BTreeMap<u64, Session>,
    /// Which session a token belongs to.
    tokens: BTreeMap<String, u64>,
    last: u64,
}

/// What a user let an app do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Grant {
    pub(crate) client_id: String,
    pub(crate) user: u64,
    pub(crate) scopes: Vec<String>,
    pub(crate) universes: Universes,
    /// When the user logged in, in seconds.
    pub(crate) given_at: i64,
}

/// The universes that a user gave access to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Universes {
    /// Those that the user owns. Everything in the emulator belongs to everybody.
    Owned,
    Listed(Vec<String>),
}

impl Universes {
    pub(crate) fn cover(&self, universe: Option<&str>) -> bool {
        match (self, universe) {
            (Universes::Listed(listed), Some(universe)) => listed.iter().any(|known| known == universe),
            _ => true,
        }
    }

    /// As the API lists them: `U` is what the authorizing user owns.
    pub(crate) fn ids(&self) -> Vec<String> {
        match self {
            Universes::Owned => vec!["U".to_owned()],
            Universes::Listed(listed) => listed.clone(),
        }
    }
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Code {
    pub(crate) grant: Grant,
    pub(crate) redirect_uri: String,
    pub(crate) challenge: Option<String>,
    pub(crate) nonce: Option<String>,
    expires_at: i64,
    /// The session that it was exchanged for.
    exchanged: Option<u64>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Session {
    #[serde(flatten)]
    pub(crate) grant: Grant,
    pub(crate) ended: bool,
    tokens: BTreeMap<String, Token>,
    /// The tokens in the order in which they were made.
    order: Vec<String>,
}

impl std::ops::Deref for Session {
    type Target = Grant;

    fn deref(&self) -> &Grant {
        &self.grant
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) scopes: Vec<String>,
    pub(crate) issued_at: i64,
    pub(crate) expires_at: i64,
    used: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Kind {
    Access,
    Refresh,
}

/// An access token that is good.
pub(crate) struct Access<'a> {
    pub(crate) session: &'a Session,
    pub(crate) scopes: &'a [String],
}

/// What an exchange gives.
pub(crate) struct Issued {
    pub(crate) access: String,
    pub(crate) refresh: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) grant: Grant,
    /// Only of the exchange of a code whose request had one.
    pub(crate) nonce: Option<String>,
}

/// What is asked of a code before it is exchanged; the text says what is wrong.
pub(crate) type Check<'a> = &'a dyn Fn(&Code) -> Result<(), String>;

impl Sessions {
    /// A code for what was granted.
    pub(crate) fn authorize(
        &mut self,
        secrets: &mut Secrets,
        grant: Grant,
        redirect_uri: &str,
        challenge: Option<&str>,
        nonce: Option<&str>,
        now: Timestamp,
    ) -> String {
        let second = now.as_second();
        // A code is kept for as long as its first tokens, to notice that it is used again.
        self.codes.retain(|_, code| code.expires_at + ACCESS_SECONDS > second);
        while self.codes.len() >= MAX_CODES {
            let oldest = self.codes.iter().min_by_key(|(_, code)| code.expires_at);
            oldest.map(|(text, _)| text.clone()).map(|text| self.codes.remove(&text));
        }
        let code = Code {
            grant,
            redirect_uri: redirect_uri.to_owned(),
            challenge: challenge.map(str::to_owned),
            nonce: nonce.map(str::to_owned),
            expires_at: second + CODE_SECONDS,
            exchanged: None,
        };
        let text = secrets.next("code");
        self.codes.insert(text.clone(), code);
        text
    }

    /// Exchanges a code for tokens. A code that is used again ends the session that it began (RFC 6749, section 4.1.2).
    pub(crate) fn exchange(
        &mut self,
        secrets: &mut Secrets,
        code: &str,
        client_id: &str,
        check: Check<'_>,
        now: Timestamp,
    ) -> Result<Issued, String> {
        let known = self.codes.get(code).filter(|code| code.grant.client_id == client_id);
        let Some(known) = known.cloned() else { return Err("The code is not known.".to_owned()) };
        if let Some(session) = known.exchanged {
            self.end(session);
            return Err("The code was used before; the session that it began has ended.".to_owned());
        }
        if known.expires_at <= now.as_second() {
            return Err("The code has expired; it is good for one minute.".to_owned());
        }
        check(&known)?;
        let session = self.open(known.grant.clone());
        if let Some(code) = self.codes.get_mut(code) {
            code.exchanged = Some(session);
        }
        let scopes = known.grant.scopes.clone();
        let (access, refresh) = self.issue(secrets, session, &scopes, now);
        Ok(Issued { access, refresh, scopes, grant: known.grant, nonce: known.nonce })
    }

    /// A new session with its first tokens, without a code: for tests that are not about logging in.
    pub(crate) fn grant(&mut self, secrets: &mut Secrets, grant: Grant, now: Timestamp) -> Issued {
        let session = self.open(grant.clone());
        let scopes = grant.scopes.clone();
        let (access, refresh) = self.issue(secrets, session, &scopes, now);
        Issued { access, refresh, scopes, grant, nonce: None }
    }

    /// Exchanges a refresh token, which is good for one time only, for a whole new set.
    pub(crate) fn refresh(
        &mut self,
        secrets: &mut Secrets,
        token: &str,
        client_id: &str,
        narrower: Option<Vec<String>>,
        reuse_ends_session: bool,
        now: Timestamp,
    ) -> Result<Issued, String> {
        let unknown = || "The refresh token is not known.".to_owned();
        let number = *self.tokens.get(token).ok_or_else(unknown)?;
        let known = self.token(token).filter(|(session, _)| session.client_id == client_id);
        let (session, known) = known.filter(|(_, token)| token.kind == Kind::Refresh).ok_or_else(unknown)?;
        refuse_if!(session.ended, "The session has ended: the user must authorize the app again.");
        if known.used {
            refuse_if!(!reuse_ends_session, "The refresh token was used before.");
            self.end(number);
            return Err("The refresh token was used before; the session has ended.".to_owned());
        }
        if known.expires_at <= now.as_second() {
            return Err("The refresh token has expired; it is good for 90 days.".to_owned());
        }
        let grant = session.grant.clone();
        let scopes = narrower.unwrap_or_else(|| grant.scopes.clone());
        if let Some(other) = scopes.iter().find(|scope| !grant.scopes.contains(scope)) {
            return Err(format!("The scope {other} was not granted."));
        }
        if let Some(used) = self.sessions.get_mut(&number).and_then(|session| session.tokens.get_mut(token)) {
            used.used = true;
        }
        let (access, refresh) = self.issue(secrets, number, &scopes, now);
        Ok(Issued { access, refresh, scopes, grant, nonce: None })
    }

    /// What an access token is good for, or why it is not good.
    pub(crate) fn access(&self, token: &str, now: Timestamp) -> Result<Access<'_>, &'static str> {
        let known = self.token(token).filter(|(_, token)| token.kind == Kind::Access);
        let (session, known) = known.ok_or("is not known")?;
        if known.expires_at <= now.as_second() {
            return Err("has expired");
        }
        if session.ended {
            return Err("was revoked");
        }
        Ok(Access { session, scopes: &known.scopes })
    }

    /// A token of either kind, whether it is still good or not.
    pub(crate) fn token(&self, token: &str) -> Option<(&Session, &Token)> {
        let session = self.sessions.get(self.tokens.get(token)?)?;
        Some((session, session.tokens.get(token)?))
    }

    /// Ends the session that a token of this app belongs to, if it is known.
    pub(crate) fn revoke(&mut self, token: &str, client_id: &str) {
        let number = self.tokens.get(token).copied();
        let owned = |number: &u64| self.sessions.get(number).is_some_and(|s| s.client_id == client_id);
        if let Some(number) = number.filter(owned) {
            self.end(number);
        }
    }

    /// The user takes back what was given to an app, or to all apps.
    pub(crate) fn revoke_user(&mut self, user: u64, client_id: Option<&str>) -> usize {
        let is_meant = |session: &Session| {
            !session.ended && session.user == user && client_id.is_none_or(|id| id == session.client_id)
        };
        let meant = self.sessions.values_mut().filter(|session| is_meant(session));
        meant.map(|session| session.ended = true).count()
    }

    /// Whether the user gave all of this to the app before.
    pub(crate) fn has_consented(&self, client_id: &str, user: u64, scopes: &[String]) -> bool {
        self.sessions.values().any(|session| {
            !session.ended
                && session.client_id == client_id
                && session.user == user
                && scopes.iter().all(|scope| session.scopes.contains(scope))
        })
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (u64, &Session)> {
        self.sessions.iter().map(|(number, session)| (*number, session))
    }

    fn open(&mut self, grant: Grant) -> u64 {
        while self.sessions.len() >= MAX_SESSIONS {
            if let Some((_, oldest)) = self.sessions.pop_first() {
                for token in &oldest.order {
                    self.tokens.remove(token);
                }
            }
        }
        self.last += 1;
        let session = Session { grant, ended: false, tokens: BTreeMap::new(), order: Vec::new() };
        self.sessions.insert(self.last, session);
        self.last
    }

    fn end(&mut self, session: u64) {
        if let Some(session) = self.sessions.get_mut(&session) {
            session.ended = true;
        }
    }

    fn issue(
        &mut self,
        secrets: &mut Secrets,
        number: u64,
        scopes: &[String],
        now: Timestamp,
    ) -> (String, String) {
        let mut make = |kind: Kind, name: &str, seconds: i64| {
            let text = secrets.next(name);
            let token = Token {
                kind,
                scopes: scopes.to_vec(),
                issued_at: now.as_second(),
                expires_at: now.as_second() + seconds,
                used: false,
            };
            self.tokens.insert(text.clone(), number);
            if let Some(session) = self.sessions.get_mut(&number) {
                session.tokens.insert(text.clone(), token);
                session.order.push(text.clone());
                if session.order.len() > MAX_TOKENS {
                    let oldest = session.order.remove(0);
                    session.tokens.remove(&oldest);
                    self.tokens.remove(&oldest);
                }
            }
            text
        };
        (make(Kind::Access, "access", ACCESS_SECONDS), make(Kind::Refresh, "refresh", REFRESH_SECONDS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant() -> Grant {
        Grant {
            client_id: "1".to_owned(),
            user: 7,
            scopes: vec!["openid".to_owned(), "group:read".to_owned()],
            universes: Universes::Listed(vec!["2001".to_owned()]),
            given_at: 0,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    #[test]
    fn tokens_of_one_session_are_bounded_and_so_are_sessions() {
        let (mut sessions, mut secrets) = (Sessions::default(), Secrets::random());
        let mut token = sessions.grant(&mut secrets, grant(), at(0)).refresh;
        for _ in 0..MAX_TOKENS {
            let next = sessions.refresh(&mut secrets, &token, "1", None, true, at(1));
            token = next.expect("refreshed").refresh;
        }
        assert_eq!(sessions.tokens.len(), MAX_TOKENS);
        for _ in 0..=MAX_SESSIONS {
            sessions.grant(&mut secrets, grant(), at(0));
        }
        assert_eq!(sessions.sessions.len(), MAX_SESSIONS);
        assert_eq!(sessions.tokens.len(), 2 * MAX_SESSIONS);
        for _ in 0..=MAX_CODES {
            sessions.authorize(&mut secrets, grant(), "https://a.example", None, None, at(0));
        }
        assert_eq!(sessions.codes.len(), MAX_CODES);
    }

    #[test]
    fn a_token_of_another_app_is_as_unknown_as_no_token() {
        let (mut sessions, mut secrets) = (Sessions::default(), Secrets::random());
        let token = sessions.grant(&mut secrets, grant(), at(0)).refresh;
        let mut error = |token: &str, client: &str| {
            sessions.refresh(&mut secrets, token, client, None, true, at(1)).err().expect("refused")
        };
        assert_eq!(error(&token, "2"), error("none", "1"));
        sessions.revoke(&token, "2");
        assert!(sessions.refresh(&mut secrets, &token, "1", None, true, at(1)).is_ok());
    }

    #[test]
    fn universes_are_covered_if_they_are_listed_or_owned() {
        let listed = Universes::Listed(vec!["1".to_owned()]);
        assert!(listed.cover(Some("1")) && !listed.cover(Some("2")) && listed.cover(None));
        assert!(Universes::Owned.cover(Some("2")));
    }
}
