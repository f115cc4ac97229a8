//! How far long work has come, told to whoever shows it.

use std::sync::Arc;

/// Is told how far something long has come: the bytes of a file, the calls of [`bulk`](crate::bulk), the scripts of a pool.
///
/// A closure of `done` and `total` is one, which is all that a progress bar needs:
///
/// ```
/// # struct Bar;
/// # impl Bar {
/// #     fn set_length(&self, _: u64) {}
/// #     fn set_position(&self, _: u64) {}
/// # }
/// # let bar = Bar;
/// use opencloud::body::File;
///
/// // let bar = indicatif::ProgressBar::no_length();
/// let file = File::new("content").on_progress(move |done, total: Option<u64>| {
///     bar.set_length(total.unwrap_or(done));
///     bar.set_position(done);
/// });
/// ```
///
/// A type of your own can show the [messages](Self::message) as well:
///
/// ```
/// struct Lines;
///
/// impl opencloud::Progress for Lines {
///     fn advanced(&self, done: u64, total: Option<u64>) {
///         eprintln!("{done} of {}", total.map_or("?".to_owned(), |total| total.to_string()));
///     }
///
///     fn message(&self, text: &str) {
///         eprintln!("{text}");
///     }
/// }
/// ```
///
/// It is called where the work is done, so it should return soon.
pub trait Progress: Send + Sync {
    /// `done` units (bytes, calls, scripts) are done, of `total` if that is known. The count can fall: each attempt of an
    /// upload begins at its first byte.
    fn advanced(&self, done: u64, total: Option<u64>);

    /// What there is to say besides, in one line: `3 failed`, `waiting 60 s for a rate limit`. It holds until the next
    /// message; an empty one takes it back. Without an implementation it is not shown.
    fn message(&self, text: &str) {
        let _ = text;
    }
}

impl<F: Fn(u64, Option<u64>) + Send + Sync> Progress for F {
    fn advanced(&self, done: u64, total: Option<u64>) {
        self(done, total);
    }
}

/// One that several share.
impl<P: Progress + ?Sized> Progress for Arc<P> {
    fn advanced(&self, done: u64, total: Option<u64>) {
        (**self).advanced(done, total);
    }

    fn message(&self, text: &str) {
        (**self).message(text);
    }
}
