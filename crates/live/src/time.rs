//! The SDK's moments as ours.

use aws_smithy_types::DateTime;
use rolecall_facts::Timestamp;

/// `None` where the moment lies outside what a timestamp can hold.
pub(crate) fn timestamp(time: &DateTime) -> Option<Timestamp> {
    let nanoseconds = i32::try_from(time.subsec_nanos()).ok()?;
    Timestamp::new(time.secs(), nanoseconds).ok()
}
