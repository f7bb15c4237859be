//! JSON and YAML, both ways. An encoded collection stays the value it was, with a tag that says what
//! it stands for: it can so be known in part and keep its places.

use super::Arguments;
use crate::Source;
use crate::terraform::hcl::value::{Eval, Fault, YAML_TAG, is_encoded};
use crate::terraform::policy_document::JSON_TAG;
use crate::terraform::resource::FILE_TAG;
use crate::tree::{Node, Value, json, yaml};

pub(super) fn call(name: &str, args: &Arguments<'_>) -> Option<Eval> {
    Some(match name {
        "jsonencode" => encode(args, JSON_TAG),
        "yamlencode" => encode(args, YAML_TAG),
        "jsondecode" | "yamldecode" => decode(name, args),
        _ => return None,
    })
}

fn encode(args: &Arguments<'_>, tag: &str) -> Eval {
    let argument = args.get(0)?;
    Ok(match &argument.value {
        Value::Unknown(_) => args.open(argument),
        Value::List(_) | Value::Map(_) if !is_encoded(argument) => Node {
            tag: Some(tag.into()),
            object: None,
            ..argument.clone()
        },
        _ => args.string(&argument.to_json(&mut Vec::new()).to_string()),
    })
}

fn decode(name: &str, args: &Arguments<'_>) -> Eval {
    let argument = args.get(0)?;
    if argument.is_unknown() {
        return Ok(args.open(argument));
    }
    if is_encoded(argument) {
        return Ok(Node {
            tag: None,
            ..argument.clone()
        });
    }
    let text = argument.as_str();
    let text = text.ok_or_else(|| Fault::new(format!("`{name}` of a value that is not text")))?;
    // The places inside of a file are its own; inside of other text only the call can be named.
    let tag = argument.tag.as_deref();
    let path = tag.and_then(|tag| tag.strip_prefix(FILE_TAG));
    let source = Source::new(path.unwrap_or("-"), text);
    let value = if name == "jsondecode" {
        json::parse(&source).map_err(|problem| {
            Fault::new(format!(
                "`{name}` of text that is not JSON ({})",
                problem.message
            ))
        })?
    } else {
        let (mut documents, problems) = yaml::parse(&source);
        if let Some(problem) = problems.first() {
            return Err(Fault::new(format!(
                "`{name}` of text that is not YAML ({})",
                problem.message
            )));
        }
        documents.pop().unwrap_or_else(|| args.node(Value::Null))
    };
    Ok(match path {
        Some(_) => value,
        None => value.moved_to(args.origin),
    })
}
