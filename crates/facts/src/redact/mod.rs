//! Snapshots that can be sent to a stranger.
//!
//! ```text
//! Snapshot ─► JSON ─► walk: what is each text? ─► text, policy: which words could be names?
//!                                                      │
//!                     Snapshot ◄── book: one pseudonym for each word, wherever it stands
//! ```
//!
//! What is kept is named ([`words`]); everything else is hidden, so a field or a message that this
//! module does not know cannot give a name away. A word has one pseudonym in the whole snapshot,
//! whatever it names there: so all that was equal stays equal, and what a policy's pattern matched it
//! still matches (see [`book`]).

mod arn;
mod book;
mod kind;
mod policy;
mod text;
mod walk;
mod words;

use serde_json::Value;

use crate::{Snapshot, SnapshotError};
use book::Book;
use walk::{Treatment, walk};

impl Snapshot {
    /// The same facts with pseudonyms in place of account ids, names, host names, tags and all other
    /// words that may be the user's own. It traces to the same findings.
    ///
    /// The pseudonyms are counted in order of first sight (`role-1`, `path-1`, account
    /// `100000000001`), so the same snapshot gives the same text each time, and nothing secret is
    /// needed to make them. What stays as it is: regions, partitions, times, counts, lines and columns
    /// of files, the actions, condition keys and shape of policies, and words that AWS, Kubernetes and
    /// Karpenter gave their meaning.
    ///
    /// ```
    /// use rolecall_facts::{Snapshot, Unread, Origin, Why};
    ///
    /// let role = "arn:aws:iam::111122223333:role/acme/NodeRole";
    /// let snapshot = Snapshot {
    ///     unread: vec![Unread {
    ///         cluster: Some("acme-prod".to_owned()),
    ///         origin: Origin::api("eks:DescribeAccessEntry", role),
    ///         why: Why::NotPermitted(format!("eks:DescribeAccessEntry on {role}").into()),
    ///         help: Some(format!("let this identity use {role}")),
    ///     }],
    ///     ..Snapshot::default()
    /// };
    /// let redacted = snapshot.redacted()?;
    /// assert_eq!(redacted.unread[0].cluster.as_deref(), Some("cluster-1"));
    /// assert_eq!(
    ///     redacted.unread[0].origin.to_string(),
    ///     "eks:DescribeAccessEntry arn:aws:iam::100000000001:role/path-1/role-1"
    /// );
    /// assert_eq!(
    ///     redacted.unread[0].help.as_deref(),
    ///     Some("let this identity use arn:aws:iam::100000000001:role/path-1/role-1")
    /// );
    /// # Ok::<(), rolecall_facts::SnapshotError>(())
    /// ```
    ///
    /// # Errors
    /// None in practice: every snapshot has a JSON form, and its redacted form is a snapshot.
    pub fn redacted(&self) -> Result<Self, SnapshotError> {
        let mut json = serde_json::to_value(self)?;
        let mut book = Book::default();
        for pool in names_that_others_begin_with(self) {
            book.begins_others(&pool);
        }
        visit(&mut json, &mut |word, _| book.collect(word));
        book.settle();
        sight_names(&mut json, &mut book);
        visit(&mut json, &mut |word, kind| book.sight(word, kind));
        walk(&mut json, &mut |treatment, text| {
            Some(treatment.rewrite(text, &mut |word, kind| book.render(word, kind)))
        });
        Ok(serde_json::from_value(json)?)
    }
}

/// Claims are named after their pool, and what is made for a cluster after the cluster.
fn names_that_others_begin_with(snapshot: &Snapshot) -> impl Iterator<Item = String> + '_ {
    let pools = snapshot.node_pools.iter().map(|pool| pool.name.clone());
    let clusters = snapshot.clusters.iter();
    let clusters = clusters.filter_map(|cluster| cluster.name.value().cloned());
    pools.chain(clusters)
}

/// Shows every word that is not kept.
fn visit(json: &mut Value, see: &mut dyn FnMut(&str, kind::Kind)) {
    walk(json, &mut |treatment, text| {
        treatment.rewrite(text, &mut |word, kind| {
            see(word, kind);
            String::new()
        });
        None
    });
}

/// Names first, so that a word is called after what it names and not after where it is mentioned; then
/// files in their order, so that objects mostly keep theirs.
fn sight_names(json: &mut Value, book: &mut Book) {
    let mut files = std::collections::BTreeSet::new();
    walk(json, &mut |treatment, text| {
        match treatment {
            Treatment::Name(_) => {
                treatment.rewrite(text, &mut |word, kind| {
                    book.sight(word, kind);
                    String::new()
                });
            }
            Treatment::File => {
                files.insert(text.to_owned());
            }
            _ => {}
        }
        None
    });
    for file in files {
        Treatment::File.rewrite(&file, &mut |word, kind| {
            book.sight(word, kind);
            String::new()
        });
    }
}
