use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::{
    CommonPrefix, ETag, EncodingType, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input,
    ListObjectsV2Output, ObjectStorageClass,
};
use s3s::{S3Result, s3_error};

use super::access::Visit;
use super::{buckets, object_key, written_at};

/// What a key keeps in a listing encoded as a URL.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// A page of a listing.
struct Page {
    objects: Vec<s3s::dto::Object>,
    prefixes: Vec<CommonPrefix>,
    /// The last key or prefix, when there is more.
    next: Option<String>,
}

/// What is listed.
struct Wanted<'a> {
    bucket: &'a str,
    prefix: &'a str,
    delimiter: &'a str,
    after: Option<&'a str>,
    most: usize,
    /// Whether keys are encoded, so that any character fits XML.
    encoded: bool,
}

/// (Amazon S3 API Reference, `ListObjectsV2`.)
pub(super) fn second(visit: &Visit, input: ListObjectsV2Input) -> S3Result<ListObjectsV2Output> {
    let after = match &input.continuation_token {
        Some(token) => Some(read_token(token).ok_or_else(|| {
            s3_error!(
                InvalidArgument,
                "The continuation token provided is incorrect"
            )
        })?),
        None => input.start_after.clone(),
    };
    let wanted = wanted(
        &input.bucket,
        input.prefix.as_deref(),
        input.delimiter.as_deref(),
        after.as_deref(),
        input.max_keys,
        input.encoding_type.as_ref(),
    );
    let mut page = list(visit, &wanted)?;
    if input.fetch_owner == Some(true) {
        for object in &mut page.objects {
            object.owner = Some(buckets::owner(visit));
        }
    }
    let write = |text: &str| written(text, wanted.encoded);
    Ok(ListObjectsV2Output {
        prefix: Some(write(wanted.prefix)),
        max_keys: Some(i32::try_from(wanted.most).unwrap_or(1000)),
        key_count: i32::try_from(page.objects.len() + page.prefixes.len()).ok(),
        continuation_token: input.continuation_token.clone(),
        is_truncated: Some(page.next.is_some()),
        next_continuation_token: page.next.map(|key| URL_SAFE_NO_PAD.encode(key)),
        contents: Some(page.objects),
        common_prefixes: Some(page.prefixes),
        delimiter: input.delimiter.as_deref().map(write),
        start_after: input.start_after.as_deref().map(write),
        encoding_type: input.encoding_type.clone(),
        name: Some(input.bucket.clone()),
        request_charged: None,
    })
}

/// (Amazon S3 API Reference, `ListObjects`.)
pub(super) fn first(visit: &Visit, input: ListObjectsInput) -> S3Result<ListObjectsOutput> {
    let wanted = wanted(
        &input.bucket,
        input.prefix.as_deref(),
        input.delimiter.as_deref(),
        input.marker.as_deref(),
        input.max_keys,
        input.encoding_type.as_ref(),
    );
    let page = list(visit, &wanted)?;
    let write = |text: &str| written(text, wanted.encoded);
    Ok(ListObjectsOutput {
        prefix: Some(write(wanted.prefix)),
        marker: Some(write(input.marker.as_deref().unwrap_or_default())),
        max_keys: Some(i32::try_from(wanted.most).unwrap_or(1000)),
        is_truncated: Some(page.next.is_some()),
        // Without a delimiter clients go on from the last key.
        next_marker: page
            .next
            .filter(|_| !wanted.delimiter.is_empty())
            .map(|key| write(&key)),
        contents: Some(page.objects),
        common_prefixes: Some(page.prefixes),
        delimiter: input.delimiter.as_deref().map(write),
        encoding_type: input.encoding_type.clone(),
        name: Some(input.bucket.clone()),
        request_charged: None,
    })
}

fn wanted<'a>(
    bucket: &'a str,
    prefix: Option<&'a str>,
    delimiter: Option<&'a str>,
    after: Option<&'a str>,
    most: Option<i32>,
    encoding: Option<&EncodingType>,
) -> Wanted<'a> {
    Wanted {
        bucket,
        prefix: prefix.unwrap_or_default(),
        delimiter: delimiter.unwrap_or_default(),
        after: after.filter(|after| !after.is_empty()),
        most: most.map_or(1000, |most| usize::try_from(most).unwrap_or(0).min(1000)),
        encoded: encoding.is_some_and(|encoding| encoding.as_str() == EncodingType::URL),
    }
}

fn read_token(token: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()
}

fn written(text: &str, encoded: bool) -> String {
    if encoded {
        utf8_percent_encode(text, KEPT).to_string()
    } else {
        text.to_owned()
    }
}

fn list(visit: &Visit, wanted: &Wanted<'_>) -> S3Result<Page> {
    buckets::find(visit, wanted.bucket)?;
    let scope = object_key(wanted.bucket, wanted.prefix);
    let root = object_key(wanted.bucket, "");
    // A prefix that was listed is gone on from after all its keys.
    let mut after = wanted.after.map(|after| {
        let key = object_key(wanted.bucket, after);
        let prefix = !wanted.delimiter.is_empty() && after.ends_with(wanted.delimiter);
        if prefix { past(&key) } else { key }
    });
    let mut page = Page {
        objects: Vec::new(),
        prefixes: Vec::new(),
        next: None,
    };
    if wanted.most == 0 {
        return Ok(page);
    }
    let mut last = String::new();
    visit.aws.read(|state| {
        loop {
            let next = state.s3.objects.range(&scope, after.as_deref()).next();
            let Some((row, object)) = next else {
                break;
            };
            if page.objects.len() + page.prefixes.len() == wanted.most {
                page.next = Some(last);
                break;
            }
            let key = row.strip_prefix(root.as_str()).unwrap_or(row);
            let rest = key.strip_prefix(wanted.prefix).unwrap_or_default();
            let common = rest
                .split_once(wanted.delimiter)
                .filter(|_| !wanted.delimiter.is_empty())
                .map(|(start, _)| format!("{}{start}{}", wanted.prefix, wanted.delimiter));
            if let Some(common) = common {
                after = Some(past(&object_key(wanted.bucket, &common)));
                page.prefixes.push(CommonPrefix {
                    prefix: Some(written(&common, wanted.encoded)),
                });
                last = common;
                continue;
            }
            page.objects.push(s3s::dto::Object {
                e_tag: Some(ETag::Strong(object.etag.clone())),
                key: Some(written(key, wanted.encoded)),
                last_modified: Some(written_at(object.modified)),
                size: Some(super::objects::length(object.body.len())),
                storage_class: Some(ObjectStorageClass::from_static(
                    ObjectStorageClass::STANDARD,
                )),
                ..s3s::dto::Object::default()
            });
            last = key.to_owned();
            after = Some(row.to_owned());
        }
    });
    Ok(page)
}

/// After everything that begins with `start`.
fn past(start: &str) -> String {
    format!("{start}{}", char::MAX)
}
