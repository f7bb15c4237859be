use std::collections::BTreeMap;

use bytes::Bytes;
use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, DeleteObjectsInput,
    DeleteObjectsOutput, DeletedObject, ETag, ETagCondition, GetObjectInput, GetObjectOutput,
    HeadObjectInput, HeadObjectOutput, MetadataDirective, PutObjectInput, PutObjectOutput,
    StreamingBlob,
};
use s3s::{Body, S3Error, S3ErrorCode, S3Response, S3Result, s3_error};

use super::access::{Visit, refused};
use super::{Object, ObjectHeaders, buckets, etag, object_key, written_at};

/// The object, or the error for who may not even know that there is none (Amazon S3 API Reference,
/// `GetObject`, "Permissions").
fn find(visit: &Visit, bucket: &str, key: &str) -> S3Result<Object> {
    buckets::find(visit, bucket)?;
    let object = visit
        .aws
        .read(|state| state.s3.objects.get(&object_key(bucket, key)).cloned());
    if let Some(object) = object {
        return Ok(object);
    }
    visit
        .permit("s3:ListBucket", bucket, None)
        .map_err(|failure| refused(&failure))?;
    Err(s3_error!(NoSuchKey, "The specified key does not exist."))
}

fn tag(object: &Object) -> ETag {
    ETag::Strong(object.etag.clone())
}

/// `If-Match` and `If-None-Match` of a read.
fn unchanged(
    object: &Object,
    wanted: Option<&ETagCondition>,
    unwanted: Option<&ETagCondition>,
) -> S3Result {
    let own = tag(object);
    let is = |condition: &ETagCondition| {
        condition.is_any() || condition.as_etag().is_some_and(|tag| tag.weak_cmp(&own))
    };
    if wanted.is_some_and(|wanted| !is(wanted)) {
        return Err(failed_condition());
    }
    if unwanted.is_some_and(is) {
        return Err(s3_error!(NotModified, "Not Modified"));
    }
    Ok(())
}

fn failed_condition() -> S3Error {
    s3_error!(
        PreconditionFailed,
        "At least one of the pre-conditions you specified did not hold"
    )
}

pub(super) fn length(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

pub(super) fn get(visit: &Visit, input: &GetObjectInput) -> S3Result<S3Response<GetObjectOutput>> {
    let object = find(visit, &input.bucket, &input.key)?;
    unchanged(
        &object,
        input.if_match.as_ref(),
        input.if_none_match.as_ref(),
    )?;
    let whole = object.body.len();
    let mut output = GetObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        e_tag: Some(tag(&object)),
        last_modified: Some(written_at(object.modified)),
        content_type: object.headers.content_type.clone(),
        content_encoding: object.headers.content_encoding.clone(),
        metadata: metadata(&object.headers),
        ..GetObjectOutput::default()
    };
    let mut status = http::StatusCode::OK;
    let body = match &input.range {
        None => object.body,
        Some(range) => {
            let part = range.check(u64::try_from(whole).unwrap_or(u64::MAX))?;
            let end = part.end.saturating_sub(1);
            output.content_range = Some(format!("bytes {}-{end}/{whole}", part.start));
            status = http::StatusCode::PARTIAL_CONTENT;
            let place = |at: u64| usize::try_from(at).unwrap_or(whole).min(whole);
            object.body.slice(place(part.start)..place(part.end))
        }
    };
    output.content_length = Some(length(body.len()));
    output.body = Some(StreamingBlob::from(Body::from(body)));
    Ok(S3Response::with_status(output, status))
}

pub(super) fn head(visit: &Visit, input: &HeadObjectInput) -> S3Result<HeadObjectOutput> {
    let object = find(visit, &input.bucket, &input.key)?;
    unchanged(
        &object,
        input.if_match.as_ref(),
        input.if_none_match.as_ref(),
    )?;
    Ok(HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_length: Some(length(object.body.len())),
        e_tag: Some(tag(&object)),
        last_modified: Some(written_at(object.modified)),
        content_type: object.headers.content_type.clone(),
        content_encoding: object.headers.content_encoding.clone(),
        metadata: metadata(&object.headers),
        ..HeadObjectOutput::default()
    })
}

fn metadata(headers: &ObjectHeaders) -> Option<s3s::dto::Metadata> {
    (!headers.metadata.is_empty()).then(|| headers.metadata.clone().into_iter().collect())
}

