//! Which accounts are meant.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use rolecall_arn::AccountId;
use rolecall_live::{Caller, Connection, LiveError, member_accounts};

use super::FleetConfig;
use crate::Failure;

/// Reads `--accounts`: ids, and files of ids. What follows a `#` in a file is a comment.
///
/// # Errors
/// What is no id, with its line, a file that cannot be read, and accounts none of which is named.
pub(super) fn named(texts: &[String]) -> Result<Vec<AccountId>, Failure> {
    let mut accounts = Vec::new();
    for text in texts {
        match text.trim().strip_prefix('@') {
            Some(file) => accounts.extend(of_file(file.trim())?),
            None => {
                for word in words(text) {
                    accounts.push(account(word)?);
                }
            }
        }
    }
    if accounts.is_empty() && !texts.is_empty() {
        return Err(Failure::new("--accounts names no account").with_help(
            "name their ids, or @FILE with one on each line; without --accounts, the account of \
             the credentials is meant",
        ));
    }
    Ok(accounts)
}

fn of_file(file: &str) -> Result<Vec<AccountId>, Failure> {
    if file.is_empty() {
        return Err(Failure::new("--accounts @ names no file")
            .with_help("name it right after the @: --accounts @accounts.txt"));
    }
    let text = contents(Path::new(file))?;
    let mut accounts = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default();
        for word in words(line) {
            let place = format!("{file}:{}", number + 1);
            accounts.push(account(word).map_err(|failure| failure.at(place))?);
        }
    }
    if accounts.is_empty() {
        return Err(Failure::new("the file names no account")
            .at(file)
            .with_help("write one account's id on each line; what follows a # is a comment"));
    }
    Ok(accounts)
}

fn contents(file: &Path) -> Result<String, Failure> {
    if file.is_dir() {
        return Err(Failure::new("the accounts are to be read from a folder")
            .at(file.display())
            .with_help("name a file in it, with one account's id on each line"));
    }
    let bytes = fs::read(file).map_err(|error| {
        let failure = Failure::new(format!("the accounts cannot be read: {error}"));
        let failure = failure.at(file.display());
        match error.kind() {
            ErrorKind::NotFound => failure.with_help(
                "write one account's id on each line of it, or name them: --accounts \
                 111122223333,222233334444",
            ),
            _ => failure,
        }
    })?;
    let text = String::from_utf8(bytes).map_err(|_| {
        Failure::new("the accounts cannot be read: the file is not UTF-8 text")
            .at(file.display())
            .with_help("save it as plain text in UTF-8")
    })?;
    // Editors on Windows put a byte order mark before it.
    Ok(text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned())
}

/// Ids stand one on each line, or as `aws organizations list-accounts --output text` has them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|letter: char| letter.is_whitespace() || letter == ',');
    words.filter(|word| !word.is_empty())
}

fn account(text: &str) -> Result<AccountId, Failure> {
    text.parse().map_err(|_| {
        Failure::new(format!("`{text}` is not an account's id")).with_help(instead_of(text))
    })
}

/// What was meant by a text that is no id.
fn instead_of(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let only_digits = digits.len() == text.len();
    match digits.len() {
        12 => format!("did you mean {digits}? It is twelve digits and nothing else"),
        found @ 1..12 if only_digits => format!(
            "it has {found} of an id's twelve digits; spreadsheets drop the zeros that ids may begin \
             with"
        ),
        found @ 13.. if only_digits => format!("it has {found} digits, and an id has twelve"),
        _ => "an account's id has twelve digits; names are not taken, and @FILE reads ids from a \
              file, one on each line"
            .to_owned(),
    }
}

/// The accounts to look at, each once: those named, those of the organisation, or the own.
///
/// # Errors
/// An organisation that may not be asked; other accounts than the own without a role to assume there.
pub(super) async fn wanted(
    config: &FleetConfig,
    home: &Connection,
    own: &Caller,
) -> Result<BTreeSet<AccountId>, Failure> {
    let mut wanted: BTreeSet<AccountId> = config.accounts.iter().copied().collect();
    if config.org {
        let members = member_accounts(home).await;
        let members = members.map_err(|error| of_organisation(home, &error))?;
        wanted.extend(members.into_iter().map(|member| member.id));
    }
    if wanted.is_empty() {
        wanted.insert(own.account);
    }
    let others = wanted.iter().filter(|account| **account != own.account);
    let others = others.count();
    if others > 0 && config.assume_role_name.is_none() {
        let own = own.account;
        return Err(Failure::new(format!(
            "{others} of the accounts are not that of the credentials, which is {own}"
        ))
        .with_help("name the role to assume in each of them: --assume-role-name RolecallReader"));
    }
    Ok(wanted)
}

fn of_organisation(home: &Connection, error: &LiveError) -> Failure {
    let help = match error {
        LiveError::NotPermitted { .. } | LiveError::Failed { .. } => {
            "the organisation's management account, or a delegated administrator, may list its \
             accounts, with `organizations:ListAccounts`; --accounts @FILE needs neither"
                .to_owned()
        }
        error => home.help(error),
    };
    Failure::new(format!(
        "the organisation's accounts cannot be listed: {error}"
    ))
    .with_help(help)
}
