//! A server that answers as it is told, in the words of AWS and Kubernetes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rolecall_live::{
    Connection, Credentials, Kubernetes, LiveError, Question, Reading, Settings,
    SharedCredentialsProvider, read,
};
use tokio::net::TcpListener;

/// Status, and body.
type Answer = (u16, String);

/// Answers by what is asked: `eks GET /clusters/prod`, `iam GetRole NodeRole`, `trail DescribeAccessEntry`,
/// `kube /apis/karpenter.sh/v1/nodepools`.
#[derive(Clone, Default)]
pub(crate) struct Script {
    answers: HashMap<String, Answer>,
    /// The bearer tokens that were shown, in the order they were.
    pub(crate) tokens: Arc<Mutex<Vec<String>>>,
}

impl Script {
    pub(crate) fn on(mut self, asked: &str, status: u16, body: impl ToString) -> Self {
        self.answers
            .insert(asked.to_owned(), (status, body.to_string()));
        self
    }

    /// AWS's refusal, for a call of EKS or of CloudTrail.
    pub(crate) fn deny(self, asked: &str, action: &str, resource: &str) -> Self {
        let body = format!(
            r#"{{"__type": "AccessDeniedException", "message": "User: arn:aws:sts::111122223333:assumed-role/Viewer/me is not authorized to perform: {action} on resource: {resource} because no identity-based policy allows the {action} action"}}"#
        );
        self.on(asked, 403, body)
    }

    /// IAM's refusal.
    pub(crate) fn deny_iam(self, asked: &str, action: &str, resource: &str) -> Self {
        let message = format!(
            "User: arn:aws:sts::111122223333:assumed-role/Viewer/me is not authorized to perform: {action} on resource: {resource} because no identity-based policy allows the {action} action"
        );
        self.on(asked, 403, iam_error("AccessDenied", &message))
    }

    pub(crate) fn without(mut self, asked: &str) -> Self {
        self.answers.remove(asked);
        self
    }

    fn note_token(&self, request: &Request<Incoming>) {
        let header = request.headers().get("authorization");
        let token = header.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        if let Some(token) = token {
            self.tokens.lock().unwrap().push(token.to_owned());
        }
    }

    fn answer(&self, asked: &str) -> Answer {
        if let Some(known) = self.answers.get(asked) {
            return known.clone();
        }
        match asked.split(' ').next() {
            Some("iam") => (404, iam_error("NoSuchEntity", "It cannot be found.")),
            Some("kube") => (
                404,
                r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"the server could not find the requested resource","reason":"NotFound","code":404}"#
                    .to_owned(),
            ),
            Some("ec2") => (
                200,
                "<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>".to_owned(),
            ),
            Some("trail") => (200, r#"{"Events": []}"#.to_owned()),
            _ if asked.ends_with("/node-groups") => (200, r#"{"nodegroups": []}"#.to_owned()),
            _ => (
                404,
                r#"{"__type": "ResourceNotFoundException", "message": "No cluster found for name: nope."}"#
                    .to_owned(),
            ),
        }
    }

    /// Reads the cluster `prod` from a server that follows this script; also what it was asked.
    pub(crate) async fn read(self) -> (Result<Reading, LiveError>, Vec<String>) {
        self.ask(Question {
            cluster: "prod".to_owned(),
            ..Question::default()
        })
        .await
    }

    pub(crate) async fn ask(self, question: Question) -> (Result<Reading, LiveError>, Vec<String>) {
        self.ask_with(question, |url| Kubernetes::Server {
            url,
            certificate_authority: None,
            token: "a-token".to_owned(),
        })
        .await
    }

    /// Reads `prod`, whose API server is reached as `kubernetes` makes of this server's address.
    pub(crate) async fn reached(
        self,
        kubernetes: impl FnOnce(String) -> Kubernetes,
    ) -> (Result<Reading, LiveError>, Vec<String>) {
        let question = Question {
            cluster: "prod".to_owned(),
            ..Question::default()
        };
        self.ask_with(question, kubernetes).await
    }

    async fn ask_with(
        self,
        question: Question,
        kubernetes: impl FnOnce(String) -> Kubernetes,
    ) -> (Result<Reading, LiveError>, Vec<String>) {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let url = serve(self, Arc::clone(&asked)).await;
        let connection = Connection::new(Settings {
            region: "eu-central-1".to_owned(),
            endpoint_url: Some(url.clone()),
            credentials: credentials(),
            kubernetes: kubernetes(url),
        });
        let reading = read(&connection, &question).await;
        let asked = asked.lock().unwrap().clone();
        (reading, asked)
    }
}

pub(crate) fn credentials() -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(Credentials::from_keys(
        "AKIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        None,
    ))
}

