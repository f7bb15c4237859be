//! The accounts of an organisation, as AWS Organizations tells them.

use rolecall_arn::AccountId;
use rolecall_facts::Origin;
use serde_json::{Value, json};

use crate::by_hand::Operation;
use crate::ledger::Ledger;
use crate::missing::Missing;
use crate::paging::{self, Page};
use crate::{Connection, LiveError};

/// An account of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberAccount {
    /// Its id.
    pub id: AccountId,
    /// The name that the organisation gave it.
    pub name: String,
}

const CALL: &str = "organizations:ListAccounts";

const LIST_ACCOUNTS: Operation = Operation {
    call: CALL,
    headers: &[
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amz-target", "AWSOrganizationsV20161128.ListAccounts"),
    ],
    refusal,
};

/// The active accounts of the organisation, in the order of their ids. Only its management account
/// and delegated administrators may ask (AWS Organizations API Reference, `ListAccounts`).
///
/// # Errors
/// Any refusal: without the list there is nothing to go on with.
pub async fn member_accounts(connection: &Connection) -> Result<Vec<MemberAccount>, LiveError> {
    let region = home(connection.region());
    let ledger = Ledger::new(connection);
    let origin = Origin::api(CALL, "*");
    let members = paging::all(CALL, async |next: Option<String>| {
        let body = match next {
            None => json!({}),
            Some(token) => json!({ "NextToken": token }),
        };
        let page = LIST_ACCOUNTS.ask(&connection.aws, region, body.to_string());
        let page = ledger.call_in(region, &origin, page).await?;
        told(&page).ok_or_else(|| Missing::Failed {
            call: CALL.to_owned(),
            problem: "the answer is not JSON, or holds no accounts".to_owned(),
        })
    });
    let mut members = members.await.map_err(Missing::into_error)?;
    members.sort_by_key(|member| member.id);
    Ok(members)
}

/// The one region of a partition in which Organizations answers
/// (AWS General Reference, "AWS Organizations endpoints and quotas").
fn home(region: &str) -> &'static str {
    match region {
        china if china.starts_with("cn-") => "cn-northwest-1",
        government if government.starts_with("us-gov-") => "us-gov-west-1",
        _ => "us-east-1",
    }
}

fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name)?.as_str().map(str::to_owned)
}

/// A page of accounts.
fn told(body: &str) -> Option<Page<MemberAccount>> {
    let body: Value = serde_json::from_str(body).ok()?;
    let accounts = body.get("Accounts")?.as_array()?.iter();
    let active = accounts.filter_map(|account| {
        let active = text(account, "Status").is_none_or(|status| status == "ACTIVE");
        let id = text(account, "Id")?.parse().ok()?;
        let name = text(account, "Name").unwrap_or_default();
        active.then_some(MemberAccount { id, name })
    });
    Some((active.collect(), text(&body, "NextToken")))
}

/// Code and message of an error's answer. The code may stand after a namespace and a hash (Smithy,
/// "AWS JSON 1.1 protocol").
fn refusal(body: &str) -> (String, String) {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let code = text(&body, "__type").unwrap_or_default();
    let code = code.rsplit('#').next().unwrap_or_default().to_owned();
    let message = text(&body, "message").or_else(|| text(&body, "Message"));
    (code, message.unwrap_or_default())
}
