//! CEL rules (`x-kubernetes-validations`), by the crate `cel` with Kubernetes' own functions.

mod expression;
mod functions;
mod quantity;
mod value;

use cel::Context;
use cel::common::types::CelOptional;
use serde_json::Value;

use self::expression::Expression;
use self::functions::environment;
use self::value::to_cel;
use super::compile::text;
use super::fault;
use super::path::Path;
use super::structure::{Additional, Structure};
use crate::status::Cause;

/// One rule of a schema.
#[derive(Debug)]
pub struct Rule {
    rule: Expression,
    message: String,
    message_expression: Option<Expression>,
    reason: &'static str,
    field_path: Vec<String>,
    optional_old_self: bool,
}

impl Rule {
    /// Reads a rule from its JSON; the expression itself is compiled later.
    pub(crate) fn from_json(json: &Value) -> Result<Rule, String> {
        let fields = json.as_object().ok_or("must be an object")?;
        let rule = text(fields, "rule").unwrap_or_default();
        if rule.trim().is_empty() {
            return Err("rule is not specified".to_owned());
        }
        let reason = match text(fields, "reason").unwrap_or("FieldValueInvalid") {
            "FieldValueInvalid" => fault::INVALID,
            "FieldValueForbidden" => fault::FORBIDDEN,
            "FieldValueRequired" => fault::REQUIRED,
            "FieldValueDuplicate" => fault::DUPLICATE,
            other => return Err(format!("unsupported reason `{other}`")),
        };
        Ok(Rule {
            rule: Expression::new(rule),
            message: text(fields, "message")
                .unwrap_or_default()
                .trim()
                .to_owned(),
            message_expression: text(fields, "messageExpression")
                .filter(|m| !m.is_empty())
                .map(Expression::new),
            reason,
            field_path: field_path(text(fields, "fieldPath").unwrap_or_default()),
            optional_old_self: fields
                .get("optionalOldSelf")
                .and_then(Value::as_bool)
                .unwrap_or(false),
        })
    }

    /// Compiles the rule now.
    ///
    /// # Errors
    /// The parser's text where the rule is no CEL expression.
    pub fn check(&self) -> Result<(), String> {
        self.rule.compiled().map_err(str::to_owned)?;
        if let Some(message) = &self.message_expression {
            message.compiled().map_err(str::to_owned)?;
        }
        Ok(())
    }

    /// The rule as written.
    pub fn source(&self) -> &str {
        self.rule.source()
    }

    fn evaluate(
        &self,
        context: &Context<'_, '_>,
        has_old: bool,
        kind: &str,
        path: &Path<'_>,
    ) -> Option<Cause> {
        let compiled = match self.rule.compiled() {
            Ok(compiled) => compiled,
            Err(problem) => {
                let detail = format!("rule compile error: {problem}");
                return Some(fault::quoting(fault::INVALID, path, kind, &detail));
            }
        };
        if compiled.reads_old && !has_old && !self.optional_old_self {
            return None;
        }
        let detail = match compiled.evaluate(context) {
            Ok(cel::Value::Bool(true)) => return None,
            Ok(cel::Value::Bool(false)) => self.text(context),
            Ok(_) => format!("{}: not a boolean", self.name()),
            Err(problem) => {
                let problem = lower_first(&problem);
                let detail = if problem.starts_with("found no matching overload") {
                    format!(
                        "'no such overload': call arguments did not match a supported operator, function or macro signature for rule: {}",
                        self.name()
                    )
                } else {
                    format!("{problem} evaluating rule: {}", self.name())
                };
                return Some(fault::quoting(fault::INVALID, path, kind, &detail));
            }
        };
        Some(at(path, &self.field_path, |path| match self.reason {
            fault::FORBIDDEN | fault::REQUIRED => fault::plain(self.reason, path, &detail),
            fault::DUPLICATE => fault::quoting(self.reason, path, kind, ""),
            _ => fault::quoting(self.reason, path, kind, &detail),
        }))
    }

