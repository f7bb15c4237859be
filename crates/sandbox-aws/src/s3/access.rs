use std::sync::Arc;

use async_trait::async_trait;
use http::request::Parts;
use parking_lot::Mutex;
use percent_encoding::percent_decode_str;
use rolecall_policy::{Layers, Policy, Request, effect};
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::path::S3Path;
use s3s::{S3Error, S3ErrorCode, S3Result};

use super::Bucket;
use super::operations::{Operation, named};
use crate::authorize::Ask;
use crate::call::Call;
use crate::endpoint::Aws;
use crate::failure::Failure;
use crate::standing::Standing;

/// Whether a bucket's policy lets an AWS service do something in it.
pub(crate) fn service_may(
    bucket: &Bucket,
    service: &str,
    action: &str,
    resource: &str,
    context: &[(&str, &str)],
) -> bool {
    let policy = bucket.policy.as_deref();
    let Some(policy) = policy.and_then(|text| Policy::parse("bucket policy", text).ok()) else {
        return false;
    };
    let Ok(principal) = service.parse() else {
        return false;
    };
    let account = bucket.account.to_string();
    let mut request = Request::new(principal, action, resource).in_account(&account);
    for (key, value) in context {
        request = request.with(key, *value);
    }
    effect(&request, &Layers::resource(policy)) == rolecall_policy::Effect::Allowed
}

/// What goes with one request through `s3s` and comes back.
pub(super) struct Visit {
    pub(super) aws: Aws,
    pub(super) standing: Arc<Standing>,
    pub(super) parts: Parts,
    pub(super) region: String,
    pub(super) source_ip: std::net::IpAddr,
    pub(super) request_id: String,
    /// The secret of the key the request is signed with; empty when any key will do.
    pub(super) secret: String,
    /// What `s3s` made of it.
    pub(super) found: Mutex<Found>,
}

#[derive(Default)]
pub(super) struct Found {
    pub(super) operation: Option<&'static Operation>,
    pub(super) bucket: Option<String>,
}

impl Visit {
    /// The call as the rest of the endpoint knows it.
    pub(super) fn call(&self) -> Call<'_> {
        let operation = self.found.lock().operation;
        self.aws.call(
            crate::service::Service::S3,
            operation.map_or("", |operation| operation.name),
            &self.region,
            Arc::clone(&self.standing),
            &self.parts,
            self.source_ip,
            &self.request_id,
        )
    }

    /// Asks for an action on a bucket (no key) or an object.
    pub(super) fn permit(
        &self,
        action: &str,
        bucket: &str,
        key: Option<&str>,
    ) -> Result<(), Failure> {
        let (partition, owner) = self.aws.read(|state| {
            let owner = state.s3.buckets.get(bucket).cloned();
            (state.partition.clone(), owner)
        });
        let arn = match (bucket, key) {
            ("", _) => format!("arn:{partition}:s3:::*"),
            (bucket, None) => format!("arn:{partition}:s3:::{bucket}"),
            (bucket, Some(key)) => format!("arn:{partition}:s3:::{bucket}/{key}"),
        };
        let resource = if bucket.is_empty() { "*" } else { &arn };
        let mut ask = Ask::new(action, resource);
        if action == "s3:ListBucket" {
            for (field, name) in [
                ("prefix", "s3:prefix"),
                ("delimiter", "s3:delimiter"),
                ("max-keys", "s3:max-keys"),
            ] {
                ask = ask.with_some(name, self.query(field));
            }
        }
        let mut foreign = false;
        if let Some(bucket) = owner {
            foreign = bucket.account != self.standing.caller.account;
            ask = ask.in_account(bucket.account);
            let policy = bucket.policy.as_deref();
            if let Some(policy) = policy.and_then(|text| Policy::parse("bucket policy", text).ok())
            {
                ask = ask.resource_policy(policy);
            }
        }
        self.call().authorize(&ask).map_err(|mut denied| {
            // S3 quotes the resource, and tells strangers nothing (Amazon S3 User Guide,
            // "Troubleshoot access denied errors").
            denied.message = if foreign {
                "Access Denied".to_owned()
            } else {
                let plain = format!("on resource: {resource} ");
                let quoted = format!("on resource: \"{resource}\" ");
                denied.message.replace(&plain, &quoted)
            };
            denied
        })
    }

    fn query(&self, name: &str) -> Option<String> {
        let query = self.parts.uri.query()?;
        let value = query
            .split('&')
            .filter_map(|field| field.split_once('='))
            .find(|(field, _)| *field == name)?
            .1;
        Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
    }
}

/// An error of ours as `s3s` writes it.
pub(super) fn refused(failure: &Failure) -> S3Error {
    let code =
        S3ErrorCode::from_bytes(failure.code.as_bytes()).unwrap_or(S3ErrorCode::AccessDenied);
    let mut error = S3Error::with_message(code, failure.message.clone());
    if let Ok(status) = http::StatusCode::from_u16(failure.status) {
        error.set_status_code(status);
    }
    error
}

/// The secret requests of unknown keys are signed with anew, so that they take the same way.
pub(super) const ANYBODY: &str = "anybody";

/// The secret that goes with the request's key, found before.
pub(super) struct Keys(pub(super) Arc<Visit>);

#[async_trait]
impl S3Auth for Keys {
    async fn get_secret_key(&self, _access_key: &str) -> S3Result<SecretKey> {
        let secret = match self.0.secret.as_str() {
            "" => ANYBODY,
            secret => secret,
        };
        Ok(secret.into())
    }
}

/// IAM's say.
pub(super) struct Gate(pub(super) Arc<Visit>);

#[async_trait]
impl S3Access for Gate {
    async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
        let visit = &self.0;
        let operation = named(cx.s3_op().name()).ok_or_else(|| {
            S3Error::with_message(
                S3ErrorCode::NotImplemented,
                "A header or query you provided implies functionality that the sandbox does not \
                 emulate.",
            )
        })?;
        let (bucket, key) = match cx.s3_path() {
            S3Path::Root => ("", None),
            S3Path::Bucket { bucket } => (&**bucket, None),
            S3Path::Object { bucket, key } => (&**bucket, Some(&**key)),
        };
        {
            let mut found = visit.found.lock();
            found.operation = Some(operation);
            found.bucket = (!bucket.is_empty()).then(|| bucket.to_owned());
        }
        if operation.action.is_empty() {
            // Each object is asked for by itself.
            return Ok(());
        }
        visit
            .permit(operation.action, bucket, key)
            .map_err(|failure| refused(&failure))
    }
}
