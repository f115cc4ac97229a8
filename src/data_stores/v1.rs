use super::buffer::buffer_setter;
use super::entry::user_id;
use super::metadata::Metadata;
use super::metadata::metadata_setters;
use super::requests::Found;
use super::wire::{Content, Stored};
use super::{Store, limits};
use crate::call::{awaitable, option_methods};
use crate::client::Options;
use crate::ids::UserId;
use crate::operations::DATA_STORES_SET_VALUE as SET_VALUE;
use crate::spec::OperationInfo;
use crate::transport::{Exchanged, Origin};
use crate::types::DataStoreVersion;
use crate::wire::decode::{ends_too_early, json_text};
use crate::{Error, ErrorKind};
use base64::Engine;
use http::StatusCode;
use jiff::Timestamp;
use md5::{Digest, Md5};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use std::marker::PhantomData;

/// A data store through the first version of the API. Made by [`Store::v1`].
///
/// Roblox recommends the second version. What the first has besides: writes on the condition of a version
/// ([`WriteVersioned::match_version`]) or of the entry's absence, and a checksum (MD5) both ways, which
/// is sent with every write and verified with every read.
#[derive(Clone, Debug)]
pub struct StoreV1 {
    store: Store,
}

impl Store {
    /// The same store through the first version of the API, whose writes are guarded by a version and
    /// whose contents have a checksum.
    pub fn v1(&self) -> StoreV1 {
        StoreV1::new(self.clone())
    }
}

impl StoreV1 {
    pub(super) fn new(store: Store) -> Self {
        Self { store }
    }

    /// Reads an entry; `None` if it is not there or deleted. A content that does not match its
    /// checksum is an error.
    ///
    /// Calls `data_stores.get_value`; scope `universe-datastores.objects:read`.
    pub fn get<T: DeserializeOwned>(&self, key: impl Into<String>) -> ReadVersioned<T> {
        let (store, key) = (self.store.clone(), key.into());
        ReadVersioned { store, key, options: Options::default(), value: PhantomData }
    }

    /// Writes an entry. **Users and attributes that are not given are cleared.**
    ///
    /// Calls `data_stores.set_value`; scope `universe-datastores.objects:create` or
    /// `universe-datastores.objects:update`.
    pub fn set<T: Serialize + ?Sized>(&self, key: impl Into<String>, value: &T) -> WriteVersioned {
        WriteVersioned {
            store: self.store.clone(),
            key: key.into(),
            value: crate::body::json::to_raw_value(value),
            metadata: Metadata::default(),
            match_version: None,
            exclusive_create: false,
            allow_buffers: false,
            options: Options::default(),
        }
    }
}

/// An entry as the first version of the API gives it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Versioned<T> {
    /// The value.
    pub value: T,
    /// The version, for [`WriteVersioned::match_version`].
    pub version: Option<String>,
    /// The users that the entry belongs to.
    pub users: Vec<UserId>,
    /// The attributes.
    pub attributes: Map<String, Value>,
    /// When the entry was created.
    pub created: Option<Timestamp>,
    /// When the version was made.
    pub versioned: Option<Timestamp>,
}

impl<T: DeserializeOwned> Versioned<T> {
    /// The entry that stands in the way of a write, from its [conflict](Error::is_conflict): the service gives it
    /// as the body of the response (DS-09), so that it need not be read again. `None` if the error holds no entry.
    ///
    /// ```no_run
    /// # async fn run(players: opencloud::data_stores::StoreV1) -> Result<(), opencloud::Error> {
    /// use opencloud::data_stores::Versioned;
    ///
    /// if let Err(error) = players.set("Player_156", &10).exclusive_create().await {
    ///     let there = Versioned::<i64>::of_conflict(&error).ok_or(error)??;
    ///     println!("it has {} already", there.value);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Of kind [`Decode`](crate::ErrorKind::Decode) if its value is not a `T`, or does not match its checksum.
    pub fn of_conflict(error: &Error) -> Option<Result<Self, Error>> {
        if error.status_of_service() != Some(StatusCode::PRECONDITION_FAILED) {
            return None;
        }
        let operation = error.operation().filter(|operation| operation.id == SET_VALUE.id)?;
        let body = error.body().filter(|body| !body.is_empty())?;
        let mut response = http::Response::new(body.clone());
        response.headers_mut().clone_from(error.headers()?);
        *response.status_mut() = StatusCode::PRECONDITION_FAILED;
        // The write was refused for certain, however its response has arrived.
        let whole = verify(&response).map_err(|error| Error::unreadable(error.message()));
        let entry = whole.and_then(|()| read(&response));
        let attempts = error.attempts();
        Some(entry.map_err(|error| {
            error.with_response(&response).with_operation(operation).with_attempts(attempts)
        }))
    }
}

/// The reading of an entry. Made by [`StoreV1::get`].
#[must_use = "a call is sent when it is awaited"]
#[derive(Clone, Debug)]
pub struct ReadVersioned<T> {
    store: Store,
    key: String,
    options: Options,
    value: PhantomData<fn() -> T>,
}

