//! CEL rules (`x-kubernetes-validations`), by the crate `cel` with Kubernetes' own functions.

use super::cel_functions::environment;
use super::compile::text;
use super::fault;
use super::path::Path;
use super::structure::{Additional, Kind, Structure};
use crate::status::Cause;
use cel::common::types::{
    CelBool, CelDouble, CelInt, CelList, CelMap, CelMapKey, CelNull, CelOptional, CelString,
};
use cel::common::value::Val;
use cel::{Context, Program};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

/// Longer rules are refused, as are deeper ones: the parser recurses.
const LONGEST_RULE: usize = 16 * 1024;
const DEEPEST_RULE: usize = 64;

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

/// A CEL expression, compiled when first used.
#[derive(Debug)]
struct Expression {
    source: String,
    program: OnceLock<Result<Compiled, String>>,
}

#[derive(Debug)]
struct Compiled {
    program: Program,
    reads_old: bool,
}

impl Expression {
    fn new(source: &str) -> Expression {
        Expression {
            source: source.to_owned(),
            program: OnceLock::new(),
        }
    }

    fn compiled(&self) -> Result<&Compiled, &str> {
        let made = self.program.get_or_init(|| {
            check_size(&self.source)?;
            let program = environment()
                .compile(&self.source)
                .map_err(|e| e.to_string())?;
            let reads_old = program.references().has_variable("oldSelf");
            Ok(Compiled { program, reads_old })
        });
        made.as_ref().map_err(String::as_str)
    }
}

fn check_size(source: &str) -> Result<(), String> {
    if source.len() > LONGEST_RULE {
        return Err(format!("longer than {LONGEST_RULE} bytes"));
    }
    if nesting(source) > DEEPEST_RULE {
        return Err(format!("nested deeper than {DEEPEST_RULE} levels"));
    }
    Ok(())
}

/// How deep brackets and runs of prefix and ternary operators nest, at most.
fn nesting(source: &str) -> usize {
    let (mut depth, mut run, mut deepest) = (0_usize, 0_usize, 0_usize);
    for byte in source.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        run = match byte {
            b'!' | b'-' | b'?' => run + 1,
            b')' | b',' | b'&' | b'|' => 0,
            _ => run,
        };
        deepest = deepest.max(depth + run);
    }
    deepest
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
        &self.rule.source
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
        let detail = match compiled.program.execute(context) {
            Ok(cel::Value::Bool(true)) => return None,
            Ok(cel::Value::Bool(false)) => self.text(context),
            Ok(_) => format!("{}: not a boolean", self.name()),
            Err(problem) => {
                let problem = lower_first(&problem.to_string());
                let detail = format!("{problem} evaluating rule: {}", self.name());
                return Some(fault::quoting(fault::INVALID, path, kind, &detail));
            }
        };
        Some(at(path, &self.field_path, |path| match self.reason {
            fault::FORBIDDEN | fault::REQUIRED => fault::plain(self.reason, path, &detail),
            _ => fault::quoting(self.reason, path, kind, &detail),
        }))
    }

    fn name(&self) -> &str {
        if self.message.is_empty() {
            self.rule.source.trim()
        } else {
            &self.message
        }
    }

    fn text(&self, context: &Context<'_, '_>) -> String {
        let expression = self.message_expression.as_ref();
        if let Some(compiled) = expression.and_then(|m| m.compiled().ok())
            && let Ok(cel::Value::String(text)) = compiled.program.execute(context)
        {
            let text = text.trim();
            if !text.is_empty() && !text.contains('\n') {
                return text.to_owned();
            }
        }
        if self.message.is_empty() {
            format!("failed rule: {}", self.rule.source.trim())
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
            let mut context = Context::with_env(environment());
            context.add_variable_as_val("self", self.to_cel(value));
            if self.rules.iter().any(|r| r.optional_old_self) {
                let old = old.map_or_else(CelOptional::none, |o| CelOptional::of(self.to_cel(o)));
                context.add_variable_as_val("oldSelf", Box::new(old));
            } else if let Some(old) = old {
                context.add_variable_as_val("oldSelf", self.to_cel(old));
            }
            let kind = self.kind.name();
            let found = self.rules.iter();
            errors.extend(found.filter_map(|r| r.evaluate(&context, old.is_some(), kind, path)));
        }
        self.check_rules_below(value, old, path, errors);
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

    /// The value as CEL sees it: property names escaped, numbers of type `number` as doubles.
    fn to_cel<'v>(&self, value: &'v Value) -> Box<dyn Val + 'v> {
        to_cel(Some(self), value)
    }
}

fn to_cel<'v>(schema: Option<&Structure>, value: &'v Value) -> Box<dyn Val + 'v> {
    match value {
        Value::Null => Box::new(CelNull),
        Value::Bool(b) => Box::new(CelBool::from(*b)),
        Value::Number(n) => match n.as_i64() {
            Some(whole) if schema.is_none_or(|s| s.kind != Kind::Number) => {
                Box::new(CelInt::from(whole))
            }
            _ => Box::new(CelDouble::from(n.as_f64().unwrap_or_default())),
        },
        Value::String(text) => Box::new(CelString::from(text.as_str())),
        Value::Array(entries) => {
            let items = schema.and_then(Structure::items);
            let entries: Vec<_> = entries.iter().map(|e| to_cel(items, e)).collect();
            Box::new(CelList::from(entries))
        }
        Value::Object(fields) => {
            let mut map: HashMap<CelMapKey<'v>, Box<dyn Val + 'v>> =
                HashMap::with_capacity(fields.len());
            for (name, field) in fields {
                let property = schema.and_then(|s| s.properties.get(name));
                let key = match property {
                    Some(_) => match escaped(name) {
                        Cow::Borrowed(name) => CelMapKey::from(name),
                        Cow::Owned(name) => CelMapKey::from(name),
                    },
                    None => CelMapKey::from(name.as_str()),
                };
                let schema = property.or_else(|| schema.and_then(|s| s.field(name)));
                map.insert(key, to_cel(schema, field));
            }
            Box::new(CelMap::from(map))
        }
    }
}

/// Words that CEL keeps for itself (Kubernetes documentation, "Validation rules", escaping).
const RESERVED: [&str; 22] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "null",
    "package",
    "return",
    "true",
    "var",
    "void",
    "while",
    "__",
];

/// A property name as rules write it: `kubernetes.io/os` is `kubernetes__dot__io__slash__os`.
fn escaped(name: &str) -> Cow<'_, str> {
    if RESERVED.contains(&name) {
        return Cow::Owned(format!("__{name}__"));
    }
    if !name.contains(['.', '-', '/']) && !name.contains("__") {
        return Cow::Borrowed(name);
    }
    let name = name.replace("__", "__underscores__");
    let name = name.replace('.', "__dot__");
    Cow::Owned(name.replace('-', "__dash__").replace('/', "__slash__"))
}
