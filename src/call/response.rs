use crate::Error;
use crate::call::info::OperationInfo;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use std::any::TypeId;
use std::ops::Deref;

/// An answer: what it says, and how it came.
#[derive(Clone, Debug)]
pub struct Response<T> {
    value: T,
    status: http::StatusCode,
    headers: http::HeaderMap,
    attempts: u32,
}

/// How many times a request was sent before this answer; rides in the reply's extensions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempts(pub(crate) u32);

impl<T> Response<T> {
    /// The HTTP status.
    pub fn status(&self) -> http::StatusCode {
        self.status
    }

    /// The headers.
    pub fn headers(&self) -> &http::HeaderMap {
        &self.headers
    }

    /// How many times the request was sent.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// What the answer says.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: DeserializeOwned + 'static> Response<T> {
    pub(crate) fn decode(
        operation: &'static OperationInfo,
        reply: http::Response<Bytes>,
    ) -> Result<Self, Error> {
        let value = decode(operation, &reply)?;
        let attempts = reply.extensions().get::<Attempts>().map_or(1, |attempts| attempts.0);
        let (parts, _) = reply.into_parts();
        Ok(Self { value, status: parts.status, headers: parts.headers, attempts })
    }
}

/// Reads the body. An empty one means nothing was said, which a type without required fields, a
/// unit, an `Option` and a JSON value can express.
pub(crate) fn decode<T: DeserializeOwned + 'static>(
    operation: &'static OperationInfo,
    reply: &http::Response<Bytes>,
) -> Result<T, Error> {
    let body = reply.body().trim_ascii();
    let read = |text: &[u8]| -> Result<T, (String, serde_json::Error)> {
        let mut reader = serde_json::Deserializer::from_slice(text);
        serde_path_to_error::deserialize(&mut reader)
            .map_err(|error| (error.path().to_string(), error.into_inner()))
    };
    let outcome = match body {
        // `()` stands for an answer that says nothing, whatever the service puts there.
        _ if TypeId::of::<T>() == TypeId::of::<()>() => read(b"null"),
        b"" => read(b"null").or_else(|_| read(b"{}")),
        body => match operation.bare_list {
            Some(name) if body.starts_with(b"[") => {
                let object = [format!("{{{name:?}:").as_bytes(), body, b"}"].concat();
                read(&object)
            }
            _ => read(body),
        },
    };
    outcome.map_err(|(path, error)| Error::decode(operation, reply, &path, error))
}
