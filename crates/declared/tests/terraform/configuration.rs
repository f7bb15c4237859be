//! Configurations, as people write them, and the facts read from them.

use std::path::Path;

use rolecall_declared::{Options, Read, Source, read, read_sources};

use crate::summary::summary;

/// Reads a folder of the fixtures.
fn folder(name: &str) -> Read {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/terraform");
    read(&[root.join(name)], &Options::default())
}

/// Reads one file.
fn file(text: &str) -> Read {
    read_sources(vec![Source::new("main.tf", text)], &Options::default())
}

fn clean(text: &str) -> String {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/terraform/");
    text.replace(root, "")
}

#[test]
fn auto_mode_with_roles_under_a_path() {
    insta::assert_snapshot!(clean(&summary(&folder("auto-mode"))));
}

#[test]
fn pools_and_modules_by_for_each() {
    insta::assert_snapshot!(clean(&summary(&folder("pools-by-for-each"))));
}

#[test]
fn what_a_registry_module_makes_is_unknown_and_said() {
    insta::assert_snapshot!(clean(&summary(&folder("registry-module"))));
}

#[test]
fn modules_in_the_style_of_the_public_ones() {
    insta::assert_snapshot!(clean(&summary(&folder("module-style"))));
}

#[test]
fn kubernetes_objects_belong_to_the_cluster_of_their_provider() {
    let out = file(
        r#"
        resource "aws_eks_cluster" "c" {
          for_each = toset(["blue", "green"])
          name     = each.key
          role_arn = "arn:aws:iam::111122223333:role/cluster"
        }
        provider "kubernetes" {
          host = aws_eks_cluster.c["blue"].endpoint
        }
        provider "kubernetes" {
          alias = "green"
          host  = "https://example.com"
          exec {
            api_version = "client.authentication.k8s.io/v1beta1"
            command     = "aws"
            args        = ["eks", "get-token", "--cluster-name", aws_eks_cluster.c["green"].name]
          }
        }
        locals {
          pool = {
            apiVersion = "karpenter.sh/v1"
            kind       = "NodePool"
            metadata   = { name = "general" }
            spec = { template = { spec = { nodeClassRef = {
              group = "eks.amazonaws.com", kind = "NodeClass", name = "default"
            } } } }
          }
        }
        resource "kubernetes_manifest" "blue" {
          manifest = local.pool
        }
        resource "kubernetes_manifest" "green" {
          provider = kubernetes.green
          manifest = local.pool
        }
        "#,
    );
    let clusters: Vec<_> = out
        .snapshot
        .node_pools
        .iter()
        .map(|pool| {
            pool.cluster
                .as_ref()
                .unwrap()
                .object
                .as_ref()
                .unwrap()
                .to_string()
        })
        .collect();
    assert_eq!(
        clusters,
        [
            r#".#aws_eks_cluster.c["blue"]"#,
            r#".#aws_eks_cluster.c["green"]"#
        ]
    );
}

#[test]
fn a_registry_module_that_init_downloaded_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "main.tf",
        r#"module "nodes" {
  source  = "terraform-aws-modules/iam/aws//modules/iam-role"
  version = "~> 6.0"
  name    = "nodes"
}
"#,
    );
    write(
        ".terraform/modules/modules.json",
        r#"{"Modules":[{"Key":"","Source":"","Dir":"."},{"Key":"nodes","Source":"registry.terraform.io/terraform-aws-modules/iam/aws//modules/iam-role","Version":"6.2.1","Dir":".terraform/modules/nodes/modules/iam-role"}]}"#,
    );
    write(
        ".terraform/modules/nodes/modules/iam-role/main.tf",
        "variable \"name\" {}\nresource \"aws_iam_role\" \"this\" {\n  name = var.name\n  path = \"/x/\"\n  assume_role_policy = \"{}\"\n}\n",
    );
    let out = read(&[folder.path().to_owned()], &Options::default());
    assert_eq!(out.snapshot.roles[0].name.value().unwrap(), "nodes");
    assert_eq!(out.diagnostics, []);
    assert_eq!(out.sources.len(), 2, "{:?}", out.sources.keys());
}

#[test]
fn json_syntax_reads_like_the_native_one() {
    insta::assert_snapshot!(clean(&summary(&folder("json-syntax"))));
}

