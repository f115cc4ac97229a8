//! The file formats that the service takes, and how they are told apart.

pub(super) use crate::markup::HEAD;
use crate::markup::Markup;

/// What a glTF model can begin with, as an object of JSON.
const GLTF_PROPERTIES: [&[u8]; 19] = [
    b"accessors",
    b"animations",
    b"asset",
    b"buffers",
    b"bufferViews",
    b"cameras",
    b"extensions",
    b"extensionsRequired",
    b"extensionsUsed",
    b"extras",
    b"images",
    b"materials",
    b"meshes",
    b"nodes",
    b"samplers",
    b"scene",
    b"scenes",
    b"skins",
    b"textures",
];

/// A format of files that assets are made of.
///
/// Source: <https://create.roblox.com/docs/cloud/guides/usage-assets#supported-asset-types-and-limits>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Roblox's binary model format.
    Rbxm,
    /// Roblox's XML model format.
    Rbxmx,
    /// MP3 audio.
    Mp3,
    /// Ogg audio.
    Ogg,
    /// WAV audio.
    Wav,
    /// FLAC audio.
    Flac,
    /// A PNG image.
    Png,
    /// A JPEG image.
    Jpeg,
    /// A BMP image.
    Bmp,
    /// A Targa image, which nothing in its content tells: its extension does.
    Tga,
    /// Roblox's mesh format.
    Mesh,
    /// An FBX model.
    Fbx,
    /// A glTF model as JSON.
    Gltf,
    /// A glTF model as one binary file.
    Glb,
    /// An MP4 video.
    Mp4,
    /// A QuickTime video.
    Mov,
}

impl Format {
    /// Its media type, as the service wants it.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Rbxm | Self::Rbxmx => "model/x-rbxm",
            Self::Mp3 => "audio/mpeg",
            Self::Ogg => "audio/ogg",
            Self::Wav => "audio/wav",
            Self::Flac => "audio/flac",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Bmp => "image/bmp",
            Self::Tga => "image/tga",
            Self::Mesh => "model/x-file-mesh-data",
            Self::Fbx => "model/fbx",
            Self::Gltf => "model/gltf+json",
            Self::Glb => "model/gltf-binary",
            Self::Mp4 => "video/mp4",
            Self::Mov => "video/mov",
        }
    }

    /// The usual extension of its files, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Rbxm => "rbxm",
            Self::Rbxmx => "rbxmx",
            Self::Mp3 => "mp3",
            Self::Ogg => "ogg",
            Self::Wav => "wav",
            Self::Flac => "flac",
            Self::Png => "png",
            Self::Jpeg => "jpeg",
            Self::Bmp => "bmp",
            Self::Tga => "tga",
            Self::Mesh => "mesh",
            Self::Fbx => "fbx",
            Self::Gltf => "gltf",
            Self::Glb => "glb",
            Self::Mp4 => "mp4",
            Self::Mov => "mov",
        }
    }

    pub(super) const ALL: [Self; 16] = [
        Self::Rbxm,
        Self::Rbxmx,
        Self::Mp3,
        Self::Ogg,
        Self::Wav,
        Self::Flac,
        Self::Png,
        Self::Jpeg,
        Self::Bmp,
        Self::Tga,
        Self::Mesh,
        Self::Fbx,
        Self::Gltf,
        Self::Glb,
        Self::Mp4,
        Self::Mov,
    ];

    /// The format that a file's extension names.
    pub(super) fn of_extension(extension: &str) -> Option<Self> {
        let extension = extension.to_ascii_lowercase();
        if extension == "jpg" {
            return Some(Self::Jpeg);
        }
        Self::ALL.into_iter().find(|format| format.extension() == extension)
    }

    /// The format that a file's first bytes show.
    pub(super) fn of_content(head: &[u8]) -> Option<Self> {
        match Markup::of(head) {
            Some(Markup::Binary) => return Some(Self::Rbxm),
            Some(Markup::Xml) => return Some(Self::Rbxmx),
            None => {}
        }
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
        Some(match head {
            _ if head.starts_with(b"ID3") => Self::Mp3,
            // A frame of layer III: eleven bits of synchronisation, then version and layer.
            [0xff, second, ..] if second & 0xe6 == 0xe2 => Self::Mp3,
            _ if head.starts_with(b"OggS") => Self::Ogg,
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Self::Wav,
            _ if head.starts_with(b"fLaC") => Self::Flac,
            _ if head.starts_with(b"\x89PNG\r\n\x1a\n") => Self::Png,
            [0xff, 0xd8, 0xff, ..] => Self::Jpeg,
            _ if head.starts_with(b"BM") => Self::Bmp,
            _ if head.starts_with(b"Kaydara FBX Binary") || text.starts_with(b"; FBX") => Self::Fbx,
            _ if head.starts_with(b"glTF") => Self::Glb,
            _ if is_gltf(text) => Self::Gltf,
            _ if head.starts_with(b"version ") => Self::Mesh,
            [_, _, _, _, b'f', b't', b'y', b'p', b'q', b't', ..] => Self::Mov,
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => Self::Mp4,
            // QuickTime files may do without a brand, and begin with any of their parts.
            [_, _, _, _, a, b, c, d, ..] if QUICKTIME_PARTS.contains(&&[*a, *b, *c, *d]) => Self::Mov,
            _ => return None,
        })
    }

    /// Whether content that looks like `shown` may be of this format.
    pub(super) fn may_look_like(self, shown: Option<Self>) -> bool {
        match (self, shown) {
            // Targa has no signature: what looks like something else only seems to be one.
            (Self::Tga, None) => true,
            // The two are one container, and writers are careless with its brand.
            (Self::Mp4 | Self::Mov, Some(Self::Mp4 | Self::Mov)) => true,
            (format, Some(shown)) => format == shown,
            (_, None) => false,
        }
    }
}

