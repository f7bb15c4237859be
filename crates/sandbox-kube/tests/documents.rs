//! Discovery and OpenAPI: what clients ask for before anything else.
#![expect(clippy::expect_used, reason = "what is not there ends the test")]

use bytes::Bytes;
use http::{Request, Response};
use rolecall_sandbox_kube::{Registry, discovery, openapi};
use serde_json::{Value, json};

fn get(path: &str, headers: &[(&str, &str)]) -> Option<Response<Bytes>> {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (parts, ()) = request.body(()).expect("a request").into_parts();
    let registry = Registry::builtin();
    discovery::respond(&registry, &parts).or_else(|| openapi::respond(&registry, &parts))
}

fn document(path: &str, accept: &str) -> Value {
    let response = get(path, &[("accept", accept)]).expect("an answer");
    assert_eq!(response.status(), 200);
    serde_json::from_slice(response.body()).expect("JSON")
}

const AGGREGATED: &str =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

fn named<'a>(list: &'a Value, field: &str, name: &str) -> &'a Value {
    let found = list
        .as_array()
        .into_iter()
        .flatten()
        .find(|entry| entry[field] == name);
    found.expect("an entry of that name")
}

#[test]
fn the_aggregated_form_tells_everything_of_a_kind() {
    let groups = document("/apis", AGGREGATED);
    assert_eq!(groups["apiVersion"], "apidiscovery.k8s.io/v2");
    let items = groups["items"].as_array().expect("items");
    let karpenter = items
        .iter()
        .find(|g| g["metadata"]["name"] == "karpenter.sh")
        .expect("group");
    let pools = named(
        &karpenter["versions"][0]["resources"],
        "resource",
        "nodepools",
    );
    insta::assert_json_snapshot!(pools, @r#"
    {
      "resource": "nodepools",
      "responseKind": {
        "group": "karpenter.sh",
        "version": "v1",
        "kind": "NodePool"
      },
      "scope": "Cluster",
      "singularResource": "nodepool",
      "verbs": [
        "create",
        "delete",
        "deletecollection",
        "get",
        "list",
        "patch",
        "update",
        "watch"
      ],
      "categories": [
        "karpenter"
      ],
      "subresources": [
        {
          "subresource": "scale",
          "responseKind": {
            "group": "autoscaling",
            "version": "v1",
            "kind": "Scale"
          },
          "verbs": [
            "get",
            "patch",
            "update"
          ]
        },
        {
          "subresource": "status",
          "responseKind": {
            "group": "karpenter.sh",
            "version": "v1",
            "kind": "NodePool"
          },
          "verbs": [
            "get",
            "patch",
            "update"
          ]
        }
      ]
    }
    "#);
    let core = document("/api", AGGREGATED);
    let resources = &core["items"][0]["versions"][0]["resources"];
    assert_eq!(
        named(resources, "resource", "nodes")["shortNames"],
        json!(["no"])
    );
}

#[test]
fn the_old_form_is_there_for_clients_that_ask_for_it() {
    assert_eq!(
        document("/api", "application/json")["versions"],
        json!(["v1"])
    );
    let groups = document("/apis", "*/*");
    let apps = named(&groups["groups"], "name", "apps");
    assert_eq!(apps["preferredVersion"]["groupVersion"], "apps/v1");
    let list = document("/apis/apps/v1", "application/json");
    assert_eq!(list["groupVersion"], "apps/v1");
    assert_eq!(
        named(&list["resources"], "name", "deployments/scale")["group"],
        "autoscaling"
    );
    assert_eq!(
        document("/apis/apps", "application/json")["kind"],
        "APIGroup"
    );
    assert!(get("/apis/nothing.example.com/v1", &[]).is_none());
}

#[test]
fn what_a_client_has_already_is_not_sent_again() {
    for path in ["/apis", "/openapi/v3", "/openapi/v2", "/openapi/v3/api/v1"] {
        let first = get(path, &[]).expect("an answer");
        let tag = first.headers()["etag"].to_str().expect("text");
        let second = get(path, &[("if-none-match", tag)]).expect("an answer");
        assert_eq!(
            (second.status().as_u16(), second.body().len()),
            (304, 0),
            "{path}"
        );
    }
}

#[test]
fn every_document_of_the_index_is_there_and_its_references_lead_somewhere() {
    let index = document("/openapi/v3", "application/json");
    for (path, entry) in index["paths"].as_object().expect("paths") {
        let address = entry["serverRelativeURL"].as_str().expect("an address");
        let document = document(address, "application/json");
        let schemas = document["components"]["schemas"]
            .as_object()
            .expect("schemas");
        let mut references = Vec::new();
        collect(&document, &mut references);
        for reference in references {
            assert!(schemas.contains_key(&reference), "{path} lacks {reference}");
        }
    }
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(target)) = fields.get("$ref") {
                let name = target.rsplit('/').next().unwrap_or_default();
                found.push(name.to_owned());
            }
            fields.values().for_each(|v| collect(v, found));
        }
        Value::Array(entries) => entries.iter().for_each(|v| collect(v, found)),
        _ => {}
    }
}

