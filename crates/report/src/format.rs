use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

use crate::{Report, Style};

/// A format of a report.
///
/// Untrusted text is escaped as each format needs. In `text`, control characters are made visible;
/// in `text` and `github` no line of a file can become a command of the CI runner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Format {
    /// For a person at a terminal.
    #[default]
    Text,
    /// One JSON object, of the schema that [`json_schema`](crate::json_schema) gives.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit XML: a suite per cluster, a case per pool and link.
    Junit,
    /// Workflow commands that GitHub Actions shows as annotations.
    Github,
    /// Markdown for a pull request comment.
    Markdown,
}

/// A format's name that is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFormat(String);

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Format::ALL.map(Format::as_str).join(", ");
        write!(f, "`{}` is not a format; there are {known}", self.0)
    }
}

impl std::error::Error for UnknownFormat {}

impl Format {
    /// All formats.
    pub const ALL: [Self; 6] = [
        Self::Text,
        Self::Json,
        Self::Sarif,
        Self::Junit,
        Self::Github,
        Self::Markdown,
    ];

    /// The name as it is typed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Github => "github",
            Self::Markdown => "markdown",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|format| format.as_str() == text)
            .ok_or_else(|| UnknownFormat(text.to_owned()))
    }
}

/// Writes a report. The style matters to [`Format::Text`] only; `quiet` also to
/// [`Format::Github`] and [`Format::Markdown`].
///
/// # Errors
/// Those of the writer.
pub fn render(
    format: Format,
    report: &Report<'_>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let notes = report.permissions.map(crate::Permissions::notes);
    let diagnostics: Vec<_> = report
        .diagnostics
        .iter()
        .cloned()
        .chain(notes.unwrap_or_default())
        .collect();
    // In these, what was not permitted stands among what could not be read.
    let noted = Report {
        diagnostics: &diagnostics,
        ..*report
    };
    match format {
        Format::Text => out.write_all(crate::text::text(report, style).as_bytes()),
        Format::Json => crate::json::write(report, out),
        Format::Sarif => crate::sarif::write(&noted, out),
        Format::Junit => crate::junit::write(&noted, out),
        Format::Github => out.write_all(crate::github::github(&noted, style).as_bytes()),
        Format::Markdown => out.write_all(crate::markdown::markdown(report, style).as_bytes()),
    }
}
