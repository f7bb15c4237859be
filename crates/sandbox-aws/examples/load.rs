//! How many signed calls a second the endpoint answers over 16 connections, the clients included:
//! `cargo run --release --example load [seconds]`. The requests are signed beforehand, so the clients
//! cost little more than their system calls.
#![expect(clippy::print_stdout, reason = "it prints what it measured")]
#![expect(clippy::expect_used, reason = "a measurement that fails stops")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use rolecall_sandbox_aws::sigv4::{self, Credentials};
use rolecall_sandbox_aws::{Aws, Clock, Limits, Settings};

const CONNECTIONS: usize = 16;

/// A call to repeat: its name, its request and how its answer ends.
struct Load {
    name: &'static str,
    request: Request<Bytes>,
    end: &'static [u8],
}

fn main() {
    let seconds = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(3);
    let credentials = Credentials {
        access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        secret_access_key: "secret".to_owned(),
        session_token: None,
    };
    let aws = Aws::new(
        Settings {
            account: "111122223333".parse().expect("an account id"),
            region: "eu-central-1".to_owned(),
            seed: 1,
            credentials: credentials.clone(),
            any_credentials: false,
            lag: None,
            journal: None,
        },
        Arc::new(Clock::starting_now(1.0)),
    );
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let serving = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        aws.serve(listener, Limits::default()).expect("a server")
    });
    let signed = |request| signed(request, serving.address(), &credentials);
    for request in world() {
        let (service, request) = request;
        let answer = aws.handle(signed((service, request))).response;
        assert_eq!(answer.status(), 200, "{answer:?}");
    }
    let loads = [
        Load {
            name: "GetRole",
            request: signed(query("Action=GetRole&RoleName=NodeRole")),
            end: b"</GetRoleResponse>",
        },
        Load {
            name: "DescribeAccessEntry",
            request: signed((
                "eks",
                Request::get(format!("/clusters/demo/access-entries/{ENTRY}"))
                    .body(Bytes::new())
                    .expect("a request"),
            )),
            end: b"}}",
        },
    ];
    for load in &loads {
        in_process(&aws, load, seconds);
        over_tcp(serving.address(), load, seconds);
    }
}

const TRUST: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22ec2.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D";
const ENTRY: &str = "arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fplatform%2Feks%2FNodeRole";

/// A role with a path, a cluster and the role's access entry.
fn world() -> Vec<(&'static str, Request<Bytes>)> {
    let post = |path: &str, body: &str| {
        let request = Request::post(path)
            .header("content-type", "application/json")
            .body(Bytes::from(body.to_owned()));
        ("eks", request.expect("a request"))
    };
    vec![
        query(&format!(
            "Action=CreateRole&RoleName=NodeRole&Path=%2Fplatform%2Feks%2F&AssumeRolePolicyDocument={TRUST}"
        )),
        query(
            "Action=CreateRole&RoleName=ClusterRole&AssumeRolePolicyDocument=%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22eks.amazonaws.com%22%7D%2C%22Action%22%3A%5B%22sts%3AAssumeRole%22%2C%22sts%3ATagSession%22%5D%7D%5D%7D",
        ),
        post(
            "/clusters",
            r#"{"name":"demo","roleArn":"arn:aws:iam::111122223333:role/ClusterRole","resourcesVpcConfig":{"subnetIds":["subnet-0123456789abcdef0","subnet-0123456789abcdef1"]},"accessConfig":{"authenticationMode":"API"}}"#,
        ),
        post(
            "/clusters/demo/access-entries",
            r#"{"principalArn":"arn:aws:iam::111122223333:role/platform/eks/NodeRole","type":"EC2"}"#,
        ),
    ]
}

fn query(body: &str) -> (&'static str, Request<Bytes>) {
    let request = Request::post("/")
        .header(
            "content-type",
            "application/x-www-form-urlencoded; charset=utf-8",
        )
        .body(Bytes::from(format!("{body}&Version=2010-05-08")));
    ("iam", request.expect("a request"))
}

fn signed(
    (service, mut request): (&'static str, Request<Bytes>),
    address: SocketAddr,
    credentials: &Credentials,
) -> Request<Bytes> {
    let headers = request.headers_mut();
    let host = address.to_string().parse().expect("a header");
    headers.insert("host", host);
    let agent = http::HeaderValue::from_static("Boto3/1.44.5 md/Botocore#1.44.5");
    headers.insert("user-agent", agent);
    let region = "eu-central-1";
    sigv4::sign(&mut request, credentials, region, service, Timestamp::now());
    request
}

fn over_tcp(address: SocketAddr, load: &Load, seconds: u64) {
    let bytes = raw(&load.request);
    let until = Instant::now() + Duration::from_secs(seconds);
    let stop = AtomicBool::new(false);
    let began = Instant::now();
    let answered: u64 = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CONNECTIONS)
            .map(|_| scope.spawn(|| client(address, &bytes, load.end, until, &stop)))
            .collect();
        clients
            .into_iter()
            .map(|client| client.join().expect("a client"))
            .sum()
    });
    #[expect(clippy::cast_precision_loss, reason = "a count of calls is small")]
    let rate = answered as f64 / began.elapsed().as_secs_f64();
    println!(
        "{} over {CONNECTIONS} connections: {rate:.0} a second",
        load.name
    );
}

/// The same without a network: what is left is the server's and the clients'.
fn in_process(aws: &Aws, load: &Load, seconds: u64) {
    let began = Instant::now();
    let mut calls = 0_u32;
    while began.elapsed() < Duration::from_secs(seconds) {
        for _ in 0..100 {
            assert_eq!(aws.handle(load.request.clone()).response.status(), 200);
        }
        calls += 100;
    }
    let each = began.elapsed().as_secs_f64() / f64::from(calls);
    println!(
        "{} in the process, one thread: {:.1} µs",
        load.name,
        each * 1e6
    );
}

fn raw(request: &Request<Bytes>) -> Vec<u8> {
    let mut text = format!(
        "{} {} HTTP/1.1\r\ncontent-length: {}\r\n",
        request.method(),
        request.uri(),
        request.body().len()
    )
    .into_bytes();
    for (name, value) in request.headers() {
        text.extend_from_slice(name.as_str().as_bytes());
        text.extend_from_slice(b": ");
        text.extend_from_slice(value.as_bytes());
        text.extend_from_slice(b"\r\n");
    }
    text.extend_from_slice(b"\r\n");
    text.extend_from_slice(request.body());
    text
}

/// Sends and reads until the time is up; gives the number of good answers.
fn client(
    address: SocketAddr,
    request: &[u8],
    end: &[u8],
    until: Instant,
    stop: &AtomicBool,
) -> u64 {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_nodelay(true).expect("no delay");
    let mut buffer = vec![0; 16 * 1024];
    let mut answered = 0;
    while !stop.load(Ordering::Relaxed) {
        stream.write_all(request).expect("sent");
        let mut filled = 0;
        loop {
            let space = buffer.get_mut(filled..).expect("room");
            let read = stream.read(space).expect("an answer");
            assert!(read > 0, "the server hung up");
            filled += read;
            let text = buffer.get(..filled).expect("what was read");
            if text.ends_with(end) {
                assert!(text.starts_with(b"HTTP/1.1 200"));
                break;
            }
        }
        answered += 1;
        if answered % 64 == 0 && Instant::now() > until {
            stop.store(true, Ordering::Relaxed);
        }
    }
    answered
}
