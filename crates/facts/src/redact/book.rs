//! One pseudonym for each word.
//!
//! A word that no pattern tells apart has one pseudonym. A pattern such as `Web*` is a word with
//! wildcards: what stands between them, here `Web`, is a *fragment*, and every word that begins with it
//! is cut there, so that `WebNodeRole` becomes the pseudonyms of `Web` and of `NodeRole` one after the
//! other, and `Web*`, become `stem-1*`, matches it still. No pseudonym begins or ends another, so that
//! nothing matches which did not match before.
//!
//! IAM does not tell names apart by case, but patterns do; and people mix up hyphens and underscores,
//! which a rule tells. So spellings of one word have one pseudonym, spelled in as many ways.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::kind::Kind;
use super::words;

/// What stands between a pattern's wildcards, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Fragment {
    text: String,
    /// Whether a word must begin with it.
    begins: bool,
    /// Whether a word must end with it.
    ends: bool,
}

#[derive(Debug)]
struct Entry {
    kind: Kind,
    /// From 1, within the kind.
    number: usize,
    /// How it was joined, in lower case, and in which cases each of these was written; in order of first
    /// sight.
    spellings: Vec<(String, Vec<String>)>,
}

impl Entry {
    fn learn(&mut self, word: String) {
        let folded = word.to_ascii_lowercase();
        let known = self
            .spellings
            .iter_mut()
            .find(|(known, _)| *known == folded);
        match known {
            Some((_, cases)) if cases.contains(&word) => {}
            Some((_, cases)) => cases.push(word),
            None => self.spellings.push((folded, vec![word])),
        }
    }

    /// Which way of joining, and which case, a word is in; the lower case, if there is one, is 0.
    fn spelling(&self, word: &str) -> (usize, usize) {
        let folded = word.to_ascii_lowercase();
        let mut joined = self.spellings.iter().enumerate();
        let Some((joint, (_, cases))) = joined.find(|(_, (known, _))| *known == folded) else {
            return (0, 0);
        };
        if word == folded {
            return (joint, 0);
        }
        let mut others = cases.iter().filter(|known| **known != folded);
        let place = others.position(|known| known == word).unwrap_or_default();
        (joint, place + usize::from(cases.contains(&folded)))
    }
}

/// What stands between a pseudonym's label and its number, one for each way in which the word is joined.
const JOINTS: [&str; 6] = ["-", "", "_", "--", "__", "-_"];

/// The pseudonyms of one snapshot.
#[derive(Debug, Default)]
pub(super) struct Book {
    fragments: BTreeSet<Fragment>,
    /// Where a fragment is cut itself, by its text.
    cuts_within: HashMap<String, BTreeSet<usize>>,
    /// The parts that patterns tell apart.
    parts: HashSet<String>,
    words: BTreeSet<String>,
    /// By the word in lower case without what joins its parts.
    entries: HashMap<String, Entry>,
    counts: BTreeMap<Kind, usize>,
}

impl Book {
    /// Names of others begin with this one and a hyphen or underscore.
    pub(super) fn begins_others(&mut self, name: &str) {
        for joint in ['-', '_'] {
            self.fragments.insert(Fragment {
                text: format!("{}{joint}", name.to_ascii_lowercase()),
                begins: true,
                ends: false,
            });
        }
    }

    /// Takes note of a word that is to be hidden.
    pub(super) fn collect(&mut self, word: &str) {
        let word = word.to_ascii_lowercase();
        if !has_wildcard(&word) {
            self.words.insert(word);
            return;
        }
        for (text, begins, ends) in literals(&word) {
            self.fragments.insert(Fragment {
                text: text.to_owned(),
                begins,
                ends,
            });
        }
    }

