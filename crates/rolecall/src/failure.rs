use std::fmt;
use std::io::Write;

/// Why the command could not do what it was asked: what is wrong, where, and what to type.
///
/// Findings are not failures; they go to standard output in the format asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    what: String,
    place: Option<String>,
    help: Option<String>,
}

impl Failure {
    /// A failure, in lower case and without a full stop.
    #[must_use]
    pub fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            place: None,
            help: None,
        }
    }

    /// The same with the place: a path, or `path:line:column`.
    #[must_use]
    pub fn at(mut self, place: impl fmt::Display) -> Self {
        self.place = Some(place.to_string());
        self
    }

    /// The same with the next step.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Writes it to standard error. A standard error that is closed cannot be told so.
    pub(crate) fn print(&self) {
        let bold_red = anstyle::AnsiColor::Red.on_default().bold();
        let text = format!("{self}");
        let text = text.strip_prefix("error").unwrap_or(&text);
        let _ = writeln!(anstream::stderr(), "{bold_red}error{bold_red:#}{text}");
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.what)?;
        if let Some(place) = &self.place {
            write!(f, "\n  --> {place}")?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}
