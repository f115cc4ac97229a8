use super::{PlaceFile, PlaceVersionType, Places};
use crate::Error;
use crate::call::{Options, helper_methods};
use crate::ids::{PlaceId, UniverseId};

impl Places {
    /// Uploads a place file as the new version that players get, or [saves](Publish::saved) it. The
    /// answer is the version's number.
    ///
    /// The file is a path ([`File::open`](crate::call::File::open)), bytes, or a
    /// [reader](crate::call::File::reader), and is sent as it is read. Its format, `rbxl` or `rbxlx`,
    /// is found by its content. The attempt's time grows with the file's size; see
    /// [`upload_attempt_timeout`](crate::ClientBuilder::upload_attempt_timeout).
    ///
    /// Publishing this way does not renew editable images and meshes, part operations, surface
    /// appearances and base wraps, as [Roblox's guide](https://create.roblox.com/docs/cloud/guides/usage-place-publishing)
    /// says.
    ///
    /// # Errors
    ///
    /// If the content is that of no place file, if it is empty or too large, and as of every call. A
    /// conflict (409) mostly means that the place is open in Team Create. A failure whose effect is
    /// unknown is not repeated, because it would make another version.
    pub fn publish(
        &self,
        universe: impl Into<UniverseId>,
        place: impl Into<PlaceId>,
        file: impl Into<PlaceFile>,
    ) -> Publish {
        Publish {
            places: self.clone(),
            universe: universe.into(),
            place: place.into(),
            file: file.into(),
            version_type: PlaceVersionType::Published,
            options: Options::default(),
        }
    }
}

/// The call of [`Places::publish`].
#[derive(Clone, Debug)]
#[must_use = "a call is sent when it is awaited"]
pub struct Publish {
    places: Places,
    universe: UniverseId,
    place: PlaceId,
    file: PlaceFile,
    version_type: PlaceVersionType,
    options: Options,
}

helper_methods!(Publish => u64);

impl Publish {
    /// Saves the version without publishing it: players go on getting the one they have.
    pub fn saved(mut self) -> Self {
        self.version_type = PlaceVersionType::Saved;
        self
    }

    async fn run(self) -> Result<u64, Error> {
        let call = self.places.create_version(
            self.universe,
            self.place,
            self.version_type,
            self.file.prepared().await?,
        );
        let version = call.with_options(self.options).await?;
        let number = version.version_number.and_then(|number| u64::try_from(number).ok());
        number.ok_or_else(|| {
            Error::unusable_answer("the place was uploaded, but the answer names no version number")
        })
    }
}
