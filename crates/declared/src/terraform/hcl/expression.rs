//! Expressions of the native syntax and of JSON.

use hcl_edit::Span;
use hcl_edit::expr::{
    BinaryOp, BinaryOperator, Conditional, Expression, ForExpr, Object, UnaryOp, UnaryOperator,
};
use rolecall_facts::{Origin, Why};

use super::evaluator::Evaluator;
use super::file::{Attribute, Expr};
use super::scope::{Bound, Scope};
use super::value::{
    Eval, Fault, SET_TAG, Text, as_bool, as_number, equal, is_symbolic, number, open_here,
    open_part, sorted, text,
};
use crate::tree::{Node, Value};

impl<'a> Evaluator<'a> {
    /// Evaluates what an attribute is set to.
    pub(super) fn attribute_value(&self, attribute: &Attribute, scope: &Scope<'a, '_>) -> Eval {
        let scope = Scope {
            file: &attribute.file,
            ..*scope
        };
        match &attribute.expr {
            Expr::Native(expression) => self.evaluate(expression, &scope),
            Expr::Json(node) => self.evaluate_json(node, &scope),
        }
    }

    pub(super) fn evaluate(&self, expression: &Expression, scope: &Scope<'a, '_>) -> Eval {
        self.deeper(|| {
            self.count(1)?;
            self.evaluate_here(expression, scope)
        })
    }

    fn evaluate_here(&self, expression: &Expression, scope: &Scope<'a, '_>) -> Eval {
        let origin = || scope.file.origin(expression.span());
        match expression {
            Expression::Null(_) => Ok(Node::new(Value::Null, origin())),
            Expression::Bool(value) => Ok(Node::new(Value::Bool(**value), origin())),
            Expression::Number(value) => {
                let value = value.value();
                let written = || Value::Number(value.to_string().into());
                let whole = value.as_f64().filter(|_| value.is_f64()).map(number);
                Ok(Node::new(whole.unwrap_or_else(written), origin()))
            }
            Expression::String(text) => Ok(Node::string(text, origin())),
            Expression::Array(array) => {
                let items = array.iter().map(|item| self.evaluate(item, scope));
                let items = items.collect::<Eval<Vec<_>>>()?;
                Ok(Node::new(Value::List(items), origin()))
            }
            Expression::Object(object) => self.object(object, scope, origin()),
            Expression::StringTemplate(template) => self.template(template, scope, &origin()),
            Expression::HeredocTemplate(heredoc) => self.heredoc(heredoc, scope, &origin()),
            Expression::Parenthesis(inner) => self.evaluate(inner.inner(), scope),
            Expression::Variable(name) => match scope.bound(name.as_str()) {
                Some(value) => self.copy(value),
                None => Err(Fault::new(format!("the name `{}`", name.as_str()))),
            },
            Expression::Conditional(conditional) => self.conditional(conditional, scope, &origin()),
            Expression::FuncCall(call) => self.call(call, scope, &origin()),
            Expression::Traversal(traversal) => self.traversal(traversal, scope, &origin()),
            Expression::UnaryOp(operation) => self.unary(operation, scope, origin()),
            Expression::BinaryOp(operation) => self.binary(operation, scope, origin()),
            Expression::ForExpr(comprehension) => {
                self.comprehension(comprehension, scope, origin())
            }
        }
    }

    /// JSON: strings are templates, everything else is itself.
    pub(super) fn evaluate_json(&self, node: &Node, scope: &Scope<'a, '_>) -> Eval {
        match &node.value {
            Value::String(text) => self.deeper(|| self.json_template(text, scope, &node.origin)),
            Value::List(items) => {
                let items = items.iter().map(|item| self.evaluate_json(item, scope));
                let items = items.collect::<Eval<Vec<_>>>()?;
                Ok(Node::new(Value::List(items), node.origin.clone()))
            }
            Value::Map(entries) => {
                let mut evaluated = Vec::with_capacity(entries.len());
                for (key, value) in entries {
                    if key.as_str() == Some("dynamic") {
                        evaluated.extend(dynamic_blocks(value));
                        continue;
                    }
                    let key = self.evaluate_json(key, scope)?;
                    evaluated.push((key, self.evaluate_json(value, scope)?));
                }
                Ok(Node::new(Value::Map(evaluated), node.origin.clone()))
            }
            _ => self.copy(node),
        }
    }

