//! Creating, reading, changing and deleting objects.

use crate::cluster::{Cluster, name, names};
use serde_json::{Value, json};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

fn map(name: &str) -> Value {
    json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": name }, "data": { "a": "1" } })
}

#[test]
fn a_new_cluster_has_its_namespaces_and_roles() {
    let cluster = Cluster::new();
    let list = cluster.get("/api/v1/namespaces").ok();
    assert_eq!(
        names(&list),
        ["default", "kube-node-lease", "kube-public", "kube-system"]
    );
    let roles = cluster
        .get("/apis/rbac.authorization.k8s.io/v1/clusterroles")
        .ok();
    assert!(names(&roles).contains(&"cluster-admin".to_owned()));
    assert_eq!(
        cluster
            .get("/api/v1/namespaces/default/serviceaccounts/default")
            .code,
        200
    );
}

#[test]
fn what_is_created_can_be_read_changed_and_deleted() {
    let cluster = Cluster::new();
    let made = cluster.post(MAPS, &map("a")).ok();
    assert_eq!(made["metadata"]["namespace"], "default");
    assert_eq!(
        made["metadata"]["creationTimestamp"],
        "2025-10-09T08:53:20Z"
    );
    assert_eq!(made["metadata"]["uid"].as_str().unwrap().len(), 36);
    let one = format!("{MAPS}/a");
    assert_eq!(cluster.get(&one).ok(), made);
    let mut next = made.clone();
    next["data"]["a"] = "2".into();
    let put = cluster.put(&one, &next).ok();
    assert_eq!(put["data"]["a"], "2");
    assert_ne!(
        put["metadata"]["resourceVersion"],
        made["metadata"]["resourceVersion"]
    );
    assert_eq!(
        cluster.put(&one, &next).refusal(),
        "409 Conflict: Operation cannot be fulfilled on configmaps \"a\": the object has been modified; please apply your changes to the latest version and try again"
    );
    let gone = cluster.delete(&one).ok();
    assert_eq!(gone["status"], "Success");
    assert_eq!(gone["details"]["uid"], made["metadata"]["uid"]);
    assert_eq!(
        cluster.get(&one).refusal(),
        "404 NotFound: configmaps \"a\" not found"
    );
}

#[test]
fn an_update_that_changes_nothing_is_no_change() {
    let cluster = Cluster::new();
    let made = cluster.post(MAPS, &map("a")).ok();
    assert_eq!(cluster.put(&format!("{MAPS}/a"), &made).ok(), made);
    assert_eq!(
        cluster
            .merge(&format!("{MAPS}/a"), &json!({ "data": { "a": "1" } }))
            .ok(),
        made
    );
}

#[test]
fn names_that_are_taken_or_wrong_are_refused() {
    let cluster = Cluster::new();
    cluster.post(MAPS, &map("a")).ok();
    assert_eq!(
        cluster.post(MAPS, &map("a")).refusal(),
        "409 AlreadyExists: configmaps \"a\" already exists"
    );
    assert!(cluster.post(MAPS, &map("A_b")).refusal().starts_with(
        "422 Invalid: ConfigMap \"A_b\" is invalid: metadata.name: Invalid value: \"A_b\": a lowercase RFC 1123 subdomain must"
    ));
    assert_eq!(
        cluster
            .post("/api/v1/namespaces/nowhere/configmaps", &map("a"))
            .refusal(),
        "404 NotFound: namespaces \"nowhere\" not found"
    );
    let nameless = json!({ "apiVersion": "v1", "kind": "ConfigMap" });
    assert_eq!(
        cluster.post(MAPS, &nameless).refusal(),
        "422 Invalid: ConfigMap \"\" is invalid: metadata.name: Required value: name or generateName is required"
    );
}

#[test]
fn names_are_generated_from_a_prefix() {
    let cluster = Cluster::new();
    let object =
        json!({ "kind": "ConfigMap", "apiVersion": "v1", "metadata": { "generateName": "x-" } });
    let (a, b) = (
        cluster.post(MAPS, &object).ok(),
        cluster.post(MAPS, &object).ok(),
    );
    assert_ne!(name(&a), name(&b));
    assert!(
        name(&a).starts_with("x-") && name(&a).len() == 7,
        "{}",
        name(&a)
    );
}

