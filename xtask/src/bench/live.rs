//! `rolecall diagnose` of clusters behind a network, for which every call of the sandbox waits.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::load::{self, Connection, REGION};
use super::measure::fastest_process;
use super::running::RunningSandbox;
use super::snapshot::Fleet;
use super::table::{Row, print};
use super::{binary, fleet};
use crate::root::say;

/// What each call waits, as from an office to the next region.
const LATENCY: &str = "40ms";

/// How many calls one after another are measured; the baseline is as many as were made.
const IN_TURN: u32 = 25;

const RUNS: usize = 3;

/// Measures commands that read live clusters.
pub(super) fn run() -> Result<()> {
    let rolecall = binary::build()?;
    let rows = [
        diagnose(&rolecall, 20, 500, Duration::from_secs(1))?,
        diagnose(&rolecall, 200, 500, Duration::from_secs(4))?,
        fleet::row(&rolecall)?,
    ];
    print(&rows)
}

/// One cluster, with a role and a class for each pool.
fn diagnose(rolecall: &Path, pools: usize, entries: usize, limit: Duration) -> Result<Row> {
    let fleet = Fleet {
        clusters: 1,
        pools,
        entries,
        roles: entries.max(pools),
    };
    let far = FarAway::with(rolecall, &fleet)?;
    let what = format!("diagnose of {pools} pools and roles, {entries} entries");
    let (took, calls) = far.measure(&["diagnose", "cluster-0"], &[0])?;
    say(&format!("{what}: {calls} calls of AWS\n"));
    let in_turn = far.each()? * calls;
    Ok(Row::new(format!("{what}, {LATENCY} a call"), took)
        .against("the same calls of AWS, one after another", in_turn)
        .limit(limit))
}

/// A sandbox whose answers take their time.
pub(super) struct FarAway {
    sandbox: RunningSandbox,
    rolecall: std::path::PathBuf,
}

impl FarAway {
    /// Loads a fleet and lets its control planes settle, then makes every call wait.
    pub(super) fn with(rolecall: &Path, fleet: &Fleet) -> Result<Self> {
        let sandbox = RunningSandbox::start(rolecall)?;
        sandbox.load(&fleet.json())?;
        sandbox.admin("POST", "settle", &Value::Null)?;
        let fault = json!({ "fault": format!("*=latency:{LATENCY}") });
        sandbox.admin("POST", "faults", &fault)?;
        Ok(Self {
            sandbox,
            rolecall: rolecall.to_owned(),
        })
    }

    /// The fastest of a few runs of a command, and how many calls of AWS one makes.
    pub(super) fn measure(&self, args: &[&str], expected: &[i32]) -> Result<(Duration, u32)> {
        let before = self.calls()?;
        fastest_process(1, &|| self.command(args), expected)?;
        let calls = u32::try_from(self.calls()? - before)?;
        let took = fastest_process(RUNS, &|| self.command(args), expected)?;
        Ok((took, calls))
    }

    /// The command with the variables that point it at the sandbox.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.rolecall);
        let credentials = &self.sandbox.credentials;
        command
            .args(args)
            .env(
                "AWS_ENDPOINT_URL",
                format!("http://{}", self.sandbox.address),
            )
            .env("AWS_ACCESS_KEY_ID", &credentials.access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", &credentials.secret_access_key)
            .env("AWS_REGION", REGION)
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_SESSION_TOKEN")
            // A file that is not there: the token is made by the command.
            .env("KUBECONFIG", "no-kubeconfig");
        command
    }

    fn calls(&self) -> Result<u64> {
        let told = self
            .sandbox
            .admin("GET", "calls?operation=none", &Value::Null)?;
        let total = told.get("total").and_then(Value::as_u64);
        total.context("the sandbox did not count its calls")
    }

    /// What one call takes of those that are made one after another.
    pub(super) fn each(&self) -> Result<Duration> {
        let body = "Action=GetRole&RoleName=node-0";
        let request = load::iam(self.sandbox.address, &self.sandbox.credentials, body)?;
        let mut connection = Connection::new(self.sandbox.address);
        let began = Instant::now();
        for _ in 0..IN_TURN {
            connection.ask(&request)?;
        }
        Ok(began.elapsed() / IN_TURN)
    }
}
