use super::Format;

const MIB: u64 = 1024 * 1024;

/// What an asset is, of the kinds that can be uploaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AssetKind {
    /// An animation: rbxm, or rbxmx, which the service was seen to refuse (AS-23).
    Animation,
    /// A sound: mp3, ogg, wav or flac, of 7 minutes at most.
    Audio,
    /// An image and the decal that shows it: png, jpeg, bmp or tga. The id is the decal's; Open Cloud does not tell
    /// that of the image (AS-21).
    Decal,
    /// An image: png, jpeg, bmp or tga. The id is what an `ImageLabel` or a `Texture` takes.
    Image,
    /// A mesh in Roblox's own format, as asset delivery hands it out. The service was seen to refuse it for a new
    /// asset (AS-23): upload a model with the mesh in it.
    Mesh,
    /// A model: fbx, gltf, glb, rbxm or rbxmx.
    Model,
    /// A video: mp4 or mov, of 5 minutes at most.
    Video,
}

impl AssetKind {
    /// The largest file of any kind, in bytes.
    pub(super) const MAX_BYTES: u64 = 3_840 * MIB;

    /// The service's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Animation => "Animation",
            Self::Audio => "Audio",
            Self::Decal => "Decal",
            Self::Image => "Image",
            Self::Mesh => "Mesh",
            Self::Model => "Model",
            Self::Video => "Video",
        }
    }

    /// The formats that it is made of.
    pub fn formats(self) -> &'static [Format] {
        match self {
            Self::Animation => &[Format::Rbxm, Format::Rbxmx],
            Self::Audio => &[Format::Mp3, Format::Ogg, Format::Wav, Format::Flac],
            Self::Decal | Self::Image => &[Format::Png, Format::Jpeg, Format::Bmp, Format::Tga],
            Self::Mesh => &[Format::Mesh],
            Self::Model => &[Format::Fbx, Format::Gltf, Format::Glb, Format::Rbxm, Format::Rbxmx],
            Self::Video => &[Format::Mp4, Format::Mov],
        }
    }

    /// The kind that a file becomes unless the caller says otherwise: a picture becomes an image, whose id can be
    /// used where it is meant to be shown (AS-21), and a file of Roblox's model formats a model, not an animation.
    pub(super) fn of(format: Format) -> Self {
        [Self::Audio, Self::Image, Self::Mesh, Self::Model, Self::Video]
            .into_iter()
            .find(|kind| kind.formats().contains(&format))
            .unwrap_or(Self::Model)
    }

    /// The largest file, in bytes. Roblox says 20 MB, and 3.75 GB for videos; we read them as binary
    /// units, so as to refuse nothing that it might take.
    pub fn max_bytes(self) -> u64 {
        match self {
            Self::Video => Self::MAX_BYTES,
            _ => 20 * MIB,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_has_the_kind_that_most_want() {
        for (format, kind) in [
            (Format::Png, AssetKind::Image),
            (Format::Rbxm, AssetKind::Model),
            (Format::Flac, AssetKind::Audio),
            (Format::Mesh, AssetKind::Mesh),
            (Format::Mov, AssetKind::Video),
        ] {
            assert_eq!(AssetKind::of(format), kind);
        }
    }

    #[test]
    fn videos_may_be_larger() {
        assert_eq!(AssetKind::Audio.max_bytes(), 20_971_520);
        assert_eq!(AssetKind::Video.max_bytes(), 4_026_531_840);
    }
}
