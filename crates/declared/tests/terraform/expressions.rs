//! Expressions and functions, one by one, as the name of a role.

use rolecall_declared::{Options, Source, read_sources};

use crate::summary::fact;

/// What a few names mean in every case.
const NAMES: &str = r#"
data "aws_caller_identity" "me" {}
data "aws_partition" "here" {}
data "aws_region" "here" {}
variable "unset" {}
locals {
  list  = ["b", "a", "b"]
  map   = { x = "1", a = "2" }
  pools = { web = { path = "/w/", size = 2 }, batch = { path = null, size = 1 } }
  yes   = true
  none  = null
  empty = ""
}
"#;

/// The value of each expression, or why it is unknown.
fn values(expressions: &[&str]) -> Vec<String> {
    let mut text = NAMES.to_owned();
    for (index, expression) in expressions.iter().enumerate() {
        text.push_str(&format!(
            "resource \"aws_iam_role\" \"r{index:03}\" {{\n  name = {expression}\n}}\n"
        ));
    }
    let read = read_sources(vec![Source::new("main.tf", &text)], &Options::default());
    let roles = &read.snapshot.roles;
    assert_eq!(roles.len(), expressions.len(), "{:?}", read.diagnostics);
    roles.iter().map(|role| fact(&role.name)).collect()
}