    /// Finds where words are cut, once all are known. A fragment that overlaps another one's end cuts
    /// it there, and so wherever else it stands.
    pub(super) fn settle(&mut self) {
        // Whether a Karpenter runs in a cluster is told by the names of roles and objects.
        self.fragments.insert(Fragment {
            text: words::KARPENTER.to_owned(),
            begins: false,
            ends: false,
        });
        let fragments: Vec<Fragment> = self.fragments.iter().cloned().collect();
        let whole = self.words.iter().map(|word| (word.clone(), true, true));
        let pieces = fragments
            .iter()
            .map(|fragment| (fragment.text.clone(), fragment.begins, fragment.ends));
        let all: Vec<(String, bool, bool)> = whole.chain(pieces).collect();
        loop {
            let mut changed = false;
            for (text, begins, ends) in &all {
                let cuts = self.cuts(text, *begins, *ends);
                for fragment in &fragments {
                    for start in places(fragment, text, *begins, *ends) {
                        let inside = cuts.range(start + 1..start + fragment.text.len());
                        let inside: Vec<usize> = inside.map(|cut| cut - start).collect();
                        let within = self.cuts_within.entry(fragment.text.clone()).or_default();
                        for cut in inside {
                            changed |= within.insert(cut);
                        }
                    }
                }
            }
            if !changed {
                break;
            }
        }
        for fragment in &fragments {
            let parts = self.pieces(&fragment.text, fragment.begins, fragment.ends);
            let parts: Vec<String> = parts.into_iter().map(str::to_owned).collect();
            self.parts.extend(parts);
        }
    }

    /// Gives a word its pseudonym, if it has none yet.
    pub(super) fn sight(&mut self, word: &str, kind: Kind) {
        if has_wildcard(word) {
            if kind != Kind::Account {
                for (literal, begins, ends) in literals(word) {
                    self.sight_pieces(literal, begins, ends, Kind::Part);
                }
            }
        } else {
            self.sight_pieces(word, true, true, kind);
        }
    }

    fn sight_pieces(&mut self, text: &str, begins: bool, ends: bool, kind: Kind) {
        let pieces = self.pieces(text, begins, ends);
        let pieces: Vec<String> = pieces.into_iter().map(str::to_owned).collect();
        let is_whole = pieces.len() == 1;
        for piece in pieces {
            if self.is_kept(&piece, is_whole) {
                continue;
            }
            let counts = &mut self.counts;
            let entry = self.entries.entry(squeezed(&piece)).or_insert_with(|| {
                let number = counts.entry(kind).or_default();
                *number += 1;
                Entry {
                    kind,
                    number: *number,
                    spellings: Vec::new(),
                }
            });
            entry.learn(piece);
        }
    }

    /// A word's pseudonym, or its pseudonyms one after the other.
    pub(super) fn render(&self, word: &str, kind: Kind) -> String {
        if !has_wildcard(word) {
            return self.render_pieces(word, true, true);
        }
        if kind == Kind::Account {
            return self.accounts_like(word);
        }
        let mut out = String::new();
        let mut rest = word;
        for (literal, begins, ends) in literals(word) {
            let Some((wildcards, after)) = rest.split_once(literal) else {
                continue;
            };
            out += wildcards;
            out += &self.render_pieces(literal, begins, ends);
            rest = after;
        }
        out + rest
    }

    fn render_pieces(&self, text: &str, begins: bool, ends: bool) -> String {
        let pieces = self.pieces(text, begins, ends);
        let is_whole = pieces.len() == 1;
        let mut out = String::new();
        let mut rest = text;
        for piece in pieces {
            let Some((joint, after)) = rest.split_once(piece) else {
                continue;
            };
            out += joint;
            if self.is_kept(piece, is_whole) {
                out += piece;
            } else {
                out += &self.pseudonym(piece);
            }
            rest = after;
        }
        out + rest
    }

    /// Whether a piece of a word stays: what AWS and Karpenter make names of, and what is too short to
    /// say anything.
    fn is_kept(&self, piece: &str, is_whole: bool) -> bool {
        words::is_kept_part(piece)
            || (!is_whole && piece.len() <= 2 && !self.parts.contains(&piece.to_ascii_lowercase()))
    }

    fn pseudonym(&self, piece: &str) -> String {
        let Some(entry) = self.entries.get(&squeezed(piece)) else {
            // All are sighted before the first is written.
            return "hidden".to_owned();
        };
        let Entry { kind, number, .. } = entry;
        match kind {
            Kind::Account => return format!("{}", 100_000_000_000_u64 + *number as u64),
            // A range that documentation may use, and no host does (RFC 2544).
            Kind::Address => return format!("198.18.{}.{}", number / 256 % 256, number % 256),
            Kind::Instance => return format!("i-{number:017x}"),
            Kind::UniqueId => {
                let prefix = words::unique_id_prefix(piece).unwrap_or("AROA");
                return format!("{prefix}{number:017}");
            }
            _ => {}
        }
        let width = self
            .counts
            .get(kind)
            .map_or(1, |count| count.to_string().len());
        let (joint, case) = entry.spelling(piece);
        let label = spelled(kind.label(), case);
        let joint = JOINTS.get(joint).copied().unwrap_or("-");
        let mut text = format!("{label}{joint}{number:0width$}");
        if !piece.is_ascii() {
            // IAM takes no such name, and takes this one neither.
            text.push('ü');
        }
        // A name that is too long for IAM stays so.
        while piece.len() > LONG && text.len() < piece.len() {
            text.push('x');
        }
        text
    }

