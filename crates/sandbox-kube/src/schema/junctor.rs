//! `allOf`, `anyOf`, `oneOf` and `not`: they validate only, they define no fields.

use super::fault::{self, quoted};
use super::path::Path;
use super::structure::Structure;
use crate::status::Cause;
use serde_json::Value;

/// A logical junctor with its members.
#[derive(Debug)]
pub(crate) enum Junctor {
    /// Every member must hold.
    AllOf(Vec<Structure>),
    /// At least one member must hold.
    AnyOf(Vec<Structure>),
    /// Exactly one member must hold.
    OneOf(Vec<Structure>),
    /// The member must not hold.
    Not(Box<Structure>),
}

impl Junctor {
    pub(crate) fn validate(&self, value: &Value, path: &Path<'_>, errors: &mut Vec<Cause>) {
        match self {
            Junctor::AllOf(members) => {
                let mut failed = 0;
                for member in members {
                    let mut found = faults(member, value, path);
                    failed += usize::from(!found.is_empty());
                    errors.append(&mut found);
                }
                if failed > 0 {
                    let none = if failed == members.len() {
                        ". None validated"
                    } else {
                        ""
                    };
                    let text = format!("must validate all the schemas (allOf){none}");
                    errors.push(fault(path, &text));
                }
            }
            Junctor::AnyOf(members) => {
                let (held, mut closest) = judge(members, value, path);
                if held == 0 && !members.is_empty() {
                    errors.push(fault(path, "must validate at least one schema (anyOf)"));
                    errors.append(&mut closest);
                }
            }
            Junctor::OneOf(members) => {
                let (held, mut closest) = judge(members, value, path);
                if held == 0 {
                    errors.push(fault(
                        path,
                        "must validate one and only one schema (oneOf). Found none valid",
                    ));
                    errors.append(&mut closest);
                } else if held > 1 {
                    errors.push(fault(
                        path,
                        &format!(
                            "must validate one and only one schema (oneOf). Found {held} valid alternatives"
                        ),
                    ));
                }
            }
            Junctor::Not(member) => {
                if faults(member, value, path).is_empty() {
                    errors.push(fault(path, "must not validate the schema (not)"));
                }
            }
        }
    }
}

/// How many members hold, and the faults of the one that came closest.
fn judge(members: &[Structure], value: &Value, path: &Path<'_>) -> (usize, Vec<Cause>) {
    let mut held = 0;
    let mut closest: Option<Vec<Cause>> = None;
    for member in members {
        let found = faults(member, value, path);
        if found.is_empty() {
            held += 1;
        } else if closest.as_ref().is_none_or(|c| found.len() < c.len()) {
            closest = Some(found);
        }
    }
    (held, closest.unwrap_or_default())
}

fn faults(member: &Structure, value: &Value, path: &Path<'_>) -> Vec<Cause> {
    let mut errors = Vec::new();
    member.validate_value(value, None, path, &mut errors);
    errors
}

/// The API server names the place in the text alone.
fn fault(path: &Path<'_>, text: &str) -> Cause {
    fault::of_nothing("", &format!("{} {text}", quoted(&path.to_string())))
}
