//! A small gate: access entries by unique id, then mappings by the role's name, as `aws-auth` has them.

use std::collections::BTreeMap;
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Request, Uri};
use rolecall_sandbox_aws::Aws;
use rolecall_sandbox_aws::eks::ClusterKey;
use rolecall_sandbox_kube::{Attributes, Gate, Opinion, User};

use super::{ACCOUNT, AUTO_NODE_POLICY, CLUSTER, REGION};

pub struct StandIn {
    aws: Aws,
    /// User names and groups by role name.
    pub mapped: Mutex<BTreeMap<String, (String, Vec<String>)>>,
}

impl StandIn {
    pub fn new(aws: Aws) -> Self {
        Self {
            aws,
            mapped: Mutex::default(),
        }
    }

    fn key() -> ClusterKey {
        ClusterKey {
            account: ACCOUNT.parse().unwrap(),
            region: REGION.to_owned(),
            name: CLUSTER.to_owned(),
        }
    }
}

impl Gate for StandIn {
    fn authenticate(&self, token: &str) -> Option<User> {
        let url = URL_SAFE_NO_PAD
            .decode(token.strip_prefix("k8s-aws-v1.")?)
            .ok()?;
        let uri: Uri = String::from_utf8(url).ok()?.parse().ok()?;
        let request = Request::get(uri.clone())
            .header("host", uri.authority()?.as_str())
            .header("x-k8s-aws-id", CLUSTER)
            .body(Bytes::new())
            .ok()?;
        let response = self.aws.handle(request).response;
        let body = String::from_utf8_lossy(response.body()).into_owned();
        let element = |name: &str| {
            let (_, rest) = body.split_once(&format!("<{name}>"))?;
            Some(rest.split_once('<')?.0.to_owned())
        };
        let (arn, user_id) = (element("Arn")?, element("UserId")?);
        let (id, session) = user_id.split_once(':')?;
        let role = arn.split('/').nth(1)?;
        let entry = self
            .aws
            .read(|state| state.eks.entry_for_principal_id(&Self::key(), id).cloned());
        let (name, groups, principal) = match entry {
            Some(entry) => (entry.username, entry.groups, entry.principal_arn),
            None => {
                let (name, groups) = self.mapped.lock().unwrap().get(role).cloned()?;
                (name, groups, String::new())
            }
        };
        Some(User {
            name: name.replace("{{SessionName}}", session),
            groups,
            extra: BTreeMap::from([("principal".to_owned(), vec![principal])]),
            ..User::default()
        })
    }

    fn allows(&self, user: &User, ask: &Attributes<'_>) -> Opinion {
        let principal = user.extra.get("principal").and_then(|all| all.first());
        let has_policy = principal.is_some_and(|arn| {
            self.aws.read(|state| {
                let entry = state.eks.entry(&Self::key(), arn);
                entry.is_some_and(|entry| entry.policies.contains_key(AUTO_NODE_POLICY))
            })
        });
        if has_policy && ask.resource == "endpointslices" {
            Opinion::Allowed
        } else {
            Opinion::Nothing
        }
    }
}
