//! A call with its parameters, long ones shortened.

use rolecall_report::{Ink, columns, visible};
use serde_json::Value;

use super::page::Page;
use crate::plan::PlannedCall;

/// The longest text of a parameter that is shown whole, in characters: an ARN is, a policy is not.
const WHOLE: usize = 160;

pub(super) fn write(page: &mut Page, indent: &str, call: &PlannedCall) {
    let style = page.style;
    let arrow = style.paint(Ink::Faint, style.glyph("→", "->"));
    let action = style.paint(Ink::Code, &call.action);
    let parameters = match &call.parameters {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| format!("{name}={}", shown(value)))
            .collect(),
        Value::Null => Vec::new(),
        other => vec![shown(other)],
    };
    let lead = format!("{indent}{arrow} {action}");
    let used = columns(indent) + columns(style.glyph("→", "->")) + 1 + columns(&call.action);
    let one_line = parameters.join(" ");
    if used + 1 + columns(&one_line) <= style.columns() {
        page.line(&format!(
            "{lead} {}",
            style.paint(Ink::Faint, &visible(&one_line))
        ));
        return;
    }
    page.line(&lead);
    for parameter in parameters {
        let parameter = style.paint(Ink::Faint, &visible(&parameter));
        page.line(&format!("{indent}    {parameter}"));
    }
}

/// A value as JSON; texts without spaces as they are.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if text.chars().count() > WHOLE => {
            let kept: String = text.chars().take(WHOLE).collect();
            let length = text.chars().count();
            format!("{kept}… ({length} characters; --format json has all)")
        }
        Value::String(text) if !text.contains(char::is_whitespace) && !text.is_empty() => {
            text.clone()
        }
        other => other.to_string(),
    }
}
