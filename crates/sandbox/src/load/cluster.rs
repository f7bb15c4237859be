//! Clusters, their node groups and pod identities.

use rolecall_arn::AccountId;
use rolecall_facts::{
    AuthenticationMode, AwsAuthRole, Cluster, Fact, NodeClassKind, NodeGroup, NodeGroupKind,
    Origin, Reference,
};
use serde_json::{Value, json};

use super::Loader;
use super::api::Refusal;
use super::iam::TRUST_EKS;

/// A cluster that was made.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) account: AccountId,
    pub(super) region: String,
    pub(super) name: String,
    subnets: Vec<String>,
    origin: Option<Origin>,
}

/// The policies a cluster role of Auto Mode needs (Amazon EKS User Guide, "Amazon EKS Auto Mode
/// cluster IAM role").
const CLUSTER_POLICIES: [&str; 5] = [
    "AmazonEKSClusterPolicy",
    "AmazonEKSComputePolicy",
    "AmazonEKSBlockStoragePolicy",
    "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingPolicy",
];

/// The role of a cluster whose own is not declared.
const STAND_IN_ROLE: &str = "RolecallSandboxClusterRole";

/// Networks outside AWS that stand in for those of hybrid nodes, of which no fact tells.
fn remote_networks() -> Value {
    json!({
        "remoteNodeNetworks": [{"cidrs": ["10.80.0.0/16"]}],
        "remotePodNetworks": [{"cidrs": ["10.85.0.0/16"]}],
    })
}

