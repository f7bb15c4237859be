//! What holds for any sequence of requests.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Method, Request};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use rolecall_sandbox_kube::{ApiServer, Next, User};
use serde_json::{Value, json};

use crate::cluster::Cluster;

const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const PODS: &str = "/api/v1/namespaces/default/pods";

/// Data, labels and finalizers that a manager may want a config map to have.
fn config() -> impl Strategy<Value = Value> {
    let texts = || btree_map("[a-d]", "[x-z]", 0..4);
    (
        texts(),
        texts(),
        proptest::sample::subsequence(vec!["e.io/a", "e.io/b"], 0..=2),
    )
        .prop_map(|(data, labels, finalizers)| {
            let mut config = json!({
                "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "a" },
            });
            if !data.is_empty() {
                config["data"] = json!(data);
            }
            if !labels.is_empty() {
                config["metadata"]["labels"] = json!(labels);
            }
            if !finalizers.is_empty() {
                config["metadata"]["finalizers"] = json!(finalizers);
            }
            config
        })
}

/// A pod whose containers a manager may want.
fn pod() -> impl Strategy<Value = Value> {
    let container = ("[a-c]", "[x-z]", btree_map("[e-g]", "[x-z]", 0..3));
    vec(container, 1..4).prop_map(|containers| {
        let by_name: BTreeMap<String, (String, BTreeMap<String, String>)> = containers
            .into_iter()
            .map(|(name, image, env)| (name, (image, env)))
            .collect();
        let list: Vec<Value> = by_name
            .iter()
            .map(|(name, (image, env))| {
                let env: Vec<Value> = env
                    .iter()
                    .map(|(name, value)| json!({ "name": name, "value": value }))
                    .collect();
                json!({ "name": name, "image": image, "env": env })
            })
            .collect();
        json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "a" },
            "spec": { "containers": list },
        })
    })
}

/// Whether all that `part` says is also in `whole`; lists of named things by name.
fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => part
            .iter()
            .all(|(name, value)| whole.get(name).is_some_and(|other| contains(other, value))),
        (Value::Array(whole), Value::Array(part)) => part
            .iter()
            .all(|value| whole.iter().any(|other| contains(other, value))),
        (whole, part) => whole == part,
    }
}

fn force(cluster: &Cluster, path: &str, manager: usize, config: &Value) -> Value {
    let path = format!("{path}/a?fieldManager=m{manager}&force=true");
    cluster.apply(&path, config).ok()
}

