//! `rolecall inventory`: the register of role paths in use.

mod print;
mod register;
mod resolve;

pub use register::{Convention, Register, RegisteredRole, User};

use crate::config::InventoryConfig;
use crate::{Exit, Failure, input, output};
use rolecall_declared::DiagnosticLevel;

/// Runs the command.
///
/// # Errors
/// What keeps it from running at all.
pub(crate) fn run(config: &InventoryConfig) -> Result<Exit, Failure> {
    let read = input::gather(&config.input)?;
    let register = Register::of(&read.snapshot, &config.options.conventions);
    output::write(
        config.output.as_deref(),
        register.print(config.format).as_bytes(),
    )?;
    let mut unreadable = false;
    for diagnostic in &read.diagnostics {
        if diagnostic.level == DiagnosticLevel::Error {
            unreadable = true;
            let failure = Failure::new(&diagnostic.message).at(&diagnostic.origin);
            match &diagnostic.help {
                Some(help) => failure.with_help(help).print(),
                None => failure.print(),
            }
        }
    }
    Ok(Exit::of(unreadable, false, false))
}
