//! Folders, links, encodings and files that cannot be read.

use rolecall_declared::{DiagnosticLevel, Options, read};

use super::support::Folder;

fn pool(name: &str) -> String {
    format!("apiVersion: karpenter.sh/v1\nkind: NodePool\nmetadata: {{name: {name}}}\n")
}

fn names(read: &rolecall_declared::Read) -> Vec<&str> {
    read.snapshot
        .node_pools
        .iter()
        .map(|pool| pool.name.as_str())
        .collect()
}

#[test]
fn gitignore_counts_outside_git_too_and_hidden_files_are_left_out() {
    let folder = Folder::new(&[
        (".gitignore", "ignored/\n*.tmp.yaml\n"),
        ("a.yaml", &pool("a")),
        ("b.tmp.yaml", &pool("b")),
        ("ignored/c.yaml", &pool("c")),
        (".hidden/d.yaml", &pool("d")),
        ("deep/er/e.yml", &pool("e")),
        ("notes.md", &pool("f")),
    ]);
    assert_eq!(names(&folder.read()), ["a", "e"]);
    // What is named is read.
    assert_eq!(
        names(&folder.read_paths(&["b.tmp.yaml", "notes.md", "ignored"])),
        ["b", "c", "f"]
    );
}

#[test]
fn order_and_repetition_of_paths_do_not_matter() {
    let folder = Folder::new(&[("x/a.yaml", &pool("a")), ("y/b.yaml", &pool("b"))]);
    let one = folder.read_paths(&["x", "y"]);
    let other = folder.read_paths(&["y", ".", "x/a.yaml"]);
    assert_eq!(one.snapshot.node_pools.len(), 2);
    assert_eq!(names(&one), names(&other));
}

#[test]
fn many_files_on_two_threads_come_in_order() {
    let folder = Folder::new(&[]);
    for i in 0..200 {
        folder.write(
            &format!("{:03}/p.yaml", 199 - i),
            pool(&format!("{:03}", 199 - i)).as_bytes(),
        );
    }
    let read = folder.read();
    let expected: Vec<String> = (0..200).map(|i| format!("{i:03}")).collect();
    assert_eq!(names(&read), expected);
}

#[cfg(unix)]
#[test]
fn links_are_followed_once_and_loops_are_reported() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new(&[("a/p.yaml", &pool("p"))]);
    symlink(folder.path().join("a"), folder.path().join("b")).unwrap();
    symlink("..", folder.path().join("a/up")).unwrap();
    symlink("nowhere.yaml", folder.path().join("dangling.yaml")).unwrap();
    let read = folder.read();
    assert_eq!(names(&read), ["p"]);
    assert!(
        read.diagnostics
            .iter()
            .all(|diagnostic| diagnostic.level == DiagnosticLevel::Note)
    );
    let shown = folder.show(&read);
    assert!(shown.contains("leads back to"), "{shown}");
    assert!(
        shown.contains("dangling.yaml:1:1: the link points at nothing"),
        "{shown}"
    );
}

