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

/// All rules of two ClusterRoles.
pub(crate) fn both_roles(one: &str, other: &str) -> String {
    let (_, rules) = other.split_once("rules:\n").unwrap();
    format!("{}\n{rules}", one.trim_end())
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
