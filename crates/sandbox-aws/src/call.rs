use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;
use rolecall_arn::AccountId;
use serde_json::Value;

use crate::caller::Caller;
use crate::endpoint::Shared;
use crate::ids::Ids;
use crate::parameters::Parameters;
use crate::service::Service;
use crate::standing::Standing;

/// One API call on its way through.
pub(crate) struct Call<'a> {
    pub(crate) service: Service,
    pub(crate) operation: &'static str,
    /// The region the call is for; IAM's is `us-east-1` whatever was signed.
    pub(crate) region: String,
    pub(crate) parameters: Parameters,
    pub(crate) standing: Arc<Standing>,
    /// The sandbox's time.
    pub(crate) now: Timestamp,
    pub(crate) request_id: String,
    pub(crate) source_ip: IpAddr,
    pub(crate) user_agent: Option<String>,
    /// On whose behalf an AWS service says it acts: `aws:SourceArn`, `aws:SourceAccount`.
    pub(crate) source_arn: Option<String>,
    pub(crate) source_account: Option<String>,
    pub(crate) shared: &'a Shared,
    pub(crate) notes: Notes,
}

/// What an operation tells CloudTrail beyond the defaults.
///
/// By default the request parameters are the call's, and the response elements are the output of a
/// writing operation, both with names in lower camel case.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) request_parameters: Option<Value>,
    pub(crate) response_elements: Option<Value>,
    pub(crate) resources: Vec<EventResource>,
    pub(crate) additional_data: Option<Value>,
    /// `readOnly`, where it is not what the operation does to the sandbox's state.
    pub(crate) read_only: Option<bool>,
    /// The accounts that get the event; the caller's when there is none.
    pub(crate) recipients: Vec<AccountId>,
    /// Who the caller turned out to be, where its credentials did not tell.
    pub(crate) identity: Option<crate::event::Identity>,
}

/// A resource an event names.
#[derive(Debug, Clone)]
pub(crate) struct EventResource {
    pub(crate) account: Option<AccountId>,
    pub(crate) kind: &'static str,
    pub(crate) arn: String,
}

impl Call<'_> {
    /// The account the call acts in: the caller's.
    pub(crate) fn account(&self) -> AccountId {
        self.standing.caller.account
    }

    pub(crate) fn caller(&self) -> &Caller {
        &self.standing.caller
    }

    pub(crate) fn ids(&self) -> &Ids {
        &self.shared.ids
    }
}
