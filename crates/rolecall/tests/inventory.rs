//! The register of role paths.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use rolecall::args::InventoryFormat;
use rolecall::inventory::Register;
use rolecall_chain::{Conventions, PathConvention};
use rolecall_facts::Snapshot;
use serde_json::{Value, json};

fn known(value: &str) -> Value {
    json!({ "known": { "value": value, "origin": { "file": { "path": "a.yaml", "line": 1, "column": 1 } } } })
}

fn origin() -> Value {
    json!({ "file": { "path": "a.yaml", "line": 1, "column": 1 } })
}

fn unknown() -> Value {
    json!({ "unknown": { "why": { "reason": "not-given", "detail": "it" } } })
}

fn role(path: &str, name: &str) -> Value {
    json!({
        "account": "111122223333", "name": known(name), "path": known(path), "trust": unknown(),
        "policies_complete": "complete", "origin": origin(),
    })
}

fn class(name: &str, role: &str) -> Value {
    json!({
        "kind": "auto-mode", "name": name, "role": { "value": known(role) },
        "cluster": { "value": known("prod") }, "origin": origin(),
    })
}

fn pool(name: &str, class: &str) -> Value {
    let reference = json!({ "group": "eks.amazonaws.com", "kind": "NodeClass", "name": class });
    json!({
        "name": name, "cluster": { "value": known("prod") },
        "node_class_ref": { "known": { "value": reference, "origin": origin() } }, "origin": origin(),
    })
}

fn group(name: &str, role: &str) -> Value {
    json!({
        "kind": "managed", "name": known(name), "cluster": { "value": known("old") },
        "role": { "value": known(role) }, "windows": unknown(), "origin": origin(),
    })
}

fn register() -> Register {
    let snapshot: Snapshot = serde_json::from_value(json!({
        "version": 1,
        "roles": [role("/platform/eks/", "BatchNodeRole"), role("/", "LegacyNodeRole")],
        "node_classes": [class("batch", "batchnoderole"), class("lost", "NoSuchRole")],
        "node_pools": [pool("batch", "batch"), pool("spot", "batch"), pool("lost", "lost"), pool("loose", "none")],
        "node_groups": [group("workers", "arn:aws:iam::111122223333:role/LegacyNodeRole")],
    }))
    .unwrap();
    let conventions = Conventions {
        node_role_paths: vec![
            PathConvention {
                path: "/platform/".parse().unwrap(),
                owner: "platform".to_owned(),
            },
            PathConvention {
                path: "/platform/eks/".parse().unwrap(),
                owner: "eks, crew".to_owned(),
            },
        ],
        node_role_names: vec!["*NodeRole".to_owned()],
        unique_across_accounts: false,
    };
    Register::of(&snapshot, &conventions)
}

#[test]
fn table_has_a_line_per_role_and_names_owner_users_and_what_breaks_a_convention() {
    insta::assert_snapshot!(register().print(InventoryFormat::Table), @r"
    PATH            ROLE            ACCOUNT       OWNER      CONVENTION                               USED BY
    ?               ?               ?             -          ?                                        prod/loose
    ?               NoSuchRole      ?             -          ?                                        prod/lost
    /               LegacyNodeRole  111122223333  -          broken: no convention allows the path /  old/workers (managed node group)
    /platform/eks/  BatchNodeRole   111122223333  eks, crew  kept                                     prod/batch, prod/spot
    ");
}

#[test]
fn csv_quotes_what_holds_a_comma() {
    insta::assert_snapshot!(register().print(InventoryFormat::Csv), @r#"
    path,role,account,owner,convention,used_by
    ?,?,?,-,?,prod/loose
    ?,NoSuchRole,?,-,?,prod/lost
    /,LegacyNodeRole,111122223333,-,broken: no convention allows the path /,old/workers (managed node group)
    /platform/eks/,BatchNodeRole,111122223333,"eks, crew",kept,"prod/batch, prod/spot"
    "#);
}

#[test]
fn markdown_is_a_table() {
    insta::assert_snapshot!(register().print(InventoryFormat::Markdown), @r"
    | Path | Role | Account | Owner | Convention | Used by |
    | --- | --- | --- | --- | --- | --- |
    | ? | ? | ? | - | ? | prod/loose |
    | ? | NoSuchRole | ? | - | ? | prod/lost |
    | / | LegacyNodeRole | 111122223333 | - | broken: no convention allows the path / | old/workers (managed node group) |
    | /platform/eks/ | BatchNodeRole | 111122223333 | eks, crew | kept | prod/batch, prod/spot |
    ");
}

#[test]
fn json_names_clusters_and_pools() {
    let json: Value = serde_json::from_str(&register().print(InventoryFormat::Json)).unwrap();
    insta::assert_snapshot!(format!("{:#}", json["roles"][1]), @r#"
    {
      "path": null,
      "role": "NoSuchRole",
      "account": null,
      "owner": null,
      "convention": "unknown",
      "why": null,
      "clusters": [
        "prod"
      ],
      "pools": [
        {
          "cluster": "prod",
          "kind": "NodePool",
          "name": "lost"
        }
      ]
    }
    "#);
}

#[test]
fn nothing_found_is_said() {
    let empty = Register::of(&Snapshot::default(), &Conventions::default());
    assert_eq!(
        empty.print(InventoryFormat::Table),
        "no node pool or node group was found\n"
    );
}
