//! Functions over text. Symbols stand for text that is not known here, so a function that would
//! look into one gives an unknown value.

use rolecall_facts::{Why, symbol};

use super::Arguments;
use crate::terraform::hcl::value::{Eval, Fault, Text, as_index, is_symbolic, open_part, text};
use crate::tree::{Node, Value};

const NAMES: [&str; 21] = [
    "join",
    "split",
    "replace",
    "lower",
    "upper",
    "title",
    "trim",
    "trimprefix",
    "trimsuffix",
    "trimspace",
    "chomp",
    "substr",
    "startswith",
    "endswith",
    "strcontains",
    "indent",
    "strrev",
    "tostring",
    "tonumber",
    "tobool",
    "abs",
];

pub(super) fn call(name: &str, args: &Arguments<'_>) -> Option<Eval> {
    if !NAMES.contains(&name) {
        return None;
    }
    if let Some(part) = args.all.iter().find_map(open_part) {
        let mut open = args.open(part);
        // Text of one value is that value.
        if name == "tostring" {
            open.object.clone_from(&part.object);
        }
        return Some(Ok(open));
    }
    Some(match name {
        "join" => join(args),
        "split" => split(args),
        "replace" => replace(args),
        "tostring" | "tonumber" | "tobool" | "abs" => convert(name, args),
        "startswith" | "endswith" | "strcontains" => test(name, args),
        "substr" => substr(args),
        "indent" => indent(args),
        _ => change(name, args),
    })
}

/// The text of an argument, all of whose parts are known.
fn known(args: &Arguments<'_>, index: usize) -> Eval<String> {
    known_text(args.get(index)?)
}

fn known_text(node: &Node) -> Eval<String> {
    match text(node)? {
        Text::Known(text) => Ok(text),
        Text::Open(_) => Err(Fault::new("text that is not known")),
    }
}

fn looks_into_symbol(name: &str, args: &Arguments<'_>) -> Node {
    let why = Why::not_evaluated(format!("`{name}` of text with a symbol"));
    Node::unknown(why, args.origin.clone())
}

/// Symbols as single characters that no file holds, so that searching cannot match inside them.
fn guarded(text: &str) -> String {
    text.replace(symbol::ACCOUNT, "\u{f8e0}")
        .replace(symbol::PARTITION, "\u{f8e1}")
        .replace(symbol::REGION, "\u{f8e2}")
}

fn unguarded(text: &str) -> String {
    text.replace('\u{f8e0}', symbol::ACCOUNT)
        .replace('\u{f8e1}', symbol::PARTITION)
        .replace('\u{f8e2}', symbol::REGION)
}

fn join(args: &Arguments<'_>) -> Eval {
    let separator = known(args, 0)?;
    let mut parts = Vec::new();
    for argument in args.all.iter().skip(1) {
        for item in super::list(argument)?.unwrap_or_default() {
            parts.push(known_text(item)?);
        }
    }
    Ok(args.string(&parts.join(&separator)))
}

fn split(args: &Arguments<'_>) -> Eval {
    let (separator, text) = (known(args, 0)?, guarded(&known(args, 1)?));
    let parts: Vec<Node> = if text.is_empty() {
        vec![args.string("")]
    } else if separator.is_empty() {
        let characters = text
            .chars()
            .map(|c| args.string(&unguarded(&c.to_string())));
        characters.collect()
    } else {
        let parts = text.split(&*separator);
        parts.map(|part| args.string(&unguarded(part))).collect()
    };
    Ok(args.node(Value::List(parts)))
}

fn replace(args: &Arguments<'_>) -> Eval {
    let (text, pattern, by) = (known(args, 0)?, known(args, 1)?, known(args, 2)?);
    if pattern.len() > 1 && pattern.starts_with('/') && pattern.ends_with('/') {
        let why = Why::not_evaluated("`replace` with a regular expression");
        return Ok(Node::unknown(why, args.origin.clone()));
    }
    let result = guarded(&text).replace(&pattern, &by);
    if result.len() > 16 << 20 {
        return Err(Fault::new("a text of more than 16 MiB"));
    }
    Ok(args.string(&unguarded(&result)))
}

