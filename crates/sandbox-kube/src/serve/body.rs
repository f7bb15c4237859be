//! Bodies: requests' are read whole, answers' are whole or watches.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::sync::watch;

use super::connections::Busy;
use crate::watch::Watch;

/// Why there is no whole body.
pub(super) enum Unread {
    TooLarge,
    Broken,
}

/// The whole body of a request, if it is within the limit.
pub(super) async fn whole(mut body: Incoming, limit: usize) -> Result<Bytes, Unread> {
    let announced = body.size_hint().lower();
    if announced > u64::try_from(limit).unwrap_or(u64::MAX) {
        return drained(body, limit).await;
    }
    let mut gathered = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else {
            continue;
        };
        if gathered.len() + data.len() > limit {
            return drained(body, limit).await;
        }
        gathered.extend_from_slice(&data);
    }
    Ok(gathered.freeze())
}

/// Reads on for a while and keeps nothing: many clients look for the answer only after the last byte.
async fn drained(mut body: Incoming, limit: usize) -> Result<Bytes, Unread> {
    let mut left = limit.saturating_mul(4);
    while let Some(Ok(frame)) = body.frame().await {
        let length = frame.data_ref().map_or(0, Bytes::len);
        left = left.saturating_sub(length);
        if left == 0 {
            break;
        }
    }
    Err(Unread::TooLarge)
}

/// The body of an answer. The connection counts as busy until it is dropped.
pub(super) struct Outgoing {
    what: What,
    _busy: Option<Busy>,
}

enum What {
    Whole(Option<Bytes>),
    Watch(Watch, Pin<Box<dyn Future<Output = ()> + Send>>),
}

impl Outgoing {
    pub(super) fn whole(body: Bytes) -> Self {
        Self {
            what: What::Whole(Some(body).filter(|b| !b.is_empty())),
            _busy: None,
        }
    }

    /// The events of a watch, each sent as it comes, until `finish` becomes true.
    pub(super) fn watch(watch: Watch, mut finish: watch::Receiver<bool>) -> Self {
        let ends = async move {
            let _ = finish.wait_for(|finish| *finish).await;
        };
        Self {
            what: What::Watch(watch, Box::pin(ends)),
            _busy: None,
        }
    }

    pub(super) fn keeping(mut self, busy: Busy) -> Self {
        self._busy = Some(busy);
        self
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut self.what {
            What::Whole(body) => Poll::Ready(body.take().map(|body| Ok(Frame::data(body)))),
            What::Watch(watch, ends) => {
                if ends.as_mut().poll(context).is_ready() {
                    return Poll::Ready(None);
                }
                watch
                    .poll_next(context)
                    .map(|next| next.map(|chunk| Ok(Frame::data(chunk))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.what, What::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match &self.what {
            What::Whole(body) => {
                let length = body.as_ref().map_or(0, Bytes::len);
                SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
            }
            What::Watch(..) => SizeHint::default(),
        }
    }
}
