//! The rules, one file each. A new rule is its file and one line in [`RULES`].

mod access_entry;
mod access_entry_duplicated;
mod access_entry_foreign_account;
mod access_entry_missing;
mod access_entry_of_recreated_role;
mod access_entry_path_mismatch;
mod access_entry_without_role;
mod access_entry_wrong_type;
mod access_policy_on_node_entry;
mod authentication_mode_without_api;
mod auto_node_policy_missing;
mod auto_node_policy_namespace_scope;
mod aws_auth;
mod aws_auth_mapping_broken;
mod aws_auth_role_with_path;
mod cluster_trust_without_tag_session;
mod compute_config_incomplete;
mod condition_not_as_predicted;
mod custom_tags_denied;
mod denial;
mod instance_profile_denied;
mod instance_profile_is_arn;
mod instance_profile_without_role;
mod join_unmapped;
mod launch_denied;
mod legacy_control_plane_drops_path;
mod node_class;
mod node_class_kind_mismatch;
mod node_class_not_found;
mod node_permissions_blocked;
mod node_permissions_missing;
mod node_role_is_cluster_role;
mod node_trust_without_ec2;
mod pass_role_denied;
mod pass_role_pattern_drops_path;
mod path_or_name_malformed;
mod path_outside_convention;
mod pattern;
mod restricted_node_label;
mod role;
mod role_and_instance_profile;
mod role_name_not_unique;
mod role_not_found;
mod role_reference_has_path;
mod role_reference_is_arn;
mod spelling;

pub(crate) use condition_not_as_predicted::compare as compare_conditions;

use crate::Rule;

/// All rules, by code.
pub static RULES: &[&Rule] = &[
    &node_class_not_found::NODE_CLASS_NOT_FOUND,
    &node_class_kind_mismatch::NODE_CLASS_KIND_MISMATCH,
    &restricted_node_label::RESTRICTED_NODE_LABEL,
    &role_reference_is_arn::ROLE_REFERENCE_IS_ARN,
    &role_reference_has_path::ROLE_REFERENCE_HAS_PATH,
    &role_and_instance_profile::ROLE_AND_INSTANCE_PROFILE,
    &instance_profile_is_arn::INSTANCE_PROFILE_IS_ARN,
    &instance_profile_without_role::INSTANCE_PROFILE_WITHOUT_ROLE,
    &node_role_is_cluster_role::NODE_ROLE_IS_CLUSTER_ROLE,
    &role_not_found::ROLE_NOT_FOUND,
    &role_name_not_unique::ROLE_NAME_NOT_UNIQUE,
    &path_outside_convention::PATH_OUTSIDE_CONVENTION,
    &path_or_name_malformed::PATH_OR_NAME_MALFORMED,
    &node_trust_without_ec2::NODE_TRUST_WITHOUT_EC2,
    &cluster_trust_without_tag_session::CLUSTER_TRUST_WITHOUT_TAG_SESSION,
    &node_permissions_missing::NODE_PERMISSIONS_MISSING,
    &node_permissions_blocked::NODE_PERMISSIONS_BLOCKED,
    &pass_role_denied::PASS_ROLE_DENIED,
    &pass_role_pattern_drops_path::PASS_ROLE_PATTERN_DROPS_PATH,
    &instance_profile_denied::INSTANCE_PROFILE_DENIED,
    &authentication_mode_without_api::AUTHENTICATION_MODE_WITHOUT_API,
    &access_entry_missing::ACCESS_ENTRY_MISSING,
    &access_entry_path_mismatch::ACCESS_ENTRY_PATH_MISMATCH,
    &access_entry_wrong_type::ACCESS_ENTRY_WRONG_TYPE,
    &access_entry_of_recreated_role::ACCESS_ENTRY_OF_RECREATED_ROLE,
    &access_entry_without_role::ACCESS_ENTRY_WITHOUT_ROLE,
    &aws_auth_role_with_path::AWS_AUTH_ROLE_WITH_PATH,
    &aws_auth_mapping_broken::AWS_AUTH_MAPPING_BROKEN,
    &access_entry_foreign_account::ACCESS_ENTRY_FOREIGN_ACCOUNT,
    &legacy_control_plane_drops_path::LEGACY_CONTROL_PLANE_DROPS_PATH,
    &access_entry_duplicated::ACCESS_ENTRY_DUPLICATED,
    &auto_node_policy_missing::AUTO_NODE_POLICY_MISSING,
    &auto_node_policy_namespace_scope::AUTO_NODE_POLICY_NAMESPACE_SCOPE,
    &access_policy_on_node_entry::ACCESS_POLICY_ON_NODE_ENTRY,
    &launch_denied::LAUNCH_DENIED,
    &custom_tags_denied::CUSTOM_TAGS_DENIED,
    &compute_config_incomplete::COMPUTE_CONFIG_INCOMPLETE,
    &join_unmapped::JOIN_UNMAPPED,
    &condition_not_as_predicted::CONDITION_NOT_AS_PREDICTED,
];

/// The rule of a code or name; case does not matter.
#[must_use]
pub fn find_rule(code_or_name: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| {
        rule.code.eq_ignore_ascii_case(code_or_name) || rule.name.eq_ignore_ascii_case(code_or_name)
    })
}