#[test]
fn known_values() {
    let cases = [
        (r#""a-${local.list[1]}""#, "a-a"),
        (r#""${upper("x")}$${y}%%{z}""#, "X${y}%{z}"),
        (r#"local.yes ? "t" : local.missing"#, "t"),
        (
            r#"local.yes && !false || local.missing == 1 ? "t" : "f""#,
            "t",
        ),
        (r#"1 + 2 * 3 - 4 / 2 == 5 ? "t" : "f""#, "t"),
        (r#"7 % 4"#, "3"),
        (r#"-1.5"#, "-1.5"),
        (
            r#"join(",", [for k, v in local.map : "${k}=${v}"])"#,
            "a=2,x=1",
        ),
        (r#"join(",", [for v in local.list : v if v != "a"])"#, "b,b"),
        (
            r#"join(",", keys({ for k, v in local.pools : v.size => k... }))"#,
            "1,2",
        ),
        (r#"join(",", values(local.pools)[*].size)"#, "1,2"),
        (r#"join(",", local.list.*)"#, "b,a,b"),
        (r#"join(",", tolist(toset(local.list)))"#, "a,b"),
        (r#"join(",", distinct(local.list))"#, "b,a"),
        (r#"join(",", sort(concat(local.list, ["0"])))"#, "0,a,b,b"),
        (r#"join(",", flatten([["a"], [["b"], "c"]]))"#, "a,b,c"),
        (r#"join(",", compact(["a", "", null, "b"]))"#, "a,b"),
        (r#"join(",", reverse(["a", "b"]))"#, "b,a"),
        (r#"join(",", setsubtract(["a", "b", "c"], ["b"]))"#, "a,c"),
        (
            r#"join(",", [for p in setproduct(["a", "b"], ["1", "2"]) : join("", p)])"#,
            "a1,a2,b1,b2",
        ),
        (
            r#"join(",", formatlist("%s-%s", ["a", "b"], "x"))"#,
            "a-x,b-x",
        ),
        (r#"join(",", range(3))"#, "0,1,2"),
        (
            r#"join(",", keys({ for k, v in toset(local.list) : k => v }))"#,
            "a,b",
        ),
        (
            r#"join(",", [for k, v in tolist(toset(local.list)) : "${k}${v}"])"#,
            "0a,1b",
        ),
        (r#"element(["a", "b", "c"], 4)"#, "b"),
        (r#"lookup(local.map, "q", "default")"#, "default"),
        (r#"lookup(local.map, "x")"#, "1"),
        (
            r#"merge({ a = "1" }, null, { a = "2" }, [{ a = "3" }]...).a"#,
            "3",
        ),
        (r#"coalesce(local.none, local.empty, "c")"#, "c"),
        (
            r#"try(local.pools.web.nope, local.pools["none"].path, "fallback")"#,
            "fallback",
        ),
        (
            r#"try(local.pools.batch.path, "fallback") == null ? "null" : "set""#,
            "null",
        ),
        (r#"can(local.pools.nope) ? "can" : "cannot""#, "cannot"),
        (r#"one([])  == null ? "none" : "some""#, "none"),
        (
            r#"format("%s-%03d-%5.2f|%-4s|%q|%%", "a", 7, 1.5, "x", "q")"#,
            "a-007- 1.50|x   |\"q\"|%",
        ),
        (r#"replace("a.b.c", ".", "-")"#, "a-b-c"),
        (r#"trimprefix("arn:aws:x", "arn:")"#, "aws:x"),
        (r#"trimsuffix("a/", "/")"#, "a"),
        (r#"trim("--a-", "-")"#, "a"),
        (r#"title("node role")"#, "Node Role"),
        (r#"substr("NodeRole", -4, 4)"#, "Role"),
        (r#"split("/", "a/b")[1]"#, "b"),
        (
            r#"length("äb") + length(local.list) + length(local.map)"#,
            "7",
        ),
        (
            r#"startswith("/a/", "/") && endswith("/a/", "/") ? "t" : "f""#,
            "t",
        ),
        (r#"contains(local.list, "a") ? "t" : "f""#, "t"),
        (r#"index(local.list, "a")"#, "1"),
        (r#"max(1, 3, 2) + min(4, 5) + sum([1, 1])"#, "9"),
        (
            r#"alltrue([true, "true"]) && anytrue([false, true]) ? "t" : "f""#,
            "t",
        ),
        (r#"zipmap(["a", "b"], ["1", "2"])["b"]"#, "2"),
        (r#"join(",", slice(["a", "b", "c"], 1, 3))"#, "b,c"),
        (r#"jsondecode("{\"a\": [1, \"x\"]}").a[1]"#, "x"),
        (r#"jsondecode(jsonencode(local.pools)).web.path"#, "/w/"),
        (r#"yamldecode("a:\n  - b: c\n").a[0].b"#, "c"),
        (
            r#"jsonencode({ b = [1, true, null], a = "x" })"#,
            r#"{"b":[1,true,null],"a":"x"}"#,
        ),
        (r#"jsonencode("x")"#, "\"x\""),
        (r#"basename("/a/b.json")"#, "b.json"),
        (r#"tostring(12)"#, "12"),
        (r#"chomp("a\n")"#, "a"),
        (
            "<<-EOT\n    one\n      two ${local.list[1]}\n    EOT\n",
            "one\n  two a\n",
        ),
        (
            "<<EOT\n%{ for k, v in local.map ~}\n${k}${v}\n%{ endfor ~}\n%{ if local.yes }x%{ else }y%{ endif }\nEOT\n",
            "a2\nx1\nx\n",
        ),
        (r#""%{ if local.yes ~}  on  %{~ endif }""#, "on"),
        (r#"{ "a" : { (local.list[1]) = "deep" } }.a["a"]"#, "deep"),
        (
            r#"data.aws_caller_identity.me.account_id"#,
            "${AWS::AccountId}",
        ),
        (
            r#"split(":", "arn:${data.aws_partition.here.partition}:iam::${data.aws_caller_identity.me.account_id}:x")[4]"#,
            "${AWS::AccountId}",
        ),
        (
            r#"lower("Node-${data.aws_region.here.name}")"#,
            "node-${AWS::Region}",
        ),
        (
            r#"data.aws_partition.here.partition == data.aws_partition.here.id ? "t" : "f""#,
            "t",
        ),
        (
            r#""ec2.${data.aws_partition.here.dns_suffix}""#,
            "ec2.amazonaws.com",
        ),
        (r#"provider::aws::nope(1) == 1 ? "t" : "t""#, "t"),
        (r#"core::upper("a")"#, "A"),
    ];
    let expressions: Vec<&str> = cases.iter().map(|(expression, _)| *expression).collect();
    for (value, (expression, expected)) in values(&expressions).iter().zip(cases) {
        assert_eq!(value, expected, "{expression}");
    }
}

#[test]
fn what_is_not_known_is_never_guessed() {
    let cases = [
        // Each with a word of the reason.
        (r#"var.unset"#, "`unset`"),
        (r#""x-${var.unset}""#, "`unset`"),
        (r#"join("-", ["a", var.unset])"#, "`unset`"),
        (r#"var.unset ? "a" : "b""#, "`unset`"),
        (r#"coalesce(var.unset, "a")"#, "`unset`"),
        (r#"try(var.unset, "a")"#, "`unset`"),
        (r#"[for x in var.unset : x][0]"#, "`unset`"),
        (r#"merge({ a = "1" }, var.unset).a"#, "`unset`"),
        (r#"flatten([["a"], var.unset])[0]"#, "`unset`"),
        (r#"toset(["a", var.unset])[0]"#, "`unset`"),
        (
            r#"length(compact(["a", "b"])) > var.unset ? "a" : "b""#,
            "`unset`",
        ),
        (r#"contains(["a", var.unset], "b") ? "a" : "b""#, "`unset`"),
        (
            r#"data.aws_region.here.name == "eu-west-1" ? "a" : "b""#,
            "${AWS::Region}",
        ),
        (
            r#"contains(["eu-west-1"], data.aws_region.here.name) ? "a" : "b""#,
            "symbol",
        ),
        (
            r#"{ eu-west-1 = "a" }[data.aws_region.here.name]"#,
            "${AWS::Region}",
        ),
        (
            r#"lookup({ eu-west-1 = "a" }, data.aws_region.here.name, "b")"#,
            "${AWS::Region}",
        ),
        (
            r#"substr(data.aws_caller_identity.me.account_id, 0, 4)"#,
            "substr",
        ),
        (
            r#"startswith(data.aws_region.here.name, "eu-") ? "a" : "b""#,
            "startswith",
        ),
        (r#"upper(data.aws_region.here.name)"#, "upper"),
        (r#"regex("a", "a")"#, "regex"),
        (r#"replace("ab", "/a/", "x")"#, "regular expression"),
        (r#"timestamp()"#, "timestamp"),
        (r#"uuid()"#, "uuid"),
        (r#"terraform.workspace"#, "terraform.workspace"),
        (r#"data.aws_ssm_parameter.p.value"#, "not declared"),
        (r#"local.nope"#, "local.nope"),
        (r#"local.map.nope"#, "nope"),
        (r#"local.list[3]"#, "element 3"),
        (r#"local.list[var.unset]"#, "index"),
        (r#"file("/etc/passwd")"#, "/etc/passwd"),
        (r#"1 / 0"#, "zero"),
        (r#"nope"#, "nope"),
        (r#"[1, 2]"#, "list"),
    ];
    let expressions: Vec<&str> = cases.iter().map(|(expression, _)| *expression).collect();
    for (value, (expression, word)) in values(&expressions).iter().zip(cases) {
        assert!(
            value.starts_with("? ") && value.contains(word),
            "{expression}: {value}"
        );
    }
}

#[test]
fn an_indented_heredoc_with_a_line_at_the_margin_keeps_all_its_text() {
    let flush = "<<-EOT\na:\n  b: \"${upper(\"x\")}\"\n  c: 1\nd: 2\n  EOT";
    let indented = "<<-EOT\n    a:\n      b: ${upper(\"x\")}\n    d: 2\n  EOT";
    let after_value = "<<-EOT\n  a\n${upper(\"x\")}\n  b\n  EOT";
    let within_value = "<<-EOT\n    a ${upper(\n\"x\"\n)}\n    b\n  EOT";
    assert_eq!(
        values(&[flush, indented, after_value, within_value]),
        [
            "a:\n  b: \"X\"\n  c: 1\nd: 2\n",
            "a:\n  b: X\nd: 2\n",
            "  a\nX\n  b\n",
            "a X\nb\n"
        ]
    );
}
