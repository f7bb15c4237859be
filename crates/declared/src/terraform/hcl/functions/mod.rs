//! Terraform's functions, as far as they matter for roles and entries. A function that is not here,
//! or that depends on time, the machine or chance, gives an unknown value that names it.

mod collection;
mod encode;
mod files;
mod fileset;
mod format;
mod sets;
mod text;

use hcl_edit::expr::FuncCall;
use rolecall_facts::Origin;

use super::evaluator::Evaluator;
use super::scope::Scope;
use super::value::{Eval, Fault, open_here, open_part};
use crate::tree::{Node, Value};

/// The arguments of a call and where it stands.
pub(super) struct Arguments<'n> {
    pub(super) all: &'n [Node],
    pub(super) origin: &'n Origin,
}

impl<'n> Arguments<'n> {
    fn get(&self, index: usize) -> Eval<&'n Node> {
        self.all
            .get(index)
            .ok_or_else(|| Fault::new("a function call with too few arguments"))
    }

    /// The items of a list argument; `None` where the list is unknown.
    fn list(&self, index: usize) -> Eval<Option<&'n [Node]>> {
        list(self.get(index)?)
    }

    fn node(&self, value: Value) -> Node {
        Node::new(value, self.origin.clone())
    }

    fn string(&self, text: &str) -> Node {
        Node::string(text, self.origin.clone())
    }

    fn open(&self, part: &Node) -> Node {
        open_here(part, self.origin)
    }
}

fn list(node: &Node) -> Eval<Option<&[Node]>> {
    match &node.value {
        Value::List(items) => Ok(Some(items)),
        Value::Unknown(_) => Ok(None),
        _ => Err(Fault::new("a value that is not a list")),
    }
}

impl<'a> Evaluator<'a> {
    pub(super) fn call(&self, call: &FuncCall, scope: &Scope<'a, '_>, origin: &Origin) -> Eval {
        let name = call.name.name.as_str();
        let namespace = call.name.namespace.last().map(|part| part.as_str());
        if namespace.is_some_and(|namespace| namespace != "core") {
            return Ok(self.unknown(&format!("the provider function `{name}`"), origin));
        }
        match name {
            "try" => return self.attempt(call, scope),
            "can" => {
                let all = call.args.iter();
                let results: Vec<Eval> = all.map(|arg| self.evaluate(arg, scope)).collect();
                return Ok(match results.first() {
                    Some(Ok(value)) => match open_part(value) {
                        Some(part) => open_here(part, origin),
                        None => Node::new(Value::Bool(true), origin.clone()),
                    },
                    _ => Node::new(Value::Bool(false), origin.clone()),
                });
            }
            _ => {}
        }
        let mut all = Vec::with_capacity(call.args.len());
        for argument in call.args.iter() {
            all.push(self.evaluate(argument, scope)?);
        }
        if call.args.expand_final() {
            let last = all.pop();
            match last.as_ref().map(|last| &last.value) {
                Some(Value::List(items)) => all.extend(items.iter().cloned()),
                Some(Value::Unknown(_)) | None => {
                    let open = last.unwrap_or_else(|| Node::new(Value::Null, origin.clone()));
                    return Ok(open_here(&open, origin));
                }
                Some(_) => return Err(Fault::new("a final argument that is not a list")),
            }
        }
        let arguments = Arguments { all: &all, origin };
        let result = collection::call(name, &arguments)
            .or_else(|| sets::call(name, &arguments))
            .or_else(|| text::call(name, &arguments))
            .or_else(|| format::call(name, &arguments))
            .or_else(|| encode::call(name, &arguments))
            .or_else(|| self.file_function(name, &arguments, scope));
        match result {
            Some(result) => {
                let value = result?;
                self.count(super::value::size(&value))?;
                Ok(value)
            }
            None => Ok(self.unknown(&format!("the function `{name}`"), origin)),
        }
    }

    /// The first argument that is not at fault. One that is unknown might be, so it is the answer.
    fn attempt(&self, call: &FuncCall, scope: &Scope<'a, '_>) -> Eval {
        let mut last = Err(Fault::new(
            "`try` without an argument that can be evaluated",
        ));
        for argument in call.args.iter() {
            last = self.evaluate(argument, scope);
            if last.is_ok() {
                break;
            }
        }
        last
    }
}
