//! IAM's grammar at its edges.

#![expect(clippy::panic, reason = "a check that fails ends its test")]

use std::fmt::Debug;
use std::str::FromStr;

use rolecall_arn::{
    AccessEntryArn, AccountId, Arn, ArnError, AssumedRoleArn, AwsAuthRoleArn, IamPath,
    InstanceProfileArn, InstanceProfileName, Partition, RoleArn, RoleName, SessionName, UniqueId,
    UniqueIdKind, UserArn, UserName,
};

fn accepts<T: FromStr<Err = ArnError> + ToString>(text: &str) {
    match text.parse::<T>() {
        Ok(value) => assert_eq!(value.to_string(), text),
        Err(error) => panic!("{error}"),
    }
}

fn refuses<T: FromStr<Err = ArnError> + Debug>(text: &str) -> String {
    match text.parse::<T>() {
        Ok(value) => panic!("`{text}` was taken for {value:?}"),
        Err(error) => {
            assert_eq!(error.text, text);
            error.problem
        }
    }
}

#[test]
fn a_path_is_one_slash_or_begins_and_ends_with_one() {
    for path in [
        "/",
        "/a/",
        "/platform/eks/",
        "/a//b/",
        "///",
        "/!~/",
        "/a:b/",
        "/%2F/",
    ] {
        accepts::<IamPath>(path);
    }
    for path in [
        "", "//", "a", "/a", "a/", " /", "/a b/", "/\u{e9}/", "/a\n/", "/\u{7f}/",
    ] {
        refuses::<IamPath>(path);
    }
}

#[test]
fn a_path_has_at_most_512_characters() {
    accepts::<IamPath>(&format!("/{}/", "a".repeat(510)));
    assert_eq!(
        refuses::<IamPath>(&format!("/{}/", "a".repeat(511))),
        "it is longer than 512 characters"
    );
}

#[test]
fn names_keep_their_own_limits() {
    let of = |length| "a".repeat(length);
    accepts::<RoleName>(&of(1));
    accepts::<RoleName>(&of(64));
    refuses::<RoleName>(&of(65));
    accepts::<UserName>(&of(64));
    refuses::<UserName>(&of(65));
    accepts::<InstanceProfileName>(&of(128));
    refuses::<InstanceProfileName>(&of(129));
    refuses::<SessionName>(&of(1));
    accepts::<SessionName>(&of(2));
    accepts::<SessionName>(&of(64));
    refuses::<SessionName>(&of(65));
    refuses::<RoleName>("");
}

#[test]
fn names_have_no_slash_space_or_letter_beyond_ascii() {
    accepts::<RoleName>("Node_Role+=,.@-09");
    for name in [
        "platform/NodeRole",
        "Node Role",
        "R\u{f4}le",
        "Role*",
        "Role:1",
        "${Name}",
    ] {
        refuses::<RoleName>(name);
    }
}

#[test]
fn an_account_is_twelve_digits_with_its_leading_zeros() {
    accepts::<AccountId>("000000000000");
    accepts::<AccountId>("012345678901");
    accepts::<AccountId>("999999999999");
    for account in [
        "",
        "12345678901",
        "1234567890123",
        "12345678901a",
        "+12345678901",
    ] {
        refuses::<AccountId>(account);
    }
    // Twelve bytes, but not twelve ASCII digits.
    refuses::<AccountId>("\u{661}\u{661}\u{661}\u{661}\u{661}\u{661}");
}

#[test]
fn partitions_of_today_and_of_later_are_kept() {
    for partition in [
        "aws",
        "aws-cn",
        "aws-us-gov",
        "aws-iso",
        "aws-iso-b",
        "aws-iso-e",
        "aws-iso-f",
        "aws-eusc",
        "aws-moon2",
    ] {
        accepts::<Partition>(partition);
    }
    for partition in ["", "AWS", "aws-", "aws_cn", "gcp", "${AWS::Partition}"] {
        refuses::<Partition>(partition);
    }
}