fn convert(name: &str, args: &Arguments<'_>) -> Eval {
    let argument = args.get(0)?;
    if argument.value == Value::Null {
        return Ok(argument.clone());
    }
    Ok(match name {
        "tostring" => Node {
            value: Value::String(known(args, 0)?.into()),
            ..argument.clone()
        },
        "tobool" => match crate::terraform::hcl::value::as_bool(argument)? {
            Some(value) => args.node(Value::Bool(value)),
            None => args.open(argument),
        },
        _ => match crate::terraform::hcl::value::as_number(argument)? {
            Some(value) if name == "abs" => {
                args.node(crate::terraform::hcl::value::number(value.abs()))
            }
            Some(value) => args.node(crate::terraform::hcl::value::number(value)),
            None => args.open(argument),
        },
    })
}

fn test(name: &str, args: &Arguments<'_>) -> Eval {
    let (text, part) = (known(args, 0)?, known(args, 1)?);
    let found = match name {
        "startswith" => text.starts_with(&part),
        "endswith" => text.ends_with(&part),
        _ => text.contains(&part),
    };
    if !found && (is_symbolic(&text) || is_symbolic(&part)) {
        return Ok(looks_into_symbol(name, args));
    }
    Ok(args.node(Value::Bool(found)))
}

fn substr(args: &Arguments<'_>) -> Eval {
    let text = known(args, 0)?;
    let (Some(from), Some(length)) = (as_index(args.get(1)?)?, as_index(args.get(2)?)?) else {
        return Err(Fault::new("`substr` without an offset and a length"));
    };
    if is_symbolic(&text) {
        return Ok(looks_into_symbol("substr", args));
    }
    let count = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let from = if from < 0 {
        (count + from).max(0)
    } else {
        from
    };
    let skip = usize::try_from(from).unwrap_or(usize::MAX);
    let take = usize::try_from(length).unwrap_or(usize::MAX);
    let part: String = text.chars().skip(skip).take(take).collect();
    Ok(args.string(&part))
}

fn indent(args: &Arguments<'_>) -> Eval {
    let spaces = as_index(args.get(0)?)?.and_then(|n| usize::try_from(n).ok());
    let spaces = spaces.filter(|spaces| *spaces <= 1000);
    let spaces = spaces.ok_or_else(|| Fault::new("`indent` by a number out of range"))?;
    let text = known(args, 1)?;
    let by = format!("\n{}", " ".repeat(spaces));
    Ok(args.string(&text.replace('\n', &by)))
}

fn change(name: &str, args: &Arguments<'_>) -> Eval {
    let text = known(args, 0)?;
    let cut = |index: usize| known(args, index);
    let symbolic = is_symbolic(&text);
    let changed = match name {
        // Accounts are digits, partitions and regions are written in lower case.
        "lower" => unguarded(&guarded(&text).to_lowercase()),
        "trimspace" => text.trim().to_owned(),
        "chomp" => text.trim_end_matches(['\n', '\r']).to_owned(),
        "trimprefix" => match text.strip_prefix(&*cut(1)?) {
            Some(rest) => rest.to_owned(),
            None if symbolic => return Ok(looks_into_symbol(name, args)),
            None => text,
        },
        "trimsuffix" => match text.strip_suffix(&*cut(1)?) {
            Some(rest) => rest.to_owned(),
            None if symbolic => return Ok(looks_into_symbol(name, args)),
            None => text,
        },
        _ if symbolic => return Ok(looks_into_symbol(name, args)),
        "upper" => text.to_uppercase(),
        "title" => titled(&text),
        "trim" => {
            let characters = cut(1)?;
            text.trim_matches(|c| characters.contains(c)).to_owned()
        }
        "strrev" => text.chars().rev().collect(),
        _ => return Err(Fault::new(format!("the function `{name}`"))),
    };
    Ok(args.string(&changed))
}

fn titled(text: &str) -> String {
    let mut begins = true;
    text.chars()
        .map(|c| {
            let upper = if begins {
                c.to_uppercase().next()
            } else {
                None
            };
            begins = !c.is_alphanumeric() && c != '_';
            upper.unwrap_or(c)
        })
        .collect()
}