#[test]
fn a_dry_run_answers_and_changes_nothing() {
    let cluster = Cluster::new();
    let before = cluster.server.revision();
    let made = cluster.post(&format!("{MAPS}?dryRun=All"), &map("a")).ok();
    assert_eq!(name(&made), "a");
    assert_eq!(cluster.get(&format!("{MAPS}/a")).code, 404);
    assert_eq!(cluster.server.revision(), before);
}

#[test]
fn deletion_waits_for_finalizers() {
    let cluster = Cluster::new();
    let mut object = map("a");
    object["metadata"]["finalizers"] = json!(["example.com/hold"]);
    cluster.post(MAPS, &object).ok();
    let one = format!("{MAPS}/a");
    let marked = cluster.delete(&one).ok();
    assert_eq!(marked["kind"], "ConfigMap");
    assert_eq!(
        marked["metadata"]["deletionTimestamp"],
        "2025-10-09T08:53:20Z"
    );
    assert_eq!(cluster.get(&one).code, 200);
    let more = json!({ "metadata": { "finalizers": ["example.com/hold", "example.com/new"] } });
    assert!(cluster.merge(&one, &more).refusal().contains(
        "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{\"example.com/new\"}"
    ));
    cluster
        .merge(&one, &json!({ "metadata": { "finalizers": null } }))
        .ok();
    assert_eq!(cluster.get(&one).code, 404);
}

#[test]
fn preconditions_protect_against_deleting_another_object() {
    let cluster = Cluster::new();
    let made = cluster.post(MAPS, &map("a")).ok();
    let one = format!("{MAPS}/a");
    let other = json!({ "preconditions": { "uid": "0" } });
    assert!(cluster.delete_with(&one, &other).refusal().starts_with(
        "409 Conflict: Operation cannot be fulfilled on configmaps \"a\": the UID in the precondition (0) does not match the UID in record ("
    ));
    let right = json!({ "preconditions": { "uid": made["metadata"]["uid"] } });
    cluster.delete_with(&one, &right).ok();
}

fn owned(name: &str, owner: &Value) -> Value {
    let mut object = map(name);
    object["metadata"]["ownerReferences"] = json!([{
        "apiVersion": "v1", "kind": "ConfigMap", "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"], "blockOwnerDeletion": true, "controller": true,
    }]);
    object
}

#[test]
fn dependents_go_with_their_owner_unless_they_are_orphaned() {
    let cluster = Cluster::new();
    for (policy, left) in [("Background", 0), ("Foreground", 0), ("Orphan", 2)] {
        let owner = cluster.post(MAPS, &map("owner")).ok();
        let middle = cluster.post(MAPS, &owned("middle", &owner)).ok();
        cluster.post(MAPS, &owned("leaf", &middle)).ok();
        cluster
            .delete_with(
                &format!("{MAPS}/owner"),
                &json!({ "propagationPolicy": policy }),
            )
            .ok();
        let rest = cluster.get(MAPS).ok();
        assert_eq!(names(&rest).len(), left, "{policy}");
        for name in names(&rest) {
            cluster
                .delete_with(
                    &format!("{MAPS}/{name}"),
                    &json!({ "propagationPolicy": "Orphan" }),
                )
                .ok();
        }
    }
}

#[test]
fn a_foreground_deletion_waits_for_a_dependent_that_is_held() {
    let cluster = Cluster::new();
    let owner = cluster.post(MAPS, &map("owner")).ok();
    let mut dependent = owned("dependent", &owner);
    dependent["metadata"]["finalizers"] = json!(["example.com/hold"]);
    cluster.post(MAPS, &dependent).ok();
    let options = json!({ "propagationPolicy": "Foreground" });
    let marked = cluster.delete_with(&format!("{MAPS}/owner"), &options).ok();
    assert_eq!(
        marked["metadata"]["finalizers"],
        json!(["foregroundDeletion"])
    );
    assert_eq!(names(&cluster.get(MAPS).ok()), ["dependent", "owner"]);
    cluster
        .merge(
            &format!("{MAPS}/dependent"),
            &json!({ "metadata": { "finalizers": [] } }),
        )
        .ok();
    assert!(names(&cluster.get(MAPS).ok()).is_empty());
}

