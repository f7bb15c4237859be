//! The `aws-auth` ConfigMap, read as the authenticator reads it
//! (aws-iam-authenticator, `pkg/mapper/configmap`).
//!
//! `mapRoles` is YAML inside a string. The authenticator turns it to JSON and decodes that the way Go
//! does: keys of an item match in any letter case, a field of the wrong type is left empty, an item
//! without a role is dropped, and of two items for one role the last counts. None of this is
//! reported to whoever wrote it, so all of it is recorded as a problem here.

use std::collections::HashMap;
use std::sync::Arc;

use rolecall_facts::{AwsAuth, AwsAuthProblem, AwsAuthRole, Fact, Origin, Principal, Why};

use super::object::Object;
use super::placeholder;
use crate::output::Output;
use crate::tree::{Node, Value, yaml};

const KEYS: [&str; 3] = ["mapRoles", "mapUsers", "mapAccounts"];

pub(super) fn read(object: &Object<'_>, output: &mut Output) {
    let namespace = object.namespace();
    if !namespace.is_empty() && namespace != "kube-system" {
        return;
    }
    let mut reader = Reader::default();
    if namespace.is_empty() {
        reader.problem(
            "it names no namespace; the authenticator reads only the one in `kube-system`",
            &object.origin(),
        );
    }
    let data = object.node.get("data");
    for (key, _) in data.into_iter().flat_map(Node::entries) {
        let name = key.as_str().unwrap_or_default();
        let meant = KEYS.iter().find(|known| known.eq_ignore_ascii_case(name));
        if let Some(meant) = meant.filter(|meant| **meant != name) {
            reader.problem(
                format!("`{name}` is not `{meant}`: these keys are case-sensitive, so all of it is ignored"),
                &key.origin,
            );
        }
    }
    let origin = object.origin();
    let map_roles = match data.and_then(|data| data.look(&["mapRoles"])) {
        None => Fact::known(Vec::new(), origin.clone()),
        Some(node) => reader.map_roles(node),
    };
    output.snapshot.aws_auth.push(AwsAuth {
        cluster: None,
        map_roles,
        problems: reader.problems,
        origin,
    });
}

/// The mappings of a list that is not inside a string, such as eksctl's `iamIdentityMappings`, read
/// by the same rules; with what is wrong with them.
pub(crate) fn roles_of_items<'a>(
    items: impl IntoIterator<Item = &'a Node>,
    role_key: &str,
) -> (Vec<AwsAuthRole>, Vec<AwsAuthProblem>) {
    let mut reader = Reader::default();
    let roles = items
        .into_iter()
        .filter_map(|item| reader.item(item, role_key))
        .collect();
    (reader.last_of_each(roles), reader.problems)
}

#[derive(Default)]
struct Reader {
    problems: Vec<AwsAuthProblem>,
}

impl Reader {
    fn problem(&mut self, message: impl Into<String>, origin: &Origin) {
        self.problems.push(AwsAuthProblem {
            message: message.into(),
            origin: origin.clone(),
        });
    }

    fn map_roles(&mut self, node: &Node) -> Fact<Vec<AwsAuthRole>> {
        let origin = node.origin.clone();
        match &node.value {
            Value::Unknown(why) => return Fact::unknown_at(why.clone(), origin),
            Value::String(text) => {
                // What the authenticator takes for "nothing".
                if matches!(text.trim(), "" | "``" | "\"\"") {
                    return Fact::known(Vec::new(), origin);
                }
            }
            _ => {
                self.problem(
                    "`mapRoles` is not text, so Kubernetes refuses the ConfigMap: write `mapRoles: |` and the list below it",
                    &origin,
                );
                let why = Why::not_evaluated("a `mapRoles` that Kubernetes refuses");
                return Fact::unknown_at(why, origin);
            }
        }
        let path = origin
            .as_file()
            .map_or_else(|| "".into(), |file| Arc::clone(&file.path));
        match yaml::parse_inside(&path, node) {
            Err(error) => {
                self.problem(
                    format!("`mapRoles` is {}, so all of it is ignored", error.message),
                    &error.origin,
                );
                Fact::known(Vec::new(), origin)
            }
            Ok(None) => Fact::known(Vec::new(), origin),
            Ok(Some(list)) => {
                if !matches!(list.value, Value::List(_)) {
                    self.problem(
                        format!(
                            "`mapRoles` holds {}, not a list, so all of it is ignored",
                            kind_of(&list)
                        ),
                        &list.origin,
                    );
                }
                let roles = list
                    .items()
                    .iter()
                    .filter_map(|item| self.item(item, "rolearn"))
                    .collect();
                Fact::known(self.last_of_each(roles), origin)
            }
        }
    }

