//! The container of the data that AWS publishes.
//!
//! `cargo xtask refresh-aws-data` makes the files. One is text for the eye of a maintainer up to
//! the second empty line, then compressed blocks:
//!
//! ```text
//! PACKAGE VERSION DATE            where the data comes from
//! 51234 48011 …                   the compressed length of every block
//!                                 (empty line)
//! KEY … BLOCK START LENGTH        one line a text, sorted by key, tab-separated
//!                                 (empty line)
//! zstd frame, zstd frame, …
//! ```
//!
//! Finding a text searches the lines and inflates one block, once; nothing is read before.

use std::io::Read;
use std::sync::OnceLock;

/// Where shipped data comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The npm package.
    pub package: &'static str,
    /// Its version.
    pub version: &'static str,
    /// How old the data is, as `YYYY-MM-DD`.
    pub date: &'static str,
}

/// A file in the binary, read when first asked.
pub(crate) struct DataFile {
    bytes: &'static [u8],
    parts: OnceLock<Option<Parts>>,
}

struct Parts {
    source: Source,
    lines: &'static str,
    blocks: Vec<Block>,
}

struct Block {
    compressed: &'static [u8],
    /// Inflated when first asked for. Empty if that fails, which a test rules out.
    text: OnceLock<String>,
}

impl DataFile {
    pub(crate) const fn new(bytes: &'static [u8]) -> Self {
        Self {
            bytes,
            parts: OnceLock::new(),
        }
    }

    fn parts(&self) -> Option<&Parts> {
        self.parts.get_or_init(|| read(self.bytes)).as_ref()
    }

    pub(crate) fn source(&self) -> Option<Source> {
        self.parts().map(|parts| parts.source)
    }

    pub(crate) fn lines(&self) -> std::str::Lines<'static> {
        self.parts().map_or("", |parts| parts.lines).lines()
    }

    /// The line with this key, found by halving.
    pub(crate) fn line_of(&self, key: &str) -> Option<&'static str> {
        let lines = self.parts()?.lines;
        let (mut low, mut high) = (0, lines.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let bytes = lines.as_bytes();
            let before = memchr::memrchr(b'\n', bytes.get(low..middle)?);
            let start = before.map_or(low, |at| low + at + 1);
            let end = memchr::memchr(b'\n', bytes.get(start..high)?).map_or(high, |at| start + at);
            let line = lines.get(start..end)?;
            match line.split('\t').next()?.cmp(key) {
                std::cmp::Ordering::Equal => return Some(line),
                std::cmp::Ordering::Less => low = end + 1,
                std::cmp::Ordering::Greater => high = start,
            }
        }
        None
    }

    /// The text that the last three columns of a line point at.
    pub(crate) fn text<'l>(
        &'static self,
        mut columns: impl Iterator<Item = &'l str>,
    ) -> Option<&'static str> {
        let mut number = || columns.next()?.parse::<usize>().ok();
        let (block, start, length) = (number()?, number()?, number()?);
        self.parts()?
            .blocks
            .get(block)?
            .text()
            .get(start..start.checked_add(length)?)
    }
}

fn read(data: &'static [u8]) -> Option<Parts> {
    let (head, rest) = split(data, b"\n\n")?;
    let (lines, mut rest) = split(rest, b"\n\n")?;
    let (source, lengths) = std::str::from_utf8(head).ok()?.split_once('\n')?;
    let mut source = source.split(' ');
    let source = Source {
        package: source.next()?,
        version: source.next()?,
        date: source.next()?,
    };
    let mut blocks = Vec::new();
    for length in lengths.split(' ') {
        let (compressed, after) = rest.split_at_checked(length.parse().ok()?)?;
        blocks.push(Block {
            compressed,
            text: OnceLock::new(),
        });
        rest = after;
    }
    Some(Parts {
        source,
        lines: std::str::from_utf8(lines).ok()?,
        blocks,
    })
}

fn split<'d>(data: &'d [u8], at: &[u8]) -> Option<(&'d [u8], &'d [u8])> {
    let found = memchr::memmem::find(data, at)?;
    Some((data.get(..found)?, data.get(found + at.len()..)?))
}

impl Block {
    fn text(&self) -> &str {
        self.text.get_or_init(|| {
            let mut text = String::new();
            let inflated = ruzstd::decoding::StreamingDecoder::new(self.compressed)
                .ok()
                .and_then(|mut decoder| decoder.read_to_string(&mut text).ok());
            if inflated.is_some() {
                text
            } else {
                String::new()
            }
        })
    }
}