#[test]
fn a_namespace_goes_with_all_that_is_in_it() {
    let cluster = Cluster::new();
    cluster
        .post(
            "/api/v1/namespaces",
            &json!({ "metadata": { "name": "x" } }),
        )
        .ok();
    let maps = "/api/v1/namespaces/x/configmaps";
    let mut held = map("held");
    held["metadata"]["finalizers"] = json!(["example.com/hold"]);
    cluster.post(maps, &held).ok();
    cluster.post(maps, &map("plain")).ok();
    let marked = cluster.delete("/api/v1/namespaces/x").ok();
    assert_eq!(marked["status"]["phase"], "Terminating");
    assert_eq!(names(&cluster.get(maps).ok()), ["held"]);
    assert!(
        cluster
            .post(maps, &map("late"))
            .refusal()
            .contains("unable to create new content in namespace x because it is being terminated")
    );
    cluster
        .merge(
            &format!("{maps}/held"),
            &json!({ "metadata": { "finalizers": [] } }),
        )
        .ok();
    assert_eq!(cluster.get("/api/v1/namespaces/x").code, 404);
}

#[test]
fn events_of_both_groups_are_the_same_objects() {
    let cluster = Cluster::new();
    let event = json!({
        "apiVersion": "v1", "kind": "Event", "metadata": { "name": "e" }, "reason": "Launched",
        "message": "hello", "type": "Normal",
        "involvedObject": { "kind": "NodeClaim", "name": "c", "apiVersion": "karpenter.sh/v1" },
        "source": { "component": "karpenter" },
    });
    cluster
        .post("/api/v1/namespaces/default/events", &event)
        .ok();
    let other = cluster
        .get("/apis/events.k8s.io/v1/namespaces/default/events/e")
        .ok();
    assert_eq!(other["note"], "hello");
    assert_eq!(other["regarding"]["name"], "c");
    assert_eq!(other["apiVersion"], "events.k8s.io/v1");
    let selected = |selector: &str| {
        let path = format!("/api/v1/namespaces/default/events?fieldSelector={selector}");
        names(&cluster.get(&path).ok()).len()
    };
    assert_eq!(
        selected("involvedObject.name%3Dc,involvedObject.kind%3DNodeClaim"),
        1
    );
    assert_eq!(selected("source%3Dkarpenter"), 1);
    assert_eq!(selected("involvedObject.name%21%3Dc"), 0);
}

#[test]
fn an_event_of_the_new_group_is_stored_like_one_of_the_old() {
    let cluster = Cluster::new();
    let event = json!({
        "apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": { "name": "e" },
        "note": "hello", "reason": "Launched", "type": "Normal", "action": "Launch",
        "eventTime": "2026-01-01T00:00:00.000000Z", "reportingController": "karpenter",
        "reportingInstance": "karpenter-0", "regarding": { "kind": "NodeClaim", "name": "c" },
    });
    let path = "/apis/events.k8s.io/v1/namespaces/default/events";
    let made = cluster.post(path, &event).ok();
    assert_eq!(
        (&made["note"], &made["apiVersion"]),
        (&json!("hello"), &json!("events.k8s.io/v1"))
    );
    let core = cluster.get("/api/v1/namespaces/default/events/e").ok();
    assert_eq!(core["message"], "hello");
    assert_eq!(core["involvedObject"]["name"], "c");
    assert_eq!(core["reportingComponent"], "karpenter");
    let noted = cluster
        .merge(&format!("{path}/e"), &json!({ "note": "again" }))
        .ok();
    assert_eq!(noted["note"], "again");
    assert_eq!(
        cluster.get("/api/v1/namespaces/default/events/e").ok()["message"],
        "again"
    );
}

