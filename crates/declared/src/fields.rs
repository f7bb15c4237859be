//! Fields that several languages write alike, under different names.

use rolecall_facts::{
    AccessScope, AuthenticationMode, Completeness, Fact, Origin, PolicyDocument, Why, symbol,
};

use crate::kubernetes::placeholder;
use crate::tree::{Node, Value};

/// Text, or a default where the source leaves it out.
pub(crate) fn text_or(node: Option<&Node>, default: &str, origin: &Origin) -> Fact<String> {
    node.map_or_else(
        || Fact::known(default.to_owned(), origin.clone()),
        Node::text_fact,
    )
}

/// Text that its source must give.
pub(crate) fn required_text(node: Option<&Node>, field: &str, origin: &Origin) -> Fact<String> {
    node.map_or_else(
        || Fact::unknown_at(Why::not_given(format!("`{field}`")), origin.clone()),
        Node::text_fact,
    )
}

/// A list of texts; empty where the source leaves it out.
pub(crate) fn text_list(node: Option<&Node>, origin: &Origin) -> Fact<Vec<String>> {
    node.map_or_else(
        || Fact::known(Vec::new(), origin.clone()),
        Node::text_list_fact,
    )
}

/// A boolean; false where the source leaves it out.
pub(crate) fn flag(node: Option<&Node>, origin: &Origin) -> Fact<bool> {
    node.map_or_else(|| Fact::known(false, origin.clone()), Node::bool_fact)
}

/// Complete, unless one of the lists that were read is itself unknown.
pub(crate) fn complete<'a>(lists: impl IntoIterator<Item = Option<&'a Node>>) -> Completeness {
    lists
        .into_iter()
        .flatten()
        .find_map(|list| {
            list.text_fact()
                .why()
                .filter(|_| list.is_unknown())
                .cloned()
        })
        .map_or(Completeness::Complete, Completeness::Partial)
}

/// An authentication mode, or what applies where the source leaves it out.
pub(crate) fn authentication_mode(
    node: Option<&Node>,
    default: AuthenticationMode,
    origin: &Origin,
) -> Fact<AuthenticationMode> {
    let Some(node) = node else {
        return Fact::known(default, origin.clone());
    };
    match node.text_fact() {
        Fact::Known { value, origin } => match value.parse() {
            Ok(mode) => Fact::known(mode, origin),
            Err(_) => Fact::unknown_at(
                Why::not_evaluated(format!("the authentication mode `{value}`")),
                origin,
            ),
        },
        Fact::Unknown { why, origin } => Fact::Unknown { why, origin },
    }
}

/// An access scope: `type`, `cluster` or `namespace`, and `namespaces`.
pub(crate) fn access_scope(node: Option<&Node>, origin: &Origin) -> Fact<AccessScope> {
    let Some(node) = node else {
        return Fact::unknown_at(Why::not_given("`accessScope`"), origin.clone());
    };
    match required_text(node.look(&["type"]), "accessScope.type", &node.origin) {
        Fact::Known { value, origin } => match value.as_str() {
            "cluster" => Fact::known(AccessScope::Cluster, origin),
            "namespace" => {
                text_list(node.get("namespaces"), &node.origin).map(AccessScope::Namespaces)
            }
            _ => Fact::unknown_at(
                Why::not_evaluated(format!("the access scope type `{value}`")),
                origin,
            ),
        },
        Fact::Unknown { why, origin } => Fact::Unknown { why, origin },
    }
}

/// Whether nodes run Windows, by the AMI type of a managed node group (Amazon EKS API Reference,
/// `Nodegroup.amiType`). `CUSTOM` leaves it to the launch template.
pub(crate) fn windows(ami_type: Option<&Node>, origin: &Origin) -> Fact<bool> {
    match text_or(ami_type, "", origin) {
        Fact::Known { value, origin } if value == "CUSTOM" => {
            Fact::unknown_at(Why::not_given("the image of the launch template"), origin)
        }
        other => other.map(|value| value.starts_with("WINDOWS")),
    }
}

/// A policy document that is a string of JSON or a map, in which other tools' placeholders count as
/// unknown.
pub(crate) fn policy(node: Option<&Node>, field: &str, origin: &Origin) -> Fact<PolicyDocument> {
    let Some(node) = node else {
        return Fact::unknown_at(Why::not_given(format!("`{field}`")), origin.clone());
    };
    let Value::String(text) = &node.value else {
        return node.policy_fact();
    };
    let mut unknown = Vec::new();
    let mut rest = &**text;
    let mut filled = String::with_capacity(text.len());
    while let Some(found) = placeholder::find(rest) {
        let Some((before, after)) = rest.split_once(found) else {
            break;
        };
        filled.push_str(before);
        filled.push_str(&symbol::unknown(unknown.len()));
        unknown.push(Why::not_evaluated(format!("the placeholder `{found}`")));
        rest = after;
    }
    filled.push_str(rest);
    Fact::known(
        PolicyDocument {
            text: filled.into(),
            unknown,
        },
        node.origin.clone(),
    )
}

/// The ARN of an IAM resource of the account the files are applied to.
pub(crate) fn iam_arn(kind: &str, path: Fact<String>, name: Fact<String>) -> Fact<String> {
    match (path, name) {
        (
            Fact::Known { value: path, .. },
            Fact::Known {
                value: name,
                origin,
            },
        ) => Fact::known(
            format!(
                "arn:{}:iam::{}:{kind}{path}{name}",
                symbol::PARTITION,
                symbol::ACCOUNT
            ),
            origin,
        ),
        (unknown @ Fact::Unknown { .. }, _) | (_, unknown) => unknown,
    }
}
