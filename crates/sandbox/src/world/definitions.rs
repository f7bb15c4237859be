//! The custom resource definitions of a cluster: Auto Mode brings its own, and what files declare has
//! those it needs, as if whoever wrote them had installed Karpenter.

use bytes::Bytes;
use http::Request;
use rolecall_sandbox_kube::crd::{Bundle, bundle};
use rolecall_sandbox_kube::{ApiServer, User};
use serde_json::Value;

const PATH: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/// The definitions that an object needs and the cluster does not have.
pub(super) fn needed(server: &ApiServer, object: &Value) -> Bundle {
    let version = object.get("apiVersion").and_then(Value::as_str);
    let group = version.and_then(|version| version.split('/').next());
    match group {
        Some("eks.amazonaws.com") => Bundle::AutoMode,
        Some("karpenter.k8s.aws") => Bundle::Karpenter,
        // Both bundles hold it.
        Some("karpenter.sh")
            if server
                .registry()
                .find("karpenter.sh", "v1", "nodepools")
                .is_none() =>
        {
            Bundle::Karpenter
        }
        _ => Bundle::Nothing,
    }
}

/// Makes the definitions of a bundle that are not there yet.
pub(super) fn define(server: &ApiServer, of: Bundle) {
    let registry = server.registry();
    for crd in bundle(of) {
        let name = crd.pointer("/metadata/name").and_then(Value::as_str);
        if registry.iter().any(|kind| kind.crd.as_deref() == name) {
            continue;
        }
        let request = Request::post(PATH)
            .header("content-type", "application/json")
            .body(Bytes::from(crd.to_string()));
        if let Ok(mut request) = request {
            request.extensions_mut().insert(User::master());
            let _ = server.handle(request);
        }
    }
}
