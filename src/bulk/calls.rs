use super::{Report, Settings, for_each, settings_methods};
use crate::call::{CallFuture, option_methods};
use crate::client::Options;
use std::collections::HashSet;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::hash::Hash;
use std::pin::Pin;

/// How the call for one thing is made.
type MakeCall<K, T> = Box<dyn Fn(&K, Options) -> CallFuture<T> + Send + Sync>;

/// One call of this crate for each of many things, made when this is awaited. A thing that is named twice is
/// called for once.
///
/// It is a [`Bulk`](super::Bulk) whose calls are known; the `with_*` options are those of each call.
#[must_use = "the calls are made when this is awaited"]
pub struct Calls<K, T> {
    keys: Vec<K>,
    call: MakeCall<K, T>,
    settings: Settings<'static>,
    options: Options,
}

impl<K: Clone + Eq + Hash, T> Calls<K, T> {
    pub(crate) fn new(
        keys: impl IntoIterator<Item = K>,
        call: impl Fn(&K, Options) -> CallFuture<T> + Send + Sync + 'static,
    ) -> Self {
        let mut seen = HashSet::new();
        Self {
            keys: keys.into_iter().filter(|key| seen.insert(key.clone())).collect(),
            call: Box::new(call),
            settings: Settings::default(),
            options: Options::default(),
        }
    }

    pub(crate) fn with_options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    pub(crate) fn with_settings(self, settings: Settings<'static>) -> Self {
        Self { settings, ..self }
    }
}

impl<K, T> Calls<K, T> {
    settings_methods!('static);
    option_methods!(each);
}

impl<K: Clone + Send + 'static, T: Send + 'static> IntoFuture for Calls<K, T> {
    type Output = Report<K, T>;
    type IntoFuture = Pin<Box<dyn Future<Output = Report<K, T>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { keys, call, settings, options } = self;
        let mut bulk = for_each(keys, move |key| call(&key, options.clone()));
        bulk.settings = settings;
        bulk.into_future()
    }
}

impl<K: fmt::Debug, T> fmt::Debug for Calls<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Calls")
            .field("keys", &self.keys)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