impl<T> ReadVersioned<T> {
    option_methods!();
}

awaitable!([T: DeserializeOwned + Send + 'static] ReadVersioned<T> => Option<Versioned<T>>);

impl<T: DeserializeOwned + Send + 'static> ReadVersioned<T> {
    async fn run(self) -> Result<Option<Versioned<T>>, Error> {
        let Self { store, key, options, .. } = self;
        let Some((exchanged, operation)) = store.fetch(&key, &options).await?.there() else {
            return Ok(None);
        };
        read_exchanged(&exchanged).map(Some).map_err(|error| error.with_operation(operation))
    }
}

/// The writing of an entry. It gives the version that was made. Made by [`StoreV1::set`].
#[must_use = "a call is sent when it is awaited"]
#[derive(Clone, Debug)]
pub struct WriteVersioned {
    store: Store,
    key: String,
    value: Result<Box<RawValue>, Error>,
    metadata: Metadata,
    match_version: Option<String>,
    exclusive_create: bool,
    allow_buffers: bool,
    options: Options,
}

impl WriteVersioned {
    /// Writes only if this is the current version; else it is a [conflict](Error::is_conflict), which holds the
    /// [current entry](Versioned::of_conflict).
    pub fn match_version(mut self, version: impl Into<String>) -> Self {
        self.match_version = Some(version.into());
        self
    }

    /// Writes only if there is no entry; else it is a [conflict](Error::is_conflict), which holds the
    /// [current entry](Versioned::of_conflict).
    pub fn exclusive_create(mut self) -> Self {
        self.exclusive_create = true;
        self
    }

    metadata_setters!();
    buffer_setter!();
    option_methods!();
}

awaitable!([] WriteVersioned => DataStoreVersion);

impl WriteVersioned {
    async fn run(self) -> Result<DataStoreVersion, Error> {
        let Self { store, key, value, metadata, match_version, exclusive_create, allow_buffers, options } =
            self;
        if match_version.is_some() && exclusive_create {
            return Err(Error::invalid_request("an entry that must not be there can match no version"));
        }
        store.check(&key)?;
        let content = Content { value: Some(value?), allow_buffers, ..Content::default() };
        content.check(&key)?;
        let value = content.value.as_deref().unwrap_or(RawValue::NULL);
        let mut call = store
            .handle
            .set_value(&store.universe, store.name.as_str(), key.as_str(), Value::Null)
            .scope(store.scope_name())
            .content_md5(checksum(value.get().as_bytes()));
        if let Some(users) = &metadata.users {
            let ids: Vec<u64> = users.iter().map(limits::user).collect::<Result<_, _>>()?;
            call = call.roblox_entry_userids(serde_json::to_string(&ids).map_err(Error::encode)?);
        }
        if let Some(attributes) = &metadata.attributes {
            limits::attributes(attributes)?;
            call = call.roblox_entry_attributes(ascii(&Value::Object(attributes.clone()).to_string()));
        }
        if let Some(version) = match_version {
            call = call.match_version(version);
        }
        if exclusive_create {
            call = call.exclusive_create(true);
        }
        let call = call.call.json_as_is(value.get().to_owned());
        call.with_options(options).output().await
    }
}

/// JSON without letters that a header cannot carry.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for ch in json.chars() {
        // A deletion is ASCII, and stands in JSON as it is.
        match ch.is_ascii() && !ch.is_ascii_control() {
            true => text.push(ch),
            false => {
                let mut units = [0; 2];
                ch.encode_utf16(&mut units).iter().for_each(|unit| text.push_str(&format!("\\u{unit:04x}")));
            }
        }
    }
    text
}

/// The MD5 of a content, in Base64.
fn checksum(content: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(Md5::digest(content))
}

