use std::time::Duration;

/// A value that can stand in a path, query, header or form.
pub(crate) trait Parameter {
    /// Calls `add` with the value as text; a list calls it for each item.
    fn each(self, add: &mut dyn FnMut(String));
}

macro_rules! displayed {
    ($($kind:ty),*) => {
        $(impl Parameter for $kind {
            fn each(self, add: &mut dyn FnMut(String)) {
                add(self.to_string());
            }
        })*
    };
}

displayed!(i64, f64, bool, jiff::Timestamp, serde_json::Value);

impl Parameter for String {
    fn each(self, add: &mut dyn FnMut(String)) {
        add(self);
    }
}

impl Parameter for Duration {
    fn each(self, add: &mut dyn FnMut(String)) {
        add(crate::wire::decode::duration::format(self));
    }
}

impl<T: Parameter> Parameter for Vec<T> {
    fn each(self, add: &mut dyn FnMut(String)) {
        self.into_iter().for_each(|item| item.each(add));
    }
}
