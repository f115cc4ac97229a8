//! What a file is, by its bytes: services do not believe what a client says of a picture.

/// The media type of a picture that the services take.
pub(crate) fn kind(content: &[u8]) -> Option<&'static str> {
    const BEGINNINGS: [(&[u8], &str); 4] = [
        (b"\x89PNG", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"BM", "image/bmp"),
        (b"GIF8", "image/gif"),
    ];
    let begins = BEGINNINGS.iter().find(|(beginning, _)| content.starts_with(beginning));
    let is_webp = content.starts_with(b"RIFF") && content.get(8..12) == Some(b"WEBP");
    let begins = begins.map(|(_, kind)| *kind).or_else(|| is_webp.then_some("image/webp"));
    begins.or_else(|| is_targa(content).then_some("image/tga"))
}

/// A TGA has no mark at its beginning: its header must make sense.
fn is_targa(content: &[u8]) -> bool {
    let [_, colour_map, image_type, ..] = content else { return false };
    content.len() >= 18
        && *colour_map <= 1
        && matches!(image_type, 1 | 2 | 3 | 9 | 10 | 11)
        && matches!(content[16], 8 | 15 | 16 | 24 | 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_known_by_its_bytes() {
        assert_eq!(kind(b"\x89PNG\r\n"), Some("image/png"));
        assert_eq!(kind(b"\xff\xd8\xff\xe0"), Some("image/jpeg"));
        assert_eq!(kind(b"BM..."), Some("image/bmp"));
        assert_eq!(kind(b"RIFF\x10\0\0\0WEBPVP8 "), Some("image/webp"));
        let mut targa = [0; 18];
        (targa[2], targa[16]) = (2, 24);
        assert_eq!(kind(&targa), Some("image/tga"));
        assert_eq!(kind(b"<roblox!"), None);
        assert_eq!(kind(b""), None);
    }
}
