//! `sandbox`: the process, its ports, its exports, its state file and its admin API.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use crate::run::{rolecall, root, run, run_in};

/// A sandbox that runs; it is killed with this value.
pub(crate) struct Running {
    process: Child,
    port: u16,
    pub(crate) exports: String,
    /// Where what it says on standard error goes.
    told: PathBuf,
}

impl Running {
    pub(crate) fn start(folder: &Path, args: &[&str]) -> Self {
        let ports = ["sandbox", "--aws-port", "0", "--kube-port", "0"];
        let told = folder.join("told");
        let mut process = rolecall(folder, &ports)
            .arg("--kubeconfig")
            .arg(folder.join("kubeconfig"))
            .args(args)
            .stdout(Stdio::piped())
            .stderr(File::create(&told).unwrap())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut exports = String::new();
        while !exports.contains("export KUBECONFIG=") {
            let line = lines.next().unwrap().unwrap();
            if line.starts_with("export ") {
                exports.push_str(&line);
                exports.push('\n');
            }
        }
        let (_, rest) = exports.split_once("http://127.0.0.1:").unwrap();
        let port = rest.lines().next().unwrap().parse().unwrap();
        Self {
            process,
            port,
            exports,
            told,
        }
    }

    /// What it has said on standard error.
    fn told(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.told).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// A request of the admin API: the status and the body.
    fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(
            stream,
            "{method} /_rolecall/{path} HTTP/1.1\r\nhost: sandbox\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap())
    }

    fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The facts of the starting case, as `check --save-facts` writes them.
fn facts(folder: &Path) -> Value {
    let path = folder.join("facts.json");
    let file = path.to_string_lossy().into_owned();
    run(&["check", "examples/custom-path", "--save-facts", &file]);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn role_names(state: &Value) -> Vec<&str> {
    let rows = state.pointer("/rows").and_then(Value::as_array).unwrap();
    rows.iter()
        .filter(|row| row.get("table").and_then(Value::as_str) == Some("iam.roles"))
        .filter_map(|row| row.pointer("/value/name")?.as_str())
        .collect()
}

#[test]
fn it_says_where_it_listens_and_again_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Running::start(folder.path(), &["--region", "eu-central-1"]);
    let port = sandbox.port.to_string();
    let again = run(&["sandbox", "env", "--aws-port", &port]);
    assert_eq!(again.stdout, sandbox.exports);
    assert!(again.stdout.contains("export AWS_REGION=eu-central-1\n"));
    assert!(folder.path().join("kubeconfig").exists());
}

#[test]
fn without_a_sandbox_its_exports_are_not_to_be_had() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port().to_string();
    drop(free);
    let ran = run(&["sandbox", "env", "--aws-port", &port]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("nothing listens there"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("start one with `rolecall sandbox`"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_port_that_is_taken_is_told_with_the_option_that_changes_it() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ran = run(&["sandbox", "--aws-port", &port, "--kube-port", "0"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("--aws-port"), "{}", ran.stderr);
}

#[test]
fn a_fault_that_cannot_be_read_is_told_before_anything_starts() {
    let ran = run(&["sandbox", "--fault", "eks:*=explode:1"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("explode"), "{}", ran.stderr);
    assert!(ran.stderr.contains("throttle"), "{}", ran.stderr);
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let facts = facts(folder.path());
    let keep = ["--state", "state.redb", "--region", "eu-central-1"];
    let sandbox = Running::start(folder.path(), &keep);
    let (status, said) = sandbox.ask("POST", "load", &facts);
    assert_eq!(status, 200, "{said}");
    let (_, before) = sandbox.ask("GET", "state", &Value::Null);
    assert!(role_names(&before).contains(&"WebNodeRole"));
    sandbox.kill();

    let sandbox = Running::start(folder.path(), &["--state", "state.redb"]);
    assert!(sandbox.exports.contains("export AWS_REGION=eu-central-1\n"));
    let (_, after) = sandbox.ask("GET", "state", &Value::Null);
    assert_eq!(role_names(&after), role_names(&before));
    let (_, status) = sandbox.ask("GET", "", &Value::Null);
    assert_eq!(status["clusters"][0]["name"], "platform-prod");
}

#[test]
fn a_world_that_was_kept_goes_on_and_nothing_is_loaded_into_it() {
    let folder = tempfile::tempdir().unwrap();
    let example = root().join("examples/custom-path").display().to_string();
    let keep = ["--state", "state.redb", "--load", &example];
    let sandbox = Running::start(folder.path(), &keep);
    let (_, before) = sandbox.ask("GET", "state", &Value::Null);
    sandbox.kill();

    let sandbox = Running::start(folder.path(), &keep);
    let (_, after) = sandbox.ask("GET", "state", &Value::Null);
    assert_eq!(role_names(&after), role_names(&before));
    let told = sandbox.told();
    assert_eq!(
        told,
        [format!(
            "note: state.redb holds a world already, which goes on; {example} was not loaded. To begin \
             with it, name another file with --state or delete state.redb"
        )]
    );
}

#[test]
fn a_world_that_was_kept_stays_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let facts = facts(folder.path());
    let sandbox = Running::start(folder.path(), &["--state", "state.redb"]);
    sandbox.ask("POST", "load", &facts);
    sandbox.kill();
    let elsewhere = ["--state", "state.redb", "--region", "eu-west-1"];
    let ports = ["sandbox", "--aws-port", "0", "--kube-port", "0"];
    let ran = run_in(folder.path(), &[&ports[..], &elsewhere].concat());
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr
            .contains("of the region us-east-1, not eu-west-1"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("leave --region out"), "{}", ran.stderr);
}

#[test]
fn what_a_stranger_sent_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    facts(folder.path());
    let sandbox = Running::start(folder.path(), &["--facts", "facts.json"]);
    let (_, status) = sandbox.ask("GET", "", &Value::Null);
    assert_eq!(status["clusters"][0]["name"], "platform-prod");
    let (_, state) = sandbox.ask("GET", "state", &Value::Null);
    assert!(role_names(&state).contains(&"WebNodeRole"));
}

#[test]
fn a_world_is_saved_reset_and_loaded_again() {
    let folder = tempfile::tempdir().unwrap();
    let facts = facts(folder.path());
    let sandbox = Running::start(folder.path(), &["--speed", "0"]);
    sandbox.ask("POST", "load", &facts);
    sandbox.ask("POST", "settle", &Value::Null);
    let (_, saved) = sandbox.ask("GET", "state", &Value::Null);
    sandbox.ask("POST", "reset", &Value::Null);
    let (_, empty) = sandbox.ask("GET", "state", &Value::Null);
    assert!(role_names(&empty).is_empty());
    let (status, said) = sandbox.ask("PUT", "state", &saved);
    assert_eq!(status, 200, "{said}");
    let (_, again) = sandbox.ask("GET", "state", &Value::Null);
    assert_eq!(role_names(&again), role_names(&saved));
    let (status, _) = sandbox.ask("PUT", "state", &json!({"format": 99, "rows": []}));
    assert_eq!(status, 400);
}

#[test]
fn the_admin_api_moves_time_takes_faults_and_tells_calls() {
    let folder = tempfile::tempdir().unwrap();
    let facts = facts(folder.path());
    let sandbox = Running::start(folder.path(), &["--speed", "0"]);
    let (_, before) = sandbox.ask("POST", "time", &json!({}));
    let (_, after) = sandbox.ask("POST", "time", &json!({"step": "15m"}));
    assert_ne!(before["now"], after["now"]);
    let (status, said) = sandbox.ask("POST", "time", &json!({"step": "soon"}));
    assert_eq!(status, 400);
    assert!(
        said["error"]
            .as_str()
            .unwrap()
            .contains("`soon` is not a duration")
    );

    sandbox.ask("POST", "load", &facts);
    let (_, calls) = sandbox.ask("GET", "calls?operation=eks:CreateCluster", &Value::Null);
    assert_eq!(calls["counts"]["eks:CreateCluster"], 1);
    let caller = calls["calls"][0]["caller"].as_str().unwrap();
    assert!(caller.ends_with(":user/administrator"), "{caller}");

    let (status, said) = sandbox.ask("POST", "faults", &json!({"fault": "eks:*=latency:1ms"}));
    assert_eq!(
        (status, &said["faults"][0]),
        (200, &json!("eks:*=latency:1ms"))
    );
    let (status, _) = sandbox.ask("POST", "faults", &json!({"fault": "eks"}));
    assert_eq!(status, 400);
    sandbox.ask("DELETE", "faults", &Value::Null);
    let (_, faults) = sandbox.ask("GET", "faults", &Value::Null);
    assert_eq!(faults["faults"], json!([]));
}

#[test]
fn a_token_is_what_kubectl_expects_of_its_plugin() {
    let token = rolecall(&root(), &["sandbox", "token", "--cluster", "demo"])
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:4580")
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_REGION", "eu-central-1")
        .output()
        .unwrap();
    let credential: Value = serde_json::from_slice(&token.stdout).unwrap();
    assert_eq!(credential["kind"], "ExecCredential");
    let token = credential["status"]["token"].as_str().unwrap();
    assert!(token.starts_with("k8s-aws-v1."));
}
