//! The calls that were refused, as CloudTrail recorded them.

use std::sync::Arc;

use aws_config::Region;
use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey};
use aws_smithy_types::DateTime;
use percent_encoding::percent_decode_str;
use rolecall_facts::{ObservedCall, Origin, Timestamp};
use serde_json::Value;

use crate::Connection;
use crate::ledger::Ledger;
use crate::missing::Missing;
use crate::paging;

/// `LookupEvents` answers two calls a second and region (CloudTrail User Guide, "Quotas"), and a page
/// holds 50 events. A control plane that is refused asks again and again, so the newest few pages tell
/// all there is to tell.
const PAGES: usize = 4;

/// Where IAM's own calls are recorded: in the home region of the partition
/// (CloudTrail User Guide, "Global service events").
fn global_region(region: &str) -> Region {
    Region::from_static(match region {
        china if china.starts_with("cn-") => "cn-north-1",
        government if government.starts_with("us-gov-") => "us-gov-west-1",
        _ => "us-east-1",
    })
}

/// Reads one account's event history.
#[derive(Debug, Clone)]
pub(crate) struct Trail {
    regional: Client,
    global: Client,
    ledger: Arc<Ledger>,
}

impl Trail {
    pub(crate) fn new(connection: &Connection, ledger: Arc<Ledger>) -> Self {
        let global = connection
            .aws
            .to_builder()
            .region(global_region(connection.region()))
            .build();
        Self {
            regional: Client::new(&connection.aws),
            global: Client::new(&global),
            ledger,
        }
    }

    /// The failed calls of one name, newest first, since a moment.
    pub(crate) async fn failed(
        &self,
        event_name: &str,
        of_iam: bool,
        since: Option<Timestamp>,
    ) -> Result<Vec<ObservedCall>, Missing> {
        const CALL: &str = "cloudtrail:LookupEvents";
        let origin = Origin::api(CALL, event_name);
        let client = if of_iam { &self.global } else { &self.regional };
        let attribute = LookupAttribute::builder()
            .attribute_key(LookupAttributeKey::EventName)
            .attribute_value(event_name)
            .build()
            .map_err(|error| Missing::Failed {
                call: CALL.to_owned(),
                problem: error.to_string(),
            })?;
        let since = since.map(|since| DateTime::from_secs(since.as_second()));
        let region = client.config().region().map_or("", Region::as_ref);
        paging::first(PAGES, CALL, async |next| {
            let page = client.lookup_events().lookup_attributes(attribute.clone());
            let page = page.set_start_time(since).set_next_token(next).send();
            let page = self.ledger.call_in(region, &origin, page).await;
            let page = page.map_err(|error| Missing::of(&error, CALL, "*"))?;
            let events = page.events.unwrap_or_default();
            let failed = events.iter().filter_map(failed_call).collect();
            Ok((failed, page.next_token))
        })
        .await
    }
}

/// The record inside an event, if the call failed.
fn failed_call(event: &Event) -> Option<ObservedCall> {
    let record: Value = serde_json::from_str(event.cloud_trail_event.as_deref()?).ok()?;
    observed(&record)
}

/// A CloudTrail record of a call that failed; `None` for one that did not, or that is no record.
///
/// Parameters keep their names on the wire: an EKS call names its cluster `name`, an older record
/// `clusterName`; what stood in a URL's path is percent-encoded.
pub(crate) fn observed(record: &Value) -> Option<ObservedCall> {
    let text = |pointer: &str| record.pointer(pointer)?.as_str().map(str::to_owned);
    let parameter = |name: &str| text(&format!("/requestParameters/{name}"));
    let event_source = text("/eventSource")?;
    let event_name = text("/eventName")?;
    let event_id = text("/eventID")?;
    let of_eks = event_source == "eks.amazonaws.com";
    let cluster = parameter("clusterName").or_else(|| parameter("name").filter(|_| of_eks));
    let profile = parameter("instanceProfileName")
        .or_else(|| parameter("iamInstanceProfile/name"))
        .or_else(|| parameter("iamInstanceProfile/arn"));
    Some(ObservedCall {
        origin: Origin::api("cloudtrail:LookupEvents", &event_id),
        event_id,
        time: text("/eventTime")?.parse().ok()?,
        account: text("/recipientAccountId").and_then(|text| text.parse().ok()),
        region: text("/awsRegion"),
        caller_arn: text("/userIdentity/arn"),
        session_issuer_arn: text("/userIdentity/sessionContext/sessionIssuer/arn"),
        invoked_by: text("/userIdentity/invokedBy"),
        error_code: text("/errorCode")?,
        error_message: text("/errorMessage"),
        cluster,
        principal_arn: parameter("principalArn").map(|arn| decoded(&arn)),
        role: parameter("roleName").or_else(|| parameter("roleArn")),
        instance_profile: profile,
        event_source,
        event_name,
    })
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
