//! What holds for every ARN.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use proptest::prelude::*;
use rolecall_arn::{
    AccessEntryArn, AccountId, Arn, ArnError, AssumedRoleArn, AwsAuthRoleArn, IamPath,
    InstanceProfileArn, InstanceProfileName, Partition, RoleArn, RoleName, SessionName, UniqueId,
    UserArn, UserName, decode_once,
};

const PARTITION: &str = "aws|aws-cn|aws-us-gov|aws-[a-z0-9-]{1,10}";
const ACCOUNT: &str = "[0-9]{12}";
// A slash between the outer two, or one character that is not a slash and anything else.
const PATH: &str = "/|/[!-~]{1,510}/";
const NAME: &str = "[A-Za-z0-9_+=,.@-]{1,64}";

fn round_trip<T>(text: &str) -> Result<T, TestCaseError>
where
    T: FromStr<Err = ArnError> + Display + Debug + PartialEq,
    T: serde::Serialize + serde::de::DeserializeOwned,
{
    let value: T = text
        .parse()
        .map_err(|error: ArnError| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(value.to_string(), text);
    let json =
        serde_json::to_string(&value).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let back: T =
        serde_json::from_str(&json).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(&back, &value);
    Ok(value)
}

/// Whatever parses prints as it was written.
fn prints_as_written<T: FromStr<Err = ArnError> + Display>(
    text: &str,
) -> Result<(), TestCaseError> {
    if let Ok(value) = text.parse::<T>() {
        prop_assert_eq!(value.to_string(), text);
    }
    Ok(())
}

proptest! {
    #[test]
    fn names_and_ids_print_as_written(
        partition in PARTITION, account in ACCOUNT, path in PATH, name in NAME,
        id in "[A-Za-z0-9_]{16,128}", long in "[A-Za-z0-9_+=,.@-]{1,128}",
        session in "[A-Za-z0-9_+=,.@-]{2,64}",
    ) {
        round_trip::<Partition>(&partition)?;
        round_trip::<AccountId>(&account)?;
        round_trip::<IamPath>(&path)?;
        round_trip::<RoleName>(&name)?;
        round_trip::<UserName>(&name)?;
        round_trip::<InstanceProfileName>(&long)?;
        round_trip::<SessionName>(&session)?;
        round_trip::<UniqueId>(&id)?;
    }

    #[test]
    fn a_role_arn_keeps_its_path(
        partition in PARTITION, account in ACCOUNT, path in PATH, name in NAME,
    ) {
        let text = format!("arn:{partition}:iam::{account}:role{path}{name}");
        let role = round_trip::<RoleArn>(&text)?;
        prop_assert_eq!(role.path().as_str(), path);
        prop_assert_eq!(role.name().as_str(), name);
        let again = RoleArn::new(
            role.partition().clone(), role.account(), role.path().clone(), role.name().clone(),
        );
        prop_assert_eq!(again, role);
        round_trip::<Arn>(&text)?;
        round_trip::<UserArn>(&text.replacen(":role/", ":user/", 1))?;
        round_trip::<InstanceProfileArn>(&text.replacen(":role/", ":instance-profile/", 1))?;
    }

    #[test]
    fn two_roles_of_one_name_differ_by_path_and_meet_without_it(
        account in ACCOUNT, path in "/[a-z]{1,9}/", name in NAME,
    ) {
        let arn = |path: &str| format!("arn:aws:iam::{account}:role{path}{name}").parse::<RoleArn>();
        let (Ok(under), Ok(root)) = (arn(&path), arn("/")) else {
            return Err(TestCaseError::fail("both are ARNs"));
        };
        prop_assert_ne!(&under, &root);
        prop_assert_eq!(under.drop_path_for_aws_auth(), root.drop_path_for_aws_auth());
        let Ok(session) = "i-0abc1234def567890".parse::<SessionName>() else {
            return Err(TestCaseError::fail("a session name"));
        };
        let session_arn = under.drop_path_for_session(session.clone());
        prop_assert_eq!(&session_arn, &root.drop_path_for_session(session));
        round_trip::<AssumedRoleArn>(&session_arn.to_string())?;
        let mapped = under.drop_path_for_aws_auth();
        round_trip::<AwsAuthRoleArn>(&mapped.to_string())?;
        prop_assert!(mapped.is_mapped_by(&root.to_string().to_uppercase()));
        prop_assert!(!mapped.is_mapped_by(&under.to_string()));
    }

    #[test]
    fn an_access_entry_arn_prints_as_written(
        partition in PARTITION, account in ACCOUNT, other in ACCOUNT, name in NAME,
        cluster in "[A-Za-z0-9][A-Za-z0-9_-]{0,99}", kind in "role|user", id in "[0-9a-z-]{36}|\\*",
    ) {
        round_trip::<AccessEntryArn>(&format!(
            "arn:{partition}:eks:eu-west-1:{account}:access-entry/{cluster}/{kind}/{other}/{name}/{id}"
        ))?;
    }

    #[test]
    fn no_text_makes_a_parser_panic_and_what_parses_prints_as_written(
        text in "\\PC*|(arn:)?[a-z:/*${}0-9-]{0,60}|arn:aws:(iam|sts|eks):[a-z0-9-]*:[0-9]{12}:[a-z/-]{0,30}",
    ) {
        prints_as_written::<Arn>(&text)?;
        prints_as_written::<Partition>(&text)?;
        prints_as_written::<AccountId>(&text)?;
        prints_as_written::<IamPath>(&text)?;
        prints_as_written::<RoleName>(&text)?;
        prints_as_written::<SessionName>(&text)?;
        prints_as_written::<UniqueId>(&text)?;
        prints_as_written::<RoleArn>(&text)?;
        prints_as_written::<UserArn>(&text)?;
        prints_as_written::<InstanceProfileArn>(&text)?;
        prints_as_written::<AssumedRoleArn>(&text)?;
        prints_as_written::<AwsAuthRoleArn>(&text)?;
        prints_as_written::<AccessEntryArn>(&text)?;
        let _ = decode_once(&text);
    }

    #[test]
    fn decoding_takes_off_exactly_one_encoding(text in "\\PC*", times in 1_usize..4) {
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
                .to_string()
        };
        let mut layers = vec![text];
        for _ in 0..times {
            let next = layers.last().map(|inner| encode(inner)).unwrap_or_default();
            layers.push(next);
        }
        while let Some(outer) = layers.pop() {
            if let Some(inner) = layers.last() {
                prop_assert_eq!(&decode_once(&outer).ok(), &Some(inner.clone()));
            }
        }
    }
}

#[test]
fn text_that_is_not_percent_encoded_is_refused() {
    for text in ["%", "100%", "%2", "%zz", "a%2Fb%", "%+2", "%ff"] {
        assert!(decode_once(text).is_err(), "{text}");
    }
    assert_eq!(decode_once("a+b").as_deref(), Ok("a+b"));
    assert_eq!(decode_once("").as_deref(), Ok(""));
}
