//! The end of a class.

use super::FINALIZER;
use super::profile::profile_name;
use crate::client::{AwsError, NODE_CLASSES};
use crate::object::Object;
use crate::reach::{Reach, Trouble};

/// Removes what was made for a class and lets it go, once no claim uses it.
pub(crate) fn finalize(reach: &Reach, class: &Object, in_use: bool) -> Result<(), Trouble> {
    if in_use || !class.has_finalizer(FINALIZER) {
        return Ok(());
    }
    let templates = reach.as_eks(|aws, credentials| {
        aws.launch_templates_of(credentials, &reach.settings.cluster, class.name())
    })?;
    for template in templates {
        let deleted =
            reach.as_eks(|aws, credentials| aws.delete_launch_template(credentials, &template));
        unless_gone(deleted)?;
    }
    let name = profile_name(&reach.settings, class.uid());
    if class.text("/status/instanceProfile") == name {
        let profile = reach.as_eks(|aws, credentials| aws.get_instance_profile(credentials, &name));
        match profile {
            Ok(profile) => {
                if let Some(role) = profile.role {
                    let removed = reach.as_eks(|aws, credentials| {
                        aws.remove_role_from_instance_profile(credentials, &name, &role.name)
                    });
                    unless_gone(removed)?;
                }
                let deleted = reach
                    .as_eks(|aws, credentials| aws.delete_instance_profile(credentials, &name));
                unless_gone(deleted)?;
            }
            Err(error) => unless_gone(Err(error))?,
        }
    }
    reach.release(NODE_CLASSES, class, FINALIZER)?;
    Ok(())
}

fn unless_gone(outcome: Result<(), AwsError>) -> Result<(), AwsError> {
    match outcome {
        Err(error) if error.code() == "NoSuchEntity" || error.code().contains("NotFound") => Ok(()),
        other => other,
    }
}
