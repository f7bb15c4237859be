use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;
use quick_xml::reader::Reader;

/// An element of an answer in XML. Namespaces and attributes are dropped: no answer of IAM, STS or
/// EC2 says anything in them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

/// How deep an answer may be; AWS's are a dozen deep.
const DEEPEST: usize = 64;

impl Element {
    /// The root element of a document, or `None` where it is none.
    pub(crate) fn parse(document: &str) -> Option<Self> {
        let mut reader = Reader::from_str(document);
        let mut open = vec![Self::default()];
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) if open.len() < DEEPEST => {
                    open.push(Self::named(start.local_name().into_inner()));
                }
                Event::Start(_) => return None,
                Event::Empty(start) => {
                    let element = Self::named(start.local_name().into_inner());
                    open.last_mut()?.children.push(element);
                }
                Event::End(_) => {
                    let element = open.pop()?;
                    open.last_mut()?.children.push(element);
                }
                Event::Text(text) => {
                    let content = text.xml_content(XmlVersion::Implicit1_0);
                    open.last_mut()?.text.push_str(&content);
                }
                Event::CData(text) => open.last_mut()?.text.push_str(&text),
                Event::GeneralRef(reference) => {
                    let last = open.last_mut()?;
                    match reference.resolve_char_ref().ok()? {
                        Some(letter) => last.text.push(letter),
                        None => last
                            .text
                            .push_str(resolve_predefined_entity(&reference).unwrap_or_default()),
                    }
                }
                Event::Eof => break,
                _ => {}
            }
        }
        open.pop()?.children.into_iter().next()
    }

    fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// The first element at this path of names, as in `Credentials/AccessKeyId`.
    pub(crate) fn at(&self, path: &str) -> Option<&Self> {
        path.split('/').try_fold(self, |element, name| {
            element.children.iter().find(|child| child.name == name)
        })
    }

    /// The text at this path; empty where there is none.
    pub(crate) fn text(&self, path: &str) -> &str {
        self.at(path).map_or("", |element| element.text.trim())
    }

    /// The elements of the list at this path (`member` in IAM and STS, `item` in EC2).
    pub(crate) fn list(&self, path: &str) -> impl Iterator<Item = &Self> {
        self.at(path)
            .into_iter()
            .flat_map(|list| &list.children)
            .filter(|child| child.name == "member" || child.name == "item")
    }

    /// The text of the element itself.
    pub(crate) fn own_text(&self) -> &str {
        self.text.trim()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_iam_is_read_with_its_references_resolved() {
        let root = Element::parse(
            "<GetInstanceProfileResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
             <GetInstanceProfileResult><InstanceProfile><Path>/a&amp;b&#47;</Path><Roles>\
             <member><RoleName>one</RoleName></member><member><RoleName>two</RoleName></member>\
             </Roles><Tags/></InstanceProfile></GetInstanceProfileResult></GetInstanceProfileResponse>",
        )
        .unwrap();
        let profile = root.at("GetInstanceProfileResult/InstanceProfile").unwrap();
        assert_eq!(profile.text("Path"), "/a&b/");
        let names: Vec<_> = profile
            .list("Roles")
            .map(|role| role.text("RoleName"))
            .collect();
        assert_eq!(names, ["one", "two"]);
        assert_eq!(profile.list("Tags").count(), 0);
        assert_eq!(profile.text("Missing"), "");
    }

    #[test]
    fn what_is_no_xml_is_no_answer() {
        assert_eq!(Element::parse("{\"a\": 1}"), None);
        assert_eq!(Element::parse(&"<a>".repeat(1000)), None);
        assert_eq!(Element::parse("<a><b></a>"), None);
    }
}