/// The headers kept with an object. `aws-chunked` is how it was sent, not what it is.
pub(super) fn headers(
    content_type: Option<String>,
    content_encoding: Option<String>,
    metadata: Option<s3s::dto::Metadata>,
) -> ObjectHeaders {
    let content_encoding = content_encoding
        .map(|encoding| {
            let parts = encoding.split(',').map(str::trim);
            parts
                .filter(|part| *part != "aws-chunked")
                .collect::<Vec<_>>()
                .join(",")
        })
        .filter(|encoding| !encoding.is_empty());
    ObjectHeaders {
        content_type: Some(content_type.unwrap_or_else(|| "binary/octet-stream".to_owned())),
        content_encoding,
        metadata: metadata
            .map(|metadata| metadata.into_iter().collect::<BTreeMap<_, _>>())
            .unwrap_or_default(),
    }
}

pub(super) fn put(visit: &Visit, input: PutObjectInput, body: Bytes) -> S3Result<PutObjectOutput> {
    let object = Object {
        etag: etag(&body),
        body,
        modified: visit.aws.clock().now(),
        headers: headers(input.content_type, input.content_encoding, input.metadata),
    };
    let e_tag = tag(&object);
    let key = object_key(&input.bucket, &input.key);
    visit.aws.write_quietly(|state| {
        if !state.s3.buckets.contains(&input.bucket) {
            return Err(buckets::missing());
        }
        let new = input
            .if_none_match
            .as_ref()
            .is_some_and(ETagCondition::is_any);
        if new && state.s3.objects.contains(&key) {
            return Err(failed_condition());
        }
        state.s3.objects.insert(&key, object);
        Ok(())
    })?;
    Ok(PutObjectOutput {
        e_tag: Some(e_tag),
        ..PutObjectOutput::default()
    })
}

pub(super) fn copy(visit: &Visit, input: CopyObjectInput) -> S3Result<CopyObjectOutput> {
    let CopySource::Bucket { bucket, key, .. } = &input.copy_source else {
        return Err(s3_error!(
            NotImplemented,
            "Only objects of buckets can be copied here"
        ));
    };
    visit
        .permit("s3:GetObject", bucket, Some(key))
        .map_err(|failure| refused(&failure))?;
    let mut object = find(visit, bucket, key)?;
    object.modified = visit.aws.clock().now();
    let replace = input
        .metadata_directive
        .as_ref()
        .is_some_and(|directive| directive.as_str() == MetadataDirective::REPLACE);
    if replace {
        object.headers = headers(input.content_type, input.content_encoding, input.metadata);
    }
    let result = CopyObjectResult {
        e_tag: Some(tag(&object)),
        last_modified: Some(written_at(object.modified)),
        ..CopyObjectResult::default()
    };
    buckets::find(visit, &input.bucket)?;
    let key = object_key(&input.bucket, &input.key);
    visit
        .aws
        .write_quietly(|state| state.s3.objects.insert(&key, object));
    Ok(CopyObjectOutput {
        copy_object_result: Some(result),
        ..CopyObjectOutput::default()
    })
}

/// An object that is not there is deleted, too.
pub(super) fn delete(visit: &Visit, bucket: &str, key: &str) -> S3Result {
    buckets::find(visit, bucket)?;
    visit
        .aws
        .write_quietly(|state| state.s3.objects.remove(&object_key(bucket, key)));
    Ok(())
}

pub(super) fn delete_many(
    visit: &Visit,
    input: DeleteObjectsInput,
) -> S3Result<DeleteObjectsOutput> {
    if input.delete.objects.len() > 1000 {
        return Err(S3Error::new(S3ErrorCode::MalformedXML));
    }
    let quiet = input.delete.quiet.unwrap_or(false);
    let (mut deleted, mut errors) = (Vec::new(), Vec::new());
    for object in input.delete.objects {
        let key = object.key;
        let outcome = visit
            .permit("s3:DeleteObject", &input.bucket, Some(&key))
            .map_err(|failure| refused(&failure))
            .and_then(|()| delete(visit, &input.bucket, &key));
        match outcome {
            Ok(()) => deleted.push(DeletedObject {
                key: Some(key),
                ..DeletedObject::default()
            }),
            Err(error) if *error.code() == S3ErrorCode::NoSuchBucket => return Err(error),
            Err(error) => errors.push(s3s::dto::Error {
                code: Some(error.code().as_str().to_owned()),
                message: error.message().map(str::to_owned),
                key: Some(key),
                version_id: None,
            }),
        }
    }
    Ok(DeleteObjectsOutput {
        deleted: (!quiet).then_some(deleted),
        errors: Some(errors),
        request_charged: None,
    })
}
