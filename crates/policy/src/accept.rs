//! What AWS asks of a document beyond the grammar, by the kind of policy it is to become.

use crate::policy::Policy;
use crate::principal::Named;
use crate::problem::{MalformedPolicy, Position, Problem, Span, locate};
use crate::statement::{Statement, StatementEffect};

/// What a document is to be stored as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyKind {
    /// A managed or inline policy of a user, group or role, or a permissions boundary.
    Identity,
    /// The trust policy of a role.
    Trust,
    /// The policy of any other resource, or of a VPC endpoint.
    Resource,
    /// A session policy.
    Session,
    /// A service control policy.
    ServiceControl,
    /// A resource control policy.
    ResourceControl,
}

impl PolicyKind {
    /// Whether statements say whom they are about.
    fn names_principals(self) -> bool {
        matches!(self, Self::Trust | Self::Resource | Self::ResourceControl)
    }
}

impl Policy {
    /// Parses a document as AWS would accept it for a kind of policy; what [`parse`](Self::parse)
    /// lets through as a doubt is refused here if AWS refuses it.
    ///
    /// ```
    /// use rolecall_policy::{Policy, PolicyKind};
    /// let text = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
    ///     "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "ec2:RunInstances"}]}"#;
    /// let refused = Policy::accept(PolicyKind::Trust, "NodeRole", text).unwrap_err();
    /// assert_eq!(refused.reason(), "AssumeRole policy may only specify STS AssumeRole actions.");
    /// ```
    ///
    /// # Errors
    /// Every place AWS would refuse, in document order.
    pub fn accept(kind: PolicyKind, name: &str, text: &str) -> Result<Self, MalformedPolicy> {
        let policy = Self::parse(name, text)?;
        let mut problems: Vec<Problem> = policy
            .doubts()
            .iter()
            .filter(|d| d.reason.starts_with("Invalid Condition"))
            .cloned()
            .collect();
        for statement in policy.statements() {
            let element = format!("Statement[{}]", statement.index());
            check(
                kind,
                statement,
                &mut |span: Span, reason: &str, help: &str| {
                    problems.push(Problem {
                        reason: reason.to_owned(),
                        element: element.clone(),
                        help: (!help.is_empty()).then(|| help.to_owned()),
                        span,
                        position: Position::default(),
                    });
                },
            );
        }
        if problems.is_empty() {
            return Ok(policy);
        }
        locate(&mut problems, text);
        Err(MalformedPolicy {
            name: name.to_owned(),
            problems,
        })
    }
}

fn check(kind: PolicyKind, statement: &Statement, refuse: &mut impl FnMut(Span, &str, &str)) {
    let span = statement.span();
    match &statement.principals {
        Some(_) if !kind.names_principals() => {
            refuse(span, "Policy document should not specify a principal.", "");
        }
        None if kind.names_principals() => refuse(span, "Missing required field Principal", ""),
        _ => {}
    }
    match &statement.resources {
        Some(_) if kind == PolicyKind::Trust => refuse(span, "Has prohibited field Resource", ""),
        None if kind != PolicyKind::Trust => {
            refuse(span, "Policy statement must contain resources.", "");
        }
        _ => {}
    }
    match kind {
        PolicyKind::Trust => {
            let assumes = |text: &str| {
                let text = text.to_ascii_lowercase();
                text == "*" || text.starts_with("sts:") || text.starts_with("sts*")
            };
            if !statement.actions().0.all(assumes) {
                refuse(
                    span,
                    "AssumeRole policy may only specify STS AssumeRole actions.",
                    "",
                );
            }
        }
        PolicyKind::Identity => {
            let alphanumeric = |sid: &str| sid.bytes().all(|b| b.is_ascii_alphanumeric());
            if !statement.sid().is_none_or(alphanumeric) {
                let reason = "Statement IDs (SID) must be alpha-numeric. Check that your input \
                              satisfies the regular expression [0-9A-Za-z]*";
                refuse(span, reason, "");
            }
        }
        PolicyKind::Session => {
            let short = |text: &str| text.starts_with("arn:") && text.split(':').count() < 6;
            if statement.resources().0.any(short) {
                let help = "a session policy must spell its ARNs out";
                refuse(span, "Syntax errors in policy.", help);
            }
        }
        PolicyKind::ResourceControl => check_resource_control(statement, refuse),
        PolicyKind::Resource | PolicyKind::ServiceControl => {}
    }
}

/// (AWS Organizations User Guide, "RCP syntax")
fn check_resource_control(statement: &Statement, refuse: &mut impl FnMut(Span, &str, &str)) {
    let span = statement.span();
    if statement.effect() == StatementEffect::Allow {
        refuse(
            span,
            "Syntax errors in policy.",
            "a resource control policy can only deny",
        );
    }
    let everyone = |p: &crate::statement::Principals| !p.negated && *p.named == [Named::Everyone];
    if !statement.principals.as_ref().is_none_or(everyone) {
        refuse(
            span,
            "Syntax errors in policy.",
            "the principal of a resource control policy is `*`",
        );
    }
    let (mut actions, negated) = statement.actions();
    if negated || actions.any(|a| a == "*") {
        refuse(
            span,
            "Syntax errors in policy.",
            "name the services in `Action`",
        );
    }
}
