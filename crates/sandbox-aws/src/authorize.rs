//! The question every operation asks before it does anything: may this caller?

use rolecall_arn::AccountId;
use rolecall_policy::{Context, Decision, Effect, Policy, Request, effect, evaluate};

use crate::call::Call;
use crate::failure::Failure;
use crate::service::Service;

/// An action on a resource, with the condition keys that go with it.
pub(crate) struct Ask<'a> {
    pub(crate) action: &'a str,
    pub(crate) resource: &'a str,
    context: Vec<(String, Vec<String>)>,
    resource_policy: Option<Policy>,
    account: Option<AccountId>,
}

impl<'a> Ask<'a> {
    /// `action` is `eks:DescribeCluster`, `resource` an ARN or `*`.
    pub(crate) fn new(action: &'a str, resource: &'a str) -> Self {
        Self {
            action,
            resource,
            context: Vec::new(),
            resource_policy: None,
            account: None,
        }
    }

    /// Sets a condition key to one value.
    pub(crate) fn with(self, key: &str, value: impl Into<String>) -> Self {
        self.with_values(key, vec![value.into()])
    }

    /// Sets a condition key that is there only when there is a value.
    pub(crate) fn with_some(self, key: &str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// Sets a condition key with several values; with none the key is absent.
    pub(crate) fn with_values(mut self, key: &str, values: Vec<String>) -> Self {
        if !values.is_empty() {
            self.context.push((key.to_owned(), values));
        }
        self
    }

    /// `aws:RequestTag/…` and `aws:TagKeys`.
    pub(crate) fn request_tags<'t>(
        mut self,
        tags: impl IntoIterator<Item = (&'t str, &'t str)>,
    ) -> Self {
        let mut keys = Vec::new();
        for (key, value) in tags {
            keys.push(key.to_owned());
            self = self.with(&format!("aws:RequestTag/{key}"), value);
        }
        self.with_values("aws:TagKeys", keys)
    }

    /// `aws:ResourceTag/…`
    pub(crate) fn resource_tags<'t>(
        mut self,
        tags: impl IntoIterator<Item = (&'t String, &'t String)>,
    ) -> Self {
        for (key, value) in tags {
            self = self.with(&format!("aws:ResourceTag/{key}"), value);
        }
        self
    }

    /// The resource's own policy: a role's trust policy.
    pub(crate) fn resource_policy(mut self, policy: Policy) -> Self {
        self.resource_policy = Some(policy);
        self
    }

    /// The account of a resource whose ARN does not tell.
    pub(crate) fn in_account(mut self, account: AccountId) -> Self {
        self.account = Some(account);
        self
    }
}

impl Call<'_> {
    /// Decides; the error is the denial with its reasons.
    ///
    /// AWS services acting for themselves pass, unless a resource policy is asked: what a service may
    /// do inside its own account is not for IAM to say, whom it may impersonate is.
    pub(crate) fn decide(&self, ask: &Ask<'_>) -> Result<(), Box<Decision>> {
        let standing = &self.standing;
        let Some(principal) = &standing.principal else {
            return Ok(());
        };
        if standing.caller.is_service() && ask.resource_policy.is_none() {
            return Ok(());
        }
        let mut request = Request::new(principal.clone(), ask.action, ask.resource);
        if let Some(account) = ask.account {
            request = request.in_account(&account.to_string());
        }
        self.describe(request.context_mut());
        for (key, values) in &ask.context {
            request.context_mut().set(key, values.clone());
        }
        let with_resource_policy;
        let layers = match &ask.resource_policy {
            None => &standing.layers,
            Some(policy) => {
                let mut layers = standing.layers.clone();
                layers.resource = policy.clone().into();
                with_resource_policy = layers;
                &with_resource_policy
            }
        };
        if effect(&request, layers) == Effect::Allowed {
            return Ok(());
        }
        Err(Box::new(evaluate(&request, layers)))
    }

    /// Decides, and words a denial as the service does.
    pub(crate) fn authorize(&self, ask: &Ask<'_>) -> Result<(), Failure> {
        self.decide(ask)
            .map_err(|decision| self.denied(ask, &decision))
    }

    /// The condition keys of the caller and the request (IAM User Guide, "AWS global condition
    /// context keys").
    fn describe(&self, context: &mut Context) {
        let caller = &self.standing.caller;
        context.set("aws:userid", &caller.user_id);
        context.set("aws:CurrentTime", self.now.to_string());
        context.set("aws:EpochTime", self.now.as_second().to_string());
        context.set("aws:SourceIp", self.source_ip.to_string());
        context.set("aws:SecureTransport", "true");
        context.set("aws:RequestedRegion", self.region.as_str());
        context.set("aws:ViaAWSService", "false");
        if let Some(agent) = &self.user_agent {
            context.set("aws:UserAgent", agent.as_str());
        }
        if let Some(arn) = &self.source_arn {
            context.set("aws:SourceArn", arn.as_str());
        }
        if let Some(account) = &self.source_account {
            context.set("aws:SourceAccount", account.as_str());
        }
        if let Some((began, _)) = caller.issued {
            context.set("aws:TokenIssueTime", began.to_string());
            context.set("aws:MultiFactorAuthPresent", "false");
        }
        if let Some(of) = caller.as_session() {
            context.set("aws:TokenIssueTime", of.session.created.to_string());
            context.set("aws:MultiFactorAuthPresent", "false");
            if let Some(provider) = &of.session.provider {
                context.set("aws:FederatedProvider", provider.as_str());
            }
            if let Some(identity) = &of.session.source_identity {
                context.set("aws:SourceIdentity", identity.as_str());
            }
        }
        for (key, value) in &self.standing.tags {
            context.set(&format!("aws:PrincipalTag/{key}"), value.as_str());
        }
    }

    /// Why not, as AWS's APIs say it.
    pub(crate) fn denial(&self, decision: &Decision) -> String {
        let text = decision.access_denied_message().unwrap_or_default();
        // A session is decided on by its role's ARN, with the path, and named by its own, without.
        match &self.standing.principal {
            Some(principal) => text.replacen(principal.as_str(), &self.caller().arn, 1),
            None => text,
        }
    }

    /// A denial in the words of the service.
    fn denied(&self, ask: &Ask<'_>, decision: &Decision) -> Failure {
        let text = self.denial(decision);
        match self.service {
            Service::Ec2 => {
                let mut context = Context::default();
                self.describe(&mut context);
                for (key, values) in &ask.context {
                    context.set(key, values.clone());
                }
                let encoded =
                    crate::sts::encode_authorization_message(self, ask, &context, decision);
                Failure::new(
                    "UnauthorizedOperation",
                    403,
                    format!(
                        "You are not authorized to perform this operation. {text}. Encoded \
                     authorization failure message: {encoded}"
                    ),
                )
                .recorded_as("Client.UnauthorizedOperation")
            }
            // The wire has the modelled code, CloudTrail the bare one (aws/containers-roadmap#2486;
            // Amazon EKS User Guide, "Troubleshoot EKS Auto Mode").
            Service::Eks | Service::CloudTrail => {
                Failure::new("AccessDeniedException", 403, text).recorded_as("AccessDenied")
            }
            Service::Organizations => {
                Failure::new("AccessDeniedException", 400, text).recorded_as("AccessDenied")
            }
            Service::Iam | Service::Sts | Service::S3 => Failure::new("AccessDenied", 403, text),
        }
    }
}
