//! What a cluster remembers when it is taken up again.

use rolecall_sandbox_kube::{ApiServer, Change};
use serde_json::{Value, json};

use crate::cluster::{Cluster, names};

const CRDS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const MAPS: &str = "/api/v1/namespaces/default/configmaps";

fn definition() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": { "name": "widgets.example.com" },
        "spec": {
            "group": "example.com", "scope": "Cluster",
            "names": { "plural": "widgets", "kind": "Widget" },
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "schema": { "openAPIV3Schema": { "type": "object", "properties": {
                    "spec": { "type": "object", "properties": { "size": { "type": "integer", "default": 3 } } },
                } } },
            }],
        },
    })
}

fn taken_up(cluster: &Cluster, changes: impl IntoIterator<Item = Change>) -> Cluster {
    let mut next = cluster.as_user(cluster.user.clone());
    next.server = ApiServer::restore(Cluster::settings(&cluster.clock), changes).unwrap();
    next
}

#[test]
fn kinds_that_came_and_went_are_remembered() {
    let (cluster, journal) = Cluster::with_journal();
    cluster.post(CRDS, &definition()).ok();
    let widget = json!({
        "apiVersion": "example.com/v1", "kind": "Widget", "metadata": { "name": "w" }, "spec": {},
    });
    let widgets = "/apis/example.com/v1/widgets";
    let made = cluster.post(widgets, &widget).ok();
    assert_eq!(made["spec"]["size"], 3);
    cluster
        .delete(&format!("{CRDS}/nodediagnostics.eks.amazonaws.com"))
        .ok();
    let next = taken_up(&cluster, journal.lock().unwrap().clone());
    assert_eq!(next.get(&format!("{widgets}/w")).ok(), made);
    assert_eq!(
        next.get("/apis/eks.amazonaws.com/v1alpha1/nodediagnostics")
            .code,
        404
    );
    assert_eq!(next.server.revision(), cluster.server.revision());
}

#[test]
fn the_last_change_of_each_key_is_enough() {
    let (cluster, journal) = Cluster::with_journal();
    for name in ["a", "b"] {
        cluster
            .post(MAPS, &json!({ "metadata": { "name": name } }))
            .ok();
    }
    cluster.delete(&format!("{MAPS}/b")).ok();
    let mut last = std::collections::BTreeMap::new();
    for change in journal.lock().unwrap().iter() {
        last.insert(change.key.clone(), change.value.clone());
    }
    // As a key-value store hands it back: what was removed is not there.
    let kept = last.into_iter().filter(|(_, value)| value.is_some());
    let next = taken_up(&cluster, kept.map(|(key, value)| Change { key, value }));
    assert_eq!(names(&next.get(MAPS).ok()), ["a"]);
    assert_eq!(next.server.revision(), cluster.server.revision());
    // Dependents are known again, and nobody gets a uid that is in use.
    let owner = next.get(&format!("{MAPS}/a")).ok();
    let made = next
        .post(MAPS, &json!({ "metadata": { "name": "c" } }))
        .ok();
    assert_ne!(owner["metadata"]["uid"], made["metadata"]["uid"]);
}

#[test]
fn a_watch_from_before_is_told_to_list_again() {
    let (cluster, journal) = Cluster::with_journal();
    cluster
        .post(MAPS, &json!({ "metadata": { "name": "a" } }))
        .ok();
    let before = cluster.server.revision() - 1;
    let next = taken_up(&cluster, journal.lock().unwrap().clone());
    let mut watch = next.watch(&format!("{MAPS}?watch=1&resourceVersion={before}"));
    let told = crate::cluster::events(&mut watch, |object| object["reason"].to_string());
    assert_eq!(told, ["ERROR \"Expired\""]);
}

#[test]
fn bytes_that_make_no_sense_are_refused() {
    let cluster = Cluster::new();
    for (key, value) in [
        ("configmaps/a", "{"),
        ("x", "{}"),
        ("revision", "-1"),
        ("configmaps/a", "{}"),
    ] {
        let change = Change {
            key: key.to_owned(),
            value: Some(value.into()),
        };
        let restored = ApiServer::restore(Cluster::settings(&cluster.clock), [change]);
        assert_eq!(
            restored.map(|_| ()).map_err(|error| error.to_string()),
            Err(format!("the stored object `{key}` cannot be read"))
        );
    }
}