    fn item(&mut self, item: &Node, role_key: &str) -> Option<AwsAuthRole> {
        if !matches!(item.value, Value::Map(_)) {
            let message = format!(
                "the item is {}, not a mapping, and is skipped",
                kind_of(item)
            );
            self.problem(message, &item.origin);
            return None;
        }
        let origin = item
            .entries()
            .next()
            .map_or(&item.origin, |(key, _)| &key.origin);
        let Some(role_arn) = self.text(item, role_key) else {
            // A mapping of IAM Identity Center names no role; node roles never use it.
            if any_case(item, "sso").is_none() {
                self.problem(
                    format!("the item has no `{role_key}` and is skipped"),
                    origin,
                );
            }
            return None;
        };
        if let Some(text) = role_arn.value() {
            if text.is_empty() {
                self.problem(
                    format!("the item has no `{role_key}` and is skipped"),
                    origin,
                );
                return None;
            }
            // Users may stand here too: the authenticator looks for them in both lists.
            let may_match = [":user/", ":root", ":federated-user/"];
            let is_other = may_match.iter().any(|part| text.contains(part));
            // As it is written, for the symbols of what a template leaves open are not lower case.
            let is_role = [text, &text.to_lowercase()]
                .iter()
                .any(|text| Principal::parse(text).as_role().is_some());
            if !is_role && !is_other {
                let place = role_arn.origin().unwrap_or(origin).clone();
                self.problem(
                    format!("`{text}` is not the ARN of a role, so the item never maps anybody"),
                    &place,
                );
            }
        }
        let empty = || Fact::known(String::new(), origin.clone());
        Some(AwsAuthRole {
            username: self.text(item, "username").unwrap_or_else(empty),
            groups: self.groups(item, origin),
            role_arn,
            origin: origin.clone(),
        })
    }

    /// A field of text; what is not text is left empty.
    fn text(&mut self, item: &Node, key: &str) -> Option<Fact<String>> {
        let node = any_case(item, key)?;
        match &node.value {
            Value::String(text) => Some(known_or_placeholder(text, &node.origin)),
            Value::Unknown(_) => Some(node.text_fact()),
            Value::Null => None,
            _ => {
                let message = format!(
                    "`{key}` is {}, not text, and counts as empty",
                    kind_of(node)
                );
                self.problem(message, &node.origin);
                None
            }
        }
    }

    fn groups(&mut self, item: &Node, origin: &Origin) -> Fact<Vec<String>> {
        let Some(node) = any_case(item, "groups") else {
            return Fact::known(Vec::new(), origin.clone());
        };
        let place = node.origin.clone();
        match &node.value {
            Value::Unknown(why) => Fact::unknown_at(why.clone(), place),
            Value::Null => Fact::known(Vec::new(), place),
            Value::List(items) => {
                let mut groups = Vec::with_capacity(items.len());
                for group in items {
                    match &group.value {
                        Value::Unknown(why) => return Fact::unknown_at(why.clone(), place),
                        Value::String(text) => {
                            if text.contains(" - ") {
                                self.problem(
                                    format!("`{text}` is one group with a dash in its name: the next line is indented too far"),
                                    &group.origin,
                                );
                            }
                            groups.push(text.to_string());
                        }
                        _ => {
                            let message = format!(
                                "a group is {}, not text, and counts as empty",
                                kind_of(group)
                            );
                            self.problem(message, &group.origin);
                            groups.push(String::new());
                        }
                    }
                }
                Fact::known(groups, place)
            }
            _ => {
                let message = format!(
                    "`groups` is {}, not a list, and counts as empty",
                    kind_of(node)
                );
                self.problem(message, &place);
                Fact::known(Vec::new(), place)
            }
        }
    }

    /// The mappings without those that a later one for the same role replaces. Roles are compared
    /// without regard to letter case.
    fn last_of_each(&mut self, roles: Vec<AwsAuthRole>) -> Vec<AwsAuthRole> {
        let mut last: HashMap<String, usize> = HashMap::new();
        for (at, role) in roles.iter().enumerate() {
            if let Some(arn) = role.role_arn.value() {
                last.insert(arn.to_lowercase(), at);
            }
        }
        let mut kept = Vec::with_capacity(roles.len());
        for (at, role) in roles.into_iter().enumerate() {
            let arn = role.role_arn.value().map(|arn| arn.to_lowercase());
            if arn.is_none_or(|arn| last.get(&arn) == Some(&at)) {
                kept.push(role);
            } else {
                self.problem(
                    "a later item maps the same role, and only the last one counts",
                    &role.origin,
                );
            }
        }
        kept
    }
}

/// The value under a key in any letter case, the exact one first, as Go's JSON decoder takes it.
fn any_case<'a>(item: &'a Node, key: &str) -> Option<&'a Node> {
    item.entry(key).map(|(_, value)| value).or_else(|| {
        let matches = |name: &Node| {
            name.as_str()
                .is_some_and(|name| name.eq_ignore_ascii_case(key))
        };
        let mut entries = item.entries().rev();
        entries
            .find(|(name, _)| matches(name))
            .map(|(_, value)| value)
    })
}

fn known_or_placeholder(text: &str, origin: &Origin) -> Fact<String> {
    match placeholder::find(text) {
        Some(found) => {
            let why = Why::not_evaluated(format!("the placeholder `{found}`"));
            Fact::unknown_at(why, origin.clone())
        }
        None => Fact::known(text.to_owned(), origin.clone()),
    }
}

fn kind_of(node: &Node) -> &'static str {
    match node.value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::List(_) => "a list",
        Value::Map(_) => "a mapping",
        Value::Unknown(_) => "unknown",
    }
}
