//! Organizations, as far as finding the accounts goes: all accounts that the sandbox knows are members
//! of one organisation, whose management account is that of the default credentials.

mod accounts;

use serde_json::{Map, Value, json};

use crate::authorize::Ask;
use crate::call::Call;
use crate::failure::Failure;
use crate::operation::{Operation, Outcome, named};
use crate::state::State;

const OPERATIONS: &[Operation] = &[
    Operation::read("DescribeOrganization", describe_organization),
    Operation::read("ListAccounts", list_accounts),
];

/// The operation of that name.
pub(crate) fn operation(name: &str) -> Option<Operation> {
    named(OPERATIONS, name)
}

/// `DescribeOrganization`: any account of the organisation may ask.
fn describe_organization(state: &State, call: &mut Call<'_>) -> Outcome {
    call.authorize(&Ask::new("organizations:DescribeOrganization", "*"))?;
    let organisation = Organisation::of(state, call);
    let management = &organisation.management;
    Ok(json!({"Organization": {
        "Arn": organisation.arn("organization", None),
        "AvailablePolicyTypes": [],
        "FeatureSet": "ALL",
        "Id": organisation.id(),
        "MasterAccountArn": organisation.arn("account", Some(management)),
        "MasterAccountEmail": accounts::email(management),
        "MasterAccountId": management,
    }}))
}

/// `ListAccounts`: only the management account may ask; 20 a page and no more
/// (AWS Organizations API Reference, `ListAccounts`).
fn list_accounts(state: &State, call: &mut Call<'_>) -> Outcome {
    call.authorize(&Ask::new("organizations:ListAccounts", "*"))?;
    let organisation = Organisation::of(state, call);
    if call.account().to_string() != organisation.management {
        return Err(failure(
            "AccessDeniedException",
            "You don't have permissions to access this resource.",
        ));
    }
    let most = match call.parameters.get("MaxResults") {
        None => MOST,
        Some(_) => call
            .parameters
            .integer("MaxResults")
            .and_then(|most| usize::try_from(most).ok())
            .filter(|most| (1..=MOST).contains(most))
            .ok_or_else(|| {
                invalid("You provided a value that is not between 1 and 20 for MaxResults.")
            })?,
    };
    let after = match call.parameters.text("NextToken") {
        None => None,
        Some(token) => Some(
            accounts::after(token)
                .ok_or_else(|| invalid("You specified an invalid value for nextToken."))?,
        ),
    };
    let mut rest = accounts::known(state, call)
        .into_iter()
        .filter(|account| after.as_ref().is_none_or(|after| account > after));
    let page: Vec<String> = rest.by_ref().take(most).collect();
    let mut output = Map::new();
    let shown: Vec<Value> = page
        .iter()
        .map(|account| {
            json!({
                "Arn": organisation.arn("account", Some(account)),
                "Email": accounts::email(account),
                "Id": account,
                "JoinedMethod": "CREATED",
                "Name": format!("account-{account}"),
                "State": "ACTIVE",
                "Status": "ACTIVE",
            })
        })
        .collect();
    output.insert("Accounts".to_owned(), shown.into());
    if let (Some(last), Some(_)) = (page.last(), rest.next()) {
        output.insert("NextToken".to_owned(), accounts::token(last).into());
    }
    Ok(Value::Object(output))
}

/// The most accounts on a page.
const MOST: usize = 20;

/// The one organisation of the sandbox.
struct Organisation {
    partition: String,
    management: String,
}

impl Organisation {
    fn of(state: &State, call: &Call<'_>) -> Self {
        Self {
            partition: state.partition.to_string(),
            management: call.shared.settings.account.to_string(),
        }
    }

    /// Letters and digits after `o-`; AWS's are drawn by lot.
    fn id(&self) -> String {
        format!("o-{}", self.management)
    }

    fn arn(&self, kind: &str, of: Option<&str>) -> String {
        let Self {
            partition,
            management,
        } = self;
        let id = self.id();
        let of = of.map_or_else(String::new, |of| format!("/{of}"));
        format!("arn:{partition}:organizations::{management}:{kind}/{id}{of}")
    }
}

fn invalid(message: &str) -> Failure {
    failure("InvalidInputException", message)
}

/// An error of Organizations. All are 400 in its model.
fn failure(code: &'static str, message: &str) -> Failure {
    Failure::new(code, 400, message)
}
