//! A watch: the changes of one resource as a stream of JSON lines.
//!
//! A watch holds no queue of its own. It remembers the revision it has come to and reads on in the
//! history of its resource, so a slow reader costs nothing; one that falls too far behind is told so
//! with 410, as Kubernetes does.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use serde_json::{Value, json};
use tokio::time::Sleep;

use crate::object;
use crate::resource::Resource;
use crate::rest::{Format, line, shown_event, too_old};
use crate::select::Selector;
use crate::server::Shared;
use crate::store::{Event, EventKind, Signal};
use crate::table::Include;

/// How often a bookmark tells how far the watch has come.
const BOOKMARK_EVERY: Duration = Duration::from_secs(60);

/// How many bytes one chunk gathers before it is handed on.
const CHUNK: usize = 64 * 1024;

/// What a watch has to say now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// One or more whole events, each ending with a newline.
    Chunk(Bytes),
    /// Nothing yet.
    Pending,
    /// The watch has ended; the body ends here.
    Done,
}

/// What a watch is of, and how it is shown.
#[derive(Debug)]
pub(crate) struct Scope {
    pub(crate) resource: Arc<Resource>,
    pub(crate) namespace: String,
    pub(crate) selector: Selector,
    pub(crate) format: Format,
    pub(crate) include: Include,
    pub(crate) bookmarks: bool,
    /// Whether a bookmark says where the initial events end.
    pub(crate) marks_initial_end: bool,
}

/// The body of a watch. It can be polled by an async server and read by an in-process caller.
pub struct Watch {
    shared: Arc<Shared>,
    signal: Arc<Signal>,
    scope: Scope,
    /// The revision that everything up to which has been told.
    position: u64,
    ready: VecDeque<Bytes>,
    first: bool,
    ended: bool,
    deadline: Option<Instant>,
    bookmark_at: Instant,
    timer: Option<Pin<Box<Sleep>>>,
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("resource", &self.scope.resource.plural)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

impl Watch {
    pub(crate) fn new(
        shared: Arc<Shared>,
        signal: Arc<Signal>,
        scope: Scope,
        position: u64,
        timeout: Option<Duration>,
    ) -> Self {
        let now = Instant::now();
        Self {
            shared,
            signal,
            scope,
            position,
            ready: VecDeque::new(),
            first: true,
            ended: false,
            deadline: timeout.and_then(|timeout| now.checked_add(timeout)),
            bookmark_at: now + BOOKMARK_EVERY,
            timer: None,
        }
    }

    /// Tells of what there is before anything changes.
    pub(crate) fn begin_with(&mut self, objects: &[Arc<Value>], revision: u64) {
        for object in objects {
            if !self.scope.selector.matches(object) {
                continue;
            }
            let bytes = self.event("ADDED", object);
            self.ready.push_back(bytes);
        }
        if self.scope.marks_initial_end {
            let bytes = self.bookmark(revision, true);
            self.ready.push_back(bytes);
        }
    }

    fn event(&mut self, kind: &str, object: &Arc<Value>) -> Bytes {
        let now = (self.shared.settings.clock)();
        let scope = &self.scope;
        let first = std::mem::take(&mut self.first);
        shown_event(
            &scope.resource,
            kind,
            object,
            scope.format,
            scope.include,
            first,
            now,
        )
    }

    fn bookmark(&mut self, revision: u64, ends_initial: bool) -> Bytes {
        let mut metadata =
            json!({ "resourceVersion": revision.to_string(), "creationTimestamp": null });
        if let (true, Some(map)) = (ends_initial, metadata.as_object_mut()) {
            map.insert(
                "annotations".into(),
                json!({ "k8s.io/initial-events-end": "true" }),
            );
        }
        let resource = &self.scope.resource;
        let object = Arc::new(json!({
            "kind": resource.kind,
            "apiVersion": resource.api_version(),
            "metadata": metadata,
        }));
        match self.scope.format {
            Format::Object => line("BOOKMARK", &object),
            _ => self.event("BOOKMARK", &object),
        }
    }

    /// Reads on in the history.
    fn read_on(&mut self) {
        if self.ended || self.signal.revision() <= self.position {
            return;
        }
        let shared = self.shared.clone();
        let state = shared.read();
        let to = state.store.revision();
        let Some(collection) = state.store.collection(&self.scope.resource.storage) else {
            return;
        };
        let changes: Result<Vec<Event>, _> = collection.since(self.position).map(|events| {
            events
                .filter(|event| self.is_of_namespace(event))
                .cloned()
                .collect()
        });
        drop(state);
        match changes {
            Ok(events) => {
                for event in events {
                    if let Some(bytes) = self.told(&event) {
                        self.ready.push_back(bytes);
                    }
                }
                self.position = self.position.max(to);
            }
            Err(compacted) => {
                let error = line("ERROR", &too_old(self.position, compacted));
                self.ready.push_back(error);
                self.ended = true;
            }
        }
    }

