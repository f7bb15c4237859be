//! JSON patch (RFC 6902).

use json_patch::{Patch, PatchOperation};
use serde_json::Value;

use crate::status::{Cause, Status};

/// The most operations one patch may have (kube-apiserver's limit).
const MAX_OPERATIONS: usize = 10_000;

/// The most bytes that all copies of one patch may make together (kube-apiserver's limit). Without one, a
/// few copies of copies would fill the memory.
const MAX_COPIED: usize = 3 * 1024 * 1024;

/// How deep an object may be nested: as deep as one that can be read from JSON.
const MAX_DEPTH: usize = 120;

/// Applies a JSON patch; the document is only changed as a whole.
///
/// # Errors
/// 400 for what is no patch, 422 for a patch that does not fit, 413 for one that is too large.
pub(crate) fn json_patch(document: &Value, patch: &[u8]) -> Result<Value, Status> {
    let patch: Patch = serde_json::from_slice(patch)
        .map_err(|error| Status::bad_request(format!("error decoding patch: {error}")))?;
    if patch.0.len() > MAX_OPERATIONS {
        let count = patch.0.len();
        return Err(too_large(format!(
            "The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {count}"
        )));
    }
    let mut changed = document.clone();
    let copies = patch
        .0
        .iter()
        .any(|one| matches!(one, PatchOperation::Copy(_)));
    if copies {
        let mut copied = 0_usize;
        for operation in patch.0 {
            if let PatchOperation::Copy(copy) = &operation {
                let source = changed.pointer(copy.from.as_str());
                copied = copied.saturating_add(source.map(size).unwrap_or_default());
                if copied > MAX_COPIED {
                    return Err(too_large(format!(
                        "Unable to complete the copy, the accumulated size increase of copy is {copied}, exceeding the limit {MAX_COPIED}"
                    )));
                }
            }
            step(&mut changed, &Patch(vec![operation]))?;
        }
    } else {
        step(&mut changed, &patch)?;
    }
    if is_deeper_than(&changed, MAX_DEPTH) {
        return Err(rejected("exceeded max depth"));
    }
    Ok(changed)
}

fn step(document: &mut Value, patch: &Patch) -> Result<(), Status> {
    json_patch::patch(document, patch).map_err(|error| rejected(&error.to_string()))
}

fn rejected(why: &str) -> Status {
    let message = "the server rejected our request due to an error in our request";
    let cause = Cause::new("UnexpectedServerResponse", "", why);
    Status::new(422, "Invalid", message).because([cause])
}

fn too_large(message: String) -> Status {
    Status::new(413, "RequestEntityTooLarge", message).detailed()
}

/// About as many bytes as the value has in JSON.
fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 2,
        Value::Array(list) => list.iter().map(|one| size(one) + 1).sum::<usize>() + 2,
        Value::Object(map) => {
            map.iter()
                .map(|(name, one)| name.len() + size(one) + 4)
                .sum::<usize>()
                + 2
        }
        _ => 5,
    }
}

fn is_deeper_than(value: &Value, limit: usize) -> bool {
    let Some(below) = limit.checked_sub(1) else {
        return true;
    };
    match value {
        Value::Array(list) => list.iter().any(|one| is_deeper_than(one, below)),
        Value::Object(map) => map.values().any(|one| is_deeper_than(one, below)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::json_patch;

    fn code(patch: &Value) -> u16 {
        let document = json!({ "data": { "a": "x".repeat(100) } });
        json_patch(&document, patch.to_string().as_bytes())
            .map_or_else(|status| status.code, |_| 200)
    }

    #[test]
    fn copies_of_copies_and_deep_paths_are_stopped() {
        let copy = |index: usize| json!({ "op": "copy", "from": "/data", "path": format!("/data/c{index}") });
        assert_eq!(code(&(0..3).map(copy).collect()), 200);
        assert_eq!(code(&(0..40).map(copy).collect()), 413);
        let deep =
            |index: usize| json!({ "op": "add", "path": "/d".repeat(index + 1), "value": {} });
        assert_eq!(code(&(0..50).map(deep).collect()), 200);
        assert_eq!(code(&(0..300).map(deep).collect()), 422);
        let many: Value = (0..10_001)
            .map(|_| json!({ "op": "test", "path": "", "value": 1 }))
            .collect();
        assert_eq!(code(&many), 413);
    }
}
