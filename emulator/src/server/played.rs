//! What a client gets of a fault.

use crate::api::{Failure, Response, Shapes};
use crate::document::Operation;
use crate::faults::{By, EdgeServer, Effect, Plan};
use crate::limits;

/// The response of a fault that leaves nothing applied.
pub(super) fn refusal(plan: &Plan, operation: &Operation, path: &str, shapes: Shapes) -> Option<Response> {
    let mut response = match plan.effect? {
        Effect::Refuse(status) => {
            refused(status, plan, "The emulator was told to refuse this request.", path, shapes)
        }
        Effect::Html(status) => page(status, plan.server, shapes),
        Effect::Reset | Effect::RefuseStream | Effect::Stall(_) => Response::empty(0),
        _ => return None,
    };
    if let Some(seconds) = plan.reset {
        response.headers.extend(limits::played(operation, seconds, shapes));
    }
    Some(with_retry_after(response, plan))
}

fn refused(status: u16, plan: &Plan, message: &str, path: &str, shapes: Shapes) -> Response {
    let mut failure = Failure::of_status(status, message);
    // A 429 is the gateway's unless the fault says otherwise.
    failure.gateway = plan.by.map_or(status == 429, |by| by == By::Gateway);
    failure.response_in(path, shapes)
}

/// What a fault makes of a response whose request was applied.
pub(super) fn spoil(response: Response, plan: &Plan, path: &str, shapes: Shapes) -> Response {
    match plan.effect {
        Some(Effect::AppliedThenRefuse(status)) if response.status < 400 => {
            let message = "The emulator applied this request, and was told to refuse it nevertheless.";
            with_retry_after(refused(status, plan, message, path, shapes), plan)
        }
        Some(Effect::AppliedThenReset) if response.status < 400 => Response::empty(0),
        _ => response,
    }
}

fn with_retry_after(mut response: Response, plan: &Plan) -> Response {
    let Some(seconds) = plan.retry_after else { return response };
    response.headers.retain(|(name, _)| *name != "retry-after");
    response.with_header("retry-after", seconds.to_string())
}

/// A page as the edge writes it (ER-03): HAProxy's have no title.
fn page(status: u16, server: EdgeServer, shapes: Shapes) -> Response {
    let reason = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let title = format!("{status} {}", reason.unwrap_or("Error"));
    let is_haproxy = shapes.is_live() && server == EdgeServer::HaProxy;
    let page = if is_haproxy {
        format!("<html><body><h1>{title}</h1>\nThe request was not served.\n</body></html>\n")
    } else {
        format!(
            "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
        )
    };
    let response = Response::content("text/html", page).with_status(status);
    if shapes.is_live() { response.with_header("server", server.name()) } else { response }
}
