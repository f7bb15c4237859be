//! Which accounts are meant.

use std::collections::BTreeSet;
use std::fs;

use rolecall_arn::AccountId;
use rolecall_live::{Caller, Connection, LiveError, member_accounts};

use super::FleetConfig;
use crate::Failure;

/// Reads `--accounts`: ids, and files with one on each line. What follows a `#` is a comment.
pub(super) fn named(texts: &[String]) -> Result<Vec<AccountId>, Failure> {
    let mut accounts = Vec::new();
    for text in texts {
        let text = text.trim();
        match text.strip_prefix('@') {
            Some(file) => accounts.extend(of_file(file)?),
            None if text.is_empty() => {}
            None => accounts.push(account(text).map_err(|failure| {
                failure.with_help("an account's id has twelve digits; @FILE reads them from a file")
            })?),
        }
    }
    Ok(accounts)
}

fn of_file(file: &str) -> Result<Vec<AccountId>, Failure> {
    let text = fs::read_to_string(file)
        .map_err(|error| Failure::new(format!("the accounts cannot be read: {error}")).at(file))?;
    let lines = text.lines().enumerate();
    let mut accounts = Vec::new();
    for (number, line) in lines {
        let line = line.split('#').next().unwrap_or_default().trim();
        if !line.is_empty() {
            let read = account(line).map_err(|failure| {
                let place = format!("{file}:{}", number + 1);
                failure
                    .at(place)
                    .with_help("write one account's id on each line")
            })?;
            accounts.push(read);
        }
    }
    if accounts.is_empty() {
        return Err(Failure::new("the file names no account").at(file));
    }
    Ok(accounts)
}

fn account(text: &str) -> Result<AccountId, Failure> {
    text.parse()
        .map_err(|_| Failure::new(format!("`{text}` is not an account's id")))
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
        let members = member_accounts(home).await.map_err(of_organisation)?;
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

fn of_organisation(error: LiveError) -> Failure {
    let help = match &error {
        LiveError::NotPermitted { .. } | LiveError::Failed { .. } => {
            "the organisation's management account, or a delegated administrator, may list its \
             accounts, with `organizations:ListAccounts`; --accounts @FILE needs neither"
                .to_owned()
        }
        error => error.help(),
    };
    Failure::new(format!(
        "the organisation's accounts cannot be listed: {error}"
    ))
    .with_help(help)
}
