//! A watch: the changes of one resource as a stream of JSON lines.

use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;

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

/// The body of a watch. It can be polled by an async server and read by an in-process caller.
#[derive(Debug)]
pub struct Watch {}

impl Watch {
    /// What is there now, without waiting.
    pub fn try_next(&mut self) -> Next {
        Next::Done
    }

    /// Waits for at most this long.
    pub fn next_within(&mut self, _limit: Duration) -> Next {
        Next::Done
    }

    /// For an async server (inside a Tokio runtime with its timer): the next chunk, or nothing at the end.
    pub fn poll_next(&mut self, _context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        Poll::Ready(None)
    }
}
