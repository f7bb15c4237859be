use serde_json::Value;

use crate::call::Call;
use crate::failure::Failure;
use crate::state::State;

/// What an operation answers: the output by the names of the service's model.
pub(crate) type Outcome = Result<Value, Failure>;

/// An operation of a service.
#[derive(Clone, Copy)]
pub(crate) struct Operation {
    /// Its name in the API, which is also the event's in CloudTrail.
    pub(crate) name: &'static str,
    pub(crate) run: Run,
}

/// Reads share the state, writes have it alone.
#[derive(Clone, Copy)]
pub(crate) enum Run {
    Read(fn(&State, &mut Call<'_>) -> Outcome),
    Write(fn(&mut State, &mut Call<'_>) -> Outcome),
}

impl Operation {
    /// An operation that changes nothing: `readOnly` in CloudTrail, without response elements.
    pub(crate) const fn read(
        name: &'static str,
        run: fn(&State, &mut Call<'_>) -> Outcome,
    ) -> Self {
        Self {
            name,
            run: Run::Read(run),
        }
    }

    /// An operation that changes state.
    pub(crate) const fn write(
        name: &'static str,
        run: fn(&mut State, &mut Call<'_>) -> Outcome,
    ) -> Self {
        Self {
            name,
            run: Run::Write(run),
        }
    }

    pub(crate) fn is_read_only(&self) -> bool {
        matches!(self.run, Run::Read(_))
    }
}

/// The operation of that name in a service's table.
pub(crate) fn named(table: &[Operation], name: &str) -> Option<Operation> {
    table
        .iter()
        .find(|operation| operation.name == name)
        .copied()
}
