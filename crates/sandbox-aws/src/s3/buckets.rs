use rolecall_policy::{Policy, PolicyKind};
use s3s::dto::{CreateBucketInput, CreateBucketOutput, ListBucketsInput, ListBucketsOutput, Owner};
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

use super::access::Visit;
use super::{Bucket, written_at};

/// The bucket of a name.
pub(super) fn find(visit: &Visit, name: &str) -> S3Result<Bucket> {
    let bucket = visit.aws.read(|state| state.s3.buckets.get(name).cloned());
    bucket.ok_or_else(missing)
}

pub(super) fn missing() -> S3Error {
    s3_error!(NoSuchBucket, "The specified bucket does not exist")
}

/// The caller's account as S3 names owners: here the account's number stands for the canonical id.
pub(super) fn owner(visit: &Visit) -> Owner {
    Owner {
        display_name: None,
        id: Some(format!(
            "{:0>64}",
            visit.standing.caller.account.to_string()
        )),
    }
}

pub(super) fn list(visit: &Visit, input: &ListBucketsInput) -> ListBucketsOutput {
    let prefix = input.prefix.as_deref().unwrap_or_default();
    let account = visit.standing.caller.account;
    let buckets = visit.aws.read(|state| {
        let all = state.s3.buckets.range(prefix, None);
        all.filter(|(_, bucket)| bucket.account == account)
            .map(|(name, bucket)| s3s::dto::Bucket {
                bucket_region: Some(bucket.region.clone()),
                creation_date: Some(written_at(bucket.created)),
                name: Some(name.to_owned()),
            })
            .collect()
    });
    ListBucketsOutput {
        buckets: Some(buckets),
        owner: Some(owner(visit)),
        prefix: input.prefix.clone(),
        ..ListBucketsOutput::default()
    }
}

/// (Amazon S3 API Reference, `CreateBucket`.)
pub(super) fn create(visit: &Visit, input: CreateBucketInput) -> S3Result<CreateBucketOutput> {
    let configuration = input.create_bucket_configuration;
    let constraint = configuration.and_then(|configuration| configuration.location_constraint);
    let region = constraint
        .as_ref()
        .map_or("us-east-1", |place| place.as_str());
    if region != visit.region && (constraint.is_none() || visit.region != "us-east-1") {
        let stated = match &constraint {
            Some(place) => format!("The {} location constraint", place.as_str()),
            None => "The unspecified location constraint".to_owned(),
        };
        return Err(S3Error::with_message(
            S3ErrorCode::IllegalLocationConstraintException,
            format!(
                "{stated} is incompatible for the region specific endpoint this request was sent to."
            ),
        ));
    }
    let account = visit.standing.caller.account;
    let now = visit.aws.clock().now();
    visit.aws.write_quietly(|state| {
        if let Some(known) = state.s3.buckets.get(&input.bucket) {
            if known.account != account {
                return Err(s3_error!(
                    BucketAlreadyExists,
                    "The requested bucket name is not available. The bucket namespace is shared by \
                     all users of the system. Please select a different name and try again."
                ));
            }
            // For old times' sake us-east-1 does not mind.
            if region != "us-east-1" {
                return Err(s3_error!(
                    BucketAlreadyOwnedByYou,
                    "Your previous request to create the named bucket succeeded and you already own it."
                ));
            }
            return Ok(());
        }
        let bucket = Bucket {
            account,
            region: region.to_owned(),
            created: now,
            policy: None,
        };
        state.s3.buckets.insert(&input.bucket, bucket);
        Ok(())
    })?;
    Ok(CreateBucketOutput {
        location: Some(format!("/{}", input.bucket)),
    })
}

pub(super) fn delete(visit: &Visit, name: &str) -> S3Result {
    visit.aws.write_quietly(|state| {
        if !state.s3.buckets.contains(name) {
            return Err(missing());
        }
        let prefix = format!("{name}/");
        if state.s3.objects.range(&prefix, None).next().is_some() {
            return Err(s3_error!(
                BucketNotEmpty,
                "The bucket you tried to delete is not empty"
            ));
        }
        state.s3.buckets.remove(name);
        Ok(())
    })
}

pub(super) fn put_policy(visit: &Visit, name: &str, text: String) -> S3Result {
    find(visit, name)?;
    Policy::accept(PolicyKind::Resource, "bucket policy", &text).map_err(|refused| {
        S3Error::with_message(S3ErrorCode::MalformedPolicy, refused.reason().to_owned())
    })?;
    visit.aws.write_quietly(|state| {
        let changed = state
            .s3
            .buckets
            .change(name, |bucket| bucket.policy = Some(text));
        changed.ok_or_else(missing)
    })
}

pub(super) fn delete_policy(visit: &Visit, name: &str) -> S3Result {
    visit.aws.write_quietly(|state| {
        let changed = state.s3.buckets.change(name, |bucket| bucket.policy = None);
        changed.ok_or_else(missing)
    })
}
