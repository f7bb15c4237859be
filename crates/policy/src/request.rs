//! A request to decide on.

use crate::context::{Context, Values, hash_ignoring_case};
use crate::principal::{Principal, arn_fields, is_account};

/// What somebody wants to do: the request context of the IAM documentation.
///
/// The keys that follow from the principal and the resource (`aws:PrincipalArn`,
/// `aws:PrincipalAccount`, `aws:PrincipalType`, `aws:username`, `aws:ResourceAccount` …) are set
/// already; [`with`](Self::with) overrides them.
///
/// ```
/// use rolecall_policy::Request;
/// let request = Request::new(
///     "arn:aws:iam::111122223333:role/eks/cluster-role".parse()?,
///     "iam:PassRole",
///     "arn:aws:iam::111122223333:role/platform/NodeRole",
/// )
/// .with("iam:PassedToService", "ec2.amazonaws.com");
/// assert_eq!(request.context().get("aws:ResourceAccount"), Some(&["111122223333".to_owned()][..]));
/// # Ok::<(), rolecall_policy::UnknownPrincipal>(())
/// ```
#[derive(Debug, Clone)]
pub struct Request {
    pub(crate) principal: Principal,
    action: Box<str>,
    lower_action: Box<str>,
    action_hash: u64,
    resource: Box<str>,
    resource_account: Option<Box<str>>,
    pub(crate) context: Context,
}

/// The services that support resource control policies (AWS Organizations User Guide, "List of AWS
/// services that support RCPs", as of October 2026).
const RESOURCE_CONTROLLED: [&str; 62] = [
    "aoss",
    "appconfig",
    "appstream",
    "autoscaling",
    "autoscaling-plans",
    "budgets",
    "clouddirectory",
    "cloudfront",
    "cloudsearch",
    "cloudtrail-data",
    "codeartifact",
    "codebuild",
    "codecommit",
    "codepipeline",
    "cognito-identity",
    "cognito-idp",
    "comprehend",
    "comprehendmedical",
    "compute-optimizer",
    "cost-optimization-hub",
    "dax",
    "dsql",
    "dynamodb",
    "ecr",
    "ecr-public",
    "events",
    "firehose",
    "fis",
    "fms",
    "gamelift",
    "health",
    "inspector-scan",
    "kendra",
    "kinesisvideo",
    "kms",
    "logs",
    "memorydb",
    "networkmonitor",
    "notifications",
    "opensearch",
    "pca-connector-ad",
    "personalize",
    "polly",
    "pricing",
    "resource-groups",
    "rolesanywhere",
    "s3",
    "secretsmanager",
    "servicediscovery",
    "signin",
    "sqs",
    "sts",
    "support",
    "swf",
    "textract",
    "timestream-influxdb",
    "transcribe",
    "transfer",
    "translate",
    "wafv2",
    "workspaces",
    "xray",
];

/// Whose the resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum Relation {
    /// The principal's account owns the resource, or nothing says otherwise: a resource whose ARN
    /// has no account (an S3 bucket, an AMI of AWS) counts as the principal's unless
    /// [`Request::in_account`] tells.
    SameAccount,
    /// Another account owns it.
    CrossAccount,
}

impl Request {
    /// A request without condition keys other than those that follow from the arguments.
    ///
    /// `action` is `service:Name`, `resource` an ARN or `*` for actions that have none.
    #[must_use]
    pub fn new(principal: Principal, action: &str, resource: &str) -> Self {
        let mut context = Context::default();
        principal.describe(&mut context);
        let lower_action = action.to_ascii_lowercase();
        let request = Self {
            action_hash: hash_ignoring_case(&lower_action),
            principal,
            action: action.into(),
            lower_action: lower_action.into(),
            resource: resource.into(),
            resource_account: None,
            context,
        };
        match arn_fields(resource) {
            Some([.., account, _]) if is_account(account) => request.in_account(account),
            _ => request,
        }
    }

    /// Sets a condition key.
    #[must_use]
    pub fn with(mut self, key: &str, values: impl Into<Values>) -> Self {
        self.context.set(key, values);
        self
    }

