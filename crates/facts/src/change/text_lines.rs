//! Which lines of two texts differ.

use super::Line;

/// The lines that only one of two texts has, in order; what both have is left out. The fewest lines
/// are told that make the one of the other (longest common subsequence).
pub(super) fn differing(old: &str, new: &str) -> Vec<Line> {
    let old: Vec<&str> = old.lines().collect();
    let new: Vec<&str> = new.lines().collect();
    let prefix = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (old, new) = (rest(&old, prefix), rest(&new, prefix));
    let both = old.iter().rev().zip(new.iter().rev());
    let suffix = both.take_while(|(a, b)| a == b).count();
    let old = old.get(..old.len() - suffix).unwrap_or_default();
    let new = new.get(..new.len() - suffix).unwrap_or_default();

    let lengths = common_lengths(old, new);
    let common = |i: usize, j: usize| {
        let row = lengths.get(i);
        row.and_then(|row| row.get(j)).copied().unwrap_or(0)
    };
    let mut lines = Vec::new();
    let (mut i, mut j) = (0, 0);
    loop {
        match (old.get(i), new.get(j)) {
            (Some(a), Some(b)) if a == b => (i, j) = (i + 1, j + 1),
            (Some(a), b) if b.is_none() || common(i + 1, j) >= common(i, j + 1) => {
                lines.push(Line::Removed((*a).to_owned()));
                i += 1;
            }
            (_, Some(b)) => {
                lines.push(Line::Added((*b).to_owned()));
                j += 1;
            }
            _ => return lines,
        }
    }
}

fn rest<'l, 't>(lines: &'l [&'t str], from: usize) -> &'l [&'t str] {
    lines.get(from..).unwrap_or_default()
}

/// How many lines the rests of both texts have in common, by where the rests begin.
fn common_lengths(old: &[&str], new: &[&str]) -> Vec<Vec<u32>> {
    let mut below = vec![0; new.len() + 1];
    let mut rows = vec![below.clone()];
    for a in old.iter().rev() {
        let mut row = vec![0; new.len() + 1];
        let mut right = 0;
        for (j, b) in new.iter().enumerate().rev() {
            let at = |row: &[u32], j: usize| row.get(j).copied().unwrap_or(0);
            right = match a == b {
                true => at(&below, j + 1) + 1,
                false => at(&below, j).max(right),
            };
            if let Some(cell) = row.get_mut(j) {
                *cell = right;
            }
        }
        below = row.clone();
        rows.push(row);
    }
    rows.reverse();
    rows
}
