use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use rolecall_facts::Snapshot;
use serde_json::{Value, json};

use super::load::REGION;
use super::measure::watch;
use super::running::RunningSandbox;
use super::table::Row;

const ACCOUNTS: usize = 20;
/// In each account.
const CLUSTERS: usize = 5;
/// In each cluster, with a class and a role of its own.
const POOLS: usize = 2;
/// What a call takes before it is answered.
const LATENCY: &str = "*=latency:40ms";

/// `rolecall fleet` over a hundred clusters, each call as slow as one over the network.
pub(super) fn row(rolecall: &Path) -> Result<Row> {
    let sandbox = RunningSandbox::start_with(rolecall, &["--fault", LATENCY])?;
    let ids: Vec<String> = (0..ACCOUNTS).map(account).collect();
    for id in &ids {
        sandbox.load(&of_account(id))?;
    }
    let mut command = Command::new(rolecall);
    command
        .args(["fleet", "--quiet", "--assume-role-name", READER])
        .args(["--accounts", &ids.join(",")])
        .env("AWS_ENDPOINT_URL", format!("http://{}", sandbox.address))
        .env("AWS_ACCESS_KEY_ID", &sandbox.credentials.access_key_id)
        .env(
            "AWS_SECRET_ACCESS_KEY",
            &sandbox.credentials.secret_access_key,
        )
        .env("AWS_REGION", REGION);
    let measured = watch(command, &[0, 1])?;
    let what = format!(
        "`rolecall fleet`, {} clusters in {ACCOUNTS} accounts, 40 ms a call",
        ACCOUNTS * CLUSTERS
    );
    Ok(Row::new(what, measured.took)
        .limit(Duration::from_secs(20))
        .memory(measured.peak, Some(200 * 1024 * 1024)))
}

const READER: &str = "RolecallReader";

fn account(index: usize) -> String {
    format!("2222{index:08}")
}

/// All that an account holds, the role to read it among it.
fn of_account(id: &str) -> Value {
    let clusters = 0..CLUSTERS;
    let pools = || {
        clusters
            .clone()
            .flat_map(|cluster| (0..POOLS).map(move |pool| (cluster, pool)))
    };
    let mut roles: Vec<Value> = clusters
        .clone()
        .map(|cluster| cluster_role(id, cluster))
        .collect();
    roles.extend(pools().map(|pool| node_role(id, pool)));
    roles.push(role(
        id,
        READER,
        r#"{"AWS":"arn:aws:iam::111122223333:root"}"#,
        r#""sts:AssumeRole""#,
        &["AdministratorAccess"],
    ));
    let readers = clusters.clone().map(|cluster| {
        entry(
            cluster,
            &arn(id, READER),
            "STANDARD",
            "AmazonEKSClusterAdminPolicy",
        )
    });
    let nodes = pools().map(|pool| {
        let role = arn(id, &node_role_name(pool));
        entry(pool.0, &role, "EC2", "AmazonEKSAutoNodePolicy")
    });
    let (entries, policies): (Vec<Value>, Vec<Value>) = readers.chain(nodes).unzip();
    json!({
        "version": Snapshot::VERSION,
        "clusters": clusters.clone().map(|cluster| cluster_json(id, cluster)).collect::<Vec<_>>(),
        "node_pools": pools().map(pool_json).collect::<Vec<_>>(),
        "node_classes": pools().map(class_json).collect::<Vec<_>>(),
        "access_entries": entries,
        "access_policies": policies,
        "roles": roles,
    })
}

fn origin() -> Value {
    json!({ "api": { "call": "bench", "target": "fleet" } })
}

fn known(value: impl Into<Value>) -> Value {
    json!({ "known": { "value": value.into(), "origin": origin() } })
}

fn reference(value: impl Into<Value>) -> Value {
    json!({ "value": known(value) })
}

fn arn(account: &str, role: &str) -> String {
    format!("arn:aws:iam::{account}:role/{role}")
}

fn node_role_name((cluster, pool): (usize, usize)) -> String {
    format!("node-{cluster}-{pool}")
}

fn cluster_json(account: &str, cluster: usize) -> Value {
    json!({
        "name": known(format!("cluster-{cluster}")), "partition": "aws", "account": account,
        "region": REGION, "authentication_mode": known("API"),
        "compute": { "enabled": known(true), "node_pools": known(Vec::<String>::new()), "origin": origin() },
        "role": reference(arn(account, &format!("cluster-role-{cluster}"))),
        "access_entries_complete": "complete", "aws_auth_complete": "complete", "origin": origin(),
    })
}

fn pool_json((cluster, pool): (usize, usize)) -> Value {
    let class = json!({ "group": "eks.amazonaws.com", "kind": "NodeClass", "name": format!("class-{pool}") });
    json!({
        "name": format!("pool-{pool}"), "cluster": reference(format!("cluster-{cluster}")),
        "node_class_ref": known(class), "origin": origin(),
    })
}

fn class_json((cluster, pool): (usize, usize)) -> Value {
    json!({
        "kind": "auto-mode", "name": format!("class-{pool}"),
        "cluster": reference(format!("cluster-{cluster}")),
        "role": reference(node_role_name((cluster, pool))), "origin": origin(),
    })
}

/// An entry and the policy that is associated with it.
fn entry(cluster: usize, principal: &str, kind: &str, policy: &str) -> (Value, Value) {
    let cluster = reference(format!("cluster-{cluster}"));
    let entry = json!({
        "cluster": cluster, "principal": reference(principal), "entry_type": known(kind),
        "kubernetes_groups": known(Vec::<String>::new()), "policies_complete": "complete",
        "origin": origin(),
    });
    let policy = json!({
        "cluster": cluster, "principal": reference(principal),
        "policy_arn": known(format!("arn:aws:eks::aws:cluster-access-policy/{policy}")),
        "scope": known("cluster"), "origin": origin(),
    });
    (entry, policy)
}

fn role(account: &str, name: &str, principal: &str, actions: &str, policies: &[&str]) -> Value {
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{principal},"Action":{actions}}}]}}"#
    );
    let attached: Vec<_> = policies
        .iter()
        .map(|policy| reference(format!("arn:aws:iam::aws:policy/{policy}")))
        .collect();
    json!({
        "partition": "aws", "account": account, "name": known(name), "path": known("/"),
        "trust": known(json!({ "text": trust })), "attached_policies": attached,
        "policies_complete": "complete", "origin": origin(),
    })
}

fn node_role(account: &str, pool: (usize, usize)) -> Value {
    role(
        account,
        &node_role_name(pool),
        r#"{"Service":"ec2.amazonaws.com"}"#,
        r#""sts:AssumeRole""#,
        &[
            "AmazonEKSWorkerNodeMinimalPolicy",
            "AmazonEC2ContainerRegistryPullOnly",
        ],
    )
}

fn cluster_role(account: &str, cluster: usize) -> Value {
    role(
        account,
        &format!("cluster-role-{cluster}"),
        r#"{"Service":"eks.amazonaws.com"}"#,
        r#"["sts:AssumeRole","sts:TagSession"]"#,
        &[
            "AmazonEKSClusterPolicy",
            "AmazonEKSComputePolicy",
            "AmazonEKSBlockStoragePolicy",
            "AmazonEKSLoadBalancingPolicy",
            "AmazonEKSNetworkingPolicy",
        ],
    )
}
