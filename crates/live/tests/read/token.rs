//! The bearer token, as the authenticator takes it apart.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rolecall_live::{Connection, Credentials, Kubernetes, Question, Settings, cluster_token, read};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use crate::cluster::prod;
use crate::server::{OWN_ADDRESS, Script, credentials, serve};

#[test]
fn a_token_is_a_presigned_question_who_am_i_bound_to_one_cluster() {
    let credentials = Credentials::from_keys(
        "AKIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        Some("a+session/token==".to_owned()),
    );
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_763_000_000);
    let url = "https://sts.eu-central-1.amazonaws.com";
    let token = |cluster| cluster_token(&credentials, "eu-central-1", url, cluster, now).unwrap();
    let prod = token("prod");
    let encoded = prod.strip_prefix("k8s-aws-v1.").unwrap();
    let presigned = String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).unwrap()).unwrap();
    insta::assert_snapshot!(presigned.replace('&', "\n  &"), @r"
    https://sts.eu-central-1.amazonaws.com/?Action=GetCallerIdentity
      &Version=2011-06-15
      &X-Amz-Algorithm=AWS4-HMAC-SHA256
      &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20251113%2Feu-central-1%2Fsts%2Faws4_request
      &X-Amz-Date=20251113T021320Z
      &X-Amz-Expires=60
      &X-Amz-SignedHeaders=host%3Bx-k8s-aws-id
      &X-Amz-Signature=b36872708325f93f32553adec3a3b652cfd4f48df60d46110a83f14728f91409
      &X-Amz-Security-Token=a%2Bsession%2Ftoken%3D%3D
    ");
    assert_ne!(prod, token("dev"), "the cluster is part of what is signed");
}

const START: u64 = 1_763_000_000;

/// A reading of `prod` through the endpoint that EKS tells, with tokens made here.
struct ByEks {
    connection: Connection,
    shown: Arc<Mutex<Vec<String>>>,
}

impl ByEks {
    async fn with_clock(clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        let script: Script = prod(true).on(
            "eks GET /clusters/prod",
            200,
            json!({"cluster": {
                "name": "prod",
                "arn": "arn:aws:eks:eu-central-1:111122223333:cluster/prod",
                "endpoint": OWN_ADDRESS,
                "status": "ACTIVE",
                "accessConfig": {"authenticationMode": "API"},
                "computeConfig": {"enabled": true, "nodePools": []},
            }}),
        );
        let shown = Arc::clone(&script.tokens);
        let url = serve(script, Arc::default()).await;
        let connection = Connection::new(Settings {
            region: "eu-central-1".to_owned(),
            endpoint_url: Some(url),
            credentials: credentials(),
            kubernetes: Kubernetes::FromEks,
        });
        let connection = connection.with_clock(clock);
        Self { connection, shown }
    }

    /// When the tokens were made that a reading shows, in minutes.
    async fn minutes(&self) -> BTreeSet<u64> {
        self.shown.lock().unwrap().clear();
        let question = Question {
            cluster: "prod".to_owned(),
            ..Question::default()
        };
        let reading = read(&self.connection, &question).await.unwrap();
        assert_eq!(reading.snapshot.unread, []);
        assert_eq!(reading.snapshot.node_pools.len(), 1);
        let shown = self.shown.lock().unwrap();
        assert!(shown.len() > 3, "{}", shown.len());
        shown.iter().map(|token| minute(token)).collect()
    }
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// How many minutes after the start a token was made.
fn minute(token: &str) -> u64 {
    let encoded = token.strip_prefix("k8s-aws-v1.").unwrap();
    let presigned = String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).unwrap()).unwrap();
    let date = presigned.split("X-Amz-Date=").nth(1).unwrap();
    let date = date.split('&').next().unwrap();
    let date = date.replace('Z', "+0000");
    let made = jiff::fmt::strtime::parse("%Y%m%dT%H%M%S%z", date).unwrap();
    let seconds = u64::try_from(made.to_timestamp().unwrap().as_second()).unwrap();
    (seconds - START) / 60
}

#[tokio::test]
async fn a_token_is_made_anew_while_a_reading_takes_longer_than_it_lives() {
    // Each time somebody looks at the clock, four minutes have passed.
    let looks = AtomicU64::new(0);
    let slow =
        ByEks::with_clock(move || at(START + 240 * looks.fetch_add(1, Ordering::Relaxed))).await;
    let minutes: Vec<u64> = slow.minutes().await.into_iter().collect();
    assert!(minutes.len() > 1, "{minutes:?}");
    // Each was used for at most two looks more, so that none was shown when it was 15 minutes old.
    for pair in minutes.windows(2) {
        assert_eq!(pair[1] - pair[0], 12, "{minutes:?}");
    }
}

#[tokio::test]
async fn readings_one_after_the_other_share_a_token_until_it_is_old() {
    let now = Arc::new(AtomicU64::new(START));
    let clock = Arc::clone(&now);
    let watched = ByEks::with_clock(move || at(clock.load(Ordering::Relaxed))).await;
    assert_eq!(watched.minutes().await, BTreeSet::from([0]));
    now.store(START + 9 * 60, Ordering::Relaxed);
    assert_eq!(watched.minutes().await, BTreeSet::from([0]));
    now.store(START + 11 * 60, Ordering::Relaxed);
    assert_eq!(watched.minutes().await, BTreeSet::from([11]));
}
