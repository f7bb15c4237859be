//! The subnets and security groups that a class selects.

use std::hash::Hash;
use std::time::Duration;

use rolecall_sandbox_aws::sigv4::Credentials;
use serde_json::Value;

use crate::client::ec2::{SecurityGroup, Selector, Subnet};
use crate::client::{AwsClient, AwsError};
use crate::object::Object;
use crate::reach::{Known, Reach};

/// How long an answer of EC2 is believed.
const KEPT: Duration = Duration::from_secs(60);

/// The subnets of `spec.subnetSelectorTerms`, any of which may fit.
pub(super) fn subnets(reach: &Reach, class: &Object) -> Result<Vec<Subnet>, AwsError> {
    let terms = class.list("/spec/subnetSelectorTerms");
    let mut found = select(reach, &reach.subnets, terms, AwsClient::describe_subnets)?;
    found.sort_by(|left, right| left.id.cmp(&right.id));
    found.dedup();
    Ok(found)
}

/// The security groups of `spec.securityGroupSelectorTerms`, any of which may fit.
pub(super) fn security_groups(
    reach: &Reach,
    class: &Object,
) -> Result<Vec<SecurityGroup>, AwsError> {
    let terms = class.list("/spec/securityGroupSelectorTerms");
    let describe = AwsClient::describe_security_groups;
    let mut found = select(reach, &reach.security_groups, terms, describe)?;
    found.sort_by(|left, right| left.id.cmp(&right.id));
    found.dedup();
    Ok(found)
}

fn select<T: Clone>(
    reach: &Reach,
    known: &Known<T>,
    terms: &[Value],
    describe: impl Fn(&AwsClient, &Credentials, &Selector) -> Result<Vec<T>, AwsError>,
) -> Result<Vec<T>, AwsError>
where
    Selector: Hash,
{
    let now = reach.now();
    let mut all = Vec::new();
    for term in terms {
        let selector = selector(term);
        let fresh = known.lock().get(&selector).and_then(|(at, found)| {
            let fresh = at.checked_add(KEPT).is_ok_and(|end| now < end);
            fresh.then(|| found.clone())
        });
        let found = match fresh {
            Some(found) => found,
            None => match reach.as_eks(|aws, credentials| describe(aws, credentials, &selector)) {
                Ok(found) => found,
                // An id that is not there, or is none, selects nothing.
                Err(error) if error.code().starts_with("Invalid") => Vec::new(),
                Err(error) => return Err(error),
            },
        };
        if !found.is_empty() {
            known.lock().insert(selector, (now, found.clone()));
        }
        all.extend(found);
    }
    Ok(all)
}

/// A term as a selector: an id, a name, or tags that all must fit; the value `*` asks for the key
/// alone (EKS User Guide, "Create a Node Class for Amazon EKS").
fn selector(term: &Value) -> Selector {
    let text = |name: &str| term.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut filters: Vec<(String, String)> = Vec::new();
    if let Some(name) = text("name") {
        filters.push(("group-name".to_owned(), name));
    }
    let tags = term.get("tags").and_then(Value::as_object);
    for (key, value) in tags.into_iter().flatten() {
        match value.as_str() {
            Some("*") | None => filters.push(("tag-key".to_owned(), key.clone())),
            Some(value) => filters.push((format!("tag:{key}"), value.to_owned())),
        }
    }
    Selector {
        id: text("id"),
        filters,
    }
}
