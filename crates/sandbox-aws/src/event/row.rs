use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;
use rolecall_arn::AccountId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Event, Identity, uuid, uuid_bytes};
use crate::service::Service;

/// An event as the state keeps it.
#[derive(Serialize, Deserialize)]
pub(super) struct Row<'a> {
    time: Timestamp,
    service: Cow<'a, str>,
    name: Cow<'a, str>,
    region: Cow<'a, str>,
    recipient: AccountId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error_code: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error_message: Option<Cow<'a, str>>,
    read_only: bool,
    id: String,
    request_id: String,
    /// `userIdentity`, as JSON.
    identity: Cow<'a, str>,
    /// The caller's ARN, where the identity has none.
    arn: Cow<'a, str>,
    ip: IpAddr,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    agent: Option<Cow<'a, str>>,
    details: Cow<'a, str>,
}

impl<'a> From<&'a Event> for Row<'a> {
    fn from(event: &'a Event) -> Self {
        Self {
            time: event.time,
            service: event.service.name().into(),
            name: (*event.name).into(),
            region: (*event.region).into(),
            recipient: event.recipient,
            error_code: event.error_code.as_deref().map(Into::into),
            error_message: event.error_message.as_deref().map(Into::into),
            read_only: event.read_only,
            id: event.id(),
            request_id: uuid(&event.request_id),
            identity: (*event.identity.json).into(),
            arn: (*event.identity.arn).into(),
            ip: event.source_ip,
            agent: event.user_agent.as_deref().map(Into::into),
            details: (*event.details).into(),
        }
    }
}

impl Row<'_> {
    /// The event of this row; `None` when it names a service nobody knows.
    pub(super) fn event(self, number: u64) -> Option<Event> {
        let identity: Value = serde_json::from_str(&self.identity).ok()?;
        Some(Event {
            number,
            time: self.time,
            service: Service::named(&self.service)?,
            name: self.name.into_owned().into(),
            region: self.region.into(),
            recipient: self.recipient,
            error_code: self.error_code.map(Into::into),
            error_message: self.error_message.map(Into::into),
            read_only: self.read_only,
            id: uuid_bytes(&self.id),
            request_id: uuid_bytes(&self.request_id),
            identity: Arc::new(Identity::new(&identity, &self.arn)),
            source_ip: self.ip,
            user_agent: self.agent.map(Into::into),
            details: self.details.into(),
        })
    }
}
