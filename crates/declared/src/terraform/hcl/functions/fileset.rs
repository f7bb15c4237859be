//! `fileset`: the files below a folder that match a pattern.

use super::Arguments;
use crate::terraform::hcl::evaluator::Evaluator;
use crate::terraform::hcl::value::{Eval, Fault, SET_TAG, Text, text};
use crate::tree::{Node, Value};

/// How many entries are looked at, and how deep.
const MAX_ENTRIES: usize = 10_000;
const MAX_DEPTH: usize = 12;

impl<'a> Evaluator<'a> {
    pub(super) fn fileset(&self, args: &Arguments<'_>) -> Eval {
        let (folder, pattern) = match (text(args.get(0)?)?, text(args.get(1)?)?) {
            (Text::Known(folder), Text::Known(pattern)) => (folder, pattern),
            (Text::Open(part), _) | (_, Text::Open(part)) => return Ok(args.open(&part)),
        };
        let root = match self.path_inside(&folder) {
            Ok(root) => root,
            Err(problem) => return Ok(super::files::unreadable(&folder, &problem, args)),
        };
        let patterns = alternatives(&pattern);
        let mut found = Vec::new();
        let mut open = vec![(root, String::new(), 0)];
        let mut looked_at = 0;
        while let Some((folder, prefix, depth)) = open.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                looked_at += 1;
                if looked_at > MAX_ENTRIES {
                    return Err(Fault::new("a `fileset` of too many files"));
                }
                let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
                // Links are not followed, so there is no way out and no circle.
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() && depth < MAX_DEPTH => {
                        open.push((entry.path(), format!("{name}/"), depth + 1));
                    }
                    Ok(kind) if kind.is_file() => found.push(name),
                    _ => {}
                }
            }
        }
        found.retain(|name| patterns.iter().any(|pattern| matches(pattern, name)));
        found.sort();
        let items = found.iter().map(|name| args.string(name)).collect();
        let mut set: Node = args.node(Value::List(items));
        set.tag = Some(SET_TAG.into());
        Ok(set)
    }
}

/// The patterns that `{a,b}` stands for; braces within braces are left as they are.
fn alternatives(pattern: &str) -> Vec<String> {
    const MOST: usize = 256;
    let mut done = Vec::new();
    let mut open = vec![pattern.to_owned()];
    while let Some(pattern) = open.pop() {
        let braces = pattern
            .split_once('{')
            .and_then(|(before, rest)| Some((before, rest.split_once('}')?)));
        match braces {
            Some((before, (inner, after))) if done.len() + open.len() < MOST => {
                let each = inner
                    .split(',')
                    .map(|part| format!("{before}{part}{after}"));
                open.extend(each);
            }
            _ => done.push(pattern),
        }
    }
    done
}

fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('/').collect();
    let name: Vec<&str> = name.split('/').collect();
    matches_parts(&pattern, &name)
}

/// `**` stands for any number of folders.
fn matches_parts(pattern: &[&str], name: &[&str]) -> bool {
    // Whether the pattern's first parts match the name's first parts, row by row.
    let mut row: Vec<bool> = (0..=name.len()).map(|taken| taken == 0).collect();
    for part in pattern {
        let mut next = vec![false; name.len() + 1];
        for taken in 0..=name.len() {
            let here = row.get(taken).copied().unwrap_or_default();
            let before = taken.checked_sub(1);
            let matched = if *part == "**" {
                here || before
                    .and_then(|b| next.get(b).copied())
                    .unwrap_or_default()
            } else {
                before.is_some_and(|b| {
                    let fits = name.get(b).is_some_and(|name| matches_text(part, name));
                    fits && row.get(b).copied().unwrap_or_default()
                })
            };
            if let Some(place) = next.get_mut(taken) {
                *place = matched;
            }
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

/// `*` stands for any text and `?` for one character.
fn matches_text(pattern: &str, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let mut row: Vec<bool> = (0..=text.len()).map(|taken| taken == 0).collect();
    for part in pattern.chars() {
        let mut next = vec![false; text.len() + 1];
        for taken in 0..=text.len() {
            let here = row.get(taken).copied().unwrap_or_default();
            let before = taken.checked_sub(1);
            let matched = if part == '*' {
                here || before
                    .and_then(|b| next.get(b).copied())
                    .unwrap_or_default()
            } else {
                before.is_some_and(|b| {
                    let fits = part == '?' || text.get(b) == Some(&part);
                    fits && row.get(b).copied().unwrap_or_default()
                })
            };
            if let Some(place) = next.get_mut(taken) {
                *place = matched;
            }
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_terraform_matches_them() {
        let fits = |pattern: &str, name: &str| {
            alternatives(pattern)
                .iter()
                .any(|pattern| matches(pattern, name))
        };
        assert!(fits("*.yaml", "a.yaml"));
        assert!(!fits("*.yaml", "x/a.yaml"));
        assert!(fits("**/*.yaml", "a.yaml"));
        assert!(fits("**/*.yaml", "x/y/a.yaml"));
        assert!(fits("x/**", "x/y/a"));
        assert!(fits("*.{yaml,yml}", "a.yml"));
        assert!(fits("pool-?.*", "pool-a.yaml"));
        assert!(!fits("pool-?.*", "pool-ab.yaml"));
    }
}
