//! Game servers of a place, what they can be filtered by, and what they log.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::api::{Call, Failure, Outcome, Pagination, Response, later, object, rfc3339, with_next};
use crate::areas::routes::Routes;
use crate::areas::servers::fleet::{CAPACITY, Fleet, Server};
use crate::areas::servers::handlers;
use crate::mix::form_of;
use crate::state::State;

pub(crate) const ROUTES: Routes = &[
    ("GET /server-management/v1/universes/{u}/places/{p}/versions/{v}/game-servers", list),
    ("GET /server-management/v1/universes/{u}/places/{p}/game-servers:filter-options", filter_options),
    ("GET /server-management/v1/universes/{u}/places/{p}/versions/{v}/game-servers/{j}/logs", list_logs),
];

const CUT: Pagination<'_> = Pagination { size: "MaxPageSize", token: "PageToken", default: 10, max: 100 };
/// How long it takes until a log can be read (SV-13).
const LOG_LAG_SECONDS: i64 = 180;
/// How many messages a server logs, one a minute.
const MESSAGES: i64 = 5;

/// The fleet of the place that a call names.
fn fleet(state: &mut State, call: &Call<'_>) -> Result<Fleet, Failure> {
    handlers::fleet(state, call.number("universeId")?, call.number("placeId")?, call.now)
}

/// The live service refuses more than a page may have (SV-12); the document has it cut.
fn check_size(call: &Call<'_>) -> Result<(), Failure> {
    let asked = call.given(CUT.size).and_then(|size| size.parse::<i64>().ok());
    if call.shapes.is_live() && asked.is_some_and(|size| size > CUT.max as i64) {
        return Err(Failure::invalid(format!("{} must be between 1 and {}", CUT.size, CUT.max)));
    }
    Ok(())
}

/// Servers of one version, those that live first. Another version has none, which is no error (SV-03).
fn list(state: &mut State, call: &Call<'_>) -> Outcome {
    check_size(call)?;
    let fleet = self::fleet(state, call)?;
    let version = call.param("versionNumber").parse::<usize>().unwrap_or_default();
    let is_hidden = |server: &Server| if server.is_active() { fleet.hides_active } else { fleet.hides_ended };
    let servers = fleet.servers.iter().filter(|server| server.version == version && !is_hidden(server));
    let servers: Vec<_> = servers.cloned().collect();
    let total = servers.len();
    // No servers at all are the way to ask how many there are.
    let only_counted = call.query(CUT.size) == Some("0");
    let (page, next) = if only_counted { (Vec::new(), None) } else { CUT.page(call, &servers)? };
    let page: Vec<_> = page.iter().map(|server| server_json(call, server)).collect();
    let mut response = json!({ "gameServers": page, "totalCount": total });
    let no_error = if call.shapes.is_live() { Value::Null } else { json!(false) };
    let error = |is_hidden| if is_hidden { json!(true) } else { no_error.clone() };
    response["activeServersFetchError"] = error(fleet.hides_active);
    response["shutdownServersFetchError"] = error(fleet.hides_ended);
    if call.shapes.is_live() {
        response["previousPageToken"] = Value::Null;
    }
    Ok(with_next(response, "nextPageToken", next))
}

fn server_json(call: &Call<'_>, server: &Server) -> Value {
    let live = call.shapes.is_live();
    let time = |time: Timestamp| if live { with_offset(time, &server.job) } else { rfc3339(time) };
    let until = server.ended.unwrap_or(call.now);
    let frame_rate = match server.ended {
        Some(_) => json!(0),
        None if live && server.is_new(call.now) => Value::Null,
        None => json!(59.5),
    };
    json!({
        "jobId": server.job,
        "placeId": call.param("placeId"),
        "placeVersion": server.version.to_string(),
        "engineVersion": server.engine,
        "type": server.kind,
        "status": server.status,
        "createTime": time(server.created),
        "terminationTime": server.ended.map(time),
        "uptime": span(until.duration_since(server.created)),
        "shutDown": !server.is_active(),
        "frameRate": frame_rate,
        "memoryUsageBytes": server.memory,
        "occupancy": server.players.len(),
        "maxOccupancy": CAPACITY,
        "full": server.players.len() as u64 >= CAPACITY,
        "playerIds": server.players,
    })
}

