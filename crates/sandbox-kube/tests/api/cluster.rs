//! A cluster to talk to: requests as a client writes them, answers as it reads them.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Method, Request, Response};
use rolecall_sandbox_kube::{
    Answer, ApiServer, Attributes, Change, Gate, Next, Opinion, Settings, User, Watch,
};
use serde_json::Value;

/// Knows the tokens `admin` (who may do everything) and `NAME`, a user without groups.
pub(crate) struct Door;

impl Gate for Door {
    fn authenticate(&self, token: &str) -> Option<User> {
        match token {
            "admin" => Some(User::master()),
            "" | "bad" => None,
            name => Some(User::new(name, [])),
        }
    }

    fn allows(&self, _: &User, _: &Attributes<'_>) -> Opinion {
        Opinion::Nothing
    }
}

pub(crate) struct Cluster {
    pub(crate) server: ApiServer,
    pub(crate) user: User,
    pub(crate) clock: Arc<AtomicI64>,
    pub(crate) agent: &'static str,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) code: u16,
    pub(crate) body: Value,
    pub(crate) warnings: Vec<String>,
}

impl Got {
    /// The body of a success.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert!(
            (200..300).contains(&self.code),
            "{} {:#}",
            self.code,
            self.body
        );
        self.body
    }

    /// `CODE REASON: MESSAGE` of a failure.
    #[track_caller]
    pub(crate) fn refusal(self) -> String {
        assert_eq!(self.body["kind"], "Status", "{:#}", self.body);
        assert_eq!(self.body["code"], self.code);
        let text = |name: &str| self.body[name].as_str().unwrap_or_default().to_owned();
        format!("{} {}: {}", self.code, text("reason"), text("message"))
    }
}

impl Cluster {
    pub(crate) fn new() -> Self {
        let clock = Arc::new(AtomicI64::new(1_760_000_000));
        let settings = Self::settings(&clock);
        Self {
            server: ApiServer::new(settings),
            user: User::master(),
            clock,
            agent: "test/1",
        }
    }

    /// A cluster that tells of its changes.
    pub(crate) fn with_journal() -> (Self, Arc<Mutex<Vec<Change>>>) {
        let journal = Arc::new(Mutex::new(Vec::new()));
        let mut cluster = Self::new();
        let mut settings = Self::settings(&cluster.clock);
        let told = journal.clone();
        settings.journal = Some(Arc::new(move |change| told.lock().unwrap().push(change)));
        cluster.server = ApiServer::new(settings);
        (cluster, journal)
    }

    pub(crate) fn settings(clock: &Arc<AtomicI64>) -> Settings {
        let mut settings = Settings::new(Arc::new(Door));
        let clock = clock.clone();
        settings.clock = Arc::new(move || {
            jiff::Timestamp::from_second(clock.load(Ordering::Relaxed)).unwrap_or_default()
        });
        settings.seed = 7;
        settings.history = 64;
        settings
    }

    /// The same cluster as seen by somebody else.
    pub(crate) fn as_user(&self, user: User) -> Self {
        Self {
            server: self.server.clone(),
            user,
            clock: self.clock.clone(),
            agent: self.agent,
        }
    }

    /// The same cluster as used by another client.
    pub(crate) fn with_agent(&self, agent: &'static str) -> Self {
        let user = self.user.clone();
        Self {
            server: self.server.clone(),
            user,
            clock: self.clock.clone(),
            agent,
        }
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header("user-agent", self.agent)
            .extension(self.user.clone())
    }

    pub(crate) fn send(&self, request: Request<Bytes>) -> Got {
        match self.server.handle(request) {
            Answer::Whole(response) => got(response),
            Answer::Watch(..) => panic!("a watch"),
        }
    }

    pub(crate) fn get(&self, path: &str) -> Got {
        self.send(self.request(Method::GET, path).body(Bytes::new()).unwrap())
    }

    pub(crate) fn delete(&self, path: &str) -> Got {
        self.send(
            self.request(Method::DELETE, path)
                .body(Bytes::new())
                .unwrap(),
        )
    }

    pub(crate) fn delete_with(&self, path: &str, options: &Value) -> Got {
        self.send(
            self.request(Method::DELETE, path)
                .body(bytes(options))
                .unwrap(),
        )
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Got {
        self.send(self.request(Method::POST, path).body(bytes(body)).unwrap())
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> Got {
        self.send(self.request(Method::PUT, path).body(bytes(body)).unwrap())
    }

    fn patched(&self, path: &str, media: &str, body: &Value) -> Got {
        let request = self
            .request(Method::PATCH, path)
            .header("content-type", media);
        self.send(request.body(bytes(body)).unwrap())
    }

    pub(crate) fn merge(&self, path: &str, body: &Value) -> Got {
        self.patched(path, "application/merge-patch+json", body)
    }

    pub(crate) fn strategic(&self, path: &str, body: &Value) -> Got {
        self.patched(path, "application/strategic-merge-patch+json", body)
    }

    pub(crate) fn json_patch(&self, path: &str, body: &Value) -> Got {
        self.patched(path, "application/json-patch+json", body)
    }

    pub(crate) fn apply(&self, path: &str, body: &Value) -> Got {
        self.patched(path, "application/apply-patch+yaml", body)
    }

    pub(crate) fn watch(&self, path: &str) -> Watch {
        let answer = self
            .server
            .handle(self.request(Method::GET, path).body(Bytes::new()).unwrap());
        answer.watch().expect("a watch")
    }
}

pub(crate) fn bytes(body: &Value) -> Bytes {
    serde_json::to_vec(body).unwrap().into()
}

fn got(response: Response<Bytes>) -> Got {
    let warnings = response.headers().get_all("warning").iter();
    Got {
        code: response.status().as_u16(),
        warnings: warnings
            .map(|one| one.to_str().unwrap().to_owned())
            .collect(),
        body: serde_json::from_slice(response.body()).unwrap_or(Value::Null),
    }
}

/// What a watch has to say at once: each event's type and what `show` makes of its object.
pub(crate) fn events(watch: &mut Watch, show: impl Fn(&Value) -> String) -> Vec<String> {
    let mut found = Vec::new();
    while let Next::Chunk(chunk) = watch.try_next() {
        for line in chunk
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            let event: Value = serde_json::from_slice(line).unwrap();
            found.push(format!(
                "{} {}",
                event["type"].as_str().unwrap(),
                show(&event["object"])
            ));
        }
    }
    found
}

pub(crate) fn name(object: &Value) -> String {
    object["metadata"]["name"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

pub(crate) fn names(list: &Value) -> Vec<String> {
    list["items"].as_array().unwrap().iter().map(name).collect()
}
