//! How faults are written.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::{By, EdgeServer, Effect, Fault, FaultError, Route};

const MAX_LATENCY: Duration = Duration::from_secs(600);
const EFFECTS: &str = "latency:250ms, a status from 400 to 599, html[:STATUS], reset, refuse-stream, stall[:TIME], truncate[:BYTES], \
                       cut[:BYTES], duplicate, applied:STATUS, applied:reset";
const OPTIONS: &str = "probability=0.2, count=3, skip=2, retry-after=30, reset=22, body=gateway|service, \
                       server=haproxy|public-gateway, reused";
/// How long the live service lets a request wait that nobody will serve (CN-01).
const STALL: Duration = Duration::from_secs(19);

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Fault, FaultError> {
        read(text).map_err(|reason| FaultError(format!("the fault `{text}` is not understood: {reason}")))
    }
}

fn read(text: &str) -> Result<Fault, String> {
    let form = "it must be of the form ROUTE=EFFECT[,OPTION]..., such as users.get=503,count=2";
    let (route, rest) = text.split_once('=').ok_or(form)?;
    let mut words = rest.split(',').map(str::trim);
    let mut fault = Fault {
        route: read_route(route.trim())?,
        effect: read_effect(words.next().unwrap_or_default())?,
        probability: 1.0,
        count: None,
        skip: 0,
        retry_after: None,
        reset: None,
        by: None,
        server: EdgeServer::default(),
        reused: false,
    };
    let is_page = matches!(fault.effect, Effect::Html(_));
    let is_refusal = matches!(fault.effect, Effect::Refuse(_) | Effect::AppliedThenRefuse(_));
    let mut seen: Vec<&str> = Vec::new();
    for word in words {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        let number = || value.parse::<u32>().map_err(|_| format!("`{value}` is not a number for {name}"));
        match name {
            "probability" => {
                let probability = value.parse::<f64>().ok().filter(|part| *part > 0.0 && *part <= 1.0);
                fault.probability = probability.ok_or("the probability must be more than 0 and at most 1")?;
            }
            "count" => fault.count = Some(number().and_then(positive)?),
            "skip" => fault.skip = number()?,
            "retry-after" if fault.effect.refuses() => fault.retry_after = Some(number()?),
            "retry-after" => return Err("only a refusal has a retry-after".to_owned()),
            "reset" if fault.effect == Effect::Refuse(429) => {
                fault.reset = Some(number().and_then(positive)?)
            }
            "reset" => return Err("only a 429 has a window that is reset".to_owned()),
            "body" if is_refusal => fault.by = Some(read_by(value)?),
            "body" => return Err("only a refusal has a body of the gateway or of the service".to_owned()),
            "server" if is_page => fault.server = read_server(value)?,
            "server" => return Err("only an HTML page names a server".to_owned()),
            "reused" if word == name => fault.reused = true,
            _ => return Err(format!("`{word}` is not an option; there are {OPTIONS}")),
        }
        refuse_if!(seen.contains(&name), "{name} is given twice");
        seen.push(name);
    }
    Ok(fault)
}

fn read_by(text: &str) -> Result<By, String> {
    match text {
        "gateway" => Ok(By::Gateway),
        "service" => Ok(By::Service),
        _ => Err(format!("`{text}` is not a body; there are gateway and service")),
    }
}

fn read_server(text: &str) -> Result<EdgeServer, String> {
    let known = [EdgeServer::HaProxy, EdgeServer::PublicGateway].into_iter();
    let mut found = known.filter(|server| server.name() == text);
    found.next().ok_or_else(|| format!("`{text}` is not a server; there are haproxy and public-gateway"))
}

fn positive(number: u32) -> Result<u32, String> {
    if number == 0 { Err("the number must not be 0".to_owned()) } else { Ok(number) }
}

fn read_route(text: &str) -> Result<Route, String> {
    if text == "*" {
        return Ok(Route::Every);
    }
    if let Some((method, path)) = text.split_once(' ') {
        let path = path.trim();
        let is_method = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_alphabetic());
        if is_method && path.starts_with('/') && !path.contains(char::is_whitespace) {
            return Ok(Route::Path(method.to_ascii_uppercase(), path.to_owned()));
        }
    } else if !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._".contains(&byte))
    {
        return Ok(Route::Id(text.to_owned()));
    }
    Err(format!(
        "`{text}` is not a route: it is *, an operation such as users.get, or a method and a path template"
    ))
}

