use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::trails::{changing, reading};
use crate::call::Call;
use crate::event::seconds;
use crate::operation::Outcome;
use crate::state::State;

/// `StartLogging`: from here on; what happened before stays in the event history only.
pub(super) fn start_logging(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let key = changing(state, call, "StartLogging", "Name")?.key();
    let last = state.cloudtrail.events.last_number();
    let now = call.now;
    state.cloudtrail.trails.change(&key, |trail| {
        if !trail.logging {
            trail.logging = true;
            trail.started = Some(now);
            // What came before it stopped and is not delivered yet is still to come.
            trail.delivered = trail.until.take().map_or(last, |_| trail.delivered);
        }
    });
    Ok(json!({}))
}

/// `StopLogging`: what happened until now is still delivered.
pub(super) fn stop_logging(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let key = changing(state, call, "StopLogging", "Name")?.key();
    let last = state.cloudtrail.events.last_number();
    let now = call.now;
    state.cloudtrail.trails.change(&key, |trail| {
        if trail.logging {
            trail.logging = false;
            trail.stopped = Some(now);
            trail.until = Some(last);
        }
    });
    Ok(json!({}))
}

/// `GetTrailStatus`: every time twice, as a number and as the text of older clients.
pub(super) fn get_trail_status(state: &State, call: &mut Call<'_>) -> Outcome {
    let trail = reading(state, call, "GetTrailStatus", "Name")?;
    let mut status = Map::new();
    let mut put = |name: &str, value: Value| {
        status.insert(name.to_owned(), value);
    };
    let text = |time: Option<Timestamp>| Value::from(time.map(seconds).unwrap_or_default());
    put("IsLogging", trail.logging.into());
    for (name, time) in [
        ("LatestDeliveryTime", trail.latest_delivery),
        ("StartLoggingTime", trail.started),
        ("StopLoggingTime", trail.stopped),
    ] {
        if let Some(time) = time {
            put(name, epoch(time));
        }
    }
    if let Some(error) = &trail.delivery_error {
        put("LatestDeliveryError", error.as_str().into());
    }
    put("LatestDeliveryAttemptTime", text(trail.latest_delivery));
    put("LatestNotificationAttemptTime", "".into());
    put("LatestNotificationAttemptSucceeded", "".into());
    let succeeded = trail
        .latest_delivery
        .filter(|_| trail.delivery_error.is_none());
    put("LatestDeliveryAttemptSucceeded", text(succeeded));
    put("TimeLoggingStarted", text(trail.started));
    put("TimeLoggingStopped", text(trail.stopped));
    Ok(Value::Object(status))
}

/// A time in the JSON protocols: seconds, with thousandths.
#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds of this age fit 53 bits"
)]
pub(super) fn epoch(time: Timestamp) -> Value {
    (time.as_millisecond() as f64 / 1000.0).into()
}
