//! From paths to facts: walk, look inside, read.

mod assign;
mod completeness;
mod dispatch;
mod folders;
mod kustomize;
mod load;
mod options;
mod planned;
mod sniff;
mod walk;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use rolecall_facts::{Origin, Snapshot};

use crate::kubernetes::crossplane;
use crate::output::Output;
use crate::{Diagnostic, Manifest, Source, cloudformation, terraform};

pub(crate) use folders::canonical;
pub(crate) use load::load;
pub use options::{ClusterOfPath, Options};

/// What a set of paths says.
#[derive(Debug, Default)]
pub struct Read {
    /// The facts. Their order depends on where they stand in the files and on nothing else.
    pub snapshot: Snapshot,
    /// The Kubernetes objects of the chain as they are written, in order of file and line.
    pub manifests: Vec<Manifest>,
    /// What kept files, or parts of them, from being read, in order of file and line.
    pub diagnostics: Vec<Diagnostic>,
    /// The files that were of interest, by the path that origins name; standard input as `-`.
    pub sources: BTreeMap<Arc<str>, Source>,
}

/// Reads files and folders into facts.
///
/// Folders are walked as their `.gitignore` files say; hidden files are left out. `-` is standard
/// input. A file that is named is read whatever its extension and whatever `.gitignore` says. Files
/// of no interest cost a look at their text and are never reported.
///
/// Nothing here fails as a whole: what could not be read is a [`Diagnostic`] of level error, and all
/// the rest is read.
#[must_use]
pub fn read(paths: &[PathBuf], options: &Options) -> Read {
    let mut walked = walk::walk(paths);
    let patched = kustomize::leave_out_patches(&mut walked.files);
    walked.diagnostics.extend(patched);
    let mut output = Output {
        diagnostics: walked.diagnostics,
        ..Output::default()
    };
    let mut sources = BTreeMap::new();
    let (terraform, others): (Vec<_>, Vec<_>) = walked
        .files
        .into_iter()
        .partition(|file| folders::is_terraform(&file.path));
    let results = in_parallel(others, |file| dispatch::read_file(&file));
    for (part, source) in results {
        output.append(part);
        sources.extend(source.map(|source| (Arc::clone(&source.path), source)));
    }
    let loaded = in_parallel(terraform, |file| folders::Loaded::file(&file));
    folders::read(loaded, &mut output, &mut sources);
    finish(output, sources, options)
}

/// Reads texts as [`read`] reads files, by the paths they are given; for text that is on no disk, such
/// as an example of the documentation.
#[must_use]
pub fn read_sources(sources: Vec<Source>, options: &Options) -> Read {
    let mut output = Output::default();
    let mut kept = BTreeMap::new();
    let mut terraform = Vec::new();
    for source in sources {
        let path = Path::new(&*source.path).to_owned();
        if folders::is_terraform(&path) {
            terraform.push(folders::Loaded::source(source));
        } else {
            dispatch::read_source(&source, &path, &mut output);
            kept.insert(Arc::clone(&source.path), source);
        }
    }
    folders::read(terraform, &mut output, &mut kept);
    finish(output, kept, options)
}

/// What can be said only once everything is read.
fn finish(mut output: Output, sources: BTreeMap<Arc<str>, Source>, options: &Options) -> Read {
    crossplane::resolve(&mut output);
    cloudformation::resolve_imports(&mut output);
    terraform::drop_read_twice(&mut output.snapshot);
    dispatch::note_charts(&mut output);
    assign::clusters(&mut output, options);
    completeness::settle(&mut output);
    let Output {
        mut snapshot,
        mut diagnostics,
        mut manifests,
        ..
    } = output;
    manifests.sort_by(|a, b| a.origin.cmp(&b.origin));
    sort(&mut snapshot);
    diagnostics.sort_by(|a, b| (&a.origin, &a.message).cmp(&(&b.origin, &b.message)));
    diagnostics.dedup();
    Read {
        snapshot,
        manifests,
        diagnostics,
        sources,
    }
}

/// Applies a function on two threads; reading is bound by the two slowest things, the disk and
/// parsing, and a checker should leave room for the rest of a CI job. Keeps the order.
fn in_parallel<T: Send, U: Send>(items: Vec<T>, apply: impl Fn(T) -> U + Sync + Send) -> Vec<U> {
    let pool = (items.len() > 8)
        .then(|| rayon::ThreadPoolBuilder::new().num_threads(2).build().ok())
        .flatten();
    match pool {
        Some(pool) => pool.install(|| items.into_par_iter().map(apply).collect()),
        None => items.into_iter().map(apply).collect(),
    }
}

fn sort(snapshot: &mut Snapshot) {
    fn by<T>(list: &mut [T], origin: impl Fn(&T) -> &Origin) {
        list.sort_by(|a, b| origin(a).cmp(origin(b)));
    }
    by(&mut snapshot.clusters, |item| &item.origin);
    by(&mut snapshot.node_pools, |item| &item.origin);
    by(&mut snapshot.node_classes, |item| &item.origin);
    by(&mut snapshot.node_claims, |item| &item.origin);
    by(&mut snapshot.node_groups, |item| &item.origin);
    by(&mut snapshot.access_entries, |item| &item.origin);
    by(&mut snapshot.access_policies, |item| &item.origin);
    by(&mut snapshot.aws_auth, |item| &item.origin);
    by(&mut snapshot.pod_identities, |item| &item.origin);
    by(&mut snapshot.roles, |item| &item.origin);
    by(&mut snapshot.instance_profiles, |item| &item.origin);
    by(&mut snapshot.managed_policies, |item| &item.origin);
}
