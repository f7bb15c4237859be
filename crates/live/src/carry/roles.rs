//! Roles.

use std::collections::BTreeMap;

use aws_sdk_iam::error::BuildError;
use aws_sdk_iam::types::{Role, Tag};
use percent_encoding::percent_decode_str;
use rolecall_facts::NewRole;
use serde_json::Value;

use super::Carrier;
use super::attempt::{AtMost, Step};
use super::error::CarryError;
use super::refusal::{Failure, Refusal};
use crate::LiveError;

/// Why a role that a call names may not be found.
pub(super) const NEW_IN_IAM: &str =
    "IAM does not find it; what was made only now is found within seconds";

impl Carrier<'_> {
    pub(super) async fn create_role(&self, wanted: &NewRole) -> Step {
        let tags = match tags(&wanted.tags) {
            Ok(tags) => tags,
            Err(error) => {
                return Step::Failed(CarryError::Live(LiveError::Failed {
                    call: "iam:CreateRole".to_owned(),
                    problem: error.to_string(),
                }));
            }
        };
        let call = self
            .iam
            .create_role()
            .role_name(&wanted.name)
            .path(&wanted.path)
            .assume_role_policy_document(&wanted.trust)
            .set_permissions_boundary(wanted.boundary.clone())
            .set_tags(Some(tags).filter(|tags| !tags.is_empty()));
        let Err(error) = call.send().await else {
            return Step::Done;
        };
        let refusal = match Failure::of(&error, "iam:CreateRole", &wanted.name) {
            Failure::Step(step) => return step,
            Failure::Refused(refusal) => refusal,
        };
        match refusal.code() {
            "EntityAlreadyExists" => self.role_exists(wanted, refusal).await,
            _ => refusal.failed(),
        }
    }

    async fn role_exists(&self, wanted: &NewRole, refusal: Refusal) -> Step {
        let call = self.iam.get_role().role_name(&wanted.name);
        let found = match call.send().await {
            Ok(answer) => answer.role,
            Err(error) => {
                return Failure::of(&error, "iam:GetRole", &wanted.name).or(
                    |missing| match missing.code() {
                        "NoSuchEntity" => Step::again(
                            format!("role `{}`", wanted.name),
                            "IAM says that it exists and that it is not there; it does not agree \
                             with itself yet",
                            AtMost::Usual,
                            refusal,
                        ),
                        _ => missing.failed(),
                    },
                );
            }
        };
        match found.as_ref().and_then(|found| difference(found, wanted)) {
            None => Step::Done,
            Some(found) => Step::changed(format!("the role `{}`", wanted.name), found),
        }
    }

    pub(super) async fn delete_role(&self, name: &str) -> Step {
        let Err(error) = self.iam.delete_role().role_name(name).send().await else {
            return Step::Done;
        };
        Failure::of(&error, "iam:DeleteRole", name).or(|refusal| match refusal.code() {
            "NoSuchEntity" => Step::gone(format!("role `{name}`")),
            "DeleteConflict" => Step::again(
                format!("the end of what role `{name}` has"),
                "IAM says that the role still has policies or is in an instance profile; what was \
                 taken from it only now is gone within seconds",
                AtMost::Short,
                refusal,
            ),
            _ => refusal.failed(),
        })
    }

    pub(super) async fn set_trust(&self, role: &str, document: &str) -> Step {
        let call = self
            .iam
            .update_assume_role_policy()
            .role_name(role)
            .policy_document(document);
        let Err(error) = call.send().await else {
            return Step::Done;
        };
        let failure = Failure::of(&error, "iam:UpdateAssumeRolePolicy", role);
        failure.or(|refusal| found_later(refusal, format!("role `{role}`")))
    }
}

/// What IAM does not find may only be new.
pub(super) fn found_later(refusal: Refusal, what: String) -> Step {
    match refusal.code() {
        "NoSuchEntity" => Step::again(what, NEW_IN_IAM, AtMost::Usual, refusal),
        _ => refusal.failed(),
    }
}

fn tags(tags: &BTreeMap<String, String>) -> Result<Vec<Tag>, BuildError> {
    let tags = tags.iter();
    tags.map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect()
}

/// What a role has otherwise than wanted.
fn difference(found: &Role, wanted: &NewRole) -> Option<String> {
    if found.path != wanted.path {
        return Some(format!(
            "is there under the path `{}`, not `{}`: names are unique in an account whatever their \
             path",
            found.path, wanted.path
        ));
    }
    let encoded = found.assume_role_policy_document.as_deref();
    let trust = percent_decode_str(encoded.unwrap_or_default()).decode_utf8_lossy();
    let same = match (
        serde_json::from_str::<Value>(&trust),
        serde_json::from_str::<Value>(&wanted.trust),
    ) {
        (Ok(found), Ok(wanted)) => found == wanted,
        _ => trust == wanted.trust,
    };
    if !same {
        return Some("is there and has another trust policy".to_owned());
    }
    let boundary = found.permissions_boundary.as_ref();
    let boundary = boundary.and_then(|boundary| boundary.permissions_boundary_arn.as_deref());
    if boundary != wanted.boundary.as_deref() {
        return Some("is there and has another permissions boundary".to_owned());
    }
    let tagged = |(key, value): (&String, &String)| {
        let mut tags = found.tags.iter().flatten();
        tags.any(|tag| tag.key == *key && tag.value == *value)
    };
    if !wanted.tags.iter().all(tagged) {
        return Some("was made by somebody else: it has not the tags of the one wanted".to_owned());
    }
    None
}
