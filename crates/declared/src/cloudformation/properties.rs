//! What holds for every template.

use proptest::prelude::*;
use proptest::sample::select;
use rolecall_facts::Snapshot;
use serde_json::{Value as Json, json};

use super::{is_template, read};
use crate::output::Output;
use crate::tree::{json as json_tree, yaml};
use crate::{Diagnostic, Source};

const IDS: [&str; 8] = [
    "R0",
    "R1",
    "R2",
    "P0",
    "P1",
    "C",
    "AWS::AccountId",
    "AWS::NoValue",
];
const CONDITIONS: [&str; 3] = ["K0", "K1", "K2"];

fn id() -> impl Strategy<Value = String> {
    select(IDS.as_slice()).prop_map(str::to_owned)
}

fn condition_name() -> impl Strategy<Value = String> {
    select(CONDITIONS.as_slice()).prop_map(str::to_owned)
}

/// An expression of references, functions and texts, also where they make no sense.
fn expression() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        "[a-z/]{0,6}".prop_map(Json::String),
        Just(json!("${R0}-${R1.Arn}${!x}${AWS::Region}${P0}${")),
        Just(json!("{{resolve:ssm:x}}\u{e000}0\u{e001}")),
        Just(json!(0)),
        Just(Json::Null),
        id().prop_map(|id| json!({"Ref": id})),
        id().prop_map(|id| json!({"Fn::GetAtt": [id, "Arn"]})),
        id().prop_map(|id| json!({"Fn::GetAtt": format!("{id}.Arn")})),
        Just(json!({"Fn::ImportValue": "e"})),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let list = prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            list.clone().prop_map(Json::Array),
            list.clone()
                .prop_map(|list| json!({"Fn::Join": ["/", list]})),
            list.clone().prop_map(|list| json!({"Fn::Join": list})),
            (0..4_usize, list).prop_map(|(index, list)| json!({"Fn::Select": [index, list]})),
            inner
                .clone()
                .prop_map(|inner| json!({"Fn::Split": ["/", inner]})),
            inner
                .clone()
                .prop_map(|inner| json!({"Fn::Sub": ["${v}${R2}", {"v": inner}]})),
            inner
                .clone()
                .prop_map(|inner| json!({"Fn::Select": [1, {"Fn::Split": [":", inner]}]})),
            (condition_name(), inner.clone(), inner.clone())
                .prop_map(|(name, yes, no)| json!({"Fn::If": [name, yes, no]})),
            inner
                .clone()
                .prop_map(|inner| json!({"Fn::FindInMap": ["M", inner, "k"]})),
            inner
                .clone()
                .prop_map(|inner| json!({"Fn::ToJsonString": {"a": inner}})),
            inner.clone().prop_map(|inner| json!({"Fn::Length": inner})),
            inner.prop_map(|inner| json!({"Fn::Transform": inner, "a": 1})),
        ]
    })
}

fn condition() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        condition_name().prop_map(|name| json!({"Condition": name})),
        (expression(), expression()).prop_map(|(l, r)| json!({"Fn::Equals": [l, r]})),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        let list = prop::collection::vec(inner.clone(), 0..3);
        prop_oneof![
            list.clone().prop_map(|list| json!({"Fn::And": list})),
            list.prop_map(|list| json!({"Fn::Or": list})),
            inner.prop_map(|inner| json!({"Fn::Not": [inner]})),
        ]
    })
}

fn template() -> impl Strategy<Value = Json> {
    let e = expression;
    (
        [condition(), condition(), condition()],
        [e(), e(), e(), e(), e(), e()],
        [e(), e(), e(), e(), e(), e()],
        prop::option::of(condition_name()),
    )
        .prop_map(|([k0, k1, k2], [a, b, c, d, f, g], [h, i, j, k, l, m], on)| {
            json!({
                "Parameters": {"P0": {"Type": "CommaDelimitedList", "Default": "a, b"}, "P1": {"Type": "String"}},
                "Mappings": {"M": {"a": {"k": "x"}, "aws": {"k": ["y"]}}},
                "Conditions": {"K0": k0, "K1": k1, "K2": k2},
                "Resources": {
                    "R0": {"Type": "AWS::IAM::Role", "Condition": on,
                        "Properties": {"RoleName": a, "Path": b, "AssumeRolePolicyDocument": c,
                            "Policies": [{"PolicyName": d, "PolicyDocument": {"x": f}}], "ManagedPolicyArns": g}},
                    "R1": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"ManagedPolicyName": h.clone(), "Roles": [i.clone()]}},
                    "R2": {"Type": "AWS::IAM::InstanceProfile", "Properties": {"InstanceProfileName": j.clone(), "Roles": i}},
                    "C": {"Type": "Custom::AWSCDK-EKS-Cluster", "Properties": {"Config": {"name": k.clone(), "computeConfig": l.clone()}}},
                    "E": {"Type": "AWS::EKS::AccessEntry", "Properties": {"ClusterName": k, "PrincipalArn": l, "AccessPolicies": [m.clone()]}},
                    "N": {"Type": "AWS::EKS::Nodegroup", "Properties": m},
                    "X": {"Type": "Custom::AWSCDK-EKS-KubernetesResource", "Properties": {"ClusterName": {"Ref": "C"}, "Manifest":
                        {"Fn::Join": ["", ["[{\"apiVersion\":\"eks.amazonaws.com/v1\",\"kind\":\"NodeClass\",\"metadata\":{\"name\":\"w\"},\"spec\":{\"role\":\"", h, "\"}}]"]]}}},
                },
                "Outputs": {"O": {"Value": j, "Export": {"Name": "e"}}},
            })
        })
}

fn facts(source: &Source) -> (Snapshot, Vec<Diagnostic>) {
    let mut output = Output::default();
    if let Ok(node) = json_tree::parse(source)
        && is_template(&node)
    {
        read(source, &node, &mut output);
    }
    (output.snapshot, output.diagnostics)
}

proptest! {
    // Each case makes and reads a template of hundreds of values.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_template_is_read_the_same_twice_and_leaves_no_holes(template in template()) {
        let source = Source::new("stack.json", &template.to_string());
        let (snapshot, diagnostics) = facts(&source);
        let text = serde_json::to_string(&snapshot).unwrap_or_default();
        prop_assert!(!text.contains('\u{e000}'), "{}", text);
        prop_assert!(Snapshot::from_json(&text).is_ok_and(|back| back == snapshot));
        prop_assert_eq!(facts(&source), (snapshot, diagnostics));
    }

    #[test]
    fn no_yaml_makes_the_reader_panic(
        lines in prop::collection::vec(
            "( |  |    |      )(Resources:|R0:|Type: AWS::IAM::Role|Properties:|RoleName: !(Ref|Sub|GetAtt|Join|If|Select|FindInMap) [\\[{]?(R0|R0.Arn|'\\$\\{R0\\}'|, |\\]|\\})*|Condition: R0|Conditions:|Fn::ForEach::a: \\[\\]|- !Sub)",
            0..14,
        ),
    ) {
        let source = Source::new("stack.yaml", &format!("Resources:\n{}", lines.join("\n")));
        for node in yaml::parse(&source).0 {
            let mut output = Output::default();
            if is_template(&node) {
                read(&source, &node, &mut output);
            }
        }
    }
}