#[test]
fn a_region_tells_its_partition() {
    for (region, partition) in [
        ("eu-west-1", "aws"),
        ("us-gov-west-1", "aws-us-gov"),
        ("cn-north-1", "aws-cn"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
        ("eu-isoe-west-1", "aws-iso-e"),
        ("us-isof-south-1", "aws-iso-f"),
        ("eusc-de-east-1", "aws-eusc"),
    ] {
        let found = Partition::of_region(region);
        assert_eq!(found.as_str(), partition, "{region}");
        assert_eq!(found, partition.parse().unwrap());
        assert!(found.url_suffix().is_some(), "{region}");
    }
}

#[test]
fn role_arns_of_every_shape() {
    for arn in [
        "arn:aws:iam::111122223333:role/NodeRole",
        "arn:aws:iam::111122223333:role/platform/eks/NodeRole",
        "arn:aws-cn:iam::111122223333:role/a//b/NodeRole",
        "arn:aws-us-gov:iam::000000000001:role/a:b/NodeRole",
        "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0123456789abcdef",
    ] {
        accepts::<RoleArn>(arn);
    }
    for (arn, problem) in [
        ("NodeRole", "it does not begin with `arn:`"),
        ("arn:aws:iam", "an ARN has five colons or more"),
        (
            "arn:aws:sts::111122223333:role/NodeRole",
            "its service is `sts`, not `iam`",
        ),
        (
            "arn:aws:iam:eu-west-1:111122223333:role/NodeRole",
            "IAM is global, yet it names the region `eu-west-1`",
        ),
        (
            "arn:aws:iam::1111:role/NodeRole",
            "it must have twelve digits",
        ),
        (
            "arn:aws:iam::111122223333:user/NodeRole",
            "its resource does not begin with `role/`",
        ),
        (
            "arn:aws:iam::111122223333:roleNodeRole",
            "its resource does not begin with `role/`",
        ),
        ("arn:aws:iam::111122223333:role/", "it has 0 characters"),
        (
            "arn:aws:iam::111122223333:role/platform/",
            "it has 0 characters",
        ),
        (
            "arn:aws:iam::111122223333:role//NodeRole",
            "there is nothing between its slashes",
        ),
        (
            "arn:aws:iam::111122223333:root",
            "its resource does not begin with `role/`",
        ),
        (
            "arn:gcp:iam::111122223333:role/NodeRole",
            "`gcp` is not a partition such as `aws`",
        ),
    ] {
        assert_eq!(refuses::<RoleArn>(arn), problem, "{arn}");
    }
}

#[test]
fn an_arn_may_have_a_name_and_a_path_of_full_length() {
    let (path, name) = (format!("/{}/", "p".repeat(510)), "n".repeat(64));
    accepts::<RoleArn>(&format!("arn:aws:iam::111122223333:role{path}{name}"));
    refuses::<RoleArn>(&format!("arn:aws:iam::111122223333:role{path}{name}n"));
    refuses::<RoleArn>(&format!("arn:aws:iam::111122223333:role/p{path}{name}"));
    let name = "n".repeat(128);
    accepts::<InstanceProfileArn>(&format!(
        "arn:aws:iam::111122223333:instance-profile{path}{name}"
    ));
    accepts::<UserArn>("arn:aws:iam::111122223333:user/division/alice");
}

#[test]
fn a_session_of_an_instance_is_told_by_its_name() {
    let arn: AssumedRoleArn = "arn:aws:sts::111122223333:assumed-role/NodeRole/i-0abc1234def567890"
        .parse()
        .unwrap();
    assert!(arn.session().is_instance_id());
    for name in [
        "i-0abc",
        "i-0ABC1234DEF567890",
        "AmazonEKS",
        "i-0abc1234def56789g",
    ] {
        assert!(
            !name.parse::<SessionName>().unwrap().is_instance_id(),
            "{name}"
        );
    }
    for arn in [
        "arn:aws:sts::111122223333:assumed-role/NodeRole",
        "arn:aws:sts::111122223333:assumed-role/platform/NodeRole/i-0abc1234def567890",
        "arn:aws:iam::111122223333:assumed-role/NodeRole/i-0abc1234def567890",
        "arn:aws:sts:eu-west-1:111122223333:assumed-role/NodeRole/i-0abc1234def567890",
    ] {
        refuses::<AssumedRoleArn>(arn);
    }
}

#[test]
fn aws_auth_takes_no_path() {
    accepts::<AwsAuthRoleArn>("arn:aws:iam::111122223333:role/NodeRole");
    assert_eq!(
        refuses::<AwsAuthRoleArn>("arn:aws:iam::111122223333:role/platform/NodeRole"),
        "it has the path `/platform/`"
    );
}

#[test]
fn access_entry_arns_have_no_path() {
    let user = "arn:aws:eks:us-west-2:111122223333:access-entry/c1/user/444455556666/alice/accb5418-f493-f390-3e6e-c3f19f725fc1";
    accepts::<AccessEntryArn>(user);
    let denied = "arn:aws:eks:us-west-2:111122223333:access-entry/c1/role/111122223333/NodeRole/*";
    accepts::<AccessEntryArn>(denied);
    for arn in [
        "arn:aws:eks:us-west-2:111122223333:access-entry/c1/role/111122223333/platform/NodeRole/accb5418",
        "arn:aws:eks:us-west-2:111122223333:access-entry/c1////*",
        "arn:aws:eks:us-west-2:111122223333:accessEntry/c1/role/111122223333/NodeRole/x",
        "arn:aws:eks::111122223333:access-entry/c1/role/111122223333/NodeRole/x",
        "arn:aws:eks:us-west-2:111122223333:access-entry/c1/group/111122223333/NodeRole/x",
    ] {
        refuses::<AccessEntryArn>(arn);
    }
}

#[test]
fn any_arn_is_kept_as_it_is() {
    for arn in [
        "arn:aws:s3:::bucket/key:with:colons",
        "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy",
        "arn:aws:iam::aws:policy/service-role/AmazonEKSComputePolicy",
        "arn:aws:eks:eu-west-1:111122223333:cluster/prod",
    ] {
        accepts::<Arn>(arn);
    }
    refuses::<Arn>("arn:aws:s3:::");
    refuses::<Arn>("arn:aws::::x");
}

#[test]
fn a_unique_id_tells_what_it_belongs_to() {
    for (id, kind) in [
        ("AROATFQR7NSCYGNOX4QAJ", UniqueIdKind::Role),
        ("AIDATFQR7NSCYGNOX4QAJ", UniqueIdKind::User),
        ("AIPATFQR7NSCYGNOX4QAJ", UniqueIdKind::InstanceProfile),
        ("ANPATFQR7NSCYGNOX4QAJ", UniqueIdKind::Other),
    ] {
        accepts::<UniqueId>(id);
        assert_eq!(id.parse::<UniqueId>().unwrap().kind(), kind);
    }
    accepts::<UniqueId>(&"A".repeat(16));
    accepts::<UniqueId>(&"A".repeat(128));
    refuses::<UniqueId>(&"A".repeat(15));
    refuses::<UniqueId>(&"A".repeat(129));
    refuses::<UniqueId>("AROATFQR7NSCYGNOX4QAJ:i-0abc");
}

#[test]
fn an_error_names_the_text_and_the_grammar() {
    let error = "arn:aws:iam::111122223333:user/alice"
        .parse::<RoleArn>()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "`arn:aws:iam::111122223333:user/alice` is not a role ARN, \
         `arn:aws:iam::111122223333:role/path/name`: its resource does not begin with `role/`"
    );
}
