//! One call: its inputs, how it is made, sending, and the response.

#[cfg(feature = "files")]
mod download;
mod errors;
mod filtered;
mod filtering;
mod macros;
mod request;
mod response;

pub use request::{Request, path_segment};
pub use response::Response;

pub(crate) use macros::{awaitable, call_methods, helper_methods, option_methods};
pub(crate) use response::{decode, read};

use crate::body::{Body, File, Form, Part};
use crate::client::Options;
use crate::spec::OperationInfo;
use crate::transport::{Accept, Exchanged, PreparedRequest};
use crate::wire::decode::Ids;
use crate::wire::path::{PathTemplate, encode};
use crate::wire::{Checked, Flaw, Parameter};
use crate::{Client, Error};
use bytes::Bytes;
use http::Uri;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::marker::PhantomData;
use std::pin::Pin;

/// One call of an operation: what is sent, how it is sent, and what is expected back.
///
/// The first problem with an input is kept and returned when the call is sent.
pub(crate) struct Call<T> {
    pub(crate) client: Client,
    pub(crate) operation: &'static OperationInfo,
    /// The path template: the operation's, unless the service has named another form.
    template: PathTemplate<'static>,
    segments: Vec<String>,
    query: Vec<(&'static str, String)>,
    headers: Vec<(http::HeaderName, http::HeaderValue)>,
    body: Body,
    mask: Vec<String>,
    filtered: filtered::Filtered,
    pub(crate) options: Options,
    problem: Option<Error>,
    output: PhantomData<fn() -> T>,
}

/// Headers that say how a request is framed, how its connection is used or who makes it, which the
/// client says. Any other header of the caller's takes the place of the client's own.
const RESERVED: &[&str] = &[
    "x-api-key",
    "authorization",
    "cookie",
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "expect",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "upgrade",
];

impl<T> Call<T> {
    pub(crate) fn new(client: &Client, operation: &'static OperationInfo) -> Self {
        Self {
            client: client.clone(),
            operation,
            template: PathTemplate(operation.path),
            // Most paths have one or two.
            segments: Vec::with_capacity(2),
            query: Vec::new(),
            headers: Vec::new(),
            body: Body::Empty,
            mask: Vec::new(),
            filtered: filtered::Filtered::default(),
            options: Options::default(),
            problem: None,
            output: PhantomData,
        }
    }

    /// Uses another form of the operation's path.
    pub(crate) fn at(mut self, template: &'static str) -> Self {
        self.template = PathTemplate(template);
        self
    }

    /// The value of a parameter of the path.
    pub(crate) fn segment(&self, name: &str) -> Option<&str> {
        self.template.value(name, &self.segments)
    }

    /// The values of all parameters of the path, in order.
    pub(crate) fn segments(&self) -> &[String] {
        &self.segments
    }

