//! A policy document in plain sentences, with notes on what in it has no effect.

use std::collections::BTreeSet;

use crate::actions;
use crate::condition::{Condition, Operator, Order, Quantifier, Test};
use crate::pattern::{Wildcards, Written};
use crate::policy::Policy;
use crate::statement::{Statement, StatementEffect, StatementRef};

/// A statement in words.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ExplainedStatement {
    /// The statement.
    pub statement: StatementRef,
    /// What it does, in one sentence.
    pub sentence: String,
    /// What in it has no effect, or another than it seems.
    pub notes: Vec<String>,
}

impl Policy {
    /// Every statement in words.
    ///
    /// ```
    /// use rolecall_policy::Policy;
    /// let policy = Policy::parse("pass", r#"{"Version": "2012-10-17", "Statement": {
    ///     "Effect": "Allow", "Action": "iam:PassRole", "Resource": "*",
    ///     "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}}}"#)?;
    /// assert_eq!(
    ///     policy.explain()[0].sentence,
    ///     "Allows `iam:PassRole` on any resource, if `iam:PassedToService` is `ec2.amazonaws.com`.",
    /// );
    /// # Ok::<(), rolecall_policy::MalformedPolicy>(())
    /// ```
    #[must_use]
    pub fn explain(&self) -> Vec<ExplainedStatement> {
        let explain = |statement: &Statement| ExplainedStatement {
            statement: StatementRef::new(self.shared_name(), statement),
            sentence: sentence(statement),
            notes: notes(statement),
        };
        self.statements().iter().map(explain).collect()
    }
}

fn sentence(statement: &Statement) -> String {
    let allows = statement.effect() == StatementEffect::Allow;
    let mut text = String::from(if allows { "Allows " } else { "Denies " });
    if let Some(principals) = &statement.principals {
        let named: Vec<String> = principals.texts.iter().map(|t| who(t)).collect();
        let verb = if allows { "Allows" } else { "Forbids" };
        let but = if principals.negated {
            "everyone but "
        } else {
            ""
        };
        text = format!("{verb} {but}{} to call ", enumerate(&named, "and"));
    }
    let (texts, negated) = statement.actions();
    let mut named: Vec<String> = texts.map(action_words).collect();
    if negated {
        text.push_str("every action but ");
        named = named
            .iter()
            .map(|words| words.replace("every action of", "those of"))
            .collect();
    }
    text.push_str(&enumerate(&named, "and"));
    if let Some(resources) = &statement.resources {
        let named: Vec<String> = resources
            .patterns
            .iter()
            .map(|p| format!("`{}`", p.text))
            .collect();
        let any = resources.patterns.iter().any(|p| &*p.text == "*");
        text.push_str(&match (any, resources.negated) {
            (true, false) => " on any resource".to_owned(),
            (true, true) => " on no resource".to_owned(),
            (false, false) => format!(" on {}", enumerate(&named, "and")),
            (false, true) => format!(" on any resource but {}", enumerate(&named, "and")),
        });
    }
    let conditions: Vec<String> = statement.conditions.iter().map(condition_words).collect();
    if !conditions.is_empty() {
        text.push_str(", if ");
        text.push_str(&conditions.join(", and "));
    }
    text.push('.');
    text
}

fn who(text: &str) -> String {
    if text == "*" {
        "everyone".to_owned()
    } else {
        format!("`{text}`")
    }
}

/// `a`, `a and b`, `a, b and c`.
fn enumerate(items: &[String], last: &str) -> String {
    match items {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [most @ .., end] => format!("{} {last} {end}", most.join(", ")),
    }
}

fn action_words(text: &str) -> String {
    if text == "*" || text == "*:*" {
        return "every action".to_owned();
    }
    let Some((prefix, name)) = text.split_once(':') else {
        return format!("`{text}`");
    };
    match (name, actions::service(prefix)) {
        ("*", Some(service)) => format!("every action of {} (`{prefix}`)", service.name),
        ("*", None) => format!("every action of `{prefix}`"),
        (name, Some(_)) if name.contains(['*', '?']) => {
            let count = matching(text).len();
            let actions = if count == 1 { "action" } else { "actions" };
            format!("`{text}` ({count} {actions})")
        }
        _ => format!("`{text}`"),
    }
}

