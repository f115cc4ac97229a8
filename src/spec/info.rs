//! The types of the operation table.

use crate::wire::decode::ExpectedFields;
use std::time::Duration;

/// One operation of Open Cloud, as the document describes it.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OperationInfo {
    /// `area.method`, as in `users.get`.
    pub id: &'static str,
    /// The area, which is also the name of the module, the handle and the cargo feature.
    pub area: &'static str,
    /// The HTTP method.
    pub method: http::Method,
    /// The path template, as in `/cloud/v2/users/{user_id}`.
    pub path: &'static str,
    /// The host that serves it.
    pub host: &'static str,
    /// What Roblox promises about it (`x-roblox-stability`).
    pub stability: Stability,
    /// Whether Roblox has deprecated it.
    pub deprecated: bool,
    /// The scopes that play a part (`x-roblox-scopes`).
    pub scopes: &'static [&'static str],
    /// What is certainly needed of them: of each of these lists, one. Roblox does not say it of most
    /// operations; for those it is all, which is our reading.
    pub needed_scopes: &'static [&'static [&'static str]],
    /// Whether it takes an API key.
    pub api_key: bool,
    /// Whether it takes an OAuth 2.0 token.
    pub oauth: bool,
    /// The limit for all API keys of one owner (`x-roblox-rate-limits`).
    pub api_key_limit: Option<Limit>,
    /// The limit for one OAuth 2.0 authorization (`x-roblox-rate-limits`).
    pub oauth_limit: Option<Limit>,
    /// The limits that the service keeps besides, whoever asks: of a universe, or a user in it. The narrowest
    /// comes first.
    pub limits: &'static [ServiceLimit],
    /// Roblox's reference page.
    pub reference: Option<&'static str>,
    /// Whether sending it twice has the effect of sending it once.
    pub idempotent: bool,
    /// Whether a 429 means that waiting helps.
    pub retry_too_many_requests: bool,
    /// How long an attempt must be given, where the service was seen to take longer than usual.
    pub attempt_timeout: Option<Duration>,
    /// How it takes a key that makes sending it twice safe.
    pub idempotency: Option<IdempotencyInfo>,
    /// The property of the response that a bare array stands for, if the service may respond with one.
    pub bare_list: Option<&'static str>,
    /// What its response must hold.
    pub expects: ExpectedFields,
    /// The properties of its response that the request has said already.
    pub id_from_request: &'static [IdFromRequest],
    /// Where a response of success lists what has failed, if it does.
    pub errors_in_success: Option<ErrorsInSuccess>,
    /// Whether the body of a 412 is the object that is there, and says nothing of the failure.
    pub conflict_is_value: bool,
    /// The query parameter that names the fields to change.
    pub update_mask: Option<&'static str>,
    /// How it is paged, if it is a list.
    pub paging: Option<PagingInfo>,
    /// How it is followed, if it starts a long-running operation.
    pub long_running: Option<LongRunningInfo>,
    /// What to do about its known failures.
    pub hints: &'static [Hint],
    /// Failures that no further attempt changes, whatever their status.
    pub final_errors: &'static [FinalError],
    /// Failures that mean that what is to be created exists already.
    pub already_exists: &'static [Condition],
    /// How often it may be asked, if it reports the state of a long-running operation and was seen to
    /// refuse what its limit allows.
    pub polling: Option<Polling>,
}

impl OperationInfo {
    /// Whether it takes no credential, and is sent without one: a public operation that is not part of Open Cloud.
    pub fn is_public(&self) -> bool {
        !self.api_key && !self.oauth
    }

    /// Whether it changes nothing.
    pub fn only_reads(&self) -> bool {
        self.method.is_safe() && self.idempotent
    }
}

/// What is known of a failure, and what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hint {
    /// Which failures it is about.
    pub when: Condition,
    /// What to do.
    pub say: &'static str,
}

/// A failure that no further attempt changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FinalError {
    /// Which failures it is about.
    pub when: Condition,
    /// Why another attempt would fail as well, and what to do.
    pub because: &'static str,
}

/// What a failure must look like. All that is stated must hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Condition {
    /// The status code of the response.
    pub status: Option<u16>,
    /// The service's own code.
    pub code: Option<&'static str>,
    /// A part of the service's message, in any case.
    pub message_contains: Option<&'static str>,
    /// A property of the JSON body of the request.
    pub body_has: Option<&'static str>,
    /// Whether the request may have had its effect.
    pub effect_unknown: bool,
    /// Whether the long-running operation was not done when the caller's time for it ran out, and is
    /// [overdue](LongRunningInfo::overdue).
    pub overdue: bool,
}

/// An id that the caller has chosen. Where a response lacks it, it is the one of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct IdFromRequest {
    /// The property of the response.
    pub property: &'static str,
    /// The parameter of the path or query, or the property of the JSON body, that has the same value.
    pub parameter: &'static str,
}

/// A list in a response of success of what has failed. A response with such items is an error of what they say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorsInSuccess {
    /// The property that holds the list.
    pub list: &'static str,
    /// The property beside which its items are not failures of the call.
    pub unless: Option<&'static str>,
    /// The property of an item that names what it is about.
    pub about: Option<&'static str>,
    /// The codes of items that are not failures.
    pub harmless: &'static [&'static str],
}

