//! `rolecall sandbox`.

mod env;
mod start;

use rolecall_sandbox::{Credentials, exec_credential, token};

use crate::args::{SandboxArgs, SandboxCommand, TokenArgs};
use crate::environment::Environment;
use crate::{Exit, Failure, output};

pub(crate) use start::{interrupted, runtime, world_settings};

/// Runs the command.
///
/// # Errors
/// A port that is taken, a state file that cannot be used, no sandbox where one is asked for.
pub(crate) fn run(args: SandboxArgs, environment: &Environment) -> Result<Exit, Failure> {
    match args.command {
        None => start::run(args.start, environment),
        Some(SandboxCommand::Env(args)) => env::run(&args),
        Some(SandboxCommand::Token(args)) => print_token(&args),
    }
}

fn print_token(args: &TokenArgs) -> Result<Exit, Failure> {
    let variable = |name: &str| {
        std::env::var(name).map_err(|_| {
            Failure::new(format!("{name} is not set"))
                .with_help("eval \"$(rolecall sandbox env)\" sets it")
        })
    };
    let credentials = Credentials {
        access_key_id: variable("AWS_ACCESS_KEY_ID")?,
        secret_access_key: variable("AWS_SECRET_ACCESS_KEY")?,
        session_token: std::env::var("AWS_SESSION_TOKEN").ok(),
    };
    let endpoint = variable("AWS_ENDPOINT_URL")?;
    let region = variable("AWS_REGION").or_else(|_| variable("AWS_DEFAULT_REGION"))?;
    let token = token(&args.cluster, &endpoint, &region, &credentials)
        .ok_or_else(|| Failure::new(format!("AWS_ENDPOINT_URL is not a URL: `{endpoint}`")))?;
    output::write(None, format!("{}\n", exec_credential(&token)).as_bytes())?;
    Ok(Exit::Success)
}
