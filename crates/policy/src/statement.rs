//! A statement, compiled.

use std::fmt;
use std::sync::Arc;

use crate::condition::Condition;
use crate::pattern::Written;
use crate::principal::{Grant, Kind, Named};
use crate::problem::{Position, Span};
use crate::request::Request;

/// What a statement does when it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
pub enum StatementEffect {
    /// It allows.
    Allow,
    /// It denies, whatever else allows.
    Deny,
}

/// One statement of a [`Policy`](crate::Policy).
#[derive(Debug, Clone)]
pub struct Statement {
    pub(crate) sid: Option<Arc<str>>,
    pub(crate) index: usize,
    pub(crate) span: Span,
    pub(crate) position: Position,
    pub(crate) effect: StatementEffect,
    pub(crate) actions: Actions,
    pub(crate) resources: Option<Resources>,
    pub(crate) principals: Option<Principals>,
    pub(crate) conditions: Box<[Condition]>,
}

impl Statement {
    /// The statement id.
    #[must_use]
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// The position among the statements of the policy, from 0.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// The bytes of the statement in the document.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// Where the statement begins.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }

    /// What the statement does when it matches.
    #[must_use]
    pub fn effect(&self) -> StatementEffect {
        self.effect
    }

    /// The texts of `Action`, or of `NotAction` when the flag is set.
    pub fn actions(&self) -> (impl Iterator<Item = &str>, bool) {
        (
            self.actions.patterns.iter().map(|p| &*p.text),
            self.actions.negated,
        )
    }

    /// The texts of `Resource`, or of `NotResource` when the flag is set. Empty in a trust policy.
    pub fn resources(&self) -> (impl Iterator<Item = &str>, bool) {
        let patterns = self
            .resources
            .iter()
            .flat_map(|r| r.patterns.iter().map(|p| &*p.text));
        (patterns, self.resources.as_ref().is_some_and(|r| r.negated))
    }

    /// The operator, key and values of every condition.
    pub fn conditions(&self) -> impl Iterator<Item = (&str, &str, Vec<&str>)> {
        self.conditions.iter().map(|c| {
            (
                &*c.operator.name,
                c.key.as_str(),
                c.values.iter().map(|v| &*v.text).collect(),
            )
        })
    }

    /// Whether everything but the action matches; the caller has checked the action. `Some` tells
    /// how directly the principal is named ([`Grant::Direct`] without a `Principal` element).
    pub(crate) fn matches(&self, request: &Request, bounded: bool) -> Option<Grant> {
        if !self.resource_matches(request) {
            return None;
        }
        let grant = self.principal_matches(request, bounded)?;
        let passed = self
            .conditions
            .iter()
            .all(|c| c.test(&request.context) == Some(true));
        passed.then_some(grant)
    }

    pub(crate) fn resource_matches(&self, request: &Request) -> bool {
        self.resources.as_ref().is_none_or(|resources| {
            let named = resources
                .patterns
                .iter()
                .any(|p| p.matches(request.resource(), &request.context));
            named != resources.negated
        })
    }

    /// `bounded`: the principal has a permissions boundary.
    pub(crate) fn principal_matches(&self, request: &Request, bounded: bool) -> Option<Grant> {
        let Some(principals) = &self.principals else {
            return Some(Grant::Direct);
        };
        let covering = || {
            principals
                .named
                .iter()
                .filter_map(|n| n.covers(&request.principal, &request.context))
        };
        if !principals.negated {
            return covering().max();
        }
        let exempt = match self.effect {
            StatementEffect::Allow => covering().next().is_some(),
            StatementEffect::Deny => principals.exempts(request, bounded),
        };
        (!exempt).then_some(Grant::Direct)
    }
}

/// `Action` or `NotAction`.
#[derive(Debug, Clone)]
pub(crate) struct Actions {
    pub(crate) negated: bool,
    pub(crate) patterns: Box<[Written]>,
}

impl Actions {
    pub(crate) fn matches(&self, request: &Request) -> bool {
        let named = self
            .patterns
            .iter()
            .any(|p| p.matches_action(request.lower_action()));
        named != self.negated
    }
}

/// `Resource` or `NotResource`.
#[derive(Debug, Clone)]
pub(crate) struct Resources {
    pub(crate) negated: bool,
    pub(crate) patterns: Box<[Written]>,
}

/// `Principal` or `NotPrincipal`.
#[derive(Debug, Clone)]
pub(crate) struct Principals {
    pub(crate) negated: bool,
    pub(crate) named: Box<[Named]>,
    /// As written, for a reader.
    pub(crate) texts: Box<[Box<str>]>,
}

impl Principals {
    /// Whether `NotPrincipal` with `Deny` spares the principal. AWS may ask for the account, then
    /// the role, then the session, and denies when one of them is not listed; and it never spares
    /// a principal with a permissions boundary (IAM User Guide, "AWS JSON policy elements:
    /// NotPrincipal" and "Permissions boundaries for IAM entities").
    fn exempts(&self, request: &Request, bounded: bool) -> bool {
        if bounded {
            return false;
        }
        let covers = |grant: Grant| {
            self.named
                .iter()
                .any(|n| n.covers(&request.principal, &request.context) == Some(grant))
        };
        let everyone = self.named.contains(&Named::Everyone);
        if everyone || !request.principal.is_identity() {
            return everyone || covers(Grant::Direct);
        }
        match &request.principal.kind {
            Kind::Root => covers(Grant::Account) || covers(Grant::Direct),
            Kind::Session { session, .. } => {
                covers(Grant::Account)
                    && covers(Grant::Behind)
                    && (session.is_none() || covers(Grant::Direct))
            }
            _ => covers(Grant::Account) && covers(Grant::Direct),
        }
    }
}

/// Names a statement of a policy.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct StatementRef {
    /// The policy's name.
    pub policy: Arc<str>,
    /// The statement id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<Arc<str>>,
    /// The position among the statements, from 0.
    pub index: usize,
    /// What it does when it matches.
    pub effect: StatementEffect,
    /// Where it begins in the document.
    pub position: Position,
}

impl StatementRef {
    pub(crate) fn new(policy: &Arc<str>, statement: &Statement) -> Self {
        Self {
            policy: Arc::clone(policy),
            sid: statement.sid.clone(),
            index: statement.index,
            effect: statement.effect,
            position: statement.position,
        }
    }
}

impl fmt::Display for StatementRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.sid {
            Some(sid) => write!(f, "statement `{sid}` of {}", self.policy),
            None => write!(f, "statement {} of {}", self.index + 1, self.policy),
        }
    }
}
