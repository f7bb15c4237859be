//! The cluster, its access entries and its node groups, as EKS tells them.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use aws_sdk_eks::Client;
use aws_sdk_eks::types;
use rolecall_arn::{AccountId, Partition};
use rolecall_facts::{
    AccessEntry, AccessPolicyAssociation, AccessScope, AuthenticationMode, Cluster, Completeness,
    ComputeConfig, Fact, NodeGroup, NodeGroupKind, Origin, PodIdentityAssociation, Principal,
    Reference, Tag, Why,
};

use crate::ledger::Ledger;
use crate::missing::Missing;
use crate::time::timestamp;
use crate::{Connection, LiveError};

/// Reads one cluster from EKS.
#[derive(Debug, Clone)]
pub(crate) struct Eks {
    client: Client,
    ledger: Arc<Ledger>,
    cluster: String,
}

/// A cluster, and how its API server is reached.
#[derive(Debug, Clone)]
pub(crate) struct Described {
    /// The facts; what they say of entries and `aws-auth` is settled by whoever reads those.
    pub(crate) facts: Cluster,
    /// The API server's URL.
    pub(crate) endpoint: Option<String>,
    /// Its certificate authority, as base64 of PEM.
    pub(crate) certificate_authority: Option<String>,
}

impl Eks {
    pub(crate) fn new(connection: &Connection, ledger: Arc<Ledger>, cluster: &str) -> Self {
        Self {
            client: Client::new(&connection.aws),
            ledger,
            cluster: cluster.to_owned(),
        }
    }

    /// A reference to the cluster, as the objects that belong to it hold one.
    pub(crate) fn reference(&self) -> Reference<String> {
        let origin = Origin::api("eks:DescribeCluster", &self.cluster);
        Reference::by_value(Fact::known(self.cluster.clone(), origin))
    }

    pub(crate) async fn cluster(&self) -> Result<Described, Missing> {
        let origin = Origin::api("eks:DescribeCluster", &self.cluster);
        let call = self.client.describe_cluster().name(&self.cluster).send();
        let answer = self
            .ledger
            .call(&origin, call)
            .await
            .map_err(|error| Missing::of(&error, "eks:DescribeCluster", &self.cluster))?;
        let cluster = answer
            .cluster
            .unwrap_or_else(|| types::Cluster::builder().build());
        Ok(described(cluster, &self.cluster, &origin))
    }

