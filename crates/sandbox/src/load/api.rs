use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rolecall_arn::AccountId;
use rolecall_sandbox_aws::Aws;
use rolecall_sandbox_aws::sigv4::{self, Credentials};
use serde_json::Value;

/// The APIs of one account as its administrator calls them.
pub(super) struct Api<'a> {
    aws: &'a Aws,
    credentials: Credentials,
}

/// What an API answered instead of doing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: String,
    pub(super) message: String,
}

impl<'a> Api<'a> {
    pub(super) fn new(aws: &'a Aws, account: AccountId) -> Self {
        Self {
            aws,
            credentials: aws.administrator_credentials(account),
        }
    }

    /// A call of IAM or EC2 by form fields; the answer's XML.
    pub(super) fn query(
        &self,
        service: &str,
        region: &str,
        action: &str,
        fields: &[(&str, &str)],
    ) -> Result<String, Refusal> {
        let mut body = format!("Action={action}");
        for (name, value) in fields {
            body.push('&');
            body.push_str(name);
            body.push('=');
            body.extend(utf8_percent_encode(value, NON_ALPHANUMERIC));
        }
        let request = Request::post(format!("http://{service}.{region}.amazonaws.com/"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from(body));
        self.send(service, region, request)
    }

    /// A call of IAM.
    pub(super) fn iam(&self, action: &str, fields: &[(&str, &str)]) -> Result<String, Refusal> {
        self.query("iam", "us-east-1", action, fields)
    }

    /// A call of EKS.
    pub(super) fn eks(
        &self,
        region: &str,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Result<Value, Refusal> {
        let text = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let request = Request::builder()
            .method(method)
            .uri(format!("http://eks.{region}.amazonaws.com{path}"))
            .header("content-type", "application/json")
            .body(Bytes::from(text));
        let answer = self.send("eks", region, request)?;
        Ok(serde_json::from_str(&answer).unwrap_or_default())
    }

    fn send(
        &self,
        service: &str,
        region: &str,
        request: Result<Request<Bytes>, http::Error>,
    ) -> Result<String, Refusal> {
        let mut request = request.map_err(|error| Refusal {
            code: "InvalidRequest".to_owned(),
            message: error.to_string(),
        })?;
        sigv4::sign(
            &mut request,
            &self.credentials,
            region,
            service,
            Timestamp::now(),
        );
        let response = self.aws.handle(request).response;
        let text = String::from_utf8_lossy(response.body()).into_owned();
        if response.status().is_success() {
            return Ok(text);
        }
        let code = response
            .headers()
            .get("x-amzn-errortype")
            .and_then(|code| code.to_str().ok())
            .map(str::to_owned)
            .or_else(|| element(&text, "Code"));
        let message = serde_json::from_str::<Value>(&text)
            .ok()
            .and_then(|body| Some(body.get("message")?.as_str()?.to_owned()))
            .or_else(|| element(&text, "Message"));
        Err(Refusal {
            code: code.unwrap_or_else(|| response.status().to_string()),
            message: message.unwrap_or(text),
        })
    }
}

/// The text of the first XML element of that name.
pub(crate) fn element(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (inner, _) = rest.split_once(&format!("</{name}>"))?;
    let text = inner
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&");
    Some(text)
}

/// A text as one segment of a path.
pub(super) fn segment(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}
