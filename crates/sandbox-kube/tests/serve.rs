//! The server over TLS: what it answers, and that clients who misbehave harm nobody else.
#![expect(clippy::expect_used, reason = "a connection that fails ends the test")]

use std::sync::Arc;
use std::time::Duration;

use rolecall_sandbox_kube::serve::{
    Alone, Clusters, Identity, Limits, Serving, serve, serve_within,
};
use rolecall_sandbox_kube::{ApiServer, Attributes, Gate, Opinion, Settings, User};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

struct Open;

impl Gate for Open {
    fn authenticate(&self, _token: &str) -> Option<User> {
        Some(User::master())
    }

    fn allows(&self, _user: &User, _ask: &Attributes<'_>) -> Opinion {
        Opinion::Allowed
    }
}

fn cluster() -> Arc<ApiServer> {
    Arc::new(ApiServer::new(Settings::new(Arc::new(Open))))
}

struct Two(Arc<ApiServer>);

impl Clusters for Two {
    fn find(&self, id: &str) -> Option<Arc<ApiServer>> {
        ["c1", "c2"].contains(&id).then(|| self.0.clone())
    }
}

async fn start(clusters: Arc<dyn Clusters>, limits: Limits) -> (Serving, TlsConnector) {
    let identity = Identity::generate(&[]).expect("an identity");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let serving = serve_within(listener, &identity, clusters, limits).expect("a server");
    let mut roots = RootCertStore::empty();
    let ca = CertificateDer::from_pem_slice(identity.ca.as_bytes()).expect("a certificate");
    roots.add(ca).expect("a root");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("protocols")
        .with_root_certificates(roots)
        .with_no_client_auth();
    (serving, TlsConnector::from(Arc::new(config)))
}

async fn connect(serving: &Serving, tls: &TlsConnector) -> TlsStream<TcpStream> {
    let stream = TcpStream::connect(serving.address())
        .await
        .expect("a connection");
    let name = ServerName::try_from("127.0.0.1").expect("a name");
    tls.connect(name, stream).await.expect("a handshake")
}

async fn send(serving: &Serving, tls: &TlsConnector, request: &str) -> String {
    let mut stream = connect(serving, tls).await;
    stream.write_all(request.as_bytes()).await.expect("written");
    let mut answer = Vec::new();
    // A server that closes without TLS' goodbye has still said all.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

fn get(path: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer t\r\nconnection: close\r\n\r\n"
    )
}

