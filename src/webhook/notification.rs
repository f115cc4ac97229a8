//! The envelope around an event.

use super::{Event, EventType, ParseError};
use crate::wire::decode::Tolerant as _;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

const ID: &str = "NotificationId";
const TYPE: &str = "EventType";
const TIME: &str = "EventTime";
const PAYLOAD: &str = "EventPayload";

/// A notification: what happened, when, and under which id.
///
/// It keeps everything that came, so that it can be written to a queue and read from there without
/// loss.
///
/// ```
/// use opencloud::webhook::{Event, EventType, Notification};
///
/// # fn main() -> Result<(), opencloud::webhook::ParseError> {
/// let notification = Notification::parse(
///     br#"{
///         "NotificationId": "3fc8...",
///         "EventType": "RightToErasureRequest",
///         "EventTime": "2026-01-02T03:04:05.6789012Z",
///         "EventPayload": { "UserId": 1, "GameIds": [2, 3] }
///     }"#,
/// )?;
/// assert_eq!(*notification.event_type(), EventType::RightToErasureRequest);
/// let Event::RightToErasureRequest(request) = notification.event() else { unreachable!() };
/// assert_eq!(request.user_id, 1.into());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Notification {
    id: String,
    kind: EventType,
    time: Option<Timestamp>,
    event: Event,
    /// As it came.
    whole: Map<String, Value>,
}

impl Notification {
    /// Reads a body. [Verify](super::Verifier::verify) it first.
    ///
    /// # Errors
    ///
    /// If it is not JSON object with a `NotificationId` and an `EventType`. An event of another type
    /// or with another payload than this version knows is not an error: see [`Event::Unknown`].
    pub fn parse(body: &[u8]) -> Result<Self, ParseError> {
        Self::from_value(serde_json::from_slice(body).map_err(ParseError::Json)?)
    }

    fn from_value(value: Value) -> Result<Self, ParseError> {
        let Value::Object(whole) = value else { return Err(ParseError::NoObject) };
        let text = |name: &'static str| match whole.get(name).and_then(Value::as_str) {
            Some(text) if !text.is_empty() => Ok(text.to_owned()),
            _ => Err(ParseError::Missing(name)),
        };
        let id = text(ID)?;
        let kind = EventType::from(text(TYPE)?);
        let time = whole.get(TIME).and_then(|time| Timestamp::tolerant(time).ok());
        let event = Event::read(&kind, whole.get(PAYLOAD).unwrap_or(&Value::Null));
        Ok(Self { id, kind, time, event, whole })
    }

    /// A notification as Roblox would send it: for tests. Written as JSON it is the body to
    /// [sign](super::Verifier::sign).
    ///
    /// ```
    /// use opencloud::webhook::{EventType, Notification};
    /// use serde_json::json;
    ///
    /// let payload = json!({ "UserId": 1, "GameIds": [2] });
    /// let made = Notification::new("an id", EventType::RightToErasureRequest, jiff::Timestamp::UNIX_EPOCH, payload);
    /// assert_eq!(serde_json::to_value(&made).unwrap()["EventTime"], "1970-01-01T00:00:00Z");
    /// ```
    pub fn new(
        id: impl Into<String>,
        event_type: impl Into<EventType>,
        time: Timestamp,
        payload: impl Into<Value>,
    ) -> Self {
        let (id, kind, payload) = (id.into(), event_type.into(), payload.into());
        let event = Event::read(&kind, &payload);
        let whole = [
            (ID, Value::from(id.clone())),
            (TYPE, Value::from(kind.as_str())),
            (TIME, Value::from(time.to_string())),
            (PAYLOAD, payload),
        ];
        let whole = whole.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { id, kind, time: Some(time), event, whole }
    }

    /// The id, by which a [`ReplayGuard`](super::ReplayGuard) knows it again.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What happened, by name.
    pub fn event_type(&self) -> &EventType {
        &self.kind
    }

    /// When it happened, if that can be read.
    pub fn time(&self) -> Option<Timestamp> {
        self.time
    }

    /// What happened.
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// What happened, for keeps.
    pub fn into_event(self) -> Event {
        self.event
    }

    /// The payload as it came; null if there was none.
    pub fn payload(&self) -> &Value {
        self.whole.get(PAYLOAD).unwrap_or(&Value::Null)
    }
}

impl Serialize for Notification {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.whole.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Notification {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
