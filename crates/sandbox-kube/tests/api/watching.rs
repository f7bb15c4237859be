//! Watches and lists, and how they fit together.

use std::time::Duration;

use rolecall_sandbox_kube::Next;
use serde_json::{Value, json};

use crate::cluster::{Cluster, events, name, names};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

fn map(name: &str, colour: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": { "name": name, "labels": { "colour": colour } },
    })
}

fn filled(count: usize) -> Cluster {
    let cluster = Cluster::new();
    for index in 0..count {
        cluster.post(MAPS, &map(&format!("m{index}"), "red")).ok();
    }
    cluster
}

fn recolour(cluster: &Cluster, name: &str, colour: &str) {
    cluster
        .merge(
            &format!("{MAPS}/{name}"),
            &json!({ "metadata": { "labels": { "colour": colour } } }),
        )
        .ok();
}

#[test]
fn a_watch_goes_on_where_a_list_ended() {
    let cluster = filled(1);
    let list = cluster.get(MAPS).ok();
    let revision = list["metadata"]["resourceVersion"]
        .as_str()
        .unwrap()
        .to_owned();
    cluster.post(MAPS, &map("n", "red")).ok();
    recolour(&cluster, "n", "blue");
    cluster.delete(&format!("{MAPS}/n")).ok();
    let mut watch = cluster.watch(&format!("{MAPS}?watch=true&resourceVersion={revision}"));
    assert_eq!(
        events(&mut watch, name),
        ["ADDED n", "MODIFIED n", "DELETED n"]
    );
    assert_eq!(watch.try_next(), Next::Pending);
}

#[test]
fn a_watch_without_revision_tells_what_there_is_first() {
    let cluster = filled(2);
    let mut watch = cluster.watch(&format!("{MAPS}?watch=1"));
    assert_eq!(events(&mut watch, name), ["ADDED m0", "ADDED m1"]);
    recolour(&cluster, "m0", "blue");
    assert_eq!(events(&mut watch, name), ["MODIFIED m0"]);
}

