//! Reads one cluster with the fewest calls that answer the question.
//!
//! ```text
//! cluster ─► objects of the API server, list of entries, node groups
//!              └─► the roles in question, by name ─► their entries, their policies
//!                  the calls that were refused, where something is not ready
//! ```
//!
//! Of 500 entries only those are looked at that name a role in question: the list tells principals
//! and nothing else, and a role's full ARN is learnt from IAM, never put together.

mod access;
mod hybrid;
mod instances;
mod karpenter;
mod objects;
mod refused;
mod roles;
mod together;

use std::collections::BTreeSet;
use std::sync::Arc;

use rolecall_arn::AccountId;
use rolecall_facts::{Completeness, Origin, Snapshot, Timestamp, Unread, Why};

use crate::ec2::Ec2;
use crate::eks::{Described, Eks};
use crate::iam::Iam;
use crate::kube::{Kube, NODE_POOL};
use crate::ledger::Ledger;
use crate::missing::Missing;
use crate::trail::Trail;
use crate::{Connection, LiveError, clusters};
use together::together;

/// What is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    /// The cluster's name.
    pub cluster: String,
    /// Only this node pool or node group; all of them where none is named.
    pub pool: Option<String>,
    /// From when on refused calls are looked for; as far back as CloudTrail's event history goes,
    /// 90 days, where it is not said.
    pub since: Option<Timestamp>,
    /// Roles that are read besides, by name, with their entries: such as one that a repair makes and
    /// nothing in the cluster names yet.
    pub roles: Vec<String>,
}

/// What was learnt, and by which calls.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The facts.
    pub snapshot: Snapshot,
    /// Every call that was made, pages counted one by one, in the order they were begun.
    pub calls: Vec<Origin>,
    /// What else there is to know, and what to do about what could not be read.
    pub notes: Vec<Note>,
}

/// Something worth knowing that is no fact of the chain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// What was seen.
    pub message: String,
    /// What to do next.
    pub help: String,
}

/// Reads a cluster.
///
/// # Errors
/// What keeps all of it from being read: credentials, an endpoint that does not answer, a cluster
/// that is not there. Anything less leaves facts unknown, and is listed in [`Snapshot::unread`].
pub async fn read(connection: &Connection, question: &Question) -> Result<Reading, LiveError> {
    let ledger = Arc::new(Ledger::new(connection));
    let eks = Eks::new(connection, Arc::clone(&ledger), &question.cluster);
    let mut reader = Reader {
        question,
        connection,
        iam: Iam::new(connection, Arc::clone(&ledger)),
        trail: Trail::new(connection, Arc::clone(&ledger)),
        ec2: Ec2::new(connection, Arc::clone(&ledger)),
        account: None,
        to_read: BTreeSet::new(),
        other_roles: BTreeSet::new(),
        nodes_are_known: false,
        has_unexplained_nodes: false,
        hybrid_nodes: 0,
        takes_hybrid_nodes: false,
        notes: Vec::new(),
        snapshot: Snapshot {
            taken_at: Some(Timestamp::now()),
            ..Snapshot::default()
        },
        eks,
    };
    if connection.asks_aws {
        Box::pin(reader.everything(connection, &ledger)).await?;
    } else {
        reader.objects_only(connection, &ledger).await?;
    }
    reader.snapshot.unread.sort();
    reader.snapshot.unread.dedup();
    Ok(Reading {
        snapshot: reader.snapshot,
        calls: ledger.made(),
        notes: reader.notes,
    })
}

/// One reading under way.
struct Reader<'a> {
    question: &'a Question,
    connection: &'a Connection,
    eks: Eks,
    iam: Iam,
    trail: Trail,
    ec2: Ec2,
    account: Option<AccountId>,
    snapshot: Snapshot,
    /// Policies of the customer's own that roles refer to, still to be read.
    to_read: BTreeSet<String>,
    /// Roles in question that no fact names.
    other_roles: BTreeSet<String>,
    /// Whether the API server told the cluster's nodes.
    nodes_are_known: bool,
    /// Whether there are nodes of no pool and no managed group.
    has_unexplained_nodes: bool,
    hybrid_nodes: usize,
    takes_hybrid_nodes: bool,
    notes: Vec<Note>,
}

