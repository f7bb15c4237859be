//! Kubernetes objects that Terraform resources hold.

use std::collections::HashSet;

use rolecall_facts::{AwsAuth, Fact, Origin, Reference, Snapshot};

use super::{Declared, Resource, blocks};
use crate::output::Output;
use crate::tree::{Node, Value, yaml};
use crate::{Diagnostic, Source, kubernetes};

/// Marks text of a heredoc, whose lines are those of the file.
pub(crate) const HEREDOC_TAG: &str = "terraform-heredoc";

/// Marks the text of a file; the file's path follows.
pub(crate) const FILE_TAG: &str = "terraform-file:";

pub(super) fn read(declared: &Declared, out: &mut Output) {
    for resource in declared.certain("kubernetes_manifest") {
        if let Some(manifest) = resource.argument("manifest") {
            read_object(resource, manifest.clone(), out);
        }
    }
    for resource in declared.certain("kubectl_manifest") {
        yaml_body(resource, out);
    }
    for kind in [
        "kubernetes_config_map",
        "kubernetes_config_map_v1",
        "kubernetes_config_map_v1_data",
    ] {
        for resource in declared.certain(kind) {
            config_map(resource, out);
        }
    }
}

/// `kubectl_manifest` holds YAML text, or what `yamlencode` was given.
fn yaml_body(resource: &Resource, out: &mut Output) {
    let Some(body) = resource.argument("yaml_body") else {
        return;
    };
    let Some(text) = body.as_str() else {
        read_object(resource, body.clone(), out);
        return;
    };
    let file = body
        .tag
        .as_deref()
        .and_then(|tag| tag.strip_prefix(FILE_TAG));
    if let Some(path) = file {
        let (documents, problems) = yaml::parse(&Source::new(path, text));
        for mut document in documents {
            set_address(&mut document, &resource.address);
            read_object(resource, document, out);
        }
        out.diagnostics.extend(problems);
        return;
    }
    let path = body.origin.as_file().map_or("-", |file| &file.path);
    let (documents, problems) = yaml::parse(&Source::new(path, text));
    for mut document in documents {
        replace_origins(&mut document, body);
        read_object(resource, document, out);
    }
    out.diagnostics
        .extend(problems.into_iter().map(|problem| Diagnostic {
            message: format!("`yaml_body` of `{}`: {}", resource.address, problem.message),
            origin: place_in_body(&problem.origin, body),
            ..problem
        }));
}

fn replace_origins(node: &mut Node, body: &Node) {
    node.origin = place_in_body(&node.origin, body);
    match &mut node.value {
        Value::List(items) => items
            .iter_mut()
            .for_each(|item| replace_origins(item, body)),
        Value::Map(entries) => entries.iter_mut().for_each(|(key, value)| {
            replace_origins(key, body);
            replace_origins(value, body);
        }),
        _ => {}
    }
}

/// Where a place of the text stands in the file that holds the text: in a heredoc on the line after
/// its opening, otherwise only the text itself can be named.
fn place_in_body(inner: &Origin, body: &Node) -> Origin {
    let (Origin::File(inner), Origin::File(outer)) = (inner, &body.origin) else {
        return body.origin.clone();
    };
    if body.tag.as_deref() != Some(HEREDOC_TAG) {
        return body.origin.clone();
    }
    let mut place = inner.clone();
    place.path = outer.path.clone();
    place.line = outer.line.saturating_add(inner.line);
    place.address.clone_from(&outer.address);
    Origin::File(place)
}

