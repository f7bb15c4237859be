//! `check --fix`: makes the safe repairs that are edits of files.
//!
//! Careful in four ways. An edit is made only where the text that the finding saw still stands. Of two
//! edits that overlap, the first is made and the other named. A file is written beside itself and then
//! renamed, so that it is never half written; a symbolic link stays one. And what another tool writes
//! (a Terraform plan, a synthesised template) is not edited, because the next run would undo it.

mod apply;
mod generated;
mod write;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use rolecall_chain::{Edit, Finding, Safety};
use rolecall_facts::FileOrigin;

pub use apply::{Applied, apply};
pub use generated::generator;
pub use write::replace_file;

/// What fixing came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fixed {
    /// The files that change, with their text before and after.
    pub files: Vec<FileChange>,
    /// The edits that were not made.
    pub refused: Vec<Refused>,
}

/// A file that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// Its path as the user would type it.
    pub path: Arc<str>,
    /// Its text as it is.
    pub before: String,
    /// Its text with the edits made.
    pub after: String,
    /// How many edits were made.
    pub edits: usize,
}

/// An edit that was not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Where it would have been made.
    pub place: FileOrigin,
    /// Why it was not.
    pub why: Refusal,
}

/// Why an edit was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Another text stands there.
    #[error("`{expected}` does not stand there")]
    OtherText {
        /// What the finding saw.
        expected: String,
    },
    /// It overlaps one that was made.
    #[error("it overlaps another edit; run `rolecall check --fix` once more")]
    Overlap,
    /// The replacement would have to be quoted or escaped.
    #[error("`{replacement}` would have to be quoted there")]
    NeedsQuotes {
        /// What would have been written.
        replacement: String,
    },
    /// Another tool writes the file.
    #[error("{tool} writes this file; mend what it is made from")]
    Generated {
        /// The tool.
        tool: &'static str,
    },
    /// The input was standard input.
    #[error("standard input cannot be edited")]
    StandardInput,
    /// The file could not be read or written.
    #[error("{0}")]
    Io(String),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FileOrigin {
            path, line, column, ..
        } = &self.place;
        write!(f, "{path}:{line}:{column}: not mended: {}", self.why)
    }
}

/// The edits of the findings' safe repairs, one per finding, by file and in the order of the file.
#[must_use]
pub fn edits_of<'a>(
    findings: impl IntoIterator<Item = &'a Finding>,
) -> BTreeMap<Arc<str>, Vec<Edit>> {
    let mut by_file: BTreeMap<Arc<str>, Vec<Edit>> = BTreeMap::new();
    for finding in findings {
        let edit = finding
            .repairs
            .iter()
            .filter(|repair| repair.safety == Safety::Safe)
            .find_map(|repair| repair.edit.as_ref());
        if let Some(edit) = edit {
            by_file
                .entry(Arc::clone(&edit.place.path))
                .or_default()
                .push(edit.clone());
        }
    }
    by_file
}

/// Works out what the edits make of the files, and writes nothing.
#[must_use]
pub fn plan(edits: BTreeMap<Arc<str>, Vec<Edit>>) -> Fixed {
    let mut fixed = Fixed::default();
    for (path, edits) in edits {
        match plan_file(&path, &edits) {
            Ok((change, refused)) => {
                fixed.files.extend(change);
                fixed.refused.extend(refused);
            }
            Err(why) => fixed.refused.extend(edits.into_iter().map(|edit| Refused {
                place: edit.place,
                why: why.clone(),
            })),
        }
    }
    fixed
}

fn plan_file(
    path: &Arc<str>,
    edits: &[Edit],
) -> Result<(Option<FileChange>, Vec<Refused>), Refusal> {
    if &**path == "-" {
        return Err(Refusal::StandardInput);
    }
    let bytes =
        fs::read(&**path).map_err(|error| Refusal::Io(format!("cannot be read: {error}")))?;
    let before = String::from_utf8(bytes)
        .map_err(|_| Refusal::Io("it is not UTF-8, so it is left as it is".to_owned()))?;
    if let Some(tool) = generator(path, &before) {
        return Err(Refusal::Generated { tool });
    }
    let Applied {
        text,
        made,
        refused,
    } = apply(&before, edits);
    let change = (made > 0 && text != before).then(|| FileChange {
        path: Arc::clone(path),
        before,
        after: text,
        edits: made,
    });
    Ok((change, refused))
}

impl Fixed {
    /// Writes the changed files. One that cannot be written is taken back out and named.
    pub fn write(&mut self) {
        let mut failed = Vec::new();
        self.files.retain(
            |file| match replace_file(Path::new(&*file.path), &file.after) {
                Ok(()) => true,
                Err(error) => {
                    failed.push(Refused {
                        place: FileOrigin {
                            path: Arc::clone(&file.path),
                            line: 1,
                            column: 1,
                            length: 0,
                            address: None,
                        },
                        why: Refusal::Io(format!("cannot be written: {error}")),
                    });
                    false
                }
            },
        );
        self.refused.extend(failed);
    }

    /// How many edits were made.
    #[must_use]
    pub fn edits(&self) -> usize {
        self.files.iter().map(|file| file.edits).sum()
    }

    /// The changes as a unified diff.
    #[must_use]
    pub fn diff(&self) -> String {
        self.files
            .iter()
            .map(|file| {
                similar::TextDiff::from_lines(&file.before, &file.after)
                    .unified_diff()
                    .context_radius(3)
                    .header(&format!("a/{}", file.path), &format!("b/{}", file.path))
                    .to_string()
            })
            .collect()
    }
}