    fn name(&self) -> &str {
        if self.message.is_empty() {
            self.rule.source().trim()
        } else {
            &self.message
        }
    }

    fn text(&self, context: &Context<'_, '_>) -> String {
        let expression = self.message_expression.as_ref();
        if let Some(compiled) = expression.and_then(|m| m.compiled().ok())
            && let Ok(cel::Value::String(text)) = compiled.evaluate(context)
        {
            let text = text.trim();
            if !text.is_empty() && !text.contains('\n') {
                return text.to_owned();
            }
        }
        if self.message.is_empty() {
            format!("failed rule: {}", self.rule.source().trim())
        } else {
            self.message.clone()
        }
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// `.spec.role` or `['a/b']` in its parts.
fn field_path(text: &str) -> Vec<String> {
    text.split(['.', '[', ']'])
        .map(|part| part.trim_matches(['\'', '"']))
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

fn at(path: &Path<'_>, steps: &[String], make: impl FnOnce(&Path<'_>) -> Cause) -> Cause {
    match steps.split_first() {
        None => make(path),
        Some((first, rest)) => at(&path.field(first), rest, make),
    }
}

impl Structure {
    /// Every rule of this schema and the ones below it, for checking them all at once.
    pub fn each_rule(&self, visit: &mut dyn FnMut(&Rule)) {
        self.rules.iter().for_each(&mut *visit);
        for child in self.children() {
            child.each_rule(visit);
        }
    }

    /// Evaluates the rules of this value and of all below it.
    pub(crate) fn check_rules(
        &self,
        value: &Value,
        old: Option<&Value>,
        path: &Path<'_>,
        errors: &mut Vec<Cause>,
    ) {
        if !self.has_rules || value.is_null() || old == Some(value) {
            return;
        }
        if !self.rules.is_empty() {
            let (has_old, kind) = (old.is_some(), self.kind.name());
            let plain = self.context(value, old, false);
            let optional = self.rules.iter().any(|r| r.optional_old_self);
            let optional = optional.then(|| self.context(value, old, true));
            errors.extend(self.rules.iter().filter_map(|rule| {
                let context = optional.as_ref().filter(|_| rule.optional_old_self);
                rule.evaluate(context.unwrap_or(&plain), has_old, kind, path)
            }));
        }
        self.check_rules_below(value, old, path, errors);
    }

    /// What rules of this value see; `optional` ones see the old value as a CEL optional.
    fn context<'v>(
        &self,
        value: &'v Value,
        old: Option<&'v Value>,
        optional: bool,
    ) -> Context<'v, 'v> {
        let mut context = Context::with_env(environment());
        context.add_variable_as_val("self", to_cel(Some(self), value));
        let old = old.map(|old| to_cel(Some(self), old));
        if optional {
            let old = old.map_or_else(CelOptional::none, CelOptional::of);
            context.add_variable_as_val("oldSelf", Box::new(old));
        } else if let Some(old) = old {
            context.add_variable_as_val("oldSelf", old);
        }
        context
    }

    fn check_rules_below(
        &self,
        value: &Value,
        old: Option<&Value>,
        path: &Path<'_>,
        errors: &mut Vec<Cause>,
    ) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    let old = old.and_then(|o| o.get(name));
                    if let Some(schema) = self.properties.get(name) {
                        schema.check_rules(field, old, &path.field(name), errors);
                    } else if let Additional::Each(each) = &self.additional {
                        each.check_rules(field, old, &path.key(name), errors);
                    }
                }
            }
            Value::Array(entries) => {
                let Some(items) = self.items().filter(|i| i.has_rules) else {
                    return;
                };
                for (index, entry) in entries.iter().enumerate() {
                    let old = old.and_then(|o| self.correlated(o, entry));
                    items.check_rules(entry, old, &path.index(index), errors);
                }
            }
            _ => {}
        }
    }
}
