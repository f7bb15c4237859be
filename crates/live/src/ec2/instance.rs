//! An answer of `DescribeInstances`, read for the few fields that matter.

use std::collections::BTreeMap;

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;
use quick_xml::reader::Reader;

/// A running instance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Instance {
    pub(crate) id: String,
    /// The ARN of its instance profile.
    pub(crate) profile: Option<String>,
    pub(crate) is_windows: bool,
    pub(crate) tags: BTreeMap<String, String>,
}

/// A page of instances.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) instances: Vec<Instance>,
    pub(super) next: Option<String>,
}

/// Reads a page; `None` where the text is no XML.
pub(super) fn page(text: &str) -> Option<Page> {
    const INSTANCE: &str = "DescribeInstancesResponse/reservationSet/item/instancesSet/item";
    let mut page = Page::default();
    let mut now = Instance::default();
    let (mut key, mut value) = (String::new(), String::new());
    each(text, |path, content| {
        if path == "DescribeInstancesResponse/nextToken" {
            page.next = Some(content.to_owned());
            return;
        }
        let Some(field) = path.strip_prefix(INSTANCE) else {
            return;
        };
        match field {
            "/instanceId" => content.clone_into(&mut now.id),
            "/iamInstanceProfile/arn" => now.profile = Some(content.to_owned()),
            "/platform" => now.is_windows = content.eq_ignore_ascii_case("windows"),
            "/tagSet/item/key" => content.clone_into(&mut key),
            "/tagSet/item/value" => content.clone_into(&mut value),
            "/tagSet/item" => {
                now.tags
                    .insert(std::mem::take(&mut key), std::mem::take(&mut value));
            }
            "" => page.instances.push(std::mem::take(&mut now)),
            _ => {}
        }
    })?;
    Some(page)
}

/// Code and message of an error's answer.
pub(super) fn error(text: &str) -> (String, String) {
    let (mut code, mut message) = (String::new(), String::new());
    // What is no XML has no code; the status alone says what it was.
    let _ = each(text, |path, content| match path {
        "Response/Errors/Error/Code" => content.clone_into(&mut code),
        "Response/Errors/Error/Message" => content.clone_into(&mut message),
        _ => {}
    });
    (code, message)
}

/// Tells the path and text of each element when it ends; `None` where the text is no XML.
fn each(text: &str, mut told: impl FnMut(&str, &str)) -> Option<()> {
    let mut reader = Reader::from_str(text);
    let mut path = String::new();
    let mut content = String::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                if !path.is_empty() {
                    path.push('/');
                }
                path.push_str(start.local_name().into_inner());
                content.clear();
            }
            Event::End(_) => {
                told(&path, content.trim());
                content.clear();
                path.truncate(path.rfind('/').unwrap_or(0));
            }
            Event::Text(text) => {
                content.push_str(&text.xml_content(XmlVersion::Implicit1_0));
            }
            Event::GeneralRef(reference) => match reference.resolve_char_ref().ok()? {
                Some(letter) => content.push(letter),
                None => {
                    content.push_str(resolve_predefined_entity(&reference).unwrap_or_default());
                }
            },
            Event::Eof => return Some(()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{error, page};

    #[test]
    fn instances_are_read_with_profile_platform_and_tags() {
        let text = r#"<?xml version="1.0" encoding="UTF-8"?>
<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
  <requestId>8f7724cf</requestId>
  <reservationSet><item><reservationId>r-1</reservationId><instancesSet>
    <item><instanceId>i-0abc</instanceId><instanceState><name>running</name></instanceState>
      <networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId></item></networkInterfaceSet>
      <tagSet><item><key>Name</key><value>a &amp; b</value></item><item><key>empty</key><value/></item></tagSet>
      <iamInstanceProfile><arn>arn:aws:iam::111122223333:instance-profile/own/nodes</arn><id>AIPA1</id></iamInstanceProfile>
    </item>
    <item><instanceId>i-0def</instanceId><platform>windows</platform></item>
  </instancesSet></item></reservationSet>
  <nextToken>more</nextToken>
</DescribeInstancesResponse>"#;
        let page = page(text).unwrap_or_default();
        let [first, second] = page.instances.as_slice() else {
            unreachable!("{page:?}");
        };
        assert_eq!(first.id, "i-0abc");
        let profile = "arn:aws:iam::111122223333:instance-profile/own/nodes";
        assert_eq!(first.profile.as_deref(), Some(profile));
        assert_eq!(first.tags.get("Name").map(String::as_str), Some("a & b"));
        assert!(second.is_windows && !first.is_windows && second.tags.is_empty());
        assert_eq!(page.next.as_deref(), Some("more"));
    }

    #[test]
    fn an_error_has_code_and_message() {
        let text = "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not \
                    authorized.</Message></Error></Errors><RequestID>1</RequestID></Response>";
        let expected = ("UnauthorizedOperation", "You are not authorized.");
        let (code, message) = error(text);
        assert_eq!((code.as_str(), message.as_str()), expected);
        assert_eq!(error("Bad gateway"), (String::new(), String::new()));
    }
}