#[test]
fn a_missing_path_is_an_error_with_a_next_step() {
    let folder = Folder::new(&[]);
    insta::assert_snapshot!(folder.show(&folder.read_paths(&["missing.yaml"])), @r"
    Error: missing.yaml:1:1: cannot be read: No such file or directory (os error 2)
      help: check the path; it is taken from the working directory
    ");
}

#[test]
fn text_that_is_not_utf8_is_reported_only_where_it_matters() {
    let folder = Folder::new(&[]);
    folder.write(
        "a.yaml",
        b"apiVersion: karpenter.sh/v1\nkind: NodePool # \xff\n",
    );
    folder.write("b.yaml", b"\xff\xfe\x00");
    insta::assert_snapshot!(folder.show(&folder.read()), @r"
    Error: a.yaml:2:18: not UTF-8 text
      help: save the file as UTF-8
    ");
}

#[test]
fn helm_templates_are_to_be_rendered_first() {
    let template = format!(
        "{}spec: {{{{ toYaml .Values.spec | nindent 2 }}}}\n",
        pool("{{ .Release.Name }}")
    );
    let folder = Folder::new(&[
        ("chart/Chart.yaml", "name: nodes\n"),
        ("chart/templates/a.yaml", &template),
        ("chart/templates/b.yaml", &template),
        ("chart/templates/plain.yaml", &pool("plain")),
        (
            "loose.yaml",
            "apiVersion: karpenter.sh/v1\nkind: NodePool\nmetadata:\n{{- include \"x\" . }}\n",
        ),
        ("other.yaml", "a: {{ b }}\n"),
    ]);
    let read = folder.read();
    assert_eq!(names(&read), ["plain"]);
    let notes: Vec<String> = read
        .diagnostics
        .iter()
        .map(|diagnostic| {
            let help = diagnostic.help.as_deref().unwrap_or_default();
            folder.relative(&format!("{diagnostic} / {help}"))
        })
        .collect();
    insta::assert_snapshot!(notes.join("\n"), @r"
    chart/templates/a.yaml:3:18: templates of a Helm chart are read only after rendering / render them first: helm template chart | rolecall check -
    loose.yaml:4:1: not YAML but a template of it, which is read only after rendering / render it first: helm template CHART | rolecall check -
    ");
}

#[test]
fn nothing_given_is_nothing_read() {
    let read = read(&[], &Options::default());
    assert!(read.diagnostics.is_empty() && read.sources.is_empty());
}

#[test]
fn a_plan_is_told_from_other_json() {
    let folder = Folder::new(&[
        (
            "plan.json",
            r#"{"format_version": "1.2", "terraform_version": "1.9.0", "planned_values": {"root_module": {"resources": [
          {"address": "aws_iam_role.node", "mode": "managed", "type": "aws_iam_role", "name": "node", "values": {"name": "Node", "path": "/x/"}}]}}}"#,
        ),
        ("package.json", r#"{"name": "x", "version": "1"}"#),
    ]);
    let read = folder.read();
    assert_eq!(read.snapshot.roles.len(), 1, "{}", folder.show(&read));
    assert_eq!(read.sources.len(), 1);
}

#[test]
fn texts_are_read_as_files_are() {
    let sources = vec![
        rolecall_declared::Source::new("a.yaml", &pool("a")),
        rolecall_declared::Source::new("b.json", "{\"apiVersion\": \"karpenter.sh/v1\", "),
    ];
    let read = rolecall_declared::read_sources(sources, &Options::default());
    assert_eq!(names(&read), ["a"]);
    assert_eq!(read.diagnostics.len(), 1);
}

const ROLE_PLAN: &str = r#"{"format_version": "1.2", "terraform_version": "1.9.0", "planned_values": {"root_module": {"resources": [
  {"address": "aws_iam_role.node", "mode": "managed", "type": "aws_iam_role", "name": "node", "values": {"name": "Node", "path": "/x/"}}]}}}"#;
const ROLE_HCL: &str = "resource \"aws_iam_role\" \"node\" {\n  name               = \"Node\"\n  path               = \"/x/\"\n  assume_role_policy = \"{}\"\n}\n";

#[test]
fn a_plan_beside_its_configuration_speaks_for_it() {
    let folder = Folder::new(&[
        ("prod/plan.json", ROLE_PLAN),
        ("prod/main.tf", ROLE_HCL),
        ("test/main.tf", ROLE_HCL),
    ]);
    let read = folder.read();
    let origins: Vec<String> = read
        .snapshot
        .roles
        .iter()
        .map(|role| folder.relative(&role.origin.as_file().unwrap().path))
        .collect();
    assert_eq!(origins, ["prod/plan.json", "test/main.tf"]);
    assert_eq!(read.diagnostics.len(), 1);
    assert!(
        read.diagnostics[0]
            .message
            .contains("plan.json` is a plan or state of it")
    );

    let apart = Folder::new(&[("plan.json", ROLE_PLAN), ("infra/main.tf", ROLE_HCL)]);
    assert_eq!(apart.read().snapshot.roles.len(), 1);
    let unclear = Folder::new(&[
        ("plan.json", ROLE_PLAN),
        ("a/main.tf", ROLE_HCL),
        ("b/main.tf", ROLE_HCL),
    ]);
    assert_eq!(unclear.read().snapshot.roles.len(), 3);
}

