//! How much memory many roles take, and how fast they are read: `cargo run --release --example many_roles -- 100000`.
#![expect(clippy::print_stdout, reason = "it reports what it measured")]

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use rolecall_sandbox_aws::iam::Role;
use rolecall_sandbox_aws::sigv4::{self, Credentials};
use rolecall_sandbox_aws::{Aws, Clock, Settings};

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count: usize = std::env::args().nth(1).map_or(Ok(100_000), |n| n.parse())?;
    let credentials = Credentials {
        access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        secret_access_key: "secret".to_owned(),
        session_token: None,
    };
    let aws = Aws::new(
        Settings {
            account: "111122223333".parse()?,
            region: "eu-central-1".to_owned(),
            seed: 1,
            credentials: credentials.clone(),
            any_credentials: false,
            lag: None,
            journal: None,
        },
        Arc::new(Clock::starting_now(1.0)),
    );
    let before = resident();
    let began = Instant::now();
    let account = aws.settings().account;
    aws.write(|state| {
        for number in 0..count {
            let mut role = Role::new(account, &name(number), TRUST);
            role.path = "/platform/eks/".to_owned();
            role.attached = vec![
                "arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy".to_owned(),
                "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly".to_owned(),
            ];
            role.tags.insert("team".to_owned(), "platform".to_owned());
            state.iam.put_role(aws.ids(), aws.clock().now(), role);
        }
    });
    println!("{count} roles put in {:?}", began.elapsed());
    if let (Some(before), Some(after)) = (before, resident()) {
        println!("{} bytes of memory a role", (after - before) / count.max(1));
    }
    for threads in [1, 2] {
        let each = 40_000;
        let began = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    for number in 0..each {
                        let request = get_role(&credentials, &name(number * 7919 % count.max(1)));
                        assert_eq!(aws.handle(request).response.status(), 200);
                    }
                });
            }
        });
        #[expect(clippy::cast_precision_loss, reason = "a rate to look at")]
        let rate = (each * threads) as f64 / began.elapsed().as_secs_f64();
        println!("{rate:.0} GetRole a second, signing included, on {threads} threads");
    }
    let began = Instant::now();
    for number in 0..40_000 {
        std::hint::black_box(get_role(&credentials, &name(number)));
    }
    println!("{:?} to sign 40,000 requests", began.elapsed());
    Ok(())
}

fn name(number: usize) -> String {
    format!("NodeRole-{number:06}")
}

fn get_role(credentials: &Credentials, name: &str) -> Request<Bytes> {
    let body = format!("Action=GetRole&Version=2010-05-08&RoleName={name}");
    let mut request = Request::new(Bytes::from(body));
    *request.method_mut() = http::Method::POST;
    *request.uri_mut() = http::Uri::from_static("https://iam.amazonaws.com/");
    request.headers_mut().insert(
        "content-type",
        http::HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8"),
    );
    sigv4::sign(
        &mut request,
        credentials,
        "us-east-1",
        "iam",
        Timestamp::now(),
    );
    request
}

/// Memory in use, in bytes, where the system tells.
fn resident() -> Option<usize> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = pages.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096)
}
