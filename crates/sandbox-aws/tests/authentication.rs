//! Who a caller is, and what a caller nobody knows is told.

mod harness;

use harness::{aws, aws_with, credentials, query, settings};
use rolecall_sandbox_aws::sigv4::Credentials;

const WHO: &[(&str, &str)] = &[("Action", "GetCallerIdentity"), ("Version", "2011-06-15")];

#[test]
fn the_default_credentials_are_an_administrators() {
    let reply = query(&aws(), &credentials(), "sts", WHO);
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(
        reply.element("Arn"),
        Some("arn:aws:iam::111122223333:user/administrator")
    );
    assert_eq!(reply.element("Account"), Some("111122223333"));
    assert!(reply.element("UserId").unwrap().starts_with("AIDA"));
}

#[test]
fn a_wrong_secret_and_an_unknown_key_are_refused() {
    let aws = aws();
    let wrong = Credentials {
        secret_access_key: "other".to_owned(),
        ..credentials()
    };
    let reply = query(&aws, &wrong, "sts", WHO);
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (403, "SignatureDoesNotMatch")
    );
    let unknown = Credentials {
        access_key_id: "AKIAUNKNOWN".to_owned(),
        ..credentials()
    };
    let reply = query(&aws, &unknown, "sts", WHO);
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (403, "InvalidClientTokenId")
    );
}

#[test]
fn any_credentials_are_the_administrator_of_the_account_the_key_names() {
    let aws = aws_with(rolecall_sandbox_aws::Settings {
        any_credentials: true,
        ..settings()
    });
    for (key, account) in [
        ("testing", "111122223333"),
        ("444455556666", "444455556666"),
    ] {
        let anything = Credentials {
            access_key_id: key.to_owned(),
            ..credentials()
        };
        let reply = query(&aws, &anything, "sts", WHO);
        assert_eq!(reply.element("Account"), Some(account), "{}", reply.text);
    }
}

#[test]
fn a_missing_role_is_told_in_iams_words_and_recorded() {
    let aws = aws();
    let reply = query(
        &aws,
        &credentials(),
        "iam",
        &[("Action", "GetRole"), ("RoleName", "Nobody")],
    );
    assert_eq!((reply.status, reply.code().as_str()), (404, "NoSuchEntity"));
    assert_eq!(
        reply.element("Message"),
        Some("The role with name Nobody cannot be found.")
    );
    let events = aws.events().latest(|event| event.name == "GetRole");
    let event = events.first().unwrap().to_json();
    assert_eq!(event["errorCode"], "NoSuchEntityException");
    assert_eq!(event["requestParameters"]["roleName"], "Nobody");
    assert_eq!(event["awsRegion"], "us-east-1");
    assert_eq!(event["userIdentity"]["type"], "IAMUser");
}
