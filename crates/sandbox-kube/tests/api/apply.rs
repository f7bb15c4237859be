//! Server-side apply and the other patches.

use serde_json::{Value, json};

use crate::cluster::{Cluster, Got};

const DEPLOYMENT: &str = "/apis/apps/v1/namespaces/default/deployments/web";
const POOL: &str = "/apis/karpenter.sh/v1/nodepools/blue";
const MAP: &str = "/api/v1/namespaces/default/configmaps/a";

fn apply(cluster: &Cluster, path: &str, manager: &str, body: &Value) -> Got {
    cluster.apply(&format!("{path}?fieldManager={manager}"), body)
}

fn map(data: &Value) -> Value {
    json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "a" }, "data": data })
}

fn deployment(containers: &Value) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web" },
        "spec": {
            "selector": { "matchLabels": { "app": "web" } },
            "template": {
                "metadata": { "labels": { "app": "web" } },
                "spec": { "containers": containers },
            },
        },
    })
}

fn pool(requirements: &Value) -> Value {
    json!({
        "apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": { "name": "blue" },
        "spec": { "template": { "spec": {
            "nodeClassRef": { "group": "eks.amazonaws.com", "kind": "NodeClass", "name": "default" },
            "requirements": requirements,
        } } },
    })
}

/// Each manager with its operation and fields.
fn owners(object: &Value) -> Vec<(String, Value)> {
    let list = object["metadata"]["managedFields"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let entry = |one: &Value| {
        let who = format!(
            "{} {}",
            one["manager"].as_str().unwrap(),
            one["operation"].as_str().unwrap()
        );
        (who, one["fieldsV1"].clone())
    };
    list.iter().map(entry).collect()
}

#[test]
fn applying_creates_then_changes_and_applying_again_is_no_change() {
    let cluster = Cluster::new();
    let first = apply(&cluster, MAP, "a", &map(&json!({ "x": "1" })));
    assert_eq!(first.code, 201);
    let first = first.ok();
    assert_eq!(
        owners(&first),
        [("a Apply".to_owned(), json!({ "f:data": { "f:x": {} } }))]
    );
    cluster.pass(60);
    let again = apply(&cluster, MAP, "a", &map(&json!({ "x": "1" })));
    assert_eq!((again.code, again.ok()), (200, first));
}

#[test]
fn what_an_applier_leaves_out_goes_unless_somebody_else_owns_it() {
    let cluster = Cluster::new();
    apply(&cluster, MAP, "a", &map(&json!({ "x": "1", "y": "1" }))).ok();
    apply(&cluster, MAP, "b", &map(&json!({ "y": "1", "z": "1" }))).ok();
    let next = apply(&cluster, MAP, "a", &map(&json!({}))).ok();
    assert_eq!(next["data"], json!({ "y": "1", "z": "1" }));
    let empty = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "a" } });
    let last = apply(&cluster, MAP, "b", &empty).ok();
    assert!(
        last["data"]
            .as_object()
            .is_none_or(serde_json::Map::is_empty),
        "{last:#}"
    );
}

#[test]
fn a_conflict_names_who_owns_what_and_force_takes_it_over() {
    let cluster = Cluster::new();
    apply(&cluster, MAP, "a", &map(&json!({ "x": "1", "y": "1" }))).ok();
    let one = apply(&cluster, MAP, "b", &map(&json!({ "x": "2" })));
    assert_eq!(
        one.body["details"]["causes"],
        json!([
            { "reason": "FieldManagerConflict", "message": "conflict with \"a\"", "field": ".data.x" },
        ])
    );
    assert_eq!(
        one.refusal(),
        "409 Conflict: Apply failed with 1 conflict: conflict with \"a\": .data.x"
    );
    cluster
        .with_agent("edit/1")
        .merge(MAP, &json!({ "data": { "y": "3" } }))
        .ok();
    let two = apply(&cluster, MAP, "b", &map(&json!({ "x": "2", "y": "2" }))).refusal();
    assert_eq!(
        two,
        "409 Conflict: Apply failed with 2 conflicts: conflicts with \"a\":\n- .data.x\nconflicts with \"edit\" using v1:\n- .data.y"
    );
    let forced = cluster.apply(
        &format!("{MAP}?fieldManager=b&force=true"),
        &map(&json!({ "x": "2", "y": "2" })),
    );
    assert_eq!(
        owners(&forced.ok()),
        [(
            "b Apply".to_owned(),
            json!({ "f:data": { "f:x": {}, "f:y": {} } })
        )]
    );
}

