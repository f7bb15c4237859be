//! What is in a world, as facts: complete, as only the one who made it can know it.

use bytes::Bytes;
use http::Request;
use rolecall_arn::Partition;
use rolecall_declared::{Options, Source, read_sources};
use rolecall_facts::{
    AccessEntry, AccessPolicyAssociation, AccessScope, AuthenticationMode, Cluster, Completeness,
    ComputeConfig, Fact, InstanceProfile, ManagedPolicy, NamedDocument, NodeGroup, NodeGroupKind,
    Origin, PolicyDocument, Principal, Reference, Role, ServiceControlLevel, Snapshot, Tag,
};
use rolecall_sandbox_aws::State;
use rolecall_sandbox_aws::eks::{self, ClusterKey};
use rolecall_sandbox_aws::iam;
use rolecall_sandbox_kube::{ApiServer, User};
use serde_json::{Value, json};

use crate::world::World;

/// The objects of the chain, and where they are listed.
const LISTS: [&str; 4] = [
    "/apis/karpenter.sh/v1/nodepools",
    "/apis/karpenter.sh/v1/nodeclaims",
    "/apis/eks.amazonaws.com/v1/nodeclasses",
    "/apis/karpenter.k8s.aws/v1/ec2nodeclasses",
];

impl World {
    /// Everything the chain asks about, complete.
    #[must_use]
    pub fn facts(&self) -> Snapshot {
        let mut snapshot = self.aws().read(of_aws);
        for cluster in self.clusters() {
            snapshot.append(of_cluster(&cluster.server, &cluster.key.name));
        }
        snapshot
    }
}

fn origin(kind: &str, name: &str) -> Origin {
    Origin::api(&format!("sandbox:{kind}"), name)
}

fn of_aws(state: &State) -> Snapshot {
    let partition = &state.partition;
    let mut snapshot = Snapshot::default();
    for role in state.iam.all_roles() {
        if !snapshot.role_complete_accounts.contains(&role.account) {
            snapshot.role_complete_accounts.push(role.account);
        }
        snapshot.roles.push(fact_of_role(partition, role));
    }
    for policy in state.iam.all_policies() {
        let origin = origin("policy", &policy.name);
        let document = policy.document().unwrap_or_default();
        snapshot.managed_policies.push(ManagedPolicy {
            id: None,
            arn: Fact::known(policy.arn(partition), origin.clone()),
            document: Fact::known(PolicyDocument::whole(document), origin.clone()),
            origin,
        });
    }
    for profile in state.iam.all_instance_profiles() {
        let origin = origin("instance-profile", &profile.name);
        let role = profile.role.as_ref().map(|name| {
            let arn = state.iam.all_roles().find(|role| {
                role.account == profile.account && role.name.eq_ignore_ascii_case(name)
            });
            let arn = arn.map_or_else(|| name.clone(), |role| role.arn(partition));
            Reference::by_value(Fact::known(Principal::parse(&arn), origin.clone()))
        });
        snapshot.instance_profiles.push(InstanceProfile {
            id: None,
            account: Some(profile.account),
            name: Fact::known(profile.name.clone(), origin.clone()),
            path: Fact::known(profile.path.clone(), origin.clone()),
            role,
            origin,
        });
    }
    for (account, level) in state.service_control_levels() {
        snapshot.service_control_levels.push(ServiceControlLevel {
            target: level.target.clone(),
            accounts: vec![account],
            policies: level
                .policies
                .iter()
                .map(|(name, text)| named_document(name, text, &origin("policy", name)))
                .collect(),
        });
    }
    for cluster in state.eks.clusters() {
        add_cluster(&mut snapshot, state, cluster);
    }
    snapshot
}

fn named_document(name: &str, text: &str, origin: &Origin) -> NamedDocument {
    NamedDocument {
        name: name.to_owned(),
        document: Fact::known(PolicyDocument::whole(text), origin.clone()),
    }
}

fn fact_of_role(partition: &Partition, role: &iam::Role) -> Role {
    let origin = origin("role", &role.name);
    let reference = |arn: &String| Reference::by_value(Fact::known(arn.clone(), origin.clone()));
    Role {
        id: None,
        partition: Some(partition.clone()),
        account: Some(role.account),
        name: Fact::known(role.name.clone(), origin.clone()),
        path: Fact::known(role.path.clone(), origin.clone()),
        unique_id: role.id.parse().ok(),
        created_at: Some(role.created),
        replaced: None,
        tags: role
            .tags
            .iter()
            .map(|(key, value)| Tag {
                key: key.clone(),
                value: Fact::known(value.clone(), origin.clone()),
            })
            .collect(),
        trust: Fact::known(PolicyDocument::whole(&role.trust), origin.clone()),
        inline_policies: role
            .inline
            .iter()
            .map(|(name, text)| named_document(name, text, &origin))
            .collect(),
        attached_policies: role.attached.iter().map(reference).collect(),
        policies_complete: Completeness::Complete,
        permissions_boundary: role.boundary.as_ref().map(reference),
        origin,
    }
}

