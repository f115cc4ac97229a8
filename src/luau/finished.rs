//! What a script leaves behind.

use super::{LuauTask, TaskPath};
use crate::client::Options;
use crate::transport::Origin;
use crate::{Client, Error, Response};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::io::AsyncWrite;

/// The largest binary output that the service makes, in bytes.
const LARGEST_OUTPUT: u64 = 256 * 1024 * 1024;

/// A task that is complete: what the script has returned.
#[derive(Clone, Debug)]
pub struct Finished {
    client: Client,
    options: Options,
    task: LuauTask,
    path: TaskPath,
    origin: Option<Origin>,
}

impl Finished {
    pub(super) fn new(
        client: Client,
        options: Options,
        task: LuauTask,
        path: TaskPath,
        origin: Option<Origin>,
    ) -> Self {
        Self { client, options, task, path, origin }
    }

    /// The path of the task.
    pub fn path(&self) -> &TaskPath {
        &self.path
    }

    /// The version of the place that the task was made for, as its path says. Without a
    /// [pinned version](super::Script::at_version) the service takes a running copy of the place, which may be
    /// older than the last upload (LX-07): only the script itself can tell, by `game.PlaceVersion`, which
    /// [`Run::expect_version`](super::Run::expect_version) looks at.
    pub fn place_version(&self) -> Option<u64> {
        self.path.version()?.as_u64()
    }

    /// The task as the service tells it.
    pub fn task(&self) -> &LuauTask {
        &self.task
    }

    /// The values that the script has returned, in order. What cannot be JSON (an instance, a function) is
    /// null.
    pub fn results(&self) -> &[Value] {
        let results = self.task.output.as_ref().and_then(|output| output.results.as_deref());
        results.unwrap_or_default()
    }

    /// All values that the script has returned, as a tuple, a list, or another type that serde reads from a
    /// list.
    ///
    /// ```no_run
    /// # fn read(finished: opencloud::luau::Finished) -> Result<(), opencloud::Error> {
    /// let (name, players): (String, u32) = finished.decode()?; // return game.Name, 7
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Of kind [`Decode`](crate::ErrorKind::Decode) if they are not such values, or of another number.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.read(Value::Array(self.results().to_vec()), "what the script returned")
    }

    /// One of the values that the script has returned, counted from 0. One that was not returned is null,
    /// as in Luau.
    ///
    /// # Errors
    ///
    /// Of kind [`Decode`](crate::ErrorKind::Decode) if it is not such a value.
    pub fn result<T: DeserializeOwned>(&self, index: usize) -> Result<T, Error> {
        let value = self.results().get(index).cloned().unwrap_or_default();
        self.read(value, &format!("value {index} that the script returned"))
    }

    fn read<T: DeserializeOwned>(&self, value: Value, what: &str) -> Result<T, Error> {
        T::deserialize(value).map_err(|error| {
            let error = Error::unreadable(format!("{what} cannot be read: {error}"));
            self.origin.iter().fold(error, |error, origin| origin.blame(error))
        })
    }

    /// Writes the binary output of the run, 256 MiB at most, and returns its size in bytes. It is read while
    /// it comes, so that it need not be in memory.
    ///
    /// The service keeps it for 15 minutes after the task has ended.
    ///
    /// ```no_run
    /// # async fn run(client: opencloud::Client, script: String) -> Result<(), opencloud::Error> {
    /// let finished = client.luau().run(script).at(42, 43).binary_output().await?;
    /// let mut output = Vec::new(); // or a `tokio::fs::File`
    /// finished.write_binary_output(&mut output).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Of kind [`InvalidRequest`](crate::ErrorKind::InvalidRequest) if there is none: the run must ask for it
    /// ([`Run::binary_output`](super::Run::binary_output)). Otherwise see
    /// [`Request::send_to`](crate::Request::send_to).
    pub async fn write_binary_output<W: AsyncWrite + Unpin + Send>(&self, writer: W) -> Result<u64, Error> {
        let Some(uri) = self.task.binary_output_uri.as_deref().filter(|uri| !uri.is_empty()) else {
            return Err(Error::invalid_request(
                "the task has no binary output: the run must ask for it, and it is kept for 15 minutes",
            ));
        };
        let request = self.client.request(http::Method::GET, uri).with_options(self.options.clone());
        request.without_credentials().send_to(writer, LARGEST_OUTPUT).await.map(Response::into_inner)
    }
}
