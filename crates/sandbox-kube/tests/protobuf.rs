//! Bodies in protobuf form, as Go clients send them.

use proptest::prelude::*;
use rolecall_sandbox_kube::protobuf::{ProtobufError, decode};
use serde_json::json;

/// A field that holds bytes: text, or a message.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let length = u8::try_from(bytes.len()).unwrap_or(u8::MAX);
    assert!(length < 128, "one byte of length is enough for a test");
    let mut out = vec![number << 3 | 2, length];
    out.extend_from_slice(bytes);
    out
}

fn varint(number: u8, value: u8) -> Vec<u8> {
    vec![number << 3, value]
}

fn object(api_version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
    let meta = [field(1, api_version.as_bytes()), field(2, kind.as_bytes())].concat();
    let envelope = [field(1, &meta), field(2, raw), field(3, b""), field(4, b"")].concat();
    [b"k8s\0".as_slice(), &envelope].concat()
}

#[test]
fn a_namespace_reads_as_its_json_and_unset_fields_are_left_out() {
    let label = [field(1, b"team"), field(2, b"a")].concat();
    let metadata = [
        field(1, b"demo"),
        field(2, b""),
        varint(7, 0),
        field(8, b""),
        field(11, &label),
    ]
    .concat();
    let raw = [field(1, &metadata), field(2, b""), field(3, &field(1, b""))].concat();
    assert_eq!(
        decode(&object("v1", "Namespace", &raw)),
        Ok(json!({
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": "demo", "labels": {"team": "a"}}, "spec": {}, "status": {},
        }))
    );
}

#[test]
fn a_deployment_keeps_a_zero_that_means_something() {
    let raw = field(2, &varint(1, 0));
    assert_eq!(
        decode(&object("apps/v1", "Deployment", &raw)),
        Ok(json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": 0}}))
    );
}

#[test]
fn times_quantities_and_bytes_are_written_as_json_writes_them() {
    let time = [vec![8, 0xc0, 0xd1, 0x8e, 0xcb, 6], varint(2, 0)].concat();
    let taint = [field(1, b"k"), field(3, b"NoExecute"), field(4, &time)].concat();
    let quantity = field(1, b"1Gi");
    let entry = [field(1, b"memory"), field(2, &quantity)].concat();
    let raw = [field(2, &field(5, &taint)), field(3, &field(1, &entry))].concat();
    let node = decode(&object("v1", "Node", &raw)).unwrap();
    let added = node["spec"]["taints"][0]["timeAdded"].as_str().unwrap();
    assert!(added.ends_with('Z') && added.len() == 20, "{added}");
    assert_eq!(node["status"]["capacity"], json!({"memory": "1Gi"}));

    let data = [field(1, b"key"), field(2, b"hi")].concat();
    let secret = decode(&object("v1", "Secret", &field(2, &data))).unwrap();
    assert_eq!(secret["data"], json!({"key": "aGk="}));
}

#[test]
fn a_field_inside_a_field_that_json_does_not_show() {
    // Volume{name, volumeSource{emptyDir{}}} has its source beside the name in JSON.
    let volume = [field(1, b"v"), field(2, &field(2, b""))].concat();
    let pod = decode(&object("v1", "Pod", &field(2, &field(1, &volume)))).unwrap();
    assert_eq!(
        pod["spec"]["volumes"],
        json!([{"name": "v", "emptyDir": {}}])
    );
}

#[test]
fn what_cannot_be_read_is_refused() {
    assert_eq!(decode(b"{}"), Err(ProtobufError::NoMagic));
    assert_eq!(decode(b"k8s\0\x0a\x7f"), Err(ProtobufError::Broken));
    let unknown = decode(&object("example.com/v1", "Widget", b""));
    assert_eq!(
        unknown.unwrap_err().to_string(),
        r#"no kind "Widget" is registered for version "example.com/v1""#
    );
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(raw in proptest::collection::vec(any::<u8>(), 0..120), kind in 0..3_usize) {
        let kind = ["Pod", "Node", "Event"][kind];
        let _ = decode(&object("v1", kind, &raw[..raw.len().min(100)]));
        let _ = decode(&[b"k8s\0".as_slice(), &raw].concat());
    }
}
