//! The rules, one file each. A new rule is its file and one line in [`RULES`].

mod access_entry;
mod access_entry_missing;
mod access_entry_path_mismatch;
mod access_entry_wrong_type;
mod legacy_control_plane_drops_path;

use crate::Rule;

/// All rules, by code.
pub static RULES: &[&Rule] = &[
    &access_entry_missing::ACCESS_ENTRY_MISSING,
    &access_entry_path_mismatch::ACCESS_ENTRY_PATH_MISMATCH,
    &access_entry_wrong_type::ACCESS_ENTRY_WRONG_TYPE,
    &legacy_control_plane_drops_path::LEGACY_CONTROL_PLANE_DROPS_PATH,
];

/// The rule of a code or name; case does not matter.
#[must_use]
pub fn find_rule(code_or_name: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| {
        rule.code.eq_ignore_ascii_case(code_or_name) || rule.name.eq_ignore_ascii_case(code_or_name)
    })
}