#[test]
fn the_same_value_is_owned_together() {
    let cluster = Cluster::new();
    apply(&cluster, MAP, "a", &map(&json!({ "x": "1" }))).ok();
    let both = apply(&cluster, MAP, "b", &map(&json!({ "x": "1" }))).ok();
    assert_eq!(owners(&both).len(), 2);
    apply(&cluster, MAP, "a", &map(&json!({}))).ok();
    assert_eq!(cluster.get(MAP).ok()["data"]["x"], "1");
}

#[test]
fn elements_of_a_keyed_list_are_owned_one_by_one() {
    let cluster = Cluster::new();
    let web = json!({ "name": "web", "image": "web:1" });
    let sidecar = json!({ "name": "sidecar", "image": "sidecar:1" });
    apply(&cluster, DEPLOYMENT, "a", &deployment(&json!([web]))).ok();
    apply(&cluster, DEPLOYMENT, "b", &deployment(&json!([sidecar]))).ok();
    let both = cluster.get(DEPLOYMENT).ok();
    let containers = both["spec"]["template"]["spec"]["containers"]
        .as_array()
        .unwrap();
    let images: Vec<&Value> = containers.iter().map(|one| &one["image"]).collect();
    assert_eq!(images, ["web:1", "sidecar:1"]);
    let clash = json!([{ "name": "sidecar", "image": "sidecar:2" }]);
    assert_eq!(
        apply(&cluster, DEPLOYMENT, "a", &deployment(&clash)).refusal(),
        "409 Conflict: Apply failed with 1 conflict: conflict with \"b\": .spec.template.spec.containers[name=\"sidecar\"].image"
    );
    let web2 = json!([{ "name": "web", "image": "web:2" }]);
    apply(&cluster, DEPLOYMENT, "a", &deployment(&web2)).ok();
    apply(&cluster, DEPLOYMENT, "b", &deployment(&json!([]))).ok();
    let left = cluster.get(DEPLOYMENT).ok();
    assert_eq!(left["spec"]["template"]["spec"]["containers"], web2);
    assert_eq!(left["metadata"]["generation"], 4);
}

#[test]
fn a_custom_resource_is_defaulted_and_its_status_is_apart() {
    let cluster = Cluster::new();
    let mut config = pool(&json!([{ "key": "a", "operator": "Exists" }]));
    config["status"] = json!({ "nodes": 3 });
    let made = apply(&cluster, POOL, "a", &config).ok();
    assert!(made.get("status").is_none(), "{made:#}");
    assert_eq!(made["metadata"]["generation"], 1);
    assert_eq!(
        made["spec"]["disruption"]["consolidationPolicy"],
        "WhenEmptyOrUnderutilized"
    );
    let status = json!({
        "apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": { "name": "blue" },
        "status": { "conditions": [{
            "type": "Ready", "status": "False", "reason": "R", "message": "",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }] },
    });
    let path = format!("{POOL}/status");
    let stated = apply(&cluster, &path, "controller", &status).ok();
    assert_eq!(stated["metadata"]["generation"], 1);
    assert_eq!(stated["spec"], made["spec"]);
    let entry = &stated["metadata"]["managedFields"][1];
    assert_eq!(
        (&entry["subresource"], &entry["manager"]),
        (&json!("status"), &json!("controller"))
    );
    assert_eq!(
        entry["fieldsV1"]
            .to_string()
            .matches("k:{\\\"type\\\":\\\"Ready\\\"}")
            .count(),
        usize::from(
            stated["status"]["conditions"].is_array()
                && entry["fieldsV1"].to_string().contains("k:")
        ),
    );
}

