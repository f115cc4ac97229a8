//! Roblox's own file formats for trees of instances: places and models are written alike.

/// How a place or a model is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Markup {
    /// `.rbxl` and `.rbxm`
    Binary,
    /// `.rbxlx` and `.rbxmx`
    Xml,
}

/// How much of a file has to be looked at, in bytes.
pub(crate) const HEAD: usize = 4 * 1024;
/// What a binary file has to begin with.
const BINARY: &[u8] = b"<roblox!\x89\xff\r\n\x1a\n";
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl Markup {
    /// The format that content of this beginning has.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        if head.starts_with(BINARY) {
            return Some(Self::Binary);
        }
        let mut text = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head).trim_ascii_start();
        // A declaration, comments and the like may come first.
        while text.starts_with(b"<?") || text.starts_with(b"<!") {
            let end: &[u8] = match () {
                () if text.starts_with(b"<?") => b"?>",
                () if text.starts_with(b"<!--") => b"-->",
                () => b">",
            };
            let at = text.windows(end.len()).position(|window| window == end)?;
            text = text[at + end.len()..].trim_ascii_start();
        }
        let rest = text.strip_prefix(b"<roblox")?;
        rest.first().is_some_and(|ch| *ch == b'>' || ch.is_ascii_whitespace()).then_some(Self::Xml)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_found_by_content() {
        use Markup::{Binary, Xml};
        for (head, format) in [
            (&b"<roblox!\x89\xff\r\n\x1a\n\0\0rest"[..], Some(Binary)),
            (b"<roblox version=\"4\">", Some(Xml)),
            (b"<roblox>", Some(Xml)),
            (b"\xef\xbb\xbf\n <?xml version=\"1.0\"?>\n<!-- a > b --><roblox version=\"4\">", Some(Xml)),
            (b"<!DOCTYPE roblox><roblox\n>", Some(Xml)),
            (b"<roblox!\x89\xff\r\n", None),
            (b"<robloxes>", None),
            (b"<roblox", None),
            (b"<!-- <roblox>", None),
            (b"\x89PNG\r\n\x1a\n", None),
            (b"", None),
        ] {
            assert_eq!(Markup::of(head), format, "{:?}", String::from_utf8_lossy(head));
        }
    }
}
