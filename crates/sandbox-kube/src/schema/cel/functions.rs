//! The functions Kubernetes adds to CEL (Kubernetes documentation, "Common Expression Language in
//! Kubernetes"): regular expressions, lists, quantities, addresses.

use super::quantity;
use crate::schema::format::is_cidr;
use cel::common::types::{CelBool, CelInt, CelList, CelString, LIST_TYPE};
use cel::common::value::{CowVal, Val};
use cel::{DeclarationError, Env, ExecutionError};
use regex::Regex;
use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut env = Env::stdlib();
    // Each of these fails only where a name is declared twice; the tests below use every one.
    let added = [
        env.add_extension(cel::extensions::strings),
        env.add_extension(cel::extensions::lists),
        env.add_extension(cel::extensions::math),
        env.add_extension(kubernetes),
        env.add_extension(quantity::extension),
    ];
    debug_assert!(added.iter().all(Result::is_ok), "{added:?}");
    Arc::new(env)
});

/// The environment all rules share.
pub(super) fn environment() -> Arc<Env> {
    ENVIRONMENT.clone()
}

fn kubernetes(env: &mut Env) -> Result<(), DeclarationError> {
    cel::add_member_overload!(env, fn find: (CelString, CelString) -> Result<CelString>)?;
    cel::add_member_overload!(env, fn find_all: (CelString, CelString) -> Result<CelList>)?;
    cel::add_member_overload!(env, fn find_all_limit: (CelString, CelString, CelInt) -> Result<CelList>,
        name = "findAll")?;
    cel::add_overload!(env, fn is_url: (CelString) -> CelBool, name = "isURL")?;
    cel::add_overload!(env, fn is_ip: (CelString) -> CelBool, name = "isIP")?;
    cel::add_overload!(env, fn is_cidr_text: (CelString) -> CelBool, name = "isCIDR")?;
    env.add_member_overload("isSorted", "list.isSorted()", LIST_TYPE, vec![], is_sorted)?;
    env.add_member_overload("min", "list.min()", LIST_TYPE, vec![], least)?;
    env.add_member_overload("max", "list.max()", LIST_TYPE, vec![], greatest)?;
    env.add_member_overload("sum", "list.sum()", LIST_TYPE, vec![], sum)?;
    let any = || vec![cel::common::types::DYN_TYPE];
    env.add_member_overload("indexOf", "list.indexOf(dyn)", LIST_TYPE, any(), index_of)?;
    env.add_member_overload(
        "lastIndexOf",
        "list.lastIndexOf(dyn)",
        LIST_TYPE,
        any(),
        last_index_of,
    )?;
    Ok(())
}

thread_local! {
    /// Rules use a handful of expressions over and over.
    static COMPILED: RefCell<HashMap<String, Regex>> = RefCell::default();
}

/// Calls `use_it` with the compiled expression; at most a hundred are remembered per thread.
fn with_regex<T>(
    function: &str,
    source: &str,
    use_it: impl FnOnce(&Regex) -> T,
) -> Result<T, ExecutionError> {
    COMPILED.with_borrow_mut(|compiled| {
        if let Some(regex) = compiled.get(source) {
            return Ok(use_it(regex));
        }
        let regex = Regex::new(source).map_err(|e| ExecutionError::function_error(function, e))?;
        if compiled.len() >= 100 {
            compiled.clear();
        }
        let result = use_it(&regex);
        compiled.insert(source.to_owned(), regex);
        Ok(result)
    })
}

fn find(
    this: &CelString<'_>,
    pattern: &CelString<'_>,
) -> Result<CelString<'static>, ExecutionError> {
    with_regex("find", pattern.inner(), |regex| {
        let found = regex.find(this.inner()).map_or("", |m| m.as_str());
        CelString::from(found.to_owned())
    })
}

fn find_all(
    this: &CelString<'_>,
    pattern: &CelString<'_>,
) -> Result<CelList<'static>, ExecutionError> {
    find_all_limit(this, pattern, &CelInt::from(-1))
}

fn find_all_limit(
    this: &CelString<'_>,
    pattern: &CelString<'_>,
    limit: &CelInt,
) -> Result<CelList<'static>, ExecutionError> {
    let limit = usize::try_from(*limit.inner()).unwrap_or(usize::MAX);
    with_regex("findAll", pattern.inner(), |regex| {
        let found = regex.find_iter(this.inner()).take(limit);
        let found: Vec<Box<dyn Val>> = found
            .map(|m| Box::new(CelString::from(m.as_str().to_owned())) as Box<dyn Val>)
            .collect();
        CelList::from(found)
    })
}

