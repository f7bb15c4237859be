//! The endpoint: from a request to its answer.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use jiff::Timestamp;
use parking_lot::{Mutex, RwLock};
use rolecall_arn::{AccountId, Partition};
use serde_json::Value;

use crate::call::{Call, Notes};
use crate::caller::Caller;
use crate::calls::{CallLog, CallRecord};
use crate::clock::Clock;
use crate::event::{self, Draft, EventLog, Identity};
use crate::failure::Failure;
use crate::faults::Faults;
use crate::iam::{AccessKey, User};
use crate::ids::Ids;
use crate::operation::{Operation, Outcome, Run};
use crate::parameters::Parameters;
use crate::service::{Protocol, Service};
use crate::sigv4::{self, Authorization, Credentials, SigningKeys};
use crate::standing::{Standing, Standings};
use crate::state::State;
use crate::sts;
use crate::table::{Journal, Lag};
use crate::wire;

/// The name of the user every account's administrator is.
pub const ADMINISTRATOR: &str = "administrator";

/// How an endpoint behaves.
#[derive(Clone)]
pub struct Settings {
    /// The account of the default credentials.
    pub account: AccountId,
    /// The region of requests that do not tell one.
    pub region: String,
    /// Ids, faults and delays follow from it.
    pub seed: u64,
    /// The administrator's key.
    pub credentials: Credentials,
    /// Takes every key, or none, for an administrator's, and checks no signature of such a key. A key
    /// id of twelve digits is the administrator of that account.
    pub any_credentials: bool,
    /// How long a write may stay unseen, in milliseconds of sandbox time. `None`: seen at once.
    pub lag: Option<u64>,
    /// Gets every change.
    pub journal: Option<Journal>,
}

/// What all calls share.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<Clock>,
    pub(crate) ids: Arc<Ids>,
    pub(crate) events: EventLog,
    pub(crate) calls: CallLog,
    pub(crate) faults: Faults,
    keys: SigningKeys,
    standings: Standings,
    /// Keys of AWS services: id to secret and name.
    services: Mutex<HashMap<String, (String, String, AccountId)>>,
}

/// The emulated AWS endpoint.
///
/// Calling it is synchronous and in memory; servers only carry bytes to it. Cloning it is cheap.
#[derive(Clone)]
pub struct Aws {
    state: Arc<RwLock<State>>,
    shared: Arc<Shared>,
}

/// An answer and how it is to be given.
#[derive(Debug)]
pub struct Answer {
    /// The response.
    pub response: Response<Bytes>,
    /// Real time to wait before giving it.
    pub delay: Duration,
    /// Close the connection instead.
    pub dropped: bool,
    /// The call may have changed something, which must be kept before it is acknowledged.
    pub wrote: bool,
}

impl Answer {
    /// A response to be given at once, of a call that changed nothing.
    #[must_use]
    pub fn at_once(response: Response<Bytes>) -> Self {
        Self {
            response,
            delay: Duration::ZERO,
            dropped: false,
            wrote: false,
        }
    }
}

impl Aws {
    /// An endpoint with nothing in it but the administrator of the default account.
    #[must_use]
    pub fn new(settings: Settings, clock: Arc<Clock>) -> Self {
        let ids = Arc::new(Ids::new(settings.seed));
        let mut state = State::new(Partition::of_region(&settings.region));
        let faults = Faults::new(settings.seed);
        state.attach(&settings.journal, |service| {
            let service = Service::named(service)?;
            Some(Lag {
                clock: Arc::clone(&clock),
                ids: Arc::clone(&ids),
                longest: settings.lag.unwrap_or(0),
                stale: faults.stale(service),
            })
        });
        let events = state.cloudtrail.events.clone();
        let aws = Self {
            state: Arc::new(RwLock::new(state)),
            shared: Arc::new(Shared {
                settings,
                clock,
                ids,
                events,
                calls: CallLog::default(),
                faults,
                keys: SigningKeys::default(),
                standings: Standings::default(),
                services: Mutex::default(),
            }),
        };
        aws.add_administrator(aws.shared.settings.account);
        aws
    }

    /// Answers one request from this machine.
    #[must_use]
    pub fn handle(&self, request: Request<Bytes>) -> Answer {
        self.handle_from(request, IpAddr::V4(Ipv4Addr::LOCALHOST))
    }

