//! The `aws-auth` ConfigMap with everything people get wrong in it.

use super::support::shown;

fn map(data: &str) -> String {
    shown(
        "aws-auth.yaml",
        &format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n  namespace: kube-system\ndata:\n{data}"
        ),
    )
}

#[test]
fn places_point_into_the_block() {
    insta::assert_snapshot!(map("  mapRoles: |\n\n    # nodes\n    - rolearn: arn:aws:iam::111122223333:role/finance/eks/billing-node\n      username: system:node:{{EC2PrivateDNSName}}\n      groups:\n        - system:bootstrappers\n        - system:nodes\n    - rolearn: arn:aws:iam::111122223333:role/Admin\n      groups: [system:masters]\n      username: admin\n  mapUsers: |\n    - userarn: arn:aws:iam::111122223333:user/a\n"), @r#"
    aws-auth at aws-auth.yaml:4:9+8
      cluster: none
      `arn:aws:iam::111122223333:role/finance/eks/billing-node` at aws-auth.yaml:10:16+55
        as `system:node:{{EC2PrivateDNSName}}` in ["system:bootstrappers", "system:nodes"] from aws-auth.yaml:10:7+7
      `arn:aws:iam::111122223333:role/Admin` at aws-auth.yaml:15:16+36
        as `admin` in ["system:masters"] from aws-auth.yaml:15:7+7
    "#);
}

#[test]
fn keys_of_items_match_in_any_case_and_top_keys_do_not() {
    insta::assert_snapshot!(map("  mapRoles: |-\n    - RoLeArN: arn:aws:iam::111122223333:role/A\n      userName: a\n      GROUPS: [g]\n  maproles: |\n    - rolearn: arn:aws:iam::111122223333:role/B\n"), @r#"
    aws-auth at aws-auth.yaml:4:9+8
      cluster: none
      `arn:aws:iam::111122223333:role/A` at aws-auth.yaml:8:16+32
        as `a` in ["g"] from aws-auth.yaml:8:7+7
      ! aws-auth.yaml:11:3+8: `maproles` is not `mapRoles`: these keys are case-sensitive, so all of it is ignored
    "#);
}

#[test]
fn bad_items_are_dropped_one_by_one() {
    insta::assert_snapshot!(map("  mapRoles: |\n    - username: nobody\n      groups: [a]\n    - just text\n    - rolearn: arn:aws:iam::111122223333:role/A\n      username: [a]\n      groups: system:nodes\n    - rolearn: arn:aws:iam::111122223333:role/B\n      groups:\n      - system:bootstrappers\n        - system:nodes\n    - rolearn: arn:aws:iam::111122223333:instance-profile/C\n      groups: [1, ok]\n    - rolearn: ARN:aws:iam::111122223333:ROLE/b\n      username: b\n"), @r#"
    aws-auth at aws-auth.yaml:4:9+8
      cluster: none
      `arn:aws:iam::111122223333:role/A` at aws-auth.yaml:11:16+32
        as `` in [] from aws-auth.yaml:11:7+7
      `arn:aws:iam::111122223333:instance-profile/C` at aws-auth.yaml:18:16+44
        as `` in ["", "ok"] from aws-auth.yaml:18:7+7
      `ARN:aws:iam::111122223333:ROLE/b` at aws-auth.yaml:20:16+32
        as `b` in [] from aws-auth.yaml:20:7+7
      ! aws-auth.yaml:8:7+8: the item has no `rolearn` and is skipped
      ! aws-auth.yaml:10:7+9: the item is text, not a mapping, and is skipped
      ! aws-auth.yaml:12:17+0: `username` is a list, not text, and counts as empty
      ! aws-auth.yaml:13:15+12: `groups` is text, not a list, and counts as empty
      ! aws-auth.yaml:16:9+0: `system:bootstrappers - system:nodes` is one group with a dash in its name: the next line is indented too far
      ! aws-auth.yaml:18:16+44: `arn:aws:iam::111122223333:instance-profile/C` is not the ARN of a role, so the item never maps anybody
      ! aws-auth.yaml:19:16+1: a group is a number, not text, and counts as empty
      ! aws-auth.yaml:14:7+7: a later item maps the same role, and only the last one counts
    "#);
}

#[test]
fn yaml_that_does_not_parse_loses_the_key() {
    insta::assert_snapshot!(map("  mapRoles: |\n    - rolearn: arn:aws:iam::111122223333:role/A\n      username: a\n     groups: [b]\n"), @r"
    aws-auth at aws-auth.yaml:4:9+8
      cluster: none
      ! aws-auth.yaml:10:6+0: `mapRoles` is not valid YAML: while parsing a block collection, did not find expected '-' indicator, so all of it is ignored
    ");
    insta::assert_snapshot!(map("  mapRoles: |\n    rolearn: arn:aws:iam::111122223333:role/A\n"), @r"
    aws-auth at aws-auth.yaml:4:9+8
      cluster: none
      ! aws-auth.yaml:8:5+0: `mapRoles` holds a mapping, not a list, so all of it is ignored
    ");
}

#[test]
fn a_missing_bar_makes_kubernetes_refuse_it() {
    insta::assert_snapshot!(map("  mapRoles:\n    - rolearn: arn:aws:iam::111122223333:role/A\n      username: a\n"), @r"
    aws-auth at aws-auth.yaml:4:9+8
      cluster: none
      ? a `mapRoles` that Kubernetes refuses cannot be evaluated from the files
      ! aws-auth.yaml:8:5+0: `mapRoles` is not text, so Kubernetes refuses the ConfigMap: write `mapRoles: |` and the list below it
    ");
}

#[test]
fn empty_values_map_nobody() {
    for data in [
        "  mapRoles: \"\"\n",
        "  mapRoles: '``'\n",
        "  mapRoles: |\n    []\n",
        "  mapUsers: ''\n",
    ] {
        assert!(
            map(data).trim_end().ends_with("cluster: none"),
            "{}",
            map(data)
        );
    }
}

#[test]
fn quoted_text_is_placed_at_the_text() {
    insta::assert_snapshot!(map("  mapRoles: \"- rolearn: arn:aws:iam::111122223333:role/x/A\\n  username: a\\n\"\n"), @r"
    aws-auth at aws-auth.yaml:4:9+8
      cluster: none
      `arn:aws:iam::111122223333:role/x/A` at aws-auth.yaml:7:13+64
        as `a` in [] from aws-auth.yaml:7:13+64
    ");
    insta::assert_snapshot!(
        shown("aws-auth.json", r#"{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "aws-auth", "namespace": "kube-system"},
    "data": {"mapRoles": "- rolearn: arn:aws:iam::111122223333:role/A\n  username: a\n  groups:\n  - g\n"}}"#),
        @r#"
    aws-auth at aws-auth.json:1:64+10
      cluster: none
      `arn:aws:iam::111122223333:role/A` at aws-auth.json:2:26+80
        as `a` in ["g"] from aws-auth.json:2:26+80
    "#
    );
}

#[test]
fn placeholders_inside_are_unknown() {
    insta::assert_snapshot!(map("  mapRoles: |\n    - rolearn: arn:aws:iam::${ACCOUNT_ID}:role/A\n      username: system:node:{{EC2PrivateDNSName}}\n"), @r"
    aws-auth at aws-auth.yaml:4:9+8
      cluster: none
      ? the placeholder `${ACCOUNT_ID}` cannot be evaluated from the files at aws-auth.yaml:8:16+33
        as `system:node:{{EC2PrivateDNSName}}` in [] from aws-auth.yaml:8:7+7
    ");
}

#[test]
fn a_map_of_another_namespace_is_none_and_one_without_is_a_problem() {
    let of = |metadata: &str| {
        shown(
            "m.yaml",
            &format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: aws-auth{metadata}}}\n"),
        )
    };
    assert_eq!(of(", namespace: default"), "");
    insta::assert_snapshot!(of(""), @r"
    aws-auth at m.yaml:3:18+8
      cluster: none
      ! m.yaml:3:18+8: it names no namespace; the authenticator reads only the one in `kube-system`
    ");
}

#[test]
fn windows_line_ends_and_comments_do_not_shift_places() {
    insta::assert_snapshot!(map("  mapRoles: |  # who\r\n    - rolearn: arn:aws:iam::111122223333:role/A\r\n      username: a\r\n    # and\r\n    - {username: b, rolearn: 'arn:aws:iam::111122223333:role/B'}\r\n"), @r"
    aws-auth at aws-auth.yaml:4:9+8
      cluster: none
      `arn:aws:iam::111122223333:role/A` at aws-auth.yaml:8:16+32
        as `a` in [] from aws-auth.yaml:8:7+7
      `arn:aws:iam::111122223333:role/B` at aws-auth.yaml:11:30+34
        as `b` in [] from aws-auth.yaml:11:8+8
    ");
}
