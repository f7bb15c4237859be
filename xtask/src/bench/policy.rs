use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rolecall_policy::{Effect, Layers, Policy, Request, effect, evaluate, managed};

use super::measure::fastest;
use super::simulate;
use super::table::{Row, print};
use crate::root::say;

/// The policies of an Auto Mode cluster role.
const POLICIES: [&str; 5] = [
    "AmazonEKSClusterPolicy",
    "AmazonEKSComputePolicy",
    "AmazonEKSBlockStoragePolicy",
    "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingPolicy",
];

const CLUSTER_ROLE: &str = "arn:aws:iam::111122223333:role/platform/eks/ClusterRole";

const DECISIONS: u32 = 20_000;

/// Measures decisions under the five policies of a cluster role, on one core.
pub(super) fn run() -> Result<()> {
    let documents = documents()?;
    let policies = documents
        .iter()
        .map(|(name, text)| Policy::parse(name, text))
        .collect::<Result<Vec<_>, _>>()?;
    let layers = Layers::identity(policies);
    let requests = [pass_role()?, run_instances()?];
    for request in &requests {
        ensure!(
            effect(request, &layers) == Effect::Allowed,
            "{} must be allowed",
            request.action()
        );
    }
    let per_decision = |total: Duration| total / DECISIONS;
    let asked = || requests.iter().cycle().take(DECISIONS as usize);
    let decided = per_decision(fastest(5, || {
        asked()
            .filter(|request| effect(request, &layers) == Effect::Allowed)
            .count()
    }));
    let explained = per_decision(fastest(5, || {
        asked()
            .filter(|request| evaluate(request, &layers).is_allowed())
            .count()
    }));
    let other = other(&documents)?;
    let mut rows = vec![
        Row::new(
            "decision, PassRole and RunInstances under five policies",
            decided,
        )
        .against("iam-rs 0.8, one request", other)
        .limit(Duration::from_micros(1)),
        Row::new("the same with full explanation", explained)
            .against("iam-rs 0.8, one request", other)
            .limit(Duration::from_micros(10)),
    ];
    match simulate::decision(&documents) {
        Ok(took) => rows.push(
            Row::new("the same with full explanation", explained)
                .against("@cloud-copilot/iam-simulate, PassRole", took),
        ),
        Err(reason) => say(&format!(
            "@cloud-copilot/iam-simulate was not measured: {reason:#}\n"
        )),
    }
    rows.push(parse()?);
    rows.extend(adversarial()?);
    print(&rows)
}

/// A pattern of 64 stars that nearly matches at every place, against values that double in length:
/// the time doubles with them, where a backtracking matcher would take forever.
fn adversarial() -> Result<Vec<Row>> {
    const LENGTHS: [usize; 4] = [512, 1024, 2048, 4096];
    let condition = format!(
        r#"{{"StringLike": {{"test:key": "{}b"}}}}"#,
        "*a?".repeat(64)
    );
    let document = format!(
        r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "*",
            "Resource": "*", "Condition": {condition}}}}}"#
    );
    let layers = Layers::identity([Policy::parse("adversarial", &document)?]);
    let mut rows: Vec<Row> = Vec::new();
    for length in LENGTHS {
        let request = Request::new(CLUSTER_ROLE.parse()?, "s3:GetObject", "*")
            .with("test:key", "a".repeat(length));
        let runs = 200;
        let took = fastest(9, || {
            (0..runs)
                .filter(|_| effect(&request, &layers) == Effect::Allowed)
                .count()
        }) / runs;
        let mut row = Row::new(format!("64 stars against {length} characters"), took)
            .limit(Duration::from_micros(100));
        if let Some(before) = rows.last() {
            row = row.against(&before.what, before.took);
        }
        rows.push(row);
    }
    Ok(rows)
}

fn documents() -> Result<Vec<(&'static str, String)>> {
    POLICIES
        .iter()
        .map(|name| {
            let policy = managed::find(name).with_context(|| format!("{name} is not shipped"))?;
            Ok((*name, policy.document.to_string()))
        })
        .collect()
}

fn pass_role() -> Result<Request> {
    let role = "arn:aws:iam::111122223333:role/platform/eks/NodeRole";
    Ok(Request::new(CLUSTER_ROLE.parse()?, "iam:PassRole", role)
        .with("iam:PassedToService", "ec2.amazonaws.com"))
}

fn run_instances() -> Result<Request> {
    let instance = "arn:aws:ec2:eu-central-1:111122223333:instance/*";
    let mut request = Request::new(CLUSTER_ROLE.parse()?, "ec2:RunInstances", instance);
    for (key, value) in TAGS {
        request = request.with(&format!("aws:RequestTag/{key}"), value);
    }
    let keys: Vec<String> = TAGS.iter().map(|(key, _)| (*key).to_owned()).collect();
    Ok(request
        .with("aws:TagKeys", keys)
        .with("aws:PrincipalTag/eks:eks-cluster-name", "platform-prod"))
}

/// The tags that Auto Mode puts on what it launches.
const TAGS: [(&str, &str); 3] = [
    ("eks:eks-cluster-name", "platform-prod"),
    ("eks:kubernetes-node-class-name", "batch"),
    ("eks:kubernetes-node-pool-name", "batch"),
];

/// The same question to the crate iam-rs: policy by policy, `iam:PassRole` only.
fn other(documents: &[(&'static str, String)]) -> Result<Duration> {
    use iam_rs::{Arn, Context, IAMPolicy, IAMRequest, Principal, PrincipalId};
    let policies = documents
        .iter()
        .map(|(name, text)| {
            IAMPolicy::from_json(text).with_context(|| format!("iam-rs cannot read {name}"))
        })
        .collect::<Result<Vec<_>>>()?;
    let principal = Principal::Aws(PrincipalId::String(CLUSTER_ROLE.to_owned()));
    let role = Arn::parse("arn:aws:iam::111122223333:role/platform/eks/NodeRole")
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    let context = Context::new().with_string("iam:PassedToService", "ec2.amazonaws.com");
    let request = IAMRequest::new_with_context(principal, "iam:PassRole", role, context);
    let total = fastest(5, || {
        (0..DECISIONS)
            .filter(|_| iam_rs::evaluate_policies(&policies, &request).is_ok())
            .count()
    });
    Ok(total / DECISIONS)
}

/// Parsing a policy of 6,144 characters, the quota of a managed policy (IAM User Guide, "IAM and AWS STS
/// quotas").
fn parse() -> Result<Row> {
    let statement = |index: usize| {
        format!(
            r#"{{"Sid":"S{index}","Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::bucket-{index}/*","Condition":{{"StringEquals":{{"aws:PrincipalTag/team":"team-{index}"}}}}}}"#
        )
    };
    let mut statements: Vec<String> = Vec::new();
    let document = |statements: &[String]| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
            statements.join(",")
        )
    };
    while document(&statements).len() < 6_000 {
        statements.push(statement(statements.len()));
    }
    let text = document(&statements);
    let runs = 200;
    let took = fastest(5, || {
        (0..runs)
            .filter(|_| Policy::parse("bench", &text).is_ok())
            .count()
    }) / runs;
    let plain = fastest(5, || {
        (0..runs)
            .filter(|_| serde_json::from_str::<serde_json::Value>(&text).is_ok())
            .count()
    }) / runs;
    Ok(Row::new(
        format!("parse, a policy of {} characters", text.len()),
        took,
    )
    .against("serde_json to a value", plain)
    .limit(Duration::from_micros(60)))
}
