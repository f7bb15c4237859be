//! What the control plane calls of IAM.

use rolecall_sandbox_aws::Service;
use rolecall_sandbox_aws::sigv4::Credentials;

use super::{AwsClient, AwsError, Element, Fields};

/// An instance profile as IAM tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) arn: String,
    /// The role in it.
    pub(crate) role: Option<RoleInProfile>,
}

/// A role as an instance profile shows it: the ARN has the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RoleInProfile {
    pub(crate) name: String,
    pub(crate) arn: String,
}

fn profile(element: &Element) -> Profile {
    let profile = |path: &str| element.text(&format!("InstanceProfile/{path}")).to_owned();
    Profile {
        name: profile("InstanceProfileName"),
        arn: profile("Arn"),
        role: element
            .list("InstanceProfile/Roles")
            .next()
            .map(|role| RoleInProfile {
                name: role.text("RoleName").to_owned(),
                arn: role.text("Arn").to_owned(),
            }),
    }
}

impl AwsClient {
    /// `iam:GetInstanceProfile`
    pub(crate) fn get_instance_profile(
        &self,
        credentials: &Credentials,
        name: &str,
    ) -> Result<Profile, AwsError> {
        let fields = Fields::default().with("InstanceProfileName", name);
        self.query(credentials, Service::Iam, "GetInstanceProfile", &fields)
            .map(|element| profile(&element))
    }

    /// `iam:CreateInstanceProfile`, at the root path.
    pub(crate) fn create_instance_profile(
        &self,
        credentials: &Credentials,
        name: &str,
    ) -> Result<Profile, AwsError> {
        let fields = Fields::default().with("InstanceProfileName", name);
        self.query(credentials, Service::Iam, "CreateInstanceProfile", &fields)
            .map(|element| profile(&element))
    }

    /// `iam:DeleteInstanceProfile`
    pub(crate) fn delete_instance_profile(
        &self,
        credentials: &Credentials,
        name: &str,
    ) -> Result<(), AwsError> {
        let fields = Fields::default().with("InstanceProfileName", name);
        self.query(credentials, Service::Iam, "DeleteInstanceProfile", &fields)
            .map(drop)
    }

    /// `iam:AddRoleToInstanceProfile`; IAM asks for `iam:PassRole`, too.
    pub(crate) fn add_role_to_instance_profile(
        &self,
        credentials: &Credentials,
        profile: &str,
        role: &str,
    ) -> Result<(), AwsError> {
        let fields = Fields::default()
            .with("InstanceProfileName", profile)
            .with("RoleName", role);
        self.query(
            credentials,
            Service::Iam,
            "AddRoleToInstanceProfile",
            &fields,
        )
        .map(drop)
    }

    /// `iam:RemoveRoleFromInstanceProfile`
    pub(crate) fn remove_role_from_instance_profile(
        &self,
        credentials: &Credentials,
        profile: &str,
        role: &str,
    ) -> Result<(), AwsError> {
        let fields = Fields::default()
            .with("InstanceProfileName", profile)
            .with("RoleName", role);
        self.query(
            credentials,
            Service::Iam,
            "RemoveRoleFromInstanceProfile",
            &fields,
        )
        .map(drop)
    }

    /// `iam:CreateServiceLinkedRole`
    pub(crate) fn create_service_linked_role(
        &self,
        credentials: &Credentials,
        service: &str,
    ) -> Result<(), AwsError> {
        let fields = Fields::default().with("AWSServiceName", service);
        self.query(
            credentials,
            Service::Iam,
            "CreateServiceLinkedRole",
            &fields,
        )
        .map(drop)
    }
}