    /// Says which account owns the resource, where its ARN does not.
    #[must_use]
    pub fn in_account(mut self, account: &str) -> Self {
        self.resource_account = Some(account.into());
        self.context.set("aws:ResourceAccount", account);
        self
    }

    /// Puts `*` in place of the resource if the action has no resource type: AWS then authorises it
    /// on `*`, whatever its parameters name, and a statement about an ARN does not match (Service
    /// Authorization Reference, "Actions table"). An action that is not in the shipped
    /// [table](crate::actions) is left as it is.
    ///
    /// ```
    /// use rolecall_policy::Request;
    /// let instance = "arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc";
    /// let ask = |action| Ok::<_, rolecall_policy::UnknownPrincipal>(
    ///     Request::new("111122223333".parse()?, action, instance).on_known_resource());
    /// assert_eq!(ask("ec2:DescribeInstances")?.resource(), "*");
    /// assert_eq!(ask("ec2:TerminateInstances")?.resource(), instance);
    /// # Ok::<(), rolecall_policy::UnknownPrincipal>(())
    /// ```
    #[must_use]
    pub fn on_known_resource(mut self) -> Self {
        if &*self.resource != "*"
            && let Some(action) = crate::actions::find(&self.action)
            && action.is_wildcard_only()
        {
            self.resource = "*".into();
        }
        self
    }

    /// Who asks.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The action as given.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    /// The resource.
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// The account that owns the resource, when known.
    #[must_use]
    pub fn resource_account(&self) -> Option<&str> {
        self.resource_account.as_deref()
    }

    /// The condition keys.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The condition keys, to change them.
    pub fn context_mut(&mut self) -> &mut Context {
        &mut self.context
    }

    /// Whether the resource is the principal's own account's.
    #[must_use]
    pub fn relation(&self) -> Relation {
        match (self.principal.account(), self.resource_account()) {
            (Some(principal), Some(resource)) if principal != resource => Relation::CrossAccount,
            _ => Relation::SameAccount,
        }
    }

    pub(crate) fn lower_action(&self) -> &str {
        &self.lower_action
    }

    pub(crate) fn action_hash(&self) -> u64 {
        self.action_hash
    }

    /// Whether the resource's policy must name the principal even within the account: role trust
    /// policies and KMS key policies (IAM User Guide, "How AWS enforcement code logic evaluates
    /// requests"; AWS KMS Developer Guide, "Key policies in AWS KMS").
    pub(crate) fn needs_resource_policy(&self) -> bool {
        let Some([_, _, service, _, _, resource]) = arn_fields(&self.resource) else {
            return false;
        };
        let action = self.lower_action();
        match service {
            "iam" if resource.starts_with("role/") => {
                action.starts_with("sts:assumerole")
                    || matches!(action, "sts:tagsession" | "sts:setsourceidentity")
            }
            "kms" => resource.starts_with("key/") && action.starts_with("kms:"),
            _ => false,
        }
    }

    /// Whether a session of a service-linked role asks, which organisations cannot restrict. Where
    /// the principal is given by its session's ARN, `aws:PrincipalArn` has the role's path.
    pub(crate) fn is_by_service_linked_role(&self) -> bool {
        let known = || self.context.value_of("aws:PrincipalArn");
        self.principal.is_service_linked()
            || (self.principal.is_session()
                && known().is_some_and(|arn| arn.contains(":role/aws-service-role/")))
    }

    /// Whether resource control policies have a say: they know some services only, and leave alone
    /// the trust policies of service-linked roles (AWS Organizations User Guide, "Resource control
    /// policies").
    pub(crate) fn obeys_resource_control(&self) -> bool {
        let service = self.lower_action().split(':').next().unwrap_or_default();
        RESOURCE_CONTROLLED.contains(&service)
            && self.lower_action() != "kms:retiregrant"
            && !self.resource.contains(":role/aws-service-role/")
    }

    /// `sts:GetCallerIdentity` needs no permission, and not even an explicit deny stops it (AWS STS
    /// API Reference, "GetCallerIdentity").
    pub(crate) fn is_free(&self) -> bool {
        self.lower_action() == "sts:getcalleridentity"
    }
}
