//! What answers have in common: pages, times, texts and tags of requests.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::access_entry::ClientToken;
use super::refusal::invalid_parameter;
use crate::call::Call;
use crate::failure::Failure;
use crate::parameters::Parameters;

/// Seconds since 1970 as a JSON number with milliseconds (EKS API Reference, sample responses).
pub(super) fn epoch(time: Timestamp) -> Value {
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds since 1970 have 41 bits"
    )]
    let seconds = time.as_millisecond() as f64 / 1000.0;
    seconds.into()
}

/// One page of items by key, and the token of the next.
///
/// `maxResults` is 1 to 100 and 100 when it is not given (EKS API Reference). What AWS says to
/// another number, and to a token it did not give out, is not known.
pub(super) fn page<T>(
    parameters: &Parameters,
    items: impl IntoIterator<Item = (String, T)>,
) -> Result<(Vec<T>, Option<String>), Failure> {
    let size = match parameters.get("maxResults") {
        None => 100,
        Some(_) => parameters
            .integer("maxResults")
            .and_then(|size| usize::try_from(size).ok())
            .filter(|size| (1..=100).contains(size))
            .ok_or_else(|| invalid_parameter("maxResults must be between 1 and 100"))?,
    };
    let after = match parameters
        .text("nextToken")
        .filter(|token| !token.is_empty())
    {
        None => None,
        Some(token) => Some(
            URL_SAFE_NO_PAD
                .decode(token)
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .ok_or_else(|| invalid_parameter("The nextToken is not valid"))?,
        ),
    };
    let mut rest = items
        .into_iter()
        .skip_while(|(key, _)| after.as_ref().is_some_and(|after| key <= after));
    let mut found = Vec::new();
    let mut last = None;
    for (key, item) in rest.by_ref().take(size) {
        last = Some(key);
        found.push(item);
    }
    let next = rest.next().and(last).map(|key| URL_SAFE_NO_PAD.encode(key));
    Ok((found, next))
}

/// A list's answer.
pub(super) fn listed(name: &str, items: Vec<Value>, next: Option<String>) -> Value {
    let mut answer = Map::new();
    answer.insert(name.to_owned(), items.into());
    if let Some(next) = next {
        answer.insert("nextToken".to_owned(), next.into());
    }
    Value::Object(answer)
}

/// The tags of a request; EKS's are a map.
pub(super) fn tags(parameters: &Parameters) -> BTreeMap<String, String> {
    parameters
        .structure("tags")
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect()
}

/// The texts of a list inside a structure; none when there is no such list.
pub(super) fn texts(members: &Map<String, Value>, name: &str) -> Option<Vec<String>> {
    let items = members.get(name)?.as_array()?;
    Some(
        items
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
    )
}

/// The token of a request and what else it said.
pub(super) fn token(parameters: &Parameters) -> Option<ClientToken> {
    let token = parameters.text("clientRequestToken")?.to_owned();
    let mut rest = parameters.all().clone();
    rest.remove("clientRequestToken");
    Some(ClientToken {
        token,
        request: Value::Object(rest).to_string(),
    })
}

/// Whether a request repeats the one that made something.
pub(super) fn repeats(made: Option<&ClientToken>, parameters: &Parameters) -> bool {
    made.is_some() && made == token(parameters).as_ref()
}

const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Tells CloudTrail the request's parameters with those of the path as they were in the path:
/// `arn%3Aaws%3Aiam%3A%3A…` (seen in real events of `AssociateAccessPolicy`).
pub(super) fn note_encoded(call: &mut Call<'_>, names: &[&str]) {
    let mut noted = call.parameters.all().clone();
    for name in names {
        if let Some(Value::String(text)) = noted.get_mut(*name) {
            *text = utf8_percent_encode(text, ENCODED).to_string();
        }
    }
    call.notes.request_parameters = Some(Value::Object(noted));
}
