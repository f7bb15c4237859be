//! From bytes on disk to text.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;

use rolecall_facts::Origin;

use super::sniff;
use crate::{Diagnostic, Source};

/// How large a file may be, in bytes.
const MAX_BYTES: u64 = 64 << 20;

/// Reads a file's text if its bytes look interesting.
///
/// # Errors
/// A file that cannot be opened, or one that looks interesting and is too large or not text.
pub(crate) fn load(
    path: &Path,
    is_interesting: fn(&[u8]) -> bool,
) -> Result<Option<Source>, Diagnostic> {
    let name: Arc<str> = path.to_string_lossy().into();
    let fail = |message: String| Diagnostic::error(message, Origin::file(&name, 1, 1, 0));
    let unreadable = |error: std::io::Error| {
        let diagnostic = fail(format!("cannot be read: {error}"));
        match error.kind() {
            ErrorKind::NotFound => {
                diagnostic.with_help("check the path; it is taken from the working directory")
            }
            _ => diagnostic,
        }
    };
    let (room, input): (u64, Box<dyn Read>) = if path.as_os_str() == "-" {
        (0, Box::new(std::io::stdin().lock()))
    } else {
        let file = File::open(path).map_err(unreadable)?;
        let length = file.metadata().map_or(0, |metadata| metadata.len());
        (length, Box::new(file))
    };
    match bytes(input, room, MAX_BYTES, is_interesting).map_err(unreadable)? {
        Bytes::All(bytes) => text(&name, bytes, is_interesting),
        Bytes::TooMany { interesting: false } => Ok(None),
        Bytes::TooMany { interesting: true } => {
            let message = format!("larger than {} MiB", MAX_BYTES >> 20);
            Err(fail(message).with_help(
                "split it, or leave it out by naming the files to be checked or in `.gitignore`",
            ))
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Bytes {
    All(Vec<u8>),
    TooMany { interesting: bool },
}

/// All bytes of an input; of one with more than `limit`, only whether they look interesting. Holds
/// no more than the limit, and that much at once only if `room` says there will be as many.
fn bytes(
    mut input: impl Read,
    room: u64,
    limit: u64,
    is_interesting: fn(&[u8]) -> bool,
) -> std::io::Result<Bytes> {
    let room = usize::try_from(room.min(limit)).unwrap_or(0);
    let mut bytes = Vec::with_capacity(room.saturating_add(1));
    input.by_ref().take(limit + 1).read_to_end(&mut bytes)?;
    Ok(if bytes.len() as u64 > limit {
        Bytes::TooMany {
            interesting: sniff::stream_is_interesting(&bytes, &mut input, is_interesting),
        }
    } else {
        Bytes::All(bytes)
    })
}

fn text(
    name: &Arc<str>,
    bytes: Vec<u8>,
    is_interesting: fn(&[u8]) -> bool,
) -> Result<Option<Source>, Diagnostic> {
    let bytes = match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => bytes,
    };
    if !is_interesting(&bytes) {
        return Ok(None);
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(Source::new(name, &text))),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let before = error.as_bytes().get(..valid).unwrap_or_default();
            let line = memchr::memchr_iter(b'\n', before).count() + 1;
            let column = before
                .rsplit(|byte| *byte == b'\n')
                .next()
                .map_or(0, |last| String::from_utf8_lossy(last).chars().count())
                + 1;
            let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
            Err(Diagnostic::error(
                "not UTF-8 text",
                Origin::file(name, number(line), number(column), 1),
            )
            .with_help("save the file as UTF-8"))
        }
    }
}

/// UTF-16 (as Windows PowerShell writes with `>`) as UTF-8; what is malformed becomes U+FFFD.
fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Vec<u8> {
    let units = bytes.chunks(2).map(|pair| match pair {
        [first, second] => unit([*first, *second]),
        _ => 0xfffd,
    });
    char::decode_utf16(units)
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect::<String>()
        .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf16_as_powershell_writes_it_is_read() {
        let text = "kind: NodePool\napiVersion: karpenter.sh/v1 # é\n";
        let mut bytes = vec![0xff, 0xfe];
        bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        let source = super::text(&"f".into(), bytes, sniff::is_interesting)
            .unwrap()
            .unwrap();
        assert_eq!(&*source.text, text);
    }

    #[test]
    fn beyond_the_limit_only_interest_is_told() {
        let of = |text: &str| bytes(text.as_bytes(), 0, 8, sniff::is_interesting).unwrap();
        assert_eq!(of("12345678"), Bytes::All(b"12345678".to_vec()));
        assert_eq!(of("123456789"), Bytes::TooMany { interesting: false });
        let word = "12345 karpenter.sh/v1";
        assert_eq!(of(word), Bytes::TooMany { interesting: true });
    }

    #[test]
    fn bad_bytes_are_placed_if_the_file_matters() {
        let read = |bytes: &[u8]| super::text(&"f".into(), bytes.to_vec(), sniff::is_interesting);
        let error = read(b"a: karpenter.sh/v1\nb: \xc3\xa9\xff");
        assert_eq!(error.unwrap_err().to_string(), "f:2:5: not UTF-8 text");
        assert_eq!(read(b"\xff\xff\xff"), Ok(None));
    }
}
