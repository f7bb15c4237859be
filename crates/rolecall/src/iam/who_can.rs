use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rolecall_chain::{Evidence, RoleAnswer, Verdict, who_can};
use rolecall_declared::{DiagnosticLevel, Options};
use rolecall_facts::Snapshot;
use serde_json::json;

use crate::Failure;
use crate::args::WhoCanArgs;

/// The roles that may do the action; those that may not as well under `--all`. Roles of which it
/// cannot be told are always among them: leaving them out would say that they may not.
pub(super) fn ask(args: &WhoCanArgs) -> Result<Vec<RoleAnswer>, Failure> {
    let context = args
        .context
        .iter()
        .map(|text| key_and_value(text))
        .collect::<Result<Vec<_>, _>>()?;
    let mut snapshot = Snapshot::default();
    for path in &args.facts {
        snapshot.merge(read(path)?);
    }
    let mut answers = who_can(&snapshot, &args.action, &args.resource, &context);
    if !args.all {
        answers.retain(|answer| answer.verdict != Verdict::Fail);
    }
    Ok(answers)
}

fn key_and_value(text: &str) -> Result<(String, Vec<String>), Failure> {
    let (key, value) = text.split_once('=').ok_or_else(|| {
        Failure::new(format!("`{text}` is not KEY=VALUE"))
            .with_help("for example --context iam:PassedToService=ec2.amazonaws.com")
    })?;
    Ok((
        key.to_owned(),
        value.split(',').map(str::to_owned).collect(),
    ))
}

/// A saved snapshot, or whatever `check` reads.
fn read(path: &PathBuf) -> Result<Snapshot, Failure> {
    if let Some(snapshot) = saved_snapshot(path)? {
        return Ok(snapshot);
    }
    let read = rolecall_declared::read(std::slice::from_ref(path), &Options::default());
    let broken = read
        .diagnostics
        .iter()
        .find(|known| known.level == DiagnosticLevel::Error);
    match broken {
        Some(diagnostic) => {
            Err(Failure::new(diagnostic.message.clone()).at(diagnostic.origin.clone()))
        }
        None => Ok(read.snapshot),
    }
}

fn saved_snapshot(path: &Path) -> Result<Option<Snapshot>, Failure> {
    if path.extension().is_none_or(|extension| extension != "json") {
        return Ok(None);
    }
    let fail = |problem: String| Failure::new(problem).at(path.display());
    let text = std::fs::read_to_string(path)
        .map_err(|error| fail(format!("the file cannot be read: {error}")))?;
    let is_snapshot = serde_json::from_str::<serde_json::Value>(&text)
        .is_ok_and(|json| json.get("version").is_some_and(serde_json::Value::is_u64));
    if !is_snapshot {
        return Ok(None);
    }
    Snapshot::from_json(&text)
        .map(Some)
        .map_err(|error| fail(error.to_string()))
}

pub(super) fn write_text(answers: &[RoleAnswer], output: &mut dyn Write) -> io::Result<()> {
    if answers.is_empty() {
        return writeln!(output, "no role may");
    }
    for answer in answers {
        let word = match answer.verdict {
            Verdict::Pass => "may    ",
            Verdict::Fail => "may not",
            Verdict::Unknown => "unknown",
        };
        writeln!(output, "{word}  {}", answer.role)?;
        if let Some(reason) = &answer.reason {
            writeln!(output, "         {reason}")?;
        }
        for evidence in &answer.evidence {
            if let Evidence::Statement { why, .. } = evidence {
                writeln!(output, "         {why}")?;
            }
        }
    }
    Ok(())
}

pub(super) fn write_json(answers: &[RoleAnswer], output: &mut dyn Write) -> io::Result<()> {
    let roles: Vec<_> = answers
        .iter()
        .map(|answer| {
            let may = match answer.verdict {
                Verdict::Pass => "yes",
                Verdict::Fail => "no",
                Verdict::Unknown => "unknown",
            };
            json!({ "role": answer.role, "may": may, "reason": answer.reason })
        })
        .collect();
    serde_json::to_writer_pretty(&mut *output, &json!({ "roles": roles }))?;
    writeln!(output)
}
