//! A CEL expression: compiled when first used, and kept from running out of stack.
//!
//! Parser and interpreter recurse, and take tens of kilobytes of stack for each level. So an expression is
//! parsed on a thread with a large stack, refused if it is too deep, and evaluated on such a thread if it
//! is deeper than rules usually are.

use std::sync::OnceLock;

use cel::common::ast::{EntryExpr, Expr, IdedExpr};
use cel::{Context, Program};

use super::functions::environment;

/// Longer expressions are refused, and those with more operators or brackets inside each other.
const LONGEST: usize = 16 * 1024;
const MOST_OPERATORS: usize = 1000;
const DEEPEST_BRACKETS: usize = 64;

/// Deeper expressions are refused; those of more levels than the usual are evaluated apart.
const DEEPEST: usize = 300;
const USUAL: usize = 20;

/// The stack of threads for parsing and for deep expressions; pages not needed are never touched.
const STACK: usize = 64 * 1024 * 1024;

/// A CEL expression, compiled when first used.
#[derive(Debug)]
pub(super) struct Expression {
    source: String,
    program: OnceLock<Result<Compiled, String>>,
}

/// A compiled expression.
#[derive(Debug)]
pub(super) struct Compiled {
    program: Program,
    depth: usize,
    /// Whether it compares with the stored object.
    pub(super) reads_old: bool,
}

impl Expression {
    pub(super) fn new(source: &str) -> Expression {
        Expression {
            source: source.to_owned(),
            program: OnceLock::new(),
        }
    }

    /// The expression as written.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// The compiled expression, or what is wrong with it.
    pub(super) fn compiled(&self) -> Result<&Compiled, &str> {
        let made = self.program.get_or_init(|| {
            check_size(&self.source)?;
            let parsed = apart(|| parse(&self.source));
            parsed.unwrap_or_else(|| Err("cannot be parsed".to_owned()))
        });
        made.as_ref().map_err(String::as_str)
    }
}

impl Compiled {
    /// The value in this context.
    pub(super) fn evaluate(&self, context: &Context<'_, '_>) -> Result<cel::Value, String> {
        let run = || self.program.execute(context).map_err(|e| e.to_string());
        if self.depth <= USUAL {
            return run();
        }
        apart(run).unwrap_or_else(|| Err("cannot be evaluated".to_owned()))
    }
}

/// Runs `work` on a thread with a large stack; nothing if there is none to be had.
fn apart<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        let running = thread.spawn_scoped(scope, work).ok()?;
        running.join().ok()
    })
}

fn parse(source: &str) -> Result<Compiled, String> {
    let program = environment().compile(source).map_err(|e| e.to_string())?;
    let reads_old = program.references().has_variable("oldSelf");
    let depth = depth(program.expression());
    if depth > DEEPEST {
        return Err(format!("nested deeper than {DEEPEST} levels"));
    }
    Ok(Compiled {
        program,
        depth,
        reads_old,
    })
}

/// How many levels an expression has.
fn depth(expression: &IdedExpr) -> usize {
    let deepest = |parts: &mut dyn Iterator<Item = &IdedExpr>| parts.map(depth).max().unwrap_or(0);
    let entry = |entry: &EntryExpr| match entry {
        EntryExpr::StructField(field) => depth(&field.value),
        EntryExpr::MapEntry(entry) => depth(&entry.key).max(depth(&entry.value)),
    };
    1 + match &expression.expr {
        Expr::Call(call) => deepest(&mut call.target.as_deref().into_iter().chain(&call.args)),
        Expr::Comprehension(c) => deepest(
            &mut [
                &c.iter_range,
                &c.accu_init,
                &c.loop_cond,
                &c.loop_step,
                &c.result,
            ]
            .into_iter(),
        ),
        Expr::List(list) => deepest(&mut list.elements.iter()),
        Expr::Select(select) => depth(&select.operand),
        Expr::Map(map) => map
            .entries
            .iter()
            .map(|e| entry(&e.expr))
            .max()
            .unwrap_or(0),
        Expr::Struct(s) => s.entries.iter().map(|e| entry(&e.expr)).max().unwrap_or(0),
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => 0,
    }
}

fn check_size(source: &str) -> Result<(), String> {
    if source.len() > LONGEST {
        return Err(format!("longer than {LONGEST} bytes"));
    }
    let (brackets, operators) = measure(source);
    if brackets > DEEPEST_BRACKETS {
        return Err(format!("nested deeper than {DEEPEST_BRACKETS} levels"));
    }
    if operators > MOST_OPERATORS {
        return Err(format!("more than {MOST_OPERATORS} operators"));
    }
    Ok(())
}

/// How deep brackets and runs of prefix and ternary operators nest at most, and how many operators there
/// are, outside of text. `&&` and `||` do not count: the parser balances them.
fn measure(source: &str) -> (usize, usize) {
    let (mut depth, mut run, mut deepest, mut operators) = (0_usize, 0_usize, 0_usize, 0_usize);
    let mut quote = None;
    let mut bytes = source.bytes();
    while let Some(byte) = bytes.next() {
        if let Some(open) = quote {
            match byte {
                b'\\' => drop(bytes.next()),
                byte if byte == open => quote = None,
                _ => {}
            }
            continue;
        }
        match byte {
            b'\'' | b'"' => quote = Some(byte),
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        run = match byte {
            b'!' | b'-' | b'?' => run + 1,
            b')' | b',' | b'&' | b'|' => 0,
            _ => run,
        };
        operators += usize::from(b"+-*/%<>=!?.[".contains(&byte));
        deepest = deepest.max(depth + run);
    }
    (deepest, operators + source.matches(" in ").count())
}
