//! What is particular about Kubernetes' own kinds: their names, and which verbs mean something special.

use serde_json::Value;

use crate::names;
use crate::object;
use crate::resource::Resource;
use crate::status::Status;

const RBAC: &str = "rbac.authorization.k8s.io";

/// What is wrong with a name for this kind.
pub(super) fn wrong_name(resource: &Resource, name: &str) -> Option<String> {
    match (resource.group.as_str(), resource.plural.as_str()) {
        (RBAC, _) => names::wrong_path_segment(name),
        ("", "namespaces") => names::wrong_label(name),
        ("", "services") => names::wrong_label_1035(name),
        _ => names::wrong_subdomain(name),
    }
}

/// Whether a PUT may leave `resourceVersion` out.
pub(super) fn allows_unconditional_update(resource: &Resource) -> bool {
    resource.crd.is_none()
        && !matches!(
            resource.plural.as_str(),
            "leases" | "customresourcedefinitions"
        )
}

/// Whether a PUT may create the object.
pub(super) fn creates_on_update(resource: &Resource) -> bool {
    resource.group == RBAC
        || (resource.crd.is_none()
            && matches!(resource.plural.as_str(), "leases" | "events" | "endpoints"))
}

/// Whether a deletion answers with the object instead of a `Status`.
pub(super) fn returns_deleted(resource: &Resource) -> bool {
    resource.crd.is_none()
        && resource.group.is_empty()
        && matches!(
            resource.plural.as_str(),
            "pods"
                | "services"
                | "serviceaccounts"
                | "persistentvolumes"
                | "persistentvolumeclaims"
        )
}

/// 403 for what has to stay.
pub(super) fn may_delete(resource: &Resource, object: &Value) -> Result<(), Status> {
    let name = object::name(object);
    let fixed = ["default", "kube-system", "kube-public"];
    if resource.group.is_empty() && resource.plural == "namespaces" && fixed.contains(&name) {
        return Err(Status::forbidden(
            "",
            "namespaces",
            name,
            "this namespace may not be deleted",
        ));
    }
    Ok(())
}
