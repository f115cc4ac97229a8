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
        self.comment("///", text);
    }

    /// A doc comment of the module that it stands in.
    pub fn inner_doc(&mut self, text: &str) {
        self.comment("//!", text);
    }

    fn comment(&mut self, mark: &str, text: &str) {
        for line in doc_lines(text) {
            self.line(if line.is_empty() { mark.to_owned() } else { format!("{mark} {line}") });
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

/// The lines of a text, as a doc comment may hold them: none with a bare carriage return, which Rust refuses there,
/// nor with what a reader of the source does not see or sees in another order.
pub fn doc_lines(text: &str) -> Vec<String> {
    let shown = |ch: char| match ch {
        '\t' => ch.to_string(),
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => {
            ch.escape_unicode().to_string()
        }
        ch if ch.is_control() => ch.escape_unicode().to_string(),
        ch => ch.to_string(),
    };
    let text = text.replace("\r\n", "\n");
    let lines = text.trim_end().split(['\n', '\r']);
    lines.map(|line| line.trim_end().chars().map(shown).collect()).collect()
}
