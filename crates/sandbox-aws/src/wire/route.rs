use http::request::Parts;

use crate::service::Service;
use crate::sigv4::Authorization;

/// The service a request is for: the one its signature is for, else the one its host or path names.
///
/// SDKs sign with the service's name in the scope, so one port serves all. Presigned and unsigned
/// requests, and clients with a host override, are told apart by `sts.eu-central-1.amazonaws.com`
/// and by paths only EKS has.
pub(crate) fn service(parts: &Parts, authorization: Option<&Authorization>) -> Option<Service> {
    authorization
        .and_then(|signed| Service::named(&signed.scope.service))
        .or_else(|| by_target(parts))
        .or_else(|| by_host(parts))
        .or_else(|| by_path(parts.uri.path()))
}

/// The one call that SDKs send without a signature tells in its body what it is.
pub(crate) fn by_body(body: &[u8]) -> Option<Service> {
    let action = format!("Action={}", crate::sts::UNSIGNED);
    body.split(|byte| *byte == b'&')
        .any(|field| field == action.as_bytes())
        .then_some(Service::Sts)
}

fn by_target(parts: &Parts) -> Option<Service> {
    let target = parts.headers.get("x-amz-target")?.to_str().ok()?;
    [
        ("CloudTrail", Service::CloudTrail),
        ("AWSOrganizations", Service::Organizations),
    ]
    .into_iter()
    .find_map(|(named, service)| target.contains(named).then_some(service))
}

fn by_host(parts: &Parts) -> Option<Service> {
    let host = parts
        .headers
        .get(http::header::HOST)
        .and_then(|host| host.to_str().ok())
        .or_else(|| parts.uri.host())?;
    host.split('.').find_map(Service::named)
}

fn by_path(path: &str) -> Option<Service> {
    let first = path.split('/').nth(1)?;
    matches!(first, "clusters" | "access-policies" | "tags" | "addons").then_some(Service::Eks)
}
