//! docs/permissions.md, as a reader takes policies out of it.

use std::path::Path;

use serde_json::Value;

/// The first block of a language below a heading.
fn block(heading: &str, language: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/permissions.md");
    let text = std::fs::read_to_string(path).unwrap().replace("\r\n", "\n");
    let (_, below) = text
        .split_once(&format!("\n{heading}\n"))
        .unwrap_or_else(|| panic!("docs/permissions.md has no heading `{heading}`"));
    let (_, block) = below.split_once(&format!("```{language}\n")).unwrap();
    block.split_once("\n```").unwrap().0.to_owned()
}

/// The IAM policy below a heading.
pub(crate) fn policy(heading: &str) -> Value {
    serde_json::from_str(&block(heading, "json")).unwrap()
}

/// All policies between a heading and the next of its kind.
pub(crate) fn policies(heading: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/permissions.md");
    let text = std::fs::read_to_string(path).unwrap().replace("\r\n", "\n");
    let (_, below) = text.split_once(&format!("\n{heading}\n")).unwrap();
    let section = below.split("\n## ").next().unwrap_or(below);
    let blocks = section.split("```json\n").skip(1);
    let blocks = blocks.map(|block| block.split("\n```").next().unwrap());
    blocks
        .map(|block| serde_json::from_str(block).unwrap())
        .collect()
}

/// The ClusterRole below a heading.
pub(crate) fn cluster_role(heading: &str) -> String {
    block(heading, "yaml")
}

/// All roles of two texts.
pub(crate) fn both_roles(one: &str, other: &str) -> String {
    format!("{}\n---\n{other}", one.trim_end())
}

/// The roles without the rules for one verb on one resource and no other, such as
/// `nodepools.karpenter.sh`.
pub(crate) fn without_rule(roles: &str, resource: &str, verb: &str) -> String {
    const RULE: &str = "  - apiGroups: ";
    let (resource, group) = resource.split_once('.').unwrap_or((resource, "\"\""));
    let lines: Vec<&str> = roles.split_inclusive('\n').collect();
    let rules = lines.chunk_by(|_, line| !line.starts_with(RULE) && !line.starts_with("---"));
    let wanted = [
        format!("{RULE}[{group}]\n"),
        format!("resources: [{resource}]\n"),
        format!("verbs: [{verb}]"),
    ];
    let kept: Vec<String> = rules
        .map(|lines| lines.concat())
        .filter(|rule| !wanted.iter().all(|line| rule.contains(line)))
        .collect();
    let kept = kept.concat();
    assert_ne!(kept, roles, "no rule for {verb} {resource}");
    kept
}

/// Every action of a policy.
pub(crate) fn actions(policy: &Value) -> Vec<String> {
    let statements = policy["Statement"].as_array().unwrap().iter();
    statements
        .flat_map(|statement| texts(&statement["Action"]))
        .collect()
}

/// The policy without one action, wherever it stands.
pub(crate) fn without(policy: &Value, action: &str) -> Value {
    let mut policy = policy.clone();
    let statements = policy["Statement"].as_array_mut().unwrap();
    for statement in statements.iter_mut() {
        let left: Vec<String> = texts(&statement["Action"])
            .into_iter()
            .filter(|known| known != action)
            .collect();
        statement["Action"] = left.into();
    }
    statements.retain(|statement| {
        statement["Action"]
            .as_array()
            .is_some_and(|all| !all.is_empty())
    });
    policy
}

/// The policy with these actions and no others.
pub(crate) fn only(policy: &Value, kept: &[&str]) -> Value {
    let others = actions(policy);
    let others = others
        .iter()
        .filter(|action| !kept.contains(&action.as_str()));
    others.fold(policy.clone(), |policy, action| without(&policy, action))
}

/// All statements of two policies.
pub(crate) fn both(one: &Value, other: &Value) -> Value {
    let mut policy = one.clone();
    let more = other["Statement"].as_array().unwrap().iter().cloned();
    policy["Statement"].as_array_mut().unwrap().extend(more);
    policy
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(all) => all
            .iter()
            .filter_map(|one| one.as_str().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    }
}
