//! Node classes: the network, the instance profile and the node role's right to join.

mod finalize;
mod network;
mod profile;

use serde_json::{Map, json};

use crate::client::eks::Cluster;
use crate::client::{AwsError, NODE_CLASSES};
use crate::object::Object;
use crate::reach::{Reach, Trouble};
use crate::status::{ConditionKinds, ConditionSet, State};
use network::{security_groups, subnets};
use profile::{Profile, profile};

pub(crate) use finalize::finalize;

/// Holds a class until what was made for it is gone.
const FINALIZER: &str = "eks.amazonaws.com/termination";

const SUBNETS: &str = "SubnetsReady";
const SECURITY_GROUPS: &str = "SecurityGroupsReady";
const INSTANCE_PROFILE: &str = "InstanceProfileReady";
const VALIDATION: &str = "ValidationSucceeded";

/// The conditions users report of Auto Mode's classes (aws/containers-roadmap#2486).
const KINDS: ConditionKinds = ConditionKinds {
    dependents: &[SUBNETS, SECURITY_GROUPS, INSTANCE_PROFILE, VALIDATION],
};

/// What a look at a class came to.
pub(crate) struct Reconciled {
    /// The class as it is now.
    pub(crate) class: Object,
    /// What AWS refused, or did not answer.
    pub(crate) troubles: Vec<AwsError>,
}

/// Looks at a class and writes its status.
///
/// All steps run, whatever comes of those before them (karpenter-provider-aws,
/// `pkg/controllers/nodeclass`). A condition of which nothing could be learned stays as it was.
pub(crate) fn reconcile(
    reach: &Reach,
    cluster: &Cluster,
    class: &Object,
) -> Result<Reconciled, Trouble> {
    let class = match reach.hold(NODE_CLASSES, class, FINALIZER)? {
        Some(held) => held,
        None => class.clone(),
    };
    let mut conditions = ConditionSet::of(&class, KINDS, reach.now());
    let mut status = Map::new();
    let mut troubles = Vec::new();

    match subnets(reach, &class) {
        Ok(found) => {
            if found.is_empty() {
                let message = "SubnetSelector did not match any Subnets";
                conditions.set(SUBNETS, State::False, "SubnetsNotFound", message);
            } else {
                conditions.hold(SUBNETS);
            }
            let found = found
                .iter()
                .map(|one| json!({"id": one.id, "zone": one.zone, "zoneID": one.zone_id}));
            status.insert("subnets".to_owned(), found.collect());
        }
        Err(error) => troubles.push(error),
    }
    match security_groups(reach, &class) {
        Ok(found) => {
            if found.is_empty() {
                let message = "SecurityGroupSelector did not match any SecurityGroups";
                let reason = "SecurityGroupsNotFound";
                conditions.set(SECURITY_GROUPS, State::False, reason, message);
            } else {
                conditions.hold(SECURITY_GROUPS);
            }
            let found = found
                .iter()
                .map(|one| json!({"id": one.id, "name": one.name}));
            status.insert("securityGroups".to_owned(), found.collect());
        }
        Err(error) => troubles.push(error),
    }
    match profile(reach, cluster, &class) {
        Profile::Ready { name } => {
            status.insert("instanceProfile".to_owned(), name.into());
            conditions.hold(INSTANCE_PROFILE);
        }
        Profile::Unauthorized { name, role, error } => {
            status.insert("instanceProfile".to_owned(), name.into());
            let message = format!("Role {role} is unauthorized to join nodes to the cluster");
            let reason = "UnauthorizedNodeRole";
            conditions.set(INSTANCE_PROFILE, State::False, reason, &message);
            troubles.push(error);
        }
        Profile::Failed(error) => {
            if !error.is_transient() {
                // The message that goes with this reason is not published, so there is none.
                let reason = "InstanceProfileCreationFailed";
                conditions.set(INSTANCE_PROFILE, State::False, reason, "");
            }
            troubles.push(error);
        }
    }
    validate(&mut conditions);
    let written = reach.write_status(NODE_CLASSES, &class, &conditions, status)?;
    Ok(Reconciled {
        class: written.unwrap_or(class),
        troubles,
    })
}

/// `ValidationSucceeded` follows from the others. A launch that is going to be refused does not show
/// here: with tags that its cluster role may not set, a class is Ready and its node claims fail
/// (aws/containers-roadmap#2487).
fn validate(conditions: &mut ConditionSet) {
    const WAITING: &str = "Awaiting Instance Profile, Security Group, and Subnet resolution";
    let states = [SUBNETS, SECURITY_GROUPS, INSTANCE_PROFILE].map(|kind| conditions.state(kind));
    if states.contains(&Some(State::False)) {
        conditions.set(VALIDATION, State::False, "DependenciesNotReady", WAITING);
    } else if states.iter().all(|state| *state == Some(State::True)) {
        conditions.hold(VALIDATION);
    } else {
        conditions.set(VALIDATION, State::Unknown, "DependenciesNotReady", WAITING);
    }
}