    /// Answers one request.
    #[must_use]
    pub fn handle_from(&self, request: Request<Bytes>, source_ip: IpAddr) -> Answer {
        let request_id = self.shared.ids.uuid();
        let (parts, body) = request.into_parts();
        let signed = sigv4::authorization(&parts);
        let service = wire::route::service(&parts, signed.as_ref().ok().and_then(Option::as_ref))
            .or_else(|| wire::route::by_body(&body));
        let Some(service) = service else {
            return Answer::at_once(unknown_service(&request_id));
        };
        if service == Service::S3 {
            return self.handle_s3(parts, body, signed, source_ip, &request_id);
        }
        let routed = route(
            service,
            &parts,
            &body,
            signed.as_ref().ok().and_then(Option::as_ref),
        );
        let operation_name = match &routed {
            Ok(routed) => routed.operation.name.to_owned(),
            Err(unrouted) => unrouted.operation.clone(),
        };
        let wrote = routed
            .as_ref()
            .is_ok_and(|routed| !routed.operation.is_read_only());
        let verdict = self.shared.faults.decide(service, &operation_name);
        let mut record = CallRecord {
            number: 0,
            time: self.shared.clock.now(),
            service: service.name(),
            operation: operation_name,
            caller: None,
            invoked_by: None,
            status: 200,
            error: None,
        };
        let authenticated = if record.operation == sts::UNSIGNED && matches!(&signed, Ok(None)) {
            Ok(self.anonymous())
        } else {
            self.authenticate(service, &parts, &body, signed)
        };
        let outcome = authenticated
            .map_err(|failure| adapted(service, failure))
            .and_then(|standing| {
                record.caller = Some(standing.caller.arn.clone());
                record.invoked_by = standing.caller.invoked_by().map(str::to_owned);
                let mut routed = routed.map_err(|unrouted| unrouted.failure)?;
                routed.fault = verdict.error;
                self.run(service, routed, standing, &parts, source_ip, &request_id)
            });
        let response = match &outcome {
            Ok((operation, output)) => wire::success(service, operation, output, &request_id),
            Err(failure) => wire::failure(service, failure, &request_id),
        };
        record.status = response.status().as_u16();
        record.error = outcome.err().map(|failure| failure.code.into_owned());
        self.shared.calls.push(record);
        Answer {
            response,
            delay: verdict.delay,
            dropped: verdict.drop,
            wrote,
        }
    }

    fn handle_s3(
        &self,
        parts: Parts,
        body: Bytes,
        signed: Result<Option<Authorization>, Failure>,
        source_ip: IpAddr,
        request_id: &str,
    ) -> Answer {
        let verdict = self.shared.faults.decide(Service::S3, "");
        let time = self.shared.clock.now();
        let served = crate::s3::serve(
            self,
            parts,
            body,
            signed,
            verdict.error,
            source_ip,
            request_id,
        );
        self.shared.calls.push(CallRecord {
            number: 0,
            time,
            service: Service::S3.name(),
            operation: served.operation.to_owned(),
            caller: served.caller,
            invoked_by: None,
            status: served.response.status().as_u16(),
            error: served.error,
        });
        Answer {
            response: served.response,
            delay: verdict.delay,
            dropped: verdict.drop,
            wrote: served.wrote,
        }
    }

