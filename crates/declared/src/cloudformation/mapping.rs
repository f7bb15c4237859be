//! `Fn::FindInMap`.

use rolecall_arn::Partition;
use rolecall_facts::{Fact, Why, symbol};

use super::evaluate::Evaluator;
use super::function::same;
use crate::tree::Node;

/// Why a mapping gives nothing.
pub(super) enum Missing {
    Absent,
    Unknown(Why),
}

impl Evaluator<'_> {
    /// The entry of a mapping under two keys.
    pub(super) fn find_in_map(
        &mut self,
        map: &Node,
        first: &Node,
        second: &Node,
    ) -> Result<Node, Missing> {
        let map = self.key(map)?;
        let entries = *self
            .template
            .mappings
            .get(map.as_str())
            .ok_or(Missing::Absent)?;
        let (first, second) = (self.key(first), self.key(second));
        let second = second?;
        let found = match first {
            Ok(key) if !symbol::has_any(&key) => entries
                .get(&key)
                .ok_or(Missing::Absent)?
                .get(&second)
                .ok_or(Missing::Absent)?
                .clone(),
            open => whatever_the_key(entries, &second).ok_or_else(|| match open {
                Ok(key) => Missing::Unknown(Why::after_apply(format!(
                    "the entry of the mapping `{map}` for `{key}`"
                ))),
                Err(missing) => missing,
            })?,
        };
        self.count(&found);
        Ok(found)
    }

    fn key(&mut self, node: &Node) -> Result<String, Missing> {
        match self.value(node).text_fact() {
            Fact::Known { value, .. } => Ok(value),
            Fact::Unknown { why, .. } => Err(Missing::Unknown(why)),
        }
    }
}

/// The entry of a mapping when its first key is open: what all entries say, or say each with the
/// domain of its own partition, as maps of service principals do (`ec2.amazonaws.com`,
/// `ec2.amazonaws.com.cn`). The commercial name then stands for that of whichever partition.
fn whatever_the_key(entries: &Node, second: &str) -> Option<Node> {
    let found: Vec<(&str, &Node)> = entries
        .entries()
        .map(|(key, entry)| Some((key.as_str()?, entry.get(second)?)))
        .collect::<Option<_>>()?;
    let (_, first) = found.first()?;
    if found.iter().all(|(_, node)| same(node, first)) {
        return Some((*first).clone());
    }
    let services: Vec<&str> = found
        .iter()
        .map(|(key, node)| {
            let partition: Partition = key.parse().ok()?;
            node.as_str()?.strip_suffix(partition.url_suffix()?)
        })
        .collect::<Option<_>>()?;
    let service = services.first()?;
    services
        .iter()
        .all(|other| other == service)
        .then(|| Node::string(&format!("{service}amazonaws.com"), first.origin.clone()))
}
