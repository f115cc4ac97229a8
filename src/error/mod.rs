//! The one error.

mod convert;
mod display;
mod hints;
mod kind;
mod known;
mod one_line;
mod path;
mod seconds;

pub use kind::ErrorKind;
pub(crate) use one_line::{OneLine, Shown};
pub(crate) use path::RequestPath;

use crate::spec::{OperationInfo, RateLimitStatus};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use seconds::Seconds;
use serde_json::Value;
use std::borrow::Cow;
use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

/// Why a call failed: what was tried, what the service said, and what is known of its effect.
///
/// It reads as one line: method, path template, status, the service's own words, and what to do
/// where that is known. Cloning it is cheap.
///
/// No credential is in its text, nor in what `Debug` shows. For an operation of this crate the text
/// names the path template, so no id of the path is in it, unless the service's words repeat one, or
/// a task with many things says which of them it is about (an export, a key); for a
/// [`Client::request`](crate::Client::request) it names the path itself.
/// [`paths_in_errors`](crate::ClientBuilder::paths_in_errors) makes the text name the path with its ids.
///
/// `Debug`, which an error that `main` returns is shown by, reads as the text does, with the path and its ids, the
/// causes, and the ids by which Roblox finds the request; `{:#?}` shows a struct. What comes from the
/// service is kept as it came and may hold ids, personal data or anything else:
/// [`body`](Self::body), [`headers`](Self::headers), [`details`](Self::details). So may
/// [`operation_name`](Self::operation_name), which is the path of an operation, and
/// [`resume_token`](Self::resume_token). Log those only where that is allowed.
///
/// ```
/// # fn handle(error: opencloud::Error) {
/// if error.is_not_found() {
///     // it is not there
/// } else if let Some(wait) = error.retry_after() {
///     // the service names a time
/// } else if error.may_have_been_applied() {
///     // look before sending it again
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: String,
    code: Option<String>,
    details: Option<Value>,
    operation: Option<&'static OperationInfo>,
    /// What was called, where it is not an operation of the table.
    target: Option<(Method, String)>,
    /// The path as it was sent, and whether the text names it.
    path: Option<String>,
    shows_path: bool,
    /// Whether the client's rate limit gave no permit, so that nothing was sent.
    without_permit: bool,
    response: Option<ReceivedResponse>,
    retry_after: Option<Duration>,
    attempts: u32,
    /// Why it was not sent again, although it could be.
    stopped: Option<String>,
    /// Whether it is unknown what became of the request.
    ambiguous: bool,
    /// Whether a page of the edge came in place of a response, so that neither status nor text are the service's.
    is_edge_page: bool,
    /// Whether it is a long-running operation that should have been done long ago.
    overdue: bool,
    /// Why no further attempt changes it, if the operation table says so.
    final_reason: Option<&'static str>,
    /// What to do, where that is known from what was tried and not from the failure itself.
    hint: Option<Cow<'static, str>>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
    resume_token: Option<String>,
    operation_name: Option<String>,
}

/// Response headers by which Roblox can find a request: the service's own id, the machine that served it
/// and the edge that it came through (`ER-03`, `ER-09`).
const REQUEST_IDS: [&str; 4] = ["x-request-id", "roblox-machine-id", "x-roblox-edge", "cf-ray"];

