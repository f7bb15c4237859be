//! Get and list.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::Response;
use serde_json::{Map, Value, json};

use super::{Ask, present};
use crate::select::{FieldSelector, LabelSelector, Selector};
use crate::status::{Cause, Status};
use crate::store::{Store, key};

/// The object of a request.
pub(super) fn get(ask: &Ask<'_>) -> Result<Arc<Value>, Status> {
    let state = ask.shared.read();
    check_not_too_new(
        &state.store,
        requested_revision(&ask.query.resource_version)?,
    )?;
    object(ask, &state.store).cloned()
}

/// The object of a request in a store.
pub(super) fn object<'a>(ask: &Ask<'_>, store: &'a Store) -> Result<&'a Arc<Value>, Status> {
    store
        .get(&ask.resource.storage, &ask_key(ask))
        .ok_or_else(|| ask.not_found())
}

/// The key of the object of a request.
pub(super) fn ask_key(ask: &Ask<'_>) -> String {
    key(namespace(ask), &ask.target.name)
}

/// The namespace of a request; a namespace itself is in none.
pub(super) fn namespace<'a>(ask: &'a Ask<'_>) -> &'a str {
    if ask.resource.namespaced {
        &ask.target.namespace
    } else {
        ""
    }
}

/// The selectors of a request.
pub(super) fn selector(ask: &Ask<'_>) -> Result<Selector, Status> {
    let labels = LabelSelector::parse(&ask.query.label_selector).map_err(Status::bad_request)?;
    let mut fields = FieldSelector::parse(&ask.query.field_selector, &ask.resource)
        .map_err(Status::bad_request)?;
    if !ask.target.name.is_empty() {
        fields = fields.and(FieldSelector::of_name(&ask.target.name));
    }
    Ok(Selector { labels, fields })
}

/// The revision in `resourceVersion`; nothing if none is asked for.
pub(super) fn requested_revision(text: &str) -> Result<Option<u64>, Status> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| {
        let value = Value::from(text);
        let why = format!("strconv.ParseUint: parsing {text:?}: invalid syntax");
        let cause = Cause::invalid("resourceVersion", &value, &why);
        Status::invalid("meta.k8s.io", "ListOptions", "", vec![cause])
    })
}

/// 504, where the client has seen a revision that is not there yet.
fn check_not_too_new(store: &Store, revision: Option<u64>) -> Result<(), Status> {
    let current = store.revision();
    let Some(revision) = revision.filter(|&revision| revision > current) else {
        return Ok(());
    };
    let message = format!("Too large resource version: {revision}, current: {current}");
    let cause = Cause::new("ResourceVersionTooLarge", "", "Too large resource version");
    Err(Status::new(504, "Timeout", message)
        .because([cause])
        .retry_after(1))
}

/// The objects of a list, and its metadata.
type Found = (Vec<Arc<Value>>, Map<String, Value>);

/// What a page of a list begins with, and the revision it is of.
struct Start {
    after: String,
    /// Nothing means now.
    revision: Option<u64>,
}

/// A list, or a page of one.
pub(super) fn list(ask: &Ask<'_>) -> Result<Response<Bytes>, Status> {
    ask.query.check_list(false)?;
    let selector = selector(ask)?;
    let start = start(ask)?;
    let (objects, metadata) = {
        let state = ask.shared.read();
        check_not_too_new(&state.store, start.revision)?;
        page(ask, &state.store, &selector, &start)?
    };
    Ok(present::many(ask, &objects, metadata))
}

fn start(ask: &Ask<'_>) -> Result<Start, Status> {
    let query = &ask.query;
    if !query.continue_token.is_empty() {
        if !matches!(query.resource_version.as_str(), "" | "0") {
            return Err(Status::bad_request(
                "specifying resource version is not allowed when using continue",
            ));
        }
        return decode_token(&query.continue_token);
    }
    let revision = requested_revision(&query.resource_version)?.filter(|&revision| revision > 0);
    let exact = query.resource_version_match == "Exact"
        || (query.resource_version_match.is_empty() && query.limit > 0);
    if !exact {
        // Not older than this: the newest will do, once it is known to be new enough.
        let store = &ask.shared.read().store;
        check_not_too_new(store, revision)?;
        return Ok(Start {
            after: String::new(),
            revision: None,
        });
    }
    Ok(Start {
        after: String::new(),
        revision,
    })
}

