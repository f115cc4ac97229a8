//! A refusal, and the shape that each service gives it.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value, json};

use crate::api::response::Response;
use crate::api::shapes::Shapes;
use crate::document::Violation;

/// What comes of a call.
pub(crate) type Outcome = Result<Response, Failure>;

/// Why a request is refused.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) status: u16,
    /// The code in the words of the v2 services.
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// The service's own code, where it has one: a number of a legacy service, a name of a data store.
    pub(crate) detail: Option<String>,
    /// What the service says of the field that is at fault, where it says it.
    pub(crate) field: Option<String>,
    /// The gateway responded, not the service.
    pub(crate) gateway: bool,
    /// What only the record of the request says: the live service does not tell it.
    pub(crate) note: Option<Box<Violation>>,
}

impl Failure {
    pub(crate) fn invalid(message: impl Into<String>) -> Failure {
        Failure::of_status(400, message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Failure {
        Failure::of_status(404, message)
    }

    pub(crate) fn aborted(message: impl Into<String>) -> Failure {
        Failure::of_status(409, message)
    }

    pub(crate) fn exhausted(message: impl Into<String>) -> Failure {
        Failure::of_status(429, message)
    }

    pub(crate) fn permission_denied(message: impl Into<String>) -> Failure {
        Failure::of_status(403, message)
    }

    /// A failure with the code that goes with its status.
    pub(crate) fn of_status(status: u16, message: impl Into<String>) -> Failure {
        let code = match status {
            400 => "INVALID_ARGUMENT",
            401 => "UNAUTHENTICATED",
            403 => "PERMISSION_DENIED",
            404 => "NOT_FOUND",
            409 => "ABORTED",
            415 => "UNSUPPORTED_MEDIA_TYPE",
            429 => "RESOURCE_EXHAUSTED",
            499 => "CANCELLED",
            501 => "NOT_IMPLEMENTED",
            503 => "UNAVAILABLE",
            504 => "DEADLINE_EXCEEDED",
            500.. => "INTERNAL",
            _ => "UNKNOWN",
        };
        let message = message.into();
        Failure { status, code, message, detail: None, field: None, gateway: false, note: None }
    }

    pub(crate) fn too_large(message: impl Into<String>) -> Failure {
        Failure { status: 413, ..Failure::invalid(message) }
    }

    /// The gateway's response to a missing or wrong key.
    pub(crate) fn unauthorized() -> Failure {
        Failure::unauthorized_because("Invalid API Key")
    }

    /// The same for a credential of which more can be said.
    pub(crate) fn unauthorized_because(message: impl Into<String>) -> Failure {
        Failure::of_status(401, message).by_gateway()
    }

    /// A rate limit that the gateway keeps; the limits of a service are [`Failure::exhausted`].
    pub(crate) fn rate_limited(message: impl Into<String>) -> Failure {
        Failure::exhausted(message).by_gateway()
    }

    /// The gateway's response to a path that nothing is behind.
    pub(crate) fn no_route(message: impl Into<String>) -> Failure {
        Failure::not_found(message).by_gateway()
    }

    fn by_gateway(self) -> Failure {
        Failure { gateway: true, ..self }
    }

    pub(crate) fn with_detail(mut self, detail: impl Into<String>) -> Failure {
        self.detail = Some(detail.into());
        self
    }

    pub(crate) fn with_field(mut self, field: impl Into<String>) -> Failure {
        self.field = Some(field.into());
        self
    }

    /// Leaves in the record of the request what the response does not say.
    pub(crate) fn noting(mut self, location: &str, message: impl Into<String>) -> Failure {
        self.note = Some(Box::new(Violation { location: location.to_owned(), message: message.into() }));
        self
    }

    /// Refuses to hold more of something than the emulator does.
    pub(crate) fn if_full(count: usize, max: usize, what: &str) -> Result<(), Failure> {
        let refused = || Failure::exhausted(format!("The emulator holds no more {what}."));
        if count < max { Ok(()) } else { Err(refused()) }
    }

    /// The same of a map to which this key is to be added, unless it is there.
    pub(crate) fn if_full_for<K: Ord, V>(
        map: &BTreeMap<K, V>,
        key: &K,
        max: usize,
        what: &str,
    ) -> Result<(), Failure> {
        if map.contains_key(key) { Ok(()) } else { Failure::if_full(map.len(), max, what) }
    }

    /// Something that a call names does not exist.
    pub(crate) fn missing(what: impl fmt::Display) -> Failure {
        Failure::not_found(format!("The {what} does not exist."))
    }

    /// The response of the emulator's own endpoints, which have one shape.
    pub(crate) fn response(&self, path: &str) -> Response {
        self.response_in(path, Shapes::Live)
    }

    /// The response as the service behind this path writes it.
    pub(crate) fn response_in(&self, path: &str, shapes: Shapes) -> Response {
        // RL-12: a 429 of the gateway has neither a word nor a text.
        if self.gateway && self.status == 429 && shapes.is_live() {
            let body = json!({ "errors": [{ "code": 0, "message": "" }] });
            return Response::json(body).with_status(429).with_header("x-envoy-ratelimited", "true");
        }
        let is_gateway = self.gateway && self.status != 429;
        let shape = if is_gateway { Shape::Gateway } else { Shape::of(path) };
        Response::json(self.body(shape, path, shapes)).with_status(self.status)
    }

    fn body(&self, shape: Shape, path: &str, shapes: Shapes) -> Value {
        let (code, message, status) = (self.code, &self.message, self.status);
        match shape {
            // ER-08: a bad request is a sentence alone.
            Shape::ServerManagement if shapes.is_live() && status == 400 => json!({ "error": message }),
            Shape::Gateway => {
                let code: i64 = self.detail.as_deref().and_then(|d| d.parse().ok()).unwrap_or(0);
                json!({ "errors": [{ "code": code, "message": message }] })
            }
            Shape::CodeMessage => json!({ "code": code, "message": message }),
            Shape::DataStoresV1 => {
                if status == 403 {
                    return json!({ "error": code, "message": message, "errorDetails": [] });
                }
                let name = self.detail.as_deref().unwrap_or("InvalidArgument");
                json!({
                    "error": code,
                    "message": message,
                    "errorDetails": [{
                        "errorDetailType": "DatastoreErrorInfo",
                        "datastoreErrorCode": name,
                    }]
                })
            }
            Shape::Problem | Shape::ServerManagement => json!({
                "type": "about:blank", "title": code, "status": status, "detail": message,
            }),
            Shape::ProblemWithText => json!({
                "type": "about:blank", "title": code, "status": status.to_string(), "detail": message,
            }),
            Shape::Ads => json!({
                "status": status,
                "title": code,
                "detail": message,
                "errors": [{ "code": code, "message": message }]
            }),
            Shape::Products => {
                let code = self.detail.as_deref().unwrap_or(match status {
                    403 => "UnauthorizedAccess",
                    404 => "NotFound",
                    _ => "BadRequest",
                });
                if !shapes.is_live() {
                    return json!({ "errorCode": code, "errorMessage": message });
                }
                // GP-03, GP-04: all four keys, with null for what there is nothing to say of.
                json!({ "errorCode": code, "errorMessage": message, "field": self.field, "hint": null })
            }
            Shape::AssetPermissions => {
                let code = self.detail.as_deref().unwrap_or("InvalidRequest");
                json!({ "error": { "code": code, "message": message } })
            }
            Shape::Analytics => {
                let code: i64 = self.detail.as_deref().and_then(|d| d.parse().ok()).unwrap_or(2001);
                if shapes.is_live() {
                    // AN-02: neither path nor metadata.
                    return json!({ "done": true, "error": { "code": code, "message": message } });
                }
                json!({
                    "path": path.trim_start_matches("/analytics-query-api/"),
                    "done": true,
                    "error": { "code": code, "message": message }
                })
            }
            Shape::Status => json!({ "code": status_code(code), "message": message }),
            Shape::PlaceHistory => json!({ "code": status_code(code), "error": code, "message": message }),
        }
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Failure {
        Failure::invalid(message)
    }
}

/// How a service writes errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// `{"errors":[{"code":0,"message":"..."}]}`: the gateway and the legacy services.
    Gateway,
    /// `{"code":"NOT_FOUND","message":"..."}`
    CodeMessage,
    DataStoresV1,
    Problem,
    /// As `Problem`; the live service writes some refusals as `{"error":"<sentence>"}`.
    ServerManagement,
    /// As `Problem`, with the status as text.
    ProblemWithText,
    Ads,
    Products,
    AssetPermissions,
    Analytics,
    /// `{"code":5,"message":"..."}`
    Status,
    PlaceHistory,
}

impl Shape {
    fn of(path: &str) -> Shape {
        let service = path.trim_start_matches('/').split('/').next();
        match service.unwrap_or_default() {
            "cloud" if path.contains("/secrets") => Shape::ProblemWithText,
            "datastores" => Shape::DataStoresV1,
            "server-management" => Shape::ServerManagement,
            "virtual-events" | "toolbox-service" => Shape::Problem,
            "ads-management" => Shape::Ads,
            "developer-products" | "game-passes" => Shape::Products,
            "asset-permissions-api" => Shape::AssetPermissions,
            "analytics-query-api" => Shape::Analytics,
            "assets" => Shape::Status,
            "place-version-history-api" => Shape::PlaceHistory,
            "asset-delivery-api" | "v1" => Shape::Gateway,
            service if service.starts_with("legacy-") => Shape::Gateway,
            _ => Shape::CodeMessage,
        }
    }
}

/// The number of a code in `google.rpc.Code`.
fn status_code(code: &str) -> i32 {
    match code {
        "INVALID_ARGUMENT" => 3,
        "NOT_FOUND" => 5,
        "PERMISSION_DENIED" => 7,
        "RESOURCE_EXHAUSTED" => 8,
        "ABORTED" => 10,
        "UNAUTHENTICATED" => 16,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(failure: &Failure, path: &str) -> Value {
        serde_json::from_slice(&failure.response(path).body).expect("JSON")
    }

    #[test]
    fn each_service_has_its_own_shape() {
        let failure = Failure::not_found("gone");
        let at = |path: &str| body(&failure, path);
        assert_eq!(at("/cloud/v2/users/1"), json!({ "code": "NOT_FOUND", "message": "gone" }));
        assert_eq!(at("/assets/v1/assets/1"), json!({ "code": 5, "message": "gone" }));
        assert_eq!(at("/cloud/v2/universes/1/secrets")["status"], "404");
        assert_eq!(at("/toolbox-service/v1/saves")["status"], 404);
        assert_eq!(at("/datastores/v1/universes/1/standard-datastores")["error"], "NOT_FOUND");
        assert_eq!(at("/legacy-groups/v1/groups/1/settings")["errors"][0]["message"], "gone");
        assert_eq!(at("/game-passes/v1/x")["errorMessage"], "gone");
    }

    /// GP-03, ER-08, AN-02, RL-12
    #[test]
    fn the_live_services_write_some_errors_otherwise_than_the_document() {
        let of = |failure: &Failure, path: &str, shapes: Shapes| -> Value {
            serde_json::from_slice(&failure.response_in(path, shapes).body).expect("JSON")
        };
        let unknown = Failure::not_found("gone").with_detail("PassNotFound").with_field("pass: 12");
        let pass = "/game-passes/v1/x";
        let expected =
            json!({ "errorCode": "PassNotFound", "errorMessage": "gone", "field": "pass: 12", "hint": null });
        assert_eq!(of(&unknown, pass, Shapes::Live), expected);
        let expected = json!({ "errorCode": "PassNotFound", "errorMessage": "gone" });
        assert_eq!(of(&unknown, pass, Shapes::Document), expected);

        let wrong = Failure::invalid("The place is not of this universe.");
        let servers = "/server-management/v1/universes/1/restarts";
        let expected = json!({ "error": "The place is not of this universe." });
        assert_eq!(of(&wrong, servers, Shapes::Live), expected);
        assert_eq!(of(&wrong, servers, Shapes::Document)["status"], 400);

        let query = "/analytics-query-api/v1/universes/1/metrics";
        assert_eq!(of(&wrong, query, Shapes::Live).get("path"), None);
        assert_eq!(of(&wrong, query, Shapes::Document)["path"], "v1/universes/1/metrics");

        let limited = Failure::rate_limited("Too many.");
        let expected = json!({ "errors": [{ "code": 0, "message": "" }] });
        assert_eq!(of(&limited, "/cloud/v2/users/1", Shapes::Live), expected);
        let expected = json!({ "code": "RESOURCE_EXHAUSTED", "message": "Too many." });
        assert_eq!(of(&limited, "/cloud/v2/users/1", Shapes::Document), expected);
    }

    #[test]
    fn the_gateway_responds_for_every_service() {
        let expected = json!({ "errors": [{ "code": 0, "message": "Invalid API Key" }] });
        assert_eq!(body(&Failure::unauthorized(), "/cloud/v2/users/1"), expected);
    }
}
