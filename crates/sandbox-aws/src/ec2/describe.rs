//! What all Describe operations share: ids, filters and pages.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::call::Call;
use crate::failure::Failure;
use crate::parameters::list;

use super::answer::{Kind, client};
use super::state::Tags;

/// The request's filters. All must hold; of the values of one, any.
pub(super) struct Filters(Vec<(String, Vec<String>)>);

impl Filters {
    /// Reads them; `known` are those the operation has, besides those for tags.
    pub(super) fn of(call: &Call<'_>, known: &[&str]) -> Result<Self, Failure> {
        let mut filters = Vec::new();
        for filter in call.parameters.list("Filter") {
            let name = filter
                .get("Name")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let of_tags = name.starts_with("tag:") || matches!(name, "tag-key" | "tag-value");
            if !of_tags && !known.contains(&name) {
                return Err(client(
                    "InvalidParameterValue",
                    format!("The filter '{name}' is invalid"),
                ));
            }
            let values = list(filter.get("Value"))
                .into_iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect();
            filters.push((name.to_owned(), values));
        }
        Ok(Self(filters))
    }

    /// Whether something passes; `values` gives what it has by a filter's name.
    pub(super) fn pass(&self, tags: &Tags, values: impl Fn(&str) -> Vec<String>) -> bool {
        self.0.iter().all(|(name, wanted)| {
            let has = match name.as_str() {
                "tag-key" => tags.keys().cloned().collect(),
                "tag-value" => tags.values().cloned().collect(),
                name => match name.strip_prefix("tag:") {
                    Some(key) => tags.get(key).cloned().into_iter().collect(),
                    None => values(name),
                },
            };
            wanted
                .iter()
                .any(|pattern| has.iter().any(|value| like(pattern, value)))
        })
    }
}

/// `*` stands for any letters, `?` for one; case matters (EC2 User Guide, "List and filter your
/// resources").
pub(super) fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut place) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while place < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, place));
                at += 1;
            }
            Some(letter) if *letter == '?' || Some(letter) == text.get(place) => {
                at += 1;
                place += 1;
            }
            _ => match star {
                Some((from, matched)) => {
                    star = Some((from, matched + 1));
                    at = from + 1;
                    place = matched + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|letter| *letter == '*')
}

/// Those of `rows` that the request names; each that is named must be there.
pub(super) fn named<'r, V>(
    call: &Call<'_>,
    parameter: &str,
    kind: &Kind,
    rows: Vec<&'r V>,
    id: impl Fn(&V) -> &str,
) -> Result<Vec<&'r V>, Failure> {
    let wanted = call.parameters.texts(parameter);
    if wanted.is_empty() {
        return Ok(rows);
    }
    for each in &wanted {
        if !rows.iter().any(|row| id(row) == *each) {
            return Err(kind.absent(each));
        }
    }
    Ok(rows
        .into_iter()
        .filter(|row| wanted.contains(&id(row)))
        .collect())
}

/// One page of `rows`, which are in the order of their ids, and the token of the next.
pub(super) fn page<'r, V>(
    call: &Call<'_>,
    rows: Vec<&'r V>,
    id: impl Fn(&V) -> String,
) -> Result<(Vec<&'r V>, Option<String>), Failure> {
    let after = match call.parameters.text("NextToken") {
        None | Some("") => None,
        Some(token) => Some(
            URL_SAFE_NO_PAD
                .decode(token)
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .ok_or_else(|| {
                    client("InvalidParameterValue", "Unable to parse pagination token")
                })?,
        ),
    };
    let longest = match call.number("MaxResults")? {
        None => 1000,
        Some(number) if number < 1 => {
            return Err(client(
                "InvalidParameterValue",
                format!(
                    "Value ( {number} ) for parameter maxResults is invalid. Expecting a value greater \
                     than 5."
                ),
            ));
        }
        Some(number) => usize::try_from(number).unwrap_or(1000).min(1000),
    };
    let mut rest = rows
        .into_iter()
        .filter(|row| after.as_ref().is_none_or(|after| id(row) > *after));
    let found: Vec<&V> = rest.by_ref().take(longest).collect();
    let next = rest
        .next()
        .and_then(|_| found.last())
        .map(|last| URL_SAFE_NO_PAD.encode(id(last)));
    Ok((found, next))
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn stars_and_question_marks_stand_for_letters() {
        for (pattern, text, expected) in [
            ("demo", "demo", true),
            ("demo", "Demo", false),
            ("d*o", "demo", true),
            ("*", "", true),
            ("?emo", "demo", true),
            ("*a*b*c", "xxaxxbxxbc", true),
            ("*a*b", "xaxbx", false),
            ("", "x", false),
        ] {
            assert_eq!(like(pattern, text), expected, "{pattern} {text}");
        }
    }
}
