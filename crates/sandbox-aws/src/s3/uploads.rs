use bytes::{Bytes, BytesMut};
use md5::{Digest as _, Md5};
use s3s::dto::{
    AbortMultipartUploadInput, CompleteMultipartUploadInput, CompleteMultipartUploadOutput,
    CreateMultipartUploadInput, CreateMultipartUploadOutput, ETag, ListPartsInput, ListPartsOutput,
    UploadPartInput, UploadPartOutput,
};
use s3s::{S3Error, S3Result, s3_error};

use super::access::Visit;
use super::objects::{headers, length};
use super::{Object, Part, Upload, buckets, etag, object_key, written_at};
use crate::state::State;

/// The smallest part but the last, in bytes (Amazon S3 User Guide, "Amazon S3 multipart upload
/// limits").
const SMALLEST: usize = 5 << 20;

fn missing() -> S3Error {
    s3_error!(
        NoSuchUpload,
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have \
         been aborted or completed."
    )
}

fn part_key(upload: &str, number: i32) -> String {
    format!("{upload}/{number:05}")
}

pub(super) fn create(
    visit: &Visit,
    input: CreateMultipartUploadInput,
) -> S3Result<CreateMultipartUploadOutput> {
    buckets::find(visit, &input.bucket)?;
    let id = visit.aws.ids().secret(64);
    let upload = Upload {
        key: input.key.clone(),
        began: visit.aws.clock().now(),
        headers: headers(input.content_type, input.content_encoding, input.metadata),
    };
    let row = object_key(&input.bucket, &id);
    visit
        .aws
        .write_quietly(|state| state.s3.uploads.insert(&row, upload));
    Ok(CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(id),
        ..CreateMultipartUploadOutput::default()
    })
}

fn check(state: &State, bucket: &str, key: &str, id: &str) -> S3Result {
    let upload = state.s3.uploads.get(&object_key(bucket, id));
    if upload.is_some_and(|upload| upload.key == key) {
        return Ok(());
    }
    Err(missing())
}

pub(super) fn part(
    visit: &Visit,
    input: &UploadPartInput,
    body: Bytes,
) -> S3Result<UploadPartOutput> {
    if !(1..=10_000).contains(&input.part_number) {
        return Err(s3_error!(
            InvalidArgument,
            "Part number must be an integer between 1 and 10000, inclusive"
        ));
    }
    let part = Part {
        etag: etag(&body),
        body,
        modified: visit.aws.clock().now(),
    };
    let e_tag = ETag::Strong(part.etag.clone());
    visit.aws.write_quietly(|state| {
        check(state, &input.bucket, &input.key, &input.upload_id)?;
        let key = part_key(&input.upload_id, input.part_number);
        state.s3.parts.insert(&key, part);
        Ok::<_, S3Error>(())
    })?;
    Ok(UploadPartOutput {
        e_tag: Some(e_tag),
        ..UploadPartOutput::default()
    })
}

pub(super) fn list(visit: &Visit, input: ListPartsInput) -> S3Result<ListPartsOutput> {
    let prefix = format!("{}/", input.upload_id);
    let parts = visit.aws.read(|state| {
        check(state, &input.bucket, &input.key, &input.upload_id)?;
        let parts = state
            .s3
            .parts
            .range(&prefix, None)
            .map(|(key, part)| s3s::dto::Part {
                e_tag: Some(ETag::Strong(part.etag.clone())),
                last_modified: Some(written_at(part.modified)),
                part_number: key
                    .rsplit('/')
                    .next()
                    .and_then(|number| number.parse().ok()),
                size: Some(length(part.body.len())),
                ..s3s::dto::Part::default()
            });
        Ok::<_, S3Error>(parts.collect())
    })?;
    Ok(ListPartsOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(input.upload_id),
        is_truncated: Some(false),
        parts: Some(parts),
        ..ListPartsOutput::default()
    })
}

/// The parts in the order given become the object; its tag is the MD5 of their MD5s and their
/// number.
pub(super) fn complete(
    visit: &Visit,
    input: CompleteMultipartUploadInput,
) -> S3Result<CompleteMultipartUploadOutput> {
    let now = visit.aws.clock().now();
    let wanted = input
        .multipart_upload
        .and_then(|upload| upload.parts)
        .filter(|parts| !parts.is_empty())
        .ok_or_else(|| s3_error!(MalformedXML, "You must specify at least one part"))?;
    let tag = visit.aws.write_quietly(|state| {
        check(state, &input.bucket, &input.key, &input.upload_id)?;
        let (mut body, mut tags, mut before) = (BytesMut::new(), Md5::new(), 0);
        for (at, part) in wanted.iter().enumerate() {
            let number = part.part_number.unwrap_or(0);
            if number <= before {
                return Err(s3_error!(
                    InvalidPartOrder,
                    "The list of parts was not in ascending order. Parts must be ordered by part number."
                ));
            }
            before = number;
            let kept = state.s3.parts.get(&part_key(&input.upload_id, number));
            let same = |kept: &&Part| {
                part.e_tag.as_ref().is_none_or(|tag| tag.value() == kept.etag)
            };
            let kept = kept.filter(same).ok_or_else(|| {
                s3_error!(
                    InvalidPart,
                    "One or more of the specified parts could not be found. The part may not have \
                     been uploaded, or the specified entity tag may not match the part's entity tag."
                )
            })?;
            if kept.body.len() < SMALLEST && at + 1 < wanted.len() {
                return Err(s3_error!(
                    EntityTooSmall,
                    "Your proposed upload is smaller than the minimum allowed size"
                ));
            }
            body.extend_from_slice(&kept.body);
            tags.update(Md5::digest(&kept.body));
        }
        let tag = format!("{}-{}", crate::sigv4::hex(&tags.finalize()), wanted.len());
        let upload = forget(state, &input.bucket, &input.upload_id).ok_or_else(missing)?;
        let object = Object {
            body: body.freeze(),
            etag: tag.clone(),
            modified: now,
            headers: upload.headers,
        };
        let key = object_key(&input.bucket, &input.key);
        state.s3.objects.insert(&key, object);
        Ok(tag)
    })?;
    Ok(CompleteMultipartUploadOutput {
        location: Some(format!("/{}/{}", input.bucket, input.key)),
        bucket: Some(input.bucket),
        key: Some(input.key),
        e_tag: Some(ETag::Strong(tag)),
        ..CompleteMultipartUploadOutput::default()
    })
}

pub(super) fn abort(visit: &Visit, input: &AbortMultipartUploadInput) -> S3Result {
    visit.aws.write_quietly(|state| {
        check(state, &input.bucket, &input.key, &input.upload_id)?;
        forget(state, &input.bucket, &input.upload_id);
        Ok(())
    })
}

fn forget(state: &mut State, bucket: &str, id: &str) -> Option<Upload> {
    let prefix = format!("{id}/");
    let parts = state.s3.parts.range(&prefix, None);
    let parts: Vec<String> = parts.map(|(key, _)| key.to_owned()).collect();
    for key in parts {
        state.s3.parts.remove(&key);
    }
    state.s3.uploads.remove(&object_key(bucket, id))
}