fn read_effect(text: &str) -> Result<Effect, String> {
    let (name, argument) =
        text.split_once(':').map_or((text, None), |(name, argument)| (name, Some(argument)));
    match (name, argument) {
        ("latency", Some(argument)) => read_duration(argument).map(Effect::Latency),
        ("html", None) => Ok(Effect::Html(502)),
        ("html", Some(argument)) => read_status(argument).map(Effect::Html),
        ("reset", None) => Ok(Effect::Reset),
        ("refuse-stream", None) => Ok(Effect::RefuseStream),
        ("truncate", None) => Ok(Effect::Truncate(None)),
        ("truncate", Some(argument)) => read_bytes(argument).map(Effect::Truncate),
        ("cut", None) => Ok(Effect::Cut(None)),
        ("cut", Some(argument)) => read_bytes(argument).map(Effect::Cut),
        ("stall", None) => Ok(Effect::Stall(STALL)),
        ("stall", Some(argument)) => read_duration(argument).map(Effect::Stall),
        ("duplicate", None) => Ok(Effect::Duplicate),
        ("applied", Some("reset")) => Ok(Effect::AppliedThenReset),
        ("applied", Some(argument)) => read_status(argument).map(Effect::AppliedThenRefuse),
        (_, None) if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()) => {
            read_status(name).map(Effect::Refuse)
        }
        _ => Err(format!("`{text}` is not an effect; there are {EFFECTS}")),
    }
}

fn read_bytes(text: &str) -> Result<Option<usize>, String> {
    let bytes = text.parse::<u32>().map_err(|_| format!("`{text}` is not a number of bytes"))?;
    Ok(usize::try_from(bytes).ok())
}

fn read_status(text: &str) -> Result<u16, String> {
    let status = text.parse().ok().filter(|status| (400..600).contains(status));
    status.ok_or_else(|| format!("`{text}` is not a status from 400 to 599"))
}

