//! The profiles that there are, for messages.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use crate::Failure;
use crate::suggest;

/// The names of all profiles of these files, in order.
pub(super) fn names(files: &[PathBuf]) -> Vec<String> {
    let texts = files
        .iter()
        .filter_map(|file| fs::read_to_string(file).ok());
    let names: BTreeSet<String> = texts
        .flat_map(|text| {
            let names = text.lines().filter_map(name);
            names.map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    names.into_iter().collect()
}

/// What the profiles of these files say, by profile and key. Only the keys matter that tell where
/// credentials come from, none of which is nested.
pub(super) fn settings(files: &[PathBuf]) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut profiles: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for text in files
        .iter()
        .filter_map(|file| fs::read_to_string(file).ok())
    {
        let mut profile = None;
        for line in text.lines() {
            if line.trim_start().starts_with('[') {
                profile = name(line).map(str::to_owned);
            } else if let (Some(profile), Some((key, value))) = (&profile, line.split_once('=')) {
                let settings = profiles.entry(profile.clone()).or_default();
                settings.insert(key.trim().to_lowercase(), value.trim().to_owned());
            }
        }
    }
    profiles
}

/// `[profile name]` of the configuration, `[name]` of the credentials (AWS SDKs and Tools Reference
/// Guide, "Shared config and credentials files").
fn name(line: &str) -> Option<&str> {
    let section = line.trim().strip_prefix('[')?.split(']').next()?.trim();
    let name = match section.split_once(char::is_whitespace) {
        None => section,
        Some(("profile", name)) => name.trim().trim_matches('"'),
        Some(_) => return None,
    };
    (!name.is_empty()).then_some(name)
}

/// # Errors
/// A profile that is in none of the files.
pub(super) fn check(profile: &str, files: &[PathBuf]) -> Result<(), Failure> {
    let there = names(files);
    // The SDK takes one that is called `default` for granted.
    if profile == "default" || there.iter().any(|known| known == profile) {
        return Ok(());
    }
    let failure = Failure::new(format!("there is no AWS profile `{profile}`"));
    let nearest = suggest::nearest(profile, there.iter().map(String::as_str));
    Err(failure.with_help(match (nearest, there.as_slice()) {
        (_, []) => "there is none at all; `aws configure sso` makes one".to_owned(),
        (Some(meant), _) => format!("did you mean `{meant}`? There are {}", there.join(", ")),
        (None, _) => format!("there are {}", there.join(", ")),
    }))
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn sections_of_both_files_name_profiles() {
        assert_eq!(name("[profile prod-admin]"), Some("prod-admin"));
        assert_eq!(name("[ prod ] # the old one"), Some("prod"));
        assert_eq!(name("[sso-session corp]"), None);
        assert_eq!(name("region = eu-central-1"), None);
    }
}