    /// The value of a query parameter.
    pub(crate) fn query_value(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// The next parameter of the path.
    pub(crate) fn path<P: Parameter>(mut self, value: P) -> Self {
        let mut text = String::new();
        value.each(&mut |part| text = part);
        self.segments.push(text);
        self
    }

    /// Sets a query parameter; a list repeats the key.
    pub(crate) fn query<P: Parameter>(mut self, name: &'static str, value: P) -> Self {
        self.query.retain(|(known, _)| *known != name);
        value.each(&mut |text| self.query.push((name, text)));
        self
    }

    pub(crate) fn has_query(&self, name: &str) -> bool {
        self.query.iter().any(|(known, _)| *known == name)
    }

    /// Sets a header that the operation declares.
    pub(crate) fn header<P: Parameter>(self, name: &'static str, value: P) -> Self {
        let mut text = String::new();
        value.each(&mut |part| text = part);
        self.with_header(name, &text)
    }

    /// Sets any header; a name or value that HTTP cannot carry fails the call.
    pub(crate) fn with_header(mut self, name: &str, value: &str) -> Self {
        match checked_header(name, value) {
            Ok((name, value)) => {
                self.headers.retain(|(known, _)| *known != name);
                self.headers.push((name, value));
            }
            Err(problem) => self.fail(problem),
        }
        self
    }

    /// Sets the JSON body.
    pub(crate) fn json<B: Serialize>(mut self, body: &B) -> Self {
        match self.operation.update_mask.is_some() {
            true => match serde_json::to_value(body) {
                Ok(value) => {
                    self.note_mask(&value);
                    self.body = Body::json(value.to_string());
                }
                Err(error) => self.fail(Error::encode(error)),
            },
            false => match serde_json::to_vec(body) {
                Ok(bytes) => self.body = Body::json(bytes),
                Err(error) => self.fail(Error::encode(error)),
            },
        }
        self
    }

    /// As [`json`](Self::json), of a type in which a caller can set what must not be sent.
    pub(crate) fn checked_json<B: Serialize + Checked>(mut self, body: &B) -> Self {
        self.check(body.flaw());
        self.json(body)
    }

    /// Sets the properties of the JSON body that are set in `part`, a value of the body's type.
    pub(crate) fn properties<B: Serialize>(mut self, part: &B) -> Self {
        match serde_json::to_value(part) {
            Ok(Value::Object(properties)) => {
                properties.into_iter().fold(self, |call, (name, value)| call.body_property(&name, value))
            }
            Ok(_) => self,
            Err(error) => {
                self.fail(Error::encode(error));
                self
            }
        }
    }

    /// As [`properties`](Self::properties), of a type in which a caller can set what must not be sent.
    pub(crate) fn checked_properties<B: Serialize + Checked>(mut self, part: &B) -> Self {
        self.check(part.flaw());
        self.properties(part)
    }

    /// Makes a property of the JSON body that is the last id of a resource name the whole name, with the other ids of
    /// the path. A whole name stays as it is.
    pub(crate) fn resource_name(mut self, property: &str, template: &'static str) -> Self {
        let Some(Value::String(id)) = self.body_value(property) else { return self };
        if id.contains('/') {
            return self;
        }
        let values: Vec<String> = PathTemplate(template)
            .parameters()
            .map(|name| self.segment(name).map_or_else(|| id.clone(), str::to_owned))
            .collect();
        let mut name = String::new();
        match PathTemplate(template).write(&mut name, &values) {
            Ok(()) => self.body_property(property, name.into()),
            Err(problem) => {
                self.fail(Error::invalid_request(problem));
                self
            }
        }
    }

    fn check(&mut self, flaw: Option<Flaw>) {
        if let Some(flaw) = flaw {
            self.fail(Error::invalid_request(flaw.to_string()));
        }
    }

    /// Sends bytes as they are, in one of the media types that the operation takes.
    pub(crate) fn raw(mut self, file: File, media: &[&str]) -> Self {
        match file.content_type() {
            Some(given) if !media.contains(&given) => self.fail(Error::invalid_request(format!(
                "the content type must be one of {}, not {given}",
                media.join(", ")
            ))),
            given => {
                let content_type = given.or(media.first().copied()).unwrap_or("application/octet-stream");
                let content_type = content_type.to_owned();
                self.check_length(&file);
                self.body = Body::file(file, content_type);
            }
        }
        self
    }

    /// Starts a form.
    pub(crate) fn multipart(mut self) -> Self {
        self.body = Body::Form(Form::default());
        self
    }

    pub(crate) fn part_json<P: Serialize>(mut self, name: &'static str, value: P) -> Self {
        match serde_json::to_value(&value) {
            Ok(value) => {
                self.note_mask(&value);
                self.body.set_part(Part::text(name, value.to_string()));
            }
            Err(error) => self.fail(Error::encode(error)),
        }
        self
    }

    pub(crate) fn checked_part_json<P: Serialize + Checked>(mut self, name: &'static str, value: P) -> Self {
        self.check(value.flaw());
        self.part_json(name, value)
    }

    pub(crate) fn part_text<P: Parameter>(mut self, name: &'static str, value: P) -> Self {
        self.body.remove_parts(name);
        value.each(&mut |text| self.body.add_part(Part::text(name, text)));
        self
    }

    pub(crate) fn part_file(mut self, name: &'static str, file: File) -> Self {
        self.check_length(&file);
        self.body.set_part(Part::file(name, file));
        self
    }

    pub(crate) fn part_files(mut self, name: &'static str, files: Vec<File>) -> Self {
        self.body.remove_parts(name);
        for file in files {
            self.check_length(&file);
            self.body.add_part(Part::file(name, file));
        }
        self
    }

    /// Roblox takes no body whose length is not said.
    fn check_length(&mut self, file: &File) {
        if file.length().is_none() {
            self.fail(Error::invalid_request(
                "the file's length is not known, and Roblox insists on it; `File::spooled` finds it out",
            ));
        }
    }

    /// Clears a field: names it in the update mask and sends null.
    pub(crate) fn clear(mut self, field: &'static str) -> Self {
        if let Some(content) = self.body.json_content_mut()
            && let Ok(Value::Object(mut object)) = serde_json::from_slice(content)
        {
            object.insert(field.to_owned(), Value::Null);
            *content = Value::Object(object).to_string().into();
        }
        if !self.mask.iter().any(|known| known == field) {
            self.mask.push(field.to_owned());
        }
        self
    }

    /// A property of the JSON body, unless it is null.
    pub(crate) fn body_value(&self, name: &str) -> Option<Value> {
        let object: serde_json::Map<String, Value> = serde_json::from_slice(self.json_text()?).ok()?;
        object.get(name).filter(|value| !value.is_null()).cloned()
    }

    /// The JSON body as it is sent.
    pub(crate) fn json_text(&self) -> Option<&Bytes> {
        match &self.body {
            Body::Bytes { content, .. } => Some(content),
            _ => None,
        }
    }

    /// Sets the JSON body to a text that is JSON.
    pub(crate) fn json_as_is(mut self, text: String) -> Self {
        self.body = Body::json(text);
        self
    }

    /// Sets a property of the JSON body.
    pub(crate) fn body_property(mut self, name: &str, value: Value) -> Self {
        let mut object = match &self.body {
            Body::Bytes { content, .. } => serde_json::from_slice(content).unwrap_or_default(),
            _ => serde_json::Map::new(),
        };
        object.insert(name.to_owned(), value);
        self.body = Body::json(Value::Object(object).to_string());
        self
    }

    /// Leaves out a property of the JSON body.
    pub(crate) fn without_body_property(mut self, name: &str) -> Self {
        if let Some(Ok(mut object)) =
            self.json_text().map(|text| serde_json::from_slice::<serde_json::Map<String, Value>>(text))
            && object.remove(name).is_some()
        {
            self.body = Body::json(Value::Object(object).to_string());
        }
        self
    }

    /// Leaves out a query parameter.
    pub(crate) fn without_query(mut self, name: &str) -> Self {
        self.query.retain(|(known, _)| *known != name);
        self
    }

    /// The fields that a request sets are the fields that it changes, except those that say which
    /// resource is meant.
    fn note_mask(&mut self, value: &Value) {
        if self.operation.update_mask.is_none() || !self.mask.is_empty() {
            return;
        }
        let in_path = |name: &str| PathTemplate(self.operation.path).parameters().any(|known| known == name);
        self.mask = value
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name.clone())
            .filter(|name| !in_path(name) && name != "path")
            .collect();
    }