#[test]
fn an_old_hash_is_sent_on_to_the_current_one() {
    let answer = get("/openapi/v3/api/v1?hash=OLD", &[]).expect("an answer");
    assert_eq!(answer.status(), 301);
    let location = answer.headers()["location"].to_str().expect("text");
    assert!(
        location.starts_with("/openapi/v3/api/v1?hash="),
        "{location}"
    );
    let there = get(location, &[]).expect("an answer");
    assert_eq!(there.headers()["cache-control"], "public, immutable");
}

#[test]
fn definitions_say_how_lists_are_merged() {
    let core = document("/openapi/v3/api/v1", "application/json");
    let containers =
        &core["components"]["schemas"]["io.k8s.api.core.v1.PodSpec"]["properties"]["containers"];
    assert_eq!(containers["x-kubernetes-patch-merge-key"], "name");
    assert_eq!(containers["x-kubernetes-list-type"], "map");
    let node = &core["components"]["schemas"]["io.k8s.api.core.v1.Node"];
    assert_eq!(
        node["x-kubernetes-group-version-kind"],
        json!([{"group": "", "version": "v1", "kind": "Node"}])
    );
    let patch = &core["paths"]["/api/v1/nodes/{name}"]["patch"];
    assert_eq!(
        named(&patch["parameters"], "name", "fieldValidation")["in"],
        "query"
    );
    let content = patch["requestBody"]["content"]
        .as_object()
        .expect("content");
    assert!(content.contains_key("application/strategic-merge-patch+json"));
}

#[test]
fn protobuf_alone_is_not_acceptable() {
    let accept = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
    let answer = get("/openapi/v2", &[("accept", accept)]).expect("an answer");
    assert_eq!(answer.status(), 406);
    assert_eq!(
        document("/openapi/v2", "application/json")["swagger"],
        "2.0"
    );
}

#[test]
fn core_objects_are_pruned_and_checked_by_the_same_definitions() {
    let nodes = Registry::builtin()
        .find("", "v1", "nodes")
        .expect("nodes")
        .clone();
    let mut node = json!({
        "apiVersion": "v1", "kind": "Node", "metadata": {"name": "a", "labels": {"x": "y"}},
        "spec": {"providerID": "aws:///us-west-2a/i-1", "providerId": "x"},
        "status": {"capacity": {"cpu": 1.5, "memory": "1Gi"}, "conditions": [{"type": "Ready", "status": "True"}]},
    });
    assert_eq!(nodes.schema.prune(&mut node), ["spec.providerId"]);
    assert_eq!(nodes.schema.validate(&node, None), []);
    node["spec"]["unschedulable"] = json!("yes");
    assert_eq!(nodes.schema.validate(&node, None).len(), 1);
}
