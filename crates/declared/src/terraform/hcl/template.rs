//! Templates: interpolations and directives in strings, heredocs and template files.

use hcl_edit::Span;
use hcl_edit::template::{
    Directive, Element, ForDirective, HeredocTemplate, IfDirective, Strip, Template,
};
use rolecall_facts::{ObjectId, Origin, Why};

use super::evaluator::Evaluator;
use super::expression::walk;
use super::file::File;
use super::scope::{Bound, Scope};
use super::value::{Eval, Fault, Text, YAML_TAG, as_bool, text};
use crate::Source;
use crate::terraform::policy_document::JSON_TAG;
use crate::terraform::resource::HEREDOC_TAG;
use crate::tree::{Node, Value, json, yaml};

/// The longest text that a template may make.
const MAX_TEXT: usize = 16 << 20;

/// Text under construction, in which unknown parts have stand-ins.
#[derive(Default)]
struct Rendered {
    text: String,
    open: Vec<(Why, Option<ObjectId>)>,
    /// Where the last literal begins, which a strip marker shortens from its end.
    literal: usize,
    /// Whether the next literal loses its leading white space.
    strip_next: bool,
}

impl Rendered {
    fn literal(&mut self, text: &str) {
        self.literal = self.text.len();
        self.text.push_str(if self.strip_next {
            text.trim_start()
        } else {
            text
        });
        self.strip_next = false;
    }

    fn before(&mut self, strip: Strip) {
        if strip.strip_start() {
            let kept = self
                .text
                .trim_end()
                .len()
                .max(self.literal.min(self.text.len()));
            self.text.truncate(kept);
        }
    }

    fn after(&mut self, strip: Strip) {
        self.literal = self.text.len();
        self.strip_next = strip.strip_end();
    }

    fn open(&mut self, node: &Node) {
        let why = match &node.value {
            Value::Unknown(why) => why.clone(),
            _ => Why::not_evaluated("a part of a template"),
        };
        self.text.push_str(&stand_in(self.open.len()));
        self.open.push((why, node.object.clone()));
    }
}

impl Rendered {
    /// Why a text with a stand-in is unknown, and the object it is where it is nothing else.
    fn opened_by(&self, text: &str) -> Option<(Why, Option<ObjectId>)> {
        if !text.contains('\u{f8f0}') {
            return None;
        }
        let mut open = self.open.iter().enumerate();
        let (index, (why, object)) = open.find(|(index, _)| text.contains(&stand_in(*index)))?;
        let alone = text == stand_in(index);
        Some((why.clone(), object.clone().filter(|_| alone)))
    }
}

/// Text that no file holds, safe in JSON and YAML strings.
fn stand_in(index: usize) -> String {
    format!("\u{f8f0}rolecall-open-{index}\u{f8f1}")
}

impl<'a> Evaluator<'a> {
    pub(super) fn template(
        &self,
        template: &Template,
        scope: &Scope<'a, '_>,
        origin: &Origin,
    ) -> Eval {
        // A template that is one interpolation is that value, of whatever type.
        if let Some(Element::Interpolation(only)) = template.as_single_element() {
            return self.evaluate(&only.expr, scope);
        }
        let mut rendered = Rendered::default();
        self.render(template, scope, &mut rendered)?;
        self.count(rendered.text.len() / 256)?;
        Ok(finish(rendered, origin))
    }

    pub(super) fn heredoc(
        &self,
        heredoc: &HeredocTemplate,
        scope: &Scope<'a, '_>,
        origin: &Origin,
    ) -> Eval {
        let mut rendered = Rendered::default();
        let whole = not_to_be_dedented(heredoc, scope.file);
        let template = whole.as_ref().unwrap_or(&heredoc.template);
        self.render(template, scope, &mut rendered)?;
        self.count(rendered.text.len() / 256)?;
        let mut node = finish(rendered, origin);
        if node.tag.is_none() {
            node.tag = Some(HEREDOC_TAG.into());
        }
        Ok(node)
    }

    /// A string of the JSON syntax.
    pub(super) fn json_template(&self, text: &str, scope: &Scope<'a, '_>, origin: &Origin) -> Eval {
        if !text.contains("${") && !text.contains("%{") {
            return Ok(Node::string(text, origin.clone()));
        }
        self.template_text(text, scope, origin)
    }

    pub(super) fn template_text(&self, text: &str, scope: &Scope<'a, '_>, origin: &Origin) -> Eval {
        let template = hcl_edit::parser::parse_template(text).map_err(|error| {
            Fault::new(format!("a template with an error ({})", error.message()))
        })?;
        self.template(&template, scope, origin)
    }

    fn render(
        &self,
        template: &Template,
        scope: &Scope<'a, '_>,
        rendered: &mut Rendered,
    ) -> Eval<()> {
        for element in template {
            if rendered.text.len() > MAX_TEXT {
                return Err(Fault::new("a template of more than 16 MiB"));
            }
            match element {
                Element::Literal(text) => rendered.literal(text),
                Element::Interpolation(interpolation) => {
                    rendered.before(interpolation.strip);
                    let value = self.evaluate(&interpolation.expr, scope)?;
                    match text(&value)? {
                        Text::Known(text) => rendered.text.push_str(&text),
                        Text::Open(node) => rendered.open(&node),
                    }
                    rendered.after(interpolation.strip);
                }
                Element::Directive(directive) => match &**directive {
                    Directive::If(directive) => self.render_if(directive, scope, rendered)?,
                    Directive::For(directive) => self.render_for(directive, scope, rendered)?,
                },
            }
        }
        Ok(())
    }

