//! Delivery: from the event log to files in buckets and in folders of the host.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::sync::Arc;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;

use super::folder::LogWriter;
use super::selectors::wants;
use super::state::Trail;
use crate::endpoint::Aws;
use crate::event::Event;
use crate::ids::Ids;
use crate::s3::{Object, ObjectHeaders, object_key, service_may};
use crate::service::Service;
use crate::state::State;

/// What one delivery wrote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Files.
    pub files: usize,
    /// Records in them.
    pub records: usize,
}

/// Events of one file at most; AWS's largest files are of that order.
const IN_A_FILE: usize = 5_000;
/// The one row of the folders' table.
const FOLDER: &str = "folder";

/// Writes what the trails that log have not delivered yet, and everything to `folder` as a trail of
/// all accounts and regions would. Files are there before it is remembered that they are: after a
/// crash in between events come twice, as they may in AWS, and none is lost.
///
/// # Errors
/// When the folder cannot be written; what buckets refuse is told by `GetTrailStatus`.
pub fn deliver(aws: &Aws, folder: Option<&dyn LogWriter>) -> io::Result<Delivered> {
    let mut delivered = Delivered::default();
    if let Some(folder) = folder {
        to_folder(aws, folder, &mut delivered)?;
    }
    let due: Vec<Trail> = aws.read(|state| {
        let trails = state.cloudtrail.trails.range("", None);
        trails
            .map(|(_, trail)| trail)
            .filter(|trail| trail.logging || trail.until.is_some())
            .cloned()
            .collect()
    });
    for trail in due {
        to_bucket(aws, &trail, &mut delivered);
    }
    Ok(delivered)
}

/// Whether undelivered events are about to be pruned: deliver now, not when it is time.
#[must_use]
pub fn delivery_presses(aws: &Aws, to_folder: bool) -> bool {
    let seen: Vec<u64> = aws.read(|state| {
        let trails = state.cloudtrail.trails.range("", None);
        let logging = trails.filter(|(_, trail)| trail.logging);
        let mut seen: Vec<u64> = logging.map(|(_, trail)| trail.delivered).collect();
        if to_folder {
            seen.push(state.cloudtrail.folders.get(FOLDER).copied().unwrap_or(0));
        }
        seen
    });
    seen.into_iter().any(|number| aws.events().presses(number))
}

fn to_folder(aws: &Aws, folder: &dyn LogWriter, delivered: &mut Delivered) -> io::Result<()> {
    let seen = aws.read(|state| state.cloudtrail.folders.get(FOLDER).copied().unwrap_or(0));
    let events = aws.events().after(seen);
    let Some(last) = events.last().map(|event| event.number) else {
        return Ok(());
    };
    for file in files(&events, aws.clock().now(), aws.ids()) {
        folder.write(&file.key, &file.body)?;
        delivered.files += 1;
        delivered.records += file.records;
    }
    aws.write_quietly(|state| state.cloudtrail.folders.insert(FOLDER, last));
    Ok(())
}

fn to_bucket(aws: &Aws, trail: &Trail, delivered: &mut Delivered) {
    let now = aws.clock().now();
    let mut events = aws.events().after(trail.delivered);
    if let Some(until) = trail.until.filter(|_| !trail.logging) {
        events.retain(|event| event.number <= until);
    }
    let last = events.last().map_or(trail.delivered, |event| event.number);
    events.retain(|event| belongs(trail, event));
    let files = files(&events, now, aws.ids());
    aws.write_quietly(|state| {
        let refused = if state.s3.buckets.contains(&trail.bucket) {
            (!may_write(state, trail)).then_some("AccessDenied")
        } else {
            Some("NoSuchBucket")
        };
        if refused.is_none() {
            for file in &files {
                let key = prefixed(trail, &file.key);
                put(state, &trail.bucket, &key, &file.body, now);
                delivered.files += 1;
                delivered.records += file.records;
            }
        }
        state.cloudtrail.trails.change(&trail.key(), |row| {
            if refused.is_none() {
                row.delivered = row.delivered.max(last);
                if !row.logging {
                    row.until = None;
                }
            }
            if !files.is_empty() || refused.is_some() {
                row.latest_delivery = Some(now);
                row.delivery_error = refused.map(str::to_owned);
            }
        });
    });
}

