use rolecall_policy::{Layers, Policy, Request, effect};

use super::Bucket;

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
