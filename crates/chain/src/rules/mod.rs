//! The rules, one file each. A new rule is its file and one line in [`RULES`].

use crate::Rule;

/// All rules, by code.
pub static RULES: &[&Rule] = &[];

/// The rule of a code or name; case does not matter.
#[must_use]
pub fn find_rule(code_or_name: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| {
        rule.code.eq_ignore_ascii_case(code_or_name) || rule.name.eq_ignore_ascii_case(code_or_name)
    })
}
