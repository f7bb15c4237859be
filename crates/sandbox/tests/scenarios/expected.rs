//! What `expected.toml` says of a folder. `scenarios/README.md` describes it.

use std::collections::BTreeSet;
use std::path::Path;

use rolecall_sandbox::Generation;
use serde::Deserialize;

/// A whole `expected.toml`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Expected {
    /// The situation in one sentence.
    pub about: String,
    /// How the commands end; the test of the command line reads it.
    #[serde(rename = "exit")]
    pub _exit: Exit,
    /// Rules with findings that touch no pool.
    #[serde(default)]
    pub of_no_pool: BTreeSet<String>,
    /// Every pool and group.
    #[serde(rename = "pool")]
    pub pools: Vec<Pool>,
}

/// Exit codes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Exit {
    #[serde(rename = "check")]
    _check: i32,
    #[serde(rename = "diagnose")]
    _diagnose: i32,
    #[serde(rename = "diagnose-legacy")]
    _diagnose_legacy: Option<i32>,
}

/// What is expected of a pool under the current control plane, and what differs under the legacy one.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Pool {
    pub name: String,
    /// Named where two clusters have a pool of this name.
    pub cluster: Option<String>,
    chain: String,
    rules: BTreeSet<String>,
    /// Why no control plane sets conditions; then the four that follow are left out.
    pub unseen: Option<String>,
    /// Why the conditions are not predicted: what AWS does is not published.
    unpredicted: Option<String>,
    instance_profile_ready: Option<String>,
    class_ready: Option<String>,
    pool_ready: Option<String>,
    nodes: Option<usize>,
    #[serde(default)]
    legacy: Legacy,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Legacy {
    chain: Option<String>,
    rules: Option<BTreeSet<String>>,
    unpredicted: Option<String>,
    instance_profile_ready: Option<String>,
    class_ready: Option<String>,
    pool_ready: Option<String>,
    nodes: Option<usize>,
}

/// What the control plane shows of a pool.
#[derive(Debug, PartialEq, Eq)]
pub struct Shown {
    pub instance_profile_ready: String,
    pub class_ready: String,
    pub pool_ready: String,
    pub nodes: usize,
}

impl Expected {
    /// Reads the file of a folder, which must say something of at least one pool.
    pub fn read(folder: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(folder.join("expected.toml"))
            .map_err(|error| format!("expected.toml: {error}"))?;
        let expected: Self =
            toml::from_str(&text).map_err(|error| format!("expected.toml: {error}"))?;
        if expected.about.trim().is_empty() {
            return Err("expected.toml: `about` says nothing".to_owned());
        }
        if expected.pools.is_empty() {
            return Err("expected.toml: it names no pool".to_owned());
        }
        for pool in &expected.pools {
            if pool.unseen.is_none() && pool.shown(Generation::Current).is_none() {
                let name = &pool.name;
                return Err(format!(
                    "expected.toml: pool `{name}` needs instance-profile-ready, class-ready, \
                     pool-ready and nodes, or the reason in `unseen`"
                ));
            }
        }
        Ok(expected)
    }
}

impl Pool {
    /// Where the chain is expected to end.
    pub fn chain(&self, generation: Generation) -> &str {
        let legacy = self.legacy.chain.as_deref();
        legacy
            .filter(|_| generation == Generation::Legacy)
            .unwrap_or(&self.chain)
    }

    /// The rules expected to speak.
    pub fn rules(&self, generation: Generation) -> &BTreeSet<String> {
        let legacy = self.legacy.rules.as_ref();
        legacy
            .filter(|_| generation == Generation::Legacy)
            .unwrap_or(&self.rules)
    }

    /// Whether its conditions can be predicted.
    pub fn is_predicted(&self, generation: Generation) -> bool {
        let legacy = self.legacy.unpredicted.is_some() && generation == Generation::Legacy;
        !legacy && self.unpredicted.is_none()
    }

    /// What the control plane is expected to show; `None` where none looks.
    pub fn shown(&self, generation: Generation) -> Option<Shown> {
        let is_legacy = generation == Generation::Legacy;
        let pick = |legacy: &Option<String>, both: &Option<String>| {
            legacy
                .clone()
                .filter(|_| is_legacy)
                .or_else(|| both.clone())
        };
        Some(Shown {
            instance_profile_ready: pick(
                &self.legacy.instance_profile_ready,
                &self.instance_profile_ready,
            )?,
            class_ready: pick(&self.legacy.class_ready, &self.class_ready)?,
            pool_ready: pick(&self.legacy.pool_ready, &self.pool_ready)?,
            nodes: self.legacy.nodes.filter(|_| is_legacy).or(self.nodes)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Expected;

    fn problem(text: Option<&str>) -> String {
        let folder = tempfile::tempdir().unwrap();
        if let Some(text) = text {
            std::fs::write(folder.path().join("expected.toml"), text).unwrap();
        }
        Expected::read(folder.path()).unwrap_err()
    }

    const HEAD: &str = "about = \"a\"\n[exit]\ncheck = 0\ndiagnose = 0\n";

    #[test]
    fn a_folder_that_says_too_little_fails() {
        assert!(problem(None).contains("No such file"));
        assert!(problem(Some(HEAD)).contains("missing field `pool`"));
        assert!(problem(Some(&format!("pool = []\n{HEAD}"))).contains("names no pool"));
        let pool = format!("{HEAD}[[pool]]\nname = \"web\"\nchain = \"passes\"\nrules = []\n");
        assert!(problem(Some(&pool)).contains("needs instance-profile-ready"));
        let typo = format!("{pool}node = 1\n");
        assert!(problem(Some(&typo)).contains("unknown field `node`"));
    }
}
