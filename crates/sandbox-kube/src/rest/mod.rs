//! From an HTTP request to an answer: who asks, for what, may they, and what comes of it.

mod admit;
mod body;
mod checks;
mod defaults;
mod delete;
mod events;
mod fresh;
mod garbage;
mod identity;
mod kinds;
mod listing;
mod metadata;
mod patching;
mod path;
mod present;
mod query;
mod review;
mod scale;
mod subresource;
mod sweep;
mod update;
mod watching;
mod yaml;

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Request, Response, StatusCode};

pub(crate) use body::Format;
pub(crate) use present::{line, shown_event};
pub(crate) use watching::too_old;

use path::Target;
use query::Query;

use crate::answer::{self, Answer};
use crate::rbac;
use crate::resource::Resource;
use crate::server::Shared;
use crate::status::Status;
use crate::user::{Attributes, User};

/// One request for a resource, understood.
#[derive(Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) shared: &'a Arc<Shared>,
    pub(crate) resource: Arc<Resource>,
    pub(crate) target: Target,
    pub(crate) query: Query,
    pub(crate) user: User,
    pub(crate) parts: &'a Parts,
    pub(crate) body: &'a Bytes,
    pub(crate) format: Format,
    /// Now, as metadata writes it.
    pub(crate) now: String,
    /// Whether roles and bindings may be written that give more than the user has.
    pub(crate) may_escalate: bool,
}

impl Ask<'_> {
    /// Who is written down as the manager of changed fields.
    pub(crate) fn manager(&self) -> String {
        if !self.query.field_manager.is_empty() {
            return self.query.field_manager.clone();
        }
        let agent = self.parts.headers.get(http::header::USER_AGENT);
        let agent = agent
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let name = agent.split('/').next().unwrap_or_default();
        if name.is_empty() {
            "unknown".to_owned()
        } else {
            name.chars().take(128).collect()
        }
    }

    /// `configmaps "x" not found`.
    pub(crate) fn not_found(&self) -> Status {
        Status::not_found(
            &self.resource.group,
            &self.resource.plural,
            &self.target.name,
        )
    }

    /// 422 of this kind.
    pub(crate) fn invalid(&self, name: &str, causes: Vec<crate::status::Cause>) -> Status {
        Status::invalid(&self.resource.group, &self.resource.kind, name, causes)
    }
}

/// Answers one request.
pub(crate) fn handle(shared: &Arc<Shared>, request: Request<Bytes>) -> Answer {
    let (parts, body) = request.into_parts();
    let head = parts.method == http::Method::HEAD;
    match answer(shared, &parts, &body) {
        Ok(Answer::Whole(response)) if head => Answer::Whole(response.map(|_| Bytes::new())),
        Ok(answer) => answer,
        Err(status) => Answer::Whole((&status).into()),
    }
}

fn answer(shared: &Arc<Shared>, parts: &Parts, body: &Bytes) -> Result<Answer, Status> {
    let path = parts.uri.path();
    let user = identity::who(shared, parts)?;
    body::check_size(body)?;
    let Some(target) = Target::parse(path) else {
        let verb = parts.method.as_str().to_ascii_lowercase();
        let ask = Attributes {
            verb: &verb,
            path,
            ..Attributes::default()
        };
        // Whether a server lives is told to everybody, so that probes need no identity.
        if !is_health(path) && !rbac::allows(shared, &user, &ask) {
            let why = format!(
                "forbidden: User {:?} cannot {verb} path {path:?}",
                user.name
            );
            return Err(Status::new(403, "Forbidden", why).about("", "", ""));
        }
        return without_resource(shared, parts).map(Answer::Whole);
    };
    let query = Query::parse(parts.uri.query().unwrap_or_default())?;
    let verb = target
        .verb(&parts.method, query.watch || target.watch)
        .ok_or_else(Status::method_not_allowed)?;
    let named = listed_name(&query);
    let name = if target.name.is_empty() {
        named.as_str()
    } else {
        &target.name
    };
    authorise(shared, &user, verb, &target, name)?;
    let registry = shared.read().registry.clone();
    let resource = registry
        .find(&target.group, &target.version, &target.resource)
        .ok_or_else(Status::no_such_path)?
        .clone();
    if target.namespace.is_empty() == resource.namespaced && resource.plural != "namespaces" {
        let all = target.name.is_empty() && matches!(verb, "list" | "watch" | "create");
        if !resource.namespaced || !all || (verb == "create" && resource.verbs != ["create"]) {
            return Err(Status::no_such_path());
        }
    }
    let now = shared.now();
    let format = body::format(&parts.headers)?;
    let may_escalate = may_escalate(shared, &user, &resource, &target, verb);
    let ask = Ask {
        shared,
        resource,
        target,
        query,
        user,
        parts,
        body,
        format,
        now,
        may_escalate,
    };
    dispatch(&ask, verb)
}

