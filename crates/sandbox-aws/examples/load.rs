//! How many signed `GetRole` a second the endpoint answers over 16 connections, the clients included:
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
    let row = serde_json::json!({
        "account": "111122223333", "name": "NodeRole", "path": "/platform/eks/", "id": "AROAEXAMPLE",
        "created": Timestamp::now(), "max_session": 3600,
        "trust": r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#,
    });
    aws.write(|state| {
        state.restore(
            "iam.roles",
            "111122223333/noderole",
            row.to_string().as_bytes(),
        )
    })
    .expect("a role");

    in_process(&aws, &credentials, seconds);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let serving = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        aws.serve(listener, Limits::default()).expect("a server")
    });
    let bytes = raw(&request(serving.address(), &credentials));
    let until = Instant::now() + Duration::from_secs(seconds);
    let stop = AtomicBool::new(false);
    let began = Instant::now();
    let answered: u64 = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CONNECTIONS)
            .map(|_| scope.spawn(|| client(serving.address(), &bytes, until, &stop)))
            .collect();
        clients
            .into_iter()
            .map(|client| client.join().expect("a client"))
            .sum()
    });
    #[expect(clippy::cast_precision_loss, reason = "a count of calls is small")]
    let rate = answered as f64 / began.elapsed().as_secs_f64();
    println!("GetRole over {CONNECTIONS} connections: {rate:.0} a second");
}

/// The same without a network: what is left is the server's and the clients'.
fn in_process(aws: &Aws, credentials: &Credentials, seconds: u64) {
    let request = request(SocketAddr::from(([127, 0, 0, 1], 4580)), credentials);
    let began = Instant::now();
    let mut calls = 0_u32;
    while began.elapsed() < Duration::from_secs(seconds) {
        for _ in 0..100 {
            assert_eq!(aws.handle(request.clone()).response.status(), 200);
        }
        calls += 100;
    }
    let each = began.elapsed().as_secs_f64() / f64::from(calls);
    println!("GetRole in the process, one thread: {:.1} µs", each * 1e6);
}

fn request(address: SocketAddr, credentials: &Credentials) -> Request<Bytes> {
    let mut request = Request::post(format!("http://{address}/"))
        .header("host", address.to_string())
        .header(
            "content-type",
            "application/x-www-form-urlencoded; charset=utf-8",
        )
        .header("user-agent", "Boto3/1.44.5 md/Botocore#1.44.5")
        .body(Bytes::from_static(
            b"Action=GetRole&Version=2010-05-08&RoleName=NodeRole",
        ))
        .expect("a request");
    sigv4::sign(
        &mut request,
        credentials,
        "us-east-1",
        "iam",
        Timestamp::now(),
    );
    request
}

fn raw(request: &Request<Bytes>) -> Vec<u8> {
    let mut text = format!(
        "POST / HTTP/1.1\r\ncontent-length: {}\r\n",
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
fn client(address: SocketAddr, request: &[u8], until: Instant, stop: &AtomicBool) -> u64 {
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
            if text.ends_with(b"</GetRoleResponse>") {
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
