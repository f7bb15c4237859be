//! Who asks: tokens, callers in this process, impersonation.

use http::request::Parts;

use crate::rbac;
use crate::server::Shared;
use crate::status::Status;
use crate::user::{Attributes, User};

/// The user of a request.
///
/// Without a token only health checks are answered: EKS refuses anonymous requests for anything else
/// since Kubernetes 1.32 (EKS User Guide, "Review release notes for Kubernetes versions").
pub(super) fn who(shared: &Shared, parts: &Parts) -> Result<User, Status> {
    let mut user = match parts.extensions.get::<User>() {
        Some(user) => user.clone(),
        None => match token(parts) {
            Some(token) => shared
                .settings
                .gate
                .authenticate(token)
                .ok_or_else(Status::unauthorized)?,
            None if super::is_health(parts.uri.path()) => {
                return Ok(User::new("system:anonymous", ["system:unauthenticated"]));
            }
            None => return Err(Status::unauthorized()),
        },
    };
    if !user.is_in("system:authenticated") {
        user.groups.push("system:authenticated".to_owned());
    }
    impersonated(shared, parts, user)
}

fn token(parts: &Parts) -> Option<&str> {
    let header = parts
        .headers
        .get(http::header::AUTHORIZATION)?
        .to_str()
        .ok()?;
    let (scheme, token) = header.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// `kubectl --as`: the user to act as, if the caller may.
fn impersonated(shared: &Shared, parts: &Parts, user: User) -> Result<User, Status> {
    let text = |name: &str| {
        parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let groups: Vec<String> = parts
        .headers
        .get_all("impersonate-group")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .map(str::to_owned)
        .collect();
    let Some(name) = text("impersonate-user") else {
        if groups.is_empty() {
            return Ok(user);
        }
        return Err(Status::bad_request(format!(
            "requested {groups:?} without impersonating a user"
        )));
    };
    let account = name
        .strip_prefix("system:serviceaccount:")
        .and_then(|rest| rest.split_once(':'));
    let (resource, namespace, named) = match account {
        Some((namespace, account)) => ("serviceaccounts", namespace, account),
        None => ("users", "", name),
    };
    may_impersonate(shared, &user, resource, namespace, named)?;
    for group in &groups {
        may_impersonate(shared, &user, "groups", "", group)?;
    }
    let mut groups = groups;
    if let (true, Some((namespace, _))) = (groups.is_empty(), account) {
        groups.push("system:serviceaccounts".to_owned());
        groups.push(format!("system:serviceaccounts:{namespace}"));
    }
    groups.push("system:authenticated".to_owned());
    Ok(User {
        name: name.to_owned(),
        groups,
        ..User::default()
    })
}

fn may_impersonate(
    shared: &Shared,
    user: &User,
    resource: &str,
    namespace: &str,
    name: &str,
) -> Result<(), Status> {
    let ask = Attributes {
        verb: "impersonate",
        version: "v1",
        resource,
        namespace,
        name,
        ..Attributes::default()
    };
    if rbac::allows(shared, user, &ask) {
        return Ok(());
    }
    Err(Status::forbidden(
        "",
        resource,
        name,
        &super::refusal(user, &ask),
    ))
}
