//! What a file is, found out before it is sent.

use super::format::HEAD;
use super::{AssetKind, Format};
use crate::Error;
use crate::body::File;

/// Names, types and measures a file, or refuses it. The kind is the caller's, or else the one that the
/// file's format has. A media type that the caller has set is taken as it is, and so is a bound on the size.
pub(super) async fn inspect(
    mut file: File,
    kind: Option<AssetKind>,
    max_bytes: Option<u64>,
) -> Result<(File, AssetKind), Error> {
    let kind = match (file.content_type(), kind) {
        (Some(_), Some(kind)) => kind,
        (Some(given), None) => {
            return Err(Error::invalid_request(format!(
                "the file's media type was set to {given}; then the kind of the asset must be set, too"
            )));
        }
        (None, kind) => {
            let format = format_of(&mut file).await?;
            let kind = kind.unwrap_or_else(|| AssetKind::of(format));
            if !kind.formats().contains(&format) {
                return Err(Error::invalid_request(format!(
                    "the file is {}, and an asset of kind {} is made of {}",
                    format.extension(),
                    kind.as_str(),
                    list(kind.formats())
                )));
            }
            if file.file_name().is_none_or(str::is_empty) {
                file = file.name(format!("file.{}", format.extension()));
            }
            file = file.media_type(format.media_type());
            kind
        }
    };
    let limit = max_bytes.unwrap_or(kind.max_bytes());
    let file = file.spooled(limit).await?;
    match file.length() {
        Some(0) => Err(Error::invalid_request("the file is empty")),
        Some(length) if length > limit => Err(Error::invalid_request(format!(
            "the file has {length} bytes, and an asset of kind {} may have {limit} at most; `max_bytes` sets another bound",
            kind.as_str()
        ))),
        _ => Ok((file, kind)),
    }
}

async fn format_of(file: &mut File) -> Result<Format, Error> {
    let head = file.head(HEAD).await?;
    if head.is_empty() {
        return Err(Error::invalid_request("the file is empty"));
    }
    let shown = Format::of_content(&head);
    let extension = file.file_name().and_then(|name| name.rsplit_once('.')).map(|(_, extension)| extension);
    match (extension, shown) {
        (Some(extension), shown) => match Format::of_extension(extension) {
            Some(named) if named.may_look_like(shown) => Ok(named),
            Some(named) => Err(Error::invalid_request(match shown {
                Some(shown) => format!(
                    "the file is named .{extension}, but its content is {}; name it so, or set its media type \
                     and the kind of the asset",
                    shown.extension()
                ),
                None => {
                    format!("the file is named .{extension}, but its content is no {}", named.extension())
                }
            })),
            None => Err(Error::invalid_request(format!(
                "Roblox takes no .{extension} files; it takes {}",
                list(&Format::ALL)
            ))),
        },
        (None, Some(shown)) => Ok(shown),
        (None, None) => Err(Error::invalid_request(format!(
            "what the file is can be told neither from its content nor from its name; Roblox takes {}",
            list(&Format::ALL)
        ))),
    }
}

fn list(formats: &[Format]) -> String {
    formats.iter().map(|format| format.extension()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[tokio::test]
    async fn a_video_may_be_as_large_as_its_limit() {
        let limit = AssetKind::Video.max_bytes();
        for (length, is_allowed) in [(limit - 1, true), (limit, true), (limit + 1, false)] {
            // Only the first bytes take room on the disk.
            let mut disk = tempfile::NamedTempFile::new().expect("a file");
            disk.write_all(b"\0\0\0\x18ftypmp42").expect("writing");
            disk.as_file().set_len(length).expect("a length");
            let file = File::open(disk.path()).await.expect("a file").name("a.mp4");
            assert_eq!(inspect(file, None, None).await.is_ok(), is_allowed, "{length}");
        }
    }
}
