use std::fmt::Write as _;

use rolecall_sandbox_aws::sigv4::Credentials;
use serde::{Deserialize, Serialize};

/// What a shell needs for clients to find the sandbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Exports {
    /// `AWS_ENDPOINT_URL`
    pub endpoint_url: String,
    /// `AWS_ACCESS_KEY_ID`
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`
    pub secret_access_key: String,
    /// `AWS_REGION`
    pub region: String,
    /// `KUBECONFIG`, when a file was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubeconfig: Option<String>,
}

impl Exports {
    /// The variables and their values.
    #[must_use]
    pub fn variables(&self) -> Vec<(&'static str, &str)> {
        let mut variables = vec![
            ("AWS_ENDPOINT_URL", self.endpoint_url.as_str()),
            ("AWS_ACCESS_KEY_ID", &self.access_key_id),
            ("AWS_SECRET_ACCESS_KEY", &self.secret_access_key),
            ("AWS_REGION", &self.region),
            // Older tools look for this one only.
            ("AWS_DEFAULT_REGION", &self.region),
        ];
        if let Some(kubeconfig) = &self.kubeconfig {
            variables.push(("KUBECONFIG", kubeconfig));
        }
        variables
    }

    /// Lines for `eval`.
    #[must_use]
    pub fn to_shell(&self) -> String {
        let mut text = String::new();
        for (name, value) in self.variables() {
            let _ = writeln!(text, "export {name}={}", quoted(value));
        }
        text
    }
}

/// A word a POSIX shell reads back as it is.
fn quoted(value: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:=@%+,".contains(letter);
    if !value.is_empty() && value.chars().all(plain) {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', r"'\''"))
    }
}

/// A cluster in a kubeconfig.
#[derive(Debug, Clone)]
pub struct KubeconfigCluster {
    /// Its name in the file, also of its context.
    pub context: String,
    /// The cluster's name, as tokens are made for.
    pub name: String,
    /// Its endpoint.
    pub server: String,
    /// The certificate authority, PEM in base64.
    pub certificate_authority: String,
    /// Its region.
    pub region: String,
}

/// A kubeconfig whose users get tokens from `program`, this one or another, called with
/// `sandbox token --cluster NAME`.
#[must_use]
pub fn kubeconfig(
    clusters: &[KubeconfigCluster],
    program: &str,
    endpoint_url: &str,
    credentials: &Credentials,
) -> String {
    let json = |text: &str| serde_json::Value::from(text).to_string();
    let mut text = String::from("apiVersion: v1\nkind: Config\npreferences: {}\nclusters:\n");
    for cluster in clusters {
        let _ = write!(
            text,
            "- name: {}\n  cluster:\n    server: {}\n    certificate-authority-data: {}\n",
            json(&cluster.context),
            json(&cluster.server),
            cluster.certificate_authority
        );
    }
    text.push_str("contexts:\n");
    for cluster in clusters {
        let name = json(&cluster.context);
        let _ = write!(
            text,
            "- name: {name}\n  context:\n    cluster: {name}\n    user: {name}\n"
        );
    }
    if let Some(first) = clusters.first() {
        let _ = writeln!(text, "current-context: {}", json(&first.context));
    }
    text.push_str("users:\n");
    for cluster in clusters {
        let _ = write!(
            text,
            "- name: {}\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1beta1\n      \
             interactiveMode: Never\n      command: {}\n      args: [sandbox, token, --cluster, {}]\n      \
             env:\n",
            json(&cluster.context),
            json(program),
            json(&cluster.name)
        );
        for (name, value) in [
            ("AWS_ENDPOINT_URL", endpoint_url),
            ("AWS_ACCESS_KEY_ID", &credentials.access_key_id),
            ("AWS_SECRET_ACCESS_KEY", &credentials.secret_access_key),
            ("AWS_REGION", &cluster.region),
        ] {
            let _ = writeln!(text, "      - {{name: {name}, value: {}}}", json(value));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_the_exports_back() {
        let exports = Exports {
            endpoint_url: "http://127.0.0.1:4580".to_owned(),
            access_key_id: "AKIA".to_owned(),
            secret_access_key: "it's $ecret".to_owned(),
            region: "eu-central-1".to_owned(),
            kubeconfig: None,
        };
        insta::assert_snapshot!(exports.to_shell(), @r"
        export AWS_ENDPOINT_URL=http://127.0.0.1:4580
        export AWS_ACCESS_KEY_ID=AKIA
        export AWS_SECRET_ACCESS_KEY='it'\''s $ecret'
        export AWS_REGION=eu-central-1
        export AWS_DEFAULT_REGION=eu-central-1
        ");
    }
}
