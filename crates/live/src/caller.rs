//! Who asks.

use aws_sdk_sts::Client;
use rolecall_arn::{AccountId, Partition};

use crate::missing::Missing;
use crate::{Connection, LiveError};

/// The account that credentials are of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub account: AccountId,
    /// Its partition.
    pub partition: Partition,
}

/// Whose credentials they are. Needs no permission (AWS STS API Reference, `GetCallerIdentity`).
///
/// # Errors
/// Credentials that are not accepted, and an endpoint that does not answer.
pub async fn caller(connection: &Connection) -> Result<Caller, LiveError> {
    const CALL: &str = "sts:GetCallerIdentity";
    let answer = Client::new(&connection.aws)
        .get_caller_identity()
        .send()
        .await
        .map_err(|error| {
            let missing = Missing::of(&error, CALL, "*");
            connection.named(missing.into_error())
        })?;
    let partition = answer.arn.as_deref().and_then(|arn| arn.split(':').nth(1));
    let partition = partition.and_then(|partition| partition.parse().ok());
    let account = answer.account.as_deref().and_then(|id| id.parse().ok());
    match (account, partition) {
        (Some(account), Some(partition)) => Ok(Caller { account, partition }),
        _ => Err(LiveError::Failed {
            call: CALL.to_owned(),
            problem: "the answer names no account".to_owned(),
        }),
    }
}
