//! New items, as text.

use serde_json::json;

/// An item of its own lines.
pub(super) fn block_item(
    indentation: usize,
    newline: &str,
    role_arn: &str,
    username: &str,
    groups: &[String],
) -> String {
    let indent = " ".repeat(indentation);
    let mut item = format!("{indent}- rolearn: {}{newline}", scalar(role_arn));
    item.push_str(&format!(
        "{indent}  username: {}{newline}",
        scalar(username)
    ));
    if groups.is_empty() {
        item.push_str(&format!("{indent}  groups: []{newline}"));
        return item;
    }
    item.push_str(&format!("{indent}  groups:{newline}"));
    for group in groups {
        item.push_str(&format!("{indent}  - {}{newline}", scalar(group)));
    }
    item
}

/// An item in braces; JSON is YAML.
pub(super) fn flow_item(role_arn: &str, username: &str, groups: &[String]) -> String {
    json!({ "rolearn": role_arn, "username": username, "groups": groups }).to_string()
}

/// Plain where it means the same plain.
fn scalar(text: &str) -> String {
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic());
    let safe = |c: char| c.is_ascii_alphanumeric() || "/:_@+=.,-{}".contains(c);
    let is_word = matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "yes" | "no" | "on" | "off" | "null" | "y" | "n"
    );
    if begins && text.chars().all(safe) && !text.ends_with(':') && !is_word {
        text.to_owned()
    } else {
        json!(text).to_string()
    }
}
