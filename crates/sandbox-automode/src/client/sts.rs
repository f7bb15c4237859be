//! What the control plane calls of STS.

use jiff::Timestamp;
use rolecall_sandbox_aws::Service;
use rolecall_sandbox_aws::sigv4::Credentials;

use super::{AwsClient, AwsError, Fields};

/// Credentials of a role session.
#[derive(Clone)]
pub(crate) struct Assumed {
    pub(crate) credentials: Credentials,
    pub(crate) expires: Timestamp,
}

impl AwsClient {
    /// `sts:AssumeRole`; with tags also `sts:TagSession`, which the role's trust policy must allow.
    pub(crate) fn assume_role(
        &self,
        credentials: &Credentials,
        role_arn: &str,
        session: &str,
        tags: &[(&str, &str)],
    ) -> Result<Assumed, AwsError> {
        const OPERATION: &str = "AssumeRole";
        let fields = Fields::default()
            .with("RoleArn", role_arn)
            .with("RoleSessionName", session)
            .with_tags("Tags.member", tags.iter().copied());
        let result = self.query(credentials, Service::Sts, OPERATION, &fields)?;
        let missing = |missing| AwsError::Unreadable {
            operation: OPERATION,
            missing,
        };
        let text = |path: &'static str| match result.text(path) {
            "" => Err(missing(path)),
            text => Ok(text.to_owned()),
        };
        Ok(Assumed {
            credentials: Credentials {
                access_key_id: text("Credentials/AccessKeyId")?,
                secret_access_key: text("Credentials/SecretAccessKey")?,
                session_token: Some(text("Credentials/SessionToken")?),
            },
            expires: text("Credentials/Expiration")?
                .parse()
                .map_err(|_| missing("Credentials/Expiration"))?,
        })
    }
}
