use std::borrow::Cow;
use std::collections::{HashMap, HashSet, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;
use rolecall_arn::AccountId;

use super::row::Row;
use super::{Event, Identity, uuid_bytes};
use crate::service::Service;
use crate::table::{AnyTable, Change, Journal, Lag};

/// The latest events of all accounts and regions. Cloning gives the same log.
///
/// It holds a bounded number of bytes: older events are in the trails' files, if there is a trail.
/// Events are rows of the state like any others, so a saved sandbox has them.
#[derive(Clone, Default)]
pub struct EventLog(Arc<Mutex<Inner>>);

/// Bytes of events kept, everything counted.
const BUDGET: usize = 64 << 20;
/// Texts that many events share; more are not worth remembering.
const SHARED: usize = 1024;

#[derive(Default)]
struct Inner {
    events: VecDeque<Arc<Event>>,
    /// The number of the latest event.
    last: u64,
    bytes: usize,
    /// How many events have each of the things they share, by its address, to count its bytes once.
    uses: HashMap<usize, usize>,
    texts: HashSet<Arc<str>>,
    journal: Option<Journal>,
}

/// An event before it has a number.
pub(crate) struct Draft<'a> {
    pub(crate) time: Timestamp,
    pub(crate) service: Service,
    pub(crate) name: Cow<'static, str>,
    pub(crate) region: &'a str,
    pub(crate) recipient: AccountId,
    pub(crate) error_code: Option<Box<str>>,
    pub(crate) error_message: Option<Box<str>>,
    pub(crate) read_only: bool,
    pub(crate) id: [u8; 16],
    pub(crate) request_id: &'a str,
    pub(crate) identity: Arc<Identity>,
    pub(crate) source_ip: IpAddr,
    pub(crate) user_agent: Option<&'a str>,
    pub(crate) details: Box<str>,
}

impl EventLog {
    pub(crate) fn push(&self, draft: Draft<'_>) {
        let mut inner = self.0.lock();
        let number = inner.last + 1;
        let region = inner.shared(draft.region);
        let user_agent = draft.user_agent.map(|agent| inner.shared(short(agent)));
        let event = Event {
            number,
            time: draft.time,
            service: draft.service,
            name: draft.name,
            region,
            recipient: draft.recipient,
            error_code: draft.error_code,
            error_message: draft.error_message,
            read_only: draft.read_only,
            id: draft.id,
            request_id: uuid_bytes(draft.request_id),
            identity: draft.identity,
            source_ip: draft.source_ip,
            user_agent,
            details: draft.details,
        };
        if let Some(journal) = &inner.journal {
            journal(written(&event));
        }
        inner.add(event);
        inner.prune();
    }

    /// The events that pass `wanted`, newest first.
    #[must_use]
    pub fn latest(&self, wanted: impl Fn(&Event) -> bool) -> Vec<Arc<Event>> {
        let inner = self.0.lock();
        let newest_first = inner.events.iter().rev();
        newest_first
            .filter(|event| wanted(event))
            .cloned()
            .collect()
    }

    /// At most `most` events that pass `wanted` and have a number below `before`, newest first.
    pub(crate) fn page(
        &self,
        before: u64,
        most: usize,
        wanted: impl Fn(&Event) -> bool,
    ) -> Vec<Arc<Event>> {
        let inner = self.0.lock();
        let end = inner.events.partition_point(|event| event.number < before);
        inner
            .events
            .range(..end)
            .rev()
            .filter(|event| wanted(event))
            .take(most)
            .cloned()
            .collect()
    }

    /// The events after a number, oldest first.
    #[must_use]
    pub fn after(&self, number: u64) -> Vec<Arc<Event>> {
        let inner = self.0.lock();
        let start = inner.events.partition_point(|event| event.number <= number);
        inner.events.range(start..).cloned().collect()
    }

    /// The number of the latest event, 0 when there was none.
    #[must_use]
    pub fn last_number(&self) -> u64 {
        self.0.lock().last
    }

    /// The number of the oldest event kept.
    #[must_use]
    pub fn first_number(&self) -> Option<u64> {
        self.0.lock().events.front().map(|event| event.number)
    }

    /// The bytes of memory that the events take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.lock().bytes
    }

    /// Whether events after `number` fill so much of the log that they should be delivered now, lest
    /// they be pruned first.
    pub(crate) fn presses(&self, number: u64) -> bool {
        let inner = self.0.lock();
        let start = inner.events.partition_point(|event| event.number <= number);
        let unseen = inner.events.len() - start;
        inner.bytes > BUDGET / 2 && unseen > inner.events.len() / 2
    }

    /// How many are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.lock().events.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets them. Numbers go on.
    pub fn clear(&self) {
        self.0.lock().clear();
    }
}

impl Inner {
    fn add(&mut self, event: Event) {
        self.last = self.last.max(event.number);
        self.bytes += event.bytes();
        for (address, bytes) in shares(&event) {
            let uses = self.uses.entry(address).or_insert(0);
            *uses += 1;
            if *uses == 1 {
                self.bytes += bytes;
            }
        }
        // Only what is restored comes late.
        let late = self
            .events
            .back()
            .is_some_and(|last| last.number >= event.number);
        if !late {
            self.events.push_back(Arc::new(event));
            return;
        }
        let place = self
            .events
            .partition_point(|other| other.number < event.number);
        match self.events.get_mut(place) {
            Some(same) if same.number == event.number => {
                let old = std::mem::replace(same, Arc::new(event));
                self.forget(&old);
            }
            _ => self.events.insert(place, Arc::new(event)),
        }
    }

