//! A progress bar for whatever is long.

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use opencloud::Progress;

/// Shows on a terminal how many of something are done. Elsewhere, as in CI, it writes the messages alone, a line each.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// A bar that counts these: `entries`.
    pub(crate) fn of(what: &'static str) -> Self {
        let bar = ProgressBar::no_length().with_finish(ProgressFinish::Abandon);
        bar.set_style(style("{spinner} {human_pos} {prefix}, {elapsed} {wide_msg}"));
        Self(bar.with_prefix(what))
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl Progress for Bar {
    fn advanced(&self, done: u64, total: Option<u64>) {
        if let (Some(total), None) = (total, self.0.length()) {
            self.0.set_style(style("{bar:30} {human_pos} of {human_len} {prefix}, {eta} left {wide_msg}"));
            self.0.set_length(total);
        }
        self.0.set_position(done);
    }

    fn message(&self, text: &str) {
        self.0.set_message(text.to_owned());
        if self.0.is_hidden() && !text.is_empty() {
            eprintln!("{text}");
        }
    }
}