fn page(ask: &Ask<'_>, store: &Store, selector: &Selector, start: &Start) -> Result<Found, Status> {
    let storage = &ask.resource.storage;
    let namespace = namespace(ask);
    let revision = start.revision.unwrap_or_else(|| store.revision());
    let limit = if ask.query.limit == 0 {
        usize::MAX
    } else {
        ask.query.limit
    };
    let mut page = Page {
        selector,
        everything: selector.is_everything(),
        limit,
        objects: Vec::new(),
        last: String::new(),
        more: false,
        rest: 0,
    };
    match (start.revision, selector.fields.name()) {
        (None, Some(name)) if !namespace.is_empty() || !ask.resource.namespaced => {
            if let Some(object) = store.get(storage, &key(namespace, name)) {
                page.take(name, object);
            }
        }
        (None, _) if start.after.is_empty() => {
            for (key, object) in store.list(storage, namespace) {
                page.take(key, object);
            }
        }
        _ => {
            let then = store
                .list_at(storage, namespace, &start.after, revision)
                .map_err(|_| expired(ask, &start.after))?;
            for (key, object) in &then {
                page.take(key, object);
            }
        }
    }
    let mut metadata = Map::new();
    metadata.insert("resourceVersion".into(), revision.to_string().into());
    if page.more {
        metadata.insert("continue".into(), token(revision as i64, &page.last).into());
        if selector.is_everything() {
            metadata.insert("remainingItemCount".into(), page.rest.into());
        }
    }
    Ok((page.objects, metadata))
}

/// The part of a list that fits.
struct Page<'a> {
    selector: &'a Selector,
    everything: bool,
    limit: usize,
    objects: Vec<Arc<Value>>,
    last: String,
    more: bool,
    rest: usize,
}

impl Page<'_> {
    fn take(&mut self, key: &str, object: &Arc<Value>) {
        if !self.everything && !self.selector.matches(object) {
            return;
        }
        if self.objects.len() < self.limit {
            self.objects.push(object.clone());
            if self.objects.len() == self.limit {
                self.last = key.to_owned();
            }
        } else {
            self.more = true;
            self.rest += 1;
        }
    }
}

fn token(revision: i64, last: &str) -> String {
    let token = json!({ "v": "meta.k8s.io/v1", "rv": revision, "start": format!("{last}\u{0}") });
    URL_SAFE_NO_PAD.encode(token.to_string())
}

fn decode_token(token: &str) -> Result<Start, Status> {
    let wrong = |why: &str| Status::bad_request(format!("continue key is not valid: {why}"));
    let bytes = URL_SAFE_NO_PAD
        .decode(token.trim_end_matches('='))
        .map_err(|error| wrong(&error.to_string()))?;
    let token: Value = serde_json::from_slice(&bytes).map_err(|error| wrong(&error.to_string()))?;
    let revision = token.get("rv").and_then(Value::as_i64).unwrap_or_default();
    let start = token
        .get("start")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if token.get("v").and_then(Value::as_str) != Some("meta.k8s.io/v1") {
        return Err(wrong("server does not recognize this encoded version"));
    }
    if revision == 0 {
        return Err(wrong(
            "incorrect encoded start resourceVersion (version meta.k8s.io/v1)",
        ));
    }
    if start.is_empty() {
        return Err(wrong("encoded start key empty (version meta.k8s.io/v1)"));
    }
    Ok(Start {
        after: start.trim_end_matches('\u{0}').to_owned(),
        revision: u64::try_from(revision).ok(),
    })
}

/// 410, with a token that goes on without consistency if this was a later page.
fn expired(ask: &Ask<'_>, after: &str) -> Status {
    if ask.query.continue_token.is_empty() {
        return Status::new(
            410,
            "Expired",
            "The resourceVersion for the provided list is too old.",
        );
    }
    let message = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";
    let mut status = Status::new(410, "Expired", message);
    status.continue_token = Some(token(-1, after).into());
    status
}
