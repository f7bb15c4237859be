//! Functions over lists and maps. They keep what is known of a collection in part.

use super::{Arguments, list};
use crate::terraform::hcl::value::{
    Eval, Fault, Text, as_index, as_number, equal, is_symbolic, number, open_part, sorted, text,
};
use crate::tree::{Node, Value};

pub(super) fn call(name: &str, args: &Arguments<'_>) -> Option<Eval> {
    Some(match name {
        "concat" => concat(args),
        "merge" => merge(args),
        "flatten" => flatten(args),
        "keys" => entries(args).map(|entries| match entries {
            Ok(entries) => {
                let keys = entries.into_iter().map(|(key, _)| args.string(key));
                args.node(Value::List(keys.collect()))
            }
            Err(part) => args.open(part),
        }),
        "values" => entries(args).map(|entries| match entries {
            Ok(entries) => {
                let values = entries.into_iter().map(|(_, value)| value.clone());
                args.node(Value::List(values.collect()))
            }
            Err(part) => args.open(part),
        }),
        "lookup" => lookup(args),
        "element" => element(args),
        "length" => length(args),
        "zipmap" => zipmap(args),
        "coalesce" => coalesce(args),
        "coalescelist" => coalesce_list(args),
        "compact" => compact(args),
        "one" => one(args),
        "slice" => slice(args),
        "reverse" => over_list(args, |mut items| {
            items.reverse();
            items
        }),
        "contains" => contains(args),
        "index" => index(args),
        "range" => range(args),
        "max" | "min" | "sum" => numbers(name, args),
        "alltrue" | "anytrue" => truths(name, args),
        "tolist" => args.get(0).map(|list| Node {
            tag: None,
            ..list.clone()
        }),
        "tomap" | "sensitive" | "nonsensitive" | "issensitive" | "ephemeralasnull" => {
            args.get(0).cloned()
        }
        _ => return None,
    })
}

fn concat(args: &Arguments<'_>) -> Eval {
    let mut all = Vec::new();
    for argument in args.all {
        match list(argument)? {
            Some(items) => all.extend(items.iter().cloned()),
            None => return Ok(args.open(argument)),
        }
    }
    Ok(args.node(Value::List(all)))
}

fn merge(args: &Arguments<'_>) -> Eval {
    let mut all: Vec<(Node, Node)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for argument in args.all {
        match &argument.value {
            Value::Map(entries) => {
                for (key, value) in entries {
                    let name = key.as_str().unwrap_or_default().to_owned();
                    let place = *places.entry(name).or_insert(all.len());
                    match all.get_mut(place) {
                        Some(known) => known.1 = value.clone(),
                        None => all.push((key.clone(), value.clone())),
                    }
                }
            }
            Value::Null => {}
            Value::Unknown(_) => return Ok(args.open(argument)),
            _ => return Err(Fault::new("a value that is not a map in `merge`")),
        }
    }
    Ok(args.node(Value::Map(all)))
}

fn flatten(args: &Arguments<'_>) -> Eval {
    fn add(node: &Node, all: &mut Vec<Node>) {
        match &node.value {
            Value::List(items) => items.iter().for_each(|item| add(item, all)),
            _ => all.push(node.clone()),
        }
    }
    let argument = args.get(0)?;
    let Some(items) = list(argument)? else {
        return Ok(args.open(argument));
    };
    // An unknown element may be a list of any length.
    if let Some(open) = items.iter().find(|item| item.is_unknown()) {
        return Ok(args.open(open));
    }
    let mut all = Vec::new();
    items.iter().for_each(|item| add(item, &mut all));
    Ok(args.node(Value::List(all)))
}

/// The entries of a map, or the unknown in its place.
fn entries<'n>(args: &Arguments<'n>) -> Eval<Result<Vec<(&'n str, &'n Node)>, &'n Node>> {
    let argument = args.get(0)?;
    match &argument.value {
        Value::Map(entries) => Ok(Ok(sorted(entries))),
        Value::Unknown(_) => Ok(Err(argument)),
        _ => Err(Fault::new("a value that is not a map")),
    }
}

