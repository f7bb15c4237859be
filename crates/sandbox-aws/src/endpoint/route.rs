//! Which operation a request is for, and with which parameters.

use bytes::Bytes;
use http::Response;
use http::request::Parts;
use serde_json::Value;

use crate::failure::Failure;
use crate::operation::Operation;
use crate::parameters::Parameters;
use crate::service::{Protocol, Service};
use crate::sigv4::Authorization;
use crate::wire;

/// An operation found for a request.
pub(crate) struct Routed {
    pub(crate) operation: Operation,
    pub(crate) parameters: Parameters,
    pub(crate) region: String,
    /// Answered so instead of being carried out.
    pub(super) fault: Option<Failure>,
}

/// A request no operation was found for.
pub(crate) struct Unrouted {
    pub(super) operation: String,
    pub(super) failure: Failure,
}

pub(super) fn route(
    service: Service,
    parts: &Parts,
    body: &[u8],
    signed: Option<&Authorization>,
) -> Result<Routed, Unrouted> {
    let region = match service {
        // IAM and Organizations are global; their events are in us-east-1.
        Service::Iam | Service::Organizations => "us-east-1".to_owned(),
        // So is the old endpoint of STS.
        Service::Sts if header(parts, "host").as_deref() == Some("sts.amazonaws.com") => {
            "us-east-1".to_owned()
        }
        _ => region_of(parts, signed),
    };
    let found = match service.protocol() {
        Protocol::Query | Protocol::Ec2 => query(service, parts, body),
        Protocol::Json11 => target(service, parts, body),
        Protocol::RestJson => crate::eks::route(parts, body),
        Protocol::S3 => Err((String::new(), unknown_action(service, ""))),
    };
    found
        .map(|(operation, parameters)| Routed {
            operation,
            parameters,
            region,
            fault: None,
        })
        .map_err(|(operation, failure)| Unrouted { operation, failure })
}

type Found = Result<(Operation, Parameters), (String, Failure)>;

fn query(service: Service, parts: &Parts, body: &[u8]) -> Found {
    let mut parameters = wire::form_parameters(parts.uri.query().unwrap_or_default().as_bytes());
    let form = header(parts, "content-type")
        .is_none_or(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    if form {
        parameters.0.extend(wire::form_parameters(body).0);
    }
    let Some(action) = parameters.text("Action").map(str::to_owned) else {
        let failure = Failure::new(
            "MissingAction",
            400,
            "The request must contain the parameter Action.",
        );
        return Err((String::new(), failure));
    };
    parameters.0.retain(|name, _| {
        !matches!(name.as_str(), "Action" | "Version") && !name.starts_with("X-Amz-")
    });
    let operation = match service {
        Service::Iam => crate::iam::operation(&action),
        Service::Sts => crate::sts::operation(&action),
        _ => crate::ec2::operation(&action),
    };
    match operation {
        Some(operation) => Ok((operation, parameters)),
        None => {
            let failure = unknown_action(service, &action);
            Err((action, failure))
        }
    }
}

fn target(service: Service, parts: &Parts, body: &[u8]) -> Found {
    let target = header(parts, "x-amz-target").unwrap_or_default();
    let name = target.rsplit('.').next().unwrap_or_default().to_owned();
    let found = match service {
        Service::Organizations => crate::organizations::operation(&name),
        _ => crate::cloudtrail::operation(&name),
    };
    let Some(operation) = found else {
        let failure = unknown_action(service, &name);
        return Err((name, failure));
    };
    json_parameters(body)
        .map(|parameters| (operation, parameters))
        .map_err(|failure| (name, failure))
}

/// The members of a JSON body; an empty body has none.
pub(crate) fn json_parameters(body: &[u8]) -> Result<Parameters, Failure> {
    if body.is_empty() {
        return Ok(Parameters::default());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(Parameters(members)),
        _ => Err(Failure::new(
            "SerializationException",
            400,
            "The request body is not a JSON object",
        )),
    }
}

fn unknown_action(service: Service, action: &str) -> Failure {
    match service.protocol() {
        Protocol::Json11 | Protocol::RestJson => Failure::new(
            "UnknownOperationException",
            404,
            format!("the sandbox emulates no operation {action} of {service}"),
        ),
        _ => Failure::new(
            "InvalidAction",
            400,
            format!(
                "The action {action} is not valid for this endpoint. (The sandbox emulates no such \
                 operation of {service}.)"
            ),
        ),
    }
}

/// The region in the signature's scope, or in the host name.
fn region_of(parts: &Parts, signed: Option<&Authorization>) -> String {
    if let Some(signed) = signed {
        return signed.scope.region.clone();
    }
    let host = header(parts, "host").unwrap_or_default();
    host.split('.')
        .find(|label| {
            label.split('-').count() >= 3 && label.ends_with(|last: char| last.is_ascii_digit())
        })
        .unwrap_or_default()
        .to_owned()
}

pub(super) fn header(parts: &Parts, name: &str) -> Option<String> {
    let value = parts.headers.get(name)?.to_str().ok()?;
    Some(value.to_owned())
}

pub(super) fn unknown_service(request_id: &str) -> Response<Bytes> {
    wire::failure(
        Service::Sts,
        &Failure::new(
            "UnknownService",
            404,
            "No AWS service could be told from this request: it has no signature, and neither its \
             host nor its path names one. The sandbox emulates iam, sts, eks, ec2, cloudtrail, \
             organizations and s3; point a client's AWS_ENDPOINT_URL here, and it signs what it sends.",
        ),
        request_id,
    )
}