#[test]
fn a_place_is_the_argument_with_the_address() {
    let out = folder("pools-by-for-each");
    let entry = &out.snapshot.access_entries[0];
    let place = entry.entry_type.origin().unwrap().as_file().unwrap();
    assert!(place.path.ends_with("pools-by-for-each/access.tf"));
    assert_eq!(
        place.address.as_deref(),
        Some(r#"aws_eks_access_entry.pool["batch"]"#)
    );
    assert_eq!((place.line, place.column, place.length), (8, 19, 21));
}

#[test]
fn a_cycle_is_said_once_and_stays_open() {
    let out = file(
        r#"
        locals {
          a = local.b
          b = "${local.a}-x"
        }
        resource "aws_iam_role" "node" {
          name               = local.a
          assume_role_policy = "{}"
        }
        "#,
    );
    assert!(!out.snapshot.roles[0].name.is_known());
    assert_eq!(out.diagnostics.len(), 1, "{:?}", out.diagnostics);
    assert!(
        out.diagnostics[0].message.contains("cycle"),
        "{:?}",
        out.diagnostics
    );
}

#[test]
fn values_that_grow_without_end_are_stopped() {
    let mut text = "locals {\n  x0 = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n".to_owned();
    for level in 1..40 {
        let below = level - 1;
        let copies = vec![format!("local.x{below}"); 10].join(", ");
        text.push_str(&format!("  x{level} = [{copies}]\n"));
    }
    text.push_str("}\nresource \"aws_iam_role\" \"r\" {\n  name = local.x39[0]\n  assume_role_policy = \"{}\"\n}\n");
    let out = file(&text);
    assert!(!out.snapshot.roles[0].name.is_known());
    assert!(
        out.diagnostics[0].message.contains("too many values"),
        "{:?}",
        out.diagnostics
    );
}

#[test]
fn long_chains_of_locals_do_not_overflow() {
    let mut text = "locals {\n  x0 = \"a\"\n".to_owned();
    for level in 1..20_000 {
        text.push_str(&format!("  x{level} = local.x{}\n", level - 1));
    }
    text.push_str("}\nresource \"aws_iam_role\" \"r\" {\n  name = local.x19999\n  assume_role_policy = \"{}\"\n}\n");
    let out = file(&text);
    assert!(!out.snapshot.roles[0].name.is_known());
    assert!(
        out.diagnostics[0].message.contains("levels of references"),
        "{:?}",
        out.diagnostics
    );
}

#[test]
fn windows_line_ends_are_read() {
    let text = "resource \"aws_iam_role\" \"r\" {\n  name = \"r\"\n  # why\n  assume_role_policy = <<EOF\n{\"a\":\n1}\nEOF\n}\n";
    let out = file(&text.replace('\n', "\r\n"));
    assert_eq!(out.diagnostics, []);
    let trust = out.snapshot.roles[0].trust.value().unwrap();
    assert_eq!(trust.text.replace('\r', ""), "{\"a\":\n1}\n");
    let place = out.snapshot.roles[0]
        .trust
        .origin()
        .unwrap()
        .as_file()
        .unwrap();
    assert_eq!((place.line, place.column), (4, 24));
}

#[test]
fn an_unknown_count_makes_nothing_certain() {
    let out = file(
        r#"
        variable "create" {}
        resource "aws_iam_role" "node" {
          count              = var.create ? 1 : 0
          name               = "node"
          assume_role_policy = "{}"
        }
        resource "aws_iam_role" "fixed" {
          name               = "fixed"
          assume_role_policy = "{}"
        }
        resource "aws_iam_role_policy_attachment" "maybe" {
          for_each   = var.create ? { a = "x" } : {}
          role       = aws_iam_role.fixed.name
          policy_arn = each.value
        }
        resource "aws_eks_access_entry" "node" {
          cluster_name  = "c"
          principal_arn = try(aws_iam_role.node[0].arn, "arn:aws:iam::111122223333:role/other")
        }
        "#,
    );
    assert_eq!(out.snapshot.roles.len(), 1);
    assert!(!out.snapshot.roles[0].policies_complete.is_complete());
    assert!(!out.snapshot.access_entries[0].principal.value.is_known());
    let notes: Vec<_> = out.diagnostics.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(notes.join("\n"));
}

#[test]
fn attachments_of_many_kinds_find_their_roles() {
    let out = file(
        r#"
        resource "random_pet" "name" {}
        resource "aws_iam_role" "a" {
          name               = random_pet.name.id
          assume_role_policy = "{}"
        }
        resource "aws_iam_role" "b" {
          name               = "b"
          assume_role_policy = "{}"
        }
        resource "aws_iam_role_policy_attachment" "pet" {
          role       = aws_iam_role.a.name
          policy_arn = "arn:aws:iam::aws:policy/One"
        }
        resource "aws_iam_policy_attachment" "users_only" {
          name       = "users"
          users      = ["u"]
          policy_arn = "arn:aws:iam::aws:policy/No"
        }
        resource "aws_iam_policy_attachment" "roles" {
          name       = "roles"
          roles      = [aws_iam_role.a.name, "b"]
          policy_arn = "arn:aws:iam::aws:policy/Two"
        }
        resource "aws_iam_role_policy_attachments_exclusive" "b" {
          role_name   = aws_iam_role.b.name
          policy_arns = ["arn:aws:iam::aws:policy/Two", "arn:aws:iam::aws:policy/Three"]
        }
        resource "aws_iam_role_policy" "b" {
          role   = aws_iam_role.b.id
          policy = data.aws_iam_policy_document.b.json
        }
        data "aws_iam_policy_document" "b" {
          override_policy_documents = [data.aws_iam_policy_document.over.json]
          statement {
            sid       = "Same"
            actions   = ["s3:*"]
            resources = ["*"]
          }
          statement {
            not_actions   = ["iam:*"]
            not_resources = ["arn:aws:s3:::a"]
            effect        = "Deny"
          }
        }
        data "aws_iam_policy_document" "over" {
          statement {
            sid       = "Same"
            actions   = ["s3:Get*"]
            resources = ["*"]
            condition {
              test     = "StringEquals"
              variable = "aws:RequestedRegion"
              values   = ["eu-west-1"]
            }
            condition {
              test     = "StringEquals"
              variable = "aws:PrincipalTag/team"
              values   = ["&{aws:ResourceTag/team}"]
            }
          }
        }
        "#,
    );
    insta::assert_snapshot!(summary(&out));
}

#[test]
fn a_broken_file_names_the_place() {
    let out = file("resource \"aws_iam_role\" \"r\" {\n  name = \n}\n");
    assert_eq!(out.diagnostics.len(), 1);
    let place = out.diagnostics[0].origin.as_file().unwrap();
    assert_eq!(place.line, 2, "{:?}", out.diagnostics);
}
