//! The AWS endpoint alone, for trying a client against it: `cargo run --example serve_aws -- --any-credentials`.
#![expect(clippy::print_stdout, reason = "it tells where it listens")]

use std::sync::Arc;

use rolecall_sandbox_aws::sigv4::Credentials;
use rolecall_sandbox_aws::{Aws, Clock, Limits, Settings};

const USAGE: &str = "serve_aws [--any-credentials] [--port N] [--region R] [--seed N]";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut settings = Settings {
        account: "111122223333".parse()?,
        region: "eu-central-1".to_owned(),
        seed: 1,
        credentials: Credentials {
            access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_access_key: "secret".to_owned(),
            session_token: None,
        },
        any_credentials: false,
        lag: None,
        journal: None,
    };
    let mut port: u16 = 0;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(USAGE);
        match argument.as_str() {
            "--any-credentials" => settings.any_credentials = true,
            "--port" => port = value()?.parse()?,
            "--region" => settings.region = value()?,
            "--seed" => settings.seed = value()?.parse()?,
            _ => return Err(USAGE.into()),
        }
    }
    let aws = Aws::new(settings, Arc::new(Clock::starting_now(1.0)));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let serving = aws.serve(listener, Limits::default())?;
    println!("{}", serving.url());
    tokio::signal::ctrl_c().await?;
    serving.shutdown(std::time::Duration::from_secs(2)).await;
    Ok(())
}
