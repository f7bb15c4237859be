//! Who may come in, and what they may do.

use bytes::Bytes;
use http::Request;
use rolecall_sandbox_kube::{Answer, User};
use serde_json::{Value, json};

use crate::cluster::Cluster;

const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";

fn with_token(cluster: &Cluster, path: &str, token: Option<&str>) -> (u16, Value) {
    let mut request = Request::get(path);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let Answer::Whole(response) = cluster.server.handle(request.body(Bytes::new()).unwrap()) else {
        panic!("a watch");
    };
    let body = serde_json::from_slice(response.body()).unwrap_or(Value::Null);
    (response.status().as_u16(), body)
}

#[test]
fn a_token_that_nobody_knows_gets_the_401_of_kubernetes() {
    let cluster = Cluster::new();
    let expected = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "Unauthorized", "reason": "Unauthorized", "code": 401,
    });
    for token in [Some("bad"), None] {
        assert_eq!(
            with_token(&cluster, "/api/v1/nodes", token),
            (401, expected.clone())
        );
    }
    assert_eq!(with_token(&cluster, "/api/v1/nodes", Some("admin")).0, 200);
    assert_eq!(with_token(&cluster, "/readyz", None).0, 200);
}

#[test]
fn a_refusal_says_who_may_not_do_what_where() {
    let cluster = Cluster::new().as_user(User::new("x", []));
    assert_eq!(
        cluster.get("/api/v1/nodes").refusal(),
        "403 Forbidden: nodes is forbidden: User \"x\" cannot list resource \"nodes\" in API group \"\" at the cluster scope"
    );
    assert_eq!(
        cluster
            .delete("/apis/karpenter.sh/v1/nodepools/a")
            .refusal(),
        "403 Forbidden: nodepools.karpenter.sh \"a\" is forbidden: User \"x\" cannot delete resource \"nodepools\" in API group \"karpenter.sh\" at the cluster scope"
    );
    assert_eq!(
        cluster
            .get("/api/v1/namespaces/default/pods/p/status")
            .refusal(),
        "403 Forbidden: pods \"p\" is forbidden: User \"x\" cannot get resource \"pods/status\" in API group \"\" in the namespace \"default\""
    );
    assert_eq!(
        cluster.get("/metrics").refusal(),
        "403 Forbidden: forbidden: User \"x\" cannot get path \"/metrics\""
    );
    assert_eq!(cluster.get("/version").code, 200);
    assert_eq!(cluster.get("/apis").code, 200);
}

#[test]
fn roles_and_bindings_in_the_store_count_at_once() {
    let cluster = Cluster::new();
    let user = cluster.as_user(User::new("x", ["readers"]));
    let pods = "/api/v1/namespaces/default/pods";
    assert_eq!(user.get(pods).code, 403);
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": { "name": "r" },
        "rules": [{ "apiGroups": [""], "resources": ["pods"], "verbs": ["list"] }],
    });
    cluster
        .post(&format!("{RBAC}/namespaces/default/roles"), &role)
        .ok();
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": { "name": "b" },
        "subjects": [{ "kind": "Group", "name": "readers" }], "roleRef": { "kind": "Role", "name": "r" },
    });
    let bindings = format!("{RBAC}/namespaces/default/rolebindings");
    cluster.post(&bindings, &binding).ok();
    assert_eq!(user.get(pods).code, 200);
    assert_eq!(user.get("/api/v1/namespaces/kube-system/pods").code, 403);
    assert_eq!(user.get(&format!("{pods}?watch=1")).code, 403);
    cluster.delete(&format!("{bindings}/b")).ok();
    assert_eq!(user.get(pods).code, 403);
}

#[test]
fn a_role_binding_cannot_be_pointed_at_another_role() {
    let cluster = Cluster::new();
    let path = format!("{RBAC}/clusterrolebindings/cluster-admin");
    let other = json!({ "roleRef": { "name": "view" } });
    assert!(
        cluster
            .merge(&path, &other)
            .refusal()
            .contains("cannot change roleRef")
    );
}

#[test]
fn the_default_roles_see_and_change_what_they_should() {
    let cluster = Cluster::new();
    for (role, can, cannot) in [
        ("view", "get pods", "get secrets"),
        ("edit", "delete secrets", "get nodes"),
        ("admin", "create rolebindings", "create nodes"),
    ] {
        let binding = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": { "name": role }, "subjects": [{ "kind": "User", "name": role }],
            "roleRef": { "kind": "ClusterRole", "name": role },
        });
        cluster
            .post(&format!("{RBAC}/clusterrolebindings"), &binding)
            .ok();
        let allowed = |what: &str| {
            let (verb, resource) = what.split_once(' ').unwrap();
            let group = if resource == "rolebindings" {
                "rbac.authorization.k8s.io"
            } else {
                ""
            };
            let review = json!({
                "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
                "spec": { "resourceAttributes": { "verb": verb, "resource": resource, "group": group } },
            });
            let user = cluster.as_user(User::new(role, []));
            user.post(
                "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                &review,
            )
            .ok()["status"]["allowed"]
                .clone()
        };
        assert_eq!(
            (allowed(can), allowed(cannot)),
            (json!(true), json!(false)),
            "{role}"
        );
    }
}

