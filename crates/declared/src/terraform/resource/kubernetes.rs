//! Kubernetes objects that Terraform resources hold.

use rolecall_facts::{AwsAuth, Fact, Origin};

use super::{Declared, Resource};
use crate::output::Output;
use crate::tree::{Node, Value, yaml};
use crate::{Diagnostic, Source, kubernetes};

/// Marks text of a heredoc, whose lines are those of the file.
pub(crate) const HEREDOC_TAG: &str = "terraform-heredoc";

pub(super) fn read(declared: &Declared, out: &mut Output) {
    for resource in declared.certain("kubernetes_manifest") {
        if let Some(manifest) = resource.argument("manifest") {
            kubernetes::read_object(manifest, out);
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
        kubernetes::read_object(body, out);
        return;
    };
    let path = body.origin.as_file().map_or("-", |file| &file.path);
    let (documents, problems) = yaml::parse(&Source::new(path, text));
    for mut document in documents {
        replace_origins(&mut document, body);
        kubernetes::read_object(&document, out);
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
            cluster: None,
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
    kubernetes::read_object(&Node::new(Value::Map(entries), origin), out);
}
