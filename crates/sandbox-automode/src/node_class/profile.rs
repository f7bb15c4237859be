//! The instance profile of a class, and whether the role in it may join.

use crate::client::AwsError;
use crate::client::eks::Cluster;
use crate::client::iam;
use crate::object::Object;
use crate::reach::{Reach, short_hash};
use crate::settings::{Generation, Settings};

/// What became of a class's instance profile.
pub(super) enum Profile {
    /// It is there, and its role may join.
    Ready { name: String },
    /// It is there; EKS does not tell of an access entry of its role. The role is named as the class
    /// names it.
    Unauthorized {
        name: String,
        role: String,
        error: AwsError,
    },
    /// It could not be made, or EKS not be asked.
    Failed(AwsError),
}

/// Sees to the instance profile, then asks EKS for the access entry of its role.
pub(super) fn profile(reach: &Reach, cluster: &Cluster, class: &Object) -> Profile {
    let role = class.text("/spec/role");
    let made = if role.is_empty() {
        named(reach, class.text("/spec/instanceProfile"))
    } else {
        filled(reach, cluster, class, role)
    };
    let (profile, in_it) = match made {
        Ok(made) => made,
        Err(error) => return Profile::Failed(error),
    };
    let settings = &reach.settings;
    // Where the class names a profile there is no name to build an ARN from, so both generations go
    // by the role in it.
    let principal = match settings.generation {
        Generation::Legacy if !role.is_empty() => {
            let partition = settings.partition();
            format!("arn:{partition}:iam::{}:role/{role}", settings.account)
        }
        _ => in_it.arn,
    };
    let asked = reach.as_eks(|aws, credentials| {
        aws.describe_access_entry(credentials, &settings.cluster, &principal)
    });
    match asked {
        Ok(()) => Profile::Ready { name: profile },
        Err(error) if error.is_transient() => Profile::Failed(error),
        Err(error) => Profile::Unauthorized {
            error,
            name: profile,
            role: if role.is_empty() {
                in_it.name
            } else {
                role.to_owned()
            },
        },
    }
}

type Made = Result<(String, iam::RoleInProfile), AwsError>;

/// A profile that the class names: EKS only reads it.
fn named(reach: &Reach, name: &str) -> Made {
    let profile = reach.as_eks(|aws, credentials| aws.get_instance_profile(credentials, name))?;
    match profile.role {
        Some(role) => Ok((profile.name, role)),
        None => Err(AwsError::Unreadable {
            operation: "GetInstanceProfile",
            missing: "Roles",
        }),
    }
}

/// A profile of EKS's own. The service-linked role makes it, the cluster role puts the node role into
/// it: only that one may pass a role (AWS managed policies `AmazonEKSServiceRolePolicy` and
/// `AmazonEKSComputePolicy`). Neither may call `iam:GetRole`, so the role's ARN is read back from the
/// profile.
fn filled(reach: &Reach, cluster: &Cluster, class: &Object, role: &str) -> Made {
    let name = profile_name(&reach.settings, class.uid());
    let get = || reach.as_eks(|aws, credentials| aws.get_instance_profile(credentials, &name));
    let create =
        || reach.as_eks(|aws, credentials| aws.create_instance_profile(credentials, &name));
    let profile = if class.text("/status/instanceProfile") == name {
        get().or_else(|error| match error.code() {
            "NoSuchEntity" => create(),
            _ => Err(error),
        })?
    } else {
        create().or_else(|error| match error.code() {
            "EntityAlreadyExists" => get(),
            _ => Err(error),
        })?
    };
    if let Some(in_it) = profile.role {
        if in_it.name.eq_ignore_ascii_case(role) {
            return Ok((name, in_it));
        }
        reach.as_eks(|aws, credentials| {
            aws.remove_role_from_instance_profile(credentials, &name, &in_it.name)
        })?;
    }
    let added = reach.as_cluster(&cluster.role_arn, |aws, credentials| {
        aws.add_role_to_instance_profile(credentials, &name, role)
    });
    match added {
        // A call whose answer was lost is made again; then the first one filled the profile.
        Err(error) if error.code() != "LimitExceeded" => return Err(error),
        _ => {}
    }
    match get()?.role {
        Some(in_it) => Ok((name, in_it)),
        None => Err(AwsError::Unreadable {
            operation: "GetInstanceProfile",
            missing: "Roles",
        }),
    }
}

/// `eks-REGION-CLUSTER-HASH`. AWS does not publish the name; that it begins with `eks` follows from
/// the managed policies.
pub(super) fn profile_name(settings: &Settings, class_uid: &str) -> String {
    // A profile's name holds 128 characters, a cluster's 100.
    let cluster: String = settings.cluster.chars().take(80).collect();
    let hash = short_hash(class_uid);
    format!("eks-{}-{cluster}-{hash:x}", settings.region)
}