    /// The principals of all entries, by ARN.
    pub(crate) async fn principals(&self) -> Result<Vec<String>, Missing> {
        let origin = Origin::api("eks:ListAccessEntries", &self.cluster);
        let mut principals = Vec::new();
        let mut next = None;
        loop {
            let call = self
                .client
                .list_access_entries()
                .cluster_name(&self.cluster)
                .set_next_token(next)
                .send();
            let page = self
                .ledger
                .call(&origin, call)
                .await
                .map_err(|error| Missing::of(&error, "eks:ListAccessEntries", &self.cluster))?;
            principals.extend(page.access_entries.unwrap_or_default());
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok(principals);
            }
        }
    }

    /// The entry of one principal.
    pub(crate) async fn entry(&self, principal: &str) -> Result<AccessEntry, Missing> {
        let origin = Origin::api("eks:DescribeAccessEntry", principal);
        let call = self
            .client
            .describe_access_entry()
            .cluster_name(&self.cluster)
            .principal_arn(principal)
            .send();
        let answer = self
            .ledger
            .call(&origin, call)
            .await
            .map_err(|error| Missing::of(&error, "eks:DescribeAccessEntry", principal))?;
        let entry = answer.access_entry.ok_or_else(|| Missing::Failed {
            call: "eks:DescribeAccessEntry".to_owned(),
            problem: "the answer holds no entry".to_owned(),
        })?;
        let known = |text: Option<String>| text.map(|text| Fact::known(text, origin.clone()));
        Ok(AccessEntry {
            id: None,
            cluster: self.reference(),
            principal: by_value(entry.principal_arn.as_deref().unwrap_or(principal), &origin),
            entry_type: known(entry.r#type).unwrap_or_else(|| unsaid("type", &origin)),
            kubernetes_groups: Fact::known(
                entry.kubernetes_groups.unwrap_or_default(),
                origin.clone(),
            ),
            username: known(entry.username),
            created_at: entry.created_at.as_ref().and_then(timestamp),
            tags: entry
                .tags
                .unwrap_or_default()
                .into_iter()
                // In one order, as a map has none.
                .collect::<BTreeMap<_, _>>()
                .into_iter()
                .map(|(key, value)| Tag {
                    key,
                    value: Fact::known(value, origin.clone()),
                })
                .collect(),
            made_by_this_change: false,
            policies_complete: Completeness::Complete,
            origin,
        })
    }

    /// An entry that is there, of which nothing more may be known.
    pub(crate) fn opaque_entry(&self, principal: &str, why: &Why) -> AccessEntry {
        let origin = Origin::api("eks:ListAccessEntries", principal);
        AccessEntry {
            id: None,
            cluster: self.reference(),
            principal: by_value(principal, &origin),
            entry_type: Fact::unknown(why.clone()),
            kubernetes_groups: Fact::unknown(why.clone()),
            username: None,
            created_at: None,
            tags: Vec::new(),
            made_by_this_change: false,
            policies_complete: Completeness::Partial(why.clone()),
            origin,
        }
    }

    /// The access policies of one principal's entry.
    pub(crate) async fn policies(
        &self,
        principal: &str,
    ) -> Result<Vec<AccessPolicyAssociation>, Missing> {
        const CALL: &str = "eks:ListAssociatedAccessPolicies";
        let origin = Origin::api(CALL, principal);
        let mut policies = Vec::new();
        let mut next = None;
        loop {
            let call = self
                .client
                .list_associated_access_policies()
                .cluster_name(&self.cluster)
                .principal_arn(principal)
                .set_next_token(next)
                .send();
            let page = self
                .ledger
                .call(&origin, call)
                .await
                .map_err(|error| Missing::of(&error, CALL, principal))?;
            let associated = page.associated_access_policies.unwrap_or_default();
            policies.extend(
                associated
                    .into_iter()
                    .map(|policy| AccessPolicyAssociation {
                        cluster: self.reference(),
                        principal: by_value(principal, &origin),
                        policy_arn: policy.policy_arn.map_or_else(
                            || unsaid("policyArn", &origin),
                            |arn| Fact::known(arn, origin.clone()),
                        ),
                        scope: scope(policy.access_scope, &origin),
                        origin: origin.clone(),
                    }),
            );
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok(policies);
            }
        }
    }

    /// The names of the managed node groups.
    pub(crate) async fn node_group_names(&self) -> Result<Vec<String>, Missing> {
        let origin = Origin::api("eks:ListNodegroups", &self.cluster);
        let mut names = Vec::new();
        let mut next = None;
        loop {
            let call = self
                .client
                .list_nodegroups()
                .cluster_name(&self.cluster)
                .set_next_token(next)
                .send();
            let page = self
                .ledger
                .call(&origin, call)
                .await
                .map_err(|error| Missing::of(&error, "eks:ListNodegroups", &self.cluster))?;
            names.extend(page.nodegroups.unwrap_or_default());
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok(names);
            }
        }
    }

    /// One managed node group; what may not be read of it is unknown.
    pub(crate) async fn node_group(&self, name: &str) -> (NodeGroup, Option<Missing>) {
        let origin = Origin::api("eks:DescribeNodegroup", name);
        let call = self
            .client
            .describe_nodegroup()
            .cluster_name(&self.cluster)
            .nodegroup_name(name)
            .send();
        let answer = self.ledger.call(&origin, call).await;
        let (role, windows, missing) = match answer {
            Ok(answer) => {
                let group = answer.nodegroup;
                let role = group.as_ref().and_then(|group| group.node_role.clone());
                let windows = group
                    .and_then(|group| group.ami_type)
                    .is_some_and(|kind| kind.as_str().contains("WINDOWS"));
                let role = role.map_or_else(
                    || Reference::by_value(unsaid("nodeRole", &origin)),
                    |arn| by_value(&arn, &origin),
                );
                (role, Fact::known(windows, origin.clone()), None)
            }
            Err(error) => {
                let missing = Missing::of(&error, "eks:DescribeNodegroup", name);
                let why = missing
                    .why()
                    .unwrap_or_else(|| Why::ReadFailed("the node group, which vanished,".into()));
                (
                    Reference::by_value(Fact::unknown(why.clone())),
                    Fact::unknown(why),
                    Some(missing),
                )
            }
        };
        let group = NodeGroup {
            id: None,
            kind: NodeGroupKind::Managed,
            name: Fact::known(name.to_owned(), origin.clone()),
            cluster: self.reference(),
            role: Some(role),
            instance_profile: None,
            windows,
            origin,
        };
        (group, missing)
    }

    /// The Pod Identity associations of service accounts of one name, in whatever namespace.
    pub(crate) async fn pod_identities(
        &self,
        service_account: &str,
    ) -> Result<Vec<PodIdentityAssociation>, Missing> {
        const LIST: &str = "eks:ListPodIdentityAssociations";
        let origin = Origin::api(LIST, &self.cluster);
        let mut found = Vec::new();
        let mut next = None;
        loop {
            let call = self
                .client
                .list_pod_identity_associations()
                .cluster_name(&self.cluster)
                .set_next_token(next)
                .send();
            let page = self
                .ledger
                .call(&origin, call)
                .await
                .map_err(|error| Missing::of(&error, LIST, &self.cluster))?;
            let listed = page.associations.unwrap_or_default().into_iter();
            found.extend(
                listed.filter(|one| one.service_account.as_deref() == Some(service_account)),
            );
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                break;
            }
        }
        let mut associations = Vec::new();
        for summary in found {
            associations.push(self.pod_identity(summary).await?);
        }
        Ok(associations)
    }

    /// The list leaves the role out.
    async fn pod_identity(
        &self,
        summary: types::PodIdentityAssociationSummary,
    ) -> Result<PodIdentityAssociation, Missing> {
        const CALL: &str = "eks:DescribePodIdentityAssociation";
        let id = summary.association_id.unwrap_or_default();
        let origin = Origin::api(CALL, &id);
        let call = self
            .client
            .describe_pod_identity_association()
            .cluster_name(&self.cluster)
            .association_id(&id)
            .send();
        let answer = self
            .ledger
            .call(&origin, call)
            .await
            .map_err(|error| Missing::of(&error, CALL, &id))?;
        let role = answer.association.and_then(|found| found.role_arn);
        let known = |text: Option<String>| Fact::known(text.unwrap_or_default(), origin.clone());
        Ok(PodIdentityAssociation {
            cluster: self.reference(),
            namespace: known(summary.namespace),
            service_account: known(summary.service_account),
            role: role.map_or_else(
                || Reference::by_value(unsaid("roleArn", &origin)),
                |arn| by_value(&arn, &origin),
            ),
            origin,
        })
    }
}

