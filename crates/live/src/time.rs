//! The SDK's moments as ours.

use aws_smithy_types::DateTime;
use rolecall_facts::Timestamp;

/// `None` where the moment lies outside what a timestamp can hold. EKS writes its moments as decimal
/// fractions of seconds, of which milliseconds are meant and no more.
pub(crate) fn timestamp(time: &DateTime) -> Option<Timestamp> {
    let milliseconds = i64::from(time.subsec_nanos()).checked_add(500_000)? / 1_000_000;
    let since_epoch = time.secs().checked_mul(1_000)?.checked_add(milliseconds)?;
    Timestamp::from_millisecond(since_epoch).ok()
}