/// The object without what changes with every write.
fn essence(mut object: Value) -> Value {
    for field in ["resourceVersion", "managedFields", "generation"] {
        object["metadata"].as_object_mut().unwrap().remove(field);
    }
    object
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_applied_is_there_and_applying_it_again_changes_nothing(
        steps in vec((0..3_usize, prop_oneof![config(), pod()]), 1..8)
    ) {
        let cluster = Cluster::new();
        for (manager, config) in steps {
            let path = if config["kind"] == "Pod" { PODS } else { MAPS };
            let applied = force(&cluster, path, manager, &config);
            prop_assert!(contains(&applied, &config), "{applied:#} {config:#}");
            let revision = cluster.server.revision();
            cluster.pass(5);
            prop_assert_eq!(force(&cluster, path, manager, &config), applied);
            prop_assert_eq!(cluster.server.revision(), revision);
        }
    }

    #[test]
    fn an_applier_that_leaves_takes_along_only_what_was_its_own(
        first in config(), second in config()
    ) {
        let cluster = Cluster::new();
        let nothing = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "a" } });
        force(&cluster, MAPS, 0, &first);
        let alone = force(&cluster, MAPS, 0, &nothing);
        prop_assert_eq!(alone["metadata"].get("managedFields"), None);
        force(&cluster, MAPS, 1, &second);
        let before = essence(cluster.get(&format!("{MAPS}/a")).ok());
        // Only what the second does not say: the rest would be taken from it by force.
        let mut extra = first.clone();
        for (name, value) in first["data"].as_object().into_iter().flatten() {
            if second["data"].get(name).is_some_and(|other| other != value) {
                extra["data"].as_object_mut().unwrap().remove(name);
            }
        }
        extra["metadata"].as_object_mut().unwrap().remove("labels");
        force(&cluster, MAPS, 2, &extra);
        let after = essence(force(&cluster, MAPS, 2, &nothing));
        prop_assert_eq!(after, before);
    }

    #[test]
    fn a_merge_patch_done_twice_is_done_once(start in config(), patch in config()) {
        let cluster = Cluster::new();
        let path = format!("{MAPS}/a");
        cluster.post(MAPS, &start).ok();
        let once = cluster.merge(&path, &patch).ok();
        prop_assert_eq!(&cluster.merge(&path, &patch).ok(), &once);
        prop_assert_eq!(&cluster.strategic(&path, &patch).ok(), &once);
    }

    #[test]
    fn a_strategic_patch_done_twice_is_done_once(start in pod(), patch in pod()) {
        let cluster = Cluster::new();
        let path = format!("{PODS}/a");
        cluster.post(PODS, &start).ok();
        let once = cluster.strategic(&path, &patch).ok();
        prop_assert!(contains(&once, &patch));
        prop_assert_eq!(cluster.strategic(&path, &patch).ok(), once);
    }

    #[test]
    fn a_list_with_a_watch_from_it_is_the_list_of_later(
        steps in vec((0..3_usize, 0..6_usize, 0..3_usize), 1..40), cut in 0..40_usize
    ) {
        let cluster = Cluster::new();
        let selector = "labelSelector=c%3D0";
        let mut seen = BTreeMap::new();
        let mut from = String::new();
        for (index, (what, name, colour)) in steps.iter().enumerate() {
            if index == cut.min(steps.len() - 1) {
                let list = cluster.get(&format!("{MAPS}?{selector}")).ok();
                from = list["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
                seen = by_name(&list);
            }
            step(&cluster, *what, *name, *colour);
        }
        let mut watch = cluster.watch(&format!("{MAPS}?watch=1&resourceVersion={from}&{selector}"));
        while let Next::Chunk(chunk) = watch.try_next() {
            for line in chunk.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
                let event: Value = serde_json::from_slice(line).unwrap();
                let object = event["object"].clone();
                let name = object["metadata"]["name"].as_str().unwrap().to_owned();
                let known = match event["type"].as_str().unwrap() {
                    "ADDED" => seen.insert(name, object).is_none(),
                    "MODIFIED" => seen.insert(name, object).is_some(),
                    _ => seen.remove(&name).is_some(),
                };
                prop_assert!(known, "{}", event["type"]);
            }
        }
        prop_assert_eq!(seen, by_name(&cluster.get(&format!("{MAPS}?{selector}")).ok()));
    }

    #[test]
    fn an_exact_list_is_what_was_there_then(steps in vec((0..3_usize, 0..6_usize, 0..3_usize), 1..30)) {
        let cluster = Cluster::new();
        let mut moments = Vec::new();
        for (what, name, colour) in steps {
            step(&cluster, what, name, colour);
            moments.push(cluster.get(MAPS).ok());
        }
        for then in moments {
            let revision = then["metadata"]["resourceVersion"].as_str().unwrap();
            let path = format!("{MAPS}?resourceVersion={revision}&resourceVersionMatch=Exact");
            prop_assert_eq!(cluster.get(&path).ok(), then);
        }
    }

    #[test]
    fn no_request_makes_the_server_panic(
        method in proptest::sample::select(vec!["GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "X"]),
        path in proptest::sample::select(vec![
            MAPS, "/api/v1/namespaces/default/configmaps/a", "/apis/karpenter.sh/v1/nodepools/b/status",
            "/apis/karpenter.sh/v1/nodepools", "/api/v1/namespaces/x/finalize", "/api", "/openapi/v3",
            "/apis/apps/v1/namespaces/default/deployments/d/scale", "/api/v1/namespaces/default",
            "/apis/authorization.k8s.io/v1/subjectaccessreviews", "/api/v1/nodes/%ff", "//",
        ]),
        query in "((watch|limit|continue|labelSelector|fieldSelector|dryRun|force|fieldManager|resourceVersion)=[ -~]{0,6}&){0,4}",
        media in proptest::sample::select(vec![
            "application/json", "application/json-patch+json", "application/merge-patch+json", "",
            "application/strategic-merge-patch+json", "application/apply-patch+yaml", "application/yaml",
            "application/vnd.kubernetes.protobuf",
        ]),
        body in prop_oneof![
            "\\PC{0,40}",
            Just("{\"metadata\":{\"name\":\"a\",\"labels\":null,\"managedFields\":[{}],\"ownerReferences\":[7]}}".to_owned()),
            Just("[{\"op\":\"move\",\"from\":\"/metadata\",\"path\":\"/spec\"}]".to_owned()),
            Just("k8s\u{0}\n\u{f}\n\u{2}v1\u{12}\u{9}ConfigMap\u{12}\u{5}\n\u{7f}".to_owned()),
            Just("{\"apiVersion\":\"karpenter.sh/v1\",\"kind\":\"NodePool\",\"metadata\":{\"name\":\"b\"},\"spec\":[]}".to_owned()),
        ],
    ) {
        let cluster = Cluster::new();
        let query: String = query.replace([' ', '"', '<', '>', '`', '{', '}', '^', '\\', '|'], "%20");
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = Request::builder()
            .method(method)
            .uri(format!("{path}?{query}"))
            .header("content-type", media)
            .extension(User::master())
            .body(Bytes::from(body));
        prop_assume!(request.is_ok());
        let head = request.as_ref().unwrap().method() == Method::HEAD;
        let Some(response) = cluster.server.handle(request.unwrap()).whole() else { return Ok(()) };
        let code = response.status().as_u16();
        if code >= 400 && !head {
            let status: Value = serde_json::from_slice(response.body()).unwrap();
            prop_assert_eq!((&status["kind"], &status["code"]), (&json!("Status"), &json!(code)));
        }
    }

    #[test]
    fn a_journal_brings_the_cluster_back(steps in vec((0..3_usize, 0..6_usize, 0..3_usize), 1..20)) {
        let (mut cluster, journal) = Cluster::with_journal();
        for (what, name, colour) in steps {
            step(&cluster, what, name, colour);
        }
        let before = cluster.get(MAPS).ok();
        let changes = journal.lock().unwrap().clone();
        cluster.server = ApiServer::restore(Cluster::settings(&cluster.clock), changes).unwrap();
        prop_assert_eq!(cluster.get(MAPS).ok(), before);
        prop_assert_eq!(cluster.get("/apis/karpenter.sh/v1/nodepools").code, 200);
        let made = cluster.post(MAPS, &json!({ "metadata": { "name": "new" } })).ok();
        prop_assert!(made["metadata"]["resourceVersion"].as_str().unwrap().parse::<u64>().is_ok());
    }
}

/// Makes, changes or deletes one of a few config maps.
fn step(cluster: &Cluster, what: usize, name: usize, colour: usize) {
    let path = format!("{MAPS}/n{name}");
    let labels = json!({ "c": colour.to_string() });
    match what {
        0 => cluster.post(
            MAPS,
            &json!({ "metadata": { "name": format!("n{name}"), "labels": labels } }),
        ),
        1 => cluster.merge(&path, &json!({ "metadata": { "labels": labels } })),
        _ => cluster.delete(&path),
    };
}

fn by_name(list: &Value) -> BTreeMap<String, Value> {
    let items = list["items"].as_array().unwrap().iter();
    items
        .map(|object| {
            let mut object = object.clone();
            // Items of a list of core kinds carry no type of their own everywhere.
            object["kind"] = "ConfigMap".into();
            (
                object["metadata"]["name"].as_str().unwrap().to_owned(),
                object,
            )
        })
        .collect()
}