#[test]
fn a_field_that_the_schema_does_not_know_is_not_applied() {
    let cluster = Cluster::new();
    let mut config = pool(&json!([]));
    config["spec"]["colour"] = "blue".into();
    assert_eq!(
        apply(&cluster, POOL, "a", &config).refusal(),
        "500 : failed to create typed patch object (/blue; karpenter.sh/v1, Kind=NodePool): .spec.colour: field not declared in schema"
    );
}

#[test]
fn a_controller_that_reports_again_keeps_what_it_owns_and_is_dated() {
    let cluster = Cluster::new();
    cluster
        .post("/apis/karpenter.sh/v1/nodepools", &pool(&json!([])))
        .ok();
    let controller = cluster.with_agent("karpenter/1");
    let report = |cpu: &str, nodes: u64| {
        cluster.pass(60);
        let status =
            json!({ "status": { "resources": { "cpu": cpu, "nodes": nodes.to_string() } } });
        let stated = controller.merge(&format!("{POOL}/status"), &status).ok();
        stated["metadata"]["managedFields"]
            .as_array()
            .unwrap()
            .clone()
    };
    let (first, second) = (report("1", 1), report("2", 2));
    assert_eq!(first.len(), 2);
    assert_eq!(first[0], second[0]);
    assert_eq!(first[1]["fieldsV1"], second[1]["fieldsV1"]);
    assert_ne!(first[1]["time"], second[1]["time"]);
    cluster
        .merge(
            &format!("{POOL}/status"),
            &json!({ "status": { "resources": { "cpu": "3" } } }),
        )
        .ok();
    let third = report("3", 3);
    assert_eq!(third.len(), 3);
    assert!(!third.iter().any(|entry| {
        entry["manager"] == "karpenter" && entry["fieldsV1"].to_string().contains("f:cpu")
    }));
}

#[test]
fn two_elements_of_one_key_cannot_be_applied() {
    let cluster = Cluster::new();
    let twice = json!([{ "name": "a", "image": "a:1" }, { "name": "a", "image": "a:2" }]);
    assert_eq!(
        apply(&cluster, DEPLOYMENT, "a", &deployment(&twice)).refusal(),
        "500 : failed to create typed patch object (default/web; apps/v1, Kind=Deployment): .spec.template.spec.containers: duplicate entries for key [name=\"a\"]"
    );
}

#[test]
fn unknown_fields_are_dropped_with_a_warning_or_refused() {
    let cluster = Cluster::new();
    let mut config = pool(&json!([]));
    config["spec"]["colour"] = "blue".into();
    let pools = "/apis/karpenter.sh/v1/nodepools";
    let strict = cluster
        .post(&format!("{pools}?fieldValidation=Strict"), &config)
        .refusal();
    assert_eq!(
        strict,
        "400 BadRequest: NodePool in version \"v1\" cannot be handled as a NodePool: strict decoding error: unknown field \"spec.colour\""
    );
    let made = cluster.post(pools, &config);
    assert_eq!(
        made.warnings,
        ["299 - \"unknown field \\\"spec.colour\\\"\""]
    );
    assert!(made.ok()["spec"].get("colour").is_none());
}

#[test]
fn apply_wants_a_manager_and_others_must_not_force() {
    let cluster = Cluster::new();
    assert_eq!(
        cluster.apply(MAP, &map(&json!({}))).refusal(),
        "422 Invalid: PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch"
    );
    assert_eq!(
        cluster
            .merge(&format!("{MAP}?force=true"), &json!({}))
            .refusal(),
        "422 Invalid: PatchOptions.meta.k8s.io \"\" is invalid: force: Forbidden: may not be specified for non-apply patch"
    );
}