/// The requests of the first version that the helpers of the second make for an entry whose key or scope
/// no path can hold: here they stand in the query, which holds every text.
impl Store {
    /// The response that holds an entry, verified.
    async fn fetch(
        &self,
        key: &str,
        options: &Options,
    ) -> Result<Found<(Exchanged, &'static OperationInfo)>, Error> {
        let call = self.handle.get_value(&self.universe, self.name.as_str(), key);
        let call = call.scope(self.scope_name()).call;
        let operation = call.operation;
        self.check(key).map_err(|error| error.with_operation(operation))?;
        let verify =
            |exchanged: &Exchanged| verify(&exchanged.response).map_err(|error| exchanged.attach_to(error));
        match call.with_options(options.clone()).send_reading(verify).await {
            Ok((exchanged, ())) if exchanged.status() == StatusCode::NO_CONTENT => {
                Ok(Found::Missing { attempts: exchanged.attempts })
            }
            Ok((exchanged, ())) => Ok(Found::There((exchanged, operation))),
            Err(error) if error.is_not_found() => Ok(Found::Missing { attempts: error.attempts() }),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn look_up_by_query(&self, key: &str, options: &Options) -> Result<Found, Error> {
        let (exchanged, operation) = match self.fetch(key, options).await? {
            Found::There(there) => there,
            Found::Missing { attempts } => return Ok(Found::Missing { attempts }),
        };
        let stored = read_exchanged::<Box<RawValue>>(&exchanged).and_then(|entry| {
            let attributes = to_raw_value(&entry.attributes).map_err(Error::encode)?;
            Ok(Stored {
                value: Some(entry.value),
                users: Some(entry.users.iter().map(|user| format!("users/{user}")).collect()),
                attributes: Some(attributes),
                // It guards a write as an etag does.
                etag: entry.version.clone(),
                revision_id: entry.version,
                create_time: entry.created,
                revision_create_time: entry.versioned,
                origin: Some(Origin::of(Some(operation), exchanged.clone())),
                ..Stored::default()
            })
        });
        stored.map(Found::There).map_err(|error| error.with_operation(operation))
    }

    /// Writes a whole entry; what is not in it is cleared. Its etag is the version that must be the current one.
    pub(super) async fn write_by_query(
        &self,
        key: &str,
        content: &Content,
        exclusive_create: bool,
        options: &Options,
    ) -> Result<Stored, Error> {
        let mut write = self.v1().set(key, content.value.as_deref().unwrap_or(RawValue::NULL));
        if let Some(users) = &content.users {
            write = write.users(users.iter().map(|path| user_id(path)));
        }
        if let Some(attributes) = &content.attributes {
            let attributes: Map<String, Value> =
                serde_json::from_str(attributes.get()).map_err(Error::encode)?;
            write = write.attributes(attributes);
        }
        if exclusive_create {
            write = write.exclusive_create();
        } else if let Some(version) = &content.etag {
            write = write.match_version(version);
        }
        write.allow_buffers = content.allow_buffers;
        write.options = options.clone();
        let version = write.await?;
        Ok(Stored { revision_id: version.version, ..Stored::default() })
    }

    pub(super) async fn delete_by_query(&self, key: &str, options: &Options) -> Result<(), Error> {
        let call = self.handle.delete_value(&self.universe, self.name.as_str(), key);
        let call = call.scope(self.scope_name()).call;
        self.check(key).map_err(|error| error.with_operation(call.operation))?;
        call.with_options(options.clone()).output().await
    }
}

fn header<'a>(response: &'a http::Response<bytes::Bytes>, name: &str) -> Option<&'a str> {
    // Text beyond ASCII may stand in a header as it is.
    std::str::from_utf8(response.headers().get(name)?.as_bytes()).ok()
}

/// Refuses a content that is not what its checksum says, or that ends too early: it was lost on the way
/// (CN-03).
fn verify(response: &http::Response<bytes::Bytes>) -> Result<(), Error> {
    let expected =
        header(response, "content-md5").filter(|_| response.status() != http::StatusCode::NO_CONTENT);
    match expected {
        Some(expected) if expected != checksum(response.body()) => Err(Error::interrupted(
            "the content does not match the checksum that the service sent with it: it was changed on the way",
        )),
        None if ends_too_early(response.body()) => {
            Err(Error::interrupted("the entry's value ends too early"))
        }
        _ => Ok(()),
    }
}

fn read_exchanged<T: DeserializeOwned>(exchanged: &Exchanged) -> Result<Versioned<T>, Error> {
    read(&exchanged.response).map_err(|error| exchanged.attach_to(error))
}

fn read<T: DeserializeOwned>(response: &http::Response<bytes::Bytes>) -> Result<Versioned<T>, Error> {
    let broken = |what: &str, error: &dyn std::fmt::Display| {
        Error::io(ErrorKind::Decode, format!("{what} cannot be read: {error}"))
    };
    let time = |name: &str| header(response, name).and_then(|text| text.parse().ok());
    // Roblox's samples have a list of JSON there, its words one without brackets.
    let text = header(response, "roblox-entry-userids").unwrap_or_default().trim_start_matches('[');
    let users: Vec<UserId> = serde_json::from_str(&format!("[{}]", text.trim_end_matches(']')))
        .map_err(|error| broken("the header `roblox-entry-userids`", &error))?;
    let attributes = match header(response, "roblox-entry-attributes") {
        Some(text) if !text.is_empty() => serde_json::from_str(text)
            .map_err(|error| broken("the header `roblox-entry-attributes`", &error))?,
        _ => Map::new(),
    };
    Ok(Versioned {
        value: serde_json::from_slice(json_text(response.body()))
            .map_err(|error| broken("the entry's value", &error))?,
        version: header(response, "roblox-entry-version").map(str::to_owned),
        users,
        attributes,
        created: time("roblox-entry-created-time"),
        versioned: time("roblox-entry-version-created-time"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_guide() {
        assert_eq!(checksum(b"750"), "sTf90fedVsft8zZf6nUg8g==");
    }

    #[test]
    fn a_header_holds_ascii_only() {
        let attributes = serde_json::json!({ "a": "ä😀\u{7f}\u{1}" });
        let text = ascii(&attributes.to_string());
        assert!(text.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
        assert_eq!(serde_json::from_str::<Value>(&text).expect("it is there"), attributes);
    }
}
