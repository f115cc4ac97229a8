//! Buffers of games: how they show in the API (DS-14).

use serde_json::{Value, json};

use crate::document::encode_base64;

/// From this many bytes on, a buffer shows compressed.
const COMPRESSED_FROM: usize = 32;
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// One segment, and four bytes with the size of the content.
const HEADER: u8 = 0xa0;
/// The most that a block may hold.
const BLOCK: usize = 128 * 1024;

/// What the API shows of a buffer.
pub(crate) fn envelope(bytes: &[u8]) -> Value {
    if bytes.len() < COMPRESSED_FROM {
        return json!({ "m": null, "t": "buffer", "base64": encode_base64(bytes) });
    }
    json!({ "m": null, "t": "buffer", "zbase64": encode_base64(frame(bytes)) })
}

/// A Zstandard frame of blocks that are as they are: any reader takes it, and nothing has to be compressed.
fn frame(bytes: &[u8]) -> Vec<u8> {
    let mut frame = MAGIC.to_vec();
    frame.push(HEADER);
    frame.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
    let mut blocks = bytes.chunks(BLOCK).peekable();
    while let Some(block) = blocks.next() {
        let is_last = u32::from(blocks.peek().is_none());
        let size = u32::try_from(block.len()).unwrap_or_default();
        frame.extend_from_slice(&((size << 3) | is_last).to_le_bytes()[..3]);
        frame.extend_from_slice(block);
    }
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_buffer_shows_as_it_is_and_a_long_one_in_a_frame() {
        assert_eq!(envelope(b"abc"), json!({ "m": null, "t": "buffer", "base64": "YWJj" }));
        let long = envelope(&[7; 32]);
        assert!(long["zbase64"].is_string() && long.get("base64").is_none());
        let framed = frame(&[7; 32]);
        assert_eq!(framed[..9], [0x28, 0xb5, 0x2f, 0xfd, 0xa0, 32, 0, 0, 0]);
        assert_eq!(framed[9..12], [(32 << 3) | 1, 1, 0]);
        assert_eq!(framed.len(), 12 + 32);
    }

    #[test]
    fn a_frame_has_as_many_blocks_as_it_needs() {
        let framed = frame(&vec![1; BLOCK + 1]);
        assert_eq!(framed[9] & 1, 0, "another block follows");
        assert_eq!(framed[9 + 3 + BLOCK..], [(1 << 3) | 1, 0, 0, 1]);
    }
}