#[test]
fn an_update_takes_over_what_it_changes_and_an_applier_is_told() {
    let cluster = Cluster::new();
    apply(&cluster, MAP, "a", &map(&json!({ "x": "1" }))).ok();
    cluster
        .with_agent("kubectl-edit/1")
        .json_patch(
            MAP,
            &json!([
                { "op": "test", "path": "/data/x", "value": "1" },
                { "op": "replace", "path": "/data/x", "value": "2" },
            ]),
        )
        .ok();
    assert_eq!(
        apply(&cluster, MAP, "a", &map(&json!({ "x": "1" }))).refusal(),
        "409 Conflict: Apply failed with 1 conflict: conflict with \"kubectl-edit\" using v1: .data.x"
    );
}

#[test]
fn a_strategic_merge_patch_goes_by_merge_keys_and_directives() {
    let cluster = Cluster::new();
    let containers = json!([{ "name": "a", "image": "a:1" }, { "name": "b", "image": "b:1" }]);
    cluster
        .post(
            "/apis/apps/v1/namespaces/default/deployments",
            &deployment(&containers),
        )
        .ok();
    let patch = |containers: Value| json!({ "spec": { "template": { "spec": containers } } });
    let images = |object: &Value| -> Vec<String> {
        let list = object["spec"]["template"]["spec"]["containers"]
            .as_array()
            .unwrap();
        list.iter()
            .map(|one| one["image"].as_str().unwrap().to_owned())
            .collect()
    };
    let changed = cluster
        .strategic(
            DEPLOYMENT,
            &patch(json!({ "containers": [{ "name": "b", "image": "b:2" }] })),
        )
        .ok();
    assert_eq!(images(&changed), ["a:1", "b:2"]);
    let gone = cluster.strategic(DEPLOYMENT, &patch(json!({
        "containers": [{ "name": "a", "$patch": "delete" }, { "name": "c", "image": "c:1" }],
        "$setElementOrder/containers": [{ "name": "c" }, { "name": "b" }],
    }))).ok();
    assert_eq!(images(&gone), ["c:1", "b:2"]);
    let replaced = cluster
        .strategic(
            DEPLOYMENT,
            &patch(json!({
                "containers": [{ "name": "d", "image": "d:1" }, { "$patch": "replace" }],
            })),
        )
        .ok();
    assert_eq!(images(&replaced), ["d:1"]);
    assert!(cluster.strategic(POOL, &json!({})).refusal().starts_with(
        "415 UnsupportedMediaType: the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json"
    ));
}

#[test]
fn a_json_patch_is_done_whole_or_not_at_all() {
    let cluster = Cluster::new();
    apply(&cluster, MAP, "a", &map(&json!({ "x": "1" }))).ok();
    let before = cluster.get(MAP).ok();
    let half = json!([
        { "op": "add", "path": "/data/y", "value": "1" },
        { "op": "test", "path": "/data/x", "value": "other" },
    ]);
    assert_eq!(cluster.json_patch(MAP, &half).code, 422);
    assert_eq!(cluster.get(MAP).ok(), before);
    assert_eq!(cluster.json_patch(MAP, &json!({ "op": "add" })).code, 400);
}

#[test]
fn scale_reads_and_sets_the_replicas() {
    let cluster = Cluster::new();
    let containers = json!([{ "name": "a", "image": "a:1" }]);
    cluster
        .post(
            "/apis/apps/v1/namespaces/default/deployments",
            &deployment(&containers),
        )
        .ok();
    let scale = format!("{DEPLOYMENT}/scale");
    let mut read = cluster.get(&scale).ok();
    assert_eq!(
        (&read["spec"]["replicas"], &read["status"]["selector"]),
        (&json!(1), &json!("app=web"))
    );
    assert_eq!(
        cluster
            .merge(&scale, &json!({ "spec": { "replicas": 3 } }))
            .ok()["spec"]["replicas"],
        3
    );
    read["spec"]["replicas"] = 5.into();
    assert_eq!(cluster.put(&scale, &read).code, 409);
    assert_eq!(
        cluster
            .merge(&scale, &json!({ "spec": { "replicas": -1 } }))
            .code,
        422
    );
    assert_eq!(cluster.get(DEPLOYMENT).ok()["spec"]["replicas"], 3);
}
