use std::io::{self, Read, Write};
use std::path::Path;

use rolecall_policy::{Policy, managed};

use crate::Failure;
use crate::args::ExplainPolicyArgs;

/// The policy that is meant: a managed one by name or ARN, or a document in a file.
///
/// # Errors
/// A file that cannot be read, or every place where its document is malformed.
pub(super) fn policy(args: &ExplainPolicyArgs) -> Result<Policy, Failure> {
    let is_file = args.policy == "-" || Path::new(&args.policy).exists();
    if !is_file && let Some(known) = managed::find(&args.policy) {
        return parse(
            &format!("{} ({})", known.name, known.version),
            known.document,
        );
    }
    let mut text = String::new();
    super::open(Path::new(&args.policy))
        .map_err(|failure| {
            failure.with_help("give a file, `-`, or the name of a managed policy of AWS")
        })?
        .read_to_string(&mut text)
        .map_err(|error| {
            Failure::new(format!("the policy cannot be read: {error}")).at(&args.policy)
        })?;
    parse(&args.policy, &text)
}

fn parse(name: &str, text: &str) -> Result<Policy, Failure> {
    Policy::parse(name, text).map_err(|error| Failure::new(error.to_string()).at(name))
}

/// The sentences, each after its statement's number and id, then the notes.
pub(super) fn write_text(policy: &Policy, output: &mut dyn Write) -> io::Result<()> {
    writeln!(output, "{}", policy.name())?;
    for explained in policy.explain() {
        let number = explained.statement.index + 1;
        match &explained.statement.sid {
            Some(sid) => writeln!(output, "\n{number}. {sid}: {}", explained.sentence)?,
            None => writeln!(output, "\n{number}. {}", explained.sentence)?,
        }
        for note in &explained.notes {
            writeln!(output, "   note: {note}")?;
        }
    }
    for doubt in policy.doubts() {
        writeln!(output, "\ndoubt: {doubt}")?;
    }
    Ok(())
}