/// Only `aws-auth` of `kube-system` matters; it is read as the object it makes.
fn config_map(resource: &Resource, out: &mut Output) {
    let Some(metadata) = resource.block("metadata") else {
        return;
    };
    if metadata.get("name").and_then(Node::as_str) != Some("aws-auth") {
        return;
    }
    let origin = resource.origin();
    let text = |text: &str| Node::string(text, origin.clone());
    let data = resource.required("data");
    // `yamlencode` of mappings of which some are not known: they are read as they are.
    if let Some(Node {
        value: Value::List(items),
        origin: place,
        ..
    }) = data.get("mapRoles")
    {
        let (roles, problems) = kubernetes::aws_auth::roles_of_items(items, "rolearn");
        out.snapshot.aws_auth.push(AwsAuth {
            cluster: resource.cluster.clone(),
            map_roles: Fact::known(roles, place.clone()),
            problems,
            origin,
        });
        return;
    }
    let entries = vec![
        (text("apiVersion"), text("v1")),
        (text("kind"), text("ConfigMap")),
        (text("metadata"), metadata.clone()),
        (text("data"), data),
    ];
    read_object(resource, Node::new(Value::Map(entries), origin), out);
}

/// Reads an object that is declared by a resource and applied to its provider's cluster.
fn read_object(resource: &Resource, mut object: Node, out: &mut Output) {
    object.object = Some(resource.id.clone());
    let mut read = Output::default();
    kubernetes::read_object(&object, &mut read);
    let snapshot = &mut read.snapshot;
    let pools = snapshot.node_pools.iter_mut().map(|pool| &mut pool.cluster);
    let classes = snapshot
        .node_classes
        .iter_mut()
        .map(|class| &mut class.cluster);
    let maps = snapshot.aws_auth.iter_mut().map(|map| &mut map.cluster);
    for cluster in pools.chain(classes).chain(maps) {
        if cluster.is_none() {
            cluster.clone_from(&resource.cluster);
        }
    }
    out.append(read);
}

/// The cluster that a provider of Kubernetes objects speaks to: the name it asks a token for, or the
/// one whose endpoint it uses.
pub(crate) fn cluster_of_provider(arguments: &Node) -> Option<Reference<String>> {
    let exec = arguments.get("exec").into_iter().flat_map(blocks);
    for block in exec {
        let items = block.get("args").map_or(&[][..], Node::items);
        let mut after = items
            .iter()
            .skip_while(|item| item.as_str() != Some("--cluster-name"));
        if let Some(name) = after.nth(1) {
            return Some(name.text_reference());
        }
    }
    let host = arguments.get("host")?;
    host.object.is_some().then(|| host.text_reference())
}

/// Takes out manifests that were found in their file and through the resource that reads the file;
/// the resource's is kept, for it knows more.
pub(crate) fn drop_read_twice(snapshot: &mut Snapshot) {
    let place = |name: &str, origin: &Origin| {
        let file = origin.as_file()?;
        let path = file.path.strip_prefix("./").unwrap_or(&file.path);
        let place = (path.to_owned(), file.line, file.column, name.to_owned());
        Some((place, file.address.is_some()))
    };
    let pools = snapshot
        .node_pools
        .iter()
        .map(|pool| (&*pool.name, &pool.origin));
    let classes = snapshot
        .node_classes
        .iter()
        .map(|class| (&*class.name, &class.origin));
    let held: HashSet<_> = pools
        .chain(classes)
        .filter_map(|(name, origin)| place(name, origin))
        .filter_map(|(place, by_resource)| by_resource.then_some(place))
        .collect();
    if held.is_empty() {
        return;
    }
    let keep = |name: &str, origin: &Origin| {
        place(name, origin).is_none_or(|(place, by_resource)| by_resource || !held.contains(&place))
    };
    snapshot
        .node_pools
        .retain(|pool| keep(&pool.name, &pool.origin));
    snapshot
        .node_classes
        .retain(|class| keep(&class.name, &class.origin));
}

fn set_address(node: &mut Node, address: &str) {
    node.origin = node.origin.clone().with_address(address);
    match &mut node.value {
        Value::List(items) => items.iter_mut().for_each(|item| set_address(item, address)),
        Value::Map(entries) => entries.iter_mut().for_each(|(key, value)| {
            set_address(key, address);
            set_address(value, address);
        }),
        _ => {}
    }
}
