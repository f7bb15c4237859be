//! Filling in defaults.

use super::structure::{Additional, Structure};
use serde_json::Value;

impl Structure {
    /// Fills in what the schema defaults, depth first from the top: a default may itself bring
    /// fields that have defaults. An explicit `null` in a field that is not nullable and has a
    /// default counts as absent.
    pub fn fill_defaults(&self, value: &mut Value) {
        if !self.has_defaults {
            return;
        }
        match value {
            Value::Object(fields) => {
                for (name, schema) in &self.properties {
                    if !schema.has_defaults {
                        continue;
                    }
                    if let Some(default) = &schema.default {
                        let absent = match fields.get(name) {
                            None => true,
                            Some(Value::Null) => !schema.nullable,
                            Some(_) => false,
                        };
                        if absent {
                            fields.insert(name.clone(), default.clone());
                        }
                    }
                    if let Some(field) = fields.get_mut(name) {
                        schema.fill_defaults(field);
                    }
                }
                if let Additional::Each(each) = &self.additional
                    && each.has_defaults
                {
                    for (name, field) in fields.iter_mut() {
                        if !self.properties.contains_key(name) {
                            each.fill_defaults(field);
                        }
                    }
                }
            }
            Value::Array(entries) => {
                if let Some(items) = &self.items {
                    entries.iter_mut().for_each(|e| items.fill_defaults(e));
                }
            }
            _ => {}
        }
    }
}
