use crate::{ArnError, Expected};

/// Decodes a percent-encoded principal ARN, as it stands in a URI or in CloudTrail, exactly once.
///
/// Text that holds no `%` comes back as it is. What is still encoded after one pass stays so: an ARN
/// encoded twice was encoded by somebody who meant it.
///
/// ```
/// use rolecall_arn::decode_once;
///
/// assert_eq!(
///     decode_once("arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fplatform%2FNodeRole")?,
///     "arn:aws:iam::111122223333:role/platform/NodeRole"
/// );
/// assert_eq!(decode_once("role%252FNodeRole")?, "role%2FNodeRole");
/// # Ok::<(), rolecall_arn::ArnError>(())
/// ```
///
/// # Errors
/// A `%` that is not followed by two hexadecimal digits, or bytes that are not UTF-8.
pub fn decode_once(text: &str) -> Result<String, ArnError> {
    let fail = |problem: &str| ArnError::new(text, Expected::PercentEncoded, problem);
    let mut pieces = text.split('%');
    pieces.next();
    for piece in pieces {
        let escape = piece.as_bytes().get(..2);
        if !escape.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
            return Err(fail("a `%` is not followed by two hexadecimal digits"));
        }
    }
    percent_encoding::percent_decode_str(text)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| fail("the decoded bytes are not UTF-8"))
}
