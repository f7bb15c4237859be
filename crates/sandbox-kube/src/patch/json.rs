//! JSON patch (RFC 6902).

use serde_json::Value;

use crate::status::Status;

/// The most operations one patch may have (kube-apiserver's limit).
const MAX_OPERATIONS: usize = 10_000;

/// Applies a JSON patch; the document is only changed as a whole.
///
/// # Errors
/// 400 for what is no patch, 422 for a patch that does not fit, 413 for too many operations.
pub(crate) fn json_patch(document: &Value, patch: &[u8]) -> Result<Value, Status> {
    let patch: json_patch::Patch = serde_json::from_slice(patch)
        .map_err(|error| Status::bad_request(format!("error decoding patch: {error}")))?;
    if patch.0.len() > MAX_OPERATIONS {
        let message = format!(
            "The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {}",
            patch.0.len()
        );
        return Err(Status::new(413, "RequestEntityTooLarge", message));
    }
    let mut changed = document.clone();
    json_patch::patch(&mut changed, &patch).map_err(|error| {
        Status::new(
            422,
            "Invalid",
            format!("the server rejected our request due to an error in our request: {error}"),
        )
        .detailed()
    })?;
    Ok(changed)
}
