//! Who makes a call: keys, signatures and the administrator every account has.

use std::sync::Arc;

use http::request::Parts;
use jiff::Timestamp;
use rolecall_arn::AccountId;

use super::Aws;
use crate::caller::Caller;
use crate::failure::Failure;
use crate::faults::expired;
use crate::iam::{AccessKey, User};
use crate::service::{Protocol, Service};
use crate::sigv4::{self, Authorization, Credentials};
use crate::standing::Standing;

/// The name of the user every account's administrator is.
pub const ADMINISTRATOR: &str = "administrator";

impl Aws {
    pub(super) fn authenticate(
        &self,
        service: Service,
        parts: &Parts,
        body: &[u8],
        signed: Result<Option<Authorization>, Failure>,
    ) -> Result<Arc<Standing>, Failure> {
        let settings = &self.shared.settings;
        let Some(signed) = signed? else {
            if settings.any_credentials {
                return Ok(self.anybody(None));
            }
            return Err(Failure::new(
                "MissingAuthenticationToken",
                403,
                "Request is missing Authentication Token",
            ));
        };
        let key = signed.access_key_id.as_str();
        let Some((standing, secret, token)) = self.find(key) else {
            if settings.any_credentials {
                return Ok(self.anybody(Some(key)));
            }
            return Err(unknown_key());
        };
        sigv4::check(
            parts,
            body,
            &signed,
            &secret,
            &self.shared.keys,
            Timestamp::now(),
        )?;
        if token != signed.session_token {
            return Err(unknown_key());
        }
        if standing.caller.has_expired(self.shared.clock.now()) {
            return Err(expired(service));
        }
        // IAM takes a user's temporary credentials with MFA only (STS API Reference,
        // `GetSessionToken`), and those of somebody it vouches for never.
        if service == Service::Iam && standing.caller.issued.is_some() {
            return Err(unknown_key());
        }
        Ok(standing)
    }

    /// Who owns a key, its secret and its session token.
    pub(crate) fn find(&self, key: &str) -> Option<(Arc<Standing>, String, Option<String>)> {
        if let Some((secret, name, account)) = self.shared.services.lock().get(key).cloned() {
            let state = self.state.read();
            let standing = Standing::new(&state, Caller::service(&name, account, key));
            return Some((Arc::new(standing), secret, None));
        }
        let state = self.state.read();
        let (secret, token) = if let Some(session) = state.sts.sessions.get(key) {
            (session.secret.clone(), Some(session.token.clone()))
        } else if let Some(session) = state.sts.user_sessions.get(key) {
            (session.secret.clone(), Some(session.token.clone()))
        } else {
            let access_key = state.iam.access_keys.get(key)?;
            if !access_key.active {
                return None;
            }
            (access_key.secret.clone(), None)
        };
        let epoch = state.epoch();
        if let Some(standing) = self.shared.standings.get(key, epoch) {
            return Some((standing, secret, token));
        }
        let caller = if let Some(session) = state.sts.sessions.get(key) {
            let role = state.iam.role(session.account, &session.role)?;
            if role.id != session.role_id {
                return None;
            }
            Caller::session(&state.partition, session, role.arn(&state.partition))
        } else if let Some(session) = state.sts.user_sessions.get(key) {
            let user = state.iam.user(session.account, &session.user)?;
            Caller::user_session(&state.partition, user, session)
        } else {
            let access_key = state.iam.access_keys.get(key)?;
            let user = state.iam.user(access_key.account, &access_key.user)?;
            Caller::user(&state.partition, user, key)
        };
        let standing = Arc::new(Standing::new(&state, caller));
        self.shared.standings.put(epoch, &standing);
        Some((standing, secret, token))
    }

    pub(super) fn anonymous(&self) -> Arc<Standing> {
        let caller = Caller::anonymous(self.shared.settings.account);
        Arc::new(Standing::new(&self.state.read(), caller))
    }

    /// Whom an unknown key stands for when every key is taken.
    pub(crate) fn anybody(&self, key: Option<&str>) -> Arc<Standing> {
        let account = key.and_then(|key| key.parse().ok());
        let account = account.unwrap_or(self.shared.settings.account);
        self.administrator(account, key.unwrap_or("anonymous"))
    }

