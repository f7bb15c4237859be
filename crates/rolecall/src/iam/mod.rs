//! Questions to the policy engine from the command line.

mod evaluate;
mod explain;
mod who_can;

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, Read, Write};
use std::path::Path;

use rolecall_policy::Question;

use crate::args::{AnswerFormat, EvaluateArgs, IamArgs, IamCommand, WhoCanArgs};
use crate::{Exit, Failure};

/// Answers a question.
///
/// # Errors
/// Input that cannot be read or is no request, and output that cannot be written.
pub(crate) fn run(args: IamArgs) -> Result<Exit, Failure> {
    match args.command {
        IamCommand::Evaluate(args) if args.ndjson => stream(&args),
        IamCommand::Evaluate(args) => evaluate_one(&args),
        IamCommand::WhoCan(args) => who_can(&args),
        IamCommand::Explain(args) => {
            let policy = explain::policy(&args)?;
            print(|output| explain::write_text(&policy, output))?;
            Ok(Exit::Success)
        }
    }
}

fn evaluate_one(args: &EvaluateArgs) -> Result<Exit, Failure> {
    let place = args.file.display();
    let mut text = String::new();
    open(&args.file)?
        .read_to_string(&mut text)
        .map_err(|error| Failure::new(format!("the request cannot be read: {error}")).at(&place))?;
    let question = Question::parse(&text).map_err(|error| {
        Failure::new(format!("this is no request: {error}"))
            .at(&place)
            .with_help("`rolecall iam evaluate --help` lists the fields of a request")
    })?;
    let decision = evaluate::decide(&question);
    print(|output| match args.format {
        AnswerFormat::Text => evaluate::write_text(&question, &decision, output),
        AnswerFormat::Json => {
            serde_json::to_writer_pretty(&mut *output, &decision)?;
            writeln!(output)
        }
    })?;
    Ok(Exit::Success)
}

fn stream(args: &EvaluateArgs) -> Result<Exit, Failure> {
    let mut input = open(&args.file)?;
    let mut bad = 0;
    print(|output| {
        bad = evaluate::stream(&mut *input, output)?;
        Ok(())
    })?;
    Ok(Exit::of(bad > 0, false, false))
}

fn who_can(args: &WhoCanArgs) -> Result<Exit, Failure> {
    let answers = who_can::ask(args)?;
    print(|output| match args.format {
        AnswerFormat::Text => who_can::write_text(&answers, output),
        AnswerFormat::Json => who_can::write_json(&answers, output),
    })?;
    Ok(Exit::Success)
}

fn open(path: &Path) -> Result<Box<dyn BufRead>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::with_capacity(
            1 << 16,
            io::stdin().lock(),
        )));
    }
    let file = File::open(path).map_err(|error| {
        Failure::new(format!("the file cannot be opened: {error}")).at(path.display())
    })?;
    Ok(Box::new(BufReader::with_capacity(1 << 16, file)))
}

/// Writes to standard output. A reader that has gone, such as `head`, is not an error.
fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut output = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    match write(&mut output).and_then(|()| output.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::new(format!(
            "input or standard output failed: {error}"
        ))),
        _ => Ok(()),
    }
}
