//! `rolecall.toml`: an organisation's conventions, its clusters, and the rules it switched off.
//!
//! Three shapes, each with one job: [`SettingsFile`] is what stands in the file (and what the JSON
//! schema is made from), the checks turn it into [`Settings`] or say at which line and column it is
//! wrong, and [`find`] looks for the file.

mod check;
mod cluster_files;
mod file;
mod find;
mod place;

use std::path::{Path, PathBuf};

use rolecall_arn::AccountId;
use rolecall_chain::{ControlPlane, Conventions};

pub use cluster_files::ClusterFiles;
pub use file::SettingsFile;
pub use find::find;

use crate::Failure;

/// What `rolecall.toml` says, checked.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The file, or `None` when there is none.
    pub path: Option<PathBuf>,
    /// Which control plane to predict where the command line does not say.
    pub control_plane: ControlPlane,
    /// Conventions for node roles.
    pub conventions: Conventions,
    /// The clusters it names.
    pub clusters: Vec<ClusterSettings>,
    /// Which files belong to which cluster.
    pub cluster_files: ClusterFiles,
    /// Service control policies, level by level from the root.
    pub service_control_policies: Vec<PolicyFiles>,
    /// The codes of the rules that are switched off, each with the reason.
    pub ignored: Vec<IgnoredRule>,
}

/// A cluster that `rolecall.toml` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterSettings {
    /// Its name.
    pub name: String,
    /// Its account.
    pub account: Option<AccountId>,
    /// Its region.
    pub region: Option<String>,
    /// The Karpenter controller's role, by ARN or name.
    pub karpenter_controller_role: Option<String>,
}

/// The files of the service control policies of one level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFiles {
    /// The root, unit or account.
    pub target: String,
    /// The accounts under it; empty for all.
    pub accounts: Vec<AccountId>,
    /// The policies, as JSON files, and where `rolecall.toml` names each.
    pub files: Vec<(PathBuf, String)>,
}

/// A rule that is switched off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoredRule {
    /// A code, name or family.
    pub rule: String,
    /// Why.
    pub reason: String,
}

impl Settings {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// A file that cannot be read, is not TOML, has a key that is unknown, or a value that cannot be.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Failure::new(format!("the configuration cannot be read: {error}")).at(path.display())
        })?;
        Self::parse(path, &text)
    }

    /// Checks the text of a file that stands at `path`.
    ///
    /// # Errors
    /// As [`Settings::read`], but for the reading.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Failure> {
        let file = file::parse(path, text)?;
        check::check(path, text, file)
    }
}