    /// Takes an event that is gone off the account.
    fn forget(&mut self, event: &Event) {
        self.bytes = self.bytes.saturating_sub(event.bytes());
        for (address, bytes) in shares(event) {
            if let Some(uses) = self.uses.get_mut(&address) {
                *uses -= 1;
                if *uses == 0 {
                    self.bytes = self.bytes.saturating_sub(bytes);
                    self.uses.remove(&address);
                }
            }
        }
    }

    fn prune(&mut self) {
        while self.bytes > BUDGET && self.drop_oldest() {}
    }

    fn drop_oldest(&mut self) -> bool {
        let Some(event) = self.events.pop_front() else {
            return false;
        };
        self.forget(&event);
        if let Some(journal) = &self.journal {
            journal(Change {
                table: NAME,
                key: key(event.number),
                value: None,
            });
        }
        true
    }

    fn clear(&mut self) {
        while self.drop_oldest() {}
        self.texts.clear();
    }

    /// The one copy of a text that many events have.
    fn shared(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = text.into();
        if self.texts.len() >= SHARED {
            self.texts.clear();
        }
        self.texts.insert(Arc::clone(&new));
        new
    }
}

/// CloudTrail cuts a user agent after 1 KB (CloudTrail User Guide, "CloudTrail record contents").
fn short(agent: &str) -> &str {
    let end = agent.char_indices().nth(1024).map(|(end, _)| end);
    end.and_then(|end| agent.get(..end)).unwrap_or(agent)
}

/// Address and bytes of what an event shares with others.
fn shares(event: &Event) -> impl Iterator<Item = (usize, usize)> {
    let identity = Arc::as_ptr(&event.identity).addr();
    let agent = event.user_agent.as_ref();
    let agent = agent.map(|agent| (agent.as_ptr().addr(), agent.len() + 32));
    // Names of regions are few and short, unless somebody makes them up.
    let region = &event.region;
    let region = (region.len() > 32).then(|| (region.as_ptr().addr(), region.len() + 32));
    [Some((identity, event.identity.bytes())), agent, region]
        .into_iter()
        .flatten()
}

const NAME: &str = "cloudtrail.events";

/// Numbers with leading zeros, so that rows are in order.
fn key(number: u64) -> String {
    format!("{number:020}")
}

fn written(event: &Event) -> Change {
    Change {
        table: NAME,
        key: key(event.number),
        value: Some(serde_json::to_vec(&Row::from(event)).unwrap_or_else(|_| b"null".to_vec())),
    }
}

impl AnyTable for EventLog {
    fn name(&self) -> &'static str {
        NAME
    }

    fn restore(&mut self, key: &str, json: &[u8]) -> Result<(), serde_json::Error> {
        use serde::de::Error as _;
        let row: Row<'_> = serde_json::from_slice(json)?;
        let number = key
            .parse()
            .map_err(|_| serde_json::Error::custom("the key is no number"))?;
        let mut event = row
            .event(number)
            .ok_or_else(|| serde_json::Error::custom("no event of a service known here"))?;
        let mut inner = self.0.lock();
        // Events of one caller mostly stand together.
        if let Some(last) = inner.events.back()
            && last.identity == event.identity
        {
            event.identity = Arc::clone(&last.identity);
        }
        event.region = inner.shared(&event.region);
        if let Some(agent) = event.user_agent.take() {
            event.user_agent = Some(inner.shared(&agent));
        }
        if let Some(journal) = &inner.journal {
            journal(written(&event));
        }
        inner.add(event);
        inner.prune();
        Ok(())
    }

    fn dump(&self, into: &mut Vec<Change>) {
        into.extend(self.0.lock().events.iter().map(|event| written(event)));
    }

    fn clear(&mut self) {
        self.0.lock().clear();
    }

    fn attach(&mut self, journal: Option<Journal>, _lag: Option<Lag>) {
        self.0.lock().journal = journal;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn draft(details: &str) -> Draft<'static> {
        let account: AccountId = "111122223333".parse().unwrap();
        Draft {
            time: Timestamp::UNIX_EPOCH,
            service: Service::Iam,
            name: "GetRole".into(),
            region: "us-east-1",
            recipient: account,
            error_code: None,
            error_message: None,
            read_only: true,
            id: [1; 16],
            request_id: "0acb1bc6-cb0a-4de6-91ae-a6506e3d36f0",
            identity: Arc::new(Identity::new(&serde_json::Value::Null, "x")),
            source_ip: Ipv4Addr::LOCALHOST.into(),
            user_agent: Some("aws-cli/2"),
            details: details.into(),
        }
    }

    #[test]
    fn a_flood_of_events_takes_bounded_memory_and_keeps_the_latest() {
        let log = EventLog::default();
        let megabyte = "x".repeat(1 << 20);
        for _ in 0..100 {
            log.push(draft(&megabyte));
        }
        assert!(log.bytes() <= BUDGET, "{}", log.bytes());
        assert_eq!(log.len(), 63);
        assert_eq!((log.first_number(), log.last_number()), (Some(38), 100));
        assert!(log.presses(0) && !log.presses(100));
        log.clear();
        assert_eq!((log.bytes(), log.len()), (0, 0));
    }
}