    /// Makes this call as the helper is made that it is a step of.
    pub(crate) fn with_options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Fails the call before it is sent, if what it is made of has a problem.
    pub(crate) fn checked(mut self, outcome: Result<(), Error>) -> Self {
        outcome.unwrap_or_else(|problem| self.fail(problem));
        self
    }

    fn fail(&mut self, error: Error) {
        self.problem.get_or_insert(error);
    }

    /// The same call, expecting another response.
    pub(crate) fn expecting<U>(self) -> Call<U> {
        Call {
            client: self.client,
            operation: self.operation,
            template: self.template,
            segments: self.segments,
            query: self.query,
            headers: self.headers,
            body: self.body,
            mask: self.mask,
            filtered: self.filtered,
            options: self.options,
            problem: self.problem,
            output: PhantomData,
        }
    }

    /// Sends the call and reads the response within the attempts: what `read` calls broken off, by an
    /// error of kind [`Io`](crate::ErrorKind::Io), counts as a failed attempt.
    ///
    /// The request is made at once, so that the future holds it and not what it is made of.
    pub(crate) fn send_reading<V: Send + 'static>(
        self,
        read: impl FnMut(&Exchanged) -> Result<V, Error> + Send + 'static,
    ) -> impl Future<Output = Result<(Exchanged, V), Error>> + Send {
        self.expecting().send_into(read, |exchanged, value| (exchanged, value))
    }
}

