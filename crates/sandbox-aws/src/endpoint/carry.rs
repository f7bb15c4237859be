//! Carrying a call out and recording it.

use std::net::IpAddr;
use std::sync::Arc;

use http::request::Parts;
use serde_json::Value;

use super::Aws;
use super::route::{Routed, header};
use crate::call::{Call, Notes};
use crate::event::{self, Draft, Identity};
use crate::failure::Failure;
use crate::operation::{Outcome, Run};
use crate::parameters::Parameters;
use crate::service::Service;
use crate::standing::Standing;

impl Aws {
    /// A call on its way; its parameters are still to come.
    #[expect(clippy::too_many_arguments, reason = "what a call begins with")]
    pub(crate) fn call(
        &self,
        service: Service,
        operation: &'static str,
        region: &str,
        standing: Arc<Standing>,
        parts: &Parts,
        source_ip: IpAddr,
        request_id: &str,
    ) -> Call<'_> {
        let region = if region.is_empty() {
            &self.shared.settings.region
        } else {
            region
        };
        // Only services are believed: for anybody else these would be a way around a trust policy.
        let by_service = standing.caller.is_service();
        let source = |name| by_service.then(|| header(parts, name)).flatten();
        Call {
            service,
            operation,
            region: region.to_owned(),
            parameters: Parameters::default(),
            standing,
            now: self.shared.clock.now(),
            request_id: request_id.to_owned(),
            source_ip,
            user_agent: header(parts, "user-agent"),
            source_arn: source("x-amz-source-arn"),
            source_account: source("x-amz-source-account"),
            shared: &self.shared,
            notes: Notes::default(),
        }
    }

    pub(super) fn run(
        &self,
        service: Service,
        routed: Routed,
        standing: Arc<Standing>,
        parts: &Parts,
        source_ip: IpAddr,
        request_id: &str,
    ) -> Result<(&'static str, Value), Failure> {
        let operation = routed.operation;
        let mut call = self.call(
            service,
            operation.name,
            &routed.region,
            standing,
            parts,
            source_ip,
            request_id,
        );
        call.parameters = routed.parameters;
        let outcome = match (routed.fault, operation.run) {
            (Some(fault), _) => Err(fault),
            (None, Run::Read(run)) => run(&self.state.read(), &mut call),
            (None, Run::Write(run)) => {
                let mut state = self.state.write();
                let outcome = run(&mut state, &mut call);
                if service == Service::Iam {
                    state.touch();
                }
                outcome
            }
        };
        self.record(operation.name, operation.is_read_only(), call, &outcome);
        outcome.map(|output| (operation.name, output))
    }

    pub(crate) fn record(
        &self,
        name: &'static str,
        reads: bool,
        mut call: Call<'_>,
        outcome: &Outcome,
    ) {
        let failure = outcome.as_ref().err();
        if call.service == Service::Ec2
            && !reads
            && let Ok(output) = outcome
        {
            let recorded = crate::ec2::record::response(&call.request_id, output);
            call.notes.response_elements = Some(recorded);
        }
        let response = match (outcome, &call.notes.response_elements) {
            (Err(_), _) => &Value::Null,
            (Ok(_), Some(noted)) => noted,
            (Ok(output), None) => match output {
                Value::Object(members) if !reads && !members.is_empty() => output,
                _ => &Value::Null,
            },
        };
        let request = call.notes.request_parameters.take().unwrap_or_else(|| {
            let all = std::mem::take(&mut call.parameters.0);
            if call.service == Service::Ec2 {
                return crate::ec2::record::request(name, &all);
            }
            if all.is_empty() {
                Value::Null
            } else {
                Value::Object(all)
            }
        });
        let caller = &call.standing.caller;
        let ids = &self.shared.ids;
        let mut recipients = std::mem::take(&mut call.notes.recipients);
        if recipients.is_empty() {
            recipients.push(caller.account);
        }
        // Events of services and of several accounts say which of them are of one call.
        let shared_id = (recipients.len() > 1 || caller.is_service()).then(|| ids.uuid());
        let noted = call.notes.identity.take().map(Arc::new);
        let details = event::details(
            call.service,
            &request,
            response,
            &call.notes.resources,
            call.notes.additional_data.as_ref(),
            shared_id.as_deref(),
        );
        for recipient in recipients {
            let identity = match &noted {
                Some(noted) => Arc::clone(noted),
                None if recipient == caller.account => Arc::clone(&call.standing.identity),
                None => Arc::new(Identity::of(caller, recipient)),
            };
            self.shared.events.push(Draft {
                time: call.now,
                service: call.service,
                name: name.into(),
                region: &call.region,
                recipient,
                error_code: failure.map(|failure| failure.recorded().into()),
                error_message: failure
                    .filter(|failure| !failure.message.is_empty())
                    .map(|failure| event::cut(&failure.message)),
                read_only: call.notes.read_only.unwrap_or(reads),
                id: ids.uuid_bytes(),
                request_id: &call.request_id,
                identity,
                source_ip: call.source_ip,
                user_agent: call.user_agent.as_deref(),
                details: details.clone(),
            });
        }
    }
}
