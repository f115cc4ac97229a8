use std::fmt;
use zeroize::Zeroizing;

/// The content of a secret as it is before it is sealed. Its memory is overwritten when it is dropped,
/// and `Debug` does not show it.
///
/// A `String` that is turned into it is overwritten, too; of a `&str`, the caller's copy stays.
///
/// ```
/// use opencloud::secrets::Plaintext;
///
/// let token = Plaintext::from("a token".to_owned());
/// assert_eq!(format!("{token:?}"), "Plaintext(..)");
/// ```
#[derive(Clone)]
pub struct Plaintext(Zeroizing<String>);

impl Plaintext {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Plaintext {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<&str> for Plaintext {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl fmt::Debug for Plaintext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Plaintext(..)")
    }
}
