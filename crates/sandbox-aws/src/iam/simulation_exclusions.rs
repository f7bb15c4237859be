//! `PolicyExclusionList`: which policies of a principal a simulation leaves out.

use serde_json::Value;

use super::failures::invalid_input;
use super::simulation_policies::Origin;
use crate::failure::Failure;
use crate::parameters::Parameters;

/// What is left out.
pub(super) struct Exclusions(Vec<Exclusion>);

enum Exclusion {
    Type(String),
    Arn(String),
    Inline {
        name: String,
        holder: String,
        holder_name: String,
    },
}

const TYPES: [&str; 6] = [
    "inline",
    "aws-managed",
    "user-managed",
    "permission-boundary",
    "scp",
    "rcp",
];

impl Exclusions {
    pub(super) fn of(parameters: &Parameters) -> Result<Self, Failure> {
        let list = parameters.list("PolicyExclusionList");
        list.into_iter()
            .map(read)
            .collect::<Result<Vec<_>, _>>()
            .map(Self)
    }

    /// Whether a policy is left out.
    pub(super) fn exclude(&self, origin: &Origin) -> bool {
        self.0.iter().any(|exclusion| match (exclusion, origin) {
            (Exclusion::Type(kind), Origin::Inline { .. }) => kind == "inline",
            (Exclusion::Type(kind), Origin::Managed { arn }) => {
                let of_aws = arn.contains(":iam::aws:policy/");
                kind == if of_aws {
                    "aws-managed"
                } else {
                    "user-managed"
                }
            }
            (Exclusion::Arn(pattern), Origin::Managed { arn }) => glob(pattern, arn),
            (
                Exclusion::Inline {
                    name,
                    holder,
                    holder_name,
                },
                Origin::Inline {
                    holder: of,
                    holder_name: of_name,
                    name: known,
                },
            ) => name == known && holder == of && glob(holder_name, of_name),
            _ => false,
        })
    }

    pub(super) fn exclude_boundary(&self) -> bool {
        self.has_type("permission-boundary")
    }

    pub(super) fn exclude_service_control(&self) -> bool {
        self.has_type("scp")
    }

    fn has_type(&self, wanted: &str) -> bool {
        self.0
            .iter()
            .any(|exclusion| matches!(exclusion, Exclusion::Type(kind) if kind == wanted))
    }
}

fn read(value: &Value) -> Result<Exclusion, Failure> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let kind = text(value.get("PolicyType"));
    let arn = text(value.get("PolicyArn"));
    let inline = value.get("InlinePolicyIdentifier");
    let invalid = || invalid_input("A policy identifier of PolicyExclusionList is not valid.");
    match (kind, arn, inline) {
        (Some(kind), None, None) if TYPES.contains(&kind.as_str()) => Ok(Exclusion::Type(kind)),
        (None, Some(arn), None) => {
            let (head, name) = arn.rsplit_once('/').ok_or_else(invalid)?;
            if !arn.starts_with("arn:")
                || head.contains(['*', '?'])
                || name.matches('*').count() > 1
            {
                return Err(invalid());
            }
            Ok(Exclusion::Arn(arn))
        }
        (None, None, Some(inline)) => Ok(Exclusion::Inline {
            name: text(inline.get("PolicyName")).ok_or_else(invalid)?,
            holder: text(inline.get("AttachmentType")).ok_or_else(invalid)?,
            holder_name: text(inline.get("AttachmentName")).ok_or_else(invalid)?,
        }),
        _ => Err(invalid()),
    }
}

/// `*` is any run of characters, `?` is one.
fn glob(pattern: &str, text: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => text.is_empty(),
        Some('*') => text
            .char_indices()
            .map(|(at, _)| at)
            .chain([text.len()])
            .any(|at| text.get(at..).is_some_and(|tail| glob(rest.as_str(), tail))),
        Some(wanted) => {
            let mut characters = text.chars();
            characters
                .next()
                .is_some_and(|found| wanted == '?' || wanted == found)
                && glob(rest.as_str(), characters.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_run_and_a_question_mark_one_character() {
        for (pattern, text, fits) in [
            ("eks-*-node", "eks-blue-node", true),
            ("eks-*-node", "eks--node", true),
            ("eks-?", "eks-1", true),
            ("eks-?", "eks-", false),
            ("*", "", true),
            ("a*b", "ac", false),
        ] {
            assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
        }
    }
}
