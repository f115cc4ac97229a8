//! Calls every operation of the document through its public method.
//!
//! The calls are generated from the same model as the SDK; the values come from the emulator's reading
//! of the document, which does not depend on the SDK. What goes out and what comes back is then
//! validated against the document.

mod samples;
pub mod shapes;
mod wire;

pub use samples::{FILE, Samples};
pub use wire::{Recorded, Recorder, responding, sent};

use opencloud::operation::Operation;
use opencloud::paging::Items;
use opencloud::{Error, Response};
use opencloud_emulator::Document;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::pin::Pin;
use std::str::FromStr;
use std::time::Duration;

#[allow(clippy::all, reason = "generated")]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/calls.rs"));
}

pub use generated::{call, list, wait};

/// A call on its way.
pub type Sent<'a, T = Outcome> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The items of a list.
pub type Listed = Result<Vec<Value>, Error>;

/// The name and the result of a long-running operation.
pub type Waited = Result<(Option<String>, Value), Error>;

/// No list of the tests has as many items; one that does not end is cut here.
pub const MOST_ITEMS: u64 = 1000;

/// What became of a call.
#[derive(Debug)]
pub struct Outcome {
    /// The status, if there was a response.
    pub status: Option<u16>,
    /// What was decoded, as JSON again; or why it was not.
    pub decoded: Result<Value, Error>,
}

/// All operations of the document.
pub fn operations() -> &'static [opencloud_emulator::Operation] {
    Document::embedded().operations()
}

fn outcome<T: Serialize>(_: &Samples, response: Result<Response<T>, Error>) -> Outcome {
    match response {
        Ok(response) => Outcome {
            status: Some(response.status().as_u16()),
            decoded: Ok(serde_json::to_value(&*response).unwrap_or(Value::Null)),
        },
        Err(error) => Outcome { status: error.status().map(|status| status.as_u16()), decoded: Err(error) },
    }
}

async fn listed<T: Serialize + 'static>(samples: &Samples, items: Items<T>) -> Listed {
    let items = items.limit(MOST_ITEMS).page_size(samples.page_size()).collect().await?;
    Ok(items.iter().map(|item| serde_json::to_value(item).unwrap_or(Value::Null)).collect())
}

async fn waited<T: Serialize + DeserializeOwned + Send + 'static>(
    started: Result<Operation<T>, Error>,
) -> Waited {
    let mut operation = started?;
    let result = operation.wait().await?;
    let name = operation.name().map(str::to_owned);
    Ok((name, serde_json::to_value(result).unwrap_or(Value::Null)))
}

fn parse<T: FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().unwrap_or_else(|error| panic!("the sample {text:?} is not of its type: {error:?}"))
}

fn duration(text: &str) -> Duration {
    Duration::from_secs_f64(parse(text.trim_end_matches('s')))
}

/// Whether two JSON values mean the same: times may differ in how they write their fraction, and
/// nothing else may differ.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| same(value, other)))
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::String(a), Value::String(b)) if a != b => {
            let time = |text: &str| text.parse::<jiff::Timestamp>().ok();
            time(a).is_some_and(|a| Some(a) == time(b))
        }
        (a, b) => a == b,
    }
}
