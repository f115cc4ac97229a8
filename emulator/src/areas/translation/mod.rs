//! Translation of texts. Nothing is translated: each language gets the text with its own code before it.

pub(crate) mod handlers;
