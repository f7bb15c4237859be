use std::fmt::Write;

use rolecall_chain::PoolKind;
use serde_json::json;

use super::{Convention, Register, RegisteredRole, User};
use crate::args::InventoryFormat;

const HEADER: [&str; 6] = ["PATH", "ROLE", "ACCOUNT", "OWNER", "CONVENTION", "USED BY"];

impl Register {
    /// The register in a format.
    #[must_use]
    pub fn print(&self, format: InventoryFormat) -> String {
        match format {
            InventoryFormat::Table => self.table(),
            InventoryFormat::Csv => self.csv(),
            InventoryFormat::Json => self.json(),
            InventoryFormat::Markdown => self.markdown(),
        }
    }

    fn rows(&self) -> impl Iterator<Item = [String; 6]> {
        self.roles.iter().map(RegisteredRole::row)
    }

    fn table(&self) -> String {
        if self.roles.is_empty() {
            return "no node pool or node group was found\n".to_owned();
        }
        let header = HEADER.map(str::to_owned);
        let rows: Vec<_> = std::iter::once(header).chain(self.rows()).collect();
        let mut widths = [0; 6];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        rows.iter().fold(String::new(), |mut text, row| {
            let line: String = row
                .iter()
                .zip(widths)
                .map(|(cell, width)| format!("{cell:<width$}  "))
                .collect();
            let _ = writeln!(text, "{}", line.trim_end());
            text
        })
    }

    fn csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let header = HEADER.map(|name| name.to_lowercase().replace(' ', "_"));
        let written = std::iter::once(header)
            .chain(self.rows())
            .try_for_each(|row| writer.write_record(&row));
        // Writing to memory does not fail; were it to, what was written is all there is to show.
        debug_assert!(written.is_ok());
        String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
    }

    fn markdown(&self) -> String {
        let cells = |row: [String; 6]| row.map(|cell| cell.replace('|', "\\|")).join(" | ");
        let mut text = format!("| {} |\n", HEADER.map(title).join(" | "));
        text.push_str("| --- | --- | --- | --- | --- | --- |\n");
        for row in self.rows() {
            let _ = writeln!(text, "| {} |", cells(row));
        }
        text
    }

    fn json(&self) -> String {
        let roles: Vec<_> = self.roles.iter().map(RegisteredRole::json).collect();
        format!("{:#}\n", json!({ "version": 1, "roles": roles }))
    }
}

impl RegisteredRole {
    fn row(&self) -> [String; 6] {
        let or_unknown = |text: &Option<String>| text.clone().unwrap_or_else(|| "?".to_owned());
        [
            or_unknown(&self.path),
            self.name.clone(),
            or_unknown(&self.account),
            self.owner.clone().unwrap_or_else(|| "-".to_owned()),
            match &self.convention {
                Convention::Kept => "kept".to_owned(),
                Convention::Broken(why) => format!("broken: {why}"),
                Convention::None => "-".to_owned(),
                Convention::Unknown => "?".to_owned(),
            },
            self.users
                .iter()
                .map(User::shown)
                .collect::<Vec<_>>()
                .join(", "),
        ]
    }

    fn json(&self) -> serde_json::Value {
        let (convention, why) = match &self.convention {
            Convention::Kept => ("kept", None),
            Convention::Broken(why) => ("broken", Some(why)),
            Convention::None => ("none", None),
            Convention::Unknown => ("unknown", None),
        };
        let mut clusters: Vec<_> = self
            .users
            .iter()
            .filter_map(|user| user.cluster.clone())
            .collect();
        clusters.dedup();
        let pools: Vec<_> = self
            .users
            .iter()
            .map(|user| {
                json!({ "cluster": user.cluster, "kind": user.kind.as_str(), "name": user.name })
            })
            .collect();
        json!({
            "path": self.path,
            "role": self.name,
            "account": self.account,
            "owner": self.owner,
            "convention": convention,
            "why": why,
            "clusters": clusters,
            "pools": pools,
        })
    }
}

impl User {
    fn shown(&self) -> String {
        let cluster = self.cluster.as_deref().unwrap_or("?");
        match self.kind {
            PoolKind::NodePool => format!("{cluster}/{}", self.name),
            kind => format!("{cluster}/{} ({})", self.name, kind.as_str()),
        }
    }
}

fn title(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map(|first| first.to_string() + &letters.as_str().to_lowercase())
        .unwrap_or_default()
}
