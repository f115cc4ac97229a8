//! Long-running operations.
macro_rules! start_methods {
    ($name:ident => $result:ty) => {};
}
pub(crate) use start_methods;
