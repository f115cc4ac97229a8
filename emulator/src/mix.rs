//! Numbers, UUIDs and choices that look random, and are the same every time.

/// A number that is spread over all 64 bits (the finaliser of SplitMix64).
pub(crate) fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The same of a text, on top of a seed.
pub(crate) fn mix_text(seed: u64, text: &str) -> u64 {
    text.bytes().fold(seed, |hash, byte| mix(hash ^ u64::from(byte)))
}

/// One of several forms, for what the live service writes now in this way and now in that: always the same for the
/// same text, so that a test finds what it found before.
pub(crate) fn form_of(text: &str, forms: u64) -> u64 {
    mix_text(0, text) % forms.max(1)
}

/// A UUID (version 8) that belongs to a number: different for different numbers, and without visible order.
pub(crate) fn uuid_of(number: u64) -> String {
    let high = mix(number);
    let low = mix(high ^ 0x9e37_79b9_7f4a_7c15);
    format!(
        "{:08x}-{:04x}-8{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        0x8000 | (low >> 50),
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_are_well_formed_and_differ() {
        let mut seen = std::collections::HashSet::new();
        for number in 0..1000 {
            let uuid = uuid_of(number);
            assert!(crate::document::is_uuid(&uuid), "{uuid}");
            assert!(seen.insert(uuid));
        }
    }
}
