/// What kind of failure an [`Error`](crate::Error) is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client was set up wrongly.
    Configuration,
    /// The call was refused before it was sent: its input cannot be sent.
    InvalidRequest,
    /// A file, reader, writer or callback of the caller's failed, on this machine.
    LocalIo,
    /// The service could not be reached: nothing was sent, or the server says over HTTP/2 that it has not
    /// begun the request.
    Connect,
    /// The connection failed after the request was sent; or what came is not the service's whole
    /// response: it ends too early, or is an HTML page of the edge.
    Io,
    /// The time ran out.
    Timeout,
    /// The service refused the request (a 4xx status without a kind of its own).
    Refused,
    /// The credential is missing, wrong or expired (401), or a provider could not give one.
    Unauthenticated,
    /// The user must authorize the app (again): they refused, the response to a login cannot be
    /// trusted, or the refresh token is worth nothing any more.
    AuthorizationRequired,
    /// The credential may not do this (403, or a 401 that names a missing scope).
    PermissionDenied,
    /// What was asked for does not exist (404).
    NotFound,
    /// Someone else changed it, or its state forbids this (409, 412).
    Conflict,
    /// Too many requests (429).
    RateLimited,
    /// Roblox's moderation refused a name, a description or another text.
    ModeratedText,
    /// The account that the credential belongs to is moderated: nothing will work until it is not.
    ModeratedAccount,
    /// The file is not what it should be (`InvalidImage`).
    InvalidFile,
    /// The service pointed elsewhere (3xx); redirects are not followed.
    Redirect,
    /// The service failed (5xx).
    Service,
    /// The response is larger than allowed.
    ResponseTooLarge,
    /// The response could not be read.
    Decode,
    /// A long-running operation failed.
    Operation,
    /// A list repeated itself, or the service says that it is not whole.
    Paging,
}
