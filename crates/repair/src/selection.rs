use std::collections::BTreeSet;

use rolecall_chain::{Finding, Repair, Rule, Safety};

/// What of the findings is to be mended, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// The rules, by code; all of them where none are said.
    pub only: Option<BTreeSet<String>>,
    /// The rules, by code, that were named each by its own code or name and not by a family: their
    /// repairs are made also where they are disruptive.
    pub named: BTreeSet<String>,
    /// The names of alternatives that were chosen, such as `path-less-role`.
    pub uses: BTreeSet<String>,
    /// Only findings about this pool or group.
    pub pool: Option<String>,
}

impl Selection {
    /// Takes the texts of `--only`, each with the codes that it stands for.
    #[must_use]
    pub fn with_only<'a>(
        mut self,
        texts: impl IntoIterator<Item = (&'a str, Vec<&'a Rule>)>,
    ) -> Self {
        for (text, rules) in texts {
            for rule in rules {
                self.only
                    .get_or_insert_with(BTreeSet::new)
                    .insert(rule.code.to_owned());
                if [rule.code, rule.name]
                    .iter()
                    .any(|known| known.eq_ignore_ascii_case(text.trim()))
                {
                    self.named.insert(rule.code.to_owned());
                }
            }
        }
        self
    }

    /// Whether a finding is among those that are to be mended.
    pub(crate) fn takes(&self, finding: &Finding) -> bool {
        let of_rule = |only: &BTreeSet<String>| only.contains(finding.rule.code);
        let of_pool = |name: &String| finding.pools.iter().any(|pool| pool.name == *name);
        self.only.as_ref().is_none_or(of_rule) && self.pool.as_ref().is_none_or(of_pool)
    }

    pub(crate) fn names(&self, rule: &Rule) -> bool {
        self.named.contains(rule.code)
    }

    /// Whether a repair was chosen by its name.
    pub(crate) fn uses(&self, repair: &Repair) -> bool {
        repair.name.is_some_and(|name| self.uses.contains(name))
    }

    /// Whether a repair that has no name may be made for a rule.
    pub(crate) fn allows(&self, rule: &Rule, safety: Safety) -> bool {
        safety == Safety::Safe || self.names(rule)
    }
}