#[derive(Clone)]
struct ReceivedResponse {
    status: StatusCode,
    headers: HeaderMap,
    /// Not of a response that was read already when something was found to be wrong with it.
    body: Option<Bytes>,
    /// Headers by which Roblox can find the request, without secrets: unlike the headers they are shown.
    request_ids: Vec<(&'static str, String)>,
}

impl ReceivedResponse {
    fn new(status: StatusCode, headers: &HeaderMap, body: Option<Bytes>) -> Self {
        let id = |name| Some((name, headers.get(name)?.to_str().ok()?.to_owned()));
        let request_ids = REQUEST_IDS.into_iter().filter_map(id).collect();
        Self { status, headers: headers.clone(), body, request_ids }
    }
}

impl Inner {
    /// Drops ids that repeat a secret.
    fn forget_ids(&mut self, names: &[&'static str]) {
        if let Some(response) = &mut self.response {
            response.request_ids.retain(|(name, _)| !names.contains(name));
        }
    }
}

/// Making one.
impl Error {
    fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            kind,
            message: message.into(),
            code: None,
            details: None,
            operation: None,
            target: None,
            path: None,
            shows_path: false,
            without_permit: false,
            response: None,
            retry_after: None,
            attempts: 0,
            stopped: None,
            ambiguous: false,
            is_edge_page: false,
            overdue: false,
            final_reason: None,
            hint: None,
            source: None,
            resume_token: None,
            operation_name: None,
        }))
    }

    fn change(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    /// A request that certainly did not reach the service, because of `source`: for
    /// [transports](crate::Transport) of your own. Such a request is sent again.
    pub fn not_sent(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::io(ErrorKind::Connect, source)
    }

    /// A request that the service may have received, and whose response did not arrive: for
    /// [transports](crate::Transport) of your own. It is sent again only if that does
    /// no harm.
    pub fn interrupted(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::io(ErrorKind::Io, source)
    }

    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Configuration, message)
    }

    pub(crate) fn invalid_request(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidRequest, message)
    }

    pub(crate) fn paging(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Paging, message)
    }

    pub(crate) fn encode(error: serde_json::Error) -> Self {
        Self::invalid_request(format!("the body cannot be written as JSON: {error}"))
    }

    pub(crate) fn io(kind: ErrorKind, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let source: Arc<dyn StdError + Send + Sync> = source.into().into();
        Self::new(kind, one_line::causes(&*source)).change(|inner| {
            inner.ambiguous = matches!(kind, ErrorKind::Io | ErrorKind::Timeout);
            inner.source = Some(source);
        })
    }

    /// What became of a file, reader or writer of the caller's.
    pub(crate) fn local_io(what: &str, error: std::io::Error) -> Self {
        Self::new(ErrorKind::LocalIo, format!("{what}: {error}"))
            .change(|inner| inner.source = Some(Arc::new(error)))
    }

    /// What a function of the caller's failed with. An `Error` of ours comes through as it is.
    #[allow(dead_code, reason = "not every area takes functions")]
    pub(crate) fn callback(what: &str, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        match source.into().downcast::<Self>() {
            Ok(error) => *error,
            Err(source) => Self::new(ErrorKind::LocalIo, format!("{what}: {}", one_line::causes(&*source)))
                .change(|inner| inner.source = Some(source.into())),
        }
    }

    /// What a provider of credentials failed with. An `Error` of ours comes through as it is.
    pub(crate) fn no_credential(source: Box<dyn StdError + Send + Sync>) -> Self {
        match source.downcast::<Self>() {
            Ok(error) => *error,
            Err(source) => {
                let message = format!("no credential: {}", one_line::causes(&*source));
                Self::new(ErrorKind::Unauthenticated, message)
                    .change(|inner| inner.source = Some(source.into()))
            }
        }
    }

    /// Only the user can help. What is said may come from elsewhere.
    #[cfg(feature = "oauth")]
    pub(crate) fn authorization_required(code: Option<&str>, said: impl AsRef<str>) -> Self {
        let message = convert::plain(said.as_ref()).unwrap_or_default();
        Self::new(ErrorKind::AuthorizationRequired, message)
            .change(|inner| inner.code = code.and_then(convert::plain))
    }

    /// The same error, if it is an OAuth 2.0 service's refusal of a code or refresh token, and not of
    /// the request or the app. Roblox does not document these responses; RFC 6749 does.
    #[cfg(feature = "oauth")]
    pub(crate) fn into_refusal(self) -> Self {
        const OTHERS_FAULT: &[&str] = &[
            "invalid_client",
            "invalid_request",
            "invalid_scope",
            "unauthorized_client",
            "unsupported_grant_type",
        ];
        let is_refused = matches!(self.status_of_service().map(|status| status.as_u16()), Some(400 | 401));
        match is_refused && !self.code().is_some_and(|code| OTHERS_FAULT.contains(&code)) {
            true => self.change(|inner| inner.kind = ErrorKind::AuthorizationRequired),
            false => self,
        }
    }

    /// A response of success that cannot be used.
    pub(crate) fn unusable_response(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Decode, message).change(|inner| inner.ambiguous = true)
    }

    pub(crate) fn timeout(seconds: f64) -> Self {
        Self::new(ErrorKind::Timeout, format!("no response within {}", Seconds(seconds)))
            .change(|inner| inner.ambiguous = true)
    }

    /// The time ran out before the request was sent.
    pub(crate) fn timeout_waiting(what: &str, seconds: f64) -> Self {
        Self::new(ErrorKind::Timeout, format!("{what} within {}; nothing was sent", Seconds(seconds)))
    }

    pub(crate) fn too_large(limit: usize) -> Self {
        Self::new(ErrorKind::ResponseTooLarge, format!("the response is larger than {limit} bytes"))
            .change(|inner| inner.ambiguous = true)
    }

    /// A long-running operation that has failed, in the service's words.
    pub(crate) fn operation_failed(
        code: Option<String>,
        message: impl Into<String>,
        details: Option<Value>,
    ) -> Self {
        Self::new(ErrorKind::Operation, message)
            .change(|inner| {
                inner.code = code;
                inner.details = details;
            })
            .into_operation_failure()
    }

    /// The error that a response with a status of failure is.
    pub(crate) fn from_response(response: &http::Response<Bytes>) -> Self {
        let status = response.status();
        let said = convert::read(response.body());
        let kind = convert::kind(status, &said);
        let message = said
            .message
            .unwrap_or_else(|| status.canonical_reason().unwrap_or("the service gave no reason").to_owned());
        Self::new(kind, message)
            .change(|inner| {
                inner.code = said.code;
                inner.details = said.details;
                inner.ambiguous = convert::is_ambiguous(status);
                inner.retry_after = RateLimitStatus::read(response.headers()).wait(status);
            })
            .with_response(response)
    }

    /// What a response says of a failure of this operation.
    pub(crate) fn from_operation_response(
        operation: Option<&OperationInfo>,
        response: &http::Response<Bytes>,
    ) -> Self {
        let error = Self::from_response(response);
        // The body is the entry that is there, whose words are nobody's but the caller's (DS-09).
        let is_value = operation.is_some_and(|operation| operation.conflict_is_value);
        match is_value && response.status() == StatusCode::PRECONDITION_FAILED {
            true => error.restated(ErrorKind::Conflict, "what is there is not what the request requires"),
            false => error,
        }
    }

    /// What a response of success says of a failure (`AS-11`, `AS-17`). A code that is an HTTP status decides the
    /// kind.
    pub(crate) fn reported_in_success(
        code: Option<String>,
        message: String,
        details: Value,
        is_partial: bool,
    ) -> Self {
        let said =
            convert::ParsedBody { code, message: convert::plain(&message).or(Some(message)), details: None };
        let status = said.code.as_ref().and_then(|code| StatusCode::from_bytes(code.as_bytes()).ok());
        let status = status.filter(|status| status.is_client_error() || status.is_server_error());
        let kind = convert::kind(status.unwrap_or(StatusCode::BAD_REQUEST), &said);
        Self::new(kind, said.message.unwrap_or_default()).change(|inner| {
            inner.code = said.code;
            inner.details = Some(details);
            // What is not among the failures was done.
            inner.ambiguous = is_partial;
        })
    }

    pub(crate) fn undecodable(path: &str, error: serde_json::Error) -> Self {
        Self::new(ErrorKind::Decode, format!("the response cannot be read at `{path}`: {error}")).change(
            |inner| {
                inner.ambiguous = true;
                inner.source = Some(Arc::new(error));
            },
        )
    }

    /// A response whose JSON ends too early: the rest was lost on the way (CN-03).
    pub(crate) fn cut_short(path: &str, error: serde_json::Error) -> Self {
        Self::new(ErrorKind::Io, format!("the response ends too early, at `{path}`: {error}")).change(
            |inner| {
                inner.ambiguous = true;
                inner.source = Some(Arc::new(error));
            },
        )
    }

    /// A page of the edge in place of a response (ER-03). A status that passes keeps its kind; any other
    /// says nothing of the request. That goes for a 429 too: it is not a limit of the service's, which would say that
    /// nothing was done.
    pub(crate) fn edge_page(response: &http::Response<Bytes>) -> Self {
        let error = Self::from_response(response).change(|inner| inner.is_edge_page = true);
        if matches!(response.status().as_u16(), 408 | 500 | 502..=504) {
            return error;
        }
        let title = error.message().to_owned();
        error.change(|inner| {
            inner.kind = ErrorKind::Io;
            inner.message = format!("an HTML page came in place of the service's response: {title}");
            inner.ambiguous = true;
        })
    }

    /// A value of a response that cannot be what it should be.
    pub(crate) fn unreadable(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Decode, message)
    }

    /// An operation that is not done when the deadline passes.
    pub(crate) fn unfinished(seconds: f64) -> Self {
        Self::new(
            ErrorKind::Timeout,
            format!(
                "the operation is not done after {}; it goes on and can be resumed by its name",
                Seconds(seconds)
            ),
        )
        .change(|inner| inner.ambiguous = true)
    }

    /// Notes whether the operation should have been done long ago, as far as the table says when.
    pub(crate) fn overdue(self, is_overdue: bool) -> Self {
        self.change(|inner| inner.overdue = is_overdue)
    }

    /// The same error, but of the operation and not of the request that asked about it.
    pub(crate) fn into_operation_failure(self) -> Self {
        self.change(|inner| {
            let moderation = convert::moderation(inner.code.as_deref(), &inner.message);
            inner.kind = moderation.unwrap_or(ErrorKind::Operation);
        })
    }

    /// Says which of many things it is about.
    pub(crate) fn with_context(self, what: &str) -> Self {
        self.change(|inner| inner.message = format!("{what}: {}", inner.message))
    }

    /// Adds what is known besides.
    pub(crate) fn with_note(self, note: &str) -> Self {
        self.change(|inner| inner.message = format!("{}; {note}", inner.message))
    }

    /// A state that did not come in time: nothing was asked for that may have been applied.
    pub(crate) fn not_in_time(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Timeout, message)
    }

    /// A request that the service has refused with a response of success, in its words.
    pub(crate) fn refused(message: impl Into<String>, details: Option<Value>) -> Self {
        Self::new(ErrorKind::Refused, message).change(|inner| inner.details = details)
    }

    /// A response whose body is not about the failure: nothing of it is a message, a code or details, and it
    /// has no say in the kind.
    fn restated(self, kind: ErrorKind, message: &str) -> Self {
        self.change(|inner| {
            inner.kind = kind;
            message.clone_into(&mut inner.message);
            inner.code = None;
            inner.details = None;
        })
    }

    /// Says where the list can be resumed.
    pub(crate) fn with_resume_token(self, token: Option<String>) -> Self {
        self.change(|inner| inner.resume_token = token)
    }

    /// Says which long-running operation it is about.
    pub(crate) fn with_operation_name(self, name: Option<&str>) -> Self {
        self.change(|inner| inner.operation_name = name.map(str::to_owned))
    }

    /// Adds what has arrived of a response.
    pub(crate) fn with_response(self, response: &http::Response<Bytes>) -> Self {
        let received =
            ReceivedResponse::new(response.status(), response.headers(), Some(response.body().clone()));
        self.change(|inner| inner.response = Some(received))
    }

    /// As [`with_response`](Self::with_response), of a response whose body is gone.
    pub(crate) fn with_head(self, status: StatusCode, headers: &HeaderMap) -> Self {
        self.change(|inner| inner.response = Some(ReceivedResponse::new(status, headers, None)))
    }

    /// Says which operation failed, unless that is known.
    pub(crate) fn with_operation(self, operation: &'static OperationInfo) -> Self {
        self.with_sent_request(operation, None)
    }

    /// Says which operation failed, unless that is known, and judges the failure by the JSON body that was
    /// sent.
    pub(crate) fn with_sent_request(self, operation: &'static OperationInfo, body: Option<&[u8]>) -> Self {
        self.change(|inner| {
            inner.operation.get_or_insert(operation);
        })
        .classified(body)
    }

    /// Says what to do, in the place of what the failure alone would suggest.
    pub(crate) fn with_hint(self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.change(|inner| inner.hint = Some(hint.into()))
    }

    /// The same error, if a refused credential is not what it says: it is a refusal like others.
    pub(crate) fn into_refused(self) -> Self {
        self.change(|inner| inner.kind = ErrorKind::Refused)
    }

    /// Says what was called, where that is not an operation of the table.
    pub(crate) fn with_request(self, method: &Method, path: &str) -> Self {
        self.change(|inner| {
            inner.target.get_or_insert_with(|| (method.clone(), path.to_owned()));
        })
        .classified(None)
    }

    /// Says which path was called, unless that is known.
    pub(crate) fn with_path(self, path: &RequestPath) -> Self {
        if self.0.path.is_some() {
            return self;
        }
        self.change(|inner| {
            inner.path = path.text();
            inner.shows_path = path.is_shown;
        })
    }

    /// Says that the client's rate limit gave no permit in time.
    pub(crate) fn without_permit(self) -> Self {
        self.change(|inner| inner.without_permit = true)
    }

    pub(crate) fn is_without_permit(&self) -> bool {
        self.0.without_permit
    }

    pub(crate) fn with_attempts(self, attempts: u32) -> Self {
        self.change(|inner| inner.attempts = attempts)
    }

    /// Says why the request was not sent again, although it could be.
    pub(crate) fn with_stop_reason(self, why: impl Into<String>) -> Self {
        self.change(|inner| inner.stopped = Some(why.into()))
    }

    /// Adds that an earlier attempt left its effect unknown.
    pub(crate) fn with_earlier_ambiguity(self, earlier: bool) -> Self {
        if earlier { self.change(|inner| inner.ambiguous = true) } else { self }
    }

    /// Keeps what an earlier failure of the same call has left: its response, and its unknown effect.
    pub(crate) fn with_earlier(self, earlier: &Self) -> Self {
        let ambiguous = earlier.is_ambiguous();
        self.with_earlier_ambiguity(ambiguous).change(|inner| {
            if inner.response.is_none() {
                inner.response.clone_from(&earlier.0.response);
            }
        })
    }

    pub(crate) fn is_ambiguous(&self) -> bool {
        self.0.ambiguous
    }

    /// Hides a secret that the service or a library repeated.
    pub(crate) fn redacted(self, hide: impl Fn(&str) -> Option<String>) -> Self {
        let hidden =
            [Some(&self.0.message), self.0.code.as_ref()].map(|text| text.and_then(|text| hide(text)));
        let details = self.0.details.as_ref().and_then(|details| hide(&details.to_string()));
        let path = self.0.path.as_deref().and_then(&hide);
        let ids = self.0.response.iter().flat_map(|response| &response.request_ids);
        let telling: Vec<&'static str> =
            ids.filter(|(_, id)| hide(id).is_some()).map(|(name, _)| *name).collect();
        let this = match path {
            Some(path) => self.change(|inner| inner.path = Some(path)),
            None => self,
        };
        match (&hidden, &details) {
            ([None, None], None) if telling.is_empty() => this,
            ([None, None], None) => this.change(|inner| inner.forget_ids(&telling)),
            _ => this.change(|inner| {
                inner.forget_ids(&telling);
                let [message, code] = hidden;
                inner.message = message.unwrap_or_else(|| std::mem::take(&mut inner.message));
                inner.code = code.or(inner.code.take());
                if let Some(details) = details {
                    inner.details = serde_json::from_str(&details).ok();
                }
                // It may say what the message said.
                inner.source = None;
            }),
        }
    }
}