/// Whose events a trail has: its account's, of its region or of all. IAM is global and in us-east-1
/// (CloudTrail User Guide, "Global service events").
fn belongs(trail: &Trail, event: &Event) -> bool {
    event.recipient.to_string() == trail.account
        && (trail.multi_region || *event.region == *trail.region)
        && (trail.global || event.service != Service::Iam)
        && wants(trail, event)
}

struct File {
    key: String,
    body: Vec<u8>,
    records: usize,
}

/// `AWSLogs/<account>/CloudTrail/<region>/<yyyy>/<mm>/<dd>/<account>_CloudTrail_<region>_<time>_<16
/// letters>.json.gz` (CloudTrail User Guide, "CloudTrail log file examples").
fn files(events: &[Arc<Event>], now: Timestamp, ids: &Ids) -> Vec<File> {
    let mut groups: BTreeMap<(String, &str), Vec<&Event>> = BTreeMap::new();
    for event in events {
        let group = (event.recipient.to_string(), &*event.region);
        groups.entry(group).or_default().push(event);
    }
    let day = now.strftime("%Y/%m/%d").to_string();
    let time = now.strftime("%Y%m%dT%H%MZ").to_string();
    let mut files = Vec::new();
    for ((account, region), mut events) in groups {
        shuffle(&mut events, ids);
        for events in events.chunks(IN_A_FILE) {
            let unique = ids.secret(16);
            files.push(File {
                key: format!(
                    "AWSLogs/{account}/CloudTrail/{region}/{day}/{account}_CloudTrail_{region}_{time}_{unique}.json.gz"
                ),
                body: packed(events),
                records: events.len(),
            });
        }
    }
    files
}

/// Records in a file have no order, and readers must not learn to rely on one.
fn shuffle(events: &mut [&Event], ids: &Ids) {
    for at in (1..events.len()).rev() {
        let bound = u64::try_from(at + 1).unwrap_or(1);
        let other = usize::try_from(ids.below(bound)).unwrap_or(at);
        events.swap(at, other);
    }
}

fn packed(events: &[&Event]) -> Vec<u8> {
    let mut text = String::with_capacity(events.len() * 1400 + 16);
    text.push_str("{\"Records\":[");
    for (at, event) in events.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push_str(&event.to_json().to_string());
    }
    text.push_str("]}");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory cannot fail.
    encoder
        .write_all(text.as_bytes())
        .and_then(|()| encoder.finish())
        .unwrap_or_default()
}

fn prefixed(trail: &Trail, key: &str) -> String {
    match &trail.prefix {
        Some(prefix) => format!("{prefix}/{key}"),
        None => key.to_owned(),
    }
}

/// Whether the bucket's policy lets CloudTrail write (CloudTrail User Guide, "Amazon S3 bucket
/// policy for CloudTrail").
pub(super) fn may_write(state: &State, trail: &Trail) -> bool {
    let Some(bucket) = state.s3.buckets.get(&trail.bucket) else {
        return false;
    };
    let arn = trail.arn(&state.partition);
    let bucket_arn = format!("arn:{}:s3:::{}", state.partition, trail.bucket);
    let folder = prefixed(trail, &format!("AWSLogs/{}/CloudTrail/x", trail.account));
    let context = [
        ("aws:SourceArn", arn.as_str()),
        ("aws:SourceAccount", &trail.account),
        ("s3:x-amz-acl", "bucket-owner-full-control"),
        ("aws:SecureTransport", "true"),
    ];
    let service = "cloudtrail.amazonaws.com";
    service_may(bucket, service, "s3:GetBucketAcl", &bucket_arn, &context)
        && service_may(
            bucket,
            service,
            "s3:PutObject",
            &format!("{bucket_arn}/{folder}"),
            &context,
        )
}

fn put(state: &mut State, bucket: &str, key: &str, body: &[u8], now: Timestamp) {
    let object = Object {
        etag: crate::s3::etag(body),
        body: Bytes::copy_from_slice(body),
        modified: now,
        headers: ObjectHeaders {
            content_type: Some("application/json".to_owned()),
            content_encoding: Some("gzip".to_owned()),
            metadata: BTreeMap::new(),
        },
    };
    state.s3.objects.insert(&object_key(bucket, key), object);
}
