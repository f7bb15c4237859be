//! What carries policies: roles and users.

use std::collections::BTreeMap;

use super::named::Named;
use super::{Role, User};

/// A role or a user.
pub(super) trait Holder: Named {
    /// `role`
    const NOUN: &'static str;
    /// The quota on attached policies.
    const ATTACHED_QUOTA: &'static str;
    /// Characters all inline policies may have together, white space aside (IAM User Guide, "IAM and
    /// AWS STS quotas").
    const INLINE_SIZE: usize;

    fn name(&self) -> &str;
    fn id(&self) -> &str;
    fn path(&self) -> &str;
    fn inline(&self) -> &BTreeMap<String, String>;
    fn inline_mut(&mut self) -> &mut BTreeMap<String, String>;
    fn attached(&self) -> &Vec<String>;
    fn attached_mut(&mut self) -> &mut Vec<String>;
    fn boundary_mut(&mut self) -> &mut Option<String>;
}

impl Holder for Role {
    const NOUN: &'static str = "role";
    const ATTACHED_QUOTA: &'static str = "PoliciesPerRole";
    const INLINE_SIZE: usize = 10_240;

    fn name(&self) -> &str {
        &self.name
    }
    fn id(&self) -> &str {
        &self.id
    }
    fn path(&self) -> &str {
        &self.path
    }
    fn inline(&self) -> &BTreeMap<String, String> {
        &self.inline
    }
    fn inline_mut(&mut self) -> &mut BTreeMap<String, String> {
        &mut self.inline
    }
    fn attached(&self) -> &Vec<String> {
        &self.attached
    }
    fn attached_mut(&mut self) -> &mut Vec<String> {
        &mut self.attached
    }
    fn boundary_mut(&mut self) -> &mut Option<String> {
        &mut self.boundary
    }
}

impl Holder for User {
    const NOUN: &'static str = "user";
    const ATTACHED_QUOTA: &'static str = "PoliciesPerUser";
    const INLINE_SIZE: usize = 2_048;

    fn name(&self) -> &str {
        &self.name
    }
    fn id(&self) -> &str {
        &self.id
    }
    fn path(&self) -> &str {
        &self.path
    }
    fn inline(&self) -> &BTreeMap<String, String> {
        &self.inline
    }
    fn inline_mut(&mut self) -> &mut BTreeMap<String, String> {
        &mut self.inline
    }
    fn attached(&self) -> &Vec<String> {
        &self.attached
    }
    fn attached_mut(&mut self) -> &mut Vec<String> {
        &mut self.attached
    }
    fn boundary_mut(&mut self) -> &mut Option<String> {
        &mut self.boundary
    }
}
