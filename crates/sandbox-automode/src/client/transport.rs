use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use rolecall_sandbox_aws::Aws;
use rolecall_sandbox_kube::{Answer, ApiServer, Next, User, Watch};

/// There was no answer, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoAnswer(pub String);

/// Carries signed requests to AWS.
pub trait AwsTransport: Send + Sync {
    /// Sends one request and waits for its answer.
    ///
    /// # Errors
    /// When there is none.
    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, NoAnswer>;
}

/// Carries requests to a Kubernetes API server.
pub trait KubeTransport: Send + Sync {
    /// Sends one request and waits for its answer.
    ///
    /// # Errors
    /// When there is none.
    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, NoAnswer>;

    /// Opens a watch, of which only is asked that something happened.
    ///
    /// # Errors
    /// When it is refused.
    fn watch(&self, request: Request<Bytes>) -> Result<Box<dyn Signals>, NoAnswer>;
}

/// A watch that tells when something happened.
pub trait Signals: Send {
    /// Waits for at most this long. `Some(true)`: something happened; `Some(false)`: nothing did;
    /// `None`: the watch is over.
    fn wait(&mut self, limit: Duration) -> Option<bool>;
}

impl AwsTransport for Aws {
    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, NoAnswer> {
        let answer = self.handle(request);
        if !answer.delay.is_zero() {
            std::thread::sleep(answer.delay);
        }
        if answer.dropped {
            return Err(NoAnswer("the connection was closed".to_owned()));
        }
        Ok(answer.response)
    }
}

/// An API server in this process.
#[derive(Clone)]
pub struct InProcessKube {
    server: Arc<ApiServer>,
    user: Option<User>,
}

impl InProcessKube {
    /// Requests that this user makes, whatever they say themselves.
    #[must_use]
    pub fn acting_as(server: Arc<ApiServer>, user: User) -> Self {
        Self {
            server,
            user: Some(user),
        }
    }

    /// Requests that have to prove themselves who makes them, as those of nodes.
    #[must_use]
    pub fn unauthenticated(server: Arc<ApiServer>) -> Self {
        Self { server, user: None }
    }

    fn answer(&self, mut request: Request<Bytes>) -> Answer {
        if let Some(user) = &self.user {
            request.extensions_mut().insert(user.clone());
        }
        self.server.handle(request)
    }
}

impl KubeTransport for InProcessKube {
    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, NoAnswer> {
        self.answer(request)
            .whole()
            .ok_or_else(|| NoAnswer("the answer is a watch".to_owned()))
    }

    fn watch(&self, request: Request<Bytes>) -> Result<Box<dyn Signals>, NoAnswer> {
        match self.answer(request) {
            Answer::Watch(_, watch) => Ok(Box::new(InProcessWatch(watch))),
            Answer::Whole(response) => Err(NoAnswer(format!(
                "the watch was answered with {}",
                response.status()
            ))),
        }
    }
}

struct InProcessWatch(Watch);

impl Signals for InProcessWatch {
    fn wait(&mut self, limit: Duration) -> Option<bool> {
        match self.0.next_within(limit) {
            Next::Chunk(_) => Some(true),
            Next::Pending => Some(false),
            Next::Done => None,
        }
    }
}
