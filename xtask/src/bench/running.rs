use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http::Request;
use rolecall_sandbox::{Credentials, default_credentials};
use serde_json::Value;

use super::load::{self, Connection, REGION};
use super::measure::Memory;

/// A sandbox in a process of its own, as users start it. It ends with this value.
pub(super) struct RunningSandbox {
    process: Child,
    /// Kept open, so that the sandbox can say more than where it listens.
    _output: Option<BufReader<ChildStdout>>,
    pub(super) address: SocketAddr,
    pub(super) credentials: Credentials,
    /// From before the process was started until its first answer was there whole.
    pub(super) ready_after: Duration,
    _folder: tempfile::TempDir,
}

impl RunningSandbox {
    pub(super) fn start(rolecall: &Path) -> Result<Self> {
        Self::start_with(rolecall, &[])
    }

    /// With more arguments.
    pub(super) fn start_with(rolecall: &Path, more: &[&str]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut command = Command::new(rolecall);
        command
            .args(["sandbox", "--aws-port", "0", "--kube-port", "0"])
            .args(["--region", REGION, "--kubeconfig"])
            .arg(folder.path().join("kubeconfig"))
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let began = Instant::now();
        let mut process = command.spawn().context("the sandbox cannot be started")?;
        let mut output = process.stdout.take().map(BufReader::new);
        let found = output.as_mut().and_then(|output| {
            let mut lines = output.lines().map_while(Result::ok);
            lines.find_map(|line| line.split_once("http://")?.1.trim().parse().ok())
        });
        let mut sandbox = Self {
            process,
            _output: output,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            credentials: default_credentials(),
            ready_after: Duration::ZERO,
            _folder: folder,
        };
        sandbox.address = found.context("the sandbox did not say where it listens")?;
        sandbox.iam("Action=ListAccountAliases")?;
        sandbox.ready_after = began.elapsed();
        Ok(sandbox)
    }

    /// A call of IAM that must succeed.
    pub(super) fn iam(&self, body: &str) -> Result<()> {
        let request = load::iam(self.address, &self.credentials, body)?;
        let answer = Connection::new(self.address).ask(&request)?;
        ensure!(answer.status == 200, "{body}: {}", answer.body);
        Ok(())
    }

    /// Puts facts into it; every one of them must become what it says.
    pub(super) fn load(&self, snapshot: &Value) -> Result<()> {
        let answer = self.admin("POST", "load", snapshot)?;
        let notes = answer.get("notes").and_then(Value::as_array);
        let first = notes
            .context("the sandbox did not answer with notes")?
            .first();
        ensure!(first.is_none(), "not loaded as it is written: {first:?}");
        Ok(())
    }

    /// A request of the admin API that must succeed.
    pub(super) fn admin(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let request = Request::builder()
            .method(method)
            .uri(format!("/_rolecall/{path}"))
            .header("host", self.address.to_string())
            .body(Bytes::from(body))?;
        let answer = Connection::new(self.address).ask(&load::raw(&request))?;
        ensure!(answer.status == 200, "{method} {path}: {}", answer.body);
        Ok(serde_json::from_str(&answer.body)?)
    }

    /// What it holds now.
    pub(super) fn memory(&self) -> Memory {
        Memory::of(self.process.id())
    }
}

impl Drop for RunningSandbox {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