#[test]
fn initial_events_end_with_a_marked_bookmark() {
    let cluster = filled(1);
    let mut watch = cluster.watch(&format!(
        "{MAPS}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    ));
    let shown = |object: &Value| match object["metadata"].get("annotations") {
        Some(annotations) => annotations.to_string(),
        None => name(object),
    };
    assert_eq!(
        events(&mut watch, shown),
        [
            "ADDED m0",
            "BOOKMARK {\"k8s.io/initial-events-end\":\"true\"}"
        ]
    );
}

#[test]
fn an_object_that_leaves_a_selector_is_deleted_for_its_watcher() {
    let cluster = filled(1);
    let mut watch = cluster.watch(&format!("{MAPS}?watch=1&labelSelector=colour%3Dred"));
    events(&mut watch, name);
    let revision = |object: &Value| {
        let text = |field: &str| object["metadata"][field].to_string();
        format!(
            "{} {}",
            object["metadata"]["labels"]["colour"],
            text("resourceVersion")
        )
    };
    recolour(&cluster, "m0", "blue");
    let now = cluster.server.revision();
    assert_eq!(
        events(&mut watch, revision),
        [format!("DELETED \"red\" \"{now}\"")]
    );
    recolour(&cluster, "m0", "red");
    let now = cluster.server.revision();
    assert_eq!(
        events(&mut watch, revision),
        [format!("ADDED \"red\" \"{now}\"")]
    );
}

#[test]
fn a_watch_that_is_too_far_behind_is_told_so() {
    let cluster = filled(1);
    let from = cluster.server.revision();
    for index in 0..200 {
        recolour(&cluster, "m0", &format!("c{index}"));
    }
    let mut watch = cluster.watch(&format!("{MAPS}?watch=1&resourceVersion={from}"));
    let shown = |object: &Value| format!("{} {}", object["code"], object["reason"]);
    assert_eq!(events(&mut watch, shown), ["ERROR 410 \"Expired\""]);
    assert_eq!(watch.try_next(), Next::Done);
}

#[test]
fn a_blocked_reader_is_woken_by_a_change() {
    let cluster = filled(0);
    let mut watch = cluster.watch(&format!("{MAPS}?watch=1"));
    let server = cluster.as_user(cluster.user.clone());
    let reader = std::thread::spawn(move || watch.next_within(Duration::from_secs(60)));
    server.post(MAPS, &map("a", "red")).ok();
    assert!(matches!(reader.join().unwrap(), Next::Chunk(_)));
}

#[test]
fn a_watch_ends_after_its_time() {
    let cluster = filled(0);
    let mut watch = cluster.watch(&format!(
        "{MAPS}?watch=1&timeoutSeconds=1&allowWatchBookmarks=true"
    ));
    let Next::Chunk(last) = watch.next_within(Duration::from_secs(60)) else {
        panic!("a bookmark")
    };
    assert!(
        String::from_utf8(last.to_vec())
            .unwrap()
            .starts_with("{\"type\":\"BOOKMARK\"")
    );
    assert_eq!(watch.next_within(Duration::from_secs(60)), Next::Done);
}

#[test]
fn options_that_do_not_go_together_are_refused() {
    let cluster = filled(0);
    let refusal = |query: &str| cluster.get(&format!("{MAPS}?{query}")).refusal();
    assert_eq!(
        refusal("watch=1&sendInitialEvents=true"),
        "422 Invalid: ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
    );
    assert_eq!(
        refusal("resourceVersionMatch=Exact"),
        "422 Invalid: ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided"
    );
    assert_eq!(
        refusal("fieldSelector=spec.x%3D1"),
        "400 BadRequest: field label not supported: spec.x"
    );
    assert!(
        refusal("labelSelector=a+in+(").starts_with("400 BadRequest: unable to parse requirement")
    );
    assert!(refusal("limit=x").starts_with("400 "));
}

#[test]
fn pages_of_a_list_show_one_moment() {
    let cluster = filled(5);
    let first = cluster.get(&format!("{MAPS}?limit=2")).ok();
    assert_eq!(names(&first), ["m0", "m1"]);
    assert_eq!(first["metadata"]["remainingItemCount"], 3);
    cluster.delete(&format!("{MAPS}/m3")).ok();
    cluster.post(MAPS, &map("m2a", "red")).ok();
    let token = |list: &Value| list["metadata"]["continue"].as_str().unwrap().to_owned();
    let second = cluster
        .get(&format!("{MAPS}?limit=2&continue={}", token(&first)))
        .ok();
    assert_eq!(names(&second), ["m2", "m3"]);
    assert_eq!(
        second["metadata"]["resourceVersion"],
        first["metadata"]["resourceVersion"]
    );
    let third = cluster
        .get(&format!("{MAPS}?limit=2&continue={}", token(&second)))
        .ok();
    assert_eq!(names(&third), ["m4"]);
    assert!(third["metadata"].get("continue").is_none());
}

#[test]
fn a_page_that_is_too_old_can_be_had_without_consistency() {
    let cluster = filled(3);
    let first = cluster.get(&format!("{MAPS}?limit=1")).ok();
    for index in 0..200 {
        recolour(&cluster, "m2", &format!("c{index}"));
    }
    let token = first["metadata"]["continue"].as_str().unwrap();
    let old = cluster.get(&format!("{MAPS}?limit=1&continue={token}"));
    assert_eq!(
        (old.code, old.body["reason"].as_str()),
        (410, Some("Expired"))
    );
    let token = old.body["metadata"]["continue"].as_str().unwrap();
    let next = cluster
        .get(&format!("{MAPS}?limit=1&continue={token}"))
        .ok();
    assert_eq!(names(&next), ["m1"]);
}

#[test]
fn revisions_are_kept_to() {
    let cluster = filled(2);
    let then = cluster.server.revision();
    cluster.delete(&format!("{MAPS}/m0")).ok();
    let exact = cluster
        .get(&format!(
            "{MAPS}?resourceVersion={then}&resourceVersionMatch=Exact"
        ))
        .ok();
    assert_eq!(names(&exact), ["m0", "m1"]);
    let newer = cluster.get(&format!("{MAPS}?resourceVersion={then}")).ok();
    assert_eq!(names(&newer), ["m1"]);
    assert_eq!(
        cluster
            .get(&format!("{MAPS}?resourceVersion=9999"))
            .refusal(),
        format!(
            "504 Timeout: Too large resource version: 9999, current: {}",
            then + 1
        )
    );
}