fn lookup(args: &Arguments<'_>) -> Eval {
    let (map, key) = (args.get(0)?, args.get(1)?);
    if map.is_unknown() {
        return Ok(args.open(map));
    }
    let name = match text(key)? {
        Text::Known(name) => name,
        Text::Open(part) => return Ok(args.open(&part)),
    };
    if let Some((_, found)) = map.entry(&name) {
        return Ok(found.clone());
    }
    if is_symbolic(&name) {
        let why = rolecall_facts::Why::not_evaluated(format!("the element `{name}`"));
        return Ok(Node::unknown(why, args.origin.clone()));
    }
    match args.all.get(2) {
        Some(default) => Ok(default.clone()),
        None => Err(Fault::new(format!(
            "the key `{name}`, which the map does not have,"
        ))),
    }
}

fn element(args: &Arguments<'_>) -> Eval {
    let argument = args.get(0)?;
    let Some(items) = list(argument)? else {
        return Ok(args.open(argument));
    };
    let Some(index) = as_index(args.get(1)?)? else {
        return Ok(args.open(args.get(1)?));
    };
    let count = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let wrapped = index
        .checked_rem_euclid(count)
        .and_then(|index| usize::try_from(index).ok());
    let found = wrapped.and_then(|index| items.get(index));
    found
        .cloned()
        .ok_or_else(|| Fault::new("an element of an empty list"))
}

fn length(args: &Arguments<'_>) -> Eval {
    let argument = args.get(0)?;
    let length = match &argument.value {
        Value::List(items) => items.len(),
        Value::Map(entries) => sorted(entries).len(),
        Value::String(text) if is_symbolic(text) => {
            let why = rolecall_facts::Why::not_evaluated("the length of text with a symbol");
            return Ok(Node::unknown(why, args.origin.clone()));
        }
        Value::String(text) => text.chars().count(),
        Value::Unknown(_) => return Ok(args.open(argument)),
        _ => return Err(Fault::new("the length of a value that has none")),
    };
    Ok(args.node(Value::Number(length.to_string().into())))
}

fn zipmap(args: &Arguments<'_>) -> Eval {
    let (Some(keys), Some(values)) = (args.list(0)?, args.list(1)?) else {
        let open = args.all.iter().find_map(open_part);
        return Ok(open.map_or_else(|| args.node(Value::Null), |part| args.open(part)));
    };
    let mut entries = Vec::with_capacity(keys.len());
    for (key, value) in keys.iter().zip(values) {
        match text(key)? {
            Text::Known(name) => entries.push((args.string(&name), value.clone())),
            Text::Open(part) => return Ok(args.open(&part)),
        }
    }
    Ok(args.node(Value::Map(entries)))
}

/// The first argument that is neither null nor empty text.
fn coalesce(args: &Arguments<'_>) -> Eval {
    let set = args
        .all
        .iter()
        .find(|value| value.value != Value::Null && value.as_str() != Some(""));
    match set {
        // Whether an unknown one is null is open as well, unless it is an object's name or ARN.
        Some(value) => Ok(value.clone()),
        None => Err(Fault::new("`coalesce` of nothing but empty values")),
    }
}

fn coalesce_list(args: &Arguments<'_>) -> Eval {
    for argument in args.all {
        match &argument.value {
            Value::List(items) if items.is_empty() => {}
            Value::Null => {}
            _ => return Ok(argument.clone()),
        }
    }
    Err(Fault::new("`coalescelist` of nothing but empty lists"))
}

fn compact(args: &Arguments<'_>) -> Eval {
    let argument = args.get(0)?;
    let Some(items) = list(argument)? else {
        return Ok(args.open(argument));
    };
    let kept = items
        .iter()
        .filter(|item| item.value != Value::Null && item.as_str() != Some(""));
    Ok(args.node(Value::List(kept.cloned().collect())))
}

fn one(args: &Arguments<'_>) -> Eval {
    let argument = args.get(0)?;
    match list(argument)? {
        None => Ok(args.open(argument)),
        Some([]) => Ok(args.node(Value::Null)),
        Some([only]) => Ok(only.clone()),
        Some(_) => Err(Fault::new("`one` of several elements")),
    }
}

fn slice(args: &Arguments<'_>) -> Eval {
    let argument = args.get(0)?;
    let Some(items) = list(argument)? else {
        return Ok(args.open(argument));
    };
    let (Some(from), Some(to)) = (as_index(args.get(1)?)?, as_index(args.get(2)?)?) else {
        let open = args.all.iter().find_map(open_part);
        return Ok(open.map_or_else(|| args.node(Value::Null), |part| args.open(part)));
    };
    let range = usize::try_from(from).ok().zip(usize::try_from(to).ok());
    let found = range.and_then(|(from, to)| items.get(from..to));
    let found = found.ok_or_else(|| Fault::new("a slice outside of its list"))?;
    Ok(args.node(Value::List(found.to_vec())))
}

