//! What files declare, put into the accounts and clusters of the sandbox.
//!
//! Everything is made by API calls, as the account's administrator: so what AWS would refuse is
//! refused here in the same words, and becomes a [`Note`] instead of an object. Facts that are
//! unknown are filled with what EKS's documentation prescribes, and a note says so.

mod access;
mod api;
mod cluster;
mod entries_by_role;
mod iam;
mod network;
mod objects;
mod place;
mod written;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rolecall_arn::{AccountId, Partition};
use rolecall_declared::Manifest;
use rolecall_facts::{ObjectId, Origin, Reference, Snapshot};
use rolecall_sandbox_aws::Aws;
use serde_json::Value;

pub(crate) use api::element;
use api::{Api, Refusal};
use entries_by_role::EntriesByRole;
use place::Place;
use written::Written;

/// What to load: facts, and the Kubernetes objects as they are written where there are any.
#[derive(Debug, Clone, Default)]
pub struct Load {
    /// The facts.
    pub snapshot: Snapshot,
    /// The objects behind some of them.
    pub manifests: Vec<Manifest>,
    /// The name of the cluster to make when none is declared.
    pub cluster: Option<String>,
}

/// Something that did not become what the files say, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// A sentence.
    pub message: String,
    /// The place in the files.
    pub origin: Option<Origin>,
}

/// A cluster that was made, and the objects to put into it.
#[derive(Debug, Clone)]
pub(crate) struct LoadedCluster {
    /// Its account.
    pub(crate) account: AccountId,
    /// Its region.
    pub(crate) region: String,
    /// Its name.
    pub(crate) name: String,
    /// What to apply to its API server with the places it is from, classes before pools.
    pub(crate) objects: Vec<(Value, Option<Origin>)>,
}

/// What became of a [`Load`].
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// The clusters.
    pub clusters: Vec<LoadedCluster>,
    /// What did not become what the files say.
    pub notes: Vec<Note>,
}

pub(crate) struct Loader<'a> {
    aws: &'a Aws,
    load: &'a Load,
    place: Place,
    apis: BTreeMap<AccountId, Api<'a>>,
    notes: Vec<Note>,
    /// ARNs or names of what was made, by declaration.
    made: HashMap<ObjectId, String>,
    /// The accounts that have EKS's service-linked roles.
    linked: BTreeSet<AccountId>,
    by_role: EntriesByRole<'a>,
    written: Written<'a>,
}

/// Makes what is declared, save the Kubernetes objects, which are returned for their API servers.
#[must_use]
pub(crate) fn load(aws: &Aws, load: &Load) -> Loaded {
    let settings = aws.settings();
    let mut loader = Loader {
        aws,
        load,
        place: Place {
            account: settings.account,
            region: settings.region.clone(),
            partition: Partition::of_region(&settings.region),
        },
        apis: BTreeMap::new(),
        notes: Vec::new(),
        made: HashMap::new(),
        linked: BTreeSet::new(),
        by_role: EntriesByRole::default(),
        written: Written::of(&load.manifests),
    };
    loader.service_control();
    loader.policies();
    loader.remember_roles();
    loader.index_entries();
    loader.roles();
    let made = loader.clusters();
    loader.dead_entries(&made);
    loader.instance_profiles();
    for cluster in &made {
        loader.live_entries(cluster);
        loader.node_groups(cluster);
        loader.pod_identities(cluster);
    }
    let clusters = made
        .iter()
        .map(|cluster| loader.objects(cluster, made.len() == 1))
        .collect();
    Loaded {
        clusters,
        notes: loader.notes,
    }
}

impl<'a> Loader<'a> {
    fn api(&mut self, account: AccountId) -> &Api<'a> {
        let aws = self.aws;
        self.apis
            .entry(account)
            .or_insert_with(|| Api::new(aws, account))
    }

    fn note(&mut self, origin: Option<&Origin>, message: impl Into<String>) {
        self.notes.push(Note {
            message: message.into(),
            origin: origin.cloned(),
        });
    }

    /// Notes what an API refused to make.
    fn refused(&mut self, what: &str, origin: &Origin, refusal: &Refusal) {
        let message = format!("{what} was not made: {} {}", refusal.code, refusal.message);
        self.note(Some(origin), message);
    }

    /// The name or ARN a reference stands for: as written, or of what was made for the declaration it
    /// points to.
    fn resolved(&self, reference: &Reference<String>) -> Option<String> {
        self.place
            .reference(reference)
            .or_else(|| self.made.get(reference.object.as_ref()?).cloned())
    }

    fn principal(&self, reference: &Reference<rolecall_facts::Principal>) -> Option<String> {
        self.place
            .principal(reference)
            .or_else(|| self.made.get(reference.object.as_ref()?).cloned())
    }

    fn remember(&mut self, id: Option<&ObjectId>, made: &str) {
        if let Some(id) = id {
            self.made.insert(id.clone(), made.to_owned());
        }
    }
}
