//! Which rules' findings count: `--only`, `--ignore` and what rolecall.toml switches off.

use std::collections::BTreeSet;

use rolecall_chain::Rule;

use crate::suggest::nearest;

/// The rules whose findings count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleSelection {
    only: Option<BTreeSet<&'static str>>,
    ignored: BTreeSet<&'static str>,
}

/// A text that names no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a rule's code, name or family")]
pub struct UnknownRule {
    /// The text.
    pub text: String,
    /// What may have been meant.
    pub suggestion: Option<&'static str>,
}

impl UnknownRule {
    /// What to type instead.
    #[must_use]
    pub fn help(&self) -> String {
        self.suggestion.map_or_else(
            || "`rolecall rules` lists them all".to_owned(),
            |suggestion| format!("did you mean `{suggestion}`? `rolecall rules` lists them all"),
        )
    }
}

impl RuleSelection {
    /// Takes only these rules; nothing given means all.
    ///
    /// # Errors
    /// A text that names no rule.
    pub fn only(mut self, texts: &[String]) -> Result<Self, UnknownRule> {
        if !texts.is_empty() {
            self.only = Some(resolve_all(texts)?);
        }
        Ok(self)
    }

    /// Leaves these rules out.
    ///
    /// # Errors
    /// A text that names no rule.
    pub fn without(mut self, texts: &[String]) -> Result<Self, UnknownRule> {
        self.ignored.extend(resolve_all(texts)?);
        Ok(self)
    }

    /// Whether the rule's findings count.
    #[must_use]
    pub fn takes(&self, rule: &Rule) -> bool {
        self.only
            .as_ref()
            .is_none_or(|only| only.contains(rule.code))
            && !self.ignored.contains(rule.code)
    }
}

/// The codes that one text stands for: a code, a name or a family.
///
/// # Errors
/// A text that names no rule.
pub(crate) fn codes_of(text: &str) -> Result<Vec<&'static str>, UnknownRule> {
    resolve(text.trim(), &names())
}

fn names() -> Vec<(&'static str, &'static str)> {
    let rules = rolecall_chain::RULES.iter();
    rules.map(|rule| (rule.code, rule.name)).collect()
}

fn resolve_all(texts: &[String]) -> Result<BTreeSet<&'static str>, UnknownRule> {
    let names = names();
    let mut codes = BTreeSet::new();
    for text in texts {
        codes.extend(resolve(text.trim(), &names)?);
    }
    Ok(codes)
}

/// The codes that a code, a name or a family stands for.
///
/// A code is its family and two digits, so `RC7` stands for RC701 to RC711, and `RC1` for RC101 but
/// not for RC1001, which is of the family `RC10`.
fn resolve(
    text: &str,
    rules: &[(&'static str, &'static str)],
) -> Result<Vec<&'static str>, UnknownRule> {
    let family = |code: &'static str| code.get(..code.len().saturating_sub(2)).unwrap_or(code);
    let found: Vec<_> = rules
        .iter()
        .filter(|(code, name)| {
            [*code, *name, family(code)]
                .iter()
                .any(|known| known.eq_ignore_ascii_case(text))
        })
        .map(|(code, _)| *code)
        .collect();
    if found.is_empty() {
        // Codes are all alike, so only a name can be recognised.
        let words = rules.iter().map(|(_, name)| *name);
        return Err(UnknownRule {
            text: text.to_owned(),
            suggestion: nearest(text, words),
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &[(&str, &str)] = &[
        ("RC101", "node-class-not-found"),
        ("RC701", "authentication-mode-without-api"),
        ("RC703", "access-entry-path-mismatch"),
        ("RC1001", "join-unmapped"),
    ];

    #[test]
    fn code_name_and_family_are_understood_in_any_case() {
        assert_eq!(resolve("rc703", RULES), Ok(vec!["RC703"]));
        assert_eq!(resolve("join-unmapped", RULES), Ok(vec!["RC1001"]));
        assert_eq!(resolve("RC7", RULES), Ok(vec!["RC701", "RC703"]));
    }

    #[test]
    fn family_one_does_not_take_family_ten_in() {
        assert_eq!(resolve("RC1", RULES), Ok(vec!["RC101"]));
        assert_eq!(resolve("RC10", RULES), Ok(vec!["RC1001"]));
    }

    #[test]
    fn unknown_rule_comes_with_a_suggestion() {
        let error = resolve("access-entry-path-mismach", RULES).unwrap_err();
        assert_eq!(error.suggestion, Some("access-entry-path-mismatch"));
        assert_eq!(resolve("R", RULES).unwrap_err().text, "R");
        assert!(resolve("", RULES).is_err());
    }
}
