//! How long a new server, a write and a read take: `cargo run --release --example speed`.
#![expect(clippy::print_stdout, reason = "an example speaks to whoever runs it")]

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::{Method, Request};
use rolecall_sandbox_kube::{ApiServer, Attributes, Gate, Opinion, Settings, User};
use serde_json::{Value, json};

struct Closed;

impl Gate for Closed {
    fn authenticate(&self, _: &str) -> Option<User> {
        None
    }

    fn allows(&self, _: &User, _: &Attributes<'_>) -> Opinion {
        Opinion::Nothing
    }
}

fn send(server: &ApiServer, method: Method, path: &str, media: &str, body: Vec<u8>) -> u16 {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", media)
        .extension(User::master())
        .body(Bytes::from(body));
    let Ok(request) = request else { return 0 };
    server
        .handle(request)
        .whole()
        .map_or(0, |response| response.status().as_u16())
}

fn time(what: &str, count: u32, mut step: impl FnMut(u32) -> bool) {
    let start = Instant::now();
    let done = (0..count).filter(|&index| step(index)).count();
    let each = start.elapsed() / count;
    println!("{what}: {each:?} each, {done} of {count} went well");
}

fn pool(index: u32) -> Vec<u8> {
    let object: Value = json!({
        "apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": { "name": format!("p{index}") },
        "spec": { "template": { "spec": {
            "nodeClassRef": { "group": "eks.amazonaws.com", "kind": "NodeClass", "name": "default" },
            "requirements": [{ "key": "a", "operator": "In", "values": ["b"] }],
        } } },
    });
    object.to_string().into_bytes()
}

fn main() {
    let new = || ApiServer::new(Settings::new(Arc::new(Closed)));
    time("first server", 1, |_| new().revision() > 0);
    time("new server", 2000, |_| new().revision() > 0);
    let server = new();
    let json = "application/json";
    let merge = "application/merge-patch+json";
    let maps = "/api/v1/namespaces/default/configmaps";
    let pools = "/apis/karpenter.sh/v1/nodepools";
    time("create config map", 5000, |index| {
        let body = json!({ "metadata": { "name": format!("m{index}") }, "data": { "a": "b" } });
        send(
            &server,
            Method::POST,
            maps,
            json,
            body.to_string().into_bytes(),
        ) == 201
    });
    time("create node pool", 5000, |index| {
        send(&server, Method::POST, pools, json, pool(index)) == 201
    });
    time("patch status of node pool", 5000, |index| {
        let path = format!("{pools}/p{index}/status");
        let body = json!({ "status": { "conditions": [{
            "type": "Ready", "status": "True", "reason": "Ready", "message": "", "observedGeneration": 1,
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }] } });
        send(
            &server,
            Method::PATCH,
            &path,
            merge,
            body.to_string().into_bytes(),
        ) == 200
    });
    time("apply node pool", 5000, |index| {
        let path = format!("{pools}/p{index}?fieldManager=a&force=true");
        send(
            &server,
            Method::PATCH,
            &path,
            "application/apply-patch+yaml",
            pool(index),
        ) == 200
    });
    time("get node pool", 5000, |index| {
        send(
            &server,
            Method::GET,
            &format!("{pools}/p{index}"),
            json,
            Vec::new(),
        ) == 200
    });
    time("list 5000 node pools", 20, |_| {
        send(&server, Method::GET, pools, json, Vec::new()) == 200
    });
    time("delete node pool", 5000, |index| {
        send(
            &server,
            Method::DELETE,
            &format!("{pools}/p{index}"),
            json,
            Vec::new(),
        ) == 200
    });
}
