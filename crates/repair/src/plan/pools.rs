use rolecall_chain::{Chain, Link, LinkState, Verdict};
use serde::{Deserialize, Serialize};

/// A pool whose chain a plan touches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoolOfPlan {
    /// Kind and name, such as `NodePool web`.
    pub pool: String,
    /// The findings about it, by rule code and subject: the plan is for these and no others.
    pub findings: Vec<String>,
    /// Its chain as it is.
    pub before: Vec<LinkOfPlan>,
    /// Its chain as it will be; empty for a pool that the plan takes away.
    pub after: Vec<LinkOfPlan>,
}

/// A link of a chain, as plans write it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkOfPlan {
    /// The link, such as `access-entry`.
    pub link: String,
    /// `pass`, `fail` or `unknown`.
    pub verdict: String,
    /// What was found, or what was missing.
    pub detail: String,
}

impl LinkOfPlan {
    pub(crate) fn all_of(chain: &Chain) -> Vec<Self> {
        let links = chain.links.iter().map(|state| Self {
            link: state.link.to_string(),
            verdict: state.verdict.to_string(),
            detail: state.detail.clone(),
        });
        links.collect()
    }

    /// The link as the chain crate has it; `None` for one that this version does not know.
    #[must_use]
    pub fn state(&self) -> Option<LinkState> {
        let mut links = Link::ALL.into_iter();
        let mut verdicts = [Verdict::Pass, Verdict::Unknown, Verdict::Fail].into_iter();
        Some(LinkState {
            link: links.find(|link| link.as_str() == self.link)?,
            verdict: verdicts.find(|verdict| verdict.as_str() == self.verdict)?,
            detail: self.detail.clone(),
        })
    }
}