fn is_url(text: &CelString<'_>) -> CelBool {
    let valid = text.inner().parse::<http::Uri>().is_ok_and(|uri| {
        uri.scheme().is_some() || (text.inner().starts_with('/') && uri.authority().is_none())
    });
    CelBool::from(valid)
}

fn is_ip(text: &CelString<'_>) -> CelBool {
    CelBool::from(text.inner().parse::<IpAddr>().is_ok())
}

fn is_cidr_text(text: &CelString<'_>) -> CelBool {
    CelBool::from(is_cidr(text.inner()))
}

/// The entries of the list that is the first argument.
fn entries<'a, 'v>(
    function: &str,
    args: &'a [CowVal<'_, 'v>],
) -> Result<Vec<&'a (dyn Val + 'v)>, ExecutionError> {
    let list = args.first().and_then(|list| list.as_iterable());
    let Some(list) = list else {
        return Err(ExecutionError::function_error(function, "not a list"));
    };
    let mut entries = Vec::new();
    let mut each = list.iter();
    while let Some(entry) = each.next() {
        entries.push(entry);
    }
    Ok(entries)
}

fn compare(function: &str, a: &dyn Val, b: &dyn Val) -> Result<Ordering, ExecutionError> {
    match a.as_comparer() {
        Some(comparer) => comparer.compare(b),
        None => Err(ExecutionError::function_error(function, "not comparable")),
    }
}

fn is_sorted<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let entries = entries("isSorted", &args)?;
    for pair in entries.windows(2) {
        if let [a, b] = pair
            && compare("isSorted", *a, *b)? == Ordering::Greater
        {
            return Ok(CowVal::owned(CelBool::from(false)));
        }
    }
    Ok(CowVal::owned(CelBool::from(true)))
}

fn least<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    extreme("min", &args, Ordering::Less)
}

fn greatest<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    extreme("max", &args, Ordering::Greater)
}

fn extreme<'b, 'v>(
    function: &str,
    args: &[CowVal<'b, 'v>],
    wanted: Ordering,
) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let mut best: Option<&(dyn Val + 'v)> = None;
    for entry in entries(function, args)? {
        let better = match best {
            None => true,
            Some(best) => compare(function, entry, best)? == wanted,
        };
        if better {
            best = Some(entry);
        }
    }
    match best {
        Some(best) => Ok(CowVal::Owned(best.clone_as_boxed())),
        None => Err(ExecutionError::function_error(
            function,
            format!("{function} called on empty list"),
        )),
    }
}

fn sum<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let mut total = 0_i64;
    let mut total_float = 0_f64;
    let mut float = false;
    for entry in entries("sum", &args)? {
        if let Some(n) = entry.downcast_ref::<CelInt>() {
            let next = total.checked_add(*n.inner());
            total = next.ok_or_else(|| ExecutionError::function_error("sum", "overflow"))?;
        } else if let Some(n) = entry.downcast_ref::<cel::common::types::CelDouble>() {
            float = true;
            total_float += n.inner();
        } else {
            return Err(ExecutionError::function_error("sum", "not a number"));
        }
    }
    if float {
        return Ok(CowVal::owned(cel::common::types::CelDouble::from(
            total_float,
        )));
    }
    Ok(CowVal::owned(CelInt::from(total)))
}

fn index_of<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    position("indexOf", &args, false)
}

fn last_index_of<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    position("lastIndexOf", &args, true)
}

fn position<'b, 'v>(
    function: &str,
    args: &[CowVal<'b, 'v>],
    last: bool,
) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let Some(wanted) = args.get(1) else {
        return Err(ExecutionError::invalid_argument_count(2, args.len()));
    };
    let entries = entries(function, args)?;
    let is_it = |entry: &&(dyn Val + 'v)| entry.equals(wanted.as_ref());
    let found = if last {
        entries.iter().rposition(is_it)
    } else {
        entries.iter().position(is_it)
    };
    let index = found.and_then(|i| i64::try_from(i).ok()).unwrap_or(-1);
    Ok(CowVal::owned(CelInt::from(index)))
}