/// Whether a write of RBAC objects may go beyond what the user has; asked before the state is locked, as
/// the gate may want to read it.
fn may_escalate(
    shared: &Shared,
    user: &User,
    resource: &Resource,
    target: &Target,
    verb: &str,
) -> bool {
    if resource.group != "rbac.authorization.k8s.io" || matches!(verb, "get" | "list" | "watch") {
        return true;
    }
    let is_role = resource.plural.ends_with("roles");
    ["roles", "clusterroles"].iter().any(|name| {
        let ask = Attributes {
            verb: if is_role { "escalate" } else { "bind" },
            group: &resource.group,
            version: &resource.version,
            resource: name,
            namespace: &target.namespace,
            ..Attributes::default()
        };
        (!is_role || resource.plural == *name) && rbac::allows(shared, user, &ask)
    })
}

fn dispatch(ask: &Ask<'_>, verb: &str) -> Result<Answer, Status> {
    if ask.target.name.is_empty() && matches!(verb, "update" | "patch") {
        return Err(Status::method_not_allowed());
    }
    if !ask.target.subresource.is_empty() && ask.target.subresource != "status" {
        return subresource::answer(ask, verb).map(Answer::Whole);
    }
    if ask.target.subresource == "status"
        && (!ask.resource.subresources.status || !matches!(verb, "get" | "update" | "patch"))
    {
        return Err(Status::no_such_path());
    }
    if !ask.resource.verbs.contains(&verb) {
        return Err(Status::method_not_allowed());
    }
    Ok(Answer::Whole(match verb {
        "watch" => return watching::watch(ask),
        "get" => present::one(ask, &listing::get(ask)?),
        "list" => listing::list(ask)?,
        "create" if review::is_review(&ask.resource) => review::answer(ask)?,
        "create" => fresh::create(ask)?,
        "update" => update::put(ask)?,
        "patch" => patching::patch(ask)?,
        "delete" => delete::one(ask)?,
        _ => delete::collection(ask)?,
    }))
}

/// A list or watch of one name counts as being for that name.
fn listed_name(query: &Query) -> String {
    let mut terms = query.field_selector.split(',').filter_map(|term| {
        let name = term.strip_prefix("metadata.name=")?;
        Some(name.trim_start_matches('=').to_owned())
    });
    terms.next().unwrap_or_default()
}

fn authorise(
    shared: &Shared,
    user: &User,
    verb: &str,
    target: &Target,
    name: &str,
) -> Result<(), Status> {
    let ask = Attributes {
        verb,
        group: &target.group,
        version: &target.version,
        resource: &target.resource,
        subresource: &target.subresource,
        namespace: &target.namespace,
        name,
        path: "",
    };
    if rbac::allows(shared, user, &ask) {
        return Ok(());
    }
    Err(Status::forbidden(
        &target.group,
        &target.resource,
        name,
        &refusal(user, &ask),
    ))
}

/// `User "x" cannot list resource "nodes" in API group "" at the cluster scope`.
pub(crate) fn refusal(user: &User, ask: &Attributes<'_>) -> String {
    let resource = if ask.subresource.is_empty() {
        ask.resource.to_owned()
    } else {
        format!("{}/{}", ask.resource, ask.subresource)
    };
    let place = if ask.namespace.is_empty() {
        "at the cluster scope".to_owned()
    } else {
        format!("in the namespace {:?}", ask.namespace)
    };
    format!(
        "User {:?} cannot {} resource {resource:?} in API group {:?} {place}",
        user.name, ask.verb, ask.group
    )
}

fn is_health(path: &str) -> bool {
    ["/healthz", "/livez", "/readyz"]
        .iter()
        .any(|prefix| path.starts_with(prefix))
}

/// Version, health, discovery and the like.
fn without_resource(shared: &Shared, parts: &Parts) -> Result<Response<Bytes>, Status> {
    let path = parts.uri.path();
    if is_health(path) {
        return Ok(answer::bytes(
            StatusCode::OK,
            "text/plain; charset=utf-8",
            "ok".into(),
        ));
    }
    if path == "/version" || path == "/version/" {
        return Ok(answer::json(StatusCode::OK, &version()));
    }
    let registry = shared.read().registry.clone();
    crate::discovery::respond(&registry, parts)
        .or_else(|| crate::openapi::respond(&registry, parts))
        .ok_or_else(Status::no_such_path)
}

/// What `/version` says.
fn version() -> serde_json::Value {
    serde_json::json!({
        "major": "1",
        "minor": "33",
        "gitVersion": "v1.33.5-eks-rolecall",
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "2025-09-10T00:00:00Z",
        "goVersion": "",
        "compiler": "",
        "platform": "linux/amd64",
    })
}

/// Adds a `Warning` header for each text.
pub(crate) fn warn(response: &mut Response<Bytes>, warnings: &[String]) {
    for warning in warnings {
        let text = warning.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{text}\"")) {
            response.headers_mut().append(http::header::WARNING, value);
        }
    }
}
