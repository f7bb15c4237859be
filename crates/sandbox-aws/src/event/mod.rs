//! CloudTrail events: what every call leaves behind.
//!
//! Most events nobody reads, and a busy sandbox makes millions. So an event is kept as a few words
//! and short texts, who called is shared by all events of a caller, and JSON is made only when
//! somebody looks.

mod identity;
mod log;
mod row;
mod wording;

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;
use rolecall_arn::AccountId;
use serde_json::{Map, Value};

use crate::service::Service;

pub(crate) use identity::Identity;
pub(crate) use log::Draft;
pub use log::EventLog;
pub(crate) use wording::{details, lower_camel};

/// One event of one account's trail.
#[derive(Debug, Clone)]
pub struct Event {
    /// Counts up; the order in which events came to the log.
    pub number: u64,
    /// The sandbox's time of the call.
    pub time: Timestamp,
    /// The service called.
    pub service: Service,
    /// `eventName`
    pub name: Cow<'static, str>,
    /// `awsRegion`
    pub region: Arc<str>,
    /// The account whose trail gets it.
    pub recipient: AccountId,
    /// `errorCode`, as CloudTrail spells it.
    pub error_code: Option<Box<str>>,
    /// `errorMessage`
    pub error_message: Option<Box<str>>,
    /// `readOnly`
    pub read_only: bool,
    pub(crate) id: [u8; 16],
    pub(crate) request_id: [u8; 16],
    pub(crate) identity: Arc<Identity>,
    pub(crate) source_ip: IpAddr,
    pub(crate) user_agent: Option<Arc<str>>,
    /// The members that differ from call to call, as the text of a JSON object.
    pub(crate) details: Box<str>,
}

impl Event {
    /// `eventID`
    #[must_use]
    pub fn id(&self) -> String {
        uuid(&self.id)
    }

    /// The caller's ARN, or the service's name.
    #[must_use]
    pub fn caller_arn(&self) -> &str {
        &self.identity.arn
    }

    /// The event as CloudTrail writes it, schema 1.11 (CloudTrail User Guide, "CloudTrail record
    /// contents for management, data, and network activity events").
    #[must_use]
    pub fn to_json(&self) -> Value {
        let by_service = self.identity.invoked_by.as_deref();
        let source = by_service.map_or_else(|| self.source_ip.to_string(), str::to_owned);
        let agent = by_service.or(self.user_agent.as_deref()).unwrap_or("-");
        let mut details = object(&self.details);
        let mut event = Map::with_capacity(26);
        let mut put = |name: &str, value: Value| {
            event.insert(name.to_owned(), value);
        };
        put("eventVersion", "1.11".into());
        put("userIdentity", Value::Object(object(&self.identity.json)));
        put("eventTime", seconds(self.time).into());
        put("eventSource", self.service.event_source().into());
        put("eventName", (*self.name).into());
        put("awsRegion", (*self.region).into());
        put("sourceIPAddress", source.into());
        put("userAgent", agent.into());
        if let Some(code) = &self.error_code {
            put("errorCode", (**code).into());
        }
        if let Some(message) = &self.error_message {
            put("errorMessage", (**message).into());
        }
        for name in ["requestParameters", "responseElements"] {
            put(name, details.remove(name).unwrap_or(Value::Null));
        }
        if let Some(data) = details.remove("additionalEventData") {
            put("additionalEventData", data);
        }
        put("requestID", uuid(&self.request_id).into());
        put("eventID", uuid(&self.id).into());
        put("readOnly", self.read_only.into());
        if let Some(resources) = details.remove("resources") {
            put("resources", resources);
        }
        put("eventType", "AwsApiCall".into());
        if self.service == Service::CloudTrail {
            put("apiVersion", self.service.version().into());
        }
        put("managementEvent", true.into());
        put("recipientAccountId", self.recipient.to_string().into());
        if let Some(id) = details.remove("sharedEventID") {
            put("sharedEventID", id);
        }
        put("eventCategory", "Management".into());
        if by_service.is_none() {
            put("tlsDetails", self.tls());
        }
        Value::Object(event)
    }

    /// What a client of AWS's own endpoint would have spoken; the sandbox's port says nothing that
    /// a reader of the event could use.
    fn tls(&self) -> Value {
        let host = match self.service {
            Service::Iam => "iam.amazonaws.com".to_owned(),
            service => format!("{}.{}.amazonaws.com", service.name(), self.region),
        };
        serde_json::json!({
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": host,
        })
    }

    /// The bytes it takes, the shared parts left out.
    fn bytes(&self) -> usize {
        // The event, its reference counts, its place in the log and what allocating costs.
        const EACH: usize = size_of::<Event>() + 16 + 8 + 48;
        let text = |text: &Option<Box<str>>| text.as_ref().map_or(0, |text| text.len() + 16);
        EACH + self.details.len() + text(&self.error_code) + text(&self.error_message)
    }
}

fn object(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}

pub(crate) fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The sixteen bytes of a UUID; what is none, a state file from elsewhere may hold, gives zeros.
pub(crate) fn uuid_bytes(text: &str) -> [u8; 16] {
    let mut digits = text.chars().filter_map(|letter| letter.to_digit(16));
    std::array::from_fn(|_| {
        let high = digits.next().unwrap_or(0);
        let low = digits.next().unwrap_or(0);
        u8::try_from(high << 4 | low).unwrap_or(0)
    })
}

fn uuid(bytes: &[u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for nibble in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(nibble), 16));
        }
    }
    text
}

/// CloudTrail cuts long messages, the encoded ones of EC2 above all (seen in public event data).
pub(crate) fn cut(message: &str) -> Box<str> {
    const LONGEST: usize = 1023;
    if message.chars().count() <= LONGEST {
        return message.into();
    }
    let mut short: String = message.chars().take(LONGEST).collect();
    short.push_str("...");
    short.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_read_and_written_alike() {
        let text = "0acb1bc6-cb0a-4de6-91ae-a6506e3d36f0";
        assert_eq!(uuid(&uuid_bytes(text)), text);
        assert_eq!(uuid_bytes("none"), uuid_bytes("ne"));
    }

    #[test]
    fn a_long_message_is_cut_as_cloudtrail_does() {
        let long = "x".repeat(2000);
        let short = cut(&long);
        assert_eq!(short.len(), 1026);
        assert!(short.ends_with("x..."));
        assert_eq!(&*cut("short"), "short");
    }
}
