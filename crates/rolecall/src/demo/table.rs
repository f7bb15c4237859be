//! What `kubectl get` would print, asked of the sandbox's API server itself.

use http::Request;
use rolecall_sandbox_kube::User;
use serde_json::Value;

use crate::diagnose::sandbox::Started;

/// The table that the API server makes of a list; kubectl prints it as it comes.
pub(super) fn get(started: &Started, path: &str) -> String {
    let clusters = started.sandbox.world().clusters();
    let Some(cluster) = clusters.first() else {
        return String::new();
    };
    let request = Request::get(path)
        .header("accept", "application/json;as=Table;v=v1;g=meta.k8s.io")
        .body(Vec::new().into());
    let Ok(mut request) = request else {
        return String::new();
    };
    request.extensions_mut().insert(User::master());
    let answer = cluster.server.handle(request).whole();
    let table: Value = answer
        .and_then(|answer| serde_json::from_slice(answer.body()).ok())
        .unwrap_or_default();
    drawn(&table)
}

/// Columns of priority 0, as wide as their widest cell, with three spaces between.
fn drawn(table: &Value) -> String {
    let list = |key: &str| table.get(key).and_then(Value::as_array);
    let columns: Vec<(usize, String)> = list("columnDefinitions")
        .into_iter()
        .flatten()
        .enumerate()
        .filter(|(_, column)| column.get("priority").and_then(Value::as_i64) == Some(0))
        .filter_map(|(index, column)| {
            let name = column.get("name")?.as_str()?;
            Some((index, name.to_uppercase()))
        })
        .collect();
    let mut rows: Vec<Vec<String>> = vec![columns.iter().map(|(_, name)| name.clone()).collect()];
    for row in list("rows").into_iter().flatten() {
        let cells = row.get("cells").and_then(Value::as_array);
        let cell = |index: usize| match cells.and_then(|cells| cells.get(index)) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        };
        rows.push(columns.iter().map(|(index, _)| cell(*index)).collect());
    }
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        for (cell, width) in row.iter().zip(&widths) {
            text.push_str(&format!("{cell:width$}   "));
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::drawn;

    #[test]
    fn columns_of_a_lower_priority_are_left_out_and_the_others_are_in_line() {
        let table = json!({
            "columnDefinitions": [
                { "name": "Name", "priority": 0 },
                { "name": "Weight", "priority": 1 },
                { "name": "Nodes", "priority": 0 },
            ],
            "rows": [
                { "cells": ["batch", 10, 0] },
                { "cells": ["general-purpose", 1, null] },
            ],
        });
        assert_eq!(
            drawn(&table),
            "NAME              NODES\nbatch             0\ngeneral-purpose\n"
        );
    }
}
