//! Which cluster a manifest belongs to, and what absence means.

use rolecall_declared::{ClusterOfPath, DiagnosticLevel, Options, Read};

use super::support::Folder;

const POOL: &str = "apiVersion: karpenter.sh/v1\nkind: NodePool\nmetadata: {name: p}\nspec: {template: {spec: {nodeClassRef: {group: eks.amazonaws.com, kind: NodeClass, name: p}}}}\n";

fn cluster(name: &str, mode: &str) -> String {
    format!(
        "apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: {{name: {name}, region: eu-west-1}}\naccessConfig: {{authenticationMode: {mode}}}\n"
    )
}

fn pool_clusters(read: &Read) -> Vec<Option<&str>> {
    let name = |pool: &'_ rolecall_facts::NodePool| pool.cluster.clone();
    let _ = name;
    read.snapshot
        .node_pools
        .iter()
        .map(|pool| {
            pool.cluster
                .as_ref()
                .and_then(|cluster| cluster.value.value())
                .map(String::as_str)
        })
        .collect()
}

fn errors(read: &Read) -> Vec<&str> {
    read.diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.level == DiagnosticLevel::Error)
        .map(|diagnostic| diagnostic.message.as_str())
        .collect()
}

fn named(name: &str) -> Options {
    Options {
        default_cluster: Some(name.to_owned()),
        ..Options::default()
    }
}

#[test]
fn the_only_declared_cluster_wins() {
    let folder = Folder::new(&[("p.yaml", POOL), ("c.yaml", &cluster("one", "API"))]);
    let read = folder.read();
    assert_eq!(pool_clusters(&read), [Some("one")]);
    assert!(
        read.snapshot.node_pools[0]
            .cluster
            .as_ref()
            .unwrap()
            .object
            .is_some()
    );
    assert!(errors(&folder.read_with(&named("one"))).is_empty());

    let read = folder.read_with(&named("other"));
    assert_eq!(pool_clusters(&read), [Some("one")]);
    assert_eq!(
        errors(&read),
        ["`--cluster other` names another cluster than the only one declared, `one`"]
    );
}

#[test]
fn the_default_decides_among_several_and_where_there_is_none() {
    let two = Folder::new(&[
        ("p.yaml", POOL),
        ("a.yaml", &cluster("one", "API")),
        ("b.yaml", &cluster("two", "API")),
    ]);
    assert_eq!(pool_clusters(&two.read()), [None]);
    let read = two.read_with(&named("two"));
    assert_eq!(pool_clusters(&read), [Some("two")]);
    assert_eq!(
        read.snapshot.node_pools[0].cluster.as_ref().unwrap().object,
        read.snapshot.clusters[1].id
    );
    assert_eq!(
        errors(&two.read_with(&named("x"))),
        ["`--cluster x` names none of the declared clusters: `one`, `two`"]
    );

    let none = Folder::new(&[("p.yaml", POOL)]);
    assert_eq!(
        pool_clusters(&none.read_with(&named("live"))),
        [Some("live")]
    );
}

#[test]
fn path_rules_come_last() {
    let folder = Folder::new(&[
        ("prod/p.yaml", POOL),
        ("test/p.yaml", POOL),
        ("else/p.yaml", POOL),
    ]);
    let rule = |path: &str, cluster: &str| ClusterOfPath {
        path: folder.path().join(path).display().to_string(),
        cluster: cluster.to_owned(),
    };
    let mut options = Options {
        cluster_of_path: vec![rule("prod", "p"), rule("t*/*.yaml", "t")],
        ..Options::default()
    };
    assert_eq!(
        pool_clusters(&folder.read_with(&options)),
        [None, Some("p"), Some("t")]
    );
    options.default_cluster = Some("d".to_owned());
    assert_eq!(pool_clusters(&folder.read_with(&options)), [Some("d"); 3]);
}

#[test]
fn aws_auth_is_complete_when_it_is_there_or_cannot_count() {
    let complete = |files: &[(&str, &str)]| {
        Folder::new(files).read().snapshot.clusters[0]
            .aws_auth_complete
            .is_complete()
    };
    let map =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: aws-auth, namespace: kube-system}\n";
    assert!(complete(&[("c.yaml", &cluster("a", "API"))]));
    assert!(!complete(&[("c.yaml", &cluster("a", "CONFIG_MAP"))]));
    assert!(complete(&[
        ("c.yaml", &cluster("a", "CONFIG_MAP")),
        ("m.yaml", map)
    ]));
    // What eksctl writes into it is not all that is in it.
    let mappings = format!(
        "{}iamIdentityMappings: [{{arn: 'arn:aws:iam::111122223333:role/a'}}]\n",
        cluster("a", "CONFIG_MAP")
    );
    assert!(!complete(&[("c.yaml", &mappings)]));
}

#[test]
fn an_entry_for_nobody_known_leaves_the_entries_open() {
    let entry = |cluster: &str, principal: &str| {
        format!(
            "apiVersion: eks.services.k8s.aws/v1alpha1\nkind: AccessEntry\nmetadata: {{name: e}}\nspec: {{clusterName: {cluster}, principalARN: '{principal}'}}\n"
        )
    };
    let complete = |entry: &str| {
        let folder = Folder::new(&[("c.yaml", &cluster("a", "API")), ("e.yaml", entry)]);
        folder.read().snapshot.clusters[0]
            .access_entries_complete
            .is_complete()
    };
    assert!(complete(&entry("a", "arn:aws:iam::111122223333:role/x")));
    assert!(!complete(&entry("a", "${ROLE_ARN}")));
    assert!(complete(&entry("b", "${ROLE_ARN}")));
    assert!(!complete(&entry(
        "'${CLUSTER}'",
        "arn:aws:iam::111122223333:role/x"
    )));
}
