//! The request context: condition keys and their values.

use std::fmt;

/// The name of a condition key. Names are compared without regard to case; the spelling is kept.
#[derive(Clone)]
pub(crate) struct Key {
    hash: u64,
    name: Box<str>,
}

impl Key {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            hash: hash_ignoring_case(name),
            name: name.into(),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.name
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.name.eq_ignore_ascii_case(&other.name)
    }
}

impl Eq for Key {}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)
    }
}

/// FNV-1a over the ASCII-lowered bytes. It only narrows a search, equality decides.
pub(crate) fn hash_ignoring_case(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The values of one condition key.
///
/// ```
/// use rolecall_policy::Values;
/// let one: Values = "EC2".into();
/// let many: Values = ["a", "b"].into();
/// assert_eq!(one.as_slice(), ["EC2"]);
/// assert_eq!(many.as_slice().len(), 2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Values(Vec<String>);

impl Values {
    /// The values in the order given. An empty list counts as an absent key, as in AWS.
    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }
}

impl From<&str> for Values {
    fn from(value: &str) -> Self {
        Self(vec![value.to_owned()])
    }
}

impl From<String> for Values {
    fn from(value: String) -> Self {
        Self(vec![value])
    }
}

impl From<&String> for Values {
    fn from(value: &String) -> Self {
        Self(vec![value.clone()])
    }
}

impl From<bool> for Values {
    fn from(value: bool) -> Self {
        Self(vec![value.to_string()])
    }
}

impl From<Vec<String>> for Values {
    fn from(values: Vec<String>) -> Self {
        Self(values)
    }
}

impl From<&[&str]> for Values {
    fn from(values: &[&str]) -> Self {
        Self(values.iter().map(ToString::to_string).collect())
    }
}

impl<const N: usize> From<[&str; N]> for Values {
    fn from(values: [&str; N]) -> Self {
        Self::from(values.as_slice())
    }
}

/// The condition keys of one request. Key names have no case; setting a key again replaces it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// Sorted by the hash of the key.
    entries: Vec<(Key, Values)>,
}

impl Context {
    /// Sets a key.
    pub fn set(&mut self, key: &str, values: impl Into<Values>) {
        let key = Key::new(key);
        let values = values.into();
        let start = self.entries.partition_point(|(k, _)| k.hash < key.hash);
        let same = self
            .entries
            .iter()
            .skip(start)
            .take_while(|(k, _)| k.hash == key.hash);
        match same.clone().position(|(k, _)| *k == key) {
            Some(at) => {
                if let Some(entry) = self.entries.get_mut(start + at) {
                    *entry = (key, values);
                }
            }
            None => self.entries.insert(start, (key, values)),
        }
    }

    /// Sets a key unless it is there.
    pub(crate) fn set_default(&mut self, key: &str, values: impl Into<Values>) {
        if self.get(key).is_none() {
            self.set(key, values);
        }
    }

    /// Removes a key and tells whether it was there.
    pub fn remove(&mut self, key: &str) -> bool {
        let key = Key::new(key);
        let before = self.entries.len();
        self.entries.retain(|(k, _)| *k != key);
        self.entries.len() < before
    }

    /// The values of a key; `None` when it is absent or has no values.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&[String]> {
        self.find(hash_ignoring_case(key), key)
    }

    /// All keys, as spelled when set, and their values. The order carries no meaning.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.entries.iter().map(|(k, v)| (k.as_str(), v.as_slice()))
    }

    pub(crate) fn lookup(&self, key: &Key) -> Option<&[String]> {
        self.find(key.hash, &key.name)
    }

    fn find(&self, hash: u64, name: &str) -> Option<&[String]> {
        let start = self.entries.partition_point(|(k, _)| k.hash < hash);
        let entries = self.entries.iter().skip(start);
        let mut same_hash = entries.take_while(|(k, _)| k.hash == hash);
        let found = same_hash.find(|(k, _)| k.name.eq_ignore_ascii_case(name));
        found
            .map(|(_, values)| values.as_slice())
            .filter(|values| !values.is_empty())
    }

    /// The value of a key that has exactly one.
    pub(crate) fn value_of(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some([value]) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn single(&self, key: &Key) -> Option<&str> {
        match self.lookup(key) {
            Some([value]) => Some(value),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_no_case_and_the_last_value_wins() {
        let mut context = Context::default();
        context.set("aws:RequestTag/Team", "a");
        context.set("AWS:requesttag/team", "b");
        context.set("aws:TagKeys", [""; 0]);
        assert_eq!(
            context.get("aws:requestTag/TEAM"),
            Some(&["b".to_owned()][..])
        );
        assert_eq!(context.get("aws:TagKeys"), None);
        assert_eq!(context.iter().count(), 2);
        assert!(context.remove("aws:requesttag/team"));
        assert_eq!(context.get("aws:RequestTag/Team"), None);
    }
}