fn over_list(args: &Arguments<'_>, change: impl FnOnce(Vec<Node>) -> Vec<Node>) -> Eval {
    let argument = args.get(0)?;
    match list(argument)? {
        Some(items) => Ok(args.node(Value::List(change(items.to_vec())))),
        None => Ok(args.open(argument)),
    }
}

fn contains(args: &Arguments<'_>) -> Eval {
    let (argument, wanted) = (args.get(0)?, args.get(1)?);
    let Some(items) = list(argument)? else {
        return Ok(args.open(argument));
    };
    let mut open = None;
    for item in items {
        match equal(item, wanted) {
            Some(true) => return Ok(args.node(Value::Bool(true))),
            Some(false) => {}
            None => open = Some(item),
        }
    }
    Ok(match open {
        None => args.node(Value::Bool(false)),
        Some(item) => match open_part(item).or_else(|| open_part(wanted)) {
            Some(part) => args.open(part),
            None => {
                let why = rolecall_facts::Why::not_evaluated("a comparison with a symbol");
                Node::unknown(why, args.origin.clone())
            }
        },
    })
}

fn index(args: &Arguments<'_>) -> Eval {
    let (argument, wanted) = (args.get(0)?, args.get(1)?);
    let Some(items) = list(argument)? else {
        return Ok(args.open(argument));
    };
    for (index, item) in items.iter().enumerate() {
        match equal(item, wanted) {
            Some(true) => return Ok(args.node(Value::Number(index.to_string().into()))),
            Some(false) => {}
            None => return Ok(args.open(open_part(item).unwrap_or(item))),
        }
    }
    Err(Fault::new("a value that the list does not hold"))
}

fn range(args: &Arguments<'_>) -> Eval {
    const MOST: usize = 10_000;
    let mut bounds = Vec::new();
    for argument in args.all {
        match as_number(argument)? {
            Some(bound) => bounds.push(bound),
            None => return Ok(args.open(argument)),
        }
    }
    let (mut next, end, step) = match bounds.as_slice() {
        [end] => (0.0, *end, 1.0),
        [start, end] => (*start, *end, if start <= end { 1.0 } else { -1.0 }),
        [start, end, step] => (*start, *end, *step),
        _ => return Err(Fault::new("a `range` without bounds")),
    };
    let mut items = Vec::new();
    while (step > 0.0 && next < end) || (step < 0.0 && next > end) {
        if items.len() >= MOST {
            return Err(Fault::new("a `range` of too many numbers"));
        }
        items.push(args.node(number(next)));
        next += step;
    }
    Ok(args.node(Value::List(items)))
}

fn numbers(name: &str, args: &Arguments<'_>) -> Eval {
    let items = match (name, args.all) {
        ("sum", [only]) => match list(only)? {
            Some(items) => items,
            None => return Ok(args.open(only)),
        },
        (_, all) => all,
    };
    let mut result: Option<f64> = None;
    for item in items {
        let Some(next) = as_number(item)? else {
            return Ok(args.open(item));
        };
        result = Some(match (name, result) {
            (_, None) => next,
            ("max", Some(known)) => known.max(next),
            ("min", Some(known)) => known.min(next),
            (_, Some(known)) => known + next,
        });
    }
    let result = result.ok_or_else(|| Fault::new("a sum of no numbers"))?;
    Ok(args.node(number(result)))
}

fn truths(name: &str, args: &Arguments<'_>) -> Eval {
    let argument = args.get(0)?;
    let Some(items) = list(argument)? else {
        return Ok(args.open(argument));
    };
    let decides = name == "anytrue";
    let mut open = None;
    for item in items {
        match crate::terraform::hcl::value::as_bool(item)? {
            Some(value) if value == decides => return Ok(args.node(Value::Bool(decides))),
            Some(_) => {}
            None => open = Some(item),
        }
    }
    Ok(match open {
        Some(item) => args.open(item),
        None => args.node(Value::Bool(!decides)),
    })
}
