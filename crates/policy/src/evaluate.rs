//! The order of evaluation: which answers count, and what they add up to.
//!
//! One place, [`Answers::outcome`], decides; the fast path and the explained one both end there.

use crate::decision::{Decision, Effect, LayerDecision, LayerKind};
use crate::explain_layer::explain;
use crate::layers::{Layers, Level};
use crate::policy::{Answer, PolicySet};
use crate::principal::{Grant, Kind};
use crate::request::{Relation, Request};

/// What the layers answered.
#[derive(Default)]
struct Answers {
    denied: bool,
    identity: Option<Grant>,
    boundary: Option<Option<Grant>>,
    session: Option<Option<Grant>>,
    resource: Option<Grant>,
    /// Set when a level of service or resource control policies, or the endpoint, allows nothing.
    fenced: bool,
}

impl Answers {
    fn add(&mut self, layer: &LayerKind, answer: Answer) {
        self.denied |= answer.denied;
        match layer {
            LayerKind::Identity => self.identity = answer.allowed,
            LayerKind::PermissionsBoundary => self.boundary = Some(answer.allowed),
            LayerKind::Session => self.session = Some(answer.allowed),
            LayerKind::Resource => self.resource = answer.allowed,
            LayerKind::ServiceControl { .. }
            | LayerKind::ResourceControl { .. }
            | LayerKind::Endpoint => self.fenced |= answer.allowed.is_none(),
        }
    }

    /// (IAM User Guide, "How AWS enforcement code logic evaluates requests to allow or deny
    /// access", "Policy evaluation for requests within a single account", "Cross-account policy
    /// evaluation logic")
    fn outcome(&self, request: &Request) -> Outcome {
        if request.is_free() {
            return Outcome::Allowed;
        }
        if self.denied {
            return Outcome::Denied;
        }
        if self.fenced {
            return Outcome::Missing(Missing::Fence);
        }
        if !request.principal.is_identity() {
            return self
                .resource
                .map_or(Outcome::Missing(Missing::Resource), |_| Outcome::Allowed);
        }
        // "The AWS account root user … has full access" by default.
        let identity = self.identity.is_some() || request.principal.kind == Kind::Root;
        let (needs_resource, needs_identity, limited) = match (request.relation(), self.resource) {
            (Relation::CrossAccount, _) => (true, true, true),
            (Relation::SameAccount, Some(Grant::Direct)) => (false, false, false),
            (Relation::SameAccount, Some(Grant::Behind)) => (false, false, true),
            (Relation::SameAccount, Some(Grant::Account)) => (false, true, true),
            (Relation::SameAccount, None) => (request.needs_resource_policy(), true, true),
        };
        let lacks = |limit: Option<Option<Grant>>| limited && limit == Some(None);
        if needs_resource && self.resource.is_none() {
            Outcome::Missing(Missing::Resource)
        } else if needs_identity && !identity {
            Outcome::Missing(Missing::Identity)
        } else if lacks(self.boundary) {
            Outcome::Missing(Missing::Boundary)
        } else if lacks(self.session) {
            Outcome::Missing(Missing::Session)
        } else {
            Outcome::Allowed
        }
    }
}

/// A decision, and for an implicit denial the first allow that is missing.
#[derive(Clone, Copy)]
enum Outcome {
    Allowed,
    Denied,
    Missing(Missing),
}

#[derive(Clone, Copy)]
enum Missing {
    /// A level of service or resource control policies, or the endpoint.
    Fence,
    Resource,
    Identity,
    Boundary,
    Session,
}

impl Outcome {
    fn effect(self) -> Effect {
        match self {
            Self::Allowed => Effect::Allowed,
            Self::Denied => Effect::ExplicitlyDenied,
            Self::Missing(_) => Effect::ImplicitlyDenied,
        }
    }

    /// The layer a denial comes down to.
    fn blame(self, layers: &[LayerDecision]) -> Option<LayerKind> {
        let first = |effect: Effect, wanted: &dyn Fn(&LayerKind) -> bool| {
            let found = layers
                .iter()
                .find(|l| l.decision == effect && wanted(&l.layer));
            found.map(|l| l.layer.clone())
        };
        match self {
            Self::Allowed => None,
            Self::Denied => first(Effect::ExplicitlyDenied, &|_| true),
            Self::Missing(Missing::Fence) => first(Effect::ImplicitlyDenied, &|layer| {
                let service = matches!(layer, LayerKind::ServiceControl { .. });
                let resource = matches!(layer, LayerKind::ResourceControl { .. });
                service || resource || *layer == LayerKind::Endpoint
            }),
            Self::Missing(Missing::Resource) => Some(LayerKind::Resource),
            Self::Missing(Missing::Identity) => Some(LayerKind::Identity),
            Self::Missing(Missing::Boundary) => Some(LayerKind::PermissionsBoundary),
            Self::Missing(Missing::Session) => Some(LayerKind::Session),
        }
    }
}

