use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::logging::epoch;
use super::named::failure;
use super::resources::resources;
use crate::authorize::Ask;
use crate::call::Call;
use crate::event::Event;
use crate::failure::Failure;
use crate::operation::Outcome;
use crate::parameters::Parameters;
use crate::state::State;

/// `LookupEvents`: the events of this account and region, newest first, as far back as the log goes.
/// IAM's are in us-east-1 (CloudTrail User Guide, "Viewing recent management events").
pub(super) fn lookup_events(state: &State, call: &mut Call<'_>) -> Outcome {
    call.authorize(&Ask::new("cloudtrail:LookupEvents", "*"))?;
    let wanted = Wanted::read(&call.parameters)?;
    let most = match call.parameters.get("MaxResults") {
        None => 50,
        Some(_) => call
            .parameters
            .integer("MaxResults")
            .filter(|most| (1..=50).contains(most))
            .and_then(|most| usize::try_from(most).ok())
            .ok_or_else(|| {
                failure(
                    "InvalidMaxResultsException",
                    "A maximum of 50 results may be returned. Specify a value from 1 to 50.",
                )
            })?,
    };
    if call.parameters.get("EventCategory").is_some() {
        // Insights are made from weeks of events; there are none here.
        return Ok(json!({"Events": []}));
    }
    let question = question(&call.parameters);
    let before = match call.parameters.text("NextToken") {
        Some(token) => read_token(token, question)
            .ok_or_else(|| failure("InvalidNextTokenException", "Invalid token."))?,
        None => u64::MAX,
    };
    let (account, region) = (call.account(), call.region.as_str());
    let oldest = call.now.as_second() - DAYS * 86_400;
    let mut found = state.cloudtrail.events.page(before, most + 1, |event| {
        event.recipient == account
            && &*event.region == region
            && event.time.as_second() >= oldest
            && wanted.is(event)
    });
    let more = found.len() > most;
    found.truncate(most);
    let mut output = Map::new();
    let events = found.iter().map(|event| shown(event)).collect();
    output.insert("Events".to_owned(), Value::Array(events));
    if let Some(last) = found.last().filter(|_| more) {
        let token = URL_SAFE_NO_PAD.encode(format!("{}.{question}", last.number));
        output.insert("NextToken".to_owned(), token.into());
    }
    Ok(Value::Object(output))
}

/// How far back the history goes (CloudTrail User Guide, "Viewing recent management events").
const DAYS: i64 = 90;

/// A token goes on with the question it was given for.
fn question(parameters: &Parameters) -> u64 {
    let mut hasher = DefaultHasher::new();
    for name in ["LookupAttributes", "StartTime", "EndTime"] {
        parameters.get(name).map(Value::to_string).hash(&mut hasher);
    }
    hasher.finish()
}

fn read_token(token: &str, question: u64) -> Option<u64> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (number, asked) = text.split_once('.')?;
    (asked.parse() == Ok(question))
        .then(|| number.parse().ok())
        .flatten()
}

/// What an event must be like.
struct Wanted {
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    attribute: Option<(String, String)>,
}

const ATTRIBUTES: [&str; 8] = [
    "EventId",
    "EventName",
    "ReadOnly",
    "Username",
    "ResourceType",
    "ResourceName",
    "EventSource",
    "AccessKeyId",
];

impl Wanted {
    fn read(parameters: &Parameters) -> Result<Self, Failure> {
        if parameters
            .text("EventCategory")
            .is_some_and(|category| category != "insight")
        {
            return Err(failure(
                "InvalidEventCategoryException",
                "The only valid value of EventCategory is insight.",
            ));
        }
        let (start, end) = (time(parameters, "StartTime")?, time(parameters, "EndTime")?);
        if let (Some(start), Some(end)) = (start, end)
            && start > end
        {
            return Err(failure(
                "InvalidTimeRangeException",
                "The start time must be before the end time.",
            ));
        }
        let attributes = parameters.list("LookupAttributes");
        let attribute = match attributes.as_slice() {
            [] => None,
            [one] => Some(attribute(one)?),
            _ => {
                return Err(failure(
                    "InvalidLookupAttributesException",
                    "You can only specify one lookup attribute.",
                ));
            }
        };
        Ok(Self {
            start,
            end,
            attribute,
        })
    }

    fn is(&self, event: &Event) -> bool {
        self.start.is_none_or(|start| event.time >= start)
            && self.end.is_none_or(|end| event.time <= end)
            && self
                .attribute
                .as_ref()
                .is_none_or(|(key, value)| has(event, key, value))
    }
}

fn attribute(value: &Value) -> Result<(String, String), Failure> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    match (text("AttributeKey"), text("AttributeValue")) {
        (Some(key), Some(value)) if ATTRIBUTES.contains(&key) && !value.is_empty() => {
            Ok((key.to_owned(), value.to_owned()))
        }
        _ => Err(failure(
            "InvalidLookupAttributesException",
            format!(
                "A lookup attribute has a value and one of the keys {}.",
                ATTRIBUTES.join(", ")
            ),
        )),
    }
}

fn has(event: &Event, key: &str, value: &str) -> bool {
    let is = |text: &Option<Box<str>>| text.as_deref() == Some(value);
    match key {
        "EventId" => event.id() == value,
        "EventName" => event.name == value,
        "ReadOnly" => event.read_only.to_string() == value,
        "EventSource" => event.service.event_source() == value,
        "Username" => is(&event.identity.user_name),
        "AccessKeyId" => is(&event.identity.access_key_id),
        "ResourceName" => {
            // Most events are passed over without reading their JSON.
            let part = value.rsplit(['/', ':']).next().unwrap_or(value);
            event.details.contains(part) && resources(event).iter().any(|(_, name)| name == value)
        }
        _ => resources(event).iter().any(|(kind, _)| kind == value),
    }
}

fn time(parameters: &Parameters, name: &str) -> Result<Option<Timestamp>, Failure> {
    let Some(value) = parameters.get(name) else {
        return Ok(None);
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a time of a client; what is out of range is refused by the conversion"
    )]
    let time = match value {
        Value::String(text) => text.parse().ok(),
        _ => value
            .as_f64()
            .and_then(|seconds| Timestamp::from_millisecond((seconds * 1000.0) as i64).ok()),
    };
    time.map(Some).ok_or_else(|| {
        failure(
            "InvalidTimeRangeException",
            format!("{name} is not a time."),
        )
    })
}

fn shown(event: &Event) -> Value {
    let mut shown = Map::new();
    let mut put = |name: &str, value: Value| {
        shown.insert(name.to_owned(), value);
    };
    put("EventId", event.id().into());
    put("EventName", (*event.name).into());
    put("ReadOnly", event.read_only.to_string().into());
    if let Some(key) = &event.identity.access_key_id {
        put("AccessKeyId", (**key).into());
    }
    put("EventTime", epoch(event.time));
    put("EventSource", event.service.event_source().into());
    if let Some(name) = &event.identity.user_name {
        put("Username", (**name).into());
    }
    let resources: Vec<Value> = resources(event)
        .into_iter()
        .map(|(kind, name)| json!({"ResourceType": kind, "ResourceName": name}))
        .collect();
    put("Resources", resources.into());
    put("CloudTrailEvent", event.to_json().to_string().into());
    Value::Object(shown)
}