#[test]
fn a_lease_is_created_by_an_update_but_not_renewed_after_it_is_gone() {
    let cluster = Cluster::new();
    let path = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/i-1";
    let lease = json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": { "name": "i-1" }, "spec": { "holderIdentity": "i-1" },
    });
    let made = cluster.put(path, &lease);
    assert_eq!(made.code, 201);
    let made = made.ok();
    assert!(cluster.put(path, &lease).refusal().ends_with(
        "metadata.resourceVersion: Invalid value: 0x0: must be specified for an update"
    ));
    cluster.delete(path).ok();
    assert_eq!(cluster.put(path, &made).code, 404);
}

#[test]
fn pods_are_bound_and_evicted() {
    let cluster = Cluster::new();
    let pods = "/api/v1/namespaces/default/pods";
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "p" },
        "spec": { "containers": [{ "name": "c", "image": "i" }] },
    });
    let made = cluster.post(pods, &pod).ok();
    assert_eq!(made["status"]["phase"], "Pending");
    let binding = json!({ "apiVersion": "v1", "kind": "Binding", "metadata": { "name": "p" }, "target": { "name": "i-1" } });
    assert_eq!(
        cluster.post(&format!("{pods}/p/binding"), &binding).code,
        201
    );
    let on_node = cluster
        .get("/api/v1/pods?fieldSelector=spec.nodeName%3Di-1")
        .ok();
    assert_eq!(names(&on_node), ["p"]);
    assert_eq!(
        cluster.post(&format!("{pods}/p/binding"), &binding).code,
        409
    );
    let eviction =
        json!({ "apiVersion": "policy/v1", "kind": "Eviction", "metadata": { "name": "p" } });
    assert_eq!(
        cluster.post(&format!("{pods}/p/eviction"), &eviction).code,
        201
    );
    assert_eq!(cluster.get(&format!("{pods}/p")).code, 404);
}

#[test]
fn many_are_deleted_by_a_selector() {
    let cluster = Cluster::new();
    for (name, colour) in [("a", "red"), ("b", "blue"), ("c", "red")] {
        let mut object = map(name);
        object["metadata"]["labels"] = json!({ "colour": colour });
        cluster.post(MAPS, &object).ok();
    }
    let gone = cluster
        .delete(&format!("{MAPS}?labelSelector=colour%3Dred"))
        .ok();
    assert_eq!(names(&gone), ["a", "c"]);
    assert_eq!(names(&cluster.get(MAPS).ok()), ["b"]);
}

#[test]
fn the_generation_counts_changes_of_what_is_wanted() {
    let cluster = Cluster::new();
    let pools = "/apis/karpenter.sh/v1/nodepools";
    let pool = json!({
        "apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": { "name": "p" },
        "spec": { "template": { "spec": {
            "nodeClassRef": { "group": "eks.amazonaws.com", "kind": "NodeClass", "name": "default" },
            "requirements": [],
        } } },
    });
    cluster.post(pools, &pool).ok();
    let one = format!("{pools}/p");
    let generation = || cluster.get(&one).ok()["metadata"]["generation"].clone();
    cluster
        .merge(&one, &json!({ "metadata": { "labels": { "a": "b" } } }))
        .ok();
    assert_eq!(generation(), 1);
    cluster
        .merge(
            &one,
            &json!({ "spec": { "weight": 5 }, "status": { "nodes": 3 } }),
        )
        .ok();
    assert_eq!(generation(), 2);
    assert!(
        cluster
            .get(&one)
            .ok()
            .get("status")
            .is_none_or(|status| status["nodes"] != 3)
    );
    let status = json!({ "spec": { "weight": 9 }, "metadata": { "labels": { "a": "c" } }, "status": { "resources": { "cpu": "1" } } });
    let stated = cluster.merge(&format!("{one}/status"), &status).ok();
    assert_eq!(stated["status"]["resources"]["cpu"], "1");
    assert_eq!(
        (
            &stated["spec"]["weight"],
            &stated["metadata"]["labels"]["a"]
        ),
        (&json!(5), &json!("b"))
    );
    assert_eq!(generation(), 2);
}