impl Loader<'_> {
    /// Makes the declared clusters, or one when node pools or classes are declared and no cluster is.
    pub(super) fn clusters(&mut self) -> Vec<Made> {
        let load = self.load;
        let mut made = Vec::new();
        for cluster in &load.snapshot.clusters {
            let Some(name) = self.place.text(&cluster.name) else {
                self.note(
                    Some(&cluster.origin),
                    "a cluster was not made: its name is not known",
                );
                continue;
            };
            self.remember(cluster.id.as_ref(), &name);
            made.extend(self.cluster(cluster, &name));
        }
        let snapshot = &load.snapshot;
        let needs_one = !snapshot.node_pools.is_empty()
            || !snapshot.node_classes.is_empty()
            || !snapshot.access_entries.is_empty()
            || load.cluster.is_some();
        if snapshot.clusters.is_empty() && needs_one {
            made.extend(self.stand_in_cluster());
        }
        made
    }

    fn cluster(&mut self, cluster: &Cluster, name: &str) -> Option<Made> {
        let account = cluster.account.unwrap_or(self.place.account);
        let region = cluster
            .region
            .clone()
            .unwrap_or_else(|| self.place.region.clone());
        let mode = cluster
            .authentication_mode
            .value()
            .copied()
            .unwrap_or(AuthenticationMode::ApiAndConfigMap);
        let role = match self.principal(&cluster.role) {
            Some(role) => role,
            None => {
                self.note(
                    Some(&cluster.origin),
                    format!(
                        "the role of cluster `{name}` is not known; {STAND_IN_ROLE} stands in for it"
                    ),
                );
                self.stand_in_role(account)
            }
        };
        let mut compute = json!({"enabled": false});
        if let Some(config) = &cluster.compute
            && config.enabled.value() != Some(&false)
        {
            let pools = config.node_pools.value().cloned().unwrap_or_default();
            let node_role = config.node_role.as_ref().map(|role| self.principal(role));
            compute = json!({"enabled": true});
            match (&mut compute, node_role) {
                (_, Some(None)) if !pools.is_empty() => self.note(
                    Some(&config.origin),
                    format!(
                        "the built-in pools of cluster `{name}` were left out: the role of their \
                         nodes is not known"
                    ),
                ),
                (Value::Object(members), node_role) if !pools.is_empty() => {
                    members.insert("nodePools".to_owned(), pools.into());
                    if let Some(role) = node_role.flatten() {
                        members.insert("nodeRoleArn".to_owned(), role.into());
                    }
                }
                _ => {}
            }
        }
        self.create(
            account,
            &region,
            name,
            &role,
            mode,
            &compute,
            Some(&cluster.origin),
        )
    }

    fn stand_in_cluster(&mut self) -> Option<Made> {
        let load = self.load;
        let account = self.place.account;
        let region = self.place.region.clone();
        let name = load.cluster.clone().unwrap_or_else(|| {
            let named = |reference: &Reference<String>| self.place.reference(reference);
            let entries = load
                .snapshot
                .access_entries
                .iter()
                .map(|entry| &entry.cluster);
            let pools = load
                .snapshot
                .node_pools
                .iter()
                .filter_map(|pool| pool.cluster.as_ref());
            entries
                .chain(pools)
                .find_map(named)
                .unwrap_or_else(|| "sandbox".to_owned())
        });
        self.note(
            None,
            format!("no cluster is declared; `{name}` was made, with EKS Auto Mode where a node class wants it"),
        );
        let role = self.stand_in_role(account);
        let karpenter_only = !load.snapshot.node_classes.is_empty()
            && load
                .snapshot
                .node_classes
                .iter()
                .all(|class| class.kind == NodeClassKind::Karpenter);
        let compute = json!({"enabled": !karpenter_only});
        let mode = AuthenticationMode::ApiAndConfigMap;
        self.create(account, &region, &name, &role, mode, &compute, None)
    }

    /// Whether something lets hybrid nodes into a cluster, which is told only of one that takes them.
    fn has_hybrid_nodes(&self, cluster: &str) -> bool {
        let snapshot = &self.load.snapshot;
        let is_here = |reference: Option<&Reference<String>>| {
            let named = reference.and_then(|reference| self.place.reference(reference));
            named.is_none_or(|name| name == cluster)
        };
        let by_entry = snapshot
            .access_entries
            .iter()
            .any(|entry| entry.is_of_hybrid_nodes() && is_here(Some(&entry.cluster)));
        let by_mapping = snapshot.aws_auth.iter().any(|aws_auth| {
            let mut mappings = aws_auth.map_roles.value().into_iter().flatten();
            is_here(aws_auth.cluster.as_ref()) && mappings.any(AwsAuthRole::is_of_hybrid_nodes)
        });
        by_entry || by_mapping
    }

    #[expect(clippy::too_many_arguments, reason = "what CreateCluster takes")]
    fn create(
        &mut self,
        account: AccountId,
        region: &str,
        name: &str,
        role: &str,
        mode: AuthenticationMode,
        compute: &Value,
        origin: Option<&Origin>,
    ) -> Option<Made> {
        self.service_linked_roles(account);
        let network = self.network(account, region, name);
        let enabled = compute.get("enabled").cloned().unwrap_or_default();
        let mut body = json!({
            "name": name,
            "roleArn": role,
            "resourcesVpcConfig": {
                "subnetIds": network.subnets,
                "endpointPublicAccess": true,
            },
            "accessConfig": {"authenticationMode": mode.as_str()},
            "bootstrapSelfManagedAddons": enabled != Value::Bool(true),
            "computeConfig": compute,
            "kubernetesNetworkConfig": {"elasticLoadBalancing": {"enabled": enabled}},
            "storageConfig": {"blockStorage": {"enabled": enabled}},
        });
        if let (true, Value::Object(members)) = (self.has_hybrid_nodes(name), &mut body) {
            members.insert("remoteNetworkConfig".to_owned(), remote_networks());
        }
        let made = Made {
            account,
            region: region.to_owned(),
            name: name.to_owned(),
            subnets: network.subnets,
            origin: origin.cloned(),
        };
        let Err(refusal) = self.eks(&made, "POST", "/clusters", &body) else {
            return Some(made);
        };
        let what = format!("the cluster `{name}`");
        let here = origin
            .cloned()
            .unwrap_or_else(|| Origin::file(&"-".into(), 0, 0, 0));
        if !refusal.message.contains("could not be assumed") && !refusal.message.contains("role") {
            self.refused(&what, &here, &refusal);
            return None;
        }
        // The role as declared would have kept the cluster from being made; that it is there means
        // that the role was changed since. So it is made under a role that works and gets its own.
        self.with_role_for_a_moment(&made, role, &body).map_or_else(
            |refusal| {
                self.refused(&what, &here, &refusal);
                None
            },
            |()| Some(made.clone()),
        )
    }

    fn with_role_for_a_moment(
        &mut self,
        made: &Made,
        role: &str,
        body: &Value,
    ) -> Result<(), Refusal> {
        let name = role
            .rsplit_once('/')
            .map_or(role, |(_, name)| name)
            .to_owned();
        let path = role
            .split_once(":role")
            .and_then(|(_, rest)| rest.strip_suffix(&*name))
            .unwrap_or("/")
            .to_owned();
        let api = self.api(made.account);
        let was = api.iam("GetRole", &[("RoleName", &name)]).ok();
        let trust = was
            .as_deref()
            .and_then(|xml| super::api::element(xml, "AssumeRolePolicyDocument"))
            .map(|text| {
                percent_encoding::percent_decode_str(&text)
                    .decode_utf8_lossy()
                    .into_owned()
            });
        let working = [("RoleName", &*name), ("PolicyDocument", TRUST_EKS)];
        if trust.is_some() {
            api.iam("UpdateAssumeRolePolicy", &working)?;
        } else {
            let fields = [
                ("RoleName", &*name),
                ("Path", &*path),
                ("AssumeRolePolicyDocument", TRUST_EKS),
            ];
            api.iam("CreateRole", &fields)?;
        }
        let region = made.region.clone();
        let answer = self
            .api(made.account)
            .eks(&region, "POST", "/clusters", body);
        let api = self.api(made.account);
        match &trust {
            Some(trust) => {
                let own = [("RoleName", &*name), ("PolicyDocument", &**trust)];
                api.iam("UpdateAssumeRolePolicy", &own)?;
            }
            None => {
                api.iam("DeleteRole", &[("RoleName", &*name)])?;
            }
        }
        answer.map(drop)
    }

    /// The roles EKS acts under. They are there before anyone asks.
    fn service_linked_roles(&mut self, account: AccountId) {
        if !self.linked.insert(account) {
            return;
        }
        for service in ["eks.amazonaws.com", "eks-nodegroup.amazonaws.com"] {
            let fields = [("AWSServiceName", service)];
            if let Err(refusal) = self.api(account).iam("CreateServiceLinkedRole", &fields)
                && !refusal.message.contains("has been taken")
            {
                let message = format!(
                    "the service-linked role of {service} was not made: {} {}",
                    refusal.code, refusal.message
                );
                self.note(None, message);
            }
        }
    }

    fn stand_in_role(&mut self, account: AccountId) -> String {
        let partition = self.place.partition.clone();
        let arn = format!("arn:{partition}:iam::{account}:role/{STAND_IN_ROLE}");
        let api = self.api(account);
        let fields = [
            ("RoleName", STAND_IN_ROLE),
            ("AssumeRolePolicyDocument", TRUST_EKS),
        ];
        if api.iam("CreateRole", &fields).is_ok() {
            for policy in CLUSTER_POLICIES {
                let policy = format!("arn:{partition}:iam::aws:policy/{policy}");
                let fields = [("RoleName", STAND_IN_ROLE), ("PolicyArn", policy.as_str())];
                if let Err(refusal) = api.iam("AttachRolePolicy", &fields) {
                    let message = format!("`{policy}` at {STAND_IN_ROLE}: {}", refusal.message);
                    self.note(None, message);
                    break;
                }
            }
        }
        arn
    }

    pub(super) fn node_groups(&mut self, cluster: &Made) {
        let load = self.load;
        for group in &load.snapshot.node_groups {
            if group.kind == NodeGroupKind::Managed
                && self.cluster_is(&group.cluster, &cluster.name)
            {
                self.node_group(cluster, group);
            }
        }
    }

    fn node_group(&mut self, cluster: &Made, group: &NodeGroup) {
        let role = group.role.as_ref().and_then(|role| self.principal(role));
        let (Some(name), Some(role)) = (self.place.text(&group.name), role) else {
            self.note(
                Some(&group.origin),
                "a managed node group was not made: its name or its role is not known",
            );
            return;
        };
        let ami = if group.windows.value() == Some(&true) {
            "WINDOWS_CORE_2022_x86_64"
        } else {
            "AL2023_x86_64_STANDARD"
        };
        let body = json!({
            "nodegroupName": name,
            "nodeRole": role,
            "amiType": ami,
            "subnets": cluster.subnets,
            "scalingConfig": {"minSize": 1, "maxSize": 1, "desiredSize": 1},
        });
        let path = format!("/clusters/{}/node-groups", cluster.name);
        if let Err(refusal) = self.eks(cluster, "POST", &path, &body) {
            self.refused(&format!("the node group `{name}`"), &group.origin, &refusal);
        }
    }

    pub(super) fn pod_identities(&mut self, cluster: &Made) {
        let load = self.load;
        for association in &load.snapshot.pod_identities {
            if !self.cluster_is(&association.cluster, &cluster.name) {
                continue;
            }
            let (Some(namespace), Some(account), Some(role)) = (
                self.place.text(&association.namespace),
                self.place.text(&association.service_account),
                self.principal(&association.role),
            ) else {
                self.note(
                    Some(&association.origin),
                    "a pod identity association was not made: a part of it is not known",
                );
                continue;
            };
            let body = json!({"namespace": namespace, "serviceAccount": account, "roleArn": role});
            let path = format!("/clusters/{}/pod-identity-associations", cluster.name);
            if let Err(refusal) = self.eks(cluster, "POST", &path, &body) {
                let what = format!("the pod identity of `{namespace}/{account}`");
                self.refused(&what, &association.origin, &refusal);
            }
        }
    }

    /// Whether a reference means this cluster. One that cannot be read means the only one there is.
    pub(super) fn cluster_is(&self, reference: &Reference<String>, name: &str) -> bool {
        match self.resolved(reference) {
            Some(resolved) => resolved == name,
            None => {
                self.load.snapshot.clusters.len() <= 1
                    && !matches!(reference.value, Fact::Known { .. })
            }
        }
    }

    pub(super) fn eks(
        &mut self,
        cluster: &Made,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Result<Value, Refusal> {
        self.api(cluster.account)
            .eks(&cluster.region, method, path, body)
    }
}

impl Made {
    pub(super) fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
    }
}
