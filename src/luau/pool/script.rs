use crate::seal::checksum;
use crate::wire::debug_fields;
use std::time::Duration;

/// A script of a [`Pool`](super::Pool), with a name that is unique there.
///
/// ```
/// use opencloud::luau::PoolScript;
/// use std::time::Duration;
///
/// let script = PoolScript::new("math.luau", "return 1 + 1").timeout(Duration::from_secs(30));
/// ```
#[derive(Clone, PartialEq)]
pub struct PoolScript {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) timeout: Option<Duration>,
    pub(super) output: bool,
}

impl PoolScript {
    /// A script of this name and text.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), timeout: None, output: false }
    }

    /// How long it may run at Roblox, instead of what the pool says.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Lets it write bytes; see [`Run::binary_output`](crate::luau::Run::binary_output).
    #[must_use]
    pub fn binary_output(mut self) -> Self {
        self.output = true;
        self
    }

    /// What tells it from another script of its name.
    pub(super) fn digest(&self) -> String {
        checksum(&format!("{:?} {} {}", self.timeout, self.output, self.text))
    }
}

impl<N: Into<String>, T: Into<String>> From<(N, T)> for PoolScript {
    fn from((name, text): (N, T)) -> Self {
        Self::new(name, text)
    }
}

debug_fields!(PoolScript { name, timeout, output });
