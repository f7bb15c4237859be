//! What one try came to.

use super::error::CarryError;
use super::refusal::Refusal;

/// What one try of a change came to.
pub(super) enum Step {
    /// The change is made.
    Done,
    /// It may be made later.
    Again(Again),
    /// An update of the cluster began; its id.
    Begun(String),
    /// It cannot be made.
    Failed(CarryError),
}

/// Why to try again, and what to say when that was in vain.
pub(super) struct Again {
    pub(super) what: String,
    pub(super) why: &'static str,
    pub(super) at_most: AtMost,
    pub(super) in_vain: InVain,
}

/// How long it may take until it is seen that waiting does not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AtMost {
    /// One more look.
    Once,
    /// A quarter of the usual: more likely it is so than it is late.
    Short,
    /// As long as AWS's documents and reports say that changes take to get round.
    Usual,
    /// As long as an update of a cluster takes.
    Update,
}

/// What it comes to when waiting was in vain.
pub(super) enum InVain {
    /// The refusal was meant.
    Refused(Refusal),
    /// This is what is wrong.
    Failed(CarryError),
    /// What is not there was not to be there: done.
    Done,
}

impl Step {
    pub(super) fn again(
        what: impl Into<String>,
        why: &'static str,
        at_most: AtMost,
        refusal: Refusal,
    ) -> Self {
        Self::Again(Again {
            what: what.into(),
            why,
            at_most,
            in_vain: InVain::Refused(refusal),
        })
    }

    pub(super) fn changed(what: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Failed(CarryError::Changed {
            what: what.into(),
            found: found.into(),
        })
    }

    /// Something that was to be taken away is not there. Right after it was made it may only not be
    /// seen yet, so it is looked for once more.
    pub(super) fn gone(what: impl Into<String>) -> Self {
        Self::Again(Again {
            what: what.into(),
            why: "it is not there; if it was made only now, AWS may not show it yet",
            at_most: AtMost::Once,
            in_vain: InVain::Done,
        })
    }
}
