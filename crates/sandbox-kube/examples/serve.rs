//! One cluster to try by hand: `cargo run --example serve -- [KUBECONFIG] [PORT]`, then
//! `kubectl --kubeconfig KUBECONFIG get nodepools`. Everyone may do everything.
#![expect(clippy::print_stdout, reason = "an example speaks to whoever runs it")]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use rolecall_sandbox_kube::serve::{Alone, Identity, serve};
use rolecall_sandbox_kube::{ApiServer, Attributes, Gate, Opinion, Settings, User};
use serde_json::json;
use tokio::net::TcpListener;

/// Lets everyone in as the administrator.
struct Open;

impl Gate for Open {
    fn authenticate(&self, _token: &str) -> Option<User> {
        Some(User::master())
    }

    fn allows(&self, _user: &User, _ask: &Attributes<'_>) -> Opinion {
        Opinion::Allowed
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments
        .next()
        .unwrap_or_else(|| "target/kubeconfig.json".to_owned());
    let port: u16 = arguments.next().map_or(Ok(0), |port| port.parse())?;
    let cluster = Arc::new(ApiServer::new(Settings::new(Arc::new(Open))));
    let identity = Identity::generate(&[])?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let serving = serve(listener, &identity, Arc::new(Alone(cluster)))?;
    let kubeconfig = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "sandbox",
        "clusters": [{"name": "sandbox", "cluster": {
            "server": format!("https://{}/clusters/c1", serving.address()),
            "certificate-authority-data": identity.certificate_authority_base64(),
        }}],
        "users": [{"name": "me", "user": {"token": "anything"}}],
        "contexts": [{"name": "sandbox", "context": {"cluster": "sandbox", "user": "me"}}],
    });
    std::fs::write(&path, kubeconfig.to_string())?;
    println!(
        "serving on https://{}; export KUBECONFIG={path}",
        serving.address()
    );
    tokio::signal::ctrl_c().await?;
    serving.shutdown(Duration::from_secs(1)).await;
    Ok(())
}
