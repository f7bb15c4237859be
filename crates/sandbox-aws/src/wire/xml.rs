use std::fmt::Write as _;

use bytes::Bytes;
use http::Response;
use quick_xml::escape::escape;
use serde_json::Value;

use super::response;
use crate::failure::Failure;
use crate::service::Service;

const TYPE: &str = "text/xml;charset=UTF-8";

/// `<OpResponse xmlns><OpResult>…</OpResult><ResponseMetadata/></OpResponse>` (Smithy, "AWS query
/// protocol"). An operation without output has no result element.
pub(super) fn query_success(
    service: Service,
    operation: &str,
    output: &Value,
    request_id: &str,
) -> Response<Bytes> {
    let mut body = String::with_capacity(1024);
    let host = service.name();
    let version = service.version();
    let _ = write!(
        body,
        "<{operation}Response xmlns=\"https://{host}.amazonaws.com/doc/{version}/\">"
    );
    if output
        .as_object()
        .is_some_and(|members| !members.is_empty())
    {
        let _ = write!(body, "<{operation}Result>");
        members(&mut body, output, "member");
        let _ = write!(body, "</{operation}Result>");
    }
    let _ = write!(
        body,
        "<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>"
    );
    response(200, TYPE, request_id, body)
}

pub(super) fn query_failure(
    service: Service,
    failure: &Failure,
    request_id: &str,
) -> Response<Bytes> {
    let host = service.name();
    let version = service.version();
    let side = if failure.status >= 500 {
        "Receiver"
    } else {
        "Sender"
    };
    let body = format!(
        "<ErrorResponse xmlns=\"https://{host}.amazonaws.com/doc/{version}/\"><Error><Type>{side}</Type>\
         <Code>{}</Code><Message>{}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>",
        escape(&*failure.code),
        escape(&*failure.message)
    );
    response(failure.status, TYPE, request_id, body)
}

/// EC2 puts the request id first and has no result element (Smithy, "AWS EC2 query protocol").
pub(super) fn ec2_success(operation: &str, output: &Value, request_id: &str) -> Response<Bytes> {
    let mut body = String::with_capacity(1024);
    let _ = write!(
        body,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{operation}Response \
         xmlns=\"http://ec2.amazonaws.com/doc/{}/\"><requestId>{request_id}</requestId>",
        Service::Ec2.version()
    );
    members(&mut body, output, "item");
    let _ = write!(body, "</{operation}Response>");
    response(200, TYPE, request_id, body)
}

pub(super) fn ec2_failure(failure: &Failure, request_id: &str) -> Response<Bytes> {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>{}</Code>\
         <Message>{}</Message></Error></Errors><RequestID>{request_id}</RequestID></Response>",
        escape(&*failure.code),
        escape(&*failure.message)
    );
    response(failure.status, TYPE, request_id, body)
}

pub(super) fn s3_failure(failure: &Failure, request_id: &str) -> Response<Bytes> {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message>\
         <RequestId>{request_id}</RequestId></Error>",
        escape(&*failure.code),
        escape(&*failure.message)
    );
    response(failure.status, "application/xml", request_id, body)
}

/// The members of a structure as elements. A list is an element with one `item` each; a map's
/// entries are given by the operation as a list of structures named `entry` through the key
/// `"#entries"`; a list whose items have a name of their own through `"#items"`.
fn members(body: &mut String, value: &Value, item: &str) {
    let Value::Object(fields) = value else { return };
    for (name, value) in fields {
        element(body, name, value, item);
    }
}

fn element(body: &mut String, name: &str, value: &Value, item: &str) {
    match value {
        Value::Null => {}
        Value::Array(items) => {
            let _ = write!(body, "<{name}>");
            for each in items {
                element(body, item, each, item);
            }
            let _ = write!(body, "</{name}>");
        }
        Value::Object(fields) => {
            let _ = write!(body, "<{name}>");
            if let Some(Value::Array(entries)) = fields.get("#entries") {
                for entry in entries {
                    element(body, "entry", entry, item);
                }
            } else if let Some(Value::Object(named)) = fields.get("#items") {
                for (name, items) in named {
                    for each in items.as_array().into_iter().flatten() {
                        element(body, name, each, item);
                    }
                }
            } else {
                members(body, value, item);
            }
            let _ = write!(body, "</{name}>");
        }
        Value::String(text) => {
            let _ = write!(body, "<{name}>{}</{name}>", escape(text.as_str()));
        }
        Value::Bool(_) | Value::Number(_) => {
            let _ = write!(body, "<{name}>{value}</{name}>");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn text(response: &Response<Bytes>) -> String {
        String::from_utf8_lossy(response.body()).into_owned()
    }

    #[test]
    fn a_query_response_has_members_and_escapes_text() {
        let output = json!({"Roles": [{"RoleName": "a&b"}], "IsTruncated": false, "Marker": null});
        let written = text(&query_success(Service::Iam, "ListRoles", &output, "r-1"));
        assert!(written.contains(
            "<ListRolesResult><Roles><member><RoleName>a&amp;b</RoleName></member></Roles>\
             <IsTruncated>false</IsTruncated></ListRolesResult>"
        ));
        assert!(!written.contains("Marker"));
    }

    #[test]
    fn an_operation_without_output_has_no_result_element() {
        let written = text(&query_success(
            Service::Iam,
            "DeleteRole",
            &json!({}),
            "r-1",
        ));
        assert!(!written.contains("DeleteRoleResult"));
        assert!(written.contains("<RequestId>r-1</RequestId>"));
    }

    #[test]
    fn a_map_is_written_as_entries() {
        let output = json!({"M": {"#entries": [{"key": "a", "value": "b"}]}});
        let written = text(&query_success(Service::Iam, "X", &output, "r"));
        assert!(written.contains("<M><entry><key>a</key><value>b</value></entry></M>"));
    }
}