/// The names of all clusters of an account and region.
///
/// # Errors
/// Any refusal: without the list there is nothing to go on with.
pub async fn clusters(connection: &Connection) -> Result<Vec<String>, LiveError> {
    let client = Client::new(&connection.aws);
    let mut names = Vec::new();
    let mut next = None;
    loop {
        let page = client
            .list_clusters()
            .set_next_token(next)
            .send()
            .await
            .map_err(|error| {
                let missing = Missing::of(&error, "eks:ListClusters", "*");
                connection.named(missing.into_error())
            })?;
        names.extend(page.clusters.unwrap_or_default());
        next = page.next_token.filter(|token| !token.is_empty());
        if next.is_none() {
            names.sort();
            return Ok(names);
        }
    }
}

/// The name of the cluster whose API server has this URL; `None` where none of the account and region
/// has it.
///
/// # Errors
/// Any refusal, as of [`clusters`].
pub async fn cluster_at(
    connection: &Connection,
    server: &str,
) -> Result<Option<String>, LiveError> {
    let client = Client::new(&connection.aws);
    for name in clusters(connection).await? {
        let answer = client.describe_cluster().name(&name).send().await;
        let answer = answer.map_err(|error| {
            let missing = Missing::of(&error, "eks:DescribeCluster", &name);
            connection.named(missing.into_error())
        })?;
        let endpoint = answer.cluster.and_then(|cluster| cluster.endpoint);
        if endpoint.is_some_and(|endpoint| endpoint.eq_ignore_ascii_case(server)) {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

impl Eks {
    /// The cluster, of which nothing but its name may be known.
    pub(crate) fn opaque_cluster(&self, why: &Why) -> Cluster {
        let origin = Origin::api("eks:DescribeCluster", &self.cluster);
        Cluster {
            id: None,
            name: Fact::known(self.cluster.clone(), origin.clone()),
            partition: None,
            account: None,
            region: None,
            authentication_mode: Fact::unknown_at(why.clone(), origin.clone()),
            compute: Some(ComputeConfig {
                enabled: Fact::unknown_at(why.clone(), origin.clone()),
                node_pools: Fact::unknown_at(why.clone(), origin.clone()),
                node_role: None,
                origin: origin.clone(),
            }),
            role: Reference::by_value(Fact::unknown_at(why.clone(), origin.clone())),
            oidc_issuer: None,
            access_entries_complete: Completeness::Partial(why.clone()),
            aws_auth_complete: Completeness::Partial(why.clone()),
            origin,
        }
    }
}

fn described(cluster: types::Cluster, name: &str, origin: &Origin) -> Described {
    let arn = cluster.arn.unwrap_or_default();
    let mut fields = arn.split(':').skip(1);
    let partition: Option<Partition> = fields.next().and_then(|text| text.parse().ok());
    let region = fields.nth(1).filter(|text| !text.is_empty());
    let account: Option<AccountId> = fields.next().and_then(|text| text.parse().ok());
    let mode = cluster
        .access_config
        .and_then(|config| config.authentication_mode);
    let authentication_mode = match mode.map(|mode| AuthenticationMode::from_str(mode.as_str())) {
        Some(Ok(mode)) => Fact::known(mode, origin.clone()),
        Some(Err(problem)) => Fact::unknown_at(Why::ReadFailed(problem.into()), origin.clone()),
        None => unsaid("authenticationMode", origin),
    };
    let issuer = cluster
        .identity
        .and_then(|identity| identity.oidc)
        .and_then(|oidc| oidc.issuer);
    let facts = Cluster {
        id: None,
        name: Fact::known(name.to_owned(), origin.clone()),
        partition,
        account,
        region: region.map(str::to_owned),
        authentication_mode,
        compute: cluster.compute_config.map(|config| ComputeConfig {
            enabled: Fact::known(config.enabled.unwrap_or(false), origin.clone()),
            node_pools: Fact::known(config.node_pools.unwrap_or_default(), origin.clone()),
            node_role: config
                .node_role_arn
                .filter(|arn| !arn.is_empty())
                .map(|arn| by_value(&arn, origin)),
            origin: origin.clone(),
        }),
        role: cluster.role_arn.map_or_else(
            || Reference::by_value(unsaid("roleArn", origin)),
            |arn| by_value(&arn, origin),
        ),
        oidc_issuer: issuer.map(|issuer| Fact::known(issuer, origin.clone())),
        access_entries_complete: Completeness::Partial(Why::not_given("the list of its entries")),
        aws_auth_complete: Completeness::Partial(Why::not_given("its aws-auth")),
        origin: origin.clone(),
    };
    Described {
        facts,
        endpoint: cluster.endpoint,
        certificate_authority: cluster.certificate_authority.and_then(|ca| ca.data),
    }
}

fn by_value(arn: &str, origin: &Origin) -> Reference<Principal> {
    Reference::by_value(Fact::known(Principal::parse(arn), origin.clone()))
}

/// A field that an answer ought to have and has not.
fn unsaid<T>(field: &str, origin: &Origin) -> Fact<T> {
    Fact::unknown_at(
        Why::ReadFailed(format!("`{field}`, which the answer does not hold,").into()),
        origin.clone(),
    )
}

fn scope(scope: Option<types::AccessScope>, origin: &Origin) -> Fact<AccessScope> {
    let Some(scope) = scope else {
        return unsaid("accessScope", origin);
    };
    match scope.r#type {
        Some(types::AccessScopeType::Cluster) => Fact::known(AccessScope::Cluster, origin.clone()),
        Some(types::AccessScopeType::Namespace) => Fact::known(
            AccessScope::Namespaces(scope.namespaces.unwrap_or_default()),
            origin.clone(),
        ),
        _ => unsaid("accessScope.type", origin),
    }
}
