//! Functions over sets, and those that need every element known.

use super::Arguments;
use crate::terraform::hcl::value::{Eval, Fault, SET_TAG, Text, equal, open_part, text};
use crate::tree::{Node, Value};

pub(super) fn call(name: &str, args: &Arguments<'_>) -> Option<Eval> {
    let known = [
        "toset",
        "distinct",
        "sort",
        "setunion",
        "setintersection",
        "setsubtract",
        "setproduct",
        "chunklist",
        "transpose",
        "matchkeys",
    ];
    if !known.contains(&name) {
        return None;
    }
    if let Some(part) = args.all.iter().find_map(open_part) {
        return Some(Ok(args.open(part)));
    }
    Some(match name {
        "toset" | "sort" => lists(args).and_then(|lists| sorted_set(args, lists, name == "toset")),
        "distinct" => lists(args).map(|lists| args.node(Value::List(unique(lists.concat())))),
        "setunion" => lists(args).and_then(|lists| {
            let all = vec![lists.concat()];
            sorted_set(args, all, true)
        }),
        "setintersection" | "setsubtract" => lists(args).and_then(|mut lists| {
            let first = if lists.is_empty() {
                Vec::new()
            } else {
                lists.remove(0)
            };
            let in_all = name == "setintersection";
            let kept = first.into_iter().filter(|item| {
                let mut found = lists.iter().map(|list| holds(list, item));
                if in_all {
                    found.all(|found| found)
                } else {
                    !found.any(|found| found)
                }
            });
            sorted_set(args, vec![kept.collect()], true)
        }),
        "setproduct" => lists(args).and_then(|lists| product(args, &lists)),
        "chunklist" => chunks(args),
        _ => {
            let why = rolecall_facts::Why::not_evaluated(format!("the function `{name}`"));
            Ok(Node::unknown(why, args.origin.clone()))
        }
    })
}

fn lists(args: &Arguments<'_>) -> Eval<Vec<Vec<Node>>> {
    (0..args.all.len())
        .map(|index| Ok(args.list(index)?.unwrap_or_default().to_vec()))
        .collect()
}

fn holds(list: &[Node], item: &Node) -> bool {
    list.iter().any(|other| equal(other, item) == Some(true))
}

fn unique(items: Vec<Node>) -> Vec<Node> {
    let mut seen = std::collections::HashSet::new();
    items
        .into_iter()
        .filter(|item| seen.insert(item.to_json(&mut Vec::new()).to_string()))
        .collect()
}

fn sorted_set(args: &Arguments<'_>, lists: Vec<Vec<Node>>, once: bool) -> Eval {
    let mut keyed = Vec::new();
    for item in lists.into_iter().next().unwrap_or_default() {
        let key = match text(&item) {
            Ok(Text::Known(key)) => key,
            _ => item.to_json(&mut Vec::new()).to_string(),
        };
        keyed.push((key, item));
    }
    keyed.sort_by(|(a, _), (b, _)| a.cmp(b));
    if once {
        keyed.dedup_by(|(a, _), (b, _)| a == b);
    }
    let items = keyed.into_iter().map(|(_, item)| item).collect();
    let mut sorted = args.node(Value::List(items));
    sorted.tag = once.then(|| SET_TAG.into());
    Ok(sorted)
}

fn product(args: &Arguments<'_>, lists: &[Vec<Node>]) -> Eval {
    const MOST: usize = 100_000;
    let mut rows: Vec<Vec<Node>> = vec![Vec::new()];
    for list in lists {
        if rows.len().saturating_mul(list.len()) > MOST {
            return Err(Fault::new("a `setproduct` of too many elements"));
        }
        rows = rows
            .iter()
            .flat_map(|row| {
                list.iter().map(move |item| {
                    let mut row = row.clone();
                    row.push(item.clone());
                    row
                })
            })
            .collect();
    }
    let rows = rows.into_iter().map(|row| args.node(Value::List(row)));
    Ok(args.node(Value::List(rows.collect())))
}

fn chunks(args: &Arguments<'_>) -> Eval {
    let items = args.list(0)?.unwrap_or_default();
    let size = crate::terraform::hcl::value::as_index(args.get(1)?)?;
    let size = size
        .and_then(|size| usize::try_from(size).ok())
        .filter(|size| *size > 0);
    let size = size.unwrap_or_else(|| items.len().max(1));
    let chunks = items
        .chunks(size)
        .map(|chunk| args.node(Value::List(chunk.to_vec())));
    Ok(args.node(Value::List(chunks.collect())))
}
