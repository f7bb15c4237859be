//! `format` and `formatlist`.

use rolecall_facts::Why;

use super::Arguments;
use crate::terraform::hcl::value::{Eval, Fault, Text, as_number, open_part, text};
use crate::tree::{Node, Value};

pub(super) fn call(name: &str, args: &Arguments<'_>) -> Option<Eval> {
    match name {
        "format" => Some(format(args.all, args)),
        "formatlist" => Some(format_list(args)),
        _ => None,
    }
}

fn format_list(args: &Arguments<'_>) -> Eval {
    let mut length = None;
    for argument in args.all.iter().skip(1) {
        match &argument.value {
            Value::List(items) if length.is_none_or(|known| known == items.len()) => {
                length = Some(items.len());
            }
            Value::List(_) => return Err(Fault::new("`formatlist` of lists of unequal length")),
            Value::Unknown(_) => return Ok(args.open(argument)),
            _ => {}
        }
    }
    let rows = (0..length.unwrap_or(1)).map(|row| {
        let all: Vec<Node> = args
            .all
            .iter()
            .map(|argument| match &argument.value {
                Value::List(items) => items.get(row).unwrap_or(argument).clone(),
                _ => argument.clone(),
            })
            .collect();
        format(&all, args)
    });
    Ok(args.node(Value::List(rows.collect::<Eval<_>>()?)))
}

/// One verb, `%-05.2f`.
#[derive(Default)]
struct Verb {
    left: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
    letter: char,
}

fn format(all: &[Node], args: &Arguments<'_>) -> Eval {
    if let Some(part) = all.iter().find_map(open_part) {
        return Ok(args.open(part));
    }
    let Some((Text::Known(pattern), values)) = all
        .split_first()
        .map(|(first, rest)| text(first).map(|text| (text, rest)))
        .transpose()?
    else {
        return Err(Fault::new("`format` without a pattern"));
    };
    let mut values = values.iter();
    let mut result = String::new();
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        if character != '%' {
            result.push(character);
            continue;
        }
        let verb = verb(&mut characters);
        if verb.letter == '%' {
            result.push('%');
            continue;
        }
        let value = values.next();
        let value = value.ok_or_else(|| Fault::new("`format` with too few values"))?;
        match formatted(&verb, value)? {
            Some(text) => pad(&mut result, &verb, &text),
            None => {
                let why = Why::not_evaluated(format!("the verb `%{}` of `format`", verb.letter));
                return Ok(Node::unknown(why, args.origin.clone()));
            }
        }
    }
    Ok(args.string(&result))
}

fn verb(characters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Verb {
    let mut verb = Verb::default();
    let mut in_precision = false;
    for character in characters.by_ref() {
        match character {
            '-' => verb.left = true,
            '0' if verb.width == 0 && !in_precision => verb.zero = true,
            '+' | ' ' | '#' => {}
            '.' => {
                in_precision = true;
                verb.precision = Some(0);
            }
            digit if digit.is_ascii_digit() => {
                let digit = digit.to_digit(10).unwrap_or_default() as usize;
                let add = |number: usize| (number * 10 + digit).min(1000);
                if in_precision {
                    verb.precision = verb.precision.map(add);
                } else {
                    verb.width = add(verb.width);
                }
            }
            letter => {
                verb.letter = letter;
                break;
            }
        }
    }
    verb
}

fn formatted(verb: &Verb, value: &Node) -> Eval<Option<String>> {
    let text = |value: &Node| match text(value) {
        Ok(Text::Known(text)) => Some(text),
        _ => Some(value.to_json(&mut Vec::new()).to_string()),
    };
    Ok(match verb.letter {
        's' | 'v' | 't' => text(value),
        'q' => text(value).map(|text| serde_json::Value::String(text).to_string()),
        'd' => as_number(value)?.map(|number| format!("{:.0}", number.trunc())),
        'f' => as_number(value)?.map(|number| {
            let precision = verb.precision.unwrap_or(6);
            format!("{number:.precision$}")
        }),
        _ => None,
    })
}

fn pad(result: &mut String, verb: &Verb, text: &str) {
    let missing = verb.width.saturating_sub(text.chars().count());
    let fill = if verb.zero && !verb.left && verb.letter != 's' {
        "0"
    } else {
        " "
    };
    match (verb.left, text.strip_prefix('-')) {
        (true, _) => {
            result.push_str(text);
            result.push_str(&fill.repeat(missing));
        }
        (false, Some(digits)) if fill == "0" => {
            result.push('-');
            result.push_str(&fill.repeat(missing));
            result.push_str(digits);
        }
        (false, _) => {
            result.push_str(&fill.repeat(missing));
            result.push_str(text);
        }
    }
}
