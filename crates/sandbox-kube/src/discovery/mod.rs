//! `/api`, `/apis` and below: which kinds there are, in the old form (one document for each group and
//! version) and in the aggregated one (all in two documents) that kubectl asks for first.

mod aggregated;
mod etag;
mod legacy;

pub(crate) use self::etag::{digest, etag, not_modified};

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, VARY};
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode};
use serde_json::Value;

use crate::answer::json;
use crate::resource::{Registry, Resource};

/// Answers a discovery request; nothing if the path is none.
pub fn respond(registry: &Registry, request: &Parts) -> Option<Response<Bytes>> {
    let path = request.uri.path().trim_end_matches('/');
    let steps: Vec<&str> = path.split('/').skip(1).collect();
    let aggregated = wanted(request);
    let (document, media) = match (steps.as_slice(), aggregated) {
        (["api"], Some(form)) => (aggregated::core(registry, form.version()), form.media()),
        (["apis"], Some(form)) => (aggregated::named(registry, form.version()), form.media()),
        (["api"], None) => (legacy::versions(), "application/json"),
        (["apis"], None) => (legacy::groups(registry), "application/json"),
        (["api", version], _) => (
            legacy::resources(registry, "", version)?,
            "application/json",
        ),
        (["apis", group], _) => (legacy::group(registry, group)?, "application/json"),
        (["apis", group, version], _) => (
            legacy::resources(registry, group, version)?,
            "application/json",
        ),
        _ => return None,
    };
    if !matches!(request.method, Method::GET | Method::HEAD) {
        return None;
    }
    Some(answer(request, &document, media))
}

fn answer(request: &Parts, document: &Value, media: &'static str) -> Response<Bytes> {
    let mut response = json(StatusCode::OK, document);
    let tag = etag(response.body());
    if not_modified(request, &tag) {
        response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(VARY, HeaderValue::from_static("Accept"));
    headers.insert(http::header::ETAG, tag);
    response
}

/// A version of the aggregated form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    V2,
    V2Beta1,
}

impl Form {
    fn version(self) -> &'static str {
        match self {
            Form::V2 => "v2",
            Form::V2Beta1 => "v2beta1",
        }
    }

    fn media(self) -> &'static str {
        match self {
            Form::V2 => "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
            Form::V2Beta1 => {
                "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"
            }
        }
    }
}

/// The aggregated form that the request's `Accept` asks for before any other.
fn wanted(request: &Parts) -> Option<Form> {
    let accept = request.headers.get_all(ACCEPT);
    let ranges = accept
        .iter()
        .filter_map(|a| a.to_str().ok())
        .flat_map(|a| a.split(','));
    for range in ranges {
        let parts: Vec<&str> = range.split(';').map(str::trim).collect();
        let has = |part: &str| parts.contains(&part);
        if !has("application/json") {
            continue;
        }
        if !has("as=APIGroupDiscoveryList") {
            return None;
        }
        if has("g=apidiscovery.k8s.io") && has("v=v2") {
            return Some(Form::V2);
        }
        if has("g=apidiscovery.k8s.io") && has("v=v2beta1") {
            return Some(Form::V2Beta1);
        }
    }
    None
}

/// A subresource of a kind as both forms tell it.
struct Below<'a> {
    name: &'a str,
    group: &'a str,
    version: &'a str,
    kind: &'a str,
    verbs: &'a [&'a str],
}

/// The subresources of a kind.
fn below(resource: &Resource) -> Vec<Below<'_>> {
    const CHANGE: &[&str] = &["get", "patch", "update"];
    let subresources = &resource.subresources;
    let others = subresources.others.iter().map(|other| Below {
        name: other.name,
        group: other.group,
        version: other.version,
        kind: other.kind,
        verbs: other.verbs,
    });
    let scale = subresources.scale.as_ref().map(|_| Below {
        name: "scale",
        group: "autoscaling",
        version: "v1",
        kind: "Scale",
        verbs: CHANGE,
    });
    let status = subresources.status.then(|| Below {
        name: "status",
        group: &resource.group,
        version: &resource.version,
        kind: &resource.kind,
        verbs: CHANGE,
    });
    others.chain(scale).chain(status).collect()
}