/// The known actions a pattern covers, each with whether it has resource types; empty as well when
/// its service is not known.
fn matching(text: &str) -> Vec<(&'static str, bool)> {
    let Some((prefix, name)) = text.split_once(':') else {
        return Vec::new();
    };
    let Some(service) = actions::service(prefix) else {
        return Vec::new();
    };
    let pattern = Written::new(name, Wildcards::Action, false);
    let covered = |name: &str| pattern.matches_action(&name.to_ascii_lowercase());
    service
        .outlines()
        .filter(|(name, _)| covered(name))
        .collect()
}

/// A condition key as one would say it.
fn subject(key: &str) -> String {
    let lower = key.to_ascii_lowercase();
    if let Some((kind, tag)) = key.split_once('/') {
        match kind
            .split(':')
            .nth(1)
            .map(str::to_ascii_lowercase)
            .as_deref()
        {
            Some("requesttag") => return format!("the requested tag `{tag}`"),
            Some("resourcetag") => return format!("the resource's tag `{tag}`"),
            Some("principaltag") => return format!("the principal's tag `{tag}`"),
            _ => {}
        }
    }
    match lower.as_str() {
        "aws:principalaccount" => "the principal's account",
        "aws:principalarn" => "the principal's ARN",
        "aws:principalorgid" => "the principal's organisation",
        "aws:resourceaccount" => "the resource's account",
        "aws:resourceorgid" => "the resource's organisation",
        "aws:requestedregion" => "the region",
        "aws:sourceip" => "the caller's address",
        "aws:sourcearn" => "the ARN on whose behalf a service calls",
        "aws:sourceaccount" => "the account on whose behalf a service calls",
        "aws:currenttime" | "aws:epochtime" => "the time",
        "aws:securetransport" => "the use of TLS",
        "aws:multifactorauthpresent" => "the presence of a second factor",
        "aws:username" => "the user's name",
        _ => return format!("`{key}`"),
    }
    .to_owned()
}

fn condition_words(condition: &Condition) -> String {
    let Operator {
        quantifier,
        test,
        negated,
        if_exists,
        ..
    } = &condition.operator;
    let key = condition.key.as_str();
    let tag_keys = key.eq_ignore_ascii_case("aws:TagKeys");
    let subject = match quantifier {
        None if tag_keys => "a requested tag key".to_owned(),
        None => subject(key),
        Some(Quantifier::All) if tag_keys => "every requested tag key, if any,".to_owned(),
        Some(Quantifier::Any) if tag_keys => "some requested tag key".to_owned(),
        Some(Quantifier::All) => format!("every value of {}, if any,", subject(key)),
        Some(Quantifier::Any) => format!("some value of {}", subject(key)),
    };
    if *test == Test::Null {
        let absent = condition
            .values
            .iter()
            .any(|v| v.text.eq_ignore_ascii_case("true"));
        return format!("{subject} is {}", if absent { "absent" } else { "there" });
    }
    let relation = match (test, negated) {
        (Test::StringEquals, false) => "is",
        (Test::StringEquals, true) => "is not",
        (Test::StringEqualsIgnoreCase, false) => "is, in any case of letters,",
        (Test::StringEqualsIgnoreCase, true) => "is not, in any case of letters,",
        (Test::StringLike | Test::Arn, false) => "is like",
        (Test::StringLike | Test::Arn, true) => "is not like",
        (Test::Numeric(Order::Equal) | Test::Date(Order::Equal), false) => "is",
        (Test::Numeric(Order::Equal) | Test::Date(Order::Equal), true) => "is not",
        (Test::Numeric(Order::Less), _) => "is less than",
        (Test::Numeric(Order::LessOrEqual), _) => "is at most",
        (Test::Numeric(Order::Greater), _) => "is more than",
        (Test::Numeric(Order::GreaterOrEqual), _) => "is at least",
        (Test::Date(Order::Less), _) => "is before",
        (Test::Date(Order::LessOrEqual), _) => "is not after",
        (Test::Date(Order::Greater), _) => "is after",
        (Test::Date(Order::GreaterOrEqual), _) => "is not before",
        (Test::Bool, _) => "is",
        (Test::Binary, _) => "is the bytes",
        (Test::IpAddress, false) => "is in",
        (Test::IpAddress, true) => "is not in",
        (Test::Null | Test::Unknown, _) => "passes a test nobody knows for",
    };
    let values: Vec<String> = condition
        .values
        .iter()
        .map(|v| value_words(&v.text))
        .collect();
    let absent = match quantifier {
        // What an absent key means is in the subject already.
        Some(Quantifier::All) => "",
        _ if *if_exists || (*negated && quantifier.is_none()) => " or is absent",
        _ => "",
    };
    format!("{subject} {relation} {}{absent}", enumerate(&values, "or"))
}