/// What is known.
impl Error {
    /// The kind of failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The HTTP status, if there was a response.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.response.as_ref().map(|response| response.status)
    }

    /// The status, if it is known to be the service's own: that of a page of the edge (`ER-03`) says nothing of
    /// the request, nor does that of a response that was cut short.
    pub(crate) fn status_of_service(&self) -> Option<StatusCode> {
        self.status().filter(|_| self.kind() != ErrorKind::Io)
    }

    /// The service's own code, as text: `NOT_FOUND`, `3000`, ...
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// What the service said, or what went wrong.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What the service said besides code and message, as it came: `details`, `errorDetails`, the
    /// list of `errors`, errors by field, ...
    pub fn details(&self) -> Option<&Value> {
        self.0.details.as_ref()
    }

    /// The headers of the response, if there was one.
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.0.response.as_ref().map(|response| &response.headers)
    }

    /// The body of the response as it came, or as much as arrived, if there was one. `None` also where the response
    /// could be read, and what it says turned out to be of no use.
    pub fn body(&self) -> Option<&Bytes> {
        self.0.response.as_ref()?.body.as_ref()
    }

    /// The ids by which Roblox can find the request, as name and value of the response's headers: give them
    /// to its support. They name machines and requests, no person.
    pub fn request_ids(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let ids = self.0.response.iter().flat_map(|response| &response.request_ids);
        ids.map(|(name, id)| (*name, id.as_str()))
    }

    /// The operation that was called, if it is one that this crate knows.
    pub fn operation(&self) -> Option<&'static OperationInfo> {
        self.0.operation
    }

    /// The HTTP method of the request.
    pub fn method(&self) -> Option<&Method> {
        match (self.0.operation, &self.0.target) {
            (Some(operation), _) => Some(&operation.method),
            (None, target) => target.as_ref().map(|(method, _)| method),
        }
    }

    /// The path of the request with its ids, as it was sent: percent-encoded, and without query. `None` if the call
    /// failed before there was a request, for instance because an id cannot stand in a path.
    pub fn path(&self) -> Option<&str> {
        let target = self.0.target.as_ref().map(|(_, path)| path.as_str());
        self.0.path.as_deref().or(target)
    }

    /// The path template of the operation (`/cloud/v2/users/{user_id}`), or the path of a request made with
    /// [`Client::request`](crate::Client::request): what the text of an error names, unless
    /// [`ClientBuilder::paths_in_errors`](crate::ClientBuilder::paths_in_errors) says otherwise.
    pub fn path_template(&self) -> Option<&str> {
        match (self.0.operation, &self.0.target) {
            (Some(operation), _) => Some(operation.path),
            (None, target) => target.as_ref().map(|(_, path)| path.as_str()),
        }
    }

    /// How many times the request was sent; all requests together where the error is about several. It is 0 if
    /// nothing was sent: the input was refused, or a value was converted.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Why the request was not sent again, where sending it again could help: the retry policy allows no
    /// more attempts or no wait of that length, the client's retry budget is used up, the wait would pass the deadline,
    /// or the body can be read only once.
    pub fn stop_reason(&self) -> Option<&str> {
        self.0.stopped.as_deref()
    }

    /// How long the service asks to wait (`retry-after`, `x-ratelimit-reset`), if it does.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The scopes that play a part in the operation. Roblox does not say whether all or some are
    /// needed, nor which one is missing.
    pub fn required_scopes(&self) -> &'static [&'static str] {
        self.0.operation.map_or(&[], |operation| operation.scopes)
    }

    /// Whether the request may have had its effect although the call failed: look before you send
    /// it again. Never true of a request that only reads.
    pub fn may_have_been_applied(&self) -> bool {
        let reads = match (self.0.operation, &self.0.target) {
            (Some(operation), _) => operation.only_reads(),
            (None, Some((method, _))) => method.is_safe(),
            (None, None) => false,
        };
        self.0.ambiguous && !reads
    }

    /// The token of the page that a list failed at, to go on from with
    /// [`Items::resume`](crate::paging::Items::resume); `None` if it is the first page.
    pub fn resume_token(&self) -> Option<&str> {
        self.0.resume_token.as_deref()
    }

    /// The name of the long-running operation that this is about, to go on with
    /// [`Operations::resume`](crate::operation::Operations::resume).
    pub fn operation_name(&self) -> Option<&str> {
        self.0.operation_name.as_deref()
    }
}