#[test]
fn a_terraform_file_stands_for_its_folder_and_a_module_for_its_caller() {
    let folder = Folder::new(&[
        (
            "main.tf",
            "module \"role\" {\n  source = \"./role\"\n  name   = var.name\n}\n",
        ),
        (
            "variables.tf",
            "variable \"name\" {\n  default = \"Node\"\n}\n",
        ),
        (
            "role/main.tf",
            "variable \"name\" {}\nresource \"aws_iam_role\" \"this\" {\n  name               = var.name\n  assume_role_policy = \"{}\"\n}\n",
        ),
    ]);
    for read in [folder.read(), folder.read_paths(&["main.tf"])] {
        let names: Vec<_> = read
            .snapshot
            .roles
            .iter()
            .map(|role| role.name.value().cloned())
            .collect();
        assert_eq!(names, [Some("Node".to_owned())], "{}", folder.show(&read));
        let place = read.snapshot.roles[0].origin.as_file().unwrap();
        assert!(read.sources.contains_key(&place.path), "{}", place.path);
    }
}

#[test]
fn patches_of_kustomize_are_to_be_built_first() {
    let class = |role: &str| {
        format!(
            "apiVersion: karpenter.k8s.aws/v1\nkind: EC2NodeClass\nmetadata: {{name: web}}\nspec: {{role: {role}}}\n"
        )
    };
    let folder = Folder::new(&[
        ("base/class.yaml", &class("Base")),
        ("base/kustomization.yaml", "resources: [class.yaml]\n"),
        ("prod/role.yaml", &class("Prod")),
        (
            "prod/kustomization.yaml",
            "resources: [../base]\npatches:\n  - path: role.yaml\n",
        ),
        (
            "test/kustomization.yaml",
            "resources: [../base]\npatches:\n  - target: {kind: EC2NodeClass}\n    patch: |-\n      - {op: replace, path: /spec/role, value: Test}\n",
        ),
        (
            "apps/kustomization.yaml",
            "patches: [{path: replicas.yaml}]\n",
        ),
        (
            "apps/replicas.yaml",
            "apiVersion: apps/v1\nkind: Deployment\n",
        ),
    ]);
    let read = folder.read();
    assert_eq!(read.snapshot.node_classes.len(), 1);
    let notes: Vec<String> = read
        .diagnostics
        .iter()
        .map(|diagnostic| folder.relative(&format!("{diagnostic} / {:?}", diagnostic.help)))
        .collect();
    insta::assert_snapshot!(notes.join("\n"), @r#"
    prod/kustomization.yaml:3:5: patches of kustomize are read only after building / Some("build it first: kubectl kustomize prod | rolecall check -")
    test/kustomization.yaml:3:5: patches of kustomize are read only after building / Some("build it first: kubectl kustomize test | rolecall check -")
    "#);
    assert_eq!(
        folder
            .read_paths(&["prod/role.yaml"])
            .snapshot
            .node_classes
            .len(),
        1
    );
}

#[test]
fn text_without_a_telling_name_is_read_as_what_it_is() {
    let folder = Folder::new(&[
        (
            "flow",
            "{apiVersion: karpenter.sh/v1, kind: NodePool, metadata: {name: flow}}",
        ),
        (
            "json",
            "{\"apiVersion\": \"karpenter.sh/v1\", \"kind\": \"NodePool\", \"metadata\": {\"name\": \"json\"}}",
        ),
        ("broken", "{\"apiVersion\": \"karpenter.sh/v1\", \"kind\": "),
        (
            "terraform.tfstate",
            "{\"version\": 4, \"terraform_version\": \"1.9.0\", \"lineage\": \"x\", \"resources\": []}",
        ),
    ]);
    let read = folder.read_paths(&["flow", "json", "broken", "terraform.tfstate"]);
    assert_eq!(names(&read), ["flow", "json"]);
    let shown = folder.show(&read);
    let errors: Vec<&str> = shown
        .lines()
        .filter(|line| line.starts_with("Error"))
        .collect();
    insta::assert_snapshot!(errors.join("\n"), @r"
    Error: broken:1:43: not valid JSON: expected value after colon in object property
    Error: terraform.tfstate:1:1: a raw state file, whose format Terraform keeps to itself
    ");
}
