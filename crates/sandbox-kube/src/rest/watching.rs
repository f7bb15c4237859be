//! The beginning of a watch.

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use super::{Ask, listing, present};
use crate::answer::Answer;
use crate::status::Status;
use crate::store::Compacted;
use crate::watch::{Scope, Watch};

/// Starts the watch of a request.
pub(super) fn watch(ask: &Ask<'_>) -> Result<Answer, Status> {
    ask.query.check_list(true)?;
    let selector = listing::selector(ask)?;
    let revision = listing::requested_revision(&ask.query.resource_version)?;
    let initial = ask
        .query
        .send_initial_events
        .unwrap_or(matches!(revision, None | Some(0)));
    let scope = Scope {
        resource: ask.resource.clone(),
        namespace: listing::namespace(ask).to_owned(),
        selector,
        format: ask.format,
        include: present::include(&ask.query.include_object),
        bookmarks: ask.query.bookmarks,
        marks_initial_end: ask.query.send_initial_events == Some(true) && ask.query.bookmarks,
    };
    let (signal, now, objects) = ask.shared.write(|state| {
        let signal = state.store.signal(&ask.resource.storage);
        let objects: Vec<_> = if initial {
            let found = state.store.list(&ask.resource.storage, &scope.namespace);
            found.map(|(_, object)| object.clone()).collect()
        } else {
            Vec::new()
        };
        (signal, state.store.revision(), objects)
    });
    let from = if initial {
        now
    } else {
        revision.filter(|&one| one > 0).unwrap_or(now)
    };
    let mut watch = Watch::new(ask.shared.clone(), signal, scope, from, ask.query.timeout);
    if initial {
        watch.begin_with(&objects, now);
    }
    let mut head = Response::new(());
    *head.status_mut() = StatusCode::OK;
    let media = match ask.format {
        super::Format::Table(_) => "application/json;as=Table;g=meta.k8s.io;v=v1",
        _ => "application/json",
    };
    head.headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(media));
    Ok(Answer::Watch(head, watch))
}

/// The object of the ERROR event for a watcher that is too far behind.
pub(crate) fn too_old(from: u64, compacted: Compacted) -> Value {
    json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": format!("too old resource version: {from} ({})", compacted.oldest),
        "reason": "Expired",
        "code": 410,
    })
}
