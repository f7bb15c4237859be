//! When CloudTrail's files are written.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use rolecall_sandbox_aws::Aws;
use rolecall_sandbox_aws::cloudtrail::{LogFolder, LogWriter, deliver, delivery_presses};

/// How often log files are delivered, in sandbox time (AWS CloudTrail User Guide, "How CloudTrail
/// works": about every five minutes).
const EVERY: SignedDuration = SignedDuration::from_mins(5);

/// Delivers to the trails' buckets, and to a folder of the host when there is one.
#[derive(Default)]
pub(crate) struct Delivery {
    folder: Mutex<Option<LogFolder>>,
    last: Mutex<Option<Timestamp>>,
}

impl Delivery {
    pub(crate) fn to(&self, folder: PathBuf) {
        *self.folder.lock() = Some(LogFolder::new(folder));
    }

    /// Delivers if it is time, or if events would be forgotten undelivered.
    pub(crate) fn tick(&self, aws: &Aws) {
        let now = aws.clock().now();
        let due = {
            let mut last = self.last.lock();
            let since = *last.get_or_insert(now);
            now.duration_since(since) >= EVERY
        };
        if due || delivery_presses(aws, self.folder.lock().is_some()) {
            self.now(aws);
        }
    }

    /// Delivers; how many files were written. A folder that cannot be written is tried again later.
    pub(crate) fn now(&self, aws: &Aws) -> usize {
        *self.last.lock() = Some(aws.clock().now());
        let folder = self.folder.lock().clone();
        let writer = folder.as_ref().map(|folder| folder as &dyn LogWriter);
        deliver(aws, writer).map_or(0, |delivered| delivered.files)
    }
}
