//! The subset of JSONPath that printer columns use: `.a.b`, `.labels.x\.io/y`, `['a']`, `[0]`, `[*]`,
//! `[?(@.type=="Ready")]`.

use serde_json::Value;

/// A parsed path.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonPath {
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq)]
enum Step {
    Field(String),
    Index(i64),
    All,
    Filter(Filter),
}

#[derive(Debug, Clone, PartialEq)]
struct Filter {
    path: Vec<String>,
    test: Option<(Comparison, Value)>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

const COMPARISONS: [(&str, Comparison); 6] = [
    ("==", Comparison::Equal),
    ("!=", Comparison::Unequal),
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
];

impl JsonPath {
    /// Reads a path; nothing if it is none.
    pub fn parse(text: &str) -> Option<JsonPath> {
        let text = text.trim();
        let text = match text.strip_prefix('{') {
            Some(inner) => inner.strip_suffix('}')?,
            None => text,
        };
        let mut rest = text.strip_prefix('$').unwrap_or(text);
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (step, next) = if let Some(inner) = rest.strip_prefix('[') {
                let (inside, next) = bracket(inner)?;
                (subscript(inside)?, next)
            } else if let Some(name) = rest.strip_prefix('.') {
                if name.is_empty() && steps.is_empty() {
                    break;
                }
                let (name, next) = field(name)?;
                (
                    if name == "*" {
                        Step::All
                    } else {
                        Step::Field(name)
                    },
                    next,
                )
            } else {
                return None;
            };
            steps.push(step);
            rest = next;
        }
        Some(JsonPath { steps })
    }

    /// What the path leads to, in order.
    pub fn find<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        let mut found = vec![value];
        for step in &self.steps {
            let mut next = Vec::new();
            for value in found {
                step.take(value, &mut next);
            }
            found = next;
        }
        found
    }
}

impl Step {
    fn take<'a>(&self, value: &'a Value, found: &mut Vec<&'a Value>) {
        match self {
            Step::Field(name) => found.extend(value.get(name)),
            Step::Index(index) => {
                if let Some(entries) = value.as_array() {
                    let length = i64::try_from(entries.len()).unwrap_or(i64::MAX);
                    let index = if *index < 0 { length + index } else { *index };
                    found.extend(usize::try_from(index).ok().and_then(|i| entries.get(i)));
                }
            }
            Step::All => match value {
                Value::Array(entries) => found.extend(entries),
                Value::Object(fields) => found.extend(fields.values()),
                _ => {}
            },
            Step::Filter(filter) => {
                let entries = value.as_array().into_iter().flatten();
                found.extend(entries.filter(|entry| filter.holds(entry)));
            }
        }
    }
}

impl Filter {
    fn holds(&self, entry: &Value) -> bool {
        let found = self
            .path
            .iter()
            .try_fold(entry, |value, name| value.get(name));
        let (Some(found), Some((comparison, wanted))) = (found, &self.test) else {
            return found.is_some() && self.test.is_none();
        };
        let order = match (found, wanted) {
            (Value::Number(a), Value::Number(b)) => a.as_f64().partial_cmp(&b.as_f64()),
            (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
            (a, b) => (a == b).then_some(std::cmp::Ordering::Equal),
        };
        match comparison {
            Comparison::Equal => order.is_some_and(|o| o.is_eq()),
            Comparison::Unequal => order.is_none_or(|o| o.is_ne()),
            Comparison::Less => order.is_some_and(|o| o.is_lt()),
            Comparison::LessOrEqual => order.is_some_and(|o| o.is_le()),
            Comparison::Greater => order.is_some_and(|o| o.is_gt()),
            Comparison::GreaterOrEqual => order.is_some_and(|o| o.is_ge()),
        }
    }
}

/// The name up to the next unescaped `.` or `[`, with `\.` as a dot.
fn field(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => name.push(chars.next()?.1),
            '.' | '[' => return Some((name, text.get(at..)?)).filter(|(n, _)| !n.is_empty()),
            other => name.push(other),
        }
    }
    Some((name, "")).filter(|(n, _)| !n.is_empty())
}

/// What is inside the bracket, and what follows it. Quotes and nested brackets are respected.
fn bracket(text: &str) -> Option<(&str, &str)> {
    let mut quote = None;
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '[') => depth += 1,
            (None, ']') if depth == 0 => return Some((text.get(..at)?, text.get(at + 1..)?)),
            (None, ']') => depth -= 1,
            _ => {}
        }
    }
    None
}

fn subscript(inside: &str) -> Option<Step> {
    let inside = inside.trim();
    if inside == "*" {
        return Some(Step::All);
    }
    if let Some(name) = unquoted(inside) {
        return Some(Step::Field(name.to_owned()));
    }
    if let Some(filter) = inside.strip_prefix("?(").and_then(|f| f.strip_suffix(')')) {
        return filter_of(filter.trim()).map(Step::Filter);
    }
    inside.parse().ok().map(Step::Index)
}

fn filter_of(text: &str) -> Option<Filter> {
    let found = COMPARISONS
        .iter()
        .filter_map(|(sign, comparison)| Some((text.find(sign)?, *sign, *comparison)))
        .min_by_key(|(at, sign, _)| (*at, std::cmp::Reverse(sign.len())));
    let (left, test) = match found {
        None => (text, None),
        Some((at, sign, comparison)) => {
            let right = text.get(at + sign.len()..)?.trim();
            let wanted = match unquoted(right) {
                Some(text) => Value::from(text),
                None => serde_json::from_str(right).ok()?,
            };
            (text.get(..at)?, Some((comparison, wanted)))
        }
    };
    let mut rest = left.trim().strip_prefix('@')?;
    let mut path = Vec::new();
    while let Some(next) = rest.strip_prefix('.') {
        let (name, after) = field(next)?;
        path.push(name);
        rest = after;
    }
    rest.is_empty().then_some(Filter { path, test })
}

fn unquoted(text: &str) -> Option<&str> {
    ['"', '\'']
        .iter()
        .find_map(|q| text.strip_prefix(*q).and_then(|t| t.strip_suffix(*q)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn finds_what_printer_columns_ask_for() {
        let object = json!({
            "metadata": {"labels": {"node.kubernetes.io/instance-type": "m5.large"}},
            "status": {
                "conditions": [
                    {"type": "Launched", "status": "True"}, {"type": "Ready", "status": "False"},
                ],
                "list": [1, 2, 3],
            },
        });
        for (path, wanted) in [
            (
                r#".status.conditions[?(@.type=="Ready")].status"#,
                json!(["False"]),
            ),
            (
                r#".status.conditions[?(@.type == 'Launched')].status"#,
                json!(["True"]),
            ),
            (
                r#"{.status.conditions[?(@.type!="Ready")].type}"#,
                json!(["Launched"]),
            ),
            (
                r".metadata.labels.node\.kubernetes\.io/instance-type",
                json!(["m5.large"]),
            ),
            (
                ".metadata.labels['node.kubernetes.io/instance-type']",
                json!(["m5.large"]),
            ),
            (".status.list[0]", json!([1])),
            (".status.list[-1]", json!([3])),
            (".status.list[?(@ > 1)]", json!([2, 3])),
            (".status.conditions[*].type", json!(["Launched", "Ready"])),
            (".status.absent.deeper", json!([])),
        ] {
            let found = JsonPath::parse(path).map(|p| json!(p.find(&object)));
            assert_eq!(found, Some(wanted), "{path}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in ["a.b", ".a[", ".a[?(b)]", ".a..b", ".a[x]", "{.a", ".a\\"] {
            assert_eq!(JsonPath::parse(text), None, "{text}");
        }
    }
}