/// Room in a URL for the name of a query parameter and for what must be encoded in a value.
const PER_VALUE: usize = 24;

/// The future of a call: its response has been read when it is ready.
pub type CallFuture<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

/// A call whose request is made.
struct PreparedCall {
    client: Client,
    options: Options,
    /// `None` if nothing can match the call's filter.
    request: Result<Option<PreparedRequest>, Error>,
}

impl PreparedCall {
    /// Sends the request. It knows nothing of the type that is expected back: one body of code for all types, which
    /// is the bulk of every call.
    async fn transmit(&mut self, accept: Accept<'_>) -> Result<Exchanged, Error> {
        match &mut self.request {
            Ok(Some(prepared)) => self.client.exchange(prepared, &self.options, None, accept).await,
            Ok(None) => Ok(filtered::nothing()),
            Err(problem) => Err(problem.clone()),
        }
    }
}

impl Call<()> {
    /// As [`send_reading`](Call::send_reading), for what `made` makes of the response and of what was read.
    fn send_into<V: Send + 'static, R>(
        self,
        mut read: impl FnMut(&Exchanged) -> Result<V, Error> + Send + 'static,
        made: impl FnOnce(Exchanged, V) -> R + Send + 'static,
    ) -> impl Future<Output = Result<R, Error>> + Send {
        let mut prepared = self.prepare();
        async move {
            let mut value = None;
            let mut accept = |exchanged: &Exchanged| {
                value = Some(read(exchanged)?);
                Ok(())
            };
            let exchanged = prepared.transmit(&mut accept).await?;
            let value = match value {
                Some(value) => value,
                // Nothing was sent, because nothing can match.
                None => read(&exchanged)?,
            };
            Ok(made(exchanged, value))
        }
    }

    /// The ids of the request that a response may leave out, as the table says.
    fn requested_ids(&self) -> Ids {
        let of_body = |name: &str| self.body_value(name).and_then(|value| Some(value.as_str()?.to_owned()));
        let value = |name: &str| {
            let parameter = self.segment(name).or_else(|| self.query_value(name)).map(str::to_owned);
            parameter.or_else(|| of_body(name))
        };
        let ids = self.operation.id_from_request.iter();
        ids.filter_map(|id| Some((id.property, value(id.parameter)?))).collect()
    }

    /// Makes the request.
    fn prepare(mut self) -> PreparedCall {
        let (client, operation) = (self.client.clone(), self.operation);
        let options = std::mem::take(&mut self.options);
        PreparedCall {
            client,
            options,
            request: self.request().map_err(|error| error.with_operation(operation)),
        }
    }

    /// The request as it is sent; `None` if nothing can match the call's filter.
    fn request(mut self) -> Result<Option<PreparedRequest>, Error> {
        if let Some(problem) = self.problem.take() {
            return Err(problem);
        }
        let target = self.target()?;
        if self.matches_nothing()? {
            return Ok(None);
        }
        let mut http = http::Request::new(self.body);
        *http.method_mut() = self.operation.method.clone();
        *http.uri_mut() = target;
        http.headers_mut().extend(self.headers.drain(..));
        Ok(Some(PreparedRequest {
            operation: Some(self.operation),
            path_values: self.segments,
            http,
            shows_path: false,
        }))
    }

    /// The URL: host, path and query.
    fn target(&self) -> Result<Uri, Error> {
        let base = self.client.base(self.operation.host)?;
        let length = |text: &String| text.len() + PER_VALUE;
        let values = self.segments.iter().chain(self.query.iter().map(|(_, value)| value)).map(length);
        let length = base.prefix().len() + self.template.0.len() + values.sum::<usize>();
        let mut target = String::with_capacity(length);
        target.push_str(base.prefix());
        self.template.write(&mut target, &self.segments).map_err(Error::invalid_request)?;
        let mask = self
            .operation
            .update_mask
            .filter(|name| !self.mask.is_empty() && !self.has_query(name))
            .map(|name| (name, self.mask.join(",")));
        let mut separator = '?';
        for (name, value) in self.query.iter().chain(&mask) {
            target.push(separator);
            target.push_str(name);
            target.push('=');
            target.extend(encode(value));
            separator = '&';
        }
        base.with_target(target).map_err(|error| Error::invalid_request(error.to_string()))
    }
}

