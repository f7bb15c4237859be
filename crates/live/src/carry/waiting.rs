//! Waiting, within bounds and not in silence.

use std::time::Duration;

use super::attempt::{Again, AtMost, InVain};
use super::error::CarryError;

/// How long changes are waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// The first pause; each one after it is twice as long, up to a quarter of `in_all`.
    pub first: Duration,
    /// All pauses of one change together, while AWS's services come to agree. EKS says "several
    /// seconds" (EKS User Guide, "Grant IAM users access to Kubernetes with EKS access entries"); IAM
    /// promises no time.
    pub in_all: Duration,
    /// All pauses together while an update of the cluster runs, which takes minutes.
    pub for_update: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            in_all: Duration::from_secs(60),
            for_update: Duration::from_secs(20 * 60),
        }
    }
}

/// A pause, told before it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// What is waited for.
    pub what: String,
    /// Why it cannot be had at once.
    pub why: String,
    /// How long this pause is.
    pub how_long: Duration,
}

pub(super) struct Waiting<'a> {
    patience: Patience,
    told: &'a mut (dyn FnMut(Wait) + Send),
    next: Duration,
    waited: Duration,
}

impl<'a> Waiting<'a> {
    pub(super) fn new(patience: Patience, told: &'a mut (dyn FnMut(Wait) + Send)) -> Self {
        Self {
            patience,
            told,
            next: patience.first,
            waited: Duration::ZERO,
        }
    }

    /// Pauses; `false` when there is no patience left and nothing to do either.
    ///
    /// # Errors
    /// When there is no patience left, and what was refused was meant.
    pub(super) async fn pause(&mut self, again: Again) -> Result<bool, CarryError> {
        let limit = match again.at_most {
            AtMost::Once => self.patience.first,
            AtMost::Short => self.patience.in_all / 4,
            AtMost::Usual => self.patience.in_all,
            AtMost::Update => self.patience.for_update,
        };
        let left = limit.saturating_sub(self.waited);
        if left.is_zero() {
            return match again.in_vain {
                InVain::Refused(refusal) => Err(refusal.into_error(Some(self.waited))),
                InVain::Failed(error) => Err(error),
                InVain::Done => Ok(false),
            };
        }
        let how_long = self.next.min(left);
        self.next = (self.next * 2).min(self.patience.in_all / 4);
        self.waited += how_long;
        (self.told)(Wait {
            what: again.what,
            why: again.why.to_owned(),
            how_long,
        });
        tokio::time::sleep(how_long).await;
        Ok(true)
    }
}
