//! What the sandbox has none of.

use serde_json::json;

use crate::call::Call;
use crate::operation::Outcome;
use crate::state::State;

use super::ask::may_list;

pub(super) fn describe_capacity_reservations(_state: &State, call: &mut Call<'_>) -> Outcome {
    may_list(call, "ec2:DescribeCapacityReservations")?;
    Ok(json!({"capacityReservationSet": []}))
}

pub(super) fn describe_spot_price_history(_state: &State, call: &mut Call<'_>) -> Outcome {
    may_list(call, "ec2:DescribeSpotPriceHistory")?;
    Ok(json!({"spotPriceHistorySet": [], "nextToken": ""}))
}