const QUICKTIME_PARTS: [&[u8; 4]; 6] = [b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"];

/// Whether it is an object of JSON whose first property is one of glTF's.
fn is_gltf(text: &[u8]) -> bool {
    let name = text.strip_prefix(b"{").and_then(|text| text.trim_ascii_start().strip_prefix(b"\""));
    let name = name.and_then(|name| name.split(|byte| *byte == b'"').next());
    name.is_some_and(|name| GLTF_PROPERTIES.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_is_known_by_its_content() {
        let samples: [(&[u8], Format); 26] = [
            (b"<roblox!\x89\xff\r\n\x1a\n", Format::Rbxm),
            (b"<roblox xmlns:xmime=\"...\" version=\"4\">", Format::Rbxmx),
            (b"\xef\xbb\xbf<?xml version=\"1.0\"?>\n<roblox>", Format::Rbxmx),
            (b"ID3\x04", Format::Mp3),
            (b"\xff\xfb\x90", Format::Mp3),
            (b"\xff\xf3\x90", Format::Mp3),
            (b"OggS\0", Format::Ogg),
            (b"RIFF\0\0\0\0WAVEfmt ", Format::Wav),
            (b"fLaC\0", Format::Flac),
            (b"\x89PNG\r\n\x1a\n\0", Format::Png),
            (b"\xff\xd8\xff\xe0", Format::Jpeg),
            (b"BM\x36", Format::Bmp),
            (b"version 4.00\n", Format::Mesh),
            (b"Kaydara FBX Binary  \0", Format::Fbx),
            (b"; FBX 7.4.0 project file", Format::Fbx),
            (b"{\"asset\":{\"version\":\"2.0\"}}", Format::Gltf),
            (b" \n{\n  \"scene\": 0", Format::Gltf),
            (b"\0\0\x01\0mdat\0\0", Format::Mov),
            (b"\0\0\0\x08free\0\0", Format::Mov),
            (b"glTF\x02", Format::Glb),
            (b"\0\0\0\x18ftypmp42", Format::Mp4),
            (b"\0\0\0\x18ftypisom", Format::Mp4),
            (b"\0\0\0\x14ftypqt  ", Format::Mov),
            (b"\0\0\0\x08wide\0\0", Format::Mov),
            (b"\0\0\0\x08moov\0\0", Format::Mov),
            (b"  <roblox ", Format::Rbxmx),
        ];
        for (head, format) in samples {
            assert_eq!(Format::of_content(head), Some(format), "{head:?}");
        }
        for head in [
            &b""[..],
            b"GIF89a",
            b"RIFF\0\0\0\0WEBP",
            b"%PDF-1.7",
            b"<?xml?><svg>",
            b"\0\0\x02\0",
            b"{\"name\": 1}",
            b"{",
        ] {
            assert_eq!(Format::of_content(head), None, "{head:?}");
        }
    }

    #[test]
    fn each_format_is_known_by_its_extension() {
        for format in Format::ALL {
            assert_eq!(Format::of_extension(format.extension()), Some(format));
        }
        assert_eq!(Format::of_extension("JPG"), Some(Format::Jpeg));
        assert_eq!(Format::of_extension("gif"), None);
    }
}
