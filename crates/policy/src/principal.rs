//! Who asks, and whom a statement names.

use std::fmt;

use crate::context::Context;

/// The one who makes a request.
///
/// ```
/// use rolecall_policy::Principal;
/// let node: Principal = "arn:aws:sts::111122223333:assumed-role/NodeRole/i-0abc".parse()?;
/// assert_eq!(node.account(), Some("111122223333"));
/// let service: Principal = "eks.amazonaws.com".parse()?;
/// assert_eq!(service.account(), None);
/// # Ok::<(), rolecall_policy::UnknownPrincipal>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    text: Box<str>,
    pub(crate) kind: Kind,
    account: Option<Box<str>>,
    canonical_user: Option<Box<str>>,
    service_linked: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `*`: somebody AWS knows nothing about.
    Anonymous,
    /// The root user of an account.
    Root,
    /// An IAM user, by ARN.
    User,
    /// A session of a role. `role` is the role's ARN, known only when it was given: the session's
    /// ARN does not have the path.
    Session {
        role: Option<Box<str>>,
        name: Box<str>,
        session: Option<Box<str>>,
    },
    /// A session of `GetFederationToken`.
    FederatedUser { name: Box<str> },
    /// An AWS service.
    Service,
    /// An identity provider, in `AssumeRoleWithWebIdentity` and `AssumeRoleWithSAML`.
    Federated,
}

/// A text that names no principal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` names no principal: give an IAM or STS ARN, an account id, a service such as `ec2.amazonaws.com`, or `*`"
)]
pub struct UnknownPrincipal(String);

/// Identity providers that are named without an ARN (IAM User Guide, "AWS JSON policy elements:
/// Principal", OIDC federated principals).
const PUBLIC_PROVIDERS: [&str; 4] = [
    "accounts.google.com",
    "cognito-identity.amazonaws.com",
    "graph.facebook.com",
    "www.amazon.com",
];

impl std::str::FromStr for Principal {
    type Err = UnknownPrincipal;