    fn object(&self, object: &Object, scope: &Scope<'a, '_>, origin: Origin) -> Eval {
        let mut entries = Vec::with_capacity(object.len());
        for (key, value) in object {
            let key = match key {
                hcl_edit::expr::ObjectKey::Ident(name) => {
                    Node::string(name.as_str(), scope.file.origin(name.span()))
                }
                // A bare name in brackets is an expression; one without is taken as text.
                hcl_edit::expr::ObjectKey::Expression(Expression::Variable(name)) => {
                    Node::string(name.as_str(), scope.file.origin(name.span()))
                }
                hcl_edit::expr::ObjectKey::Expression(expression) => {
                    self.evaluate(expression, scope)?
                }
            };
            match text(&key)? {
                Text::Known(name) => {
                    let key = Node::string(&name, key.origin.clone());
                    entries.push((key, self.evaluate(value.expr(), scope)?));
                }
                Text::Open(part) => return Ok(open_here(&part, &origin)),
            }
        }
        Ok(Node::new(Value::Map(entries), origin))
    }

    fn conditional(
        &self,
        conditional: &Conditional,
        scope: &Scope<'a, '_>,
        origin: &Origin,
    ) -> Eval {
        let condition = self.evaluate(&conditional.cond_expr, scope)?;
        match as_bool(&condition)? {
            Some(true) => self.evaluate(&conditional.true_expr, scope),
            Some(false) => self.evaluate(&conditional.false_expr, scope),
            None => {
                let yes = self.evaluate(&conditional.true_expr, scope);
                let no = self.evaluate(&conditional.false_expr, scope);
                Ok(either(yes, no, &condition, origin))
            }
        }
    }

    fn unary(&self, operation: &UnaryOp, scope: &Scope<'a, '_>, origin: Origin) -> Eval {
        let value = self.evaluate(&operation.expr, scope)?;
        let result = match *operation.operator.value() {
            UnaryOperator::Not => as_bool(&value)?.map(|value| Value::Bool(!value)),
            UnaryOperator::Neg => as_number(&value)?.map(|value| number(-value)),
        };
        Ok(match result {
            Some(result) => Node::new(result, origin),
            None => open_here(&value, &origin),
        })
    }

    fn binary(&self, operation: &BinaryOp, scope: &Scope<'a, '_>, origin: Origin) -> Eval {
        let operator = *operation.operator.value();
        let left = self.evaluate(&operation.lhs_expr, scope)?;
        if let BinaryOperator::And | BinaryOperator::Or = operator {
            let decides = operator == BinaryOperator::Or;
            if as_bool(&left)? == Some(decides) {
                return Ok(Node::new(Value::Bool(decides), origin));
            }
            let right = self.evaluate(&operation.rhs_expr, scope)?;
            return Ok(match (as_bool(&left)?, as_bool(&right)?) {
                (_, Some(right)) if right == decides => Node::new(Value::Bool(decides), origin),
                (Some(_), Some(_)) => Node::new(Value::Bool(!decides), origin),
                (None, _) => open_here(&left, &origin),
                (_, None) => open_here(&right, &origin),
            });
        }
        let right = self.evaluate(&operation.rhs_expr, scope)?;
        if let BinaryOperator::Eq | BinaryOperator::NotEq = operator {
            return Ok(match equal(&left, &right) {
                Some(same) => Node::new(
                    Value::Bool(same == (operator == BinaryOperator::Eq)),
                    origin,
                ),
                None => open_comparison(&left, &right, &origin),
            });
        }
        let (Some(a), Some(b)) = (as_number(&left)?, as_number(&right)?) else {
            let open = if left.is_unknown() { &left } else { &right };
            return Ok(open_here(open, &origin));
        };
        Ok(Node::new(arithmetic(operator, a, b)?, origin))
    }

    fn comprehension(&self, over: &ForExpr, scope: &Scope<'a, '_>, origin: Origin) -> Eval {
        let collection = self.evaluate(&over.intro.collection_expr, scope)?;
        let mut items: Vec<(Node, Node)> = Vec::new();
        for (key, value) in walk(&collection)? {
            let Some((key, value)) = key.zip(value) else {
                return Ok(open_here(&collection, &origin));
            };
            let value_bound = Bound {
                name: over.intro.value_var.as_str(),
                value,
                outer: scope.bound,
            };
            let key_bound = over.intro.key_var.as_ref().map(|name| Bound {
                name: name.as_str(),
                value: &key,
                outer: Some(&value_bound),
            });
            let scope = Scope {
                bound: Some(key_bound.as_ref().unwrap_or(&value_bound)),
                ..*scope
            };
            if let Some(condition) = &over.cond {
                let keep = self.evaluate(&condition.expr, &scope)?;
                match as_bool(&keep)? {
                    Some(true) => {}
                    Some(false) => continue,
                    None => return Ok(open_here(&keep, &origin)),
                }
            }
            let key = match &over.key_expr {
                None => key.clone(),
                Some(expression) => {
                    let key = self.evaluate(expression, &scope)?;
                    match text(&key)? {
                        Text::Known(name) => Node::string(&name, key.origin.clone()),
                        Text::Open(part) => return Ok(open_here(&part, &origin)),
                    }
                }
            };
            items.push((key, self.evaluate(&over.value_expr, &scope)?));
        }
        if over.key_expr.is_none() {
            let items = items.into_iter().map(|(_, value)| value).collect();
            return Ok(Node::new(Value::List(items), origin));
        }
        if over.grouping {
            items = grouped(items, &origin);
        }
        Ok(Node::new(Value::Map(items), origin))
    }
}

