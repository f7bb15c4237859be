//! The endpoint: from a request to its answer.

mod authenticate;
mod carry;
mod route;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use parking_lot::{Mutex, RwLock};
use rolecall_arn::{AccountId, Partition};

use crate::calls::{CallLog, CallRecord};
use crate::clock::Clock;
use crate::event::EventLog;
use crate::failure::Failure;
use crate::faults::Faults;
use crate::ids::Ids;
use crate::service::Service;
use crate::sigv4::{self, Authorization, Credentials, SigningKeys};
use crate::standing::Standings;
use crate::state::State;
use crate::sts;
use crate::table::{Journal, Lag};
use crate::wire;
use authenticate::adapted;
use route::{route, unknown_service};

pub use authenticate::ADMINISTRATOR;
pub(crate) use route::json_parameters;

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
    /// The longest time that a write stays unseen, in milliseconds.
    lag: Arc<AtomicU64>,
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
        let lag = Arc::new(AtomicU64::new(settings.lag.unwrap_or(0)));
        state.attach(&settings.journal, |service| {
            let service = Service::named(service)?;
            Some(Lag {
                clock: Arc::clone(&clock),
                ids: Arc::clone(&ids),
                longest: Arc::clone(&lag),
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
                lag,
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
        let region = match &routed {
            Ok(routed) => routed.region.as_str(),
            Err(_) => "",
        };
        let verdict = self.shared.faults.decide(service, &operation_name, region);
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
        let scope = signed.as_ref().ok().and_then(Option::as_ref);
        let region = scope.map_or("", |signed| signed.scope.region.as_str());
        let verdict = self.shared.faults.decide(Service::S3, "", region);
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

    /// Does some work whose writes are seen at once, however long others stay unseen: what a world begins
    /// with has been there for long.
    pub fn seen_at_once<T>(&self, work: impl FnOnce() -> T) -> T {
        let lag = self.shared.lag.swap(0, Ordering::Relaxed);
        let done = work();
        self.shared.lag.store(lag, Ordering::Relaxed);
        done
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
