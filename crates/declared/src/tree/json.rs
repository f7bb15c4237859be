//! Strict JSON into a [`Node`], with places.

use jsonc_parser::ast::{ObjectPropName, Value as Ast};
use jsonc_parser::common::{Range, Ranged};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use rolecall_facts::Origin;

use crate::tree::{Node, Value};
use crate::{Diagnostic, Source};

/// How many values a file may hold.
const MAX_VALUES: usize = 4_000_000;

const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Reads a JSON file.
///
/// # Errors
/// What is not JSON, nests deeper than 512 levels or holds more than four million values.
pub(crate) fn parse(source: &Source) -> Result<Node, Diagnostic> {
    let text: &str = &source.text;
    // Every value but the first of a list or map follows a comma, so commas bound the memory.
    if memchr::memchr_iter(b',', text.as_bytes()).count() > MAX_VALUES {
        return Err(Diagnostic::error(
            format!("the file holds more than {MAX_VALUES} values"),
            source.at(1, 1, 0),
        ));
    }
    let parsed = parse_to_ast(text, &CollectOptions::default(), &STRICT).map_err(|error| {
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        let mut message = error.kind().to_string();
        message.get_mut(..1).map(str::make_ascii_lowercase);
        Diagnostic::error(
            format!("not valid JSON: {message}"),
            source.at(
                number(error.line_display()),
                number(error.column_display()),
                0,
            ),
        )
    })?;
    let mut reader = Reader {
        source,
        places: Places::new(text),
    };
    parsed.value.map(|value| reader.node(value)).ok_or_else(|| {
        Diagnostic::error(
            "the file is empty where JSON is expected",
            source.at(1, 1, 0),
        )
    })
}

struct Reader<'a> {
    source: &'a Source,
    places: Places<'a>,
}

impl Reader<'_> {
    /// Recursion is bounded by the parser's limit of 512 levels.
    fn node(&mut self, value: Ast<'_>) -> Node {
        let range = value.range();
        let (origin, value) = match value {
            Ast::Object(object) => {
                let origin = self.start(range);
                let entries = object.properties.into_iter().map(|property| {
                    let origin = self.whole(property.name.range());
                    let name = match property.name {
                        ObjectPropName::String(name) => name.value.into_owned(),
                        ObjectPropName::Word(name) => name.value.to_owned(),
                    };
                    let key = Node::new(Value::String(name.into()), origin);
                    (key, self.node(property.value))
                });
                (origin, Value::Map(entries.collect()))
            }
            Ast::Array(array) => {
                let origin = self.start(range);
                let items = array.elements.into_iter().map(|item| self.node(item));
                (origin, Value::List(items.collect()))
            }
            Ast::StringLit(text) => (
                self.whole(range),
                Value::String(text.value.into_owned().into()),
            ),
            Ast::NumberLit(number) => (self.whole(range), Value::Number(number.value.into())),
            Ast::BooleanLit(flag) => (self.whole(range), Value::Bool(flag.value)),
            Ast::NullKeyword(_) => (self.whole(range), Value::Null),
        };
        Node::new(value, origin)
    }

    fn start(&mut self, range: Range) -> Origin {
        let (line, column) = self.places.at(range.start);
        self.source.at(line, column, 0)
    }

    fn whole(&mut self, range: Range) -> Origin {
        let (line, column) = self.places.at(range.start);
        let length = self
            .source
            .text
            .get(range.start..range.end)
            .map_or(0, |text| text.chars().count());
        self.source
            .at(line, column, u32::try_from(length).unwrap_or(u32::MAX))
    }
}

/// Turns rising byte offsets into lines and columns, walking the text once.
struct Places<'a> {
    text: &'a str,
    offset: usize,
    line: u32,
    column: u32,
}

impl<'a> Places<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            offset: 0,
            line: 1,
            column: 1,
        }
    }

    fn at(&mut self, offset: usize) -> (u32, u32) {
        for c in self
            .text
            .get(self.offset..offset)
            .unwrap_or_default()
            .chars()
        {
            if c == '\n' {
                self.line = self.line.saturating_add(1);
                self.column = 1;
            } else {
                self.column = self.column.saturating_add(1);
            }
        }
        self.offset = self.offset.max(offset);
        (self.line, self.column)
    }
}
