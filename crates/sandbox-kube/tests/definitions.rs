//! Custom resource definitions: those built in, and those that users bring.
#![expect(
    clippy::expect_used,
    reason = "a definition that is not there ends the test"
)]

use rolecall_sandbox_kube::crd::{self, Bundle};
use rolecall_sandbox_kube::{Registry, Resource};
use serde_json::{Value, json};

fn kind(name: &str) -> Resource {
    let mut all = crd::builtin().iter().flat_map(|crd| crd::resources(crd));
    all.find(|r| r.kind == name).expect("a built-in kind")
}

fn faults(resource: &Resource, spec: Value) -> Vec<String> {
    let mut object = json!({
        "apiVersion": resource.api_version(), "kind": resource.kind,
        "metadata": {"name": "x"}, "spec": spec,
    });
    let unknown = resource.schema.prune(&mut object);
    assert_eq!(unknown, Vec::<String>::new());
    resource.schema.apply_defaults(&mut object);
    let causes = resource.schema.validate(&object, None);
    causes.iter().map(ToString::to_string).collect()
}

fn node_class(changes: &[(&str, Value)]) -> Value {
    let mut spec = json!({
        "role": "NodeRole",
        "subnetSelectorTerms": [{"tags": {"Name": "private"}}],
        "securityGroupSelectorTerms": [{"id": "sg-0123456789abcdef0"}],
    });
    for (field, value) in changes {
        match value {
            Value::Null => spec.as_object_mut().and_then(|s| s.remove(*field)),
            value => spec
                .as_object_mut()
                .and_then(|s| s.insert((*field).to_owned(), value.clone())),
        };
    }
    spec
}

#[test]
fn every_built_in_definition_is_itself_valid_and_established() {
    assert_eq!(crd::builtin().len(), 8);
    for definition in crd::builtin() {
        let mut copy = definition.as_ref().clone();
        assert_eq!(
            crd::admit(&mut copy, None),
            [],
            "{}",
            copy["metadata"]["name"]
        );
        assert_eq!(crd::resources(definition).len(), 1);
    }
}

#[test]
fn a_bundle_holds_what_runs_in_such_a_cluster() {
    let names = |bundle| {
        let found = crd::bundle(bundle).map(|c| c["spec"]["names"]["kind"].as_str().unwrap_or(""));
        found.collect::<Vec<_>>()
    };
    assert_eq!(
        names(Bundle::Karpenter),
        ["EC2NodeClass", "NodeClaim", "NodePool"]
    );
    assert!(names(Bundle::AutoMode).contains(&"NodeClass"));
    assert!(!names(Bundle::AutoMode).contains(&"EC2NodeClass"));
    assert_eq!(names(Bundle::Nothing).len(), 0);
    assert_eq!(names(Bundle::Both).len(), 8);
}

