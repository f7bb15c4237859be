//! What the documents tell the reader to type.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{CommandFactory, Parser};
use rolecall::args::Args;
use rolecall::settings::Settings;

use crate::run::{root, run, run_in};

/// Every Markdown file that is written by hand or generated, but for the build folder.
fn documents() -> Vec<(PathBuf, String)> {
    let mut open = vec![root()];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !name.starts_with('.') && name != "target" {
                open.push(path);
            } else if name.ends_with(".md") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found
}

/// Commands of a document: lines of code blocks and inline code that begin with `rolecall `.
fn commands(text: &str) -> Vec<String> {
    let text = &without_output(text);
    let inline = text.split('`').skip(1).step_by(2).map(str::to_owned);
    let lines = text
        .lines()
        .map(|line| line.trim().trim_start_matches("$ ").to_owned());
    let piped = text
        .lines()
        .filter_map(|line| Some(line.split_once("| ")?.1.trim().to_owned()));
    let chained = text
        .lines()
        .filter_map(|line| Some(line.split_once("&& ")?.1.trim().to_owned()));
    inline
        .chain(lines)
        .chain(piped)
        .chain(chained)
        .map(|line| {
            line.split(['#', '|', '>', '`'])
                .next()
                .unwrap_or_default()
                .trim()
                .to_owned()
        })
        .filter(|line| line.starts_with("rolecall ") && !line.contains('\n'))
        .collect()
}

/// The text without what commands print in its transcripts.
fn without_output(text: &str) -> String {
    let mut in_transcript = false;
    text.lines()
        .filter(|line| {
            if line.starts_with("```") {
                in_transcript = *line == "```console";
            }
            !in_transcript || line.starts_with("$ ")
        })
        .fold(String::new(), |text, line| text + line + "\n")
}

fn is_a_command(line: &str) -> bool {
    let command = Args::command();
    let is_known = |word: &str| word == "--version" || command.find_subcommand(word).is_some();
    line.split(' ').nth(1).is_some_and(is_known) && !line.contains(['[', '(', '<', '…'])
}

#[test]
fn every_command_in_a_document_is_one_that_rolecall_takes() {
    let mut seen = 0;
    for (path, text) in documents() {
        for line in commands(&text).iter().filter(|line| is_a_command(line)) {
            // Upper case stands for what the reader puts in.
            if line.split(' ').any(|word| {
                word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase() || c == '|')
            }) {
                continue;
            }
            seen += 1;
            let words = line.split_whitespace();
            let words = words.map(|word| word.trim_matches(['\'', '"']));
            if let Err(error) = Args::try_parse_from(words) {
                use clap::error::ErrorKind::{
                    DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion, InvalidValue,
                    MissingRequiredArgument,
                };
                // A sentence may speak of `rolecall explain` as such.
                let named_only = !line.contains(" -") && line.split(' ').count() <= 3;
                // Or of `rolecall check --facts`.
                let last = line.split(' ').next_back().unwrap_or_default();
                let flag_only = last.starts_with("--") && error.kind() == InvalidValue;
                assert!(
                    matches!(
                        error.kind(),
                        DisplayVersion | DisplayHelpOnMissingArgumentOrSubcommand
                    ) || (named_only && error.kind() == MissingRequiredArgument)
                        || flag_only,
                    "{}: `{line}`: {error}",
                    path.display()
                );
            }
        }
    }
    assert!(seen > 20, "only {seen} commands were found");
}

#[test]
fn commands_in_the_readmes_of_examples_do_what_they_say() {
    for entry in fs::read_dir(root().join("examples")).unwrap() {
        let folder = entry.unwrap().path();
        let text = fs::read_to_string(folder.join("README.md")).unwrap();
        assert_eq!(
            text.lines().count(),
            3,
            "{} has three lines",
            folder.display()
        );
        let told: Vec<_> = text.split('`').skip(1).step_by(2).collect();
        let command = told
            .iter()
            .find(|code| code.contains("rolecall check"))
            .unwrap();
        let ran = match command.strip_prefix("cd examples/clean && rolecall ") {
            Some(args) => run_in(&folder, &args.split(' ').collect::<Vec<_>>()),
            None => run(&command.split(' ').skip(1).collect::<Vec<_>>()),
        };
        let reported = text.split("reports RC").nth(1);
        let code: Option<String> =
            reported.map(|rest| rest.chars().take_while(char::is_ascii_digit).collect());
        match code {
            Some(code) => assert!(
                ran.code == 1 && ran.stdout.contains(&format!("error[RC{code}]")),
                "`{command}` does not report RC{code}: {}",
                ran.stdout
            ),
            None => assert!(
                ran.code == 0 || folder.ends_with("custom-path"),
                "{}",
                ran.stdout
            ),
        }
    }
}

#[test]
fn configuration_in_the_documents_is_valid() {
    let text = fs::read_to_string(root().join("docs/configuration.md")).unwrap();
    let block = text
        .split("```toml\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let settings = Settings::parse(Path::new("rolecall.toml"), block).unwrap();
    assert_eq!(settings.clusters.len(), 1);
    assert_eq!(settings.ignored.len(), 1);
    assert_eq!(settings.service_control_policies.len(), 2);
}

#[test]
fn links_between_documents_lead_somewhere() {
    for (path, text) in documents() {
        for target in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            if target.contains("://") || target.starts_with('#') {
                continue;
            }
            let file = path
                .parent()
                .unwrap()
                .join(target.split('#').next().unwrap());
            assert!(
                file.exists(),
                "{}: `{target}` leads nowhere",
                path.display()
            );
        }
    }
}
