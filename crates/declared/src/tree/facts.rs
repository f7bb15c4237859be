//! From nodes to facts, the same way for every language.

use rolecall_facts::{Fact, PolicyDocument, Principal, Reference, Why, symbol};
use serde_json::Value as Json;

use super::{Node, Value};

impl Node {
    /// The node as text: a string as it is, a number or boolean as written. A list, a map or text
    /// with an unknown part is unknown.
    pub(crate) fn text_fact(&self) -> Fact<String> {
        let origin = self.origin.clone();
        match &self.value {
            Value::String(text) => Fact::known(text.to_string(), origin),
            Value::Number(text) => Fact::known(text.to_string(), origin),
            Value::Bool(value) => Fact::known(value.to_string(), origin),
            Value::Unknown(why) => Fact::unknown_at(why.clone(), origin),
            Value::Null => Fact::unknown_at(Why::not_given("the value"), origin),
            Value::List(_) => {
                Fact::unknown_at(Why::not_evaluated("a list in place of text"), origin)
            }
            Value::Map(_) => Fact::unknown_at(Why::not_evaluated("a map in place of text"), origin),
        }
    }

    /// A name that may refer to a declared object.
    pub(crate) fn text_reference(&self) -> Reference<String> {
        Reference {
            value: self.text_fact(),
            object: self.object.clone(),
        }
    }

    /// A principal's ARN that may refer to a declared object.
    pub(crate) fn principal_reference(&self) -> Reference<Principal> {
        Reference {
            value: self.text_fact().map(|text| Principal::parse(&text)),
            object: self.object.clone(),
        }
    }

    /// A boolean; the texts `true` and `false` count, as they do in Terraform and CloudFormation.
    pub(crate) fn bool_fact(&self) -> Fact<bool> {
        let origin = self.origin.clone();
        match &self.value {
            Value::Bool(value) => Fact::known(*value, origin),
            Value::String(text) if &**text == "true" => Fact::known(true, origin),
            Value::String(text) if &**text == "false" => Fact::known(false, origin),
            Value::Unknown(why) => Fact::unknown_at(why.clone(), origin),
            _ => Fact::unknown_at(
                Why::not_evaluated("a value that is not true or false"),
                origin,
            ),
        }
    }

    /// A list of texts; unknown as soon as one of them is.
    pub(crate) fn text_list_fact(&self) -> Fact<Vec<String>> {
        let origin = self.origin.clone();
        match &self.value {
            Value::List(items) => {
                let mut texts = Vec::with_capacity(items.len());
                for item in items {
                    match item.text_fact() {
                        Fact::Known { value, .. } => texts.push(value),
                        Fact::Unknown { why, .. } => return Fact::unknown_at(why, origin),
                    }
                }
                Fact::known(texts, origin)
            }
            Value::Unknown(why) => Fact::unknown_at(why.clone(), origin),
            _ => Fact::unknown_at(Why::not_evaluated("a value that is not a list"), origin),
        }
    }

    /// A policy document: a map, or a string that holds JSON. Unknown parts become numbered symbols.
    pub(crate) fn policy_fact(&self) -> Fact<PolicyDocument> {
        let origin = self.origin.clone();
        match &self.value {
            Value::Unknown(why) => Fact::unknown_at(why.clone(), origin),
            Value::String(text) => Fact::known(PolicyDocument::whole(text), origin),
            _ => {
                let mut unknown = Vec::new();
                let text = self.to_json(&mut unknown).to_string();
                Fact::known(
                    PolicyDocument {
                        text: text.into(),
                        unknown,
                    },
                    origin,
                )
            }
        }
    }

    /// The node as JSON; each unknown part becomes a symbol whose reason is added to `unknown`.
    pub(crate) fn to_json(&self, unknown: &mut Vec<Why>) -> Json {
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Number(text) => text
                .parse()
                .map_or_else(|_| Json::String(text.to_string()), Json::Number),
            Value::String(text) => Json::String(text.to_string()),
            Value::List(items) => {
                Json::Array(items.iter().map(|item| item.to_json(unknown)).collect())
            }
            Value::Map(entries) => Json::Object(
                entries
                    .iter()
                    .map(|(key, value)| {
                        (
                            key.text_fact().value().cloned().unwrap_or_default(),
                            value.to_json(unknown),
                        )
                    })
                    .collect(),
            ),
            Value::Unknown(why) => {
                unknown.push(why.clone());
                Json::String(symbol::unknown(unknown.len() - 1))
            }
        }
    }
}
