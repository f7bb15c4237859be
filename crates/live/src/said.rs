use std::error::Error;

use aws_smithy_types::error::metadata::ErrorMetadata;

/// What an error of the SDK came to, in the words of whoever failed: the cause at the bottom says what
/// happened, and those above it say that something did.
#[must_use]
pub fn said(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    let Some(cause) = causes.last() else {
        return error.to_string();
    };
    // Which prints itself as it is debugged.
    let Some(answer) = cause.downcast_ref::<ErrorMetadata>() else {
        return cause.to_string();
    };
    match (answer.code(), answer.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(text), None) | (None, Some(text)) => text.to_owned(),
        (None, None) => error.to_string(),
    }
}