impl Reader<'_> {
    /// All of it, in as few rounds as the questions depend on each other.
    async fn everything(
        &mut self,
        connection: &Connection,
        ledger: &Arc<Ledger>,
    ) -> Result<(), LiveError> {
        let described = self.cluster(connection).await?;
        let kube = Box::pin(self.kube(connection, ledger, described.as_ref())).await?;
        let (objects, principals, groups) = tokio::join!(
            Box::pin(objects::read(kube.as_ref(), described.as_ref())),
            self.eks.principals(),
            self.node_groups(),
        );
        self.take_objects(objects);
        self.take_groups(groups);
        let (controller, instances) = tokio::join!(
            Box::pin(self.controller(kube.as_ref())),
            Box::pin(self.instances())
        );
        self.take_controller(controller);
        self.take_instances(instances);
        let (roles, calls) = tokio::join!(self.roles(), self.refused_calls());
        self.take_roles(roles);
        self.take_calls(calls);
        let hybrid = self.hybrid_entries(&principals);
        let (hybrid, policies, entries) =
            tokio::join!(hybrid, self.own_policies(), self.entries(&principals));
        self.take_policies(policies);
        self.take_entries(entries);
        let hybrid = self.take_hybrid(hybrid);
        if !hybrid.is_empty() {
            let roles = self.roles_named(hybrid).await;
            self.take_named_roles(roles);
            let policies = self.own_policies().await;
            self.take_policies(policies);
        }
        Ok(())
    }

    /// The API server. If it cannot be asked, what AWS knows is still worth knowing.
    async fn kube(
        &mut self,
        connection: &Connection,
        ledger: &Arc<Ledger>,
        described: Option<&Described>,
    ) -> Result<Option<Kube>, LiveError> {
        let cluster = &self.question.cluster;
        let kube = Kube::connect(connection, Arc::clone(ledger), cluster, described).await;
        match kube {
            Ok(kube) => {
                if kube.as_ref().is_some_and(|kube| kube.by_another_way) {
                    self.notes.push(Note {
                        message: format!(
                            "the kubeconfig's server is not the endpoint that EKS tells of \
                             `{cluster}`: it is taken for a tunnel or proxy to it"
                        ),
                        help: "if it leads to another cluster, name this one's context with \
                               `--context`"
                            .to_owned(),
                    });
                }
                Ok(kube)
            }
            Err(error) if described.is_some() => {
                let origin = Origin::api("kubernetes:list", &NODE_POOL.resource());
                self.note(&origin, &Missing::Fatal(error));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The cluster. Where EKS may not be asked, the API server may still be.
    async fn cluster(&mut self, connection: &Connection) -> Result<Option<Described>, LiveError> {
        match self.eks.cluster().await {
            Ok(described) => {
                self.account = described.facts.account;
                self.takes_hybrid_nodes = described.takes_hybrid_nodes;
                self.snapshot.clusters.push(described.facts.clone());
                Ok(Some(described))
            }
            Err(Missing::Absent) => Err(LiveError::NoSuchCluster {
                cluster: self.question.cluster.clone(),
                region: connection.region().to_owned(),
                others: clusters(connection).await.unwrap_or_default(),
            }),
            Err(missing @ Missing::NotPermitted { .. })
                if !matches!(
                    connection.kubernetes,
                    crate::Kubernetes::FromEks | crate::Kubernetes::None
                ) =>
            {
                if let Some(why) = missing.why() {
                    self.snapshot.clusters.push(self.eks.opaque_cluster(&why));
                }
                let origin = Origin::api("eks:DescribeCluster", &self.question.cluster);
                self.note(&origin, &missing);
                Ok(None)
            }
            Err(missing) => Err(connection.named(missing.into_error())),
        }
    }

    /// The cluster's own objects. Of roles, entries and node groups nothing is known, not even whether
    /// there are any.
    async fn objects_only(
        &mut self,
        connection: &Connection,
        ledger: &Arc<Ledger>,
    ) -> Result<(), LiveError> {
        let why = Why::ReadFailed("AWS, which was not asked,".into());
        self.snapshot.clusters.push(self.eks.opaque_cluster(&why));
        let cluster = &self.question.cluster;
        let kube = Kube::connect(connection, Arc::clone(ledger), cluster, None).await?;
        let objects = objects::read(kube.as_ref(), None).await;
        self.take_objects(objects);
        for name in self.node_role_names() {
            self.snapshot
                .roles
                .push(Iam::opaque_role(&name, None, &why));
        }
        Ok(())
    }

    /// Notes that something could not be read.
    fn note(&mut self, origin: &Origin, missing: &Missing) {
        let Some(unread) = missing.unread(&self.question.cluster, origin) else {
            return;
        };
        // An endpoint that does not answer, or does not know the caller, fails all calls alike.
        let told = |known: &Unread| known.why == unread.why;
        if let Missing::Fatal(error) = missing {
            let note = Note {
                message: error.to_string(),
                help: self.connection.help(error),
            };
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
        if matches!(missing, Missing::Fatal(_)) && self.snapshot.unread.iter().any(told) {
            return;
        }
        self.snapshot.unread.push(unread);
    }

    /// Whether a pool or group is in question.
    fn wants(&self, pool: &str) -> bool {
        self.question
            .pool
            .as_deref()
            .is_none_or(|only| only == pool)
    }

    fn settle_cluster(&mut self, entries: Option<Completeness>, aws_auth: Option<Completeness>) {
        if let Some(cluster) = self.snapshot.clusters.first_mut() {
            if let Some(entries) = entries {
                cluster.access_entries_complete = entries;
            }
            if let Some(aws_auth) = aws_auth {
                cluster.aws_auth_complete = aws_auth;
            }
        }
    }
}