#[test]
fn a_node_may_change_its_own_node_and_lease_only() {
    let cluster = Cluster::new();
    let node = cluster.as_user(User::new("system:node:i-1", ["system:nodes"]));
    let object =
        |name: &str| json!({ "apiVersion": "v1", "kind": "Node", "metadata": { "name": name } });
    node.post("/api/v1/nodes", &object("i-1")).ok();
    assert_eq!(
        node.post("/api/v1/nodes", &object("i-2")).refusal(),
        "403 Forbidden: nodes \"i-2\" is forbidden: node \"i-1\" is not allowed to modify node \"i-2\""
    );
    cluster.post("/api/v1/nodes", &object("i-2")).ok();
    assert_eq!(
        node.merge(
            "/api/v1/nodes/i-1/status",
            &json!({ "status": { "phase": "x" } })
        )
        .code,
        200
    );
    assert_eq!(node.get("/api/v1/nodes/i-2").code, 403);
    assert_eq!(node.merge("/api/v1/nodes/i-2", &json!({})).code, 403);
    assert_eq!(
        node.get("/api/v1/nodes?fieldSelector=metadata.name%3Di-1")
            .code,
        200
    );
    assert_eq!(node.get("/api/v1/nodes").code, 403);
    let lease = |name: &str| {
        json!({
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": { "name": name },
        })
    };
    let leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
    assert_eq!(node.post(leases, &lease("i-1")).code, 201);
    assert_eq!(node.post(leases, &lease("i-2")).code, 403);
    // Without the group it is a user like any other.
    let stranger = cluster.as_user(User::new("system:node:i-1", []));
    assert_eq!(stranger.get("/api/v1/nodes/i-1").code, 403);
}

#[test]
fn nobody_gives_away_what_they_do_not_have() {
    let cluster = Cluster::new();
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": { "name": "x" }, "subjects": [{ "kind": "User", "name": "x" }],
        "roleRef": { "kind": "ClusterRole", "name": "admin" },
    });
    cluster
        .post(&format!("{RBAC}/clusterrolebindings"), &binding)
        .ok();
    let user = cluster.as_user(User::new("x", []));
    let role = |resource: &str| {
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": { "name": resource },
            "rules": [{ "apiGroups": [""], "resources": [resource], "verbs": ["get"] }],
        })
    };
    let roles = format!("{RBAC}/namespaces/default/roles");
    user.post(&roles, &role("pods")).ok();
    assert_eq!(
        user.post(&roles, &role("nodes")).refusal(),
        "403 Forbidden: roles.rbac.authorization.k8s.io \"nodes\" is forbidden: user \"x\" (groups=[\"system:authenticated\"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[\"\"], Resources:[\"nodes\"], Verbs:[\"get\"]}"
    );
    let bind = |role: &str| {
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": { "name": role },
            "subjects": [{ "kind": "User", "name": "y" }], "roleRef": { "kind": "ClusterRole", "name": role },
        })
    };
    let bindings = format!("{RBAC}/namespaces/default/rolebindings");
    assert_eq!(user.post(&bindings, &bind("view")).code, 201);
    assert_eq!(user.post(&bindings, &bind("cluster-admin")).code, 403);
    assert_eq!(cluster.post(&bindings, &bind("cluster-admin")).code, 201);
}

#[test]
fn reviews_tell_who_one_is() {
    let cluster = Cluster::new().as_user(User::new("x", ["a"]));
    let review = json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview" });
    let answer = cluster
        .post("/apis/authentication.k8s.io/v1/selfsubjectreviews", &review)
        .ok();
    assert_eq!(
        answer["status"]["userInfo"],
        json!({ "username": "x", "groups": ["a", "system:authenticated"] })
    );
}

#[test]
fn impersonation_is_a_permission() {
    let cluster = Cluster::new();
    let ask = |cluster: &Cluster| {
        let request = cluster
            .request(http::Method::GET, "/api/v1/nodes")
            .header("impersonate-user", "x");
        cluster.send(request.body(Bytes::new()).unwrap()).refusal()
    };
    assert!(ask(&cluster).contains("User \"x\" cannot list resource \"nodes\""));
    assert_eq!(
        ask(&cluster.as_user(User::new("y", []))),
        "403 Forbidden: users \"x\" is forbidden: User \"y\" cannot impersonate resource \"users\" in API group \"\" at the cluster scope"
    );
}
