//! Not there yet.

use crate::operation::Operation;
use crate::table::AnyTable;

/// Everything Eks keeps: the clusters, access entries and node groups.
pub struct Eks {}

impl Eks {
    pub(crate) fn new() -> Self {
        Self {}
    }

    pub(crate) fn tables(&mut self) -> Vec<&mut dyn AnyTable> {
        Vec::new()
    }
}

/// The operation of that name.
pub(crate) fn operation(_name: &str) -> Option<Operation> {
    None
}

/// The operation a method and path stand for, with the parameters of path, query and body.
pub(crate) fn route(
    parts: &http::request::Parts,
    _body: &[u8],
) -> Result<(Operation, crate::parameters::Parameters), (String, crate::failure::Failure)> {
    let path = parts.uri.path().to_owned();
    let failure = crate::failure::Failure::new("UnknownOperationException", 404, path.clone());
    Err((path, failure))
}