/// How an operation takes an idempotency key. Where the caller gives none, one is made for each
/// call and kept over its attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct IdempotencyInfo {
    /// The parameter that carries the key.
    pub key: &'static str,
    /// The parameter that says when the key was first sent.
    pub first_sent: Option<&'static str>,
    /// Whether these are headers instead of query parameters.
    pub in_header: bool,
}

/// What Roblox promises about an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stability {
    /// It stays as it is.
    Stable,
    /// It may change.
    Beta,
    /// It may change or go.
    Experimental,
    /// Roblox says nothing.
    Unstated,
}

/// A rate limit: requests per period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limit {
    /// The number of requests.
    pub requests: u64,
    /// The period in seconds.
    pub seconds: u64,
}

impl Limit {
    /// A number of requests in a number of seconds.
    pub const fn new(requests: u64, seconds: u64) -> Self {
        Self { requests, seconds }
    }

    /// A number of requests a second.
    pub const fn per_second(requests: u64) -> Self {
        Self::new(requests, 1)
    }

    /// A number of requests a minute.
    pub const fn per_minute(requests: u64) -> Self {
        Self::new(requests, 60)
    }

    /// The period.
    pub fn period(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

/// A limit of a service for all requests of a class together, whatever their credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceLimit {
    /// The name that the requests are counted under; several operations can share it.
    pub class: &'static str,
    /// The number of requests and their period.
    pub limit: Limit,
    /// What each concurrent user of the universe adds, in tenths of a request.
    pub tenths_per_user: u64,
    /// The path parameters whose values are counted apart.
    pub by: &'static [&'static str],
    /// The number of requests that the service's headers state for it, where it was seen to take fewer.
    pub stated: Option<u64>,
    /// How long a 429 lasts that does not say so, in seconds, if that is known.
    pub max_wait: Option<u64>,
    /// Whether the servers of the running game use it up, too.
    pub shared_with_game: bool,
    /// Whether Roblox sells more than it
    /// ([Extended Services](https://create.roblox.com/docs/cloud-services/extended-services)).
    pub extendable: bool,
    /// Whether it counts request units: a request that lists items costs one for each of them, at least one, and any other
    /// request costs one. No header speaks of it.
    pub units: bool,
}

/// The pace at which the state of a long-running operation can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Polling {
    /// The wait before the first poll.
    pub first: Duration,
    /// The shortest wait between two polls.
    pub every: Duration,
}

/// How a list is paged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PagingInfo {
    /// What leads to the next page.
    pub style: PagingStyle,
    /// The request parameter that carries it, if there is one.
    pub token: Option<&'static str>,
    /// The request parameter that chooses a page by its number instead, and may not be sent with a
    /// token.
    pub number: Option<&'static str>,
    /// The request parameter that carries the page size.
    pub size: Option<&'static str>,
    /// The largest page.
    pub max: Option<u64>,
    /// The page sizes that the service takes, in order, if it takes only some.
    pub sizes: &'static [u64],
    /// Whether these are properties of the JSON body instead of query parameters.
    pub in_body: bool,
    /// Where the next token is in the response; with [`PagingStyle::Entries`], in each item.
    pub next: Option<&'static str>,
    /// Where a token goes in an entry of the request, with [`PagingStyle::Entries`].
    pub cursor: Option<&'static str>,
    /// What says which entry of the request an item belongs to, with [`PagingStyle::Entries`].
    pub key: Option<&'static str>,
}

/// What leads to the next page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PagingStyle {
    /// A token or cursor of the response.
    Token,
    /// A page number, from 1.
    PageNumber,
    /// The number of items to skip.
    Offset,
    /// A token of its own for each entry of the request.
    Entries,
    /// The same call again, until it finds nothing.
    Repeat,
}

/// How a long-running operation is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct LongRunningInfo {
    /// The form of its state.
    pub dialect: Dialect,
    /// What a relative operation path is joined to.
    pub base: &'static str,
    /// The operation that reports the state; without one, the call itself is repeated.
    pub poll: Option<&'static OperationInfo>,
    /// Further forms of the path at which the state is reported.
    pub paths: &'static [&'static str],
    /// Where the result is in the envelope: the names of the properties that lead to it.
    pub result: &'static [&'static str],
    /// Whether the service may respond with the result itself instead of the envelope.
    pub direct: bool,
    /// The query parameters that a poll repeats.
    pub query: &'static [&'static str],
    /// What the result must hold.
    pub expects: ExpectedFields,
    /// Whether an operation that is done has a result: its type has fields.
    pub has_result: bool,
    /// When it should have been done, if that is known.
    pub overdue: Option<Overdue>,
}

/// When a long-running operation should have been done: after the time that it was given, and some more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Overdue {
    /// The service's word for the state that it does not leave.
    pub state: &'static str,
    /// The property with the time that it was given, such as `30s`.
    pub time: &'static str,
    /// That time, where the property is absent.
    pub default: Duration,
    /// How much longer it may take if all is well.
    pub beyond: Duration,
}

/// The forms in which services report the state of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dialect {
    /// `path`, `done`, `error`, `response`.
    Cloud,
    /// 200 when done, 202 until then.
    Analytics,
    /// `operation.operationId`, `operation.done`.
    Experiment,
    /// A task with a `state`.
    Luau,
    /// A state for each place.
    Restart,
    /// A state for each file.
    ThumbnailUpload,
}
