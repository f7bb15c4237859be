//! The policies inside a role or user: `Put…Policy`, `Get…Policy`, `List…Policies`, `Delete…Policy`.

use serde_json::{Map, Value};

use super::checks::Checks;
use super::failures::{limit_exceeded, no_such_entity};
use super::holder::Holder;
use super::page::Page;
use super::shown::{encoded, nothing};
use super::{named, policy_text};
use crate::call::Call;
use crate::failure::Failure;
use crate::operation::Outcome;
use crate::state::State;

pub(super) fn put<T: Holder>(state: &mut State, call: &mut Call<'_>) -> Outcome {
    T::check(Checks::of(&call.parameters))
        .name("PolicyName", 128)
        .document("PolicyDocument")
        .done()?;
    let key = named::write::<T>(state, call, |ask| ask)?;
    let name = call.parameters.required("PolicyName")?;
    let document = call.parameters.required("PolicyDocument")?;
    policy_text::accept(document)?;
    let others: usize = T::table(&state.iam)
        .get(&key)
        .into_iter()
        .flat_map(Holder::inline)
        .filter(|(other, _)| !other.eq_ignore_ascii_case(name))
        .map(|(_, text)| policy_text::size(text))
        .sum();
    if others + policy_text::size(document) > T::INLINE_SIZE {
        return Err(limit_exceeded(format!(
            "Maximum policy size of {} bytes exceeded for {} {}",
            T::INLINE_SIZE,
            T::NOUN,
            call.parameters.required(T::PARAMETER)?
        )));
    }
    T::table_mut(&mut state.iam).change(&key, |holder| {
        let inline = holder.inline_mut();
        inline.retain(|other, _| !other.eq_ignore_ascii_case(name));
        inline.insert(name.to_owned(), document.to_owned());
    });
    nothing()
}

pub(super) fn get<T: Holder>(state: &State, call: &mut Call<'_>) -> Outcome {
    T::check(Checks::of(&call.parameters))
        .name("PolicyName", 128)
        .done()?;
    let holder = named::read::<T>(state, call)?;
    let name = call.parameters.required("PolicyName")?;
    let (name, document) = holder
        .inline()
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .ok_or_else(|| no_inline::<T>(name))?;
    let mut shown = Map::new();
    shown.insert(T::PARAMETER.to_owned(), holder.name().into());
    shown.insert("PolicyName".to_owned(), name.as_str().into());
    shown.insert("PolicyDocument".to_owned(), encoded(document).into());
    Ok(Value::Object(shown))
}

pub(super) fn list<T: Holder>(state: &State, call: &mut Call<'_>) -> Outcome {
    T::check(Checks::of(&call.parameters)).done()?;
    let page = Page::of(&call.parameters)?;
    let holder = named::read::<T>(state, call)?;
    let names = holder.inline().keys().map(|name| (&**name, name));
    Ok(page
        .cut(names)
        .answer("PolicyNames", |name| name.as_str().into()))
}

pub(super) fn delete<T: Holder>(state: &mut State, call: &mut Call<'_>) -> Outcome {
    T::check(Checks::of(&call.parameters))
        .name("PolicyName", 128)
        .done()?;
    let key = named::write::<T>(state, call, |ask| ask)?;
    let name = call.parameters.required("PolicyName")?;
    let deleted = T::table_mut(&mut state.iam).change(&key, |holder| {
        let before = holder.inline().len();
        holder
            .inline_mut()
            .retain(|known, _| !known.eq_ignore_ascii_case(name));
        holder.inline().len() < before
    });
    if deleted != Some(true) {
        return Err(no_inline::<T>(name));
    }
    nothing()
}

fn no_inline<T: Holder>(name: &str) -> Failure {
    no_such_entity(format!(
        "The {} policy with name {name} cannot be found.",
        T::NOUN
    ))
}