pub(crate) fn iam_error(code: &str, message: &str) -> String {
    format!(
        r#"<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>4f2c</RequestId></ErrorResponse>"#
    )
}

/// What stands for the server's own address in an answer.
pub(crate) const OWN_ADDRESS: &str = "http://own-address";

/// Serves a script; what is asked is remembered.
pub(crate) async fn serve(script: Script, asked: Arc<Mutex<Vec<String>>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let own = address.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (script, asked, own) = (script.clone(), Arc::clone(&asked), own.clone());
            let service = service_fn(move |request: Request<Incoming>| {
                let (script, asked, own) = (script.clone(), Arc::clone(&asked), own.clone());
                async move {
                    script.note_token(&request);
                    let name = name(request).await;
                    asked.lock().unwrap().push(name.clone());
                    let (status, body) = script.answer(&name);
                    let body = body.replace(OWN_ADDRESS, &own);
                    let response = Response::builder().status(status);
                    let response = match name.split(' ').next() {
                        Some("iam" | "ec2") => response.header("content-type", "text/xml"),
                        _ => response.header("content-type", "application/json"),
                    };
                    response.body(Full::new(Bytes::from(body)))
                }
            });
            tokio::spawn(
                hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service),
            );
        }
    });
    address
}

/// What a request asks, in the words of the script.
async fn name(request: Request<Incoming>) -> String {
    let authorization = request.headers().get("authorization");
    let authorization = authorization.and_then(|value| value.to_str().ok());
    let authorization = authorization.unwrap_or_default().to_owned();
    let path = request.uri().path_and_query().unwrap().as_str().to_owned();
    let page = path.contains("nextToken=");
    let path = if page {
        path
    } else {
        request.uri().path().to_owned()
    };
    let method = request.method().clone();
    if authorization.starts_with("Bearer ") {
        return format!("kube {path}");
    }
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let body = String::from_utf8(body.to_vec()).unwrap();
    if authorization.contains("/iam/aws4_request") {
        let field = |name: &str| {
            let mut fields = body.split('&').filter_map(|field| field.split_once('='));
            let found = fields.find(|(key, _)| *key == name);
            found.map(|(_, value)| value.to_owned())
        };
        let object = ["RoleName", "InstanceProfileName", "PolicyArn"];
        let object = object.iter().find_map(|key| field(key));
        let policy = field("PolicyName").map(|name| format!("/{name}"));
        return format!(
            "iam {} {}{}",
            field("Action").unwrap_or_default(),
            object.unwrap_or_default(),
            policy.unwrap_or_default()
        );
    }
    if authorization.contains("/ec2/aws4_request") {
        let action = body
            .split('&')
            .find_map(|field| field.strip_prefix("Action="));
        return format!("ec2 {}", action.unwrap_or_default());
    }
    if authorization.contains("/cloudtrail/aws4_request") {
        let event = body.split("\"AttributeValue\":\"").nth(1);
        let event = event.and_then(|rest| rest.split('"').next());
        return format!("trail {}", event.unwrap_or_default());
    }
    format!("eks {method} {path}")
}
