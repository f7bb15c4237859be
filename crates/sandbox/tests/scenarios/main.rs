//! Every folder of `scenarios/` through the trace and through the control plane, in both generations.
//! The command line has a test of its own, in the crate `rolecall`.
#![allow(unreachable_pub, reason = "what the modules of a test share")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod expected;
mod folder;
mod told;
mod world;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use rolecall_chain::{ControlPlane, Options, trace};
use rolecall_sandbox::{Generation, Note};

use expected::{Expected, Pool};

/// Fewer folders than that mean that they were not found.
const AT_LEAST: usize = 60;

/// What is not as expected of a folder, as text.
#[derive(Default)]
pub struct Diff {
    text: String,
    count: usize,
    /// What is compared.
    part: String,
}

impl Diff {
    fn part(&mut self, part: String) {
        self.part = part;
    }

    /// Something has another value.
    pub fn differs(&mut self, about: &str, expected: &str, found: &str) {
        self.count += 1;
        let part = &self.part;
        let _ = writeln!(
            self.text,
            "  {part}: {about}\n    expected {expected}\n    found    {found}"
        );
    }

    /// Something is not there, or not expected at all.
    pub fn missing(&mut self, what: &str) {
        self.count += 1;
        let part = &self.part;
        let _ = writeln!(self.text, "  {part}: {what}");
    }

    /// How many differences there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// What the loader and the control plane said, which may explain a difference.
    pub fn told_by(&mut self, notes: &[Note], troubles: &[String]) {
        for note in notes {
            let _ = writeln!(self.text, "    the loader: {}", note.message);
        }
        for trouble in troubles {
            let _ = writeln!(self.text, "    the control plane: {trouble}");
        }
    }
}

/// A pool as it is told in a difference.
pub fn name_of(pool: &Pool) -> String {
    match &pool.cluster {
        Some(cluster) => format!("`{}` in `{cluster}`", pool.name),
        None => format!("`{}`", pool.name),
    }
}

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

fn compare(path: &Path, diff: &mut Diff) -> Result<(), String> {
    let expected = Expected::read(path)?;
    let (read, options) = folder::read(path)?;
    for generation in [Generation::Current, Generation::Legacy] {
        let control_plane = match generation {
            Generation::Current => ControlPlane::Current,
            Generation::Legacy => ControlPlane::Legacy,
        };
        let options = Options {
            control_plane,
            ..options.clone()
        };
        diff.part(format!("trace, {}", control_plane.as_str()));
        let traced = trace(&read.snapshot, &options);
        told::compare(&traced, &expected, generation, diff);
        diff.part(format!("sandbox, {}", control_plane.as_str()));
        let settled = world::settle(&read, generation)?;
        world::compare(&settled, &traced, &expected, &options, generation, diff);
    }
    Ok(())
}

#[test]
fn every_scenario_comes_out_as_expected() {
    let folders = folders();
    assert!(folders.len() >= AT_LEAST, "only {} folders", folders.len());
    let mut told = String::new();
    for path in &folders {
        let mut diff = Diff::default();
        if let Err(problem) = compare(path, &mut diff) {
            diff.missing(&problem);
        }
        if diff.count() > 0 {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let _ = writeln!(told, "\nscenarios/{name}\n{}", diff.text);
        }
    }
    assert!(told.is_empty(), "{told}");
}