    /// Reads `*`, an account id, a service name, a public identity provider or an ARN. A role's
    /// ARN stands for some session of that role.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownPrincipal(text.to_owned());
        let of = |kind, account: Option<&str>| Self {
            text: text.into(),
            kind,
            account: account.map(Into::into),
            canonical_user: None,
            service_linked: text.contains(":role/aws-service-role/"),
        };
        if text == "*" {
            return Ok(of(Kind::Anonymous, None));
        }
        if is_account(text) {
            return Ok(of(Kind::Root, Some(text)));
        }
        if PUBLIC_PROVIDERS.contains(&text) {
            return Ok(of(Kind::Federated, None));
        }
        let Some([_, _, service, _, account, resource]) = arn_fields(text) else {
            return if is_service(text) {
                Ok(of(Kind::Service, None))
            } else {
                Err(unknown())
            };
        };
        let (resource_type, rest) = resource.split_once('/').unwrap_or((resource, ""));
        let kind = match (service, resource_type) {
            ("iam", "root") if rest.is_empty() => Kind::Root,
            ("iam", "user") if !rest.is_empty() => Kind::User,
            ("iam", "role") if !rest.is_empty() => Kind::Session {
                role: Some(text.into()),
                name: rest.rsplit('/').next().unwrap_or(rest).into(),
                session: None,
            },
            ("sts", "assumed-role") => {
                let (name, session) = rest.split_once('/').ok_or_else(unknown)?;
                Kind::Session {
                    role: None,
                    name: name.into(),
                    session: Some(session.into()),
                }
            }
            ("sts", "federated-user") => Kind::FederatedUser { name: rest.into() },
            ("iam", "oidc-provider" | "saml-provider") => Kind::Federated,
            _ => return Err(unknown()),
        };
        Ok(of(kind, Some(account)))
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Principal {
    /// A session of the role with this ARN, path included: the most that can be known of it.
    ///
    /// # Errors
    /// When `role_arn` is not a role's ARN.
    pub fn role_session(role_arn: &str, session: &str) -> Result<Self, UnknownPrincipal> {
        let mut principal: Self = role_arn.parse()?;
        match &mut principal.kind {
            Kind::Session {
                role: Some(_),
                session: name,
                ..
            } => *name = Some(session.into()),
            _ => return Err(UnknownPrincipal(role_arn.to_owned())),
        }
        Ok(principal)
    }

    /// Adds the canonical user id, which old S3 bucket policies name.
    #[must_use]
    pub fn with_canonical_user(mut self, id: &str) -> Self {
        self.canonical_user = Some(id.into());
        self
    }

    /// The text the principal was read from.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The account the principal belongs to; services and public providers have none.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    /// Whether it has policies of its own: a user, a role session, a root user.
    pub(crate) fn is_identity(&self) -> bool {
        !matches!(self.kind, Kind::Anonymous | Kind::Service | Kind::Federated)
    }

    pub(crate) fn is_session(&self) -> bool {
        matches!(self.kind, Kind::Session { .. })
    }

    /// Whether it is a session of a service-linked role. They live under the reserved path
    /// `/aws-service-role/`, so the role's ARN must be known to tell.
    #[must_use]
    pub fn is_service_linked(&self) -> bool {
        self.service_linked
    }

    /// Sets the global condition keys that follow from the principal (IAM User Guide, "AWS global
    /// condition context keys", properties of the principal), unless the caller set them.
    pub(crate) fn describe(&self, context: &mut Context) {
        if let Some(account) = &self.account
            && self.is_identity()
        {
            context.set_default("aws:PrincipalAccount", &**account);
        }
        context.set_default("aws:PrincipalIsAWSService", self.kind == Kind::Service);
        match &self.kind {
            Kind::Anonymous => context.set_default("aws:PrincipalType", "Anonymous"),
            Kind::Root => {
                context.set_default("aws:PrincipalType", "Account");
                if let Some(account) = &self.account {
                    context.set_default("aws:PrincipalArn", self.root_arn(account));
                    context.set_default("aws:userid", &**account);
                }
            }
            Kind::User => {
                context.set_default("aws:PrincipalType", "User");
                context.set_default("aws:PrincipalArn", &*self.text);
                let name = self.text.rsplit('/').next().unwrap_or_default();
                context.set_default("aws:username", name);
            }
            Kind::Session { role, .. } => {
                context.set_default("aws:PrincipalType", "AssumedRole");
                if let Some(role) = role {
                    context.set_default("aws:PrincipalArn", &**role);
                }
            }
            Kind::FederatedUser { name } => {
                context.set_default("aws:PrincipalType", "FederatedUser");
                if let Some(account) = &self.account {
                    context.set_default("aws:userid", format!("{account}:{name}"));
                }
                context.set_default("aws:PrincipalArn", &*self.text);
            }
            Kind::Service => context.set_default("aws:PrincipalServiceName", &*self.text),
            Kind::Federated => {}
        }
    }

    fn root_arn(&self, account: &str) -> String {
        if self.text.starts_with("arn:") {
            self.text.to_string()
        } else {
            format!("arn:aws:iam::{account}:root")
        }
    }
}

/// How directly a resource-based policy names a principal. It decides which other policies still
/// have a say within one account (IAM User Guide, "How AWS enforcement code logic evaluates
/// requests", resource-based policies).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grant {
    /// The account: it may delegate, so an identity policy must still allow.
    Account,
    /// The role behind a session (or the user behind a federated one): boundary and session
    /// policy still limit it.
    Behind,
    /// The principal itself, or everyone.
    Direct,
}

/// A principal as a statement names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Named {
    Everyone,
    Account(Box<str>),
    /// A user, role, session or other principal by ARN.
    Arn(Box<str>),
    /// A unique id such as `AROA…`, which an ARN turns into when its principal is deleted.
    UniqueId(Box<str>),
    /// `None` for `*`.
    Service(Option<Box<str>>),
    /// `None` for `*`.
    Federated(Option<Box<str>>),
    CanonicalUser(Box<str>),
}

