//! Conditions: true, false, or unknown.

use rolecall_facts::{Fact, Why, symbol};

use super::evaluate::Evaluator;
use super::function::Call;
use super::template::Resource;
use crate::tree::Node;

/// What a condition comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Truth {
    True,
    False,
    Unknown(Why),
}

impl Truth {
    fn of(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }

    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            unknown @ Self::Unknown(_) => unknown,
        }
    }
}

/// How the reason of a named condition begins.
const CONDITION: &str = "the condition `";

fn names_condition(why: &Why) -> bool {
    matches!(why, Why::NotEvaluated(detail) if detail.starts_with(CONDITION))
}

impl Evaluator<'_> {
    /// Whether a resource is there.
    pub(super) fn is_there(&mut self, resource: &Resource<'_>) -> Truth {
        match resource.condition {
            None => Truth::True,
            Some(name) => match name.as_str() {
                Some(name) => self.named_condition(name),
                None => Truth::Unknown(Why::not_evaluated("a condition without a name")),
            },
        }
    }

    /// The condition of a name.
    pub(super) fn named_condition(&mut self, name: &str) -> Truth {
        if let Some(known) = self.conditions.get(name) {
            return known.clone();
        }
        let Some(&node) = self.template.conditions.get(name) else {
            return Truth::Unknown(Why::not_given(format!("the condition `{name}`")));
        };
        let key = format!("{CONDITION}{name}`");
        let truth = match self.enter(&key, node) {
            Ok(()) => {
                let truth = self.truth(node);
                self.leave(&key);
                truth
            }
            Err(why) => Truth::Unknown(why),
        };
        let truth = match truth {
            // A name says more than the parameter behind it, and the innermost name most.
            Truth::Unknown(why) if !names_condition(&why) => {
                Truth::Unknown(Why::not_evaluated(format!("{CONDITION}{name}` ({why})")))
            }
            known => known,
        };
        self.conditions.insert(name.to_owned(), truth.clone());
        truth
    }

    fn truth(&mut self, node: &Node) -> Truth {
        if let Err(why) = self.descend(node) {
            return Truth::Unknown(why);
        }
        let truth = self.truth_inside(node);
        self.ascend();
        truth
    }

    fn truth_inside(&mut self, node: &Node) -> Truth {
        let named = node.entry("Condition").map(|(_, value)| value);
        if let Some(name) = named.and_then(Node::as_str) {
            return self.named_condition(name);
        }
        let Some(call) = Call::of(node) else {
            return match self.value(node).bool_fact() {
                Fact::Known { value, .. } => Truth::of(value),
                Fact::Unknown { why, .. } => Truth::Unknown(why),
            };
        };
        let items = call.items();
        match (call.name, items) {
            ("Condition", _) => match call.argument.as_str() {
                Some(name) => self.named_condition(name),
                None => Truth::Unknown(call.why()),
            },
            ("Equals", [left, right]) => self.equals(left, right),
            ("Not", [item]) => self.truth(item).not(),
            ("And", items) if !items.is_empty() => self.all(items, &Truth::False, Truth::True),
            ("Or", items) if !items.is_empty() => self.all(items, &Truth::True, Truth::False),
            _ => Truth::Unknown(call.why()),
        }
    }

    /// One `decisive` item decides; else an unknown one leaves it open; else it is the `rest`.
    fn all(&mut self, items: &[Node], decisive: &Truth, rest: Truth) -> Truth {
        let mut result = rest;
        for item in items {
            let truth = self.truth(item);
            if truth == *decisive {
                return truth;
            }
            if matches!(truth, Truth::Unknown(_)) && !matches!(result, Truth::Unknown(_)) {
                result = truth;
            }
        }
        result
    }

    fn equals(&mut self, left: &Node, right: &Node) -> Truth {
        let (left, right) = (self.value(left), self.value(right));
        match (left.text_fact(), right.text_fact()) {
            (Fact::Known { value: left, .. }, Fact::Known { value: right, .. }) => {
                if left == right {
                    Truth::True
                } else if symbol::may_equal(&left, &right) {
                    Truth::Unknown(Why::after_apply(format!("whether `{left}` is `{right}`")))
                } else {
                    Truth::False
                }
            }
            (Fact::Unknown { why, .. }, _) | (_, Fact::Unknown { why, .. }) => Truth::Unknown(why),
        }
    }
}
