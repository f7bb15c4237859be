use anyhow::{Context, Result};
use rolecall::settings::SettingsFile;
use serde::Serialize;

use super::Document;

/// The JSON schemas of `rolecall.toml` and of `check --format json`.
pub(super) fn documents() -> Result<Vec<Document>> {
    Ok(vec![
        document("rolecall", &schemars::schema_for!(SettingsFile))?,
        Document {
            path: "docs/schema/check.schema.json".to_owned(),
            text: rolecall_report::json_schema(),
        },
    ])
}

fn document(name: &str, schema: &impl Serialize) -> Result<Document> {
    let text = serde_json::to_string_pretty(schema)
        .with_context(|| format!("the schema `{name}` cannot be written"))?;
    Ok(Document {
        path: format!("docs/schema/{name}.schema.json"),
        text: text + "\n",
    })
}
