//! Identity and Access Management.
//!
//! A call checks its parameters, then asks whether the caller may, then looks at the state: the
//! order in which IAM fails. Errors are made in `failures`, checks in `checks`, and what all named
//! things share is in `named`; every other file is one group of operations.

mod access_keys;
mod account;
mod account_details;
mod attached_policies;
mod aws_policies;
mod checks;
mod context_keys;
mod failures;
mod holder;
mod inline_policies;
mod instance_profiles;
mod loading;
mod named;
mod oidc_providers;
mod page;
pub(crate) mod pass_role;
mod policies;
mod policy_entities;
mod policy_text;
mod policy_versions;
mod roles;
mod service_linked_roles;
mod shown;
mod simulate;
mod simulation;
mod simulation_exclusions;
mod simulation_policies;
mod state;
mod tags;
mod trust;
mod users;

use crate::operation::{Operation, named as operation_named};

pub(crate) use named::spoken;
pub(crate) use service_linked_roles::service_linked_role;
pub(crate) use state::key;
pub use state::{
    AccessKey, DeletionTask, Iam, InstanceProfile, ManagedPolicy, OidcProvider, PolicyVersion,
    Role, User,
};

/// All operations.
const OPERATIONS: &[Operation] = &[
    Operation::read("GetRole", roles::get_role),
    Operation::write("CreateRole", roles::create_role),
    Operation::read("ListRoles", roles::list_roles),
    Operation::write("UpdateRole", roles::update_role),
    Operation::write("UpdateRoleDescription", roles::update_role_description),
    Operation::write("UpdateAssumeRolePolicy", roles::update_assume_role_policy),
    Operation::write("DeleteRole", roles::delete_role),
    Operation::write("PutRolePolicy", inline_policies::put::<Role>),
    Operation::read("GetRolePolicy", inline_policies::get::<Role>),
    Operation::read("ListRolePolicies", inline_policies::list::<Role>),
    Operation::write("DeleteRolePolicy", inline_policies::delete::<Role>),
    Operation::write("AttachRolePolicy", attached_policies::attach::<Role>),
    Operation::write("DetachRolePolicy", attached_policies::detach::<Role>),
    Operation::read("ListAttachedRolePolicies", attached_policies::list::<Role>),
    Operation::write(
        "PutRolePermissionsBoundary",
        attached_policies::put_boundary::<Role>,
    ),
    Operation::write(
        "DeleteRolePermissionsBoundary",
        attached_policies::delete_boundary::<Role>,
    ),
    Operation::write("TagRole", tags::tag::<Role>),
    Operation::write("UntagRole", tags::untag::<Role>),
    Operation::read("ListRoleTags", tags::list::<Role>),
    Operation::write(
        "CreateServiceLinkedRole",
        service_linked_roles::create_service_linked_role,
    ),
    Operation::write(
        "DeleteServiceLinkedRole",
        service_linked_roles::delete_service_linked_role,
    ),
    Operation::read(
        "GetServiceLinkedRoleDeletionStatus",
        service_linked_roles::get_service_linked_role_deletion_status,
    ),
    Operation::write("CreatePolicy", policies::create_policy),
    Operation::read("GetPolicy", policies::get_policy),
    Operation::read("ListPolicies", policies::list_policies),
    Operation::write("DeletePolicy", policies::delete_policy),
    Operation::read(
        "ListEntitiesForPolicy",
        policy_entities::list_entities_for_policy,
    ),
    Operation::write(
        "CreatePolicyVersion",
        policy_versions::create_policy_version,
    ),
    Operation::read("GetPolicyVersion", policy_versions::get_policy_version),
    Operation::read("ListPolicyVersions", policy_versions::list_policy_versions),
    Operation::write(
        "DeletePolicyVersion",
        policy_versions::delete_policy_version,
    ),
    Operation::write(
        "SetDefaultPolicyVersion",
        policy_versions::set_default_policy_version,
    ),
    Operation::write("TagPolicy", tags::tag::<ManagedPolicy>),
    Operation::write("UntagPolicy", tags::untag::<ManagedPolicy>),
    Operation::read("ListPolicyTags", tags::list::<ManagedPolicy>),
    Operation::write(
        "CreateInstanceProfile",
        instance_profiles::create_instance_profile,
    ),
    Operation::read(
        "GetInstanceProfile",
        instance_profiles::get_instance_profile,
    ),
    Operation::read(
        "ListInstanceProfiles",
        instance_profiles::list_instance_profiles,
    ),
    Operation::read(
        "ListInstanceProfilesForRole",
        instance_profiles::list_instance_profiles_for_role,
    ),
    Operation::write(
        "DeleteInstanceProfile",
        instance_profiles::delete_instance_profile,
    ),
    Operation::write(
        "AddRoleToInstanceProfile",
        instance_profiles::add_role_to_instance_profile,
    ),
    Operation::write(
        "RemoveRoleFromInstanceProfile",
        instance_profiles::remove_role_from_instance_profile,
    ),
    Operation::write("TagInstanceProfile", tags::tag::<InstanceProfile>),
    Operation::write("UntagInstanceProfile", tags::untag::<InstanceProfile>),
    Operation::read("ListInstanceProfileTags", tags::list::<InstanceProfile>),
    Operation::write("CreateUser", users::create_user),
    Operation::read("GetUser", users::get_user),
    Operation::read("ListUsers", users::list_users),
    Operation::write("DeleteUser", users::delete_user),
    Operation::write("PutUserPolicy", inline_policies::put::<User>),
    Operation::read("GetUserPolicy", inline_policies::get::<User>),
    Operation::read("ListUserPolicies", inline_policies::list::<User>),
    Operation::write("DeleteUserPolicy", inline_policies::delete::<User>),
    Operation::write("AttachUserPolicy", attached_policies::attach::<User>),
    Operation::write("DetachUserPolicy", attached_policies::detach::<User>),
    Operation::read("ListAttachedUserPolicies", attached_policies::list::<User>),
    Operation::write(
        "PutUserPermissionsBoundary",
        attached_policies::put_boundary::<User>,
    ),
    Operation::write(
        "DeleteUserPermissionsBoundary",
        attached_policies::delete_boundary::<User>,
    ),
    Operation::write("TagUser", tags::tag::<User>),
    Operation::write("UntagUser", tags::untag::<User>),
    Operation::read("ListUserTags", tags::list::<User>),
    Operation::write("CreateAccessKey", access_keys::create_access_key),
    Operation::read("ListAccessKeys", access_keys::list_access_keys),
    Operation::write("UpdateAccessKey", access_keys::update_access_key),
    Operation::write("DeleteAccessKey", access_keys::delete_access_key),
    Operation::write("CreateOpenIDConnectProvider", oidc_providers::create),
    Operation::read("GetOpenIDConnectProvider", oidc_providers::get),
    Operation::read("ListOpenIDConnectProviders", oidc_providers::list),
    Operation::write("DeleteOpenIDConnectProvider", oidc_providers::delete),
    Operation::write(
        "AddClientIDToOpenIDConnectProvider",
        oidc_providers::add_client_id,
    ),
    Operation::write(
        "RemoveClientIDFromOpenIDConnectProvider",
        oidc_providers::remove_client_id,
    ),
    Operation::write(
        "UpdateOpenIDConnectProviderThumbprint",
        oidc_providers::update_thumbprint,
    ),
    Operation::write("TagOpenIDConnectProvider", tags::tag::<OidcProvider>),
    Operation::write("UntagOpenIDConnectProvider", tags::untag::<OidcProvider>),
    Operation::read("ListOpenIDConnectProviderTags", tags::list::<OidcProvider>),
    Operation::read(
        "SimulatePrincipalPolicy",
        simulate::simulate_principal_policy,
    ),
    Operation::read("SimulateCustomPolicy", simulate::simulate_custom_policy),
    Operation::read(
        "GetContextKeysForCustomPolicy",
        context_keys::for_custom_policy,
    ),
    Operation::read(
        "GetContextKeysForPrincipalPolicy",
        context_keys::for_principal_policy,
    ),
    Operation::read(
        "GetAccountAuthorizationDetails",
        account_details::get_account_authorization_details,
    ),
    Operation::read("GetAccountSummary", account::get_account_summary),
    Operation::read("ListGroups", account::list_groups),
    Operation::read("ListGroupsForUser", account::list_groups_for_user),
    Operation::read("ListAccountAliases", account::list_account_aliases),
];

/// The operation of that name.
pub(crate) fn operation(name: &str) -> Option<Operation> {
    operation_named(OPERATIONS, name)
}
