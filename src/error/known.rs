//! Failures that the operation table knows.

use super::{Error, ErrorKind, Inner, convert};
use crate::operations;
use crate::spec::{Condition, FinalError};
use crate::wire::decode;
use http::StatusCode;

/// The code by which most services say that what is to be created exists already (`MS-13`, `DS-13`).
const ALREADY_EXISTS: &str = "ALREADY_EXISTS";

/// Whether a failure is as a condition says. `request` is the JSON body that was sent, where that is known.
///
/// Conditions are about what services say: the status and text of a page of the edge are not theirs (ER-03).
pub(super) fn holds(when: &Condition, error: &Error, request: Option<&[u8]>) -> bool {
    let contains = |part: &str| error.message().to_ascii_lowercase().contains(&part.to_ascii_lowercase());
    if error.0.is_edge_page && when.is_about_response() {
        return false;
    }
    when.status.is_none_or(|status| error.status().is_some_and(|own| own.as_u16() == status))
        && when.code.is_none_or(|code| error.code() == Some(code))
        && when.message_contains.is_none_or(contains)
        && (!when.effect_unknown || error.may_have_been_applied())
        && (!when.overdue || error.0.overdue)
        && when.body_has.is_none_or(|name| request.is_some_and(|body| has(body, name)))
}

/// Whether a JSON body has this property.
fn has(body: &[u8], name: &str) -> bool {
    decode::any(body).is_some_and(|body| body.get(name).is_some())
}

impl Condition {
    /// Whether it states something of the response.
    fn is_about_response(&self) -> bool {
        self.status.is_some() || self.code.is_some() || self.message_contains.is_some()
    }

    /// How many things it states.
    pub(super) fn exactness(&self) -> usize {
        let stated = [
            self.status.is_some(),
            self.code.is_some(),
            self.message_contains.is_some(),
            self.body_has.is_some(),
            self.effect_unknown,
            self.overdue,
        ];
        stated.into_iter().filter(|stated| *stated).count()
    }
}

impl Error {
    /// Notes whether the table says that no further attempt changes this failure.
    pub(super) fn classified(self, request: Option<&[u8]>) -> Self {
        if self.0.final_reason.is_some() || self.status().is_none_or(|status| status.is_success()) {
            return self;
        }
        let own: &'static [FinalError] = self.operation().map_or(&[], |operation| operation.final_errors);
        let mut all = own.iter().chain(operations::FINAL_ERRORS);
        let Some(found) = all.find(|known| holds(&known.when, &self, request)) else { return self };
        self.change(|inner: &mut Inner| {
            inner.final_reason = Some(found.because);
            // It is not a rate limit: no waiting helps.
            if inner.kind == ErrorKind::RateLimited {
                inner.kind = ErrorKind::Refused;
            }
        })
    }

    /// Whether the table says that no further attempt changes this failure.
    pub(crate) fn is_final(&self) -> bool {
        self.0.final_reason.is_some()
    }

    /// Whether the credential has not the scope for the operation: no other input changes that.
    pub(crate) fn lacks_scope(&self) -> bool {
        self.kind() == ErrorKind::PermissionDenied && convert::lacks_scope(self.code(), Some(self.message()))
    }

    /// Whether what was to be created exists already: the code `ALREADY_EXISTS`, a message that says so
    /// (ordered data stores: `OD-02`), or a refusal that means it for this operation (secrets: `SE-01`).
    pub fn is_already_exists(&self) -> bool {
        let is_refusal = |status: StatusCode| status.is_client_error();
        if !self.status_of_service().is_some_and(is_refusal) {
            return false;
        }
        let says = || self.message().to_ascii_lowercase().contains("already exists");
        let means = |when: &Condition| holds(when, self, None);
        self.code() == Some(ALREADY_EXISTS)
            || (matches!(self.kind(), ErrorKind::Refused | ErrorKind::Conflict) && says())
            || self.operation().is_some_and(|operation| operation.already_exists.iter().any(means))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    /// ER-03: neither is an existing thing what a page of the edge is about, nor a refused refresh token.
    #[test]
    fn the_status_of_a_page_of_the_edge_says_nothing() {
        for status in [400, 401, 409] {
            let page = Bytes::from_static(b"<html><head><title>It already exists</title></head></html>");
            let response = http::Response::builder().status(status).body(page).expect("a response");
            let error = Error::edge_page(&response);
            assert_eq!((error.kind(), error.status_of_service()), (ErrorKind::Io, None), "{error}");
            assert!(error.status().is_some() && !error.is_already_exists(), "{error}");
            for operation in operations::ALL {
                assert!(
                    !error.clone().with_operation(operation).is_already_exists(),
                    "{}: {error}",
                    operation.id
                );
            }
            #[cfg(feature = "oauth")]
            assert_eq!(error.into_refusal().kind(), ErrorKind::Io);
        }
    }
}
