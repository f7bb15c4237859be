//! What merging does with the facts that files and AWS give of the same objects.
#![expect(
    clippy::unwrap_used,
    reason = "input that cannot be made is a test that failed"
)]

use rolecall_facts::{
    AccessEntry, AuthenticationMode, Cluster, Completeness, Fact, ManagedPolicy, NodeClass,
    NodeClassKind, ObjectId, Origin, PolicyDocument, Principal, Reference, Role, Snapshot, Why,
};

const NODE_ROLE: &str = "arn:aws:iam::111122223333:role/platform/NodeRole";

fn file(line: u32) -> Origin {
    Origin::file(&"roles.tf".into(), line, 1, 0)
}

fn live() -> Origin {
    Origin::api("iam:GetRole", "NodeRole")
}

fn in_file<T>(value: T) -> Fact<T> {
    Fact::known(value, file(1))
}

fn role(name: &str, account: Option<&str>, origin: Origin) -> Role {
    Role {
        id: None,
        partition: None,
        account: account.map(|account| account.parse().unwrap()),
        name: Fact::known(name.to_owned(), origin.clone()),
        path: Fact::known("/platform/".to_owned(), origin.clone()),
        unique_id: None,
        created_at: None,
        replaced: None,
        tags: Vec::new(),
        trust: Fact::known(
            PolicyDocument::whole(r#"{"Version":"2012-10-17","Statement":[]}"#),
            origin.clone(),
        ),
        inline_policies: Vec::new(),
        attached_policies: Vec::new(),
        policies_complete: Completeness::Partial(Why::not_given("other files")),
        permissions_boundary: None,
        origin,
    }
}

fn cluster(name: &str, region: Option<&str>) -> Cluster {
    Cluster {
        id: None,
        name: in_file(name.to_owned()),
        partition: None,
        account: None,
        region: region.map(str::to_owned),
        authentication_mode: in_file(AuthenticationMode::Api),
        compute: None,
        role: Reference::by_value(Fact::unknown(Why::not_given("the cluster role"))),
        oidc_issuer: None,
        access_entries_complete: Completeness::Complete,
        aws_auth_complete: Completeness::Complete,
        origin: file(1),
    }
}

fn entry(cluster: &str, principal: &str) -> AccessEntry {
    AccessEntry {
        id: None,
        cluster: Reference::by_value(in_file(cluster.to_owned())),
        principal: Reference::by_value(in_file(Principal::parse(principal))),
        entry_type: in_file("EC2".to_owned()),
        kubernetes_groups: in_file(Vec::new()),
        username: None,
        created_at: None,
        tags: Vec::new(),
        made_by_this_change: false,
        policies_complete: Completeness::Complete,
        origin: file(9),
    }
}

fn of_roles(roles: impl IntoIterator<Item = Role>) -> Snapshot {
    Snapshot {
        roles: roles.into_iter().collect(),
        ..Snapshot::default()
    }
}

fn of_entries(access_entries: impl IntoIterator<Item = AccessEntry>) -> Snapshot {
    Snapshot {
        access_entries: access_entries.into_iter().collect(),
        ..Snapshot::default()
    }
}

fn merged(mut ours: Snapshot, theirs: Snapshot) -> Snapshot {
    ours.merge(theirs);
    ours
}

#[test]
fn a_known_fact_beats_an_unknown_one_and_keeps_its_origin() {
    let mut declared = role("NodeRole", None, file(3));
    declared.path = Fact::unknown_at(Why::not_evaluated("`var.path`"), file(4));
    let merged = merged(
        of_roles([declared]),
        of_roles([role("NodeRole", Some("111122223333"), live())]),
    );
    let [role] = &merged.roles[..] else {
        panic!("{:?}", merged.roles)
    };
    assert_eq!(role.path, Fact::known("/platform/".to_owned(), live()));
    assert_eq!(role.account, Some("111122223333".parse().unwrap()));
    assert_eq!(role.origin, file(3));
    assert!(merged.conflicts.is_empty(), "{:?}", merged.conflicts);
}

#[test]
fn two_known_paths_that_differ_are_reported_and_ours_stays() {
    let mut moved = role("NodeRole", Some("111122223333"), live());
    moved.path = Fact::known("/".to_owned(), live());
    let merged = merged(
        of_roles([role("NodeRole", None, file(3))]),
        of_roles([moved]),
    );
    assert_eq!(
        merged.roles[0].path.value().map(String::as_str),
        Some("/platform/")
    );
    let [conflict] = &merged.conflicts[..] else {
        panic!("{:?}", merged.conflicts)
    };
    assert_eq!(conflict.object, "role NodeRole");
    assert_eq!(
        (&*conflict.field, &*conflict.kept, &*conflict.other),
        ("path", "/platform/", "/")
    );
    assert_eq!(conflict.kept_origin, Some(file(3)));
    assert_eq!(conflict.other_origin, Some(live()));
    assert_eq!(
        conflict.to_string(),
        "the path of role NodeRole is `/platform/` in roles.tf:3:1, but `/` in iam:GetRole NodeRole"
    );
}

#[test]
fn role_names_meet_without_regard_to_case() {
    let merged = merged(
        of_roles([role("NodeRole", Some("111122223333"), file(3))]),
        of_roles([role("noderole", Some("111122223333"), live())]),
    );
    assert_eq!(merged.roles.len(), 1);
    assert!(merged.conflicts.is_empty(), "{:?}", merged.conflicts);
}

#[test]
fn a_role_of_unknown_account_joins_only_when_one_role_can_be_meant() {
    let declared = of_roles([role("NodeRole", None, file(3))]);
    let two_accounts = of_roles([
        role("NodeRole", Some("111122223333"), live()),
        role("NodeRole", Some("444455556666"), live()),
    ]);
    assert_eq!(
        merged(declared.clone(), two_accounts.clone()).roles.len(),
        3
    );
    assert_eq!(merged(two_accounts, declared.clone()).roles.len(), 3);

    let one_account = of_roles([role("NodeRole", Some("111122223333"), live())]);
    assert_eq!(merged(declared, one_account).roles.len(), 1);
}

#[test]
fn roles_of_one_name_in_two_accounts_join_their_own() {
    let declared = of_roles([
        role("NodeRole", Some("444455556666"), file(3)),
        role("NodeRole", Some("111122223333"), file(9)),
    ]);
    let mut answers = of_roles([
        role("NodeRole", Some("111122223333"), live()),
        role("NodeRole", Some("444455556666"), live()),
    ]);
    answers.roles[0].unique_id = Some("AROATFQR7NSCYGNOX4QAJ".parse().unwrap());
    let merged = merged(declared, answers);
    assert_eq!(merged.roles.len(), 2);
    assert_eq!(merged.roles[0].unique_id, None);
    assert!(merged.roles[1].unique_id.is_some());
}

#[test]
fn a_role_declared_twice_stays_twice() {
    let twice = of_roles([
        role("NodeRole", None, file(3)),
        role("NodeRole", None, file(30)),
    ]);
    let answer = of_roles([role("NodeRole", Some("111122223333"), live())]);
    assert_eq!(merged(answer, twice.clone()).roles.len(), 3);
    assert_eq!(merged(twice.clone(), twice).roles.len(), 2);
}

#[test]
fn trust_policies_that_differ_in_layout_only_agree() {
    let mut spread = role("NodeRole", None, live());
    spread.trust = Fact::known(
        PolicyDocument::whole("{ \"Statement\": [ ],\n \"Version\": \"2012-10-17\" }"),
        live(),
    );
    let merged = merged(
        of_roles([role("NodeRole", None, file(3))]),
        of_roles([spread]),
    );
    assert!(merged.conflicts.is_empty(), "{:?}", merged.conflicts);
}

#[test]
fn a_literal_account_beats_the_symbol_for_it() {
    let declared = of_entries([entry(
        "prod",
        "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/platform/NodeRole",
    )]);
    let merged = merged(declared, of_entries([entry("prod", NODE_ROLE)]));
    let [entry] = &merged.access_entries[..] else {
        panic!("{:?}", merged.access_entries)
    };
    assert_eq!(
        entry.principal.value.value(),
        Some(&Principal::parse(NODE_ROLE))
    );
    assert!(merged.conflicts.is_empty(), "{:?}", merged.conflicts);
}

#[test]
fn entries_of_the_role_with_and_without_path_are_two_entries() {
    let merged = merged(
        of_entries([entry("prod", NODE_ROLE)]),
        of_entries([entry("prod", "arn:aws:iam::111122223333:role/NodeRole")]),
    );
    assert_eq!(merged.access_entries.len(), 2);
}

#[test]
fn groups_that_eks_gives_to_a_node_entry_are_no_difference() {
    let mut answered = entry("prod", NODE_ROLE);
    answered.kubernetes_groups = Fact::known(vec!["system:nodes".to_owned()], live());
    let merged = merged(
        of_entries([entry("prod", NODE_ROLE)]),
        of_entries([answered]),
    );
    assert!(merged.conflicts.is_empty(), "{:?}", merged.conflicts);
    assert_eq!(
        merged.access_entries[0].kubernetes_groups.value(),
        Some(&vec!["system:nodes".to_owned()])
    );
}

#[test]
fn one_cluster_name_in_two_regions_is_two_clusters() {
    let of_clusters = |clusters: &[Cluster]| Snapshot {
        clusters: clusters.to_vec(),
        ..Snapshot::default()
    };
    let (ireland, virginia) = (
        cluster("prod", Some("eu-west-1")),
        cluster("prod", Some("us-east-1")),
    );
    let both = merged(
        of_clusters(&[ireland]),
        of_clusters(std::slice::from_ref(&virginia)),
    );
    assert_eq!(both.clusters.len(), 2);
    // Which of the two is meant cannot be said.
    let unplaced = of_clusters(&[Cluster {
        authentication_mode: in_file(AuthenticationMode::ConfigMap),
        ..cluster("prod", None)
    }]);
    assert_eq!(merged(both, unplaced.clone()).clusters.len(), 3);
    assert_eq!(merged(of_clusters(&[virginia]), unplaced).clusters.len(), 1);
}

#[test]
fn complete_beats_partial_and_lists_are_joined() {
    let attached =
        |name: &str| Reference::by_value(in_file(format!("arn:aws:iam::aws:policy/{name}")));
    let mut declared = role("NodeRole", None, file(3));
    declared.attached_policies = vec![
        attached("AmazonEKSWorkerNodeMinimalPolicy"),
        Reference::by_value(in_file(
            "arn:${AWS::Partition}:iam::aws:policy/AmazonSSMManagedInstanceCore".to_owned(),
        )),
    ];
    let mut answer = role("NodeRole", None, live());
    answer.attached_policies = vec![
        attached("AmazonSSMManagedInstanceCore"),
        attached("AmazonEC2ContainerRegistryPullOnly"),
    ];
    answer.policies_complete = Completeness::Complete;
    let merged = merged(of_roles([declared]), of_roles([answer]));
    let arns: Vec<_> = merged.roles[0]
        .attached_policies
        .iter()
        .filter_map(|policy| policy.value.value())
        .collect();
    assert_eq!(
        arns,
        [
            "arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy",
            "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
            "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
        ]
    );
    assert!(merged.roles[0].policies_complete.is_complete());
}

#[test]
fn auto_mode_on_here_and_absent_there_is_reported() {
    let of_cluster = |compute| Snapshot {
        clusters: vec![Cluster {
            compute,
            ..cluster("prod", None)
        }],
        ..Snapshot::default()
    };
    let compute = |enabled| {
        Some(rolecall_facts::ComputeConfig {
            enabled: in_file(enabled),
            node_pools: in_file(vec!["system".to_owned()]),
            node_role: None,
            origin: file(2),
        })
    };
    let conflicting = merged(of_cluster(compute(true)), of_cluster(None));
    assert_eq!(conflicting.conflicts.len(), 1);
    assert_eq!(conflicting.conflicts[0].other, "not set");
    // Off and left out are the same.
    let agreeing = merged(of_cluster(compute(false)), of_cluster(None));
    assert!(agreeing.conflicts.is_empty(), "{:?}", agreeing.conflicts);
    // A cluster of which only the name is known says nothing about Auto Mode.
    let mut stub = of_cluster(None);
    stub.clusters[0].authentication_mode = Fact::unknown(Why::not_given("the mode"));
    let filled = merged(stub, of_cluster(compute(true)));
    assert!(filled.conflicts.is_empty(), "{:?}", filled.conflicts);
    assert!(filled.clusters[0].compute.is_some());
}

#[test]
fn references_follow_the_object_that_was_joined() {
    let id = |scope| Some(ObjectId::new(scope, "node"));
    let with_id = |scope, account| Role {
        id: id(scope),
        ..role("NodeRole", account, file(3))
    };
    let mut theirs = of_roles([with_id("b", None)]);
    theirs.node_classes = vec![NodeClass {
        kind: NodeClassKind::AutoMode,
        name: "default".to_owned(),
        cluster: None,
        role: Some(Reference {
            value: Fact::unknown(Why::after_apply("the role's name")),
            object: id("b"),
        }),
        instance_profile: None,
        tags: Vec::new(),
        conditions: Vec::new(),
        id: None,
        origin: file(20),
    }];
    let merged = merged(of_roles([with_id("a", Some("111122223333"))]), theirs);
    let referred = merged.node_classes[0].role.as_ref().unwrap();
    assert_eq!(merged.roles.len(), 1);
    assert_eq!(referred.object, merged.roles[0].id);
    assert_eq!(referred.object, id("a"));
}

#[test]
fn policies_of_one_arn_are_one_even_where_the_account_is_a_symbol() {
    let policy = |arn: &str| Snapshot {
        managed_policies: vec![ManagedPolicy {
            id: None,
            arn: in_file(arn.to_owned()),
            document: in_file(PolicyDocument::whole("{}")),
            origin: file(1),
        }],
        ..Snapshot::default()
    };
    let merged = merged(
        policy("arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/eks/Tags"),
        policy("arn:aws:iam::111122223333:policy/eks/Tags"),
    );
    let [one] = &merged.managed_policies[..] else {
        panic!("{:?}", merged.managed_policies)
    };
    assert_eq!(
        one.arn.value().map(String::as_str),
        Some("arn:aws:iam::111122223333:policy/eks/Tags")
    );
}
