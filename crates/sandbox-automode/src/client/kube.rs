use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, Request};
use serde_json::Value;

use super::{KubeError, KubeTransport, NoAnswer, Signals};
use crate::object::Object;

/// Where node classes of Auto Mode are.
pub(crate) const NODE_CLASSES: &str = "/apis/eks.amazonaws.com/v1/nodeclasses";
/// Where node pools are.
pub(crate) const NODE_POOLS: &str = "/apis/karpenter.sh/v1/nodepools";
/// Where node claims are.
pub(crate) const NODE_CLAIMS: &str = "/apis/karpenter.sh/v1/nodeclaims";
/// Where nodes are.
pub(crate) const NODES: &str = "/api/v1/nodes";
/// Where events about objects without namespace are.
pub(crate) const EVENTS: &str = "/api/v1/namespaces/default/events";
/// Where nodes say that they live.
pub(crate) const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";

/// Calls an API server, as whoever the transport or the token says.
#[derive(Clone)]
pub(crate) struct KubeClient {
    transport: Arc<dyn KubeTransport>,
    token: Option<String>,
}

#[derive(serde::Deserialize)]
struct List {
    #[serde(default)]
    items: Vec<Value>,
}

impl KubeClient {
    /// A client that says nothing of itself.
    pub(crate) fn new(transport: Arc<dyn KubeTransport>) -> Self {
        Self {
            transport,
            token: None,
        }
    }

    /// A client that shows this token.
    pub(crate) fn with_token(transport: Arc<dyn KubeTransport>, token: String) -> Self {
        Self {
            transport,
            token: Some(token),
        }
    }

    /// All objects under this path.
    pub(crate) fn list(&self, path: &str) -> Result<Vec<Object>, KubeError> {
        let answer = self.bytes(Method::GET, path, None)?;
        let list: List = serde_json::from_slice(&answer).map_err(|_| KubeError::Unreadable)?;
        Ok(list.items.into_iter().map(Object::from).collect())
    }

    /// Whether a list under this path is answered at all.
    pub(crate) fn may_list(&self, path: &str) -> Result<(), KubeError> {
        self.bytes(Method::GET, &format!("{path}?limit=1"), None)
            .map(drop)
    }

    /// One object, or `None`.
    pub(crate) fn get(&self, path: &str, name: &str) -> Result<Option<Object>, KubeError> {
        absent_is_none(self.object(Method::GET, &format!("{path}/{name}"), None))
    }

    /// Makes an object.
    pub(crate) fn create(&self, path: &str, object: &Value) -> Result<Object, KubeError> {
        self.object(Method::POST, path, Some(("application/json", object)))
    }

    /// Replaces an object.
    pub(crate) fn replace(
        &self,
        path: &str,
        name: &str,
        object: &Value,
    ) -> Result<Object, KubeError> {
        let path = format!("{path}/{name}");
        self.object(Method::PUT, &path, Some(("application/json", object)))
    }

    /// Merges a change into an object, or into its status where `name` ends with `/status`.
    pub(crate) fn merge(
        &self,
        path: &str,
        name: &str,
        change: &Value,
    ) -> Result<Object, KubeError> {
        let path = format!("{path}/{name}");
        let body = Some(("application/merge-patch+json", change));
        self.object(Method::PATCH, &path, body)
    }

    /// Deletes an object; one that is gone is no error.
    pub(crate) fn delete(&self, path: &str, name: &str) -> Result<(), KubeError> {
        match self.bytes(Method::DELETE, &format!("{path}/{name}"), None) {
            Err(error) if error.status() != 404 => Err(error),
            _ => Ok(()),
        }
    }

    /// Opens a watch of everything under this path, from now on.
    pub(crate) fn watch(&self, path: &str) -> Result<Box<dyn Signals>, NoAnswer> {
        let request = self.request(Method::GET, &format!("{path}?watch=true"), None);
        self.transport.watch(request)
    }

    fn object(
        &self,
        method: Method,
        path: &str,
        body: Option<(&'static str, &Value)>,
    ) -> Result<Object, KubeError> {
        let answer = self.bytes(method, path, body)?;
        let value: Value = serde_json::from_slice(&answer).map_err(|_| KubeError::Unreadable)?;
        Ok(Object::from(value))
    }

    fn bytes(
        &self,
        method: Method,
        path: &str,
        body: Option<(&'static str, &Value)>,
    ) -> Result<Bytes, KubeError> {
        let request = self.request(method, path, body);
        let response = self
            .transport
            .send(request)
            .map_err(KubeError::Unanswered)?;
        if response.status().is_success() {
            return Ok(response.into_body());
        }
        let status: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        let text = |name: &str| {
            let text = status.get(name).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        Err(KubeError::Answered {
            code: response.status().as_u16(),
            reason: text("reason"),
            message: text("message"),
        })
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<(&'static str, &Value)>,
    ) -> Request<Bytes> {
        let bytes = body.map(|(_, value)| serde_json::to_vec(value).unwrap_or_default());
        let mut request = Request::new(Bytes::from(bytes.unwrap_or_default()));
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().unwrap_or_default();
        let headers = request.headers_mut();
        headers.insert("accept", HeaderValue::from_static("application/json"));
        headers.insert("user-agent", HeaderValue::from_static("karpenter"));
        if let Some((media, _)) = body {
            headers.insert("content-type", HeaderValue::from_static(media));
        }
        if let Some(token) = &self.token
            && let Ok(value) = HeaderValue::from_str(&format!("Bearer {token}"))
        {
            headers.insert("authorization", value);
        }
        request
    }
}

/// Turns a 404 into nothing.
fn absent_is_none(found: Result<Object, KubeError>) -> Result<Option<Object>, KubeError> {
    match found {
        Ok(object) => Ok(Some(object)),
        Err(error) if error.status() == 404 => Ok(None),
        Err(error) => Err(error),
    }
}
