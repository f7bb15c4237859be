//! CloudTrail events: what every call leaves behind.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;
use rolecall_arn::AccountId;
use serde_json::{Map, Value, json};

use crate::call::EventResource;
use crate::caller::{Caller, CallerKind};
use crate::service::Service;
use crate::standing::Standing;

/// One event. It becomes JSON only when somebody looks at it: most events nobody reads.
#[derive(Clone)]
pub struct Event {
    /// The sandbox's time of the call.
    pub time: Timestamp,
    /// `eventID`
    pub id: String,
    /// `requestID`
    pub request_id: String,
    /// The service called.
    pub service: Service,
    /// `eventName`
    pub name: &'static str,
    /// `awsRegion`
    pub region: String,
    /// The account whose trail gets it.
    pub recipient: AccountId,
    pub(crate) standing: Arc<Standing>,
    pub(crate) source_ip: IpAddr,
    pub(crate) user_agent: Option<String>,
    pub(crate) request_parameters: Value,
    pub(crate) response_elements: Value,
    pub(crate) resources: Vec<EventResource>,
    pub(crate) additional_data: Option<Value>,
    /// `errorCode`, as CloudTrail spells it.
    pub error_code: Option<String>,
    /// `errorMessage`
    pub error_message: Option<String>,
    pub(crate) read_only: bool,
    /// `sharedEventID`, when several accounts get the event.
    pub(crate) shared_id: Option<String>,
}

impl Event {
    /// The event as CloudTrail writes it, schema 1.11 (CloudTrail User Guide, "CloudTrail record
    /// contents for management, data, and network activity events").
    #[must_use]
    pub fn to_json(&self) -> Value {
        let caller = &self.standing.caller;
        let by_service = caller.invoked_by();
        let source = by_service.map_or_else(|| self.source_ip.to_string(), str::to_owned);
        let agent = by_service.or(self.user_agent.as_deref()).unwrap_or("-");
        let mut event = Map::new();
        event.insert("eventVersion".to_owned(), "1.11".into());
        event.insert(
            "userIdentity".to_owned(),
            user_identity(caller, self.recipient),
        );
        event.insert("eventTime".to_owned(), seconds(self.time).into());
        event.insert("eventSource".to_owned(), self.service.event_source().into());
        event.insert("eventName".to_owned(), self.name.into());
        event.insert("awsRegion".to_owned(), self.region.as_str().into());
        event.insert("sourceIPAddress".to_owned(), source.into());
        event.insert("userAgent".to_owned(), agent.into());
        if let Some(code) = &self.error_code {
            event.insert("errorCode".to_owned(), code.as_str().into());
        }
        if let Some(message) = &self.error_message {
            event.insert("errorMessage".to_owned(), cut(message).into());
        }
        event.insert(
            "requestParameters".to_owned(),
            self.request_parameters.clone(),
        );
        event.insert(
            "responseElements".to_owned(),
            self.response_elements.clone(),
        );
        if let Some(data) = &self.additional_data {
            event.insert("additionalEventData".to_owned(), data.clone());
        }
        event.insert("requestID".to_owned(), self.request_id.as_str().into());
        event.insert("eventID".to_owned(), self.id.as_str().into());
        event.insert("readOnly".to_owned(), self.read_only.into());
        if !self.resources.is_empty() {
            event.insert(
                "resources".to_owned(),
                self.resources.iter().map(resource).collect(),
            );
        }
        event.insert("eventType".to_owned(), "AwsApiCall".into());
        event.insert("managementEvent".to_owned(), true.into());
        event.insert(
            "recipientAccountId".to_owned(),
            self.recipient.to_string().into(),
        );
        if let Some(id) = &self.shared_id {
            event.insert("sharedEventID".to_owned(), id.as_str().into());
        }
        event.insert("eventCategory".to_owned(), "Management".into());
        Value::Object(event)
    }

    /// The caller's ARN, or the service's name.
    #[must_use]
    pub fn caller_arn(&self) -> &str {
        &self.standing.caller.arn
    }
}

fn resource(resource: &EventResource) -> Value {
    let mut value = json!({"ARN": resource.arn, "type": resource.kind});
    if let (Some(account), Value::Object(members)) = (resource.account, &mut value) {
        members.insert("accountId".to_owned(), account.to_string().into());
    }
    value
}

/// CloudTrail cuts long messages, the encoded ones of EC2 above all (seen in public event data).
fn cut(message: &str) -> String {
    const LONGEST: usize = 1023;
    if message.chars().count() <= LONGEST {
        return message.to_owned();
    }
    let mut short: String = message.chars().take(LONGEST).collect();
    short.push_str("...");
    short
}

pub(crate) fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `userIdentity`. A session names its role with the path in `sessionIssuer.arn` and without in
/// `arn` (CloudTrail User Guide, "CloudTrail userIdentity element").
///
/// The account whose resource was used learns less of a caller from elsewhere.
fn user_identity(caller: &Caller, recipient: AccountId) -> Value {
    let account = caller.account.to_string();
    if recipient != caller.account && !caller.is_service() {
        return json!({
            "type": "AWSAccount",
            "principalId": caller.user_id,
            "accountId": account,
        });
    }
    match &caller.kind {
        CallerKind::Service { name } => json!({"type": "AWSService", "invokedBy": name}),
        CallerKind::User { name } => json!({
            "type": "IAMUser",
            "principalId": caller.user_id,
            "arn": caller.arn,
            "accountId": account,
            "accessKeyId": caller.access_key_id,
            "userName": name,
        }),
        CallerKind::Session(of) => {
            let session = &of.session;
            let mut identity = json!({
                "type": "AssumedRole",
                "principalId": caller.user_id,
                "arn": caller.arn,
                "accountId": account,
                "accessKeyId": caller.access_key_id,
                "sessionContext": {
                    "sessionIssuer": {
                        "type": "Role",
                        "principalId": session.role_id,
                        "arn": of.role_arn,
                        "accountId": account,
                        "userName": session.role,
                    },
                    "attributes": {
                        "creationDate": seconds(session.created),
                        "mfaAuthenticated": "false",
                    },
                },
            });
            if let (Some(service), Value::Object(members)) = (&session.invoked_by, &mut identity) {
                members.insert("invokedBy".to_owned(), service.as_str().into());
            }
            identity
        }
    }
}

/// `RoleName` becomes `roleName`, all the way down.
pub(crate) fn lower_camel(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| {
                let mut name = name.clone();
                if let Some(first) = name.get_mut(..1) {
                    first.make_ascii_lowercase();
                }
                (name, lower_camel(value))
            })
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(lower_camel).collect(),
        other => other.clone(),
    }
}

/// The latest events, oldest first.
#[derive(Default)]
pub struct EventLog(Mutex<VecDeque<Arc<Event>>>);

/// Events kept in memory; older ones are in the trails' files.
const KEPT: usize = 100_000;

impl EventLog {
    pub(crate) fn push(&self, event: Event) {
        let mut events = self.0.lock();
        if events.len() == KEPT {
            events.pop_front();
        }
        events.push_back(Arc::new(event));
    }

    /// The events that pass `wanted`, newest first.
    #[must_use]
    pub fn latest(&self, wanted: impl Fn(&Event) -> bool) -> Vec<Arc<Event>> {
        let events = self.0.lock();
        events
            .iter()
            .rev()
            .filter(|event| wanted(event))
            .cloned()
            .collect()
    }

    /// How many are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.lock().len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets them.
    pub fn clear(&self) {
        self.0.lock().clear();
    }
}
