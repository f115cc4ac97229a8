//! Who an ID token speaks of, and whether to believe it.

use super::clock::Clock;
use super::keys::Keys;
use super::responses::UserInfo;
use super::signature::Unverified;
use crate::{Client, Error};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::fmt;
use std::time::Duration;
use subtle::ConstantTimeEq;

/// The longest ID token that is read, in bytes.
const LONGEST: usize = 32 * 1024;

/// How Roblox signs.
const ALGORITHM: &str = "ES256";

/// No more of another algorithm's name is told, in characters.
const LONGEST_NAME: usize = 32;

/// A clock that differs by no more is right: a `Date` has whole seconds, and a response takes its time.
const RIGHT: u64 = 5;

/// Who a verified ID token speaks of. It says who the user is, and nothing of what they allowed.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Identity {
    /// The user.
    pub user: UserInfo,
    /// When it was signed.
    pub issued_at: Option<Timestamp>,
    /// Until when it may be believed.
    pub expires_at: Timestamp,
    /// All that it says.
    pub claims: Map<String, Value>,
}

impl fmt::Debug for Identity {
    /// Without the claims: the nonce is one of them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("user", &self.user)
            .field("issued_at", &self.issued_at)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// What holds of every ID token for an app.
pub(super) struct Rules {
    pub(super) issuer: String,
    /// The app's client id.
    pub(super) audience: String,
    pub(super) skew: Duration,
}

/// The claims that are checked. A claim of another type than it should be is an error, and not absent.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: f64,
    iat: Option<f64>,
    nbf: Option<f64>,
    nonce: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

pub(super) async fn verify(
    token: &str,
    nonce: Option<&str>,
    rules: &Rules,
    keys: &Keys,
    client: &Client,
    clock: &Clock,
) -> Result<Identity, Error> {
    let refuse = |why: String| Error::authorization_required(None, format!("the ID token {why}"));
    if token.len() > LONGEST {
        return Err(refuse(format!("is longer than {LONGEST} bytes")));
    }
    let unverified = Unverified::read(token)
        .map_err(|error| refuse(format!("has no header that can be read: {error}")))?;
    let header = &unverified.header;
    if header.alg != ALGORITHM {
        let named = header.alg.chars().take(LONGEST_NAME).collect::<String>();
        return Err(refuse(format!("is signed with {named}; Roblox signs with {ALGORITHM}")));
    }
    if header.crit.is_some() {
        return Err(refuse("has an extension that must be understood, and is not".to_owned()));
    }
    let Some(id) = &header.kid else { return Err(refuse("does not say by which key".to_owned())) };
    let Some(key) = keys.get(id, client).await? else {
        return Err(refuse("is signed with a key that is not one of Roblox's".to_owned()));
    };
    let verified =
        unverified.verify(&key).ok_or_else(|| refuse("has a signature that does not fit".to_owned()))?;
    let claims = Claims::deserialize(&verified)
        .map_err(|error| refuse(format!("lacks a claim that it must have: {error}")))?;
    let expires_at = check(&claims, nonce, rules, clock.now()).map_err(|why| match why {
        Wrong::Claim(why) => refuse(why.to_owned()),
        Wrong::Clock(why) => refuse(why).with_hint(clock_hint(clock)),
    })?;
    let user =
        UserInfo::deserialize(&verified).map_err(|error| refuse(format!("describes no user: {error}")))?;
    let Value::Object(all) = verified else { return Err(refuse("has no claims".to_owned())) };
    Ok(Identity { user, issued_at: claims.iat.and_then(time), expires_at, claims: all })
}

/// What does not hold.
enum Wrong {
    Claim(&'static str),
    /// It may be this machine's clock.
    Clock(String),
}

impl From<&'static str> for Wrong {
    fn from(why: &'static str) -> Self {
        Self::Claim(why)
    }
}

/// The time at which the token ends, if every claim holds.
fn check(claims: &Claims, nonce: Option<&str>, rules: &Rules, now: Timestamp) -> Result<Timestamp, Wrong> {
    if claims.iss != rules.issuer {
        return Err("is by another issuer than Roblox".into());
    }
    let (is_ours, is_shared) = match &claims.aud {
        Audience::One(one) => (*one == rules.audience, false),
        Audience::Several(several) => (several.contains(&rules.audience), several.len() > 1),
    };
    let is_other_party = claims.azp.as_ref().is_some_and(|party| *party != rules.audience);
    if !is_ours || is_other_party || (is_shared && claims.azp.is_none()) {
        return Err("is meant for another app".into());
    }
    if claims.sub.is_empty() {
        return Err("names no user".into());
    }
    let skew = SignedDuration::try_from(rules.skew).unwrap_or(SignedDuration::MAX);
    let moment = |seconds: f64| time(seconds).ok_or("holds a time that is invalid");
    let expires_at = moment(claims.exp)?;
    let late = now.duration_since(expires_at);
    if late >= skew {
        return Err(clock("has expired", late, rules));
    }
    for begin in [claims.nbf, claims.iat].into_iter().flatten() {
        let early = moment(begin)?.duration_since(now);
        if early > skew {
            return Err(clock("is not valid yet", early, rules));
        }
    }
    if let Some(nonce) = nonce {
        let given = claims.nonce.as_deref().unwrap_or_default();
        if !bool::from(given.as_bytes().ct_eq(nonce.as_bytes())) {
            return Err("was made for another login: its nonce differs".into());
        }
    }
    Ok(expires_at)
}

/// What to do about a token that is too old or too new. Users' clocks are off by minutes (`AU-11`), and another login
/// does not set them right.
fn clock_hint(clock: &Clock) -> String {
    let remedy = "or allow more with `AppBuilder::clock_skew`: another login alone would end in the same way";
    let Some(ahead) = clock.ahead() else {
        return format!("this machine's clock may be wrong; set it right, {remedy}");
    };
    let (by, way) = (ahead.unsigned_abs().as_secs(), if ahead.is_negative() { "behind" } else { "ahead of" });
    if by <= RIGHT {
        return "this machine's clock agrees with Roblox's latest response, so the token itself is old or not yet \
                valid; send the user through the login again"
            .to_owned();
    }
    format!(
        "this machine's clock is {by} s {way} the `date` of Roblox's latest response; set it right, {remedy}"
    )
}

/// A token that is too old or too new by this machine's clock, and by how much.
fn clock(what: &str, by: SignedDuration, rules: &Rules) -> Wrong {
    let (by, allowed) = (by.as_secs(), rules.skew.as_secs());
    Wrong::Clock(format!("{what}: {by} s by this machine's clock, and {allowed} s are allowed"))
}

/// Seconds since 1970, which may have a fraction.
fn time(seconds: f64) -> Option<Timestamp> {
    let seconds = seconds.is_finite().then(|| seconds.floor())?;
    // Beyond this there is no `Timestamp`.
    if seconds.abs() > 1e12 {
        return None;
    }
    Timestamp::from_second(seconds as i64).ok()
}
