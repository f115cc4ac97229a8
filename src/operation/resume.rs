use super::dialect::Start;
use super::{Operation, name, route, target};
use crate::call::Call;
use crate::{Client, Error, OperationInfo};
use serde::de::DeserializeOwned;

/// Long-running operations that were started before, in this process or another.
#[derive(Clone, Debug)]
pub struct Operations {
    client: Client,
}

impl Client {
    /// Long-running operations that were started before.
    pub fn operations(&self) -> Operations {
        Operations { client: self.clone() }
    }
}

impl Operations {
    /// The operation of a name: of [`Operation::name`] or [`Error::operation_name`]. Nothing is
    /// sent yet.
    ///
    /// `T` must be the result of the call that started it. The operation is polled with the client's
    /// credentials.
    ///
    /// # Errors
    ///
    /// Of kind [`InvalidRequest`](crate::ErrorKind::InvalidRequest) if the text is not such a name or the
    /// cargo feature of its area is not enabled.
    pub fn resume<T: DeserializeOwned + Send + 'static>(
        &self,
        name: impl AsRef<str>,
    ) -> Result<Operation<T>, Error> {
        name::parse(name.as_ref()).map(|target| Operation::resumed(&self.client, target))
    }

    /// The operation at a path as the service writes it (`operations/0123`), of a call that
    /// something else than this SDK has made.
    ///
    /// ```no_run
    /// # #[cfg(feature = "assets")]
    /// # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
    /// use opencloud::{assets::Asset, operations};
    ///
    /// let mut upload = client.operations().at_path::<Asset>(&operations::ASSETS_CREATE, "operations/0123")?;
    /// println!("{:?}", upload.wait().await?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Of kind [`InvalidRequest`](crate::ErrorKind::InvalidRequest) if the call starts no operation
    /// that has a path, or the path is not one of its service.
    pub fn at_path<T: DeserializeOwned + Send + 'static>(
        &self,
        started_by: &'static OperationInfo,
        path: impl AsRef<str>,
    ) -> Result<Operation<T>, Error> {
        let info = target::facts(started_by)?;
        let refuse = |why: String| Error::invalid_request(why).with_operation(started_by);
        route::of_path(&info, path.as_ref()).map_err(refuse)?;
        let call: Call<T> = Call::new(&self.client, started_by);
        target::Target::new(&call, &info, Start::Path(path.as_ref().to_owned()))
            .map(|target| Operation::resumed(&self.client, target))
            .map_err(refuse)
    }
}
