//! CloudTrail: the events of all calls, and the trails that deliver them.
//!
//! ```text
//!  every call ─▶ EventLog ─┬─▶ LookupEvents
//!                          └─▶ deliver ─▶ AWSLogs/…json.gz in a trail's bucket, in a folder of the host
//! ```

mod deliver;
mod folder;
mod logging;
mod lookup;
mod named;
mod resources;
mod selectors;
mod state;
mod tags;
mod trails;

use crate::operation::{Operation, named};

pub use deliver::{Delivered, deliver, delivery_presses};
pub use folder::{LogFolder, LogWriter};
pub use state::{CloudTrail, Trail};

const OPERATIONS: &[Operation] = &[
    Operation::read("LookupEvents", lookup::lookup_events),
    Operation::write("CreateTrail", trails::create_trail),
    Operation::write("UpdateTrail", trails::update_trail),
    Operation::write("DeleteTrail", trails::delete_trail),
    Operation::read("DescribeTrails", trails::describe_trails),
    Operation::read("GetTrail", trails::get_trail),
    Operation::read("ListTrails", trails::list_trails),
    Operation::read("GetTrailStatus", logging::get_trail_status),
    Operation::write("StartLogging", logging::start_logging),
    Operation::write("StopLogging", logging::stop_logging),
    Operation::read("GetEventSelectors", selectors::get_event_selectors),
    Operation::write("PutEventSelectors", selectors::put_event_selectors),
    Operation::write("AddTags", tags::add_tags),
    Operation::read("ListTags", tags::list_tags),
    Operation::write("RemoveTags", tags::remove_tags),
];

/// The operation of that name.
pub(crate) fn operation(name: &str) -> Option<Operation> {
    named(OPERATIONS, name)
}
