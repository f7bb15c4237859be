//! The `Condition` element.

use super::element::Element;
use super::{Parser, SYNTAX};
use crate::condition::{Compiled, Condition, Operator, Test, Wanted};
use crate::context::Key;
use crate::json::{Node, Value};
use crate::problem::Span;

impl Parser<'_> {
    pub(super) fn conditions(&mut self, node: &Node<'_>, element: &Element<'_>) -> Vec<Condition> {
        let element = &element.child("Condition");
        let Value::Object(operators) = &node.value else {
            self.wrong_type(node, element, "an object");
            return Vec::new();
        };
        self.refuse_duplicates(operators, element);
        let keys = operators.iter().map(|member| match &member.value.value {
            Value::Object(keys) => keys.len(),
            _ => 0,
        });
        let mut conditions = Vec::with_capacity(keys.sum());
        for member in operators {
            let element = &element.child(&member.key);
            let operator = Operator::parse(&member.key);
            if operator.test == Test::Unknown {
                let reason = format!("Invalid Condition type : {}.", member.key);
                let help = Operator::closest(&member.key)
                    .map_or(String::new(), |near| format!("did you mean `{near}`?"));
                let doubt = Self::make(member.key_span, element, &reason, help);
                self.doubts.push(doubt);
            }
            let Value::Object(keys) = &member.value.value else {
                self.wrong_type(&member.value, element, "an object");
                continue;
            };
            self.refuse_duplicates(keys, element);
            for key in keys {
                let values = self.values(&key.value, &operator, &element.child(&key.key));
                conditions.push(Condition {
                    operator: operator.clone(),
                    key: Key::new(&key.key),
                    values: values.into(),
                    span: Span {
                        start: key.key_span.start,
                        end: key.value.span.end,
                    },
                });
            }
        }
        conditions
    }

    fn values(
        &mut self,
        node: &Node<'_>,
        operator: &Operator,
        element: &Element<'_>,
    ) -> Vec<Wanted> {
        let items = match &node.value {
            Value::List(items) => items,
            _ => std::slice::from_ref(node),
        };
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            let text = match &item.value {
                Value::Text(text) => text.as_ref(),
                Value::Number(text) => text,
                Value::Bool(true) => "true",
                Value::Bool(false) => "false",
                _ => {
                    self.wrong_type(item, element, "a string, a number or a boolean");
                    continue;
                }
            };
            let wanted = Wanted::new(text, operator.test, self.variables);
            if matches!(wanted.compiled, Compiled::Unreadable) && operator.test != Test::Unknown {
                let help = format!("{} cannot read `{text}`", operator.name);
                let doubt = Self::make(item.span, element, SYNTAX, help);
                self.doubts.push(doubt);
            }
            values.push(wanted);
        }
        values
    }
}