    /// A call on its way; its parameters are still to come.
    #[expect(clippy::too_many_arguments, reason = "what a call begins with")]
    pub(crate) fn call(
        &self,
        service: Service,
        operation: &'static str,
        region: &str,
        standing: Arc<Standing>,
        parts: &Parts,
        source_ip: IpAddr,
        request_id: &str,
    ) -> Call<'_> {
        let region = if region.is_empty() {
            &self.shared.settings.region
        } else {
            region
        };
        // Only services are believed: for anybody else these would be a way around a trust policy.
        let by_service = standing.caller.is_service();
        let source = |name| by_service.then(|| header(parts, name)).flatten();
        Call {
            service,
            operation,
            region: region.to_owned(),
            parameters: Parameters::default(),
            standing,
            now: self.shared.clock.now(),
            request_id: request_id.to_owned(),
            source_ip,
            user_agent: header(parts, "user-agent"),
            source_arn: source("x-amz-source-arn"),
            source_account: source("x-amz-source-account"),
            shared: &self.shared,
            notes: Notes::default(),
        }
    }

    fn run(
        &self,
        service: Service,
        routed: Routed,
        standing: Arc<Standing>,
        parts: &Parts,
        source_ip: IpAddr,
        request_id: &str,
    ) -> Result<(&'static str, Value), Failure> {
        let operation = routed.operation;
        let mut call = self.call(
            service,
            operation.name,
            &routed.region,
            standing,
            parts,
            source_ip,
            request_id,
        );
        call.parameters = routed.parameters;
        let outcome = match (routed.fault, operation.run) {
            (Some(fault), _) => Err(fault),
            (None, Run::Read(run)) => run(&self.state.read(), &mut call),
            (None, Run::Write(run)) => {
                let mut state = self.state.write();
                let outcome = run(&mut state, &mut call);
                if service == Service::Iam {
                    state.touch();
                }
                outcome
            }
        };
        self.record(operation.name, operation.is_read_only(), call, &outcome);
        outcome.map(|output| (operation.name, output))
    }

    pub(crate) fn record(
        &self,
        name: &'static str,
        reads: bool,
        mut call: Call<'_>,
        outcome: &Outcome,
    ) {
        let failure = outcome.as_ref().err();
        if call.service == Service::Ec2
            && !reads
            && let Ok(output) = outcome
        {
            let recorded = crate::ec2::record::response(&call.request_id, output);
            call.notes.response_elements = Some(recorded);
        }
        let response = match (outcome, &call.notes.response_elements) {
            (Err(_), _) => &Value::Null,
            (Ok(_), Some(noted)) => noted,
            (Ok(output), None) => match output {
                Value::Object(members) if !reads && !members.is_empty() => output,
                _ => &Value::Null,
            },
        };
        let request = call.notes.request_parameters.take().unwrap_or_else(|| {
            let all = std::mem::take(&mut call.parameters.0);
            if call.service == Service::Ec2 {
                return crate::ec2::record::request(name, &all);
            }
            if all.is_empty() {
                Value::Null
            } else {
                Value::Object(all)
            }
        });
        let caller = &call.standing.caller;
        let ids = &self.shared.ids;
        let mut recipients = std::mem::take(&mut call.notes.recipients);
        if recipients.is_empty() {
            recipients.push(caller.account);
        }
        // Events of services and of several accounts say which of them are of one call.
        let shared_id = (recipients.len() > 1 || caller.is_service()).then(|| ids.uuid());
        let noted = call.notes.identity.take().map(Arc::new);
        let details = event::details(
            call.service,
            &request,
            response,
            &call.notes.resources,
            call.notes.additional_data.as_ref(),
            shared_id.as_deref(),
        );
        for recipient in recipients {
            let identity = match &noted {
                Some(noted) => Arc::clone(noted),
                None if recipient == caller.account => Arc::clone(&call.standing.identity),
                None => Arc::new(Identity::of(caller, recipient)),
            };
            self.shared.events.push(Draft {
                time: call.now,
                service: call.service,
                name: name.into(),
                region: &call.region,
                recipient,
                error_code: failure.map(|failure| failure.recorded().into()),
                error_message: failure
                    .filter(|failure| !failure.message.is_empty())
                    .map(|failure| event::cut(&failure.message)),
                read_only: call.notes.read_only.unwrap_or(reads),
                id: ids.uuid_bytes(),
                request_id: &call.request_id,
                identity,
                source_ip: call.source_ip,
                user_agent: call.user_agent.as_deref(),
                details: details.clone(),
            });
        }
    }

    fn authenticate(
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
            return Err(Failure::new(
                if service.protocol() == Protocol::Query {
                    "ExpiredToken"
                } else {
                    "ExpiredTokenException"
                },
                403,
                "The security token included in the request is expired",
            ));
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

    fn anonymous(&self) -> Arc<Standing> {
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

    fn add_administrator(&self, account: AccountId) {
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

    /// Forgets everything but the administrator of the default account.
    pub fn reset(&self) {
        self.write(State::clear);
        self.shared.events.clear();
        self.shared.calls.clear();
        self.add_administrator(self.shared.settings.account);
    }

    /// Reads the state: for loading, saving and the parts of EKS that sit beside its API. The
    /// control plane must not use it: what it may know, IAM decides.
    pub fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.state.read())
    }

    /// Changes the state without a call: for loading what files declare.
    pub fn write<T>(&self, write: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.write();
        let result = write(&mut state);
        state.touch();
        result
    }

    /// As [`write`](Self::write), for what no policy depends on.
    pub(crate) fn write_quietly<T>(&self, write: impl FnOnce(&mut State) -> T) -> T {
        write(&mut self.state.write())
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// The sandbox's time.
    #[must_use]
    pub fn clock(&self) -> &Arc<Clock> {
        &self.shared.clock
    }

    /// The source of ids.
    #[must_use]
    pub fn ids(&self) -> &Ids {
        &self.shared.ids
    }

    /// The CloudTrail events.
    #[must_use]
    pub fn events(&self) -> &EventLog {
        &self.shared.events
    }

    /// All calls, whoever made them.
    #[must_use]
    pub fn calls(&self) -> &CallLog {
        &self.shared.calls
    }

    /// The faults in force.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }
}

/// An operation found for a request.
pub(crate) struct Routed {
    pub(crate) operation: Operation,
    pub(crate) parameters: Parameters,
    pub(crate) region: String,
    /// Answered so instead of being carried out.
    fault: Option<Failure>,
}

/// A request no operation was found for.
pub(crate) struct Unrouted {
    operation: String,
    failure: Failure,
}

fn route(
    service: Service,
    parts: &Parts,
    body: &[u8],
    signed: Option<&Authorization>,
) -> Result<Routed, Unrouted> {
    let region = match service {
        // IAM is global; its events are in us-east-1.
        Service::Iam => "us-east-1".to_owned(),
        // So is the old endpoint of STS.
        Service::Sts if header(parts, "host").as_deref() == Some("sts.amazonaws.com") => {
            "us-east-1".to_owned()
        }
        _ => region_of(parts, signed),
    };
    let found = match service.protocol() {
        Protocol::Query | Protocol::Ec2 => query(service, parts, body),
        Protocol::Json11 => target(service, parts, body),
        Protocol::RestJson => crate::eks::route(parts, body),
        Protocol::S3 => Err((String::new(), unknown_action(service, ""))),
    };
    found
        .map(|(operation, parameters)| Routed {
            operation,
            parameters,
            region,
            fault: None,
        })
        .map_err(|(operation, failure)| Unrouted { operation, failure })
}

type Found = Result<(Operation, Parameters), (String, Failure)>;

fn query(service: Service, parts: &Parts, body: &[u8]) -> Found {
    let mut parameters = wire::form_parameters(parts.uri.query().unwrap_or_default().as_bytes());
    let form = header(parts, "content-type")
        .is_none_or(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    if form {
        parameters.0.extend(wire::form_parameters(body).0);
    }
    let Some(action) = parameters.text("Action").map(str::to_owned) else {
        let failure = Failure::new(
            "MissingAction",
            400,
            "The request must contain the parameter Action.",
        );
        return Err((String::new(), failure));
    };
    parameters.0.retain(|name, _| {
        !matches!(name.as_str(), "Action" | "Version") && !name.starts_with("X-Amz-")
    });
    let operation = match service {
        Service::Iam => crate::iam::operation(&action),
        Service::Sts => crate::sts::operation(&action),
        _ => crate::ec2::operation(&action),
    };
    match operation {
        Some(operation) => Ok((operation, parameters)),
        None => {
            let failure = unknown_action(service, &action);
            Err((action, failure))
        }
    }
}

fn target(service: Service, parts: &Parts, body: &[u8]) -> Found {
    let target = header(parts, "x-amz-target").unwrap_or_default();
    let name = target.rsplit('.').next().unwrap_or_default().to_owned();
    let Some(operation) = crate::cloudtrail::operation(&name) else {
        let failure = unknown_action(service, &name);
        return Err((name, failure));
    };
    json_parameters(body)
        .map(|parameters| (operation, parameters))
        .map_err(|failure| (name, failure))
}

/// The members of a JSON body; an empty body has none.
pub(crate) fn json_parameters(body: &[u8]) -> Result<Parameters, Failure> {
    if body.is_empty() {
        return Ok(Parameters::default());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(Parameters(members)),
        _ => Err(Failure::new(
            "SerializationException",
            400,
            "The request body is not a JSON object",
        )),
    }
}

fn unknown_action(service: Service, action: &str) -> Failure {
    match service.protocol() {
        Protocol::Json11 | Protocol::RestJson => Failure::new(
            "UnknownOperationException",
            404,
            format!("the sandbox emulates no operation {action} of {service}"),
        ),
        _ => Failure::new(
            "InvalidAction",
            400,
            format!(
                "The action {action} is not valid for this endpoint. (The sandbox emulates no such \
                 operation of {service}.)"
            ),
        ),
    }
}

/// The region in the signature's scope, or in the host name.
fn region_of(parts: &Parts, signed: Option<&Authorization>) -> String {
    if let Some(signed) = signed {
        return signed.scope.region.clone();
    }
    let host = header(parts, "host").unwrap_or_default();
    host.split('.')
        .find(|label| {
            label.split('-').count() >= 3 && label.ends_with(|last: char| last.is_ascii_digit())
        })
        .unwrap_or_default()
        .to_owned()
}

fn header(parts: &Parts, name: &str) -> Option<String> {
    let value = parts.headers.get(name)?.to_str().ok()?;
    Some(value.to_owned())
}

fn unknown_key() -> Failure {
    Failure::new(
        "InvalidClientTokenId",
        403,
        "The security token included in the request is invalid.",
    )
}

/// Authentication failures have other codes in the JSON protocols and in EC2.
fn adapted(service: Service, failure: Failure) -> Failure {
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
        (Protocol::Ec2, "ExpiredTokenException") => "RequestExpired",
        _ => return failure,
    };
    Failure {
        code: code.into(),
        ..failure
    }
}

fn unknown_service(request_id: &str) -> Response<Bytes> {
    wire::failure(
        Service::Sts,
        &Failure::new(
            "UnknownService",
            404,
            "No AWS service could be told from this request: it has no signature, and neither its \
             host nor its path names one. The sandbox emulates iam, sts, eks, ec2, cloudtrail and \
             s3; point a client's AWS_ENDPOINT_URL here, and it signs what it sends.",
        ),
        request_id,
    )
}
