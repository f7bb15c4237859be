use rolecall_report::{Ink, Style, columns, visible, wrap};

/// A text that grows line by line.
pub(super) struct Page {
    pub(super) text: String,
    pub(super) style: Style,
}

impl Page {
    pub(super) fn new(style: Style) -> Self {
        Self {
            text: String::new(),
            style,
        }
    }

    /// A line, already painted.
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// An empty line, unless the text begins or the last line is empty.
    pub(super) fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A heading.
    pub(super) fn heading(&mut self, words: &str) {
        self.gap();
        let words = self.style.paint(Ink::Strong, words);
        self.line(&words);
    }

    /// A text of facts wrapped to the width, its first line after `first`, the others after spaces as
    /// wide. Control characters in it are made visible.
    pub(super) fn wrapped(&mut self, first: &str, ink: Ink, text: &str) {
        self.after(first, columns(first), ink, text);
    }

    /// The same after something painted that takes `indent` columns.
    pub(super) fn after(&mut self, first: &str, indent: usize, ink: Ink, text: &str) {
        let room = self.style.columns().saturating_sub(indent).max(20);
        for (nth, line) in wrap(&visible(text), room).iter().enumerate() {
            let painted = self.style.paint(ink, line);
            match nth {
                0 => self.line(&format!("{first}{painted}")),
                _ => self.line(&format!("{}{painted}", " ".repeat(indent))),
            }
        }
    }

    /// Something to be typed as it stands: unwrapped.
    pub(super) fn command(&mut self, indent: &str, command: &str) {
        let command = self.style.paint(Ink::Code, &visible(command));
        self.line(&format!("{indent}{command}"));
    }
}
