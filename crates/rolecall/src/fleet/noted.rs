//! What is said of many clusters alike: once, with the clusters it holds for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use rolecall_report::{Ink, Style, visible};

use super::outcome::{Place, Row};

/// How many clusters are named before the rest is only counted, and how many messages of one kind are
/// written out: the table may have a hundred lines.
const NAMED: usize = 3;

/// Clusters by what is said of them.
type Said<'a> = BTreeMap<String, BTreeSet<&'a Place>>;

/// What was seen besides the facts. A reading that failed on the way is told by [`partly_read`].
pub(super) fn seen(text: &mut String, rows: &[Row], style: Style) {
    let mut notes = Kinds::default();
    for row in rows {
        let failed: Vec<&str> = row.failed().map(|unread| &*unread.message).collect();
        for note in &row.notes {
            if !failed.iter().any(|failed| failed.contains(&note.message)) {
                notes.add(&row.place, &note.message, &note.help);
            }
        }
    }
    notes.write(text, &style.paint(Ink::Strong, "Also seen"));
}

/// What of clusters could not be read, other than for want of a permission.
pub(super) fn partly_read(text: &mut String, rows: &[Row], style: Style) {
    let mut failures = Kinds::default();
    for row in rows {
        for unread in row.failed() {
            let notes = row.notes.iter();
            let mut notes = notes.filter(|note| unread.message.contains(&note.message));
            let help = match (&unread.help, notes.next()) {
                (Some(help), _) => help,
                (None, Some(note)) => &note.help,
                (None, None) => "",
            };
            failures.add(&row.place, &unread.message, help);
        }
    }
    failures.write(text, &style.paint(Ink::Bad, "Read in part"));
}

/// By the next step, which is the same for what is of one kind.
#[derive(Default)]
struct Kinds<'a>(BTreeMap<String, Said<'a>>);

impl<'a> Kinds<'a> {
    fn add(&mut self, place: &'a Place, message: &str, help: &str) {
        // What differs only in the cluster's name is the same.
        let own = format!("`{}`", place.cluster);
        let common = |text: &str| text.replace(&own, "the cluster");
        let kind = self.0.entry(common(help)).or_default();
        kind.entry(common(message)).or_default().insert(place);
    }

    fn write(&self, text: &mut String, title: &str) {
        if self.0.is_empty() {
            return;
        }
        let _ = writeln!(text, "\n{title}");
        for (help, said) in &self.0 {
            // What holds for most comes first.
            let mut said: Vec<_> = said.iter().collect();
            said.sort_by_key(|(_, places)| std::cmp::Reverse(places.len()));
            // Without a next step, nothing tells that the messages are of one kind.
            let shown = if help.is_empty() { said.len() } else { NAMED };
            for (message, places) in said.iter().take(shown) {
                let _ = writeln!(text, "  {}", visible(message));
                let _ = writeln!(text, "    in {}", named(places));
            }
            let rest: BTreeSet<_> = said.iter().skip(shown).flat_map(|(_, of)| *of).collect();
            if !rest.is_empty() {
                let clusters = super::text::counted(rest.len(), "more cluster");
                let _ = writeln!(text, "  the like in {clusters}; --format json names them");
            }
            if !help.is_empty() {
                let _ = writeln!(text, "    help: {}", visible(help));
            }
        }
    }
}

fn named(places: &BTreeSet<&Place>) -> String {
    let first: Vec<String> = places.iter().take(NAMED).map(ToString::to_string).collect();
    match places.len().saturating_sub(NAMED) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Kinds, Place};

    fn place(nth: usize) -> Place {
        Place {
            account: "111122223333".parse().unwrap(),
            region: "eu-central-1".to_owned(),
            cluster: format!("c{nth:02}"),
        }
    }

    #[test]
    fn a_hundred_clusters_take_a_few_lines() {
        let places: Vec<Place> = (0..100).map(place).collect();
        let mut kinds = Kinds::default();
        for (nth, place) in places.iter().enumerate() {
            let name = &place.cluster;
            let (message, help) = (format!("`{name}` has no pools"), "look elsewhere");
            kinds.add(place, &message, help);
            if nth < 8 {
                kinds.add(place, &format!("{nth} instances"), &format!("see `{name}`"));
            }
        }
        kinds.add(&places[1], "broken", "");
        kinds.add(&places[2], "broken otherwise", "");
        let mut text = String::new();
        kinds.write(&mut text, "Also seen");
        insta::assert_snapshot!(text.trim_start(), @r"
        Also seen
          broken
            in 111122223333/eu-central-1/c01
          broken otherwise
            in 111122223333/eu-central-1/c02
          the cluster has no pools
            in 111122223333/eu-central-1/c00, 111122223333/eu-central-1/c01, 111122223333/eu-central-1/c02 and 97 more
            help: look elsewhere
          0 instances
            in 111122223333/eu-central-1/c00
          1 instances
            in 111122223333/eu-central-1/c01
          2 instances
            in 111122223333/eu-central-1/c02
          the like in 5 more clusters; --format json names them
            help: see the cluster
        ");
    }
}
