//! Status conditions, and the events that tell of their transitions.

mod conditions;
mod events;

pub(crate) use conditions::{ConditionKinds, ConditionSet, State, Transition};
pub(crate) use events::transition_event;
