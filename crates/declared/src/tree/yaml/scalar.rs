//! What a plain YAML scalar means.

use crate::tree::Value;

/// Reads a plain scalar by the YAML 1.2 core schema, and the words that Kubernetes' and
/// CloudFormation's YAML 1.1 parsers take for booleans besides (`yes`, `no`, `on`, `off`).
///
/// Everything else is text: a date such as `2012-10-17` too, which is how both use it.
pub(super) fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Value::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
            Value::Bool(false)
        }
        _ if is_number(text) => Value::Number(text.into()),
        _ => Value::String(text.into()),
    }
}

/// Whether the core schema (YAML 1.2.2, section 10.3.2) resolves the text to a number.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return false;
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return !digits.is_empty() && digits.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
    }
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        None => digits(mantissa),
        Some((whole, "")) => digits(whole),
        Some(("", part)) => digits(part),
        Some((whole, part)) => digits(whole) && digits(part),
    };
    mantissa_fits
        && exponent.is_none_or(|text| digits(text.strip_prefix(['-', '+']).unwrap_or(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_as_written() {
        for text in [
            "0",
            "-1",
            "+7",
            "1.5",
            ".5",
            "5.",
            "1e3",
            "0x1F",
            "0o17",
            "012345678901",
        ] {
            assert_eq!(plain(text), Value::Number(text.into()), "{text}");
        }
    }

    #[test]
    fn what_only_resembles_a_number_is_text() {
        for text in [
            "1.2.3",
            "0x",
            "-",
            ".",
            "1e",
            "12:30",
            "2012-10-17",
            "1_000",
            "e5",
            "--1",
        ] {
            assert_eq!(plain(text), Value::String(text.into()), "{text}");
        }
    }

    #[test]
    fn booleans_of_yaml_1_1_count_as_kubernetes_takes_them() {
        assert_eq!(plain("yes"), Value::Bool(true));
        assert_eq!(plain("Off"), Value::Bool(false));
        assert_eq!(plain("y"), Value::String("y".into()));
        assert_eq!(plain("~"), Value::Null);
    }
}