/// Refuses a text that is empty, or longer than the service takes; `limit` counts characters.
pub(crate) fn check_length(what: &str, text: &str, limit: usize) -> Result<(), Error> {
    match text.is_empty() {
        true => Err(Error::invalid_request(format!("the {what} is empty"))),
        false => check_longest(what, text, limit),
    }
}

/// Refuses a text that is longer than the service takes; `limit` counts characters.
pub(crate) fn check_longest(what: &str, text: &str, limit: usize) -> Result<(), Error> {
    match text.chars().count() {
        length if length > limit => Err(Error::invalid_request(format!(
            "the {what} has {length} characters; at most {limit} are allowed"
        ))),
        _ => Ok(()),
    }
}

/// A header of the caller's.
fn checked_header(name: &str, value: &str) -> Result<(http::HeaderName, http::HeaderValue), Error> {
    if RESERVED.contains(&name.to_ascii_lowercase().as_str()) {
        return Err(Error::invalid_request(format!(
            "the header `{name}` is set by the client; for credentials there is `with_credentials`"
        )));
    }
    let cannot =
        |problem: String| Error::invalid_request(format!("the header `{name}` cannot be sent: {problem}"));
    Ok((
        http::HeaderName::try_from(name).map_err(|error| cannot(error.to_string()))?,
        http::HeaderValue::try_from(value).map_err(|error| cannot(error.to_string()))?,
    ))
}

impl<T: DeserializeOwned + Send + 'static> Call<T> {
    /// Sends the call and reads the response.
    pub(crate) fn send(self) -> CallFuture<Response<T>> {
        let operation = self.operation;
        Box::pin(self.decode_into(move |exchanged, value| Response::new(Some(operation), exchanged, value)))
    }

    /// Sends the call and decodes the response within the attempts; both are returned.
    pub(crate) fn send_decoding(self) -> impl Future<Output = Result<(Exchanged, T), Error>> + Send {
        self.decode_into(|exchanged, value| (exchanged, value))
    }

    /// As [`send`](Self::send), for what the response says only.
    pub(crate) fn output(self) -> CallFuture<T> {
        Box::pin(self.decode_into(|_, value| value))
    }

    fn decode_into<R>(
        self,
        made: impl FnOnce(Exchanged, T) -> R + Send + 'static,
    ) -> impl Future<Output = Result<R, Error>> + Send {
        let call = self.expecting::<()>();
        let (operation, requested) = (call.operation, call.requested_ids());
        call.send_into(move |exchanged| decode(operation, requested.clone(), exchanged), made)
    }
}

impl<T> Clone for Call<T> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            operation: self.operation,
            template: self.template,
            segments: self.segments.clone(),
            query: self.query.clone(),
            headers: self.headers.clone(),
            body: self.body.clone(),
            mask: self.mask.clone(),
            filtered: self.filtered.clone(),
            options: self.options.clone(),
            problem: self.problem.clone(),
            output: PhantomData,
        }
    }
}

impl<T> std::fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").field("operation", &self.operation.id).finish_non_exhaustive()
    }
}
