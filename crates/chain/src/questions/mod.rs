//! The IAM questions of one chain, each put once.

mod entry;
mod hybrid_trust;
mod launch;
mod pass_role;
mod permissions;
mod trust;

use std::rc::Rc;

use rolecall_arn::Partition;

use crate::context::{ChainContext, Flavour, Launcher, RoleFound};
use crate::iam::{Asked, CLUSTER, Place, RolePolicies};
use crate::world::ClusterKey;

pub(crate) use entry::describe_entry;
pub(crate) use hybrid_trust::{ROLES_ANYWHERE, ROLES_ANYWHERE_ACTIONS, SYSTEMS_MANAGER};
pub(crate) use launch::LaunchQuestion;
pub(crate) use pass_role::{may_pass, passed_to};
pub(crate) use permissions::{Needed, is_lookup};

/// The answers along one chain.
pub(crate) struct Questions {
    /// May EC2 assume the node role, or for hybrid nodes Systems Manager or IAM Roles Anywhere? `None`
    /// when there is no role to ask.
    pub(crate) trust: Option<Asked>,
    /// May EKS assume the cluster role, and tag the session? Auto Mode only.
    pub(crate) cluster_trust: Vec<Asked>,
    /// May the node role do what its nodes need?
    pub(crate) permissions: Vec<Needed>,
    /// May the launcher pass the role to EC2?
    pub(crate) pass_role: Option<Asked>,
    /// May the launcher make the instance profile and put the role into it?
    pub(crate) instance_profile: Vec<Asked>,
    /// May the launcher make fleets, instances and templates with the class's tags, and would it
    /// without them?
    pub(crate) launch: Vec<LaunchQuestion>,
}

impl<'a> ChainContext<'a> {
    /// The answers, asked for on first use.
    pub(crate) fn questions(&self) -> &Questions {
        self.asked.get_or_init(|| {
            let trust = match self.flavour {
                Flavour::Hybrid => hybrid_trust::hybrid_trust(self),
                _ => trust::node_trust(self),
            };
            Questions {
                permissions: permissions::needed(self, trust.as_ref()),
                trust,
                cluster_trust: trust::cluster_trust(self),
                pass_role: pass_role::pass_role(self),
                instance_profile: pass_role::instance_profile(self),
                launch: launch::launch(self),
            }
        })
    }

    /// Where this chain's questions play.
    pub(crate) fn place(&self) -> Place {
        let role = self.role.identity();
        let partition = role
            .and_then(|role| role.partition.clone())
            .or_else(|| self.cluster.and_then(|cluster| cluster.partition.clone()));
        let account = role
            .and_then(|role| role.account)
            .or_else(|| self.cluster.and_then(|cluster| cluster.account));
        Place {
            partition: partition.as_ref().map(Partition::to_string),
            region: self.cluster.and_then(|cluster| cluster.region.clone()),
            account: account.map(|account| account.to_string()),
        }
    }

    /// The cluster's ARN, as far as it is known.
    pub(crate) fn cluster_arn(&self) -> String {
        let place = self.place();
        format!(
            "arn:{}:eks:{}:{}:cluster/{}",
            place.partition(),
            place.region(),
            place.account(),
            self.cluster_for_questions()
        )
    }

    /// The cluster's name for questions to IAM, or its symbol: an address or a placeholder would be
    /// compared with the names that policies hold.
    pub(crate) fn cluster_for_questions(&self) -> String {
        let name = match (&self.cluster_key, self.cluster) {
            (ClusterKey::Named(name), _) => Some(name.clone()),
            (_, Some(cluster)) => cluster.name.value().cloned(),
            _ => None,
        };
        name.unwrap_or_else(|| CLUSTER.to_owned())
    }

    /// The launcher's role ARN, its policies and what to call it; or why it cannot be asked.
    pub(crate) fn launcher_policies(&self) -> Result<(String, String, Rc<RolePolicies>), String> {
        let (found, called) = match &self.launcher {
            Launcher::ClusterRole(found) => (found, "the cluster role"),
            Launcher::Karpenter { role, .. } => (role, "Karpenter's controller role"),
            Launcher::ServiceLinked(name) => return Err((*name).to_owned()),
            Launcher::Nobody => return Err("nobody launches hybrid nodes".to_owned()),
            Launcher::Unknown(why) => return Err(why.clone()),
        };
        let identity = found.identity();
        match (found, identity) {
            (RoleFound::Found { role, .. }, Some(identity)) => Ok((
                self.place().role_arn(identity),
                format!("{called} `{}`", identity.name),
                RolePolicies::of(self.world, role),
            )),
            (RoleFound::Found { role, .. }, None) => {
                let why = role.name.why().or(role.path.why());
                let why = why.map(|why| format!(": {why}")).unwrap_or_default();
                Err(format!(
                    "name or path of {called} at {} is not known{why}",
                    role.origin
                ))
            }
            (RoleFound::ByArnOnly(identity), _) => {
                Err(format!("no file given declares {called} `{identity}`"))
            }
            (RoleFound::NotFound { name }, _) => Err(format!("{called} `{name}` does not exist")),
            (RoleFound::Ambiguous { name, .. }, _) => {
                Err(format!("several roles are named `{name}`"))
            }
            (RoleFound::Unknown { why, .. }, _) => Err(why.clone()),
        }
    }

    /// Whether the launcher is asked at all: AWS's own service-linked roles may pass any role.
    pub(crate) fn launcher_is_asked(&self) -> bool {
        matches!(self.flavour, Flavour::AutoMode | Flavour::Karpenter)
    }
}