fn read_duration(text: &str) -> Result<Duration, String> {
    let refused = || format!("`{text}` is not a duration such as 250ms or 1.5s");
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1.0),
        None => (text.strip_suffix('s').ok_or_else(refused)?, 1_000.0),
    };
    let is_plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number = number.parse::<f64>().ok().filter(|_| is_plain).ok_or_else(refused)?;
    let milliseconds = (number * unit).round();
    if milliseconds > MAX_LATENCY.as_millis() as f64 {
        return Err(format!("a latency is at most {} s", MAX_LATENCY.as_secs()));
    }
    Ok(Duration::from_millis(milliseconds as u64))
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.route {
            Route::Every => f.write_str("*=")?,
            Route::Id(id) => write!(f, "{id}=")?,
            Route::Path(method, path) => write!(f, "{method} {path}=")?,
        }
        match self.effect {
            Effect::Latency(latency) => write!(f, "latency:{}ms", latency.as_millis())?,
            Effect::Refuse(status) => write!(f, "{status}")?,
            Effect::Html(status) => write!(f, "html:{status}")?,
            Effect::Reset => f.write_str("reset")?,
            Effect::RefuseStream => f.write_str("refuse-stream")?,
            Effect::Truncate(None) => f.write_str("truncate")?,
            Effect::Truncate(Some(bytes)) => write!(f, "truncate:{bytes}")?,
            Effect::Cut(None) => f.write_str("cut")?,
            Effect::Cut(Some(bytes)) => write!(f, "cut:{bytes}")?,
            Effect::Stall(STALL) => f.write_str("stall")?,
            Effect::Stall(time) => write!(f, "stall:{}ms", time.as_millis())?,
            Effect::Duplicate => f.write_str("duplicate")?,
            Effect::AppliedThenRefuse(status) => write!(f, "applied:{status}")?,
            Effect::AppliedThenReset => f.write_str("applied:reset")?,
        }
        if self.probability < 1.0 {
            write!(f, ",probability={}", self.probability)?;
        }
        if let Some(count) = self.count {
            write!(f, ",count={count}")?;
        }
        if self.skip > 0 {
            write!(f, ",skip={}", self.skip)?;
        }
        if let Some(seconds) = self.retry_after {
            write!(f, ",retry-after={seconds}")?;
        }
        if let Some(seconds) = self.reset {
            write!(f, ",reset={seconds}")?;
        }
        match self.by {
            Some(By::Gateway) => f.write_str(",body=gateway")?,
            Some(By::Service) => f.write_str(",body=service")?,
            None => {}
        }
        if self.server != EdgeServer::default() {
            write!(f, ",server={}", self.server.name())?;
        }
        if self.reused {
            f.write_str(",reused")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn routes() -> impl Strategy<Value = Route> {
        prop_oneof![
            Just(Route::Every),
            "[a-z_]{1,12}\\.[a-z_]{1,12}".prop_map(Route::Id),
            ("[A-Z]{3,6}", "(/[a-z0-9{}:_.-]{1,8}){1,5}")
                .prop_map(|(method, path)| Route::Path(method, path)),
        ]
    }

    fn effects() -> impl Strategy<Value = Effect> {
        prop_oneof![
            (0u64..=600_000).prop_map(|milliseconds| Effect::Latency(Duration::from_millis(milliseconds))),
            (400u16..600).prop_map(Effect::Refuse),
            (400u16..600).prop_map(Effect::Html),
            Just(Effect::Reset),
            Just(Effect::RefuseStream),
            Just(Effect::Truncate(None)),
            (0usize..1_000_000).prop_map(|bytes| Effect::Truncate(Some(bytes))),
            Just(Effect::Cut(None)),
            (0usize..1_000_000).prop_map(|bytes| Effect::Cut(Some(bytes))),
            Just(Effect::Stall(STALL)),
            (0u64..=600_000).prop_map(|milliseconds| Effect::Stall(Duration::from_millis(milliseconds))),
            Just(Effect::Duplicate),
            (400u16..600).prop_map(Effect::AppliedThenRefuse),
            Just(Effect::AppliedThenReset),
        ]
    }

    fn faults() -> impl Strategy<Value = Fault> {
        let options = (0.000_001f64..=1.0, proptest::option::of(1u32..), any::<u32>(), any::<Option<u32>>());
        let by = prop_oneof![Just(None), Just(Some(By::Gateway)), Just(Some(By::Service))];
        let server = prop_oneof![Just(EdgeServer::HaProxy), Just(EdgeServer::PublicGateway)];
        let live = (proptest::option::of(1u32..), by, server, any::<bool>());
        (routes(), effects(), options, live).prop_map(|(route, effect, options, live)| {
            let (probability, count, skip, retry_after) = options;
            let (reset, by, server, reused) = live;
            let is_refusal = matches!(effect, Effect::Refuse(_) | Effect::AppliedThenRefuse(_));
            let is_page = matches!(effect, Effect::Html(_));
            Fault {
                route,
                effect,
                probability,
                count,
                skip,
                retry_after: retry_after.filter(|_| effect.refuses()),
                reset: reset.filter(|_| effect == Effect::Refuse(429)),
                by: by.filter(|_| is_refusal),
                server: if is_page { server } else { EdgeServer::default() },
                reused,
            }
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(fault in faults()) {
            prop_assert_eq!(fault.to_string().parse(), Ok(fault));
        }

        #[test]
        fn any_text_is_read_or_refused_and_never_a_panic(text in "\\PC{0,40}") {
            let _ = text.parse::<Fault>();
        }

        #[test]
        fn near_misses_are_read_or_refused(
            text in "(\\*|users\\.get|GET /x)=?(latency|html|truncate|cut|stall|applied|reset|429)?:?[0-9a-z.]{0,6}(,[a-z-]{0,11}=?[0-9.]{0,6}){0,3}"
        ) {
            if let Ok(fault) = text.parse::<Fault>() {
                prop_assert_eq!(fault.to_string().parse(), Ok(fault));
            }
        }
    }

    #[test]
    fn what_is_refused_is_named() {
        for (text, reason) in [
            ("users.get", "ROUTE=EFFECT"),
            ("=503", "`` is not a route"),
            ("users get=503", "is not a route"),
            ("GET users=503", "is not a route"),
            ("*=", "is not an effect"),
            ("*=sometimes", "`sometimes` is not an effect"),
            ("*=200", "`200` is not a status from 400 to 599"),
            ("*=html:99", "`99` is not a status"),
            ("*=latency", "is not an effect"),
            ("*=latency:5", "`5` is not a duration"),
            ("*=latency:1e9s", "`1e9s` is not a duration"),
            ("*=latency:601s", "at most 600 s"),
            ("*=truncate:-1", "`-1` is not a number of bytes"),
            ("*=503,probability=0", "more than 0 and at most 1"),
            ("*=503,probability=nan", "more than 0 and at most 1"),
            ("*=503,count=0", "must not be 0"),
            ("*=503,count=x", "`x` is not a number for count"),
            ("*=503,count=1,count=2", "count is given twice"),
            ("*=503,often", "`often` is not an option"),
            ("*=reset,retry-after=1", "only a refusal has a retry-after"),
            ("*=503,reset=22", "only a 429 has a window"),
            ("*=429,reset=0", "must not be 0"),
            ("*=cut,body=gateway", "only a refusal has a body"),
            ("*=503,body=proxy", "`proxy` is not a body"),
            ("*=503,server=haproxy", "only an HTML page names a server"),
            ("*=html,server=nginx", "`nginx` is not a server"),
            ("*=stall:x", "`x` is not a duration"),
            ("*=cut:x", "`x` is not a number of bytes"),
            ("*=stall,reused=yes", "`reused=yes` is not an option"),
        ] {
            let error = text.parse::<Fault>().expect_err(text).to_string();
            assert!(error.contains(reason), "{text}: {error}");
            assert!(error.contains(text), "{text}: {error}");
        }
    }

    #[test]
    fn durations_have_two_units() {
        assert_eq!(read_duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(read_duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(read_duration("0s"), Ok(Duration::ZERO));
    }
}
