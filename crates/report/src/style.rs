/// How a text for a person is drawn. The caller asks the terminal; this crate does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether ANSI colours are written.
    pub color: bool,
    /// Whether the terminal shows Unicode; otherwise the drawing is ASCII.
    pub unicode: bool,
    /// The terminal's width in columns. Commands and excerpts to be copied may be wider.
    pub width: usize,
    /// Whether only errors and the summary are shown.
    pub quiet: bool,
}

impl Default for Style {
    /// Plain Unicode, 100 columns, everything shown.
    fn default() -> Self {
        Self {
            color: false,
            unicode: true,
            width: 100,
            quiet: false,
        }
    }
}

impl Style {
    /// The width to lay out for: a terminal that is narrower than a word helps nobody.
    #[must_use]
    pub fn columns(self) -> usize {
        self.width.max(40)
    }

    /// The Unicode text, or its ASCII stand-in.
    #[must_use]
    pub fn glyph(self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.unicode { unicode } else { ascii }
    }
}