#[test]
fn a_node_class_names_a_role_or_a_profile() {
    let class = kind("NodeClass");
    assert_eq!(faults(&class, node_class(&[])), Vec::<String>::new());
    let either =
        r#"spec: Invalid value: "object": must specify exactly one of ['role', 'instanceProfile']"#;
    assert_eq!(
        faults(&class, node_class(&[("role", Value::Null)])),
        [either]
    );
    assert_eq!(
        faults(&class, node_class(&[("instanceProfile", json!("p"))])),
        [either]
    );
    assert_eq!(
        faults(&class, node_class(&[("role", json!(""))])),
        [r#"spec.role: Invalid value: "string": role cannot be empty"#]
    );
}

#[test]
fn a_node_classs_numbers_and_words_are_bounded() {
    let class = kind("NodeClass");
    for (field, value, wanted) in [
        (
            "ephemeralStorage",
            json!({"iops": 100}),
            "spec.ephemeralStorage.iops: Invalid value: 100: spec.ephemeralStorage.iops in body should be greater than or equal to 3000",
        ),
        (
            "securityGroupSelectorTerms",
            json!([{"id": "sg-1", "name": "x"}]),
            r#"spec.securityGroupSelectorTerms: Invalid value: "array": 'id' is mutually exclusive, cannot be set with a combination of other fields in securityGroupSelectorTerms"#,
        ),
        (
            "tags",
            json!({"kubernetes.io/cluster/c1": "owned"}),
            r#"spec.tags: Invalid value: "object": tag contains a restricted tag matching kubernetes.io/cluster/"#,
        ),
    ] {
        let found = faults(&class, node_class(&[(field, value)]));
        assert!(found.iter().any(|f| f == wanted), "{found:#?}");
    }
    let snat = faults(&class, node_class(&[("snatPolicy", json!("Never"))]));
    assert_eq!(
        snat.first().map(String::as_str),
        Some(
            r#"spec.snatPolicy: Unsupported value: "Never": supported values: "Random", "Disabled""#
        )
    );
}

#[test]
fn a_node_class_gets_the_defaults_of_auto_mode() {
    let class = kind("NodeClass");
    let mut object = json!({"spec": node_class(&[])});
    class.schema.apply_defaults(&mut object);
    insta::assert_json_snapshot!(object["spec"], @r#"
    {
      "role": "NodeRole",
      "subnetSelectorTerms": [
        {
          "tags": {
            "Name": "private"
          }
        }
      ],
      "securityGroupSelectorTerms": [
        {
          "id": "sg-0123456789abcdef0"
        }
      ],
      "ephemeralStorage": {
        "iops": 3000,
        "size": "80Gi",
        "throughput": 125
      },
      "networkPolicy": "DefaultAllow",
      "networkPolicyEventLogs": "Disabled",
      "snatPolicy": "Random"
    }
    "#);
}

fn node_pool(requirement: Value) -> Value {
    json!({"template": {"spec": {
        "nodeClassRef": {"group": "eks.amazonaws.com", "kind": "NodeClass", "name": "default"},
        "requirements": [requirement],
    }}})
}

#[test]
fn a_node_pools_requirements_are_checked() {
    let pool = kind("NodePool");
    let good = json!({"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["spot"]});
    assert_eq!(faults(&pool, node_pool(good)), Vec::<String>::new());
    for (requirement, wanted) in [
        (
            json!({"key": "karpenter.sh/nodepool", "operator": "Exists"}),
            r#"spec.template.spec.requirements[0].key: Invalid value: "string": label "karpenter.sh/nodepool" is restricted"#,
        ),
        (
            json!({"key": "eks.amazonaws.com/instance-cpu", "operator": "Gt", "values": ["many"]}),
            r#"spec.template.spec.requirements: Invalid value: "array": requirements operator 'Gt', 'Lt', 'Gte', or 'Lte' must have a single positive integer value"#,
        ),
        (
            json!({"key": "kubernetes.io/arch", "operator": "In"}),
            r#"spec.template.spec.requirements: Invalid value: "array": requirements with operator 'In' must have a value defined"#,
        ),
    ] {
        assert_eq!(faults(&pool, node_pool(requirement)), [wanted]);
    }
}

#[test]
fn a_node_pool_must_say_which_class_it_uses() {
    let pool = kind("NodePool");
    let spec = json!({"template": {"spec": {
        "nodeClassRef": {"name": "default"}, "requirements": [],
    }}});
    let found = faults(&pool, spec);
    assert_eq!(
        found[0],
        "spec.template.spec.nodeClassRef.group: Required value"
    );
    assert_eq!(
        found[1],
        "spec.template.spec.nodeClassRef.kind: Required value"
    );
}

#[test]
fn an_ec2_node_class_may_name_its_role_with_a_path() {
    let class = kind("EC2NodeClass");
    let with = |role: &str, alias: &str| {
        let mut spec = node_class(&[("role", json!(role))]);
        spec["amiSelectorTerms"] = json!([{ "alias": alias }]);
        faults(&class, spec)
    };
    assert_eq!(
        with("platform/eks/NodeRole", "al2023@latest"),
        Vec::<String>::new()
    );
    assert_eq!(with("NodeRole", "al2023").len(), 1);
}

fn widgets() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced",
            "names": {"plural": "widgets", "kind": "Widget", "shortNames": ["wd"]},
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                    "spec": {"type": "object", "properties": {"size": {"type": "integer"}}},
                }}},
            }],
        },
    })
}