    fn render_if(
        &self,
        directive: &IfDirective,
        scope: &Scope<'a, '_>,
        rendered: &mut Rendered,
    ) -> Eval<()> {
        rendered.before(directive.if_expr.strip);
        let condition = self.evaluate(&directive.if_expr.cond_expr, scope)?;
        match (as_bool(&condition)?, &directive.else_expr) {
            (Some(true), otherwise) => {
                rendered.after(directive.if_expr.strip);
                self.deeper(|| self.render(&directive.if_expr.template, scope, rendered))?;
                let end = otherwise
                    .as_ref()
                    .map_or(directive.endif_expr.strip, |e| e.strip);
                rendered.before(end);
            }
            (Some(false), Some(otherwise)) => {
                rendered.after(otherwise.strip);
                self.deeper(|| self.render(&otherwise.template, scope, rendered))?;
                rendered.before(directive.endif_expr.strip);
            }
            (Some(false), None) => {}
            (None, _) => rendered.open(&condition),
        }
        rendered.after(directive.endif_expr.strip);
        Ok(())
    }

    fn render_for(
        &self,
        directive: &ForDirective,
        scope: &Scope<'a, '_>,
        rendered: &mut Rendered,
    ) -> Eval<()> {
        let over = &directive.for_expr;
        rendered.before(over.strip);
        let collection = self.evaluate(&over.collection_expr, scope)?;
        for (key, value) in walk(&collection)? {
            let Some((key, value)) = key.zip(value) else {
                rendered.open(&collection);
                break;
            };
            let value_bound = Bound {
                name: over.value_var.as_str(),
                value,
                outer: scope.bound,
            };
            let key_bound = over.key_var.as_ref().map(|name| Bound {
                name: name.as_str(),
                value: &key,
                outer: Some(&value_bound),
            });
            let scope = Scope {
                bound: Some(key_bound.as_ref().unwrap_or(&value_bound)),
                ..*scope
            };
            rendered.after(over.strip);
            self.deeper(|| self.render(&over.template, &scope, rendered))?;
            rendered.before(directive.endfor_expr.strip);
        }
        rendered.after(directive.endfor_expr.strip);
        Ok(())
    }
}

/// The template of an indented heredoc as it stands in the file, where one of its lines begins without
/// white space, so that nothing may be cut. The parser (hcl-edit 0.10) takes the indentation of the
/// other lines then, once an interpolation parts them, and cuts text.
fn not_to_be_dedented(heredoc: &HeredocTemplate, file: &File) -> Option<Template> {
    heredoc.indent().filter(|indent| *indent > 0)?;
    let written = file.text(heredoc.template.span()?)?;
    let is_flush = |line: &str| !line.is_empty() && !line.starts_with(char::is_whitespace);
    if !written.lines().any(is_flush) {
        return None;
    }
    // A line within an interpolation does not count.
    let template = hcl_edit::parser::parse_template(written).ok()?;
    let mut begins_line = true;
    let flush = template.iter().any(|element| match element {
        Element::Literal(text) => {
            let found = text
                .lines()
                .enumerate()
                .any(|(index, line)| (index > 0 || begins_line) && is_flush(line));
            begins_line = text.ends_with('\n');
            found
        }
        _ => std::mem::take(&mut begins_line),
    });
    flush.then_some(template)
}

/// The text; or, where a part is unknown, the JSON or YAML document that it is with that part
/// unknown; or unknown.
fn finish(rendered: Rendered, origin: &Origin) -> Node {
    let Some((why, object)) = rendered.open.first() else {
        return Node::string(&rendered.text, origin.clone());
    };
    if let Some(document) = document(&rendered, origin) {
        return document;
    }
    // A text of one unknown part and nothing else is that part.
    let alone = rendered.open.len() == 1 && rendered.text == stand_in(0);
    let mut node = Node::unknown(why.clone(), origin.clone());
    node.object = object.clone().filter(|_| alone);
    node
}

fn document(rendered: &Rendered, origin: &Origin) -> Option<Node> {
    let source = Source::new("-", &rendered.text);
    let trimmed = rendered.text.trim_start();
    let (mut node, tag) = if trimmed.starts_with(['{', '[']) {
        (json::parse(&source).ok()?, JSON_TAG)
    } else if rendered.text.contains("apiVersion:") && rendered.text.contains("kind:") {
        let (mut documents, problems) = yaml::parse(&source);
        if documents.len() != 1 || !problems.is_empty() {
            return None;
        }
        (documents.pop()?, YAML_TAG)
    } else {
        return None;
    };
    if !matches!(node.value, Value::Map(_) | Value::List(_)) {
        return None;
    }
    put_back(&mut node, rendered, origin);
    node.tag = Some(tag.into());
    Some(node)
}

/// Makes every string with a stand-in unknown, and every map with one in a key.
fn put_back(node: &mut Node, rendered: &Rendered, origin: &Origin) {
    node.origin = origin.clone();
    match &mut node.value {
        Value::String(text) => {
            if let Some((why, object)) = rendered.opened_by(text) {
                node.value = Value::Unknown(why);
                node.object = object;
            }
        }
        Value::List(items) => items
            .iter_mut()
            .for_each(|item| put_back(item, rendered, origin)),
        Value::Map(entries) => {
            let mut open = None;
            for (key, value) in entries.iter_mut() {
                open = open.or_else(|| rendered.opened_by(key.as_str().unwrap_or_default()));
                key.origin = origin.clone();
                put_back(value, rendered, origin);
            }
            if let Some((why, _)) = open {
                node.value = Value::Unknown(why);
            }
        }
        _ => {}
    }
}
