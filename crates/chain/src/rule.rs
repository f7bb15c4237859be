use std::fmt;

use crate::context::ChainContext;
use crate::world::World;
use crate::{Finding, Link, Severity};

/// A rule: its permanent code and name, its page, and its check.
pub struct Rule {
    /// The permanent code, such as `RC703`.
    pub code: &'static str,
    /// The permanent name, such as `access-entry-path-mismatch`. It states the fault.
    pub name: &'static str,
    /// The severity of its findings, unless a finding says otherwise.
    pub severity: Severity,
    /// The link it is about.
    pub link: Link,
    /// Its page, in Markdown, with fixed headings.
    pub documentation: &'static str,
    pub(crate) check: Check,
}

/// What a check looks at.
#[derive(Clone, Copy)]
pub(crate) enum Check {
    /// One chain at a time.
    Chain(fn(&ChainContext<'_>) -> Vec<Finding>),
    /// The whole snapshot once, with the chains. Its findings name the pools they touch.
    Snapshot(fn(&World<'_>, &[ChainContext<'_>]) -> Vec<Finding>),
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}

impl Eq for Rule {}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.name)
    }
}

/// Declares a rule whose documentation comment is its page.
macro_rules! rule {
    (
        $(#[doc = $doc:literal])+
        $visibility:vis $ident:ident = $code:ident $name:literal, $severity:ident, $link:ident, $scope:ident($check:path)
    ) => {
        $(#[doc = $doc])+
        $visibility static $ident: $crate::Rule = $crate::Rule {
            code: stringify!($code),
            name: $name,
            severity: $crate::Severity::$severity,
            link: $crate::Link::$link,
            documentation: concat!($($doc, "\n"),+),
            check: $crate::rule::Check::$scope($check),
        };
    };
}
pub(crate) use rule;

impl Rule {
    /// A rule that finds nothing by itself, for the tests of crates that show findings.
    #[doc(hidden)]
    #[must_use]
    pub const fn sample(
        code: &'static str,
        name: &'static str,
        severity: Severity,
        link: Link,
        documentation: &'static str,
    ) -> Self {
        Self {
            code,
            name,
            severity,
            link,
            documentation,
            check: Check::Snapshot(|_, _| Vec::new()),
        }
    }

    /// The rule's page as Markdown, without the space that each line of a comment begins with.
    #[must_use]
    pub fn page(&self) -> String {
        self.documentation
            .lines()
            .map(|line| line.strip_prefix(' ').unwrap_or(line))
            .fold(String::new(), |page, line| page + line + "\n")
    }
}
