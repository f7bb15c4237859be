use rolecall_sandbox::running_exports;

use crate::args::EnvArgs;
use crate::{Exit, Failure, output};

/// Prints the exports of the sandbox on a port.
pub(super) fn run(args: &EnvArgs) -> Result<Exit, Failure> {
    let runtime = super::start::runtime()?;
    let exports = runtime
        .block_on(running_exports(args.aws_port))
        .map_err(|problem| {
            Failure::new(format!(
                "no sandbox answers on port {}: {problem}",
                args.aws_port
            ))
            .with_help("start one with `rolecall sandbox`, or give its port with --aws-port")
        })?;
    output::write(None, exports.to_shell().as_bytes())?;
    Ok(Exit::Success)
}