fn add_cluster(snapshot: &mut Snapshot, state: &State, cluster: &eks::Cluster) {
    let key = &cluster.key;
    let here = origin("cluster", &key.name);
    let principal =
        |arn: &str| Reference::by_value(Fact::known(Principal::parse(arn), here.clone()));
    let name = || Reference::by_value(Fact::known(key.name.clone(), here.clone()));
    snapshot.clusters.push(Cluster {
        id: None,
        name: Fact::known(key.name.clone(), here.clone()),
        partition: Some(state.partition.clone()),
        account: Some(key.account),
        region: Some(key.region.clone()),
        authentication_mode: Fact::known(mode(cluster.authentication_mode), here.clone()),
        compute: cluster.auto_mode.as_ref().map(|auto| ComputeConfig {
            enabled: Fact::known(true, here.clone()),
            node_pools: Fact::known(auto.node_pools.clone(), here.clone()),
            node_role: auto.node_role_arn.as_deref().map(principal),
            origin: here.clone(),
        }),
        role: principal(&cluster.role_arn),
        oidc_issuer: Some(Fact::known(cluster.issuer(), here.clone())),
        access_entries_complete: Completeness::Complete,
        aws_auth_complete: Completeness::Complete,
        origin: here.clone(),
    });
    add_entries(snapshot, state, key);
    for group in state.eks.node_groups(key) {
        let origin = origin("node-group", &group.name);
        let ami = group.settings.get("amiType").and_then(Value::as_str);
        let windows = ami.is_some_and(|ami| ami.starts_with("WINDOWS"));
        snapshot.node_groups.push(NodeGroup {
            id: None,
            kind: NodeGroupKind::Managed,
            name: Fact::known(group.name.clone(), origin.clone()),
            cluster: name(),
            role: Some(principal(&group.node_role)),
            instance_profile: None,
            windows: Fact::known(windows, origin.clone()),
            origin,
        });
    }
}

fn add_entries(snapshot: &mut Snapshot, state: &State, key: &ClusterKey) {
    for entry in state.eks.entries(key) {
        let origin = origin("access-entry", &entry.principal_arn);
        let cluster = || Reference::by_value(Fact::known(key.name.clone(), origin.clone()));
        let principal = || {
            let principal = Principal::parse(&entry.principal_arn);
            Reference::by_value(Fact::known(principal, origin.clone()))
        };
        snapshot.access_entries.push(AccessEntry {
            id: None,
            cluster: cluster(),
            principal: principal(),
            entry_type: Fact::known(entry.kind.as_str().to_owned(), origin.clone()),
            kubernetes_groups: Fact::known(entry.groups.clone(), origin.clone()),
            username: Some(Fact::known(entry.username.clone(), origin.clone())),
            created_at: Some(entry.created),
            tags: entry
                .tags
                .iter()
                .map(|(key, value)| Tag {
                    key: key.clone(),
                    value: Fact::known(value.clone(), origin.clone()),
                })
                .collect(),
            made_by_this_change: false,
            policies_complete: Completeness::Complete,
            origin: origin.clone(),
        });
        for (arn, association) in &entry.policies {
            let scope = match &association.scope {
                eks::AccessScope::Cluster => AccessScope::Cluster,
                eks::AccessScope::Namespaces(list) => AccessScope::Namespaces(list.clone()),
            };
            snapshot.access_policies.push(AccessPolicyAssociation {
                cluster: cluster(),
                principal: principal(),
                policy_arn: Fact::known(arn.clone(), origin.clone()),
                scope: Fact::known(scope, origin.clone()),
                origin: origin.clone(),
            });
        }
    }
}

fn mode(mode: eks::AuthenticationMode) -> AuthenticationMode {
    match mode {
        eks::AuthenticationMode::ConfigMap => AuthenticationMode::ConfigMap,
        eks::AuthenticationMode::ApiAndConfigMap => AuthenticationMode::ApiAndConfigMap,
        eks::AuthenticationMode::Api => AuthenticationMode::Api,
    }
}

/// The Kubernetes objects, read as manifests are.
fn of_cluster(server: &ApiServer, cluster: &str) -> Snapshot {
    let mut items: Vec<Value> = LISTS.iter().flat_map(|path| list(server, path)).collect();
    items.extend(get(
        server,
        "/api/v1/namespaces/kube-system/configmaps/aws-auth",
    ));
    let object = json!({"apiVersion": "v1", "kind": "List", "items": items});
    let source = Source::new("kubernetes.json", &object.to_string());
    let options = Options {
        default_cluster: Some(cluster.to_owned()),
        ..Options::default()
    };
    let mut snapshot = read_sources(vec![source], &options).snapshot;
    // They come from a server that knows all its objects, and not from a file that may be one of many.
    for pool in &mut snapshot.node_pools {
        pool.origin = origin("nodepools.karpenter.sh", &pool.name);
    }
    for class in &mut snapshot.node_classes {
        let kind = format!("{}es", class.kind.kind().to_ascii_lowercase());
        class.origin = origin(&format!("{kind}.{}", class.kind.group()), &class.name);
    }
    snapshot
}

fn list(server: &ApiServer, path: &str) -> Vec<Value> {
    let Some(list) = get(server, path) else {
        return Vec::new();
    };
    let text = |name: &str| list.get(name).and_then(Value::as_str).unwrap_or_default();
    let (version, kind) = (text("apiVersion"), text("kind"));
    let items = list.get("items").and_then(Value::as_array);
    items
        .into_iter()
        .flatten()
        .map(|item| {
            let mut item = item.clone();
            if let Some(members) = item.as_object_mut() {
                members.insert("apiVersion".to_owned(), version.into());
                members.insert("kind".to_owned(), kind.trim_end_matches("List").into());
            }
            item
        })
        .collect()
}

fn get(server: &ApiServer, path: &str) -> Option<Value> {
    let mut request = Request::get(path).body(Bytes::new()).ok()?;
    request.extensions_mut().insert(User::master());
    let response = server.handle(request).whole()?;
    if !response.status().is_success() {
        return None;
    }
    serde_json::from_slice(response.body()).ok()
}
