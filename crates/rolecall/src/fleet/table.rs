//! The table by cluster and rule.

use std::collections::BTreeSet;

use rolecall_report::Style;

use super::outcome::Row;

/// A column for each rule, or all rules in one where the terminal is too narrow for that.
pub(super) fn of(rows: &[Row], style: Style) -> String {
    let codes: BTreeSet<&str> = rows
        .iter()
        .flat_map(|row| row.rules.keys().copied())
        .collect();
    let wide = lines(rows, &codes);
    let fits = width(&wide) <= style.columns();
    draw(&if fits { wide } else { in_one_column(rows) })
}

const PLACE: [&str; 3] = ["account", "region", "cluster"];
const COUNTS: [&str; 3] = ["pools", "fail", "unknown"];

fn head() -> Vec<String> {
    PLACE
        .iter()
        .chain(&COUNTS)
        .map(|&title| title.to_owned())
        .collect()
}

fn start(row: &Row) -> Vec<String> {
    let summary = &row.summary;
    vec![
        row.place.account.to_string(),
        row.place.region.clone(),
        row.place.cluster.clone(),
        summary.pools().to_string(),
        shown(summary.fail),
        shown(summary.unknown),
    ]
}

/// Nothing is a dot, so that what is there is seen.
fn shown(count: usize) -> String {
    match count {
        0 => ".".to_owned(),
        count => count.to_string(),
    }
}

fn lines(rows: &[Row], codes: &BTreeSet<&str>) -> Vec<Vec<String>> {
    let mut titles = head();
    titles.extend(codes.iter().map(|&code| code.to_owned()));
    let mut lines = vec![titles];
    for row in rows {
        let mut line = start(row);
        let count = |code: &&str| shown(row.rules.get(code).map_or(0, |(_, count)| *count));
        line.extend(codes.iter().map(count));
        lines.push(line);
    }
    lines
}

fn in_one_column(rows: &[Row]) -> Vec<Vec<String>> {
    let mut titles = head();
    titles.push("findings".to_owned());
    let mut lines = vec![titles];
    for row in rows {
        let mut line = start(row);
        let rules: Vec<String> = row
            .rules
            .iter()
            .map(|(code, (_, count))| match count {
                1 => (*code).to_owned(),
                count => format!("{code}×{count}"),
            })
            .collect();
        line.push(rules.join(" "));
        lines.push(line);
    }
    lines
}

fn widths(lines: &[Vec<String>]) -> Vec<usize> {
    let columns = lines.first().map_or(0, Vec::len);
    (0..columns)
        .map(|column| {
            let cells = lines.iter().filter_map(|line| line.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect()
}

fn width(lines: &[Vec<String>]) -> usize {
    let widths = widths(lines);
    widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1)
}

/// Names to the left, numbers to the right.
fn draw(lines: &[Vec<String>]) -> String {
    let widths = widths(lines);
    let mut text = String::new();
    for line in lines {
        let mut drawn = String::new();
        for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
            if column > 0 {
                drawn += "  ";
            }
            let is_text = column < PLACE.len()
                || lines
                    .first()
                    .and_then(|head| head.get(column))
                    .is_some_and(|title| title == "findings");
            let room = " ".repeat(width.saturating_sub(cell.chars().count()));
            drawn += &if is_text {
                format!("{cell}{room}")
            } else {
                format!("{room}{cell}")
            };
        }
        text += drawn.trim_end();
        text.push('\n');
    }
    text
}
