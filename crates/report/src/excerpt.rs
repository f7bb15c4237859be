//! The lines of files that a report shows, with the place marked.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use rolecall_chain::Severity;
use rolecall_facts::{FileOrigin, Origin};

use crate::visible::visible;
use crate::wrap::columns;
use crate::{Report, Style};

/// A place to show, and what to say beside its mark.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Place<'a> {
    pub(crate) at: &'a FileOrigin,
    pub(crate) label: Option<&'a str>,
}

/// The lines that are needed, read once per file.
#[derive(Default)]
pub(crate) struct Excerpts {
    lines: HashMap<String, HashMap<u32, Line>>,
}

struct Line {
    text: String,
    ascii: bool,
}

/// The part of a line that is shown: its text, the marked bytes of it, and the column at which the
/// renderer will believe the mark to be.
struct Shown {
    text: String,
    mark: std::ops::Range<usize>,
    column: usize,
}

impl Excerpts {
    /// Takes the lines of these places out of the sources. Each file is asked for once, and only the
    /// lines are kept.
    pub(crate) fn load<'p>(
        report: &Report<'_>,
        places: impl IntoIterator<Item = &'p FileOrigin>,
    ) -> Self {
        let mut wanted: HashMap<&str, BTreeSet<u32>> = HashMap::new();
        for place in places {
            wanted.entry(&place.path).or_default().insert(place.line);
        }
        let mut lines = HashMap::with_capacity(wanted.len());
        for (path, numbers) in wanted {
            let Some(text) = report.sources.text(path) else {
                continue;
            };
            let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
            let mut of_file = HashMap::with_capacity(numbers.len());
            let mut numbers = numbers.into_iter().peekable();
            for (number, line) in (1..).zip(text.split('\n')) {
                let Some(next) = numbers.peek() else { break };
                if number == *next {
                    let text = line.strip_suffix('\r').unwrap_or(line).to_owned();
                    let ascii = text.is_ascii();
                    of_file.insert(number, Line { text, ascii });
                    numbers.next();
                }
            }
            lines.insert(path.to_owned(), of_file);
        }
        Self { lines }
    }

    /// Draws the places, the first as the primary one. A place whose line is not known is named
    /// only. Every line ends with a line break.
    pub(crate) fn draw(
        &self,
        report: &Report<'_>,
        places: &[Place<'_>],
        severity: Severity,
        style: Style,
    ) -> String {
        let level = match severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Note => Level::NOTE,
        };
        let mut group = Group::with_level(level);
        let mut named = String::new();
        let mut columns_to_mend = Vec::new();
        let mut drawn = false;
        for place in places {
            let path = visible(report.path(&place.at.path)).into_owned();
            let exact = exact_place(report, place.at);
            let Some(shown) = self.shown(place.at, style) else {
                let arrow = style.glyph("▸", "->");
                let _ = write!(named, " {arrow} {exact}");
                if let Some(label) = place.label {
                    let _ = write!(named, ": {}", visible(label));
                }
                named.push('\n');
                continue;
            };
            columns_to_mend.push((format!("{path}:{}:{}", place.at.line, shown.column), exact));
            let kind = if drawn {
                AnnotationKind::Context
            } else {
                AnnotationKind::Primary
            };
            let mut mark = kind.span(shown.mark);
            if let Some(label) = place.label {
                mark = mark.label(visible(label).into_owned());
            }
            group = group.element(
                Snippet::source(shown.text)
                    .line_start(place.at.line as usize)
                    .path(path)
                    .annotation(mark),
            );
            drawn = true;
        }
        if !drawn {
            return named;
        }
        let renderer = if style.color {
            Renderer::styled().hyperlink(false)
        } else {
            Renderer::plain()
        };
        let decor = if style.unicode {
            DecorStyle::Unicode
        } else {
            DecorStyle::Ascii
        };
        // The lines are already cut to size; the renderer must not cut them again.
        let renderer = renderer
            .decor_style(decor)
            .term_width(style.columns() + 400);
        let mut text = renderer.render(&[group]);
        for (believed, exact) in columns_to_mend {
            if believed != exact {
                text = text.replacen(&believed, &exact, 1);
            }
        }
        text.push('\n');
        if !style.unicode {
            // The ASCII form of "also here" begins with colons, as commands of CI runners do.
            text = text.replace("::: ", "--> ");
        }
        text + &named
    }

    /// The characters that a place means, as they stand in the file.
    pub(crate) fn marked(&self, at: &FileOrigin) -> Option<String> {
        let line = self.lines.get(&*at.path)?.get(&at.line)?;
        let skipped = at.column.max(1) as usize - 1;
        let marked = line.text.chars().skip(skipped).take(at.length as usize);
        Some(marked.collect())
    }

    /// Whether the line of this place is known.
    pub(crate) fn has(&self, at: &FileOrigin) -> bool {
        self.lines
            .get(&*at.path)
            .is_some_and(|lines| lines.contains_key(&at.line))
    }

    fn shown(&self, at: &FileOrigin, style: Style) -> Option<Shown> {
        let line = self.lines.get(&*at.path)?.get(&at.line)?;
        let room = style.columns().saturating_sub(12);
        Some(cut(line, at.column, at.length, room))
    }
}

