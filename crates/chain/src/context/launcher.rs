use rolecall_facts::{Principal, Role};

use super::{Flavour, RoleFound, Viewpoint};

/// Who launches the pool's instances and passes the node role to EC2.
#[derive(Debug, Clone)]
pub(crate) enum Launcher<'a> {
    /// Auto Mode's cluster role, assumed by `eks.amazonaws.com` with the session tag
    /// `eks:eks-cluster-name` (EKS User Guide, "Amazon EKS Auto Mode cluster IAM role").
    ClusterRole(RoleFound<'a>),
    /// Karpenter's controller role, and how it was found.
    Karpenter { role: RoleFound<'a>, how: String },
    /// A service-linked role of AWS, which may pass any role: managed and self-managed groups.
    ServiceLinked(&'static str),
    /// Nobody in AWS: hybrid nodes are machines of the user's.
    Nobody,
    /// It cannot be told; why.
    Unknown(String),
}

impl<'a> Launcher<'a> {
    pub(super) fn find(from: Viewpoint<'a, '_>, flavour: Flavour) -> Self {
        match flavour {
            Flavour::Managed => Self::ServiceLinked("AWSServiceRoleForAmazonEKSNodegroup"),
            Flavour::SelfManaged => Self::ServiceLinked("AWSServiceRoleForAutoScaling"),
            Flavour::Hybrid => Self::Nobody,
            Flavour::AutoMode => match from.cluster {
                Some(cluster) => Self::ClusterRole(RoleFound::by_reference(from, &cluster.role)),
                None => Self::Unknown(from.world.no_cluster(" and its role")),
            },
            Flavour::Karpenter => karpenter(from),
        }
    }

    pub(crate) fn role(&self) -> Option<&'a Role> {
        match self {
            Self::ClusterRole(found) | Self::Karpenter { role: found, .. } => found.role(),
            Self::ServiceLinked(_) | Self::Nobody | Self::Unknown(_) => None,
        }
    }
}

/// Karpenter's controller role: by `rolecall.toml`, its Pod Identity association, or the trust policy
/// that lets its service account in (IRSA).
fn karpenter<'a>(from: Viewpoint<'a, '_>) -> Launcher<'a> {
    let world = from.world;
    let configured = world
        .cluster_name(from.cluster_key)
        .and_then(|name| world.options.karpenter_roles.get(&name));
    if let Some(text) = configured {
        let role = match Principal::parse(text) {
            principal @ Principal::Role(_) => RoleFound::by_principal(from, &principal),
            Principal::Other(name) => RoleFound::by_name(from, &name),
        };
        return Launcher::Karpenter {
            role,
            how: "named in rolecall.toml".to_owned(),
        };
    }
    let by_pod_identity = world
        .pod_identities(from.cluster_key)
        .iter()
        .find(|association| {
            association
                .service_account
                .value()
                .is_some_and(|name| name == "karpenter")
        });
    if let Some(association) = by_pod_identity {
        let role = RoleFound::by_reference(from, &association.role);
        return Launcher::Karpenter {
            role,
            how: "by its Pod Identity association".to_owned(),
        };
    }
    let mut trusting: Vec<&Role> = world
        .karpenter_irsa_roles()
        .iter()
        .filter(|role| match (&role.id, from.near) {
            (Some(id), Some(near)) => id.scope() == near.scope(),
            _ => true,
        })
        .copied()
        .collect();
    trusting.sort_by(|left, right| left.origin.cmp(&right.origin));
    match trusting.as_slice() {
        [role] => Launcher::Karpenter {
            role: RoleFound::Found {
                role,
                identity: role.identity().and_then(Result::ok),
            },
            how: "by the trust policy that lets Karpenter's service account in".to_owned(),
        },
        [] => Launcher::Unknown(
            "Karpenter's controller role was not found: no Pod Identity association or IRSA trust \
             policy for service account `karpenter`; name it in rolecall.toml"
                .to_owned(),
        ),
        _ => Launcher::Unknown(
            "several roles trust the service account `karpenter`; name the one in rolecall.toml"
                .to_owned(),
        ),
    }
}
