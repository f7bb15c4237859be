use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use rolecall_arn::AccountId;
use rolecall_chain::{Severity, Traced};
use rolecall_facts::Snapshot;
use rolecall_live::Note;
use rolecall_report::{Diagnostic, DiagnosticLevel, Summary};

use crate::Exit;

/// Where a cluster is. Of an account or region as a whole, the rest is empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) account: AccountId,
    pub(super) region: String,
    pub(super) cluster: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.account)?;
        for part in [&self.region, &self.cluster] {
            if !part.is_empty() {
                write!(f, "/{part}")?;
            }
        }
        Ok(())
    }
}

/// What became of one cluster that could be read.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) place: Place,
    pub(super) summary: Summary,
    /// By rule: the worst severity, and how many findings.
    pub(super) rules: BTreeMap<&'static str, (Severity, usize)>,
    /// How many findings do not count.
    pub(super) left_out: usize,
    /// How a diagnosis of this cluster alone would end.
    pub(super) exit: Exit,
    /// What of it could not be read.
    pub(super) unread: Vec<Diagnostic>,
    /// What was seen besides the facts.
    pub(super) notes: Vec<Note>,
    /// The actions that were not permitted.
    pub(super) lacked: BTreeSet<String>,
    /// Kept where the whole report is printed, and not only its table.
    pub(super) traced: Option<Traced>,
    /// What the rule about names in several accounts looks at.
    pub(super) names: Snapshot,
}

impl Row {
    /// What of the cluster failed to be read, other than for want of a permission.
    pub(super) fn failed(&self) -> impl Iterator<Item = &Diagnostic> {
        let unread = self.unread.iter();
        unread.filter(|unread| unread.level == DiagnosticLevel::Error)
    }

    /// Whether there is any such.
    pub(super) fn is_partly_read(&self) -> bool {
        self.failed().next().is_some()
    }
}

/// An account, region or cluster that could not be read.
#[derive(Debug, Clone)]
pub(super) struct Lost {
    pub(super) place: Place,
    /// What is wrong.
    pub(super) what: String,
    /// The next step.
    pub(super) help: String,
    /// The call that failed.
    pub(super) call: &'static str,
}

/// Something that was learnt, in the order in which it was.
pub(super) enum Told {
    /// So many clusters more are there, and so many of them are to be read.
    Found {
        all: usize,
        meant: usize,
    },
    Read(Box<Row>),
    Lost(Lost),
}
