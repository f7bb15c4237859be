//! A policy statement as people read policies.

use serde_json::Value;

/// The statement as indented JSON: its members on lines of their own, and what they hold on one line
/// where that takes at most `room` characters. Text that is not JSON stays as it is.
pub(crate) fn statement_json(statement: &str, room: usize) -> String {
    serde_json::from_str(statement).map_or_else(
        |_| statement.to_owned(),
        |value: Value| {
            let mut out = String::new();
            write(&mut out, &value, 0, room, true);
            out
        },
    )
}

fn write(out: &mut String, value: &Value, depth: usize, room: usize, open: bool) {
    if !open {
        let line = on_one_line(value);
        if line.len() + depth * 2 <= room {
            out.push_str(&line);
            return;
        }
    }
    let inner = "  ".repeat(depth + 1);
    let outer = "  ".repeat(depth);
    match value {
        Value::Array(items) if !items.is_empty() => {
            out.push('[');
            for (nth, item) in items.iter().enumerate() {
                out.push_str(if nth == 0 { "\n" } else { ",\n" });
                out.push_str(&inner);
                write(out, item, depth + 1, room, false);
            }
            out.push('\n');
            out.push_str(&outer);
            out.push(']');
        }
        Value::Object(members) if !members.is_empty() => {
            out.push('{');
            for (nth, (key, member)) in members.iter().enumerate() {
                out.push_str(if nth == 0 { "\n" } else { ",\n" });
                out.push_str(&inner);
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push_str(": ");
                write(out, member, depth + 1, room, false);
            }
            out.push('\n');
            out.push_str(&outer);
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
}

/// The value on one line, with a space after each comma and colon.
fn on_one_line(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(on_one_line).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) if !members.is_empty() => {
            let members: Vec<String> = members
                .iter()
                .map(|(key, member)| {
                    format!("{}: {}", Value::from(key.as_str()), on_one_line(member))
                })
                .collect();
            format!("{{ {} }}", members.join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_members_stay_on_one_line_and_long_lists_do_not() {
        let statement = r#"{"Effect":"Allow","Action":["ec2:RunInstances","ec2:CreateFleet"],"Condition":{"StringEquals":{"eks:accessEntryType":"EC2"}},"Resource":["arn:aws:ec2:*:*:instance/*","arn:aws:ec2:*:*:network-interface/*","arn:aws:ec2:*:*:volume/*"]}"#;
        insta::assert_snapshot!(statement_json(statement, 70), @r#"
        {
          "Effect": "Allow",
          "Action": ["ec2:RunInstances", "ec2:CreateFleet"],
          "Condition": { "StringEquals": { "eks:accessEntryType": "EC2" } },
          "Resource": [
            "arn:aws:ec2:*:*:instance/*",
            "arn:aws:ec2:*:*:network-interface/*",
            "arn:aws:ec2:*:*:volume/*"
          ]
        }
        "#);
    }

    #[test]
    fn what_is_not_json_stays() {
        assert_eq!(statement_json("Allow *", 70), "Allow *");
    }
}
