//! AWS and API servers that only a proxy reaches.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::cloud::{Ran, run};

const KUBECONFIG: &str = r#"{
  "apiVersion": "v1",
  "kind": "Config",
  "current-context": "prod",
  "clusters": [{"name": "prod", "cluster": {"server": "https://api.prod.invalid:6443"}}],
  "users": [{"name": "me", "user": {"token": "t"}}],
  "contexts": [{"name": "prod", "context": {"cluster": "prod", "user": "me"}}]
}"#;

/// A proxy that lets nobody through, and what it was asked for.
struct Proxy {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        // It ends with the process of the tests.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let mut line = String::new();
                let _ = BufReader::new(&stream).read_line(&mut line);
                heard.lock().unwrap().push(line.trim().to_owned());
                let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
            }
        });
        Self { url, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// `diagnose` in an environment of its own.
fn diagnose(args: &[&str], variables: &[(&str, &str)]) -> Ran {
    let home = tempfile::tempdir().unwrap();
    let kubeconfig = home.path().join("kubeconfig");
    std::fs::write(&kubeconfig, KUBECONFIG).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
    command
        .arg("diagnose")
        .args(args)
        .stdin(Stdio::null())
        .env_clear()
        .env("HOME", home.path())
        .env("KUBECONFIG", kubeconfig)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .envs(variables.iter().copied());
    run(command)
}

#[test]
fn aws_is_asked_through_the_proxy_of_the_environment() {
    let proxy = Proxy::new();
    let ran = diagnose(
        &["prod", "--region", "eu-central-1", "--no-kube"],
        &[("HTTPS_PROXY", &proxy.url)],
    );
    ran.ends_with(2);
    let asked = proxy.asked();
    assert!(!asked.is_empty(), "{ran:#?}");
    for line in asked {
        assert!(
            line.starts_with("CONNECT ") && line.contains(".eu-central-1.amazonaws.com:443"),
            "{line}"
        );
    }
}

#[test]
fn an_api_server_is_asked_through_it_unless_no_proxy_names_the_server() {
    let proxy = Proxy::new();
    let by_proxy = diagnose(&["--no-aws"], &[("HTTPS_PROXY", &proxy.url)]);
    by_proxy.ends_with(2);
    let asked = proxy.asked();
    assert!(
        asked
            .first()
            .is_some_and(|line| line.starts_with("CONNECT api.prod.invalid:6443")),
        "{asked:?} {by_proxy:#?}"
    );

    let other = Proxy::new();
    let variables = [("HTTPS_PROXY", &*other.url), ("NO_PROXY", ".prod.invalid")];
    diagnose(&["--no-aws"], &variables).ends_with(2);
    assert_eq!(other.asked(), Vec::<String>::new());
}
