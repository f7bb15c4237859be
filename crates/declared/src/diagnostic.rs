use std::fmt;

use rolecall_facts::Origin;

/// How much a diagnostic matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DiagnosticLevel {
    /// Something the user may want to know; the file was read.
    Note,
    /// The file, or a part of it, could not be read; the command ends with exit code 2.
    Error,
}

/// Something that kept a file, or a part of one, from being read. Not a finding: it says nothing
/// about the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How much it matters.
    pub level: DiagnosticLevel,
    /// What is wrong, in lower case and without a full stop.
    pub message: String,
    /// Where.
    pub origin: Origin,
    /// What to type or do next.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error at a place.
    #[must_use]
    pub fn error(message: impl Into<String>, origin: Origin) -> Self {
        Self {
            level: DiagnosticLevel::Error,
            message: message.into(),
            origin,
            help: None,
        }
    }

    /// A note at a place.
    #[must_use]
    pub fn note(message: impl Into<String>, origin: Origin) -> Self {
        Self {
            level: DiagnosticLevel::Note,
            message: message.into(),
            origin,
            help: None,
        }
    }

    /// The same with the next step.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.origin, self.message)
    }
}