/// The place as a person jumps to it, with the object's address where there is one.
pub(crate) fn exact_place(report: &Report<'_>, at: &FileOrigin) -> String {
    let path = visible(report.path(&at.path));
    let mut place = format!("{path}:{}:{}", at.line, at.column);
    if let Some(address) = &at.address {
        let _ = write!(place, " ({})", visible(address));
    }
    place
}

/// An origin of either kind, on one line.
pub(crate) fn place_in_words(report: &Report<'_>, origin: &Origin) -> String {
    match origin {
        Origin::File(file) => exact_place(report, file),
        Origin::Api(api) => format!("{} {}", visible(&api.call), visible(&api.target)),
    }
}

/// Cuts a line to the part around the mark, so that a plan of one line of megabytes shows only what
/// is meant.
fn cut(line: &Line, column: u32, length: u32, room: usize) -> Shown {
    let start = column.max(1) as usize - 1;
    let byte_of = |nth: usize| {
        if line.ascii {
            nth.min(line.text.len())
        } else {
            line.text
                .char_indices()
                .nth(nth)
                .map_or(line.text.len(), |(at, _)| at)
        }
    };
    let whole = line.text.len() <= room * 4 && columns(&line.text) <= room;
    let before = if whole { start } else { start.min(room / 3) };
    let take = if whole { usize::MAX } else { room };
    let from = start - before;
    let cut = line.text.get(byte_of(from)..).unwrap_or_default();
    let mut chars = cut.chars();
    let mut text = String::new();
    if from > 0 {
        text.push('…');
    }
    let lead = text.chars().count();
    text.extend(chars.by_ref().take(take));
    if chars.next().is_some() {
        text.push('…');
    }
    let text = visible(&text).into_owned();

    let at = |nth: usize| {
        text.char_indices()
            .nth(nth)
            .map_or(text.len(), |(at, _)| at)
    };
    let first = lead + before;
    let mark = at(first)..at(first + length.max(1) as usize);
    let column = text.get(..mark.start).unwrap_or_default().chars().count() + 1;
    Shown { text, mark, column }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        Line {
            text: text.to_owned(),
            ascii: text.is_ascii(),
        }
    }

    #[test]
    fn a_short_line_is_shown_whole() {
        let shown = cut(&line("  role: web-node # 名前"), 9, 8, 80);
        assert_eq!(shown.text, "  role: web-node # 名前");
        assert_eq!(shown.text.get(shown.mark), Some("web-node"));
        assert_eq!(shown.column, 9);
    }

    #[test]
    fn a_line_of_megabytes_is_cut_around_the_mark() {
        let long = format!("{}\"arn\"{}", "x".repeat(3_000_000), "é".repeat(3_000_000));
        let shown = cut(&line(&long), 3_000_001, 5, 60);
        assert_eq!(shown.text.get(shown.mark.clone()), Some("\"arn\""));
        assert!(shown.text.starts_with("…x") && shown.text.ends_with("é…"));
        assert!(shown.text.chars().count() <= 62);
    }

    #[test]
    fn a_place_past_the_end_of_its_line_is_marked_at_the_end() {
        let shown = cut(&line("role:"), 40, 3, 80);
        assert_eq!(shown.text, "role:");
        assert_eq!(shown.mark, 5..5);
    }

    #[test]
    fn control_characters_are_seen_and_keep_the_mark_in_place() {
        let shown = cut(&line("\u{1b}[2J\trole: web"), 12, 3, 80);
        assert_eq!(shown.text, "␛[2J role: web");
        assert_eq!(shown.text.get(shown.mark), Some("web"));
    }
}
