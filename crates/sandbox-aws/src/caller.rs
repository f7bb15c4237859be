use jiff::Timestamp;
use rolecall_arn::{AccountId, Partition};

use crate::sts::{Session, UserSession, federated_arn};

/// Who makes a call.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) kind: CallerKind,
    /// The caller's account; for an AWS service the one it acts in.
    pub(crate) account: AccountId,
    /// What `GetCallerIdentity` calls it; a service's name for a service.
    pub(crate) arn: String,
    /// `aws:userid`
    pub(crate) user_id: String,
    /// The key the call was signed with.
    pub(crate) access_key_id: String,
    /// When temporary credentials of a user began and end; a role session knows itself.
    pub(crate) issued: Option<(Timestamp, Timestamp)>,
}

/// The kinds of callers.
#[derive(Clone)]
pub(crate) enum CallerKind {
    /// An IAM user.
    User {
        /// Its name.
        name: String,
    },
    /// A role session.
    Session(Box<SessionOf>),
    /// An AWS service acting for itself.
    Service {
        /// `eks.amazonaws.com`
        name: String,
    },
    /// Somebody a user vouches for.
    Federated(Box<UserSession>),
    /// Nobody the credentials tell of.
    Anonymous,
}

/// A session and its role's ARN, which has the path that the session's lacks.
#[derive(Clone)]
pub(crate) struct SessionOf {
    pub(crate) session: Session,
    pub(crate) role_arn: String,
}

impl Caller {
    pub(crate) fn user(
        partition: &Partition,
        user: &crate::iam::User,
        access_key_id: &str,
    ) -> Self {
        Self {
            account: user.account,
            arn: user.arn(partition),
            user_id: user.id.clone(),
            access_key_id: access_key_id.to_owned(),
            issued: None,
            kind: CallerKind::User {
                name: user.name.clone(),
            },
        }
    }

    pub(crate) fn session(partition: &Partition, session: &Session, role_arn: String) -> Self {
        Self {
            account: session.account,
            arn: session.arn(partition),
            user_id: session.user_id(),
            access_key_id: session.access_key_id.clone(),
            issued: None,
            kind: CallerKind::Session(Box::new(SessionOf {
                session: session.clone(),
                role_arn,
            })),
        }
    }

    pub(crate) fn service(name: &str, account: AccountId, access_key_id: &str) -> Self {
        Self {
            account,
            arn: name.to_owned(),
            user_id: name.to_owned(),
            access_key_id: access_key_id.to_owned(),
            issued: None,
            kind: CallerKind::Service {
                name: name.to_owned(),
            },
        }
    }

    /// A user with temporary credentials, or somebody a user vouches for.
    pub(crate) fn user_session(
        partition: &Partition,
        user: &crate::iam::User,
        session: &UserSession,
    ) -> Self {
        let mut caller = Self::user(partition, user, &session.access_key_id);
        caller.issued = Some((session.created, session.expires));
        if let Some(name) = &session.federated {
            caller.arn = federated_arn(partition, session.account, name);
            caller.user_id = format!("{}:{name}", session.account);
            caller.kind = CallerKind::Federated(Box::new(session.clone()));
        }
        caller
    }

    /// A caller without credentials.
    pub(crate) fn anonymous(account: AccountId) -> Self {
        Self {
            account,
            arn: "anonymous".to_owned(),
            user_id: "anonymous".to_owned(),
            access_key_id: String::new(),
            issued: None,
            kind: CallerKind::Anonymous,
        }
    }

    /// The session, when the caller is one.
    pub(crate) fn as_session(&self) -> Option<&SessionOf> {
        match &self.kind {
            CallerKind::Session(session) => Some(session),
            _ => None,
        }
    }

    /// Whether its credentials are over.
    pub(crate) fn has_expired(&self, now: Timestamp) -> bool {
        let session = self.as_session().map(|of| of.session.expires);
        session
            .or(self.issued.map(|(_, expires)| expires))
            .is_some_and(|expires| expires < now)
    }

    /// Whether an AWS service acts for itself.
    pub(crate) fn is_service(&self) -> bool {
        matches!(self.kind, CallerKind::Service { .. })
    }

    /// The AWS service behind the call, when one is.
    pub(crate) fn invoked_by(&self) -> Option<&str> {
        match &self.kind {
            CallerKind::Service { name } => Some(name),
            CallerKind::Session(of) => of.session.invoked_by.as_deref(),
            CallerKind::User { .. } | CallerKind::Federated(_) | CallerKind::Anonymous => None,
        }
    }
}
