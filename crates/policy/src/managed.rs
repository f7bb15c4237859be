//! The managed policies AWS publishes, in their latest version, as shipped data.
//!
//! `cargo xtask refresh-aws-data` makes the file. It is text for the eye of a maintainer up to the
//! second empty line, then compressed blocks:
//!
//! ```text
//! PACKAGE VERSION DATE            where the data comes from
//! 51234 48011 …                   the compressed length of every block
//!                                 (empty line)
//! NAME PATH vN DATE BLOCK START LENGTH      one line a policy, sorted by name, tab-separated
//!                                 (empty line)
//! zstd frame, zstd frame, …
//! ```
//!
//! Finding a policy searches the lines and inflates one block, once; nothing is read before.

use std::io::Read;
use std::sync::OnceLock;

use crate::policy::Policy;
use crate::problem::MalformedPolicy;

static DATA: &[u8] = include_bytes!("../data/managed-policies.bin");

/// A managed policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ManagedPolicy {
    /// Its name.
    pub name: &'static str,
    /// The path of its ARN, from `/` to `/`.
    pub path: &'static str,
    /// The version, such as `v27`.
    pub version: &'static str,
    /// When this version was published, as `YYYY-MM-DD`.
    pub updated: &'static str,
    /// The JSON document.
    pub document: &'static str,
}

impl ManagedPolicy {
    /// The ARN in partition `aws`.
    #[must_use]
    pub fn arn(&self) -> String {
        self.arn_in("aws")
    }

    /// The ARN in a partition, such as `aws-cn`. Whether AWS publishes the policy there, and in
    /// which version, is not known here.
    #[must_use]
    pub fn arn_in(&self, partition: &str) -> String {
        format!("arn:{partition}:iam::aws:policy{}{}", self.path, self.name)
    }

    /// The document, parsed.
    ///
    /// # Errors
    /// None are known: a test parses every shipped document.
    pub fn policy(&self) -> Result<Policy, MalformedPolicy> {
        Policy::parse(self.name, self.document)
    }
}

/// Where the shipped documents come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The npm package.
    pub package: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The newest change of a policy in it, as `YYYY-MM-DD`.
    pub date: &'static str,
}

/// The parts of [`DATA`].
struct File {
    source: Source,
    lines: &'static str,
    blocks: Vec<Block>,
}

struct Block {
    compressed: &'static [u8],
    /// Inflated when first asked for. Empty if that fails, which a test rules out.
    text: OnceLock<String>,
}

fn file() -> Option<&'static File> {
    static FILE: OnceLock<Option<File>> = OnceLock::new();
    FILE.get_or_init(|| read(DATA)).as_ref()
}

fn read(data: &'static [u8]) -> Option<File> {
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
    Some(File {
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

/// Where the shipped documents come from.
#[must_use]
pub fn source() -> Option<Source> {
    file().map(|file| file.source)
}

/// Finds a policy by its name or its ARN (in any partition). Names have a case.
///
/// ```
/// use rolecall_policy::managed;
/// let found = managed::find("arn:aws:iam::aws:policy/aws-service-role/AmazonEKSServiceRolePolicy")
///     .ok_or("not shipped")?;
/// assert_eq!(found.name, "AmazonEKSServiceRolePolicy");
/// assert!(managed::find("AmazonEKSRolePolicyOfMine").is_none());
/// # Ok::<(), &str>(())
/// ```
#[must_use]
pub fn find(name_or_arn: &str) -> Option<ManagedPolicy> {
    let (path, name) = match crate::principal::arn_fields(name_or_arn) {
        Some([_, _, "iam", "", "aws", resource]) => {
            let within = resource.strip_prefix("policy")?;
            let (path, name) = within.split_at_checked(within.rfind('/')? + 1)?;
            (Some(path), name)
        }
        Some(_) => return None,
        None => (None, name_or_arn),
    };
    let file = file()?;
    let policy = entry(file, line_of(file.lines, name)?)?;
    path.is_none_or(|path| path == policy.path)
        .then_some(policy)
}

/// All policies, sorted by name. Reading them inflates everything.
pub fn all() -> impl Iterator<Item = ManagedPolicy> {
    let file = file();
    file.into_iter()
        .flat_map(|file| file.lines.lines().filter_map(|line| entry(file, line)))
}

/// The names of all policies, sorted; nothing is inflated.
pub fn names() -> impl Iterator<Item = &'static str> {
    let lines = file().map_or("", |file| file.lines);
    lines.lines().filter_map(|line| line.split('\t').next())
}

/// Finds the line that begins with `name` by halving the text.
fn line_of<'t>(lines: &'t str, name: &str) -> Option<&'t str> {
    let (mut low, mut high) = (0, lines.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let bytes = lines.as_bytes();
        let start = memchr::memrchr(b'\n', bytes.get(low..middle)?).map_or(low, |at| low + at + 1);
        let end = memchr::memchr(b'\n', bytes.get(start..high)?).map_or(high, |at| start + at);
        let line = lines.get(start..end)?;
        match line.split('\t').next()?.cmp(name) {
            std::cmp::Ordering::Equal => return Some(line),
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    None
}

fn entry(file: &'static File, line: &'static str) -> Option<ManagedPolicy> {
    let mut columns = line.split('\t');
    let (name, path) = (columns.next()?, columns.next()?);
    let (version, updated) = (columns.next()?, columns.next()?);
    let mut number = || columns.next()?.parse::<usize>().ok();
    let (block, start, length) = (number()?, number()?, number()?);
    let document = file.blocks.get(block)?.text().get(start..start + length)?;
    Some(ManagedPolicy {
        name,
        path,
        version,
        updated,
        document,
    })
}
