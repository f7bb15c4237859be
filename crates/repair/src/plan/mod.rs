//! A plan as data: what is to be done, why, and on which facts it rests.

mod fields;
mod file;
mod object;
mod pools;
mod state;

use rolecall_chain::{Safety, Severity};
use rolecall_facts::{Change, Line, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use file::PlanError;
pub(crate) use file::name_of;
pub(crate) use object::Object;
pub use pools::{LinkOfPlan, PoolOfPlan};
pub use state::{Differs, FactState, Presence};

/// The tag that entries and roles made by a repair carry; its value is the plan's id.
pub const TAG: &str = "rolecall:repair";

/// Changes that mend what was found in one cluster, in the order they are made.
///
/// A plan holds the facts it rests on, so that it can be written to a file, read by somebody, and
/// carried out later only if nothing of it has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The version of this format, [`Plan::VERSION`].
    pub version: u32,
    /// Names the plan: in tags, journals and tokens.
    pub id: String,
    /// The cluster.
    pub cluster: String,
    /// The cluster's account, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The cluster's region, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// The repair that it takes back, where it does that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<Undoes>,
    /// The control plane it was traced under: `current` or `legacy`.
    pub control_plane: String,
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// The pools whose chain the steps touch, before and after.
    pub pools: Vec<PoolOfPlan>,
    /// What the plan leaves as it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<Left>,
    /// SHA-256 of all the rest, as hexadecimal digits: a plan that was edited is not carried out.
    pub digest: String,
}

/// Which repair an undo takes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Undoes {
    /// The id of its plan.
    pub plan: String,
    /// The file name of its journal.
    pub journal: String,
    /// What is not taken back, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<String>,
}

/// Who a plan is for, and when it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The cluster's name.
    pub cluster: String,
    /// The time.
    pub created_at: Timestamp,
}

/// One repair: calls that together mend one or more findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What it does, in a sentence that begins with a verb.
    pub action: String,
    /// What it costs: `safe`, `disruptive` or `by hand`.
    pub safety: Cost,
    /// What it was chosen by, where it is one of several alternatives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it mends.
    pub mends: Vec<Mended>,
    /// Whether nodes come another way and what was found stays, as with a node group in place of a pool.
    #[serde(default, skip_serializing_if = "is_false")]
    pub stands_in: bool,
    /// The calls, in order.
    pub calls: Vec<PlannedCall>,
}

// Serde hands the field by reference.
fn is_false(value: &bool) -> bool {
    !*value
}

/// A repair's safety, as plans write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cost {
    /// Nothing that works today stops working.
    Safe,
    /// Nodes or access may be interrupted.
    Disruptive,
    /// A person decided it.
    ByHand,
}

impl From<Safety> for Cost {
    fn from(safety: Safety) -> Self {
        match safety {
            Safety::Safe => Self::Safe,
            Safety::Disruptive => Self::Disruptive,
            Safety::ByHand => Self::ByHand,
        }
    }
}

impl Cost {
    /// What it is, and what that means.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Disruptive => "disruptive: nodes or access may be interrupted",
            Self::ByHand => "by hand: you chose it",
        }
    }
}

/// A finding, as plans name it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mended {
    /// The rule's code.
    pub rule: String,
    /// The rule's name.
    pub name: String,
    /// What the finding is about.
    pub subject: String,
    /// The pools it breaks, such as `NodePool web`.
    pub pools: Vec<String>,
}

/// One call of a step, with what it rests on and what it leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedCall {
    /// Service and operation, such as `eks:CreateAccessEntry`.
    pub action: String,
    /// The parameters, by the names that the API gives them.
    pub parameters: Value,
    /// The same as a change of facts; this is what is carried out.
    pub change: Change,
    /// The difference of facts.
    pub difference: Vec<Difference>,
    /// The facts that must hold for the call to be made.
    pub rests_on: Vec<FactState>,
    /// What those facts are after it.
    pub leaves: Vec<FactState>,
    /// Why it cannot be taken back, where that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_way_back: Option<String>,
}

/// A line of a difference of facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Difference {
    /// A fact that was not there.
    Added(String),
    /// A fact that is no longer there.
    Removed(String),
    /// What the lines after it belong to.
    Kept(String),
}

impl From<Line> for Difference {
    fn from(line: Line) -> Self {
        match line {
            Line::Added(text) => Self::Added(text),
            Line::Removed(text) => Self::Removed(text),
            Line::Kept(text) => Self::Kept(text),
        }
    }
}

/// A finding that the plan does not mend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Left {
    /// The finding.
    pub finding: Mended,
    /// Whether nodes will not come because of it.
    pub is_error: bool,
    /// What is wrong.
    pub message: String,
    /// Why it is left.
    pub why: WhyLeft,
}

impl Left {
    pub(crate) fn is_error(severity: Severity) -> bool {
        severity == Severity::Error
    }
}

/// Why a plan leaves a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "reason", deny_unknown_fields)]
pub enum WhyLeft {
    /// Its repair is made only where its rule is named.
    ToBeNamed {
        /// What the repair does.
        action: String,
        /// What it costs.
        safety: Cost,
        /// Why it needs to be named, where that is not its cost.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        because: Option<String>,
    },
    /// It has alternatives, of which one is to be chosen.
    ToBeChosen {
        /// The names and what each does.
        alternatives: Vec<Alternative>,
    },
    /// Only a person can mend it.
    Person {
        /// What to do, where the rule says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        action: Option<String>,
    },
    /// Its repair would not mend it.
    WouldNotMend {
        /// What the repair would do.
        action: String,
        /// What the trace of the changed facts says.
        because: String,
    },
    /// Its repair is one that this tool refuses to make.
    Refused {
        /// What the repair would do.
        action: String,
        /// What is wrong with it.
        because: String,
    },
}

/// One of several repairs of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alternative {
    /// What it is chosen by.
    pub name: String,
    /// What it does.
    pub action: String,
}

impl Plan {
    /// The version of the format that this crate writes.
    pub const VERSION: u32 = 1;

    /// All calls, in order.
    pub fn calls(&self) -> impl Iterator<Item = &PlannedCall> {
        self.steps.iter().flat_map(|step| &step.calls)
    }

    /// The roles that its calls are about, themselves or by their entries.
    pub(crate) fn role_names(&self) -> impl Iterator<Item = String> {
        let objects = self.calls().flat_map(|call| Object::of(&call.change));
        objects.filter_map(|object| object.role_name())
    }

    /// The calls after which no other one touches the same object.
    pub(crate) fn last_words(&self) -> impl Iterator<Item = &PlannedCall> {
        let calls: Vec<&PlannedCall> = self.calls().collect();
        let mut touched: Vec<Object> = Vec::new();
        let mut last = Vec::new();
        for call in calls.into_iter().rev() {
            let objects = Object::of(&call.change);
            if !objects.iter().any(|object| touched.contains(object)) {
                last.push(call);
            }
            touched.extend(objects);
        }
        last.into_iter().rev()
    }

    /// Whether there is nothing to be made.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Whether it leaves something that keeps nodes from coming.
    #[must_use]
    pub fn leaves_errors(&self) -> bool {
        self.left.iter().any(|left| left.is_error)
    }

    /// The cluster as people name it: with account and region where they are known.
    #[must_use]
    pub fn place(&self) -> String {
        let known: Vec<&str> = [&self.account, &self.region]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        match known.is_empty() {
            true => self.cluster.clone(),
            false => format!("{} ({})", self.cluster, known.join(", ")),
        }
    }
}
