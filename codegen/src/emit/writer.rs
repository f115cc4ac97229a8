/// Writes indented lines of code.
#[derive(Debug, Default)]
pub struct Writer {
    text: String,
    depth: usize,
}

impl Writer {
    /// A file, with its header.
    pub fn new() -> Self {
        Self { text: super::HEADER.to_owned(), depth: 0 }
    }

    /// A part of a file.
    pub fn bare() -> Self {
        Self::default()
    }

    /// One line; an empty one has no indentation.
    pub fn line(&mut self, line: impl AsRef<str>) {
        let line = line.as_ref();
        if !line.is_empty() {
            for _ in 0..self.depth {
                self.text.push_str("    ");
            }
            self.text.push_str(line);
        }
        self.text.push('\n');
    }

    /// `open {`, the lines that `inside` writes one step deeper, `}`.
    pub fn block(&mut self, open: impl AsRef<str>, inside: impl FnOnce(&mut Self)) {
        self.line(format!("{} {{", open.as_ref()));
        self.depth += 1;
        inside(self);
        self.depth -= 1;
        self.line("}");
    }

    /// A doc comment, one line of text each.
    pub fn doc(&mut self, text: &str) {
        // A bare carriage return is no part of a doc comment.
        for line in text.trim_end().split(['\n', '\r']) {
            let line = line.trim_end();
            self.line(if line.is_empty() { "///".to_owned() } else { format!("/// {line}") });
        }
    }

    pub fn finish(self) -> String {
        self.text
    }
}

/// A Rust string literal.
pub fn literal(text: &str) -> String {
    format!("{text:?}")
}