/// The layers that apply to this principal, each with its policies.
fn applicable<'l>(
    request: &Request,
    layers: &'l Layers,
    mut visit: impl FnMut(LayerRef<'l>, &'l PolicySet),
) {
    let identity = request.principal.is_identity();
    let organised = !layers.service_control.is_empty() || !layers.resource_control.is_empty();
    if organised && !request.is_by_service_linked_role() {
        if !layers.resource_control.is_empty() && request.obeys_resource_control() {
            for level in &layers.resource_control {
                visit(LayerRef::ResourceControl(level), &level.policies);
            }
        }
        if identity {
            for level in &layers.service_control {
                visit(LayerRef::ServiceControl(level), &level.policies);
            }
        }
    }
    if !layers.resource.is_empty() {
        visit(LayerRef::Plain(LayerKind::Resource), &layers.resource);
    }
    if identity {
        visit(LayerRef::Plain(LayerKind::Identity), &layers.identity);
        if let Some(boundary) = boundary(request, layers) {
            visit(LayerRef::Plain(LayerKind::PermissionsBoundary), boundary);
        }
        if let Some(session) = &layers.session {
            visit(LayerRef::Plain(LayerKind::Session), session);
        }
    }
    if let Some(endpoint) = &layers.endpoint {
        visit(LayerRef::Plain(LayerKind::Endpoint), endpoint);
    }
}

/// The root user cannot have a boundary.
fn boundary<'l>(request: &Request, layers: &'l Layers) -> Option<&'l PolicySet> {
    layers
        .boundary
        .as_ref()
        .filter(|_| request.principal.kind != Kind::Root)
}

/// A layer by reference, so that the fast path copies no names.
enum LayerRef<'l> {
    Plain(LayerKind),
    ServiceControl(&'l Level),
    ResourceControl(&'l Level),
}

impl LayerRef<'_> {
    fn kind(&self) -> LayerKind {
        match self {
            Self::Plain(kind) => kind.clone(),
            Self::ServiceControl(level) => LayerKind::ServiceControl {
                target: level.target.clone(),
            },
            Self::ResourceControl(level) => LayerKind::ResourceControl {
                target: level.target.clone(),
            },
        }
    }
}

/// Decides without reasons and without allocation.
///
/// ```
/// use rolecall_policy::{Effect, Layers, Policy, Request, effect};
/// let policy = Policy::parse("ops", r#"{"Version": "2012-10-17", "Statement": [
///     {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"},
///     {"Effect": "Deny", "Action": "ec2:Terminate*", "Resource": "*"}]}"#)?;
/// let layers = Layers::identity([policy]);
/// let ask = |action| {
///     let user = "arn:aws:iam::111122223333:user/ann".parse()?;
///     Ok::<_, rolecall_policy::UnknownPrincipal>(effect(&Request::new(user, action, "*"), &layers))
/// };
/// assert_eq!(ask("ec2:DescribeInstances")?, Effect::Allowed);
/// assert_eq!(ask("ec2:TerminateInstances")?, Effect::ExplicitlyDenied);
/// assert_eq!(ask("eks:ListClusters")?, Effect::ImplicitlyDenied);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn effect(request: &Request, layers: &Layers) -> Effect {
    let bounded = boundary(request, layers).is_some();
    let mut answers = Answers::default();
    applicable(request, layers, |layer, policies| {
        let answer = policies.answer(request, bounded);
        match layer {
            LayerRef::Plain(kind) => answers.add(&kind, answer),
            LayerRef::ServiceControl(_) | LayerRef::ResourceControl(_) => {
                answers.add(&LayerKind::Endpoint, answer);
            }
        }
    });
    answers.outcome(request).effect()
}

/// Decides, and tells for every layer which statements matched and which nearly did.
///
/// ```
/// use rolecall_policy::{Effect, Layers, Request, evaluate, managed};
/// let linked = managed::find("AmazonEKSServiceRolePolicy").ok_or("not shipped")?;
/// let role = "arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS";
/// let request = Request::new(
///     role.parse()?,
///     "eks:DescribeAccessEntry",
///     "arn:aws:eks:us-west-2:111122223333:access-entry/demo/role/111122223333/NodeRole/*",
/// );
/// let decision = evaluate(&request, &Layers::identity([linked.policy()?]));
/// assert_eq!(decision.effect, Effect::ImplicitlyDenied);
/// let near = decision.near_misses().next().ok_or("no near miss")?;
/// assert!(near.to_string().contains("StringEquals on `eks:accessEntryType` wants `EC2`"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn evaluate(request: &Request, layers: &Layers) -> Decision {
    let bounded = boundary(request, layers).is_some();
    let mut answers = Answers::default();
    let mut explained: Vec<LayerDecision> = Vec::new();
    applicable(request, layers, |layer, policies| {
        let kind = layer.kind();
        let (answer, decision) = explain(request, kind, policies, bounded);
        answers.add(&decision.layer, answer);
        explained.push(decision);
    });
    let outcome = answers.outcome(request);
    Decision {
        effect: outcome.effect(),
        blamed: outcome.blame(&explained),
        relation: request.relation(),
        layers: explained,
        request: request.into(),
    }
}
