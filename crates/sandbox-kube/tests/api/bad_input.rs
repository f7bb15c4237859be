//! Input that makes no sense gets Kubernetes' error, never a panic.

use bytes::Bytes;
use http::Method;
use serde_json::json;

use crate::cluster::{Cluster, Got};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

fn raw(cluster: &Cluster, method: Method, path: &str, media: &str, body: impl Into<Bytes>) -> Got {
    let request = cluster.request(method, path).header("content-type", media);
    cluster.send(request.body(body.into()).unwrap())
}

#[test]
fn bodies_that_are_no_objects_are_refused() {
    let cluster = Cluster::new();
    let deep = "[".repeat(100_000);
    let deep_map = "{\"a\":".repeat(100_000);
    for body in [
        "",
        "{",
        "null",
        "[]",
        "7",
        "{\"metadata\":7}",
        "{\"metadata\":{\"name\":7}}",
        "\u{0}",
        &deep,
        &deep_map,
    ] {
        let got = raw(
            &cluster,
            Method::POST,
            MAPS,
            "application/json",
            body.to_owned(),
        );
        assert!((400..500).contains(&got.code), "{body:.30} {}", got.code);
        got.refusal();
    }
    let got = raw(&cluster, Method::POST, MAPS, "application/cbor", "x");
    assert_eq!(
        got.refusal(),
        "415 UnsupportedMediaType: the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf"
    );
    assert_eq!(
        raw(
            &cluster,
            Method::POST,
            MAPS,
            "application/vnd.kubernetes.protobuf",
            "k8s\0x"
        )
        .code,
        400
    );
}

#[test]
fn a_body_that_is_too_large_is_refused() {
    let cluster = Cluster::new();
    let body = vec![b' '; 3 * 1024 * 1024 + 1];
    assert_eq!(
        raw(&cluster, Method::POST, MAPS, "application/json", body).refusal(),
        "413 RequestEntityTooLarge: Request entity too large: limit is 3145728"
    );
}

#[test]
fn yaml_is_taken_like_json() {
    let cluster = Cluster::new();
    let yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: y\ndata: {a: b}\n";
    assert_eq!(
        raw(&cluster, Method::POST, MAPS, "application/yaml", yaml).ok()["data"]["a"],
        "b"
    );
    let path = format!("{MAPS}/y?fieldManager=m&force=true");
    assert_eq!(
        raw(
            &cluster,
            Method::PATCH,
            &path,
            "application/apply-patch+yaml",
            yaml
        )
        .code,
        200
    );
}

#[test]
fn objects_of_another_kind_or_place_are_refused() {
    let cluster = Cluster::new();
    let refusal = |body| cluster.post(MAPS, &body).refusal();
    assert_eq!(
        refusal(json!({ "apiVersion": "v2", "kind": "ConfigMap", "metadata": { "name": "a" } })),
        "400 BadRequest: the API version in the data (v2) does not match the expected API version (v1)"
    );
    assert_eq!(
        refusal(json!({ "metadata": { "name": "a", "namespace": "other" } })),
        "400 BadRequest: the namespace of the provided object does not match the namespace sent on the request"
    );
    assert!(refusal(json!({ "metadata": { "name": "a", "labels": { "a": 1 } } })).contains(
        "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string"
    ));
}

#[test]
fn paths_and_methods_that_are_not_served_are_told_apart() {
    let cluster = Cluster::new();
    for path in [
        "/api/v1/things",
        "/apis/x/v1/y",
        "/api/v1/nodes/a/b",
        "/x",
        "/",
        "/api/v1/namespaces/a/nodes",
        "/api/v1/configmaps/a",
    ] {
        assert_eq!(
            cluster.get(path).refusal(),
            "404 NotFound: the server could not find the requested resource",
            "{path}"
        );
    }
    assert_eq!(cluster.put(MAPS, &json!({})).code, 405);
    assert_eq!(cluster.delete("/api/v1/namespaces").code, 405);
    assert_eq!(
        cluster
            .get("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")
            .code,
        405
    );
}

#[test]
fn tokens_of_continued_lists_that_are_made_up_are_refused() {
    let cluster = Cluster::new();
    for token in ["x", "e30", "%00", "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MX0"] {
        let got = cluster.get(&format!("{MAPS}?limit=1&continue={token}"));
        assert!(
            got.refusal()
                .starts_with("400 BadRequest: continue key is not valid"),
            "{token}"
        );
    }
}