impl Named {
    /// How this covers the principal, if it does.
    pub(crate) fn covers(&self, principal: &Principal, context: &Context) -> Option<Grant> {
        let matches = match (self, &principal.kind) {
            (Self::Everyone, _) => true,
            (Self::Account(account), _) => {
                let same = principal.is_identity() && principal.account() == Some(account);
                return same.then_some(Grant::Account);
            }
            (Self::Service(name), Kind::Service) => name
                .as_ref()
                .is_none_or(|n| n.eq_ignore_ascii_case(&principal.text)),
            (Self::Federated(name), Kind::Federated) => {
                name.as_ref().is_none_or(|n| **n == *principal.text)
            }
            (Self::CanonicalUser(id), _) => principal.canonical_user.as_deref() == Some(&**id),
            (Self::UniqueId(id), _) => return covers_unique_id(id, principal, context),
            (Self::Arn(arn), _) => return covers_arn(arn, principal, context),
            _ => false,
        };
        matches.then_some(Grant::Direct)
    }
}

fn covers_unique_id(id: &str, principal: &Principal, context: &Context) -> Option<Grant> {
    let user_id = context.value_of("aws:userid")?;
    if user_id == id {
        return Some(Grant::Direct);
    }
    let of_session = user_id.split_once(':').is_some_and(|(role, _)| role == id);
    (of_session && matches!(principal.kind, Kind::Session { .. })).then_some(Grant::Behind)
}

fn covers_arn(arn: &str, principal: &Principal, context: &Context) -> Option<Grant> {
    if *arn == *principal.text {
        return Some(match principal.kind {
            Kind::Session { session: None, .. } => Grant::Behind,
            _ => Grant::Direct,
        });
    }
    let [_, _, service, _, account, resource] = arn_fields(arn)?;
    let same_account = principal.account() == Some(account);
    match &principal.kind {
        Kind::Session {
            role,
            name,
            session,
        } => {
            if service == "sts" {
                let named = resource.strip_prefix("assumed-role/")?.split_once('/')?;
                let same =
                    same_account && named.0 == &**name && session.as_deref() == Some(named.1);
                return same.then_some(Grant::Direct);
            }
            let known = role.as_deref().or_else(|| {
                context
                    .value_of("aws:PrincipalArn")
                    .filter(|a| a.contains(":role/"))
            });
            // Role names are unique in an account whatever their path, so without the path the
            // name tells which role a session is of.
            let same = match known {
                Some(known) => known == arn,
                None => {
                    let named = resource
                        .strip_prefix("role/")
                        .and_then(|r| r.rsplit('/').next());
                    service == "iam" && same_account && named == Some(name)
                }
            };
            same.then_some(Grant::Behind)
        }
        Kind::FederatedUser { name } => {
            let user = resource
                .strip_prefix("user/")
                .and_then(|r| r.rsplit('/').next());
            let same = service == "iam" && same_account && user == Some(name);
            same.then_some(Grant::Behind)
        }
        _ => None,
    }
}

/// The six fields of an ARN.
pub(crate) fn arn_fields(text: &str) -> Option<[&str; 6]> {
    let mut fields = text.splitn(6, ':');
    let mut next = || fields.next();
    let all = [next()?, next()?, next()?, next()?, next()?, next()?];
    (all[0] == "arn").then_some(all)
}

/// Twelve digits.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a name is in a domain of AWS services: the commercial regions, China, the European
/// Sovereign Cloud, the isolated regions, and those few that live under `amazon.com`.
pub(crate) fn is_service(text: &str) -> bool {
    const DOMAINS: [&str; 6] = [
        ".amazonaws.com",
        ".amazonaws.com.cn",
        ".amazonaws.eu",
        ".c2s.ic.gov",
        ".sc2s.sgov.gov",
        ".amazon.com",
    ];
    let name = text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-');
    let lower = text.to_ascii_lowercase();
    name && DOMAINS
        .iter()
        .any(|domain| lower.len() > domain.len() && lower.ends_with(domain))
}
