use std::fmt;

use rolecall_facts::{Change, FileOrigin, symbol};

use crate::repairs;

/// A change that mends a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    /// What it does, in a sentence that begins with a verb.
    pub action: String,
    /// What it costs.
    pub safety: Safety,
    /// What to type or write, by tool; alternatives where there are several.
    pub commands: Vec<Command>,
    /// The text edit that does it, for `check --fix`.
    pub edit: Option<Edit>,
    /// The calls that do it on a live cluster, in order, for `repair`; empty where a person must.
    pub changes: Vec<Change>,
    /// What it is chosen by where a finding has several that are alternatives, such as
    /// `path-less-role`.
    pub name: Option<&'static str>,
}

/// What a repair costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Safety {
    /// Nothing that works today stops working.
    Safe,
    /// Nodes or access may be interrupted.
    Disruptive,
    /// A person must decide or do it.
    ByHand,
}

impl Safety {
    /// `safe`, `disruptive` or `by hand`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Disruptive => "disruptive",
            Self::ByHand => "by hand",
        }
    }
}

impl fmt::Display for Safety {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A tool that a command or snippet is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Tool {
    /// AWS CLI.
    Aws,
    /// kubectl.
    Kubectl,
    /// Terraform or OpenTofu: a snippet to write.
    Terraform,
    /// CloudFormation or CDK: a snippet to write.
    CloudFormation,
    /// eksctl.
    Eksctl,
    /// A Kubernetes manifest: a snippet to write.
    Manifest,
    /// Rolecall itself.
    Rolecall,
}

impl Tool {
    /// The tool's name as it is typed or said.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Kubectl => "kubectl",
            Self::Terraform => "terraform",
            Self::CloudFormation => "cloudformation",
            Self::Eksctl => "eksctl",
            Self::Manifest => "manifest",
            Self::Rolecall => "rolecall",
        }
    }
}

/// A command to type, or a snippet to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// For which tool.
    pub tool: Tool,
    /// The text; may have several lines.
    pub text: String,
}

/// A replacement of part of one line of a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Edit {
    /// The place: line, column and length, in characters, of what is replaced.
    pub place: FileOrigin,
    /// What must stand there for the edit to be made, apart from quotes around it.
    pub expected: String,
    /// What to write in its place, without quotes.
    pub replacement: String,
}

impl Repair {
    /// One repair that takes both. Where a person must do one of them, a person must do all.
    pub(crate) fn and(mut self, other: Self) -> Self {
        let mut action = other.action;
        if let Some(first) = action.get_mut(..1) {
            first.make_ascii_lowercase();
        }
        self.action = format!("{}, and {action}", self.action);
        self.safety = self.safety.max(other.safety);
        self.commands.extend(other.commands);
        match self.changes.is_empty() || other.changes.is_empty() {
            true => self.changes.clear(),
            false => self.changes.extend(other.changes),
        }
        self
    }

    pub(crate) fn new(action: impl Into<String>, safety: Safety) -> Self {
        Self {
            action: action.into(),
            safety,
            commands: Vec::new(),
            edit: None,
            changes: Vec::new(),
            name: None,
        }
    }

    pub(crate) fn command(mut self, tool: Tool, text: impl Into<String>) -> Self {
        self.commands.push(repairs::for_tool(tool, text.into()));
        self
    }

    /// The same with the calls that do it, where they are known whole: an account that the files leave
    /// open can be written in none.
    pub(crate) fn changes(mut self, changes: impl IntoIterator<Item = Change>) -> Self {
        let changes: Vec<Change> = changes.into_iter().collect();
        let is_open = |change: &Change| {
            let text = serde_json::to_string(change);
            text.is_ok_and(|text| symbol::has_any(&text))
        };
        if !changes.iter().any(is_open) {
            self.changes = changes;
        }
        self
    }

    /// The same under a name.
    pub(crate) fn named(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }

    pub(crate) fn edit(mut self, edit: Option<Edit>) -> Self {
        self.edit = edit;
        self
    }
}

impl Edit {
    /// Replaces a text at a place. `None` where the place is not in a file, or its extent is not
    /// known.
    pub(crate) fn at(
        place: &rolecall_facts::Origin,
        expected: impl Into<String>,
        replacement: impl Into<String>,
    ) -> Option<Self> {
        let place = place.as_file().filter(|place| place.length > 0)?.clone();
        Some(Self {
            place,
            expected: expected.into(),
            replacement: replacement.into(),
        })
    }

    /// Replaces the text that a known fact of a file was read from. `None` where it was not read
    /// from a file, or where the text there is not the value as it is or in quotes.
    pub(crate) fn of<T: fmt::Display>(
        fact: &rolecall_facts::Fact<T>,
        replacement: impl Into<String>,
    ) -> Option<Self> {
        let expected = fact.value()?.to_string();
        let length = u32::try_from(expected.chars().count()).ok()?;
        let place = fact.origin()?;
        place
            .as_file()
            .filter(|place| place.length == length || place.length == length + 2)?;
        Self::at(place, expected, replacement)
    }
}
