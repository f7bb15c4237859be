//! From a JSON document to a [`Policy`], collecting every problem on the way.

mod condition;
mod element;
mod principal;

use std::collections::HashSet;
use std::sync::Arc;

use element::{DOCUMENT, Element};

use crate::json::{Member, Node, Value};
use crate::pattern::{Wildcards, Written};
use crate::policy::{Policy, Version};
use crate::problem::{Lines, MalformedPolicy, Position, Problem, Span, locate};
use crate::statement::{Actions, Resources, Statement, StatementEffect};

const SYNTAX: &str = "Syntax errors in policy.";

pub(crate) fn parse(name: &str, text: &str) -> Result<Policy, MalformedPolicy> {
    let mut parser = Parser {
        text,
        problems: Vec::new(),
        doubts: Vec::new(),
        variables: false,
    };
    let policy = match crate::json::read(text) {
        Ok(document) => parser.document(name, &document),
        Err(error) => {
            parser.problem(error.span, &DOCUMENT, SYNTAX, error.detail);
            None
        }
    };
    match policy {
        Some(policy) if parser.problems.is_empty() => Ok(policy),
        _ => {
            locate(&mut parser.problems, text);
            Err(MalformedPolicy {
                name: name.to_owned(),
                problems: parser.problems,
            })
        }
    }
}

struct Parser<'t> {
    text: &'t str,
    problems: Vec<Problem>,
    doubts: Vec<Problem>,
    /// Whether `${…}` are variables.
    variables: bool,
}

/// The members of one statement.
#[derive(Default)]
struct Elements<'n, 'a> {
    sid: Option<&'n Node<'a>>,
    effect: Option<&'n Node<'a>>,
    /// Of these there is one, or the positive and the negated one stand there against the rules.
    action: Vec<&'n Member<'a>>,
    resource: Vec<&'n Member<'a>>,
    principal: Vec<&'n Member<'a>>,
    condition: Option<&'n Node<'a>>,
}

