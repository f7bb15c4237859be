//! Who may use a cluster, and for what: the authenticator and the access-policy authoriser that EKS
//! puts in front of Kubernetes.
//!
//! A token is a presigned `sts:GetCallerIdentity` request. STS says who signed it; an access entry
//! (found by the principal's unique id) or `aws-auth` (found by the ARN's text) says which Kubernetes
//! user that is. Where both do, the access entry wins and `aws-auth` is not asked (Amazon EKS User
//! Guide, "Migrating existing aws-auth ConfigMap entries to access entries").

mod aws_auth;
mod entry;
mod policies;
mod token;

use std::sync::{OnceLock, Weak};

use rolecall_sandbox_aws::Aws;
use rolecall_sandbox_aws::eks::ClusterKey;
use rolecall_sandbox_kube::{ApiServer, Attributes, Gate, Opinion, User};

pub(crate) use aws_auth::add_line;
pub(crate) use token::Presented;

/// The extra field that holds the principal of the access entry a user came in by, under the names
/// EKS uses in audit logs.
const PRINCIPAL: &str = "arn";
const CANONICAL: &str = "canonicalArn";
const SESSION: &str = "sessionName";
const PRINCIPAL_ID: &str = "principalId";
/// Ours: the principal ARN of the entry whose access policies count.
const ENTRY: &str = "rolecall.dev/access-entry";

/// The gate of one cluster.
pub(crate) struct EksGate {
    aws: Aws,
    cluster: ClusterKey,
    server: OnceLock<Weak<ApiServer>>,
}

impl EksGate {
    pub(crate) fn new(aws: Aws, cluster: ClusterKey) -> Self {
        Self {
            aws,
            cluster,
            server: OnceLock::new(),
        }
    }

    /// Tells the gate its API server, whose `aws-auth` it reads.
    pub(crate) fn guard(&self, server: Weak<ApiServer>) {
        let _ = self.server.set(server);
    }

    fn identify(&self, presented: &Presented) -> Option<User> {
        let mode = entry::mode(&self.aws, &self.cluster)?;
        if mode.has_api()
            && let Some(user) = entry::user(&self.aws, &self.cluster, presented)
        {
            return Some(dressed(presented, user));
        }
        if !mode.has_config_map() {
            return None;
        }
        if entry::is_creator(&self.aws, &self.cluster, presented) {
            // The creator of a cluster without access entries is its administrator, which no object
            // shows (Amazon EKS User Guide, "Grant IAM users and roles access to Kubernetes APIs").
            return Some(dressed(
                presented,
                User::new("kubernetes-admin", ["system:masters"]),
            ));
        }
        let server = self.server.get()?.upgrade()?;
        let user = aws_auth::user(&server, presented, |id| {
            entry::private_dns_name(&self.aws, id)
        })?;
        Some(dressed(presented, user))
    }
}

impl Gate for EksGate {
    fn authenticate(&self, token: &str) -> Option<User> {
        let presented = token::verify(&self.aws, &self.cluster.name, token)?;
        self.identify(&presented)
    }

    fn allows(&self, user: &User, ask: &Attributes<'_>) -> Opinion {
        let entry = user.extra.get(ENTRY).and_then(|values| values.first());
        let allowed = entry.is_some_and(|principal| {
            entry::policies(&self.aws, &self.cluster, principal)
                .iter()
                .any(|granted| policies::allows(granted, ask))
        });
        if allowed {
            Opinion::Allowed
        } else {
            Opinion::Nothing
        }
    }
}

/// Adds what the authenticator tells of an identity, under the names audit logs show.
fn dressed(presented: &Presented, mut user: User) -> User {
    user.uid = Some(format!(
        "aws-iam-authenticator:{}:{}",
        presented.account, presented.principal_id
    ));
    let extra = [
        (PRINCIPAL, presented.arn.clone()),
        (CANONICAL, presented.canonical_arn()),
        (PRINCIPAL_ID, presented.principal_id.clone()),
        (SESSION, presented.session.clone().unwrap_or_default()),
    ];
    user.extra
        .extend(extra.map(|(name, value)| (name.to_owned(), vec![value])));
    user
}