/// With an offset, and three to seven digits of a second (SV-01).
fn with_offset(time: Timestamp, job: &str) -> String {
    let digits = format!("{:09}", time.subsec_nanosecond().unsigned_abs());
    let kept = usize::try_from(3 + form_of(job, 5)).unwrap_or(3);
    format!("{}.{}+00:00", time.strftime("%Y-%m-%dT%H:%M:%S"), &digits[..kept])
}

/// Days, hours, minutes and seconds as .NET writes them: `1.02:03:04.5000000`, and whole seconds without a fraction.
fn span(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let days = if days == 0 { String::new() } else { format!("{days}.") };
    let ticks = duration.subsec_nanos().max(0) / 100;
    let fraction = if ticks == 0 { String::new() } else { format!(".{ticks:07}") };
    format!("{days}{:02}:{:02}:{:02}{fraction}", rest / 3_600, rest / 60 % 60, rest % 60)
}

/// What a list of servers can be filtered by: versions of places are numbers, those of the engine texts (SV-04).
fn filter_options(state: &mut State, call: &Call<'_>) -> Outcome {
    let fleet = self::fleet(state, call)?;
    let mut engines: Vec<_> = fleet.active().map(|server| server.engine).collect();
    engines.sort_unstable();
    engines.dedup();
    let mut filters = object(json!({
        "EngineVersion": { "field": "EngineVersion", "type": "String", "values": engines },
        "PlaceVersion": { "field": "PlaceVersion", "type": "Number", "values": fleet.versions() },
    }));
    let asked = call.given("Filter").filter(|asked| *asked != "ALL");
    filters.retain(|field, _| asked.is_none_or(|asked| asked == field));
    Ok(Response::json(json!({ "filters": filters })))
}

/// What a server has logged, also after its end. At the live service it can be read some minutes later, and only warnings
/// and errors were ever seen (SV-13).
fn list_logs(state: &mut State, call: &Call<'_>) -> Outcome {
    check_size(call)?;
    let live = call.shapes.is_live();
    let fleet = self::fleet(state, call)?;
    let (version, job) = (call.param("versionNumber"), call.param("jobId"));
    let is_meant = |server: &&Server| server.job == job && server.version.to_string() == version;
    let server = fleet.servers.iter().find(|server| is_meant(server) && !server.is_reserved());
    let readable = if live { later(call.now, -LOG_LAG_SECONDS) } else { call.now };
    let mut logs = Vec::new();
    if let Some(server) = server {
        let until = server.ended.unwrap_or(Timestamp::MAX).min(readable);
        for minute in 1..=MESSAGES {
            let time = later(server.created, minute * 60);
            let severity = if live { 2 + minute % 2 } else { minute % 4 };
            if time <= until {
                logs.push(log_json(call, time, severity, minute)?);
            }
        }
    }
    let (page, next) = CUT.page(call, &logs)?;
    Ok(with_next(json!({ "gameServerLogs": page }), "nextPageToken", next))
}

/// The time is a text, whatever its name says (SV-05).
fn log_json(call: &Call<'_>, time: Timestamp, severity: i64, number: i64) -> Result<Value, Failure> {
    Ok(json!({
        "universeId": call.number("universeId")?,
        "placeId": call.param("placeId"),
        "placeVersion": call.param("versionNumber"),
        "jobId": call.param("jobId"),
        "message": format!("Message {number} of the local Open Cloud."),
        "messageTemplate": "Message {number} of the local Open Cloud.",
        "messageTimestampMs": rfc3339(time),
        "severity": severity,
        "context": null,
        "stackTrace": null,
        "skippedCount": 0,
        "rateLimitedCount": 0,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_those_of_dot_net() {
        let of = |seconds: i64, nanos: i32| span(SignedDuration::new(seconds, nanos));
        assert_eq!(of(302, 2_000_000), "00:05:02.0020000");
        assert_eq!(of(2, 0), "00:00:02");
        assert_eq!(of(93_784, 500_000_000), "1.02:03:04.5000000");
    }
}
