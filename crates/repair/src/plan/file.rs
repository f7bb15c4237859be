use std::fmt::Write;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::Plan;

/// Why a text is not a plan that can be carried out.
#[derive(Debug, Error)]
pub enum PlanError {
    /// It is not JSON of a plan's shape.
    #[error("not a plan: {0}")]
    Shape(#[from] serde_json::Error),
    /// It was written by a newer version of Rolecall.
    #[error(
        "the plan has format version {found}; this version of rolecall reads up to {}",
        Plan::VERSION
    )]
    Version {
        /// The version it names.
        found: u32,
    },
    /// It was changed after it was written.
    #[error("the plan was edited after it was written: its digest does not fit")]
    Edited,
}

impl PlanError {
    /// What to do next.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Shape(_) => "`rolecall repair --plan FILE` writes one",
            Self::Version { .. } => "use the version of rolecall that wrote it, or a newer one",
            Self::Edited => {
                "what is carried out is what was shown; make another with `rolecall repair --plan FILE`"
            }
        }
    }
}

impl Plan {
    /// Reads a plan.
    ///
    /// # Errors
    /// A text that is not a plan, one of a newer version, and one that was edited.
    pub fn from_json(text: &str) -> Result<Self, PlanError> {
        #[derive(Deserialize)]
        struct Header {
            version: u32,
        }
        let Header { version } = serde_json::from_str(text)?;
        if version > Self::VERSION {
            return Err(PlanError::Version { found: version });
        }
        let plan: Self = serde_json::from_str(text)?;
        let shows_what_it_does = plan.calls().all(|call| {
            let made = call.change.call(&plan.cluster);
            made.action == call.action && made.parameters == call.parameters
        });
        if !shows_what_it_does || plan.digest != plan.digest_of_rest() {
            return Err(PlanError::Edited);
        }
        Ok(plan)
    }

    /// Writes the plan as indented JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Every part has a JSON form, so there is always a text.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    pub(crate) fn digest_of_rest(&self) -> String {
        let rest = Self {
            digest: String::new(),
            ..self.clone()
        };
        hex(&Sha256::digest(
            serde_json::to_vec(&rest).unwrap_or_default(),
        ))
    }
}

/// A short name that is the same only for the same parts.
pub(crate) fn name_of(parts: &impl Serialize) -> String {
    let digest = Sha256::digest(serde_json::to_vec(parts).unwrap_or_default());
    let mut name = hex(&digest);
    name.truncate(12);
    name
}

/// Bytes as hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
