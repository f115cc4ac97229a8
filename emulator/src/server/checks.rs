//! Whether a request is as the document has it, and what is done with one that is not.

use http::header::CONTENT_TYPE;

use crate::api::Failure;
use crate::document::tolerance::{Names, Reader};
use crate::document::{Match, RequestParts, Violation, query_pairs, validate_found, validate_wire};
use crate::incoming::Incoming;
use crate::inner::{Inner, Strictness};

/// A request of the API, taken apart.
pub(super) struct Request<'a> {
    pub(super) incoming: &'a Incoming,
    pub(super) found: &'a Match<'static>,
    pub(super) query: Vec<(String, String)>,
}

impl<'a> Request<'a> {
    pub(super) fn new(incoming: &'a Incoming, found: &'a Match<'static>) -> Request<'a> {
        Request { incoming, found, query: query_pairs(incoming.query().unwrap_or_default()) }
    }
}

impl Inner {
    pub(super) fn check(&self, request: &Request<'_>) -> Vec<Violation> {
        let Request { incoming, found, query } = request;
        let parts = RequestParts {
            path: incoming.path(),
            query: incoming.query(),
            headers: &incoming.headers,
            body: &incoming.body,
        };
        let mut violations = validate_wire(found.operation, &incoming.headers, &incoming.body);
        violations.extend(validate_found(self.document, found.operation, &found.params, query, &parts));
        violations
    }

    /// The request in the form that the document knows, if it has less violations so.
    pub(super) fn tolerated(
        &self,
        request: &Request<'_>,
        violations: &mut Vec<Violation>,
    ) -> Option<Incoming> {
        let Request { incoming, found, .. } = request;
        let mut tolerated = (*incoming).clone();
        let names = match self.config.strictness {
            Strictness::Strict => Names::ProtocolBuffers,
            _ => Names::AnyCase,
        };
        let reader = Reader { document: self.document, operation: found.operation, names };
        if let Some(query) = incoming.query() {
            tolerated.uri = format!("{}?{}", incoming.path(), reader.query(query)).parse().ok()?;
        }
        if let Some(content_type) = incoming.header(CONTENT_TYPE) {
            let body = &incoming.body;
            let form = reader.form(content_type, body).or_else(|| reader.json(content_type, body));
            if let Some((form_type, body)) = form {
                tolerated.headers.insert(CONTENT_TYPE, form_type.parse().ok()?);
                tolerated.body = body.into();
            }
            if let Some(body) = reader.body(content_type, body) {
                tolerated.body = body.into();
            }
        }
        let left = self.check(&Request::new(&tolerated, found));
        if left.len() >= violations.len() {
            return None;
        }
        *violations = left;
        Some(tolerated)
    }

    pub(super) fn refuse(&self, violations: &[Violation]) -> Result<(), Failure> {
        let is_refused = |violation: &&Violation| match self.config.strictness {
            Strictness::Lenient => false,
            Strictness::Usual => !violation.may_be_overlooked(),
            Strictness::Strict => true,
        };
        let refused = violations.iter().filter(is_refused).map(|violation| self.words(violation));
        let refused: Vec<_> = refused.collect();
        refuse_if!(!refused.is_empty(), "{}", refused.join("; "));
        Ok(())
    }

    /// How the service puts a violation. Of a query parameter that is missing it was seen for the id of a map item
    /// (MS-12), and is taken for all.
    pub(super) fn words(&self, violation: &Violation) -> String {
        match violation.missing_parameter().filter(|_| self.config.shapes.is_live()) {
            Some(name) => format!("The {name} field is required."),
            None => violation.to_string(),
        }
    }

    /// Server management finds that a body is of no media type where there is none (SV-11).
    pub(super) fn refuse_bodiless(&self, request: &Request<'_>) -> Result<(), Failure> {
        let Request { incoming, found, .. } = request;
        let concerns = self.config.shapes.is_live()
            && self.config.strictness != Strictness::Lenient
            && incoming.path().starts_with("/server-management/");
        let takes_one = found.operation.body.as_ref().is_some_and(|body| body.required);
        let has_none = incoming.body.is_empty() && !incoming.headers.contains_key(CONTENT_TYPE);
        let refused = || Failure::of_status(415, "The request has no body.");
        if concerns && takes_one && has_none { Err(refused()) } else { Ok(()) }
    }
}