impl Parser<'_> {
    fn make(span: Span, element: &Element<'_>, reason: &str, help: String) -> Problem {
        Problem {
            reason: reason.to_owned(),
            element: element.to_string(),
            help: (!help.is_empty()).then_some(help),
            span,
            position: Position::default(),
        }
    }

    fn problem(
        &mut self,
        span: Span,
        element: &Element<'_>,
        reason: &str,
        help: impl Into<String>,
    ) {
        let problem = Self::make(span, element, reason, help.into());
        self.problems.push(problem);
    }

    /// Reports a value of the wrong type.
    fn wrong_type(&mut self, node: &Node<'_>, element: &Element<'_>, wanted: &str) {
        let help = format!("expected {wanted}, found {}", node.value.type_name());
        self.problem(node.span, element, SYNTAX, help);
    }

    fn document(&mut self, name: &str, document: &Node<'_>) -> Option<Policy> {
        let Value::Object(members) = &document.value else {
            self.wrong_type(document, &DOCUMENT, "an object");
            return None;
        };
        self.refuse_duplicates(members, &DOCUMENT);
        let (mut version, mut id, mut statement) = (Version::V2008, None, None);
        for member in members {
            match &*member.key {
                "Version" => version = self.version(&member.value),
                "Id" => match &member.value.value {
                    Value::Text(text) => id = Some(text.as_ref().into()),
                    _ => self.wrong_type(&member.value, &DOCUMENT.child("Id"), "a string"),
                },
                "Statement" => statement = Some(&member.value),
                other => {
                    let help = format!("`{other}` is no element of a policy");
                    self.problem(member.key_span, &DOCUMENT, SYNTAX, help);
                }
            }
        }
        self.variables = version == Version::V2012;
        let Some(statement) = statement else {
            self.problem(document.span, &DOCUMENT, SYNTAX, "`Statement` is missing");
            return None;
        };
        let nodes = match &statement.value {
            Value::Object(_) => std::slice::from_ref(statement),
            Value::List(items) if !items.is_empty() => items,
            Value::List(_) => {
                self.problem(
                    statement.span,
                    &DOCUMENT.child("Statement"),
                    SYNTAX,
                    "there is no statement",
                );
                return None;
            }
            _ => {
                self.wrong_type(
                    statement,
                    &DOCUMENT.child("Statement"),
                    "an object or a list of objects",
                );
                return None;
            }
        };
        let mut sids = HashSet::with_capacity(nodes.len());
        let mut lines = Lines::of(self.text);
        let mut statements = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.iter().enumerate() {
            let element = &Element::Statement(index);
            let position = lines.advance(node.span.start);
            if let Some(statement) = self.statement(index, node, position, element) {
                let sid = statement.sid.clone().filter(|sid| !sid.is_empty());
                if let Some(sid) = sid.filter(|sid| !sids.insert(Arc::clone(sid))) {
                    let reason = "Statement IDs (SID) in a single policy must be unique.";
                    let help = format!("`{sid}` stands here twice");
                    self.problem(node.span, element, reason, help);
                }
                statements.push(statement);
            }
        }
        let mut doubts = std::mem::take(&mut self.doubts);
        locate(&mut doubts, self.text);
        Some(Policy::from_parts(name, id, version, statements, doubts))
    }

    fn version(&mut self, node: &Node<'_>) -> Version {
        match &node.value {
            Value::Text(text) if text == "2012-10-17" => return Version::V2012,
            Value::Text(text) if text == "2008-10-17" => {}
            _ => self.problem(
                node.span,
                &DOCUMENT.child("Version"),
                SYNTAX,
                "it is `2012-10-17` or `2008-10-17`",
            ),
        }
        Version::V2008
    }

    fn refuse_duplicates(&mut self, members: &[Member<'_>], element: &Element<'_>) {
        // Hashing pays for the large objects only that no policy has.
        const FEW: usize = 16;
        let mut seen = HashSet::new();
        for (at, member) in members.iter().enumerate() {
            let again = if members.len() <= FEW {
                members
                    .iter()
                    .take(at)
                    .any(|earlier| earlier.key == member.key)
            } else {
                !seen.insert(&*member.key)
            };
            if again {
                let help = format!("the key `{}` stands here twice", member.key);
                self.problem(member.key_span, element, SYNTAX, help);
            }
        }
    }

    fn statement(
        &mut self,
        index: usize,
        node: &Node<'_>,
        position: Position,
        element: &Element<'_>,
    ) -> Option<Statement> {
        let Value::Object(members) = &node.value else {
            self.wrong_type(node, element, "an object");
            return None;
        };
        self.refuse_duplicates(members, element);
        let elements = self.elements(members, element);
        let sid = elements.sid.and_then(|node| match &node.value {
            Value::Text(text) => Some(Arc::from(text.as_ref())),
            _ => {
                self.wrong_type(node, &element.child("Sid"), "a string");
                None
            }
        });
        let effect = match elements.effect.map(|n| (n, &n.value)) {
            Some((_, Value::Text(text))) if text == "Allow" => Some(StatementEffect::Allow),
            Some((_, Value::Text(text))) if text == "Deny" => Some(StatementEffect::Deny),
            Some((node, _)) => {
                let help = "it is `Allow` or `Deny`, in this spelling";
                self.problem(node.span, &element.child("Effect"), SYNTAX, help);
                None
            }
            None => {
                self.problem(node.span, element, "Missing required field Effect", "");
                None
            }
        };
        if elements.action.is_empty() {
            self.problem(
                node.span,
                element,
                "Policy statement must contain actions.",
                "",
            );
        }
        let mut actions = None;
        for member in elements.action {
            actions = self.actions(member, element);
        }
        let mut resources = None;
        for member in elements.resource {
            resources = Some(self.resources(member, element));
        }
        let mut principals = None;
        for member in elements.principal {
            principals = Some(self.principals(member, element));
        }
        let conditions = elements
            .condition
            .map_or_else(Vec::new, |n| self.conditions(n, element));
        Some(Statement {
            sid,
            index,
            span: node.span,
            position,
            effect: effect?,
            actions: actions?,
            resources,
            principals,
            conditions: conditions.into(),
        })
    }

    fn elements<'n, 'a>(
        &mut self,
        members: &'n [Member<'a>],
        element: &Element<'_>,
    ) -> Elements<'n, 'a> {
        let mut elements = Elements::default();
        for member in members {
            let slot = match &*member.key {
                "Sid" => {
                    elements.sid = Some(&member.value);
                    continue;
                }
                "Effect" => {
                    elements.effect = Some(&member.value);
                    continue;
                }
                "Condition" => {
                    elements.condition = Some(&member.value);
                    continue;
                }
                "Action" | "NotAction" => &mut elements.action,
                "Resource" | "NotResource" => &mut elements.resource,
                "Principal" | "NotPrincipal" => &mut elements.principal,
                other => {
                    let help = format!("`{other}` is no element of a statement");
                    self.problem(member.key_span, element, SYNTAX, help);
                    continue;
                }
            };
            if slot.iter().any(|before| before.key != member.key) {
                let positive = member.key.trim_start_matches("Not");
                let help = format!("`{positive}` and `Not{positive}` exclude each other");
                self.problem(member.key_span, element, SYNTAX, help);
            }
            slot.push(member);
        }
        elements
    }

    /// The strings of a value that is one or a list of them.
    fn texts<'n>(&mut self, node: &'n Node<'_>, element: &Element<'_>) -> Vec<(&'n str, Span)> {
        let items = match &node.value {
            Value::List(items) => items,
            _ => std::slice::from_ref(node),
        };
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            match &item.value {
                Value::Text(text) => texts.push((text.as_ref(), item.span)),
                _ => self.wrong_type(item, element, "a string"),
            }
        }
        texts
    }

    fn actions(&mut self, member: &Member<'_>, element: &Element<'_>) -> Option<Actions> {
        let negated = member.key.starts_with("Not");
        let element = &element.child(&member.key);
        let texts = self.texts(&member.value, element);
        if matches!(&member.value.value, Value::List(items) if items.is_empty()) {
            let reason = "Policy statement must contain actions.";
            self.problem(member.value.span, element, reason, "");
            return None;
        }
        let mut patterns = Vec::with_capacity(texts.len());
        for (text, span) in texts {
            self.check_action(text, span, element);
            patterns.push(Written::new(text, Wildcards::Action, false));
        }
        Some(Actions {
            negated,
            patterns: patterns.into(),
        })
    }

    fn check_action(&mut self, text: &str, span: Span, element: &Element<'_>) {
        if text == "*" {
            return;
        }
        let Some((vendor, name)) = text.split_once(':') else {
            let reason =
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
            return self.problem(span, element, reason, format!("`{text}` names no service"));
        };
        if name.contains(':') {
            let reason = "Actions/Condition can contain only one colon.";
            return self.problem(span, element, reason, format!("`{text}`"));
        }
        let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'*' | b'?');
        if vendor.is_empty() || !vendor.bytes().all(known) {
            self.problem(span, element, &format!("Vendor {vendor} is not valid"), "");
        }
    }

    fn resources(&mut self, member: &Member<'_>, element: &Element<'_>) -> Resources {
        let negated = member.key.starts_with("Not");
        let element = &element.child(&member.key);
        let texts = self.texts(&member.value, element);
        if matches!(&member.value.value, Value::List(items) if items.is_empty()) {
            let reason = "Policy statement must contain resources.";
            self.problem(member.value.span, element, reason, "");
        }
        let mut patterns = Vec::with_capacity(texts.len());
        for (text, span) in texts {
            // A leading variable may hold the whole ARN, a star any of it.
            let open = text.starts_with('*') || (self.variables && text.starts_with("${"));
            if !open && !text.starts_with("arn:") {
                let reason = format!("Resource {text} must be in ARN format or \"*\".");
                self.problem(span, element, &reason, "");
            }
            patterns.push(Written::new(text, Wildcards::Resource, self.variables));
        }
        Resources {
            negated,
            patterns: patterns.into(),
        }
    }
}