    /// Moves on to the newest revision if nothing has happened here since; so a quiet watch stays fresh.
    fn catch_up(&mut self) {
        let state = self.shared.read();
        let collection = state.store.collection(&self.scope.resource.storage);
        if collection.is_none_or(|collection| collection.changed() <= self.position) {
            self.position = self.position.max(state.store.revision());
        }
    }

    fn is_of_namespace(&self, event: &Event) -> bool {
        let namespace = &self.scope.namespace;
        namespace.is_empty()
            || event
                .key
                .strip_prefix(namespace.as_str())
                .is_some_and(|rest| rest.starts_with('/'))
    }

    /// What a change means to this watch: an object that a selector lets go of is deleted, one that it
    /// gets hold of is added.
    fn told(&mut self, event: &Event) -> Option<Bytes> {
        let selector = &self.scope.selector;
        let before = event
            .previous
            .as_ref()
            .filter(|previous| selector.matches(previous));
        let after = event.kind != EventKind::Deleted && selector.matches(&event.object);
        match (before, after) {
            (None, false) => None,
            (None, true) => Some(self.event("ADDED", &event.object)),
            (Some(_), true) => Some(self.event("MODIFIED", &event.object)),
            (Some(_), false) if event.kind == EventKind::Deleted => {
                Some(self.event("DELETED", &event.object))
            }
            (Some(previous), false) => {
                let mut last = previous.as_ref().clone();
                object::set_meta(&mut last, "resourceVersion", event.revision.to_string());
                Some(self.event("DELETED", &Arc::new(last)))
            }
        }
    }

    fn take_ready(&mut self) -> Option<Bytes> {
        let first = self.ready.pop_front()?;
        if self.ready.is_empty() {
            return Some(first);
        }
        let mut chunk = BytesMut::from(first.as_ref());
        while chunk.len() < CHUNK {
            let Some(more) = self.ready.pop_front() else {
                break;
            };
            chunk.extend_from_slice(&more);
        }
        Some(chunk.freeze())
    }

    /// What is there now, without waiting.
    pub fn try_next(&mut self) -> Next {
        self.next_at(Instant::now())
    }

    fn next_at(&mut self, now: Instant) -> Next {
        if self.ready.is_empty() {
            self.read_on();
        }
        if let Some(chunk) = self.take_ready() {
            return Next::Chunk(chunk);
        }
        if self.ended {
            return Next::Done;
        }
        let out_of_time = self.deadline.is_some_and(|deadline| now >= deadline);
        if self.scope.bookmarks && (out_of_time || now >= self.bookmark_at) {
            self.bookmark_at = now + BOOKMARK_EVERY;
            self.ended = out_of_time;
            self.catch_up();
            let position = self.position;
            return Next::Chunk(self.bookmark(position, false));
        }
        if out_of_time {
            self.ended = true;
            return Next::Done;
        }
        Next::Pending
    }

    /// Waits for at most this long.
    pub fn next_within(&mut self, limit: Duration) -> Next {
        let until = Instant::now() + limit;
        loop {
            let next = self.try_next();
            let now = Instant::now();
            if next != Next::Pending || now >= until {
                return next;
            }
            self.signal
                .wait(self.position, self.timer_at(now).min(until));
        }
    }

    /// When something is due without any change.
    fn timer_at(&self, now: Instant) -> Instant {
        let bookmark = if self.scope.bookmarks {
            self.bookmark_at
        } else {
            now + BOOKMARK_EVERY
        };
        self.deadline
            .map_or(bookmark, |deadline| deadline.min(bookmark))
    }

    /// For an async server (inside a Tokio runtime with its timer): the next chunk, or nothing at the end.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            match self.try_next() {
                Next::Chunk(chunk) => return Poll::Ready(Some(chunk)),
                Next::Done => return Poll::Ready(None),
                Next::Pending => {}
            }
            if !self.signal.register(self.position, context.waker()) {
                continue;
            }
            let at = tokio::time::Instant::from_std(self.timer_at(Instant::now()));
            let timer = self
                .timer
                .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
            timer.as_mut().reset(at);
            match timer.as_mut().poll(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(()) => self.timer = None,
            }
        }
    }
}
