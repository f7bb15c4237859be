//! Requests to IAM that are odd in every way: an answer always, and never a panic.

mod harness;

use harness::{aws, credentials, query};
use proptest::prelude::*;

const ACTIONS: [&str; 22] = [
    "CreateRole",
    "GetRole",
    "ListRoles",
    "UpdateRole",
    "DeleteRole",
    "UpdateAssumeRolePolicy",
    "PutRolePolicy",
    "AttachRolePolicy",
    "ListAttachedRolePolicies",
    "TagRole",
    "UntagRole",
    "CreatePolicy",
    "GetPolicyVersion",
    "CreatePolicyVersion",
    "ListPolicies",
    "ListEntitiesForPolicy",
    "CreateInstanceProfile",
    "AddRoleToInstanceProfile",
    "SimulateCustomPolicy",
    "SimulatePrincipalPolicy",
    "CreateServiceLinkedRole",
    "GetServiceLinkedRoleDeletionStatus",
];

const NAMES: [&str; 30] = [
    "RoleName",
    "Path",
    "PathPrefix",
    "AssumeRolePolicyDocument",
    "PolicyDocument",
    "Description",
    "MaxSessionDuration",
    "PermissionsBoundary",
    "Tags.member.1.Key",
    "Tags.member.1.Value",
    "Tags.member.2.Key",
    "Tags",
    "TagKeys.member.1",
    "PolicyName",
    "PolicyArn",
    "VersionId",
    "InstanceProfileName",
    "MaxItems",
    "Marker",
    "Scope",
    "EntityFilter",
    "PolicyInputList.member.1",
    "ResourcePolicy",
    "ActionNames.member.1",
    "ResourceArns.member.1",
    "ContextEntries.member.1.ContextKeyName",
    "ContextEntries.member.1.ContextKeyValues.member.1",
    "PolicySourceArn",
    "AWSServiceName",
    "DeletionTaskId",
];

const VALUES: [&str; 20] = [
    "",
    "a",
    "NodeRole",
    "/",
    "/a/",
    "//",
    "ä",
    "\u{0}",
    "0",
    "-1",
    "3600",
    "99999999999999999999",
    "{}",
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}}"#,
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
    "arn:aws:iam::aws:policy/AdministratorAccess",
    "arn:aws:iam::111122223333:user/administrator",
    "arn:aws:iam::111122223333:",
    "v1",
    "task/x/y",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_request_has_an_answer_in_iams_form(
        calls in prop::collection::vec(
            (
                prop::sample::select(&ACTIONS[..]),
                prop::collection::vec(
                    (
                        prop::sample::select(&NAMES[..]),
                        prop_oneof![
                            4 => prop::sample::select(&VALUES[..]).prop_map(str::to_owned),
                            1 => any::<String>(),
                        ],
                    ),
                    0..8,
                ),
            ),
            1..6,
        )
    ) {
        let aws = aws();
        for (action, fields) in calls {
            let mut all = vec![("Action", action)];
            all.extend(fields.iter().map(|(name, value)| (*name, value.as_str())));
            let reply = query(&aws, &credentials(), "iam", &all);
            prop_assert!(reply.status < 500, "{}", reply.text);
            prop_assert!(reply.element("RequestId").is_some());
            if reply.status != 200 {
                prop_assert!(!reply.code().is_empty());
                prop_assert!(!reply.element("Message").unwrap().is_empty());
            }
        }
    }
}
