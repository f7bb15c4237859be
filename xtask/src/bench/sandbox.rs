use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http::Request;
use rolecall_facts::Snapshot;
use rolecall_sandbox::{Load, World, WorldSettings};
use rolecall_sandbox_kube::User;
use serde_json::Value;

use super::load::{self, CONNECTIONS, REGION};
use super::measure::fastest_process;
use super::running::RunningSandbox;
use super::snapshot::{Fleet, roles_json};
use super::table::{Row, print};
use super::{binary, moto};
use crate::root::say;

const STARTS: usize = 21;
const CLASSES: usize = 500;

/// The role and the entry that are asked for again and again.
const CREATE_ROLE: &str = "Action=CreateRole&RoleName=node-0&Path=%2Fteams%2Fteam-0%2F&\
     AssumeRolePolicyDocument=%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect\
     %22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22ec2.amazonaws.com%22%7D%2C%22Action\
     %22%3A%22sts%3AAssumeRole%22%7D%5D%7D";
const GET_ROLE: &str = "Action=GetRole&RoleName=node-0";
const ENTRY: &str = "/clusters/cluster-0/access-entries/\
     arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fteams%2Fteam-0%2Fnode-0";

/// What is loaded to see how much memory it takes.
const LARGE: Fleet = Fleet {
    clusters: 1,
    pools: 0,
    entries: 10_000,
    roles: 100_000,
};

/// Measures `rolecall sandbox`.
pub(super) fn run() -> Result<()> {
    let rolecall = binary::build()?;
    let mut starts = (0..STARTS)
        .map(|_| Ok(RunningSandbox::start(&rolecall)?.ready_after))
        .collect::<Result<Vec<_>>>()?;
    starts.sort_unstable();
    let median = starts.get(STARTS / 2).copied().unwrap_or_default();
    let nothing = fastest_process(50, &|| Command::new("true"), &[0])?;
    let mut rows = vec![
        Row::new("from process start to the first answer, median", median)
            .against("`true`, process start to exit", nothing)
            .limit(Duration::from_millis(50)),
    ];
    rows.extend(calls(&RunningSandbox::start(&rolecall)?)?);
    rows.push(large(&RunningSandbox::start(&rolecall)?)?);
    rows.push(many_classes()?);
    print(&rows)
}

fn calls(sandbox: &RunningSandbox) -> Result<Vec<Row>> {
    let one = Fleet {
        clusters: 1,
        pools: 1,
        entries: 1,
        roles: 1,
    };
    sandbox.load(&one.json())?;
    let (address, credentials) = (sandbox.address, &sandbox.credentials);
    let get_role = load::each(address, &load::iam(address, credentials, GET_ROLE)?)?;
    let describe = load::each(address, &load::eks(address, credentials, ENTRY)?)?;
    let mut role = Row::rate(format!("GetRole, {CONNECTIONS} connections"), get_role)
        .limit(Duration::from_secs(1) / 20_000);
    match moto::each(CREATE_ROLE, GET_ROLE) {
        Ok(took) => role = role.against("moto's GetRole", took),
        Err(reason) => say(&format!("moto was not measured: {reason:#}\n")),
    }
    let entry = Row::rate(
        format!("DescribeAccessEntry, {CONNECTIONS} connections"),
        describe,
    )
    .limit(Duration::from_secs(1) / 10_000)
    .against("GetRole", get_role);
    Ok(vec![role, entry])
}

/// Loads a large account through the admin API.
fn large(sandbox: &RunningSandbox) -> Result<Row> {
    // A request's body has a limit.
    const AT_ONCE: usize = 10_000;
    let batches: Vec<Value> = (0..LARGE.roles)
        .step_by(AT_ONCE)
        .map(|from| roles_json(from..(from + AT_ONCE).min(LARGE.roles)))
        .chain([LARGE.clusters_json()])
        .collect();
    let parsing = Instant::now();
    for batch in &batches {
        Snapshot::from_json(&batch.to_string())?;
    }
    let parsing = parsing.elapsed();
    let before = sandbox.memory();
    let began = Instant::now();
    for batch in &batches {
        sandbox.load(batch)?;
    }
    let took = began.elapsed();
    let memory = sandbox.memory();
    say(&format!(
        "memory in MB before loading, after it, and at its highest: {:?}, {:?}, {:?}\n",
        before.now.map(|bytes| bytes / 1_000_000),
        memory.now.map(|bytes| bytes / 1_000_000),
        memory.peak.map(|bytes| bytes / 1_000_000),
    ));
    let what = format!(
        "loading {} roles and {} entries by calls",
        LARGE.roles, LARGE.entries
    );
    Ok(Row::new(what, took)
        .against("reading and writing the same JSON", parsing)
        .memory(memory.peak, Some(400_000_000)))
}

/// Lets the control plane of a cluster settle, and of one with half the classes for comparison: so
/// one sees whether the time grows faster than the classes.
fn many_classes() -> Result<Row> {
    let half = settle(CLASSES / 2)?;
    let took = settle(CLASSES)?;
    let what = format!("settling {CLASSES} node classes");
    Ok(Row::new(what, took)
        .against("half as many", half)
        .limit(Duration::from_secs(2)))
}

fn settle(classes: usize) -> Result<Duration> {
    let fleet = Fleet {
        clusters: 1,
        pools: classes,
        entries: classes,
        roles: classes,
    };
    let snapshot = Snapshot::from_json(&fleet.json().to_string())?;
    let world = World::new(WorldSettings {
        region: REGION.to_owned(),
        ..WorldSettings::default()
    })?;
    let notes = world.load(&Load {
        snapshot,
        ..Load::default()
    });
    ensure!(notes.is_empty(), "not loaded as it is written: {notes:?}");
    let began = Instant::now();
    let troubles = world.settle();
    let took = began.elapsed();
    ensure!(troubles.is_empty(), "not settled: {troubles:?}");
    let ready = ready(&world)?;
    ensure!(ready == classes, "{ready} of {classes} classes are ready");
    Ok(took)
}

/// How many node classes are ready.
fn ready(world: &World) -> Result<usize> {
    let cluster = world.cluster_named("cluster-0").context("no cluster")?;
    let mut request = Request::get("/apis/eks.amazonaws.com/v1/nodeclasses").body(Bytes::new())?;
    request.extensions_mut().insert(User::master());
    let answer = cluster.server.handle(request).whole();
    let list: Value = serde_json::from_slice(answer.context("a watch began")?.body())?;
    let items = list.get("items").and_then(Value::as_array);
    let is_ready = |class: &&Value| {
        let conditions = class.pointer("/status/conditions");
        let mut conditions = conditions.and_then(Value::as_array).into_iter().flatten();
        conditions.any(|condition| {
            let text = |name| condition.get(name).and_then(Value::as_str);
            text("type") == Some("Ready") && text("status") == Some("True")
        })
    };
    Ok(items.into_iter().flatten().filter(is_ready).count())
}
