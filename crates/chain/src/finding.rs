use std::fmt;

use rolecall_facts::{ObservedCall, Origin, Timestamp};

use crate::{Pool, Repair, Rule};

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know; nodes will come.
    Note,
    /// Nodes may come today; something will break them.
    Warning,
    /// Nodes will not come.
    Error,
}

impl Severity {
    /// `note`, `warning` or `error`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A rule's statement that something is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// How much it matters here.
    pub severity: Severity,
    /// The object it is about, such as `NodeClass web` or `access entry arn:…`.
    pub subject: String,
    /// What is wrong, in one sentence that names the object.
    pub message: String,
    /// Where; the first is the place to look at first.
    pub origins: Vec<Origin>,
    /// What proves it.
    pub evidence: Vec<Evidence>,
    /// What mends it, the best first.
    pub repairs: Vec<Repair>,
    /// The pools whose chain it breaks or touches, sorted.
    pub pools: Vec<Pool>,
}

/// Something that proves a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Evidence {
    /// A fact in words.
    Fact {
        /// The fact.
        text: String,
        /// Where it was learnt.
        origin: Option<Origin>,
    },
    /// Two texts that ought to be equal.
    Difference {
        /// What the first is, such as `the entry is for`.
        left_label: String,
        /// The first text.
        left: String,
        /// What the second is, such as `the role is`.
        right_label: String,
        /// The second text.
        right: String,
    },
    /// A policy statement that decided.
    Statement {
        /// The policy's name, with its version for managed ones.
        policy: String,
        /// The statement, as JSON.
        statement: String,
        /// How it decided, in a sentence.
        why: String,
        /// Where the statement stands, if in a file.
        origin: Option<Origin>,
    },
    /// Calls to AWS that were refused because of it, as CloudTrail recorded them.
    Call {
        /// The newest of them.
        call: Box<ObservedCall>,
        /// How many of the kind were recorded.
        count: usize,
        /// When the first of them was.
        since: Timestamp,
    },
}

impl Evidence {
    /// A fact in words with its place.
    #[must_use]
    pub fn fact(text: impl Into<String>, origin: Option<&Origin>) -> Self {
        Self::Fact {
            text: text.into(),
            origin: origin.cloned(),
        }
    }

    /// Two texts that ought to be equal, each after what it is.
    #[must_use]
    pub fn difference(left: (&str, &dyn fmt::Display), right: (&str, &dyn fmt::Display)) -> Self {
        Self::Difference {
            left_label: left.0.to_owned(),
            left: left.1.to_string(),
            right_label: right.0.to_owned(),
            right: right.1.to_string(),
        }
    }
}

/// Where two texts differ: the byte ranges that are left after their common beginning and end.
///
/// For `role/platform/eks/NodeRole` and `role/NodeRole` it gives `platform/eks/` and nothing.
#[must_use]
pub fn differing_ranges(
    left: &str,
    right: &str,
) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
    let common = |pairs: &mut dyn Iterator<Item = (char, char)>| {
        pairs
            .take_while(|(a, b)| a == b)
            .map(|(a, _)| a.len_utf8())
            .sum::<usize>()
    };
    let prefix = common(&mut left.chars().zip(right.chars()));
    let rest = |text: &str| text.get(prefix..).unwrap_or_default().to_owned();
    let (left_rest, right_rest) = (rest(left), rest(right));
    let suffix = common(&mut left_rest.chars().rev().zip(right_rest.chars().rev()));
    (prefix..left.len() - suffix, prefix..right.len() - suffix)
}

impl Finding {
    /// A finding of a rule, of the rule's severity.
    pub(crate) fn new(
        rule: &'static Rule,
        subject: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            rule,
            severity: rule.severity,
            subject: subject.into(),
            message: message.into(),
            origins: Vec::new(),
            evidence: Vec::new(),
            repairs: Vec::new(),
            pools: Vec::new(),
        }
    }

    pub(crate) fn at(mut self, origin: &Origin) -> Self {
        if !self.origins.contains(origin) {
            self.origins.push(origin.clone());
        }
        self
    }

    pub(crate) fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    pub(crate) fn evidence(mut self, evidence: Evidence) -> Self {
        self.evidence.push(evidence);
        self
    }

    pub(crate) fn all_evidence(mut self, evidence: impl IntoIterator<Item = Evidence>) -> Self {
        self.evidence.extend(evidence);
        self
    }

    pub(crate) fn repair(mut self, repair: Repair) -> Self {
        self.repairs.push(repair);
        self
    }

    pub(crate) fn all_repairs(mut self, repairs: impl IntoIterator<Item = Repair>) -> Self {
        self.repairs.extend(repairs);
        self
    }

    pub(crate) fn of_pools(mut self, pools: impl IntoIterator<Item = Pool>) -> Self {
        self.pools.extend(pools);
        self
    }
}
