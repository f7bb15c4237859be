//! Putting what files declare into the world.

use bytes::Bytes;
use http::Request;
use rolecall_sandbox_aws::eks::ClusterKey;
use rolecall_sandbox_kube::{ApiServer, User};

use super::World;
use super::definitions::{define, needed};
use crate::load::{self, Load, LoadedCluster, Note};

impl World {
    /// Puts what files declare into the accounts and clusters, and tells what did not become what
    /// they say.
    #[must_use]
    pub fn load(&self, load: &Load) -> Vec<Note> {
        let aws = &self.0.aws;
        let mut loaded = aws.seen_at_once(|| load::load(aws, load));
        self.changed();
        for cluster in &loaded.clusters {
            self.apply(cluster, &mut loaded.notes);
        }
        self.write_aws_auth();
        loaded.notes
    }

    fn apply(&self, cluster: &LoadedCluster, notes: &mut Vec<Note>) {
        let key = ClusterKey {
            account: cluster.account,
            region: cluster.region.clone(),
            name: cluster.name.clone(),
        };
        let Some(running) = self.0.clusters.read().get(&key).cloned() else {
            return;
        };
        for (object, origin) in &cluster.objects {
            define(&running.server, needed(&running.server, object));
            if let Err(problem) = apply(&running.server, object) {
                notes.push(Note {
                    message: problem,
                    origin: origin.clone(),
                });
            }
        }
    }
}

/// Applies an object as the cluster's administrator.
fn apply(server: &ApiServer, object: &serde_json::Value) -> Result<(), String> {
    let text = |place: &str| object.pointer(place).and_then(serde_json::Value::as_str);
    let kind = text("/kind").unwrap_or_default();
    let name = text("/metadata/name").unwrap_or_default();
    let version = text("/apiVersion").unwrap_or_default();
    let collection = match kind {
        "NodePool" => "nodepools",
        "NodeClass" => "nodeclasses",
        "NodeClaim" => "nodeclaims",
        "EC2NodeClass" => "ec2nodeclasses",
        _ => "configmaps",
    };
    let path = match text("/metadata/namespace") {
        Some(namespace) if collection == "configmaps" => {
            format!("/api/{version}/namespaces/{namespace}/{collection}/{name}")
        }
        _ => format!("/apis/{version}/{collection}/{name}"),
    };
    let request = Request::patch(format!(
        "{path}?fieldManager=kubectl&force=true&fieldValidation=Warn"
    ))
    .header("content-type", "application/apply-patch+yaml")
    .body(Bytes::from(object.to_string()));
    let mut request =
        request.map_err(|error| format!("{kind} `{name}` was not applied: {error}"))?;
    request.extensions_mut().insert(User::master());
    let response = server.handle(request).whole();
    match response {
        Some(response) if response.status().is_success() => Ok(()),
        Some(response) => {
            let status: serde_json::Value =
                serde_json::from_slice(response.body()).unwrap_or_default();
            let message = status
                .get("message")
                .and_then(serde_json::Value::as_str)
                .unwrap_or_default();
            Err(format!("{kind} `{name}` was not applied: {message}"))
        }
        None => Err(format!(
            "{kind} `{name}` was not applied: the server began a watch"
        )),
    }
}
