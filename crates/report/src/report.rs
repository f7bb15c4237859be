use std::borrow::Cow;

use rolecall_chain::{Severity, Traced, Verdict};
use rolecall_facts::Origin;

use crate::Permissions;

/// Everything a report is made of.
#[derive(Clone, Copy)]
pub struct Report<'a> {
    /// The chains, and the findings that the user's selection left.
    pub traced: &'a Traced,
    /// What kept files from being read.
    pub diagnostics: &'a [Diagnostic],
    /// What was not permitted to be read of a cluster; `None` where none was asked.
    pub permissions: Option<&'a Permissions>,
    /// Where the pools were read.
    pub read_from: ReadFrom,
    /// The texts of the files, for excerpts.
    pub sources: &'a dyn SourceText,
    /// How many findings the user's selection left out, so that a report never claims that all is
    /// well when it only was not asked.
    pub left_out: usize,
    /// The working directory; a path below it is shown relative to it.
    pub base: Option<&'a str>,
}

/// Where the pools were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReadFrom {
    /// From files.
    #[default]
    Files,
    /// From the APIs of clusters.
    Clusters,
}

/// The texts of the files that were read, by path.
pub trait SourceText {
    /// The text of the file, as an origin's path names it; `None` where it can no longer be read.
    fn text(&self, path: &str) -> Option<Cow<'_, str>>;
}

/// No text at all: findings are shown with their places only.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSources;

impl SourceText for NoSources {
    fn text(&self, _path: &str) -> Option<Cow<'_, str>> {
        None
    }
}

/// How much a diagnostic matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DiagnosticLevel {
    /// Good to know; the file was read.
    Note,
    /// The file, or a part of it, could not be read.
    Error,
}

impl DiagnosticLevel {
    /// `note` or `error`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Error => "error",
        }
    }
}

/// Something that kept a file, or a part of one, from being read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How much it matters.
    pub level: DiagnosticLevel,
    /// What is wrong.
    pub message: String,
    /// Where.
    pub origin: Origin,
    /// What to type or do next.
    pub help: Option<String>,
}

/// The counts that every format ends or begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Pools and groups all of whose links hold.
    pub pass: usize,
    /// Pools and groups of which a link does not hold.
    pub fail: usize,
    /// Pools and groups of which no link fails but some could not be told.
    pub unknown: usize,
    /// Findings of severity error.
    pub errors: usize,
    /// Findings of severity warning.
    pub warnings: usize,
    /// Findings of severity note.
    pub notes: usize,
    /// Diagnostics of level error: files, or parts of one, that could not be read.
    pub unread: usize,
}

impl Report<'_> {
    /// The counts.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let chains = |verdict| {
            let same = self.traced.chains.iter().filter(|c| c.verdict() == verdict);
            same.count()
        };
        let findings = |severity| {
            let same = self.traced.findings.iter();
            same.filter(|f| f.severity == severity).count()
        };
        Summary {
            pass: chains(Verdict::Pass),
            fail: chains(Verdict::Fail),
            unknown: chains(Verdict::Unknown),
            errors: findings(Severity::Error),
            warnings: findings(Severity::Warning),
            notes: findings(Severity::Note),
            unread: self
                .diagnostics
                .iter()
                .filter(|d| d.level == DiagnosticLevel::Error)
                .count(),
        }
    }

    /// A path as it is shown: relative to the working directory where it lies below it.
    pub(crate) fn path<'p>(&self, path: &'p str) -> &'p str {
        let below = self.base.and_then(|base| {
            let rest = path.strip_prefix(base.trim_end_matches(['/', '\\']))?;
            rest.strip_prefix(['/', '\\'])
        });
        below
            .or_else(|| path.strip_prefix("./"))
            .filter(|rest| !rest.is_empty())
            .unwrap_or(path)
    }
}

impl Summary {
    /// All pools and groups.
    #[must_use]
    pub fn pools(&self) -> usize {
        self.pass + self.fail + self.unknown
    }

    /// The counts in words, such as `2 pools: 1 passes, 1 fails, 0 unknown; 1 error, 1 note`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let counted =
            |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
        let findings = [
            (self.errors, "error", "errors"),
            (self.warnings, "warning", "warnings"),
            (self.notes, "note", "notes"),
        ]
        .into_iter()
        .filter(|(n, ..)| *n > 0)
        .map(|(n, one, many)| counted(n, one, many))
        .collect::<Vec<_>>();
        let mut words = format!(
            "{}: {}, {}, {} unknown; {}",
            counted(self.pools(), "pool", "pools"),
            counted(self.pass, "passes", "pass"),
            counted(self.fail, "fails", "fail"),
            self.unknown,
            if findings.is_empty() {
                "no findings".to_owned()
            } else {
                findings.join(", ")
            },
        );
        if self.unread > 0 {
            words += &format!(
                "; {} not be read",
                counted(self.unread, "place could", "places could")
            );
        }
        words
    }
}
