//! A parsed policy, and sets of them.

use std::fmt;
use std::sync::Arc;

use crate::principal::Grant;
use crate::problem::{MalformedPolicy, Problem};
use crate::request::Request;
use crate::statement::{Statement, StatementEffect};

/// The version of the policy language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// `2008-10-17`, also meant when there is no `Version`: `${…}` is plain text.
    V2008,
    /// `2012-10-17`.
    V2012,
}

/// A policy document, parsed once and asked many times. Cloning is cheap; it is `Send + Sync`.
///
/// ```
/// use rolecall_policy::Policy;
/// let policy = Policy::parse("demo", r#"{
///     "Version": "2012-10-17",
///     "Statement": {"Effect": "Allow", "Action": "eks:Describe*", "Resource": "*"}
/// }"#)?;
/// assert_eq!(policy.statements().len(), 1);
/// # Ok::<(), rolecall_policy::MalformedPolicy>(())
/// ```
#[derive(Clone)]
pub struct Policy(Arc<Inner>);

struct Inner {
    name: Arc<str>,
    id: Option<Box<str>>,
    version: Version,
    statements: Box<[Statement]>,
    doubts: Box<[Problem]>,
    index: Index,
}

/// Finds the statements that can concern an action without looking at all of them.
struct Index {
    /// Hash of a spelled-out action and the statement it is in, sorted.
    exact: Box<[(u64, u32)]>,
    /// The statements with a wildcard among their actions, or with `NotAction`.
    open: Box<[u32]>,
}

impl Index {
    fn new(statements: &[Statement]) -> Self {
        let actions = statements.iter().map(|s| s.actions.patterns.len()).sum();
        let mut exact = Vec::with_capacity(actions);
        let mut open = Vec::new();
        for (at, statement) in (0_u32..).zip(statements) {
            let mut has_wildcard = statement.actions.negated;
            for written in &statement.actions.patterns {
                match &written.pattern {
                    crate::pattern::Pattern::Whole => {
                        exact.push((crate::context::hash_ignoring_case(&written.text), at));
                    }
                    _ => has_wildcard = true,
                }
            }
            if has_wildcard {
                open.push(at);
            }
        }
        exact.sort_unstable();
        exact.dedup();
        Self {
            exact: exact.into(),
            open: open.into(),
        }
    }
}

/// The strongest deny and allow a policy set gives to a request.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Answer {
    pub(crate) denied: bool,
    pub(crate) allowed: Option<Grant>,
}

impl Policy {
    /// Parses a document. `name` is what decisions call it: a policy's name, a file, a role.
    ///
    /// Elements that do not belong into a kind of policy (a `Principal` in an identity policy) are
    /// let through here; [`accept`](Self::accept) also refuses those. An operator nobody knows and
    /// a value its operator cannot read are kept as [`doubts`](Self::doubts): their statement never
    /// matches.
    ///
    /// # Errors
    /// Every place where the document breaks the grammar, with AWS's reason.
    pub fn parse(name: &str, text: &str) -> Result<Self, MalformedPolicy> {
        crate::parse::parse(name, text)
    }

    pub(crate) fn from_parts(
        name: &str,
        id: Option<Box<str>>,
        version: Version,
        statements: Vec<Statement>,
        doubts: Vec<Problem>,
    ) -> Self {
        let index = Index::new(&statements);
        Self(Arc::new(Inner {
            name: name.into(),
            id,
            version,
            statements: statements.into(),
            doubts: doubts.into(),
            index,
        }))
    }

    /// The name given to [`parse`](Self::parse).
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    pub(crate) fn shared_name(&self) -> &Arc<str> {
        &self.0.name
    }

    /// The `Id` element.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.0.id.as_deref()
    }

    /// The language version.
    #[must_use]
    pub fn version(&self) -> Version {
        self.0.version
    }

    /// The statements in document order.
    #[must_use]
    pub fn statements(&self) -> &[Statement] {
        &self.0.statements
    }

    /// What can never match: unknown condition operators and values their operator cannot read.
    #[must_use]
    pub fn doubts(&self) -> &[Problem] {
        &self.0.doubts
    }

    /// The statements whose actions include the request's. A statement may come twice.
    fn concerned(&self, request: &Request) -> impl Iterator<Item = &Statement> {
        let Inner {
            statements, index, ..
        } = &*self.0;
        let hash = request.action_hash();
        let start = index.exact.partition_point(|(h, _)| *h < hash);
        let exact = index
            .exact
            .iter()
            .skip(start)
            .take_while(move |(h, _)| *h == hash);
        let candidates = exact.map(|(_, at)| *at).chain(index.open.iter().copied());
        let found = candidates.filter_map(|at| statements.get(usize::try_from(at).ok()?));
        found.filter(|statement| statement.actions.matches(request))
    }

    /// As [`concerned`](Self::concerned), each once and in document order.
    pub(crate) fn concerned_in_order(&self, request: &Request) -> impl Iterator<Item = &Statement> {
        let mut found: Vec<&Statement> = self.concerned(request).collect();
        found.sort_by_key(|s| s.index());
        found.dedup_by_key(|s| s.index());
        found.into_iter()
    }

    /// Adds what this policy says to `answer`. Stops at the first deny.
    pub(crate) fn answer(&self, request: &Request, bounded: bool, answer: &mut Answer) {
        for statement in self.concerned(request) {
            match statement.effect {
                StatementEffect::Allow if answer.allowed == Some(Grant::Direct) => {}
                StatementEffect::Allow => {
                    answer.allowed = answer.allowed.max(statement.matches(request, bounded));
                }
                StatementEffect::Deny => {
                    if statement.matches(request, bounded).is_some() {
                        answer.denied = true;
                        return;
                    }
                }
            }
        }
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("name", &self.0.name)
            .field("statements", &self.0.statements)
            .finish_non_exhaustive()
    }
}

/// Policies of one kind that are read together: all policies of a role, all of a level of an
/// organisation. Cloning is cheap.
#[derive(Debug, Clone, Default)]
pub struct PolicySet(Arc<[Policy]>);

impl PolicySet {
    /// The policies, in the order given.
    #[must_use]
    pub fn policies(&self) -> &[Policy] {
        &self.0
    }

    /// Whether there is no policy.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn answer(&self, request: &Request, bounded: bool) -> Answer {
        let mut answer = Answer::default();
        for policy in self.policies() {
            policy.answer(request, bounded, &mut answer);
            if answer.denied {
                break;
            }
        }
        answer
    }
}

impl From<Policy> for PolicySet {
    fn from(policy: Policy) -> Self {
        Self(Arc::new([policy]))
    }
}

impl From<Vec<Policy>> for PolicySet {
    fn from(policies: Vec<Policy>) -> Self {
        Self(policies.into())
    }
}

impl FromIterator<Policy> for PolicySet {
    fn from_iter<I: IntoIterator<Item = Policy>>(policies: I) -> Self {
        Self(policies.into_iter().collect())
    }
}