    fn administrator(&self, account: AccountId, key: &str) -> Arc<Standing> {
        self.add_administrator(account);
        let state = self.state.read();
        let caller = state
            .iam
            .user(account, ADMINISTRATOR)
            .map(|user| Caller::user(&state.partition, user, key))
            // Somebody deleted the user between the two lines: the service acts for it.
            .unwrap_or_else(|| Caller::service("iam.amazonaws.com", account, key));
        Arc::new(Standing::new(&state, caller))
    }

    pub(super) fn add_administrator(&self, account: AccountId) {
        if self.state.read().iam.user(account, ADMINISTRATOR).is_some() {
            return;
        }
        let mut state = self.state.write();
        let partition = state.partition.clone();
        let now = self.shared.clock.now();
        let user = User {
            account,
            name: ADMINISTRATOR.to_owned(),
            path: "/".to_owned(),
            id: self.shared.ids.unique("AIDA", account),
            created: now,
            boundary: None,
            inline: std::collections::BTreeMap::new(),
            attached: vec![format!(
                "arn:{partition}:iam::aws:policy/AdministratorAccess"
            )],
            tags: std::collections::BTreeMap::new(),
        };
        let key = crate::iam::key(account, ADMINISTRATOR);
        state.iam.users.insert(&key, user);
        if account == self.shared.settings.account {
            let credentials = &self.shared.settings.credentials;
            state.iam.access_keys.insert(
                &credentials.access_key_id,
                AccessKey {
                    account,
                    user: ADMINISTRATOR.to_owned(),
                    secret: credentials.secret_access_key.clone(),
                    active: true,
                    created: now,
                },
            );
        }
        state.touch();
    }

    /// Credentials of an AWS service, such as `eks.amazonaws.com`, acting in an account. They are
    /// for in-process clients that play the service; nothing on the wire gives them out.
    #[must_use]
    pub fn service_credentials(&self, service: &str, account: AccountId) -> Credentials {
        let credentials = Credentials {
            access_key_id: self.shared.ids.unique("AKIA", account),
            secret_access_key: self.shared.ids.secret(40),
            session_token: None,
        };
        self.shared.services.lock().insert(
            credentials.access_key_id.clone(),
            (
                credentials.secret_access_key.clone(),
                service.to_owned(),
                account,
            ),
        );
        credentials
    }

    /// Credentials of an account's administrator, for loading and mending from within the process.
    /// An account that was not heard of yet begins to exist.
    #[must_use]
    pub fn administrator_credentials(&self, account: AccountId) -> Credentials {
        self.add_administrator(account);
        if account == self.shared.settings.account {
            return self.shared.settings.credentials.clone();
        }
        let credentials = Credentials {
            access_key_id: self.shared.ids.unique("AKIA", account),
            secret_access_key: self.shared.ids.secret(40),
            session_token: None,
        };
        let key = AccessKey {
            account,
            user: ADMINISTRATOR.to_owned(),
            secret: credentials.secret_access_key.clone(),
            active: true,
            created: self.shared.clock.now(),
        };
        self.write(|state| {
            state
                .iam
                .access_keys
                .insert(&credentials.access_key_id, key)
        });
        credentials
    }
}

fn unknown_key() -> Failure {
    Failure::new(
        "InvalidClientTokenId",
        403,
        "The security token included in the request is invalid.",
    )
}

/// Authentication failures have other codes in the JSON protocols and in EC2.
pub(super) fn adapted(service: Service, failure: Failure) -> Failure {
    let code = match (service.protocol(), &*failure.code) {
        (Protocol::RestJson | Protocol::Json11, "InvalidClientTokenId") => {
            "UnrecognizedClientException"
        }
        (Protocol::RestJson | Protocol::Json11, "SignatureDoesNotMatch") => {
            "InvalidSignatureException"
        }
        (Protocol::RestJson | Protocol::Json11, "MissingAuthenticationToken") => {
            "MissingAuthenticationTokenException"
        }
        (Protocol::RestJson | Protocol::Json11, "IncompleteSignature") => {
            "IncompleteSignatureException"
        }
        (Protocol::Ec2, "InvalidClientTokenId" | "SignatureDoesNotMatch") => {
            return Failure::new(
                "AuthFailure",
                401,
                "AWS was not able to validate the provided access credentials",
            );
        }
        _ => return failure,
    };
    Failure {
        code: code.into(),
        ..failure
    }
}