/// What kind of failure it is.
impl Error {
    fn is(&self, kind: ErrorKind) -> bool {
        self.kind() == kind
    }

    /// Whether what was asked for does not exist (404).
    pub fn is_not_found(&self) -> bool {
        self.is(ErrorKind::NotFound)
    }

    /// Whether there were too many requests (429).
    ///
    /// Not true of a 429 that says something else, such as the analytics code 3000.
    pub fn is_rate_limited(&self) -> bool {
        self.is(ErrorKind::RateLimited)
    }

    /// Whether the credential may not do this (403, or a 401 that names a missing scope).
    pub fn is_permission_denied(&self) -> bool {
        self.is(ErrorKind::PermissionDenied)
    }

    /// Whether the credential is missing, wrong or expired (401).
    pub fn is_unauthenticated(&self) -> bool {
        self.is(ErrorKind::Unauthenticated)
    }

    /// Whether the user must authorize the app (again), with OAuth 2.0.
    pub fn is_authorization_required(&self) -> bool {
        self.is(ErrorKind::AuthorizationRequired)
    }

    /// Whether someone else changed it, or its state forbids this (409, 412).
    pub fn is_conflict(&self) -> bool {
        self.is(ErrorKind::Conflict)
    }

    /// Whether the time ran out: this client's, or the service's (408).
    pub fn is_timeout(&self) -> bool {
        self.is(ErrorKind::Timeout)
    }

    /// Whether the service could not be reached: nothing was sent.
    pub fn is_connect(&self) -> bool {
        self.is(ErrorKind::Connect)
    }

    /// Whether the service failed (5xx).
    pub fn is_service_failure(&self) -> bool {
        self.is(ErrorKind::Service)
    }

    /// Whether the response could not be read.
    pub fn is_decode(&self) -> bool {
        self.is(ErrorKind::Decode)
    }

    /// Whether moderation refused a text, or the account itself.
    pub fn is_moderated(&self) -> bool {
        matches!(self.kind(), ErrorKind::ModeratedText | ErrorKind::ModeratedAccount)
    }

    /// Whether nothing was sent because the call or the client is wrong.
    pub fn is_usage(&self) -> bool {
        matches!(self.kind(), ErrorKind::Configuration | ErrorKind::InvalidRequest)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|source| &**source as &(dyn StdError + 'static))
    }
}
