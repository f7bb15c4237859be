//! Asking a sandbox that runs.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::TcpStream;

use crate::exports::Exports;

/// How long a sandbox on this machine may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why a sandbox did not tell its exports.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Nothing listens on the port.
    #[error("nothing listens there ({0})")]
    Nobody(std::io::Error),
    /// Something else does.
    #[error("what listens there is no sandbox")]
    SomethingElse,
    /// It takes too long.
    #[error("it did not answer within {} seconds", PATIENCE.as_secs())]
    TooSlow,
}

/// The exports of the sandbox whose AWS endpoint is on this port of this machine.
///
/// # Errors
/// When no sandbox answers there.
pub async fn running_exports(port: u16) -> Result<Exports, AskError> {
    match tokio::time::timeout(PATIENCE, ask(port)).await {
        Ok(answer) => answer,
        Err(_) => Err(AskError::TooSlow),
    }
}

async fn ask(port: u16) -> Result<Exports, AskError> {
    #[derive(Deserialize)]
    struct Status {
        exports: Exports,
    }
    let stream = TcpStream::connect(("127.0.0.1", port))
        .await
        .map_err(AskError::Nobody)?;
    let something_else = |_| AskError::SomethingElse;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake::<_, Empty<Bytes>>(TokioIo::new(stream))
            .await
            .map_err(something_else)?;
    let connection = tokio::spawn(connection);
    let request = Request::get("/_rolecall/")
        .header("host", format!("127.0.0.1:{port}"))
        .body(Empty::new())
        .map_err(|_| AskError::SomethingElse)?;
    let response = sender.send_request(request).await.map_err(something_else)?;
    let body = response
        .into_body()
        .collect()
        .await
        .map_err(something_else)?;
    connection.abort();
    let status: Status =
        serde_json::from_slice(&body.to_bytes()).map_err(|_| AskError::SomethingElse)?;
    Ok(status.exports)
}
