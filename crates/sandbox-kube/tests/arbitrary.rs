//! Definitions, columns and documents made of whatever a client may send: refused or served, never a panic.

use std::sync::Arc;

use http::Request;
use proptest::prelude::*;
use rolecall_sandbox_kube::table::{Include, JsonPath, render};
use rolecall_sandbox_kube::{Registry, crd, openapi};
use serde_json::{Map, Value, json};

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z.\\[\\]{}$@?()=*'é]{0,12}".prop_map(Value::from),
    ];
    let keys = prop::sample::select(
        [
            "type",
            "properties",
            "items",
            "additionalProperties",
            "spec",
            "status",
            "metadata",
            "name",
            "conditions",
            "labels",
            "x-kubernetes-validations",
            "rule",
            "message",
            "required",
            "default",
            "allOf",
            "$ref",
            "nullable",
            "x-kubernetes-preserve-unknown-fields",
            "a",
            "b",
        ]
        .to_vec(),
    );
    leaf.prop_recursive(5, 50, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(keys.clone().prop_map(str::to_owned), inner, 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// A definition that is right but for the parts that are not.
fn definition() -> impl Strategy<Value = Value> {
    let path = "[a-z.\\[\\]{}$@?()=*'\"\\\\]{0,16}";
    (any_json(), any_json(), path, 0..4_usize).prop_map(|(schema, other, path, broken)| {
        let mut crd = json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": "widgets.example.com"},
            "spec": {
                "group": "example.com", "scope": "Cluster",
                "names": {"plural": "widgets", "kind": "Widget"},
                "versions": [{
                    "name": "v1", "served": true, "storage": true,
                    "additionalPrinterColumns": [{"name": "A", "type": "string", "jsonPath": path}],
                    "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": schema}}},
                }],
            },
        });
        if let Some(part) = ["/spec/names", "/spec/versions/0", "/spec/versions"].get(broken)
            && let Some(part) = crd.pointer_mut(part)
        {
            *part = other;
        }
        crd
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn a_definition_is_refused_or_served(mut crd in definition(), object in any_json()) {
        crd::admit(&mut crd, None);
        let old = crd.clone();
        crd::admit(&mut crd, Some(&old));
        let made = crd::establish(&crd, &Registry::builtin(), "2026-01-01T00:00:00Z");
        let Some(made) = made else { return Ok(()) };
        let registry = Registry::default().with_crd("widgets.example.com", Some(&made));
        for resource in registry.iter() {
            let mut object = object.clone();
            resource.schema.prune(&mut object);
            resource.schema.apply_defaults(&mut object);
            let _ = resource.schema.validate(&object, None);
            let now = jiff::Timestamp::UNIX_EPOCH;
            render(resource, &[Arc::new(object)], Map::new(), "v1", Include::Object, true, now);
        }
        for path in ["/openapi/v2", "/openapi/v3", "/openapi/v3/apis/example.com/v1"] {
            let request = Request::get(path).body(());
            let (parts, ()) = request.map(Request::into_parts).map_err(|e| TestCaseError::fail(e.to_string()))?;
            let _ = openapi::respond(&registry, &parts);
        }
    }

    #[test]
    fn any_text_is_a_path_or_is_not(text in "\\PC{0,40}", object in any_json()) {
        if let Some(path) = JsonPath::parse(&text) {
            let _ = path.find(&object);
        }
    }

    #[test]
    fn every_core_kind_prints_any_object(object in any_json()) {
        let object = Arc::new(object);
        for resource in Registry::builtin().iter() {
            let now = jiff::Timestamp::UNIX_EPOCH;
            let objects = std::slice::from_ref(&object);
            render(resource, objects, Map::new(), "v1", Include::Metadata, true, now);
        }
    }
}
