//! Edits of the text of `mapRoles`: as small as can be, so that comments and other items stay byte for
//! byte what they were.
//!
//! The text is read with the places of its values, the places are edited, and the outcome is read
//! again: only if it holds exactly the items it should is it used.

mod items;
#[cfg(test)]
mod tests;
mod text;

use items::{Item, Items};
use serde_json::{Value, json};
use text::{block_item, flow_item};

/// What to do to the list.
#[derive(Debug, Clone, Copy)]
pub(super) enum Edit<'a> {
    /// A new item.
    Add {
        role_arn: &'a str,
        username: &'a str,
        groups: &'a [String],
    },
    /// An item less.
    Remove { role_arn: &'a str },
    /// Another role in an item.
    Replace { from: &'a str, to: &'a str },
}

/// What became of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Edited {
    /// The list is as wanted.
    Already,
    /// The new text.
    To(String),
    /// The list has something else, which is told.
    Otherwise(String),
}

/// Edits the text of `mapRoles`.
///
/// # Errors
/// What is in the way of an edit in place.
pub(super) fn edited(text: &str, edit: &Edit<'_>) -> Result<Edited, String> {
    // What the authenticator takes for "nothing".
    let text = match text.trim() {
        "" | "``" | "\"\"" | "null" | "~" => "",
        _ => text,
    };
    let items = Items::read(text)?;
    let (new, wanted) = match edit {
        Edit::Add {
            role_arn,
            username,
            groups,
        } => {
            if let Some(found) = items.of(role_arn).last() {
                return Ok(same_mapping(found, username, groups));
            }
            let mut wanted = items.contents();
            wanted.push(json!([
                ["rolearn", role_arn],
                ["username", username],
                ["groups", groups],
            ]));
            (with_item(text, &items, role_arn, username, groups)?, wanted)
        }
        Edit::Remove { role_arn } => {
            if items.of(role_arn).next().is_none() {
                return Ok(Edited::Already);
            }
            let kept = items.list.iter().filter(|item| !item.is_of(role_arn));
            let kept = kept.map(|item| item.content.clone()).collect();
            (without(text, &items, role_arn)?, kept)
        }
        Edit::Replace { from, to } => {
            if items.of(from).next().is_none() {
                return Ok(match items.of(to).next() {
                    Some(_) => Edited::Already,
                    None => Edited::Otherwise(format!("has no item for `{from}`")),
                });
            }
            let replaced = items.list.iter().map(|item| item.renamed(from, to));
            (with_role(text, &items, from, to)?, replaced.collect())
        }
    };
    if Items::read(&new).map(|items| items.contents()).as_ref() == Ok(&wanted) {
        return Ok(Edited::To(new));
    }
    Err("its layout is one that an edit would change more of than it should".to_owned())
}

fn same_mapping(found: &Item, username: &str, groups: &[String]) -> Edited {
    let field = |name: &str| found.field(name).cloned().unwrap_or(Value::Null);
    let (its_username, its_groups) = (field("username"), field("groups"));
    if its_username == json!(username) && its_groups == json!(groups) {
        return Edited::Already;
    }
    Edited::Otherwise(format!(
        "has an item for `{}` already, with username {its_username} and groups {its_groups}",
        found.role_arn.as_deref().unwrap_or_default()
    ))
}

fn with_item(
    text: &str,
    items: &Items,
    role_arn: &str,
    username: &str,
    groups: &[String],
) -> Result<String, String> {
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    if items.is_flow && !items.list.is_empty() {
        let item = flow_item(role_arn, username, groups);
        let (before, after) = split(text, items.list.last().map_or(0, |item| item.end))?;
        return Ok(format!("{before}, {item}{after}"));
    }
    let indentation = items.list.first().map_or(0, |item| item.indentation);
    let item = block_item(indentation, newline, role_arn, username, groups);
    let (before, after) = match items.list.last() {
        Some(last) => split(text, last.end)?,
        // An empty list in brackets gives way to an item of its own lines.
        None if items.is_flow => {
            let (before, rest) = split(text, items.start)?;
            let (_, after) = split(rest, items.end - items.start)?;
            (before, after.strip_prefix(newline).unwrap_or(after))
        }
        None => (text, ""),
    };
    let broken = before.is_empty() || before.ends_with('\n');
    let line_break = if broken { "" } else { newline };
    Ok(format!("{before}{line_break}{item}{after}"))
}

fn without(text: &str, items: &Items, role_arn: &str) -> Result<String, String> {
    let mut new = text.to_owned();
    // From the last to the first, so that places before stay what they are.
    for (at, item) in items.list.iter().enumerate().rev() {
        if !item.is_of(role_arn) {
            continue;
        }
        let (mut start, mut end) = (item.start, item.end);
        if items.is_flow {
            match (items.list.get(at + 1), at.checked_sub(1)) {
                (Some(next), _) => end = next.start,
                (None, Some(before)) => start = items.list.get(before).map_or(start, |one| one.end),
                (None, None) => {}
            }
        }
        new = spliced(&new, start, end, "")?;
    }
    Ok(new)
}

fn with_role(text: &str, items: &Items, from: &str, to: &str) -> Result<String, String> {
    let mut new = text.to_owned();
    for item in items.list.iter().rev().filter(|item| item.is_of(from)) {
        let (_, rest) = split(text, item.role_at)?;
        let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'));
        let quotes = quote.map_or(0, char::len_utf8);
        let (start, end) = (item.role_at + quotes, item.role_at + quotes + from.len());
        let written = text.get(start..end);
        if written != Some(from) || to.contains(['\'', '"', '\\', ' ', '#']) {
            return Err(format!("`{from}` is not written in one piece"));
        }
        new = spliced(&new, start, end, to)?;
    }
    Ok(new)
}

fn split(text: &str, at: usize) -> Result<(&str, &str), String> {
    text.split_at_checked(at)
        .ok_or_else(|| "a place in it cannot be found again".to_owned())
}

fn spliced(text: &str, start: usize, end: usize, with: &str) -> Result<String, String> {
    let (before, _) = split(text, start)?;
    let (_, after) = split(text, end)?;
    Ok(format!("{before}{with}{after}"))
}