#[test]
fn a_users_definition_is_defaulted_established_and_served() {
    let mut definition = widgets();
    assert_eq!(crd::admit(&mut definition, None), []);
    assert!(
        crd::resources(&definition).is_empty(),
        "not before it is established"
    );
    let now = "2026-01-01T00:00:00Z";
    let made = crd::establish(&definition, &Registry::default(), now).expect("a status");
    assert_eq!(made["status"]["acceptedNames"]["listKind"], "WidgetList");
    assert_eq!(made["status"]["storedVersions"], json!(["v1"]));
    assert_eq!(made["status"]["conditions"][1]["type"], "Established");
    assert_eq!(
        crd::establish(&made, &Registry::default(), now),
        None,
        "it has it already"
    );
    let kinds = crd::resources(&made);
    assert_eq!(
        (kinds[0].plural.as_str(), kinds[0].namespaced),
        ("widgets", true)
    );
    assert_eq!(kinds[0].columns[0].name, "Age");
}

#[test]
fn names_in_use_are_not_accepted() {
    let mut first = widgets();
    crd::admit(&mut first, None);
    let first =
        crd::establish(&first, &Registry::default(), "2026-01-01T00:00:00Z").expect("status");
    let registry = Registry::default().with_crd("widgets.example.com", Some(&first));
    let mut second = widgets();
    second["metadata"]["name"] = json!("others.example.com");
    second["spec"]["names"] = json!({"plural": "others", "kind": "Other", "shortNames": ["wd"]});
    crd::admit(&mut second, None);
    let second = crd::establish(&second, &registry, "2026-01-01T00:00:00Z").expect("a status");
    assert_eq!(
        second["status"]["conditions"][0]["reason"],
        "ShortNamesConflict"
    );
    assert_eq!(second["status"]["conditions"][1]["status"], "False");
    assert!(crd::resources(&second).is_empty());
}

#[test]
fn broken_definitions_are_refused_with_the_place_that_is_wrong() {
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut definition = widgets();
        change(&mut definition);
        let causes = crd::admit(&mut definition, None);
        causes.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(
        refused(&|d| d["metadata"]["name"] = json!("widget")),
        [r#"metadata.name: Invalid value: "widget": must be spec.names.plural+"."+spec.group"#]
    );
    assert_eq!(
        refused(&|d| d["spec"]["scope"] = json!("Global")),
        [r#"spec.scope: Unsupported value: "Global": supported values: "Cluster", "Namespaced""#]
    );
    assert_eq!(
        refused(&|d| d["spec"]["versions"] = json!([])),
        ["spec.versions: Required value: must have at least one version"]
    );
    let schema = |d: &mut Value, schema: Value| {
        d["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"] = schema;
    };
    assert_eq!(
        refused(&|d| schema(d, json!({"properties": {}}))),
        [
            "spec.versions[0].schema.openAPIV3Schema.properties[spec].type: Required value: must not be empty for specified object fields"
        ]
    );
    let rule = json!({"type": "object", "x-kubernetes-validations": [{"rule": "self.("}]});
    let found = refused(&|d| schema(d, rule.clone()));
    assert!(found[0].contains("compilation failed"), "{found:?}");
    assert_eq!(
        refused(&|d| {
            d["spec"]["group"] = json!("x.k8s.io");
            d["metadata"]["name"] = json!("widgets.x.k8s.io");
        }),
        [
            r#"metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111"#
        ]
    );
}

#[test]
fn group_and_plural_never_change() {
    let mut old = widgets();
    crd::admit(&mut old, None);
    let mut new = widgets();
    new["spec"]["group"] = json!("example.org");
    new["metadata"]["name"] = json!("widgets.example.org");
    let causes = crd::admit(&mut new, Some(&old));
    assert_eq!(
        causes[0].to_string(),
        r#"spec.group: Invalid value: "example.org": field is immutable"#
    );
}

#[test]
fn a_cluster_serves_the_bundle_it_is_made_with() {
    let plurals = |bundle| {
        let registry = Registry::of_bundle(bundle);
        let custom = registry.iter().filter(|r| r.crd.is_some());
        custom.map(|r| r.plural.clone()).collect::<Vec<_>>()
    };
    assert_eq!(plurals(Bundle::Nothing), Vec::<String>::new());
    assert_eq!(
        plurals(Bundle::Karpenter),
        ["ec2nodeclasses", "nodeclaims", "nodepools"]
    );
    assert_eq!(plurals(Bundle::Both).len(), 8);
}
