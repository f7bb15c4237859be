//! Which reader a file or document is for.

use std::path::Path;

use rolecall_facts::{Origin, Why};

use super::walk::File;
use super::{load, planned, sniff};
use crate::output::Output;
use crate::tree::yaml::{self, Document};
use crate::tree::{Node, Value, json};
use crate::{Diagnostic, Source, cloudformation, eksctl, kubernetes, terraform};

/// Reads a file that is not Terraform's own language; with its source if it was of interest.
pub(super) fn read_file(file: &File) -> (Output, Option<Source>) {
    let mut output = Output::default();
    match load::load(&file.path, sniff::is_interesting) {
        Ok(None) => (output, None),
        Ok(Some(source)) => {
            read_source(&source, &file.path, &mut output);
            let used = !output.is_empty();
            (output, used.then_some(source))
        }
        Err(diagnostic) => {
            output.diagnostics.push(diagnostic);
            (output, None)
        }
    }
}

/// Reads a text as JSON or YAML, by its extension and else by its first character.
pub(crate) fn read_source(source: &Source, path: &Path, output: &mut Output) {
    let extension = path.extension().and_then(|extension| extension.to_str());
    let is_json = match extension {
        Some("json") => true,
        Some("yaml" | "yml") => false,
        _ => source.text.trim_start().starts_with('{'),
    };
    if is_json {
        match json::parse(source) {
            Ok(node) => read_tree(source, node, output),
            Err(diagnostic) => match flow_yaml(source, extension) {
                Some(node) => read_tree(source, node, output),
                None => output.diagnostics.push(diagnostic),
            },
        }
        return;
    }
    if let Some(chart) = chart_of(path).filter(|_| source.text.contains("{{")) {
        let chart = match chart.as_os_str().is_empty() {
            true => ".".to_owned(),
            false => chart.display().to_string(),
        };
        output.unrendered.push((chart, place_of_braces(source)));
        return;
    }
    for document in yaml::documents(&source.text) {
        if sniff::is_document_interesting(document.text) {
            read_document(source, document, output);
        }
    }
}

/// The only document of a text that begins like JSON but is YAML's flow style, unless its extension says
/// that it is JSON.
fn flow_yaml(source: &Source, extension: Option<&str>) -> Option<Node> {
    let (mut nodes, problems) = match extension {
        Some("json") => return None,
        _ => yaml::parse(source),
    };
    (problems.is_empty() && nodes.len() == 1)
        .then(|| nodes.pop())
        .flatten()
}

fn read_document(source: &Source, document: Document<'_>, output: &mut Output) {
    match yaml::parse_document(source, document) {
        Ok(Some(node)) => read_tree(source, node, output),
        Ok(None) => {}
        Err(_) if !sniff::is_broken_document_interesting(document.text) => {}
        Err(_) if document.text.contains("{{") => output.diagnostics.push(
            Diagnostic::note(
                "not YAML but a template of it, which is read only after rendering",
                place_of_braces(source),
            )
            .with_help("render it first: helm template CHART | rolecall check -"),
        ),
        Err(diagnostic) => output
            .diagnostics
            .push(diagnostic.with_help("the other documents and files were read all the same")),
    }
}

fn read_tree(source: &Source, mut node: Node, output: &mut Output) {
    let text = |key: &str| node.get(key).and_then(Node::as_str).unwrap_or_default();
    let has = |key: &str| node.get(key).is_some();
    if has("format_version") && (has("terraform_version") || has("planned_values") || has("values"))
    {
        output.plans.push(planned::contents(source, &node));
        terraform::read_plan(source, &node, output);
    } else if has("lineage") && has("terraform_version") && has("resources") {
        output.diagnostics.push(
            Diagnostic::error(
                "a raw state file, whose format Terraform keeps to itself",
                node.origin.clone(),
            )
            .with_help("write it as JSON for other programs: terraform show -json > state.json"),
        );
    } else if text("apiVersion").starts_with("eksctl.io/") {
        if text("kind") == "ClusterConfig" {
            blank_object(&mut node);
            eksctl::read(&node, output);
        }
    } else if has("apiVersion") {
        blank_object(&mut node);
        kubernetes::read_object(&node, output);
    } else if cloudformation::is_template(&node) {
        cloudformation::read(source, &node, output);
    }
}

/// Makes texts of an object unknown that hold a placeholder of another tool, such as
/// `${CLUSTER_NAME}` for `envsubst` or `{{ .Values.role }}`. Names of objects stay as they are, and
/// the data of a ConfigMap is looked at where it is read.
fn blank_object(object: &mut Node) {
    let is_list = object
        .get("kind")
        .and_then(Node::as_str)
        .is_some_and(|kind| kind.ends_with("List"));
    let Value::Map(entries) = &mut object.value else {
        return;
    };
    for (key, value) in entries {
        match (key.as_str(), &mut value.value) {
            (Some("data" | "metadata"), _) => {}
            (Some("items"), Value::List(items)) if is_list => {
                items.iter_mut().for_each(blank_object);
            }
            _ => blank_placeholders(value),
        }
    }
}

fn blank_placeholders(node: &mut Node) {
    match &mut node.value {
        // A document inside a string is looked at where it is read.
        Value::String(text) if text.trim_start().starts_with('{') && !text.starts_with("{{") => {}
        Value::String(text) => {
            if let Some(placeholder) = kubernetes::placeholder::find(text) {
                let why = Why::not_evaluated(format!("the placeholder `{placeholder}`"));
                node.value = Value::Unknown(why);
            }
        }
        Value::List(items) => items.iter_mut().for_each(blank_placeholders),
        Value::Map(entries) => {
            for (_, value) in entries {
                blank_placeholders(value);
            }
        }
        _ => {}
    }
}

/// The chart folder above a file in its `templates` folder.
fn chart_of(path: &Path) -> Option<&Path> {
    path.ancestors()
        .filter(|folder| folder.file_name().is_some_and(|name| name == "templates"))
        .filter_map(Path::parent)
        .find(|chart| chart.join("Chart.yaml").is_file())
}

fn place_of_braces(source: &Source) -> Origin {
    let before = source.text.split("{{").next().unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let last_line = before.rsplit('\n').next().unwrap_or_default();
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    source.at(number(line), number(last_line.chars().count() + 1), 2)
}

/// One note for each chart whose templates were met, at the first of them.
pub(super) fn note_charts(output: &mut Output) {
    let mut unrendered = std::mem::take(&mut output.unrendered);
    unrendered.sort();
    unrendered.dedup_by(|(next, _), (first, _)| next == first);
    output
        .diagnostics
        .extend(unrendered.into_iter().map(|(chart, origin)| {
            Diagnostic::note(
                "templates of a Helm chart are read only after rendering",
                origin,
            )
            .with_help(format!(
                "render them first: helm template {chart} | rolecall check -"
            ))
        }));
}