/// Dynamic blocks in the JSON syntax are not evaluated: what they make is unknown.
pub(super) fn dynamic_blocks(blocks: &Node) -> impl Iterator<Item = (Node, Node)> {
    blocks.entries().map(|(name, block)| {
        let why = Why::not_evaluated("a dynamic block in the JSON syntax");
        let open = Node::unknown(why, block.origin.clone());
        let list = Node::new(Value::List(vec![open]), block.origin.clone());
        (name.clone(), list)
    })
}

/// The items that `for` walks over, with their keys; one pair of nothing where the collection is
/// unknown.
pub(super) type Walked<'n> = Vec<(Option<Node>, Option<&'n Node>)>;

pub(super) fn walk(collection: &Node) -> Eval<Walked<'_>> {
    match &collection.value {
        Value::List(items) if collection.tag.as_deref() == Some(SET_TAG) => Ok(items
            .iter()
            .map(|item| (Some(item.clone()), Some(item)))
            .collect()),
        Value::List(items) => Ok(items
            .iter()
            .enumerate()
            .map(|(index, item)| {
                let key = Value::Number(index.to_string().into());
                (Some(Node::new(key, item.origin.clone())), Some(item))
            })
            .collect()),
        Value::Map(entries) => Ok(sorted(entries)
            .into_iter()
            .map(|(key, value)| (Some(Node::string(key, value.origin.clone())), Some(value)))
            .collect()),
        Value::Unknown(_) => Ok(vec![(None, None)]),
        _ => Err(Fault::new("a value that is not a collection")),
    }
}

fn grouped(items: Vec<(Node, Node)>, origin: &Origin) -> Vec<(Node, Node)> {
    let mut groups: Vec<(Node, Node)> = Vec::new();
    let mut places: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    for (key, value) in items {
        let name = key.as_str().unwrap_or_default().to_owned();
        let place = *places.entry(name).or_insert_with(|| {
            groups.push((key, Node::new(Value::List(Vec::new()), origin.clone())));
            groups.len() - 1
        });
        if let Some((
            _,
            Node {
                value: Value::List(group),
                ..
            },
        )) = groups.get_mut(place)
        {
            group.push(value);
        }
    }
    groups
}

/// Of two branches one is taken, and it is open which.
fn either(yes: Eval, no: Eval, condition: &Node, origin: &Origin) -> Node {
    let mut open = open_here(condition, origin);
    if let (Ok(yes), Ok(no)) = (yes, no) {
        if equal(&yes, &no) == Some(true) {
            return yes;
        }
        if yes.object == no.object {
            open.object = yes.object;
        }
    }
    open
}

fn open_comparison(left: &Node, right: &Node, origin: &Origin) -> Node {
    match [left, right].into_iter().find_map(open_part) {
        Some(part) => open_here(part, origin),
        None => {
            let of = |node: &Node| {
                node.as_str()
                    .filter(|text| is_symbolic(text))
                    .map(str::to_owned)
            };
            let symbol = of(left).or_else(|| of(right)).unwrap_or_default();
            let detail = format!("a comparison with `{symbol}`");
            Node::unknown(Why::not_evaluated(detail), origin.clone())
        }
    }
}

fn arithmetic(operator: BinaryOperator, a: f64, b: f64) -> Eval<Value> {
    Ok(match operator {
        BinaryOperator::Plus => number(a + b),
        BinaryOperator::Minus => number(a - b),
        BinaryOperator::Mul => number(a * b),
        BinaryOperator::Div | BinaryOperator::Mod if b == 0.0 => {
            return Err(Fault::new("a division by zero"));
        }
        BinaryOperator::Div => number(a / b),
        BinaryOperator::Mod => number(a % b),
        BinaryOperator::Less => Value::Bool(a < b),
        BinaryOperator::LessEq => Value::Bool(a <= b),
        BinaryOperator::Greater => Value::Bool(a > b),
        BinaryOperator::GreaterEq => Value::Bool(a >= b),
        _ => return Err(Fault::new("an operator that numbers do not have")),
    })
}