#[tokio::test]
async fn clusters_are_told_apart_by_their_prefix() {
    let (serving, tls) = start(Arc::new(Two(cluster())), Limits::default()).await;
    let found = send(&serving, &tls, &get("/clusters/c1/api")).await;
    assert!(found.starts_with("HTTP/1.1 200"), "{found}");
    assert!(found.contains("APIVersions"), "{found}");
    for path in [
        "/clusters/c3/api",
        "/api",
        "/clusters/",
        "/clusters/c1x/api",
    ] {
        let refused = send(&serving, &tls, &get(path)).await;
        assert!(refused.starts_with("HTTP/1.1 404"), "{path}: {refused}");
        assert!(refused.contains(r#""kind":"Status""#), "{refused}");
    }
}

#[tokio::test]
async fn an_answer_that_leads_elsewhere_keeps_the_prefix() {
    let (serving, tls) = start(Arc::new(Two(cluster())), Limits::default()).await;
    let moved = send(
        &serving,
        &tls,
        &get("/clusters/c2/openapi/v3/api/v1?hash=OLD"),
    )
    .await;
    assert!(
        moved.contains("location: /clusters/c2/openapi/v3/api/v1?hash="),
        "{moved}"
    );
}

#[tokio::test]
async fn a_restored_identity_is_trusted_as_before() {
    let identity = Identity::generate(&["sandbox.example.com"]).expect("an identity");
    let restored = Identity {
        ca: identity.ca.clone(),
        certificate: identity.certificate.clone(),
        key: identity.key.clone(),
    };
    assert_eq!(
        identity.certificate_authority_base64(),
        restored.certificate_authority_base64()
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    assert!(serve(listener, &restored, Arc::new(Alone(cluster()))).is_ok());
    let broken = Identity {
        key: "no key".to_owned(),
        ..restored
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    assert!(serve(listener, &broken, Arc::new(Alone(cluster()))).is_err());
}

#[tokio::test]
async fn a_huge_body_is_refused_and_the_next_client_served() {
    let limits = Limits {
        body: 1000,
        ..Limits::default()
    };
    let (serving, tls) = start(Arc::new(Alone(cluster())), limits).await;
    let body = "x".repeat(2000);
    let request = format!(
        "POST /api/v1/namespaces HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let refused = send(&serving, &tls, &request).await;
    assert!(refused.starts_with("HTTP/1.1 413"), "{refused}");
    assert!(
        refused.contains("Request entity too large: limit is 1000"),
        "{refused}"
    );
    assert!(
        send(&serving, &tls, &get("/api"))
            .await
            .starts_with("HTTP/1.1 200")
    );
}

#[tokio::test]
async fn broken_bytes_end_only_their_own_connection() {
    let (serving, tls) = start(Arc::new(Alone(cluster())), Limits::default()).await;
    let mut plain = TcpStream::connect(serving.address())
        .await
        .expect("a connection");
    plain
        .write_all(b"GET / HTTP/1.1\r\n\r\n")
        .await
        .expect("written");
    let mut rest = Vec::new();
    let _ = plain.read_to_end(&mut rest).await;
    let garbage = send(&serving, &tls, "\u{0}\u{1}nonsense\r\n\r\n").await;
    assert!(
        garbage.is_empty() || garbage.starts_with("HTTP/1.1 400"),
        "{garbage}"
    );
    assert!(
        send(&serving, &tls, &get("/api"))
            .await
            .starts_with("HTTP/1.1 200")
    );
}

#[tokio::test]
async fn idle_connections_make_room_for_those_that_ask() {
    let limits = Limits {
        connections: 20,
        ..Limits::default()
    };
    let (serving, tls) = start(Arc::new(Alone(cluster())), limits).await;
    let mut idle = Vec::new();
    for _ in 0..100 {
        idle.push(
            TcpStream::connect(serving.address())
                .await
                .expect("a connection"),
        );
    }
    assert!(
        send(&serving, &tls, &get("/api"))
            .await
            .starts_with("HTTP/1.1 200")
    );
    assert!(serving.connections() <= 20);
}

#[tokio::test]
async fn slow_clients_are_cut_off() {
    let limits = Limits {
        handshake: Duration::from_millis(50),
        head: Duration::from_millis(50),
        body_time: Duration::from_millis(50),
        ..Limits::default()
    };
    let (serving, tls) = start(Arc::new(Alone(cluster())), limits).await;
    let mut silent = TcpStream::connect(serving.address())
        .await
        .expect("a connection");
    let mut rest = Vec::new();
    let _ = silent.read_to_end(&mut rest).await;
    let _half_a_head = send(&serving, &tls, "GET /api HTTP/1.1\r\nhost:").await;
    let half_a_body =
        "POST /api/v1/namespaces HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc";
    let late = send(&serving, &tls, half_a_body).await;
    assert!(late.starts_with("HTTP/1.1 408"), "{late}");
}

#[tokio::test]
async fn shutdown_waits_for_nobody_who_is_idle() {
    let (serving, tls) = start(Arc::new(Alone(cluster())), Limits::default()).await;
    let _idle = connect(&serving, &tls).await;
    let address = serving.address();
    serving.shutdown(Duration::from_secs(60)).await;
    assert!(TcpStream::connect(address).await.is_err());
}

fn post(path: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer t\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

/// Reads until `text` has come.
async fn read_until(stream: &mut TlsStream<TcpStream>, text: &str) -> String {
    let mut seen = String::new();
    let mut chunk = [0_u8; 4096];
    while !seen.contains(text) {
        let length = stream.read(&mut chunk).await.expect("bytes");
        assert_ne!(length, 0, "the stream ended after {seen}");
        seen.push_str(&String::from_utf8_lossy(
            chunk.get(..length).unwrap_or_default(),
        ));
    }
    seen
}

const WATCH: &str =
    "GET /api/v1/namespaces?watch=true HTTP/1.1\r\nhost: x\r\nauthorization: Bearer t\r\n\r\n";

#[tokio::test]
async fn a_watch_sends_each_event_as_it_comes_and_ends_when_its_client_leaves() {
    let (serving, tls) = start(Arc::new(Alone(cluster())), Limits::default()).await;
    let mut watch = connect(&serving, &tls).await;
    watch.write_all(WATCH.as_bytes()).await.expect("written");
    read_until(&mut watch, "kube-system").await;
    let made = post("/api/v1/namespaces", r#"{"metadata":{"name":"demo"}}"#);
    let answer = send(&serving, &tls, &made).await;
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let event = read_until(&mut watch, "\"demo\"").await;
    assert!(event.contains(r#""type":"ADDED""#), "{event}");
    drop(watch);
    while serving.connections() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn shutdown_ends_watches() {
    let (serving, tls) = start(Arc::new(Alone(cluster())), Limits::default()).await;
    let mut watch = connect(&serving, &tls).await;
    watch.write_all(WATCH.as_bytes()).await.expect("written");
    read_until(&mut watch, "kube-system").await;
    serving.shutdown(Duration::from_secs(60)).await;
    let mut rest = Vec::new();
    let _ = watch.read_to_end(&mut rest).await;
    assert!(rest.ends_with(b"0\r\n\r\n"), "the body ends properly");
}
