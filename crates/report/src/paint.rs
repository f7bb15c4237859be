use anstyle::{AnsiColor, Color, Effects, Style as Ansi};
use rolecall_chain::{Severity, Verdict};

use crate::Style;

/// What a piece of text means, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// As the terminal writes.
    Plain,
    /// What a line is about.
    Strong,
    /// What may be passed over.
    Faint,
    /// What holds, or is added.
    Good,
    /// What is broken, or taken away.
    Bad,
    /// What is not known, or may go wrong.
    Unsure,
    /// What is good to know.
    Note,
    /// What is typed or sent as it is.
    Code,
}

impl Ink {
    pub(crate) fn of_severity(severity: Severity) -> Self {
        match severity {
            Severity::Error => Self::Bad,
            Severity::Warning => Self::Unsure,
            Severity::Note => Self::Note,
        }
    }

    pub(crate) fn of_verdict(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Pass => Self::Good,
            Verdict::Unknown => Self::Unsure,
            Verdict::Fail => Self::Bad,
        }
    }

    fn ansi(self) -> Ansi {
        let colored = |color: AnsiColor| Ansi::new().fg_color(Some(Color::Ansi(color)));
        match self {
            Self::Plain => Ansi::new(),
            Self::Strong => Ansi::new().effects(Effects::BOLD),
            Self::Faint => Ansi::new().effects(Effects::DIMMED),
            Self::Good => colored(AnsiColor::Green),
            Self::Bad => colored(AnsiColor::BrightRed).effects(Effects::BOLD),
            Self::Unsure => colored(AnsiColor::Yellow).effects(Effects::BOLD),
            Self::Note => colored(AnsiColor::BrightCyan).effects(Effects::BOLD),
            Self::Code => colored(AnsiColor::Cyan),
        }
    }
}

impl Style {
    /// The text in its colour, or as it is where colours are off.
    #[must_use]
    pub fn paint(self, ink: Ink, text: &str) -> String {
        if self.color && ink != Ink::Plain && !text.is_empty() {
            let ansi = ink.ansi();
            format!("{ansi}{text}{ansi:#}")
        } else {
            text.to_owned()
        }
    }
}