/// A value that is one variable is named like its key.
fn value_words(text: &str) -> String {
    match text
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'))
    {
        Some(key) if !key.contains(['$', '{', ',']) && key.contains(':') => subject(key),
        _ => format!("`{text}`"),
    }
}

fn notes(statement: &Statement) -> Vec<String> {
    let mut notes = Vec::new();
    let (texts, _) = statement.actions();
    let texts: Vec<&str> = texts.collect();
    for text in &texts {
        notes.extend(action_note(text));
    }
    if let Some(resources) = &statement.resources
        && !resources.negated
        && !resources.patterns.iter().any(|p| p.text.starts_with('*'))
    {
        let mut names = Vec::new();
        for text in &texts {
            let prefix = text.split(':').next().unwrap_or_default();
            let wildcard_only = matching(text)
                .into_iter()
                .filter(|(_, resources)| !resources);
            names.extend(wildcard_only.map(|(name, _)| format!("`{prefix}:{name}`")));
        }
        if let Some((first, others)) = names.split_first() {
            notes.push(match others.len() {
                0 => format!("{first} has no resource type: it needs `*` as its resource"),
                more => format!(
                    "{first} and {more} more actions have no resource type: they need `*` as \
                     their resource"
                ),
            });
        }
    }
    let keys = statement
        .conditions
        .iter()
        .filter_map(|c| key_note(&texts, c));
    notes.extend(keys.collect::<BTreeSet<_>>());
    notes
}

fn action_note(text: &str) -> Option<String> {
    let (prefix, name) = text.split_once(':')?;
    if prefix.contains(['*', '?']) {
        return None;
    }
    let Some(service) = actions::service(prefix) else {
        return Some(format!("no known service has the prefix `{prefix}`"));
    };
    if name == "*" || !matching(text).is_empty() {
        return None;
    }
    let distances = service
        .action_names()
        .map(|known| (crate::distance::edits(name, known), known));
    let near = distances.filter(|(distance, _)| *distance <= 3).min();
    Some(match near {
        Some((_, near)) => {
            format!(
                "{} has no action `{text}`; did you mean `{prefix}:{near}`?",
                service.name
            )
        }
        None => format!("{} has no action `{text}`", service.name),
    })
}

fn key_note(actions: &[&str], condition: &Condition) -> Option<String> {
    let key = condition.key.as_str();
    if condition.operator.test == Test::Null {
        return None;
    }
    let services = actions
        .iter()
        .filter_map(|a| actions::service(a.split(':').next()?));
    let kind = services
        .filter_map(|service| service.condition_key_type(key))
        .next()?;
    match (kind.starts_with("ArrayOf"), condition.operator.quantifier) {
        (true, None) => Some(format!(
            "`{key}` can have several values: say `ForAllValues:` or `ForAnyValue:` before {}",
            condition.operator.name
        )),
        (false, Some(Quantifier::All)) => Some(format!(
            "`{key}` has one value at most: `ForAllValues:` only adds that it may be absent"
        )),
        _ => None,
    }
}
