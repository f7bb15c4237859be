//! The admin API at `/_rolecall/`: what only a sandbox can be asked.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use rolecall_facts::Snapshot;
use rolecall_sandbox_aws::CallRecord;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::load::Load;
use crate::state::StateError;
use crate::world::{Saved, World};

/// What every path of the API begins with.
pub(crate) const PREFIX: &str = "/_rolecall/";

/// Why a request of the admin API was not carried out.
struct Refused {
    status: StatusCode,
    message: String,
}

type Answered = Result<Value, Refused>;

fn refused(status: StatusCode, message: impl Into<String>) -> Refused {
    Refused {
        status,
        message: message.into(),
    }
}

/// Answers a request of the admin API. `about` is what the process says of itself.
pub(crate) fn answer(world: &World, about: &Value, request: &Request<Bytes>) -> Response<Bytes> {
    // A page in a browser must not reach it: no admin client sends an Origin.
    let answered = if request.headers().contains_key("origin") {
        Err(refused(
            StatusCode::FORBIDDEN,
            "the admin API is not for browsers",
        ))
    } else {
        route(world, about, request)
    };
    let (status, body) = match answered {
        Ok(value) => (StatusCode::OK, value),
        Err(refused) => (refused.status, json!({"error": refused.message})),
    };
    let mut response = Response::new(Bytes::from(format!("{body}\n")));
    *response.status_mut() = status;
    response.headers_mut().insert(
        http::header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}

fn route(world: &World, about: &Value, request: &Request<Bytes>) -> Answered {
    let path = request
        .uri()
        .path()
        .strip_prefix(PREFIX)
        .unwrap_or_default();
    let body = request.body();
    match (request.method(), path) {
        (&Method::GET, "") => Ok(status(world, about)),
        (&Method::POST, "reset") => {
            world.reset();
            Ok(json!({}))
        }
        (&Method::GET, "state") => Ok(json!(world.save())),
        (&Method::PUT, "state") => {
            let saved: Saved = parsed(body)?;
            let problem = |problem: String| refused(StatusCode::BAD_REQUEST, problem);
            world.replace(&saved).map_err(problem)?;
            Ok(json!({}))
        }
        (&Method::POST, "load") => load(world, body),
        (&Method::POST, "settle") => Ok(json!({"troubles": world.settle()})),
        (&Method::POST, "deliver") => Ok(json!({"files": world.deliver()})),
        (&Method::POST, "time") => time(world, &parsed(body)?),
        (&Method::GET, "calls") => Ok(calls(world, request.uri().query().unwrap_or_default())),
        (&Method::DELETE, "calls") => {
            world.aws().calls().clear();
            Ok(json!({}))
        }
        (&Method::GET, "faults") => Ok(faults(world)),
        (&Method::POST, "faults") => add_fault(world, &parsed(body)?),
        (&Method::DELETE, "faults") => {
            world.aws().faults().clear();
            Ok(json!({}))
        }
        _ => Err(refused(
            StatusCode::NOT_FOUND,
            "the admin API has: GET . · POST reset, load, settle, deliver, time · GET and PUT state · \
             GET and DELETE calls · GET, POST and DELETE faults",
        )),
    }
}

fn parsed<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| {
        refused(
            StatusCode::BAD_REQUEST,
            format!("the body is wrong: {error}"),
        )
    })
}

fn status(world: &World, about: &Value) -> Value {
    let clusters: Vec<Value> = world
        .clusters()
        .iter()
        .map(|cluster| {
            json!({
                "name": cluster.key.name,
                "account": cluster.key.account.to_string(),
                "region": cluster.key.region,
                "id": cluster.id(),
            })
        })
        .collect();
    let clock = world.aws().clock();
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "exports": about,
        "account": world.settings().account.to_string(),
        "region": world.settings().region,
        "controlPlane": world.generation_name(),
        "now": clock.now().to_string(),
        "speed": clock.speed(),
        "clusters": clusters,
        "faults": faults(world).get("faults").cloned().unwrap_or_default(),
        "calls": world.aws().calls().total(),
    })
}

fn load(world: &World, body: &[u8]) -> Answered {
    let text = String::from_utf8_lossy(body);
    let snapshot = Snapshot::from_json(&text)
        .map_err(|error| refused(StatusCode::BAD_REQUEST, error.to_string()))?;
    let notes = world.load(&Load {
        snapshot,
        ..Load::default()
    });
    let notes: Vec<String> = notes.into_iter().map(|note| note.message).collect();
    Ok(json!({"notes": notes}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Time {
    step: Option<String>,
    speed: Option<f64>,
}

fn time(world: &World, time: &Time) -> Answered {
    let clock = world.aws().clock();
    if let Some(step) = &time.step {
        let duration: jiff::SignedDuration = step.parse().map_err(|error| {
            refused(
                StatusCode::BAD_REQUEST,
                format!("`{step}` is not a duration such as 15m or 1h 30m: {error}"),
            )
        })?;
        let duration = std::time::Duration::try_from(duration)
            .map_err(|_| refused(StatusCode::BAD_REQUEST, "time goes forward only"))?;
        clock.step(duration);
        world.settle();
    }
    if let Some(speed) = time.speed {
        if !speed.is_finite() || speed < 0.0 {
            return Err(refused(
                StatusCode::BAD_REQUEST,
                "a speed is a number from 0 up",
            ));
        }
        clock.set_speed(speed);
    }
    Ok(json!({"now": clock.now().to_string(), "speed": clock.speed()}))
}

/// `?after=NUMBER&caller=TEXT&operation=eks:DescribeAccessEntry`: calls after a number, whose caller
/// holds a text, of an operation.
fn calls(world: &World, query: &str) -> Value {
    let value = |name: &str| {
        query
            .split('&')
            .filter_map(|field| field.split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| {
                percent_encoding::percent_decode_str(value)
                    .decode_utf8_lossy()
                    .into_owned()
            })
    };
    let after = value("after")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let (caller, operation) = (value("caller"), value("operation"));
    let wanted = |record: &CallRecord| {
        let name = format!("{}:{}", record.service, record.operation);
        caller.as_ref().is_none_or(|caller| {
            record
                .caller
                .as_ref()
                .is_some_and(|known| known.contains(caller.as_str()))
        }) && operation
            .as_ref()
            .is_none_or(|operation| *operation == name)
    };
    let log = world.aws().calls();
    let records: Vec<CallRecord> = log.after(after).into_iter().filter(wanted).collect();
    let counts: BTreeMap<String, u64> = log.counts();
    json!({"total": log.total(), "counts": counts, "calls": records})
}

fn faults(world: &World) -> Value {
    let rules: Vec<String> = world
        .aws()
        .faults()
        .list()
        .iter()
        .map(|(_, rule)| rule.to_string())
        .collect();
    json!({"faults": rules})
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fault {
    fault: String,
}

fn add_fault(world: &World, fault: &Fault) -> Answered {
    let rule = fault
        .fault
        .parse()
        .map_err(|error: rolecall_sandbox_aws::FaultError| {
            refused(StatusCode::BAD_REQUEST, error.to_string())
        })?;
    world.aws().faults().add(rule);
    Ok(faults(world))
}

/// What is answered when answering went wrong.
pub(crate) fn broken() -> Response<Bytes> {
    error_response("the sandbox could not answer; this is a fault of rolecall's")
}

/// What is answered when a change could not be put on disk: it must not be taken for acknowledged.
pub(crate) fn not_kept(error: &StateError) -> Response<Bytes> {
    error_response(&error.to_string())
}

fn error_response(message: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(json!({"message": message}).to_string()));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}
