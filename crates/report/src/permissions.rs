use rolecall_facts::Origin;

use crate::{Diagnostic, DiagnosticLevel};

/// How many resources of one action are named in a text.
const NAMED: usize = 6;

/// What was not permitted to be read, and what would have let everything be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Permissions {
    /// What was missing, each action once.
    pub missing: Vec<MissingPermission>,
    /// The smallest IAM policy, as JSON ready to be pasted; `None` where AWS refused nothing.
    pub policy: Option<String>,
    /// The smallest ClusterRole, as YAML; `None` where Kubernetes refused nothing.
    pub cluster_role: Option<String>,
}

/// A permission that was missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingPermission {
    /// The action, such as `iam:GetRole`, or `kubernetes:list`.
    pub action: String,
    /// What it was refused on.
    pub resources: Vec<String>,
    /// What is not known without it.
    pub why: Option<String>,
}

impl Permissions {
    /// The same as notes, for formats that have no place for a policy.
    pub(crate) fn notes(&self) -> Vec<Diagnostic> {
        let notes = self.missing.iter().map(|missing| Diagnostic {
            level: DiagnosticLevel::Note,
            message: match &missing.why {
                Some(why) => format!(
                    "{} was not permitted: {why} is not known",
                    missing.in_words()
                ),
                None => format!("{} was not permitted", missing.in_words()),
            },
            origin: Origin::api(
                &missing.action,
                missing.resources.first().map_or("*", String::as_str),
            ),
            help: Some(format!("let this identity call {}", missing.action)),
        });
        notes.collect()
    }
}

impl MissingPermission {
    /// `iam:GetRole on NodeRole, ClusterRole`
    pub(crate) fn in_words(&self) -> String {
        let named = self.resources.iter().take(NAMED);
        let named: Vec<&str> = named.map(String::as_str).collect();
        let more = self.resources.len().saturating_sub(NAMED);
        let more = match more {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("{} on {}{more}", self.action, named.join(", "))
    }
}
