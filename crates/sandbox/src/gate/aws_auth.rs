//! Mappings by `aws-auth`.

use bytes::Bytes;
use http::Request;
use rolecall_declared::{Options, Source, read_sources};
use rolecall_facts::AwsAuthRole;
use rolecall_sandbox_kube::{ApiServer, User};
use serde_json::{Value, json};

use super::Presented;

/// The user an identity is mapped to, by the text of its ARN without path. Whose session is not named
/// after an instance gets no `{{EC2PrivateDNSName}}` (kubernetes-sigs/aws-iam-authenticator,
/// `pkg/server`).
pub(super) fn user(
    server: &ApiServer,
    presented: &Presented,
    private_dns_name: impl Fn(&str) -> Option<String>,
) -> Option<User> {
    let data = config_map(server)?;
    let canonical = presented.canonical_arn();
    let text = |key: &str| data.get(key).and_then(Value::as_str).unwrap_or_default();
    let of_users = as_roles(text("mapUsers"));
    let mapped = [text("mapRoles"), &of_users]
        .iter()
        .flat_map(|items| items_of(items))
        .find(|item| {
            item.role_arn
                .value()
                .is_some_and(|arn| arn.eq_ignore_ascii_case(&canonical))
        });
    if let Some(item) = mapped {
        let template = item.username.value().map_or("", String::as_str);
        let groups = item.groups.value().cloned().unwrap_or_default();
        return Some(User {
            name: username(template, presented, private_dns_name)?,
            groups,
            ..User::default()
        });
    }
    let accounts = text("mapAccounts");
    accounts.contains(&presented.account).then(|| User {
        name: canonical,
        ..User::default()
    })
}

/// Fills a user name's placeholders in. `None` when one has no value: the identity is refused then.
pub(super) fn username(
    template: &str,
    presented: &Presented,
    private_dns_name: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let session = presented.session.as_deref().unwrap_or_default();
    let mut name = template
        .replace("{{AccountID}}", &presented.account)
        .replace("{{AccessKeyID}}", &presented.access_key_id)
        .replace("{{SessionNameRaw}}", session)
        .replace("{{SessionName}}", &session.replace('@', "-"));
    if name.contains("{{EC2PrivateDNSName}}") {
        name = name.replace("{{EC2PrivateDNSName}}", &private_dns_name(session)?);
    }
    Some(name)
}

/// `mapUsers` has the shape of `mapRoles` but for one key.
fn as_roles(users: &str) -> String {
    let mut text = users.to_owned();
    for key in ["userarn", "userARN", "userArn", "UserARN", "UserArn"] {
        text = text.replace(key, "rolearn");
    }
    text
}

/// The items the authenticator would keep, read as `check` reads them.
fn items_of(items: &str) -> Vec<AwsAuthRole> {
    let object = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "aws-auth", "namespace": "kube-system"},
        "data": {"mapRoles": items},
    });
    let source = Source::new("aws-auth.json", &object.to_string());
    let read = read_sources(vec![source], &Options::default());
    read.snapshot
        .aws_auth
        .into_iter()
        .filter_map(|map| map.map_roles.value().cloned())
        .flatten()
        .collect()
}

fn config_map(server: &ApiServer) -> Option<Value> {
    let mut request = Request::get("/api/v1/namespaces/kube-system/configmaps/aws-auth")
        .body(Bytes::new())
        .ok()?;
    request.extensions_mut().insert(User::master());
    let response = server.handle(request).whole()?;
    let object: Value = serde_json::from_slice(response.body()).ok()?;
    object.get("data").cloned()
}

/// Adds a line to `mapRoles`, as EKS does for the role of a node group.
pub(crate) fn add_line(server: &ApiServer, line: &rolecall_sandbox_aws::eks::AwsAuthLine) {
    let present = config_map(server);
    let text = present
        .as_ref()
        .and_then(|data| data.get("mapRoles")?.as_str())
        .unwrap_or_default();
    if text.contains(&line.role_arn) {
        return;
    }
    let mut added = text.trim_end().to_owned();
    if !added.is_empty() {
        added.push('\n');
    }
    added.push_str("- groups:\n");
    for group in &line.groups {
        added.push_str(&format!("  - {group}\n"));
    }
    added.push_str(&format!(
        "  rolearn: {}\n  username: {}\n",
        line.role_arn, line.username
    ));
    let object = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "aws-auth", "namespace": "kube-system"},
        "data": {"mapRoles": added},
    });
    let path = "/api/v1/namespaces/kube-system/configmaps";
    let request = if present.is_some() {
        Request::patch(format!("{path}/aws-auth?fieldManager=vpcLambda"))
            .header("content-type", "application/merge-patch+json")
    } else {
        Request::post(format!("{path}?fieldManager=vpcLambda"))
            .header("content-type", "application/json")
    };
    if let Ok(mut request) = request.body(Bytes::from(object.to_string())) {
        request.extensions_mut().insert(User::master());
        let _ = server.handle(request);
    }
}
