use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Request, Uri};
use rolecall_sandbox_aws::Aws;

/// What `aws eks get-token` puts before the encoded URL (kubernetes-sigs/aws-iam-authenticator,
/// `pkg/token`).
const PREFIX: &str = "k8s-aws-v1.";
/// A token longer than this is not one; the authenticator has the same bound.
const LONGEST: usize = 16 * 1024;

/// An identity as STS told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Presented {
    /// `arn:aws:sts::…:assumed-role/NAME/SESSION` or a user's ARN.
    pub(crate) arn: String,
    pub(crate) account: String,
    /// `AROA…` or `AIDA…`
    pub(crate) principal_id: String,
    /// The session's name, of a role session.
    pub(crate) session: Option<String>,
    /// The key the token was signed with.
    pub(crate) access_key_id: String,
}

impl Presented {
    /// The ARN as `aws-auth` and the authenticator compare it: a session becomes `role/NAME`, without
    /// the path, which a session's ARN does not have (kubernetes-sigs/aws-iam-authenticator,
    /// `pkg/arn`).
    pub(crate) fn canonical_arn(&self) -> String {
        let fields = self.arn.split_once(":assumed-role/");
        match fields {
            Some((before, rest)) => {
                let name = rest.split('/').next().unwrap_or_default();
                format!("{}:role/{name}", before.replace(":sts:", ":iam:"))
            }
            None => self.arn.clone(),
        }
    }
}

/// Who signed a token for this cluster; `None` when it is no token, for another cluster, expired or
/// signed by nobody STS knows.
pub(super) fn verify(aws: &Aws, cluster: &str, token: &str) -> Option<Presented> {
    if token.len() > LONGEST {
        return None;
    }
    let encoded = token.strip_prefix(PREFIX)?.trim_end_matches('=');
    let url = String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).ok()?).ok()?;
    let uri: Uri = url.parse().ok()?;
    let query = uri.query()?;
    let value = |name: &str| {
        query
            .split('&')
            .filter_map(|field| field.split_once('='))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| percent_encoding::percent_decode_str(value).decode_utf8_lossy())
    };
    // Without this header in the signature, a token for one cluster would open another.
    let signs_cluster = value("X-Amz-SignedHeaders")?
        .split(';')
        .any(|header| header.eq_ignore_ascii_case("x-k8s-aws-id"));
    if value("Action")? != "GetCallerIdentity" || !signs_cluster || uri.path() != "/" {
        return None;
    }
    let access_key_id = value("X-Amz-Credential")?.split('/').next()?.to_owned();
    let host = uri.authority()?.as_str();
    let request = Request::get(uri.clone())
        .header("host", host)
        .header("x-k8s-aws-id", cluster)
        .header("accept", "application/json")
        .body(Bytes::new())
        .ok()?;
    let response = aws.handle(request).response;
    if !response.status().is_success() {
        return None;
    }
    let body = String::from_utf8_lossy(response.body()).into_owned();
    let element = |name: &str| crate::load::element(&body, name);
    let (arn, user_id) = (element("Arn")?, element("UserId")?);
    let (principal_id, session) = match user_id.split_once(':') {
        Some((id, session)) => (id.to_owned(), Some(session.to_owned())),
        None => (user_id, None),
    };
    Some(Presented {
        arn,
        account: element("Account")?,
        principal_id,
        session,
        access_key_id,
    })
}