    /// A pattern of accounts: those that it matched are not told apart any further.
    fn accounts_like(&self, pattern: &str) -> String {
        let accounts = self.entries.iter();
        let mut accounts = accounts.filter(|(_, entry)| entry.kind == Kind::Account);
        let start = pattern.split(['*', '?']).next().unwrap_or_default();
        if accounts.any(|(account, _)| account.starts_with(start)) {
            "1*".to_owned()
        } else {
            "2*".to_owned()
        }
    }

    /// Where a text is cut.
    fn cuts(&self, text: &str, begins: bool, ends: bool) -> BTreeSet<usize> {
        let mut cuts = BTreeSet::new();
        for fragment in &self.fragments {
            for start in places(fragment, text, begins, ends) {
                cuts.insert(start);
                cuts.insert(start + fragment.text.len());
                let within = self.cuts_within.get(&fragment.text);
                cuts.extend(within.into_iter().flatten().map(|cut| start + cut));
            }
        }
        cuts
    }

    /// The parts of a text between its cuts, without the hyphens and underscores that join them.
    fn pieces<'t>(&self, text: &'t str, begins: bool, ends: bool) -> Vec<&'t str> {
        let folded = text.to_ascii_lowercase();
        let mut cuts = self.cuts(&folded, begins, ends);
        cuts.insert(text.len());
        let mut from = 0;
        let mut pieces = Vec::new();
        for cut in cuts {
            // Fragments are whole characters, so every cut is between two.
            let piece = text.get(from..cut).unwrap_or_default();
            from = cut;
            let piece = piece.trim_matches(['-', '_']);
            if !piece.is_empty() {
                pieces.push(piece);
            }
        }
        pieces
    }
}

/// Names longer than this may be too long for IAM or EKS, which a rule tells.
const LONG: usize = 60;

/// A word in lower case without what joins its parts.
fn squeezed(word: &str) -> String {
    let mut text = word.to_ascii_lowercase();
    text.retain(|character| !matches!(character, '-' | '_'));
    text
}

fn has_wildcard(word: &str) -> bool {
    word.contains(['*', '?'])
}

/// What stands between a pattern's wildcards; whether the pattern begins, and whether it ends with it.
fn literals(word: &str) -> impl Iterator<Item = (&str, bool, bool)> {
    let count = word.split(['*', '?']).count();
    let literals = word.split(['*', '?']).enumerate();
    literals
        .filter(|(_, literal)| !literal.trim_matches(['-', '_']).is_empty())
        .map(move |(index, literal)| (literal, index == 0, index + 1 == count))
}

/// Where a fragment stands in a text that is, or is not, the beginning and the end of a word.
fn places(fragment: &Fragment, text: &str, begins: bool, ends: bool) -> Vec<usize> {
    let Fragment {
        text: wanted,
        begins: at_start,
        ends: at_end,
    } = fragment;
    if *at_start {
        let found = begins && text.starts_with(wanted);
        return if found { vec![0] } else { Vec::new() };
    }
    if *at_end {
        let start = text.len().checked_sub(wanted.len());
        let found = start.filter(|_| ends && text.ends_with(wanted));
        return found.into_iter().collect();
    }
    let all = text.char_indices().map(|(start, _)| start);
    all.filter(|start| {
        text.get(*start..)
            .is_some_and(|rest| rest.starts_with(wanted))
    })
    .collect()
}

/// The label with some of its letters in upper case, differently for each number.
fn spelled(label: &str, spelling: usize) -> String {
    let upper = |index: usize| spelling.checked_shr(index as u32).unwrap_or(0) & 1 == 1;
    let letters = label.chars().enumerate();
    letters
        .map(|(index, letter)| {
            if upper(index) {
                letter.to_ascii_uppercase()
            } else {
                letter
            }
        })
        .collect()
}
