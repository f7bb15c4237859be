//! Reads all clusters, many at a time, and keeps of each only what the report needs.

use std::sync::Arc;

use aws_config::{Region, SdkConfig};
use rolecall_arn::AccountId;
use rolecall_chain::observed_control_plane;
use rolecall_live::permissions::lacked;
use rolecall_live::{
    Caller, Connection, Kubernetes, LiveError, Question, Reading, caller, clusters, read,
};
use rolecall_report::{ReadFrom, Report};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::FleetConfig;
use super::outcome::{Lost, Place, Row, Told};
use super::{accounts, regions, shared_names};
use crate::config::Printing;
use crate::connect::{self, SignedIn};
use crate::judged::Judged;
use crate::{Failure, input, printing};

/// How many clusters are read at once: what is read of a cluster is in memory until it is judged.
const CLUSTERS_AT_ONCE: usize = 12;

/// How many accounts are entered at once: `AssumeRole` is counted by the account that asks.
const ACCOUNTS_AT_ONCE: usize = 16;

/// What goes on in the background.
pub(super) struct Survey {
    pub(super) accounts: usize,
    /// The regions that are asked, in each account.
    pub(super) regions: Vec<String>,
    /// What is learnt, until all is.
    pub(super) told: mpsc::Receiver<Told>,
    /// Ends with the survey.
    _tasks: JoinSet<()>,
}

/// What all tasks share.
struct Shared {
    config: FleetConfig,
    base: SdkConfig,
    /// What to do when the credentials run out.
    sign_in: String,
    own: Caller,
    accounts: Semaphore,
    clusters: Semaphore,
    tell: mpsc::Sender<Told>,
}

/// Finds the accounts and begins.
///
/// # Errors
/// No credentials, no region, an organisation that may not be asked: nothing can be read.
pub(super) async fn begin(config: &FleetConfig) -> Result<Survey, Failure> {
    let SignedIn { sdk, sign_in } = connect::account(&config.connection).await?;
    let home = Connection::with(sdk.clone(), Kubernetes::None).with_sign_in(&sign_in);
    let (home, own) = at_home(home, &config.regions).await?;
    let region = Region::new(home.region().to_owned());
    let base = sdk.to_builder().region(region).build();
    let wanted = accounts::wanted(config, &home, &own).await?;
    let (tell, told) = mpsc::channel(64);
    let shared = Arc::new(Shared {
        config: config.clone(),
        base,
        sign_in,
        own,
        accounts: Semaphore::new(ACCOUNTS_AT_ONCE),
        clusters: Semaphore::new(CLUSTERS_AT_ONCE),
        tell,
    });
    let mut tasks = JoinSet::new();
    let accounts = wanted.len();
    let regions = shared.regions();
    for account in wanted {
        let shared = Arc::clone(&shared);
        tasks.spawn(async move { shared.account(account).await });
    }
    Ok(Survey {
        accounts,
        regions,
        told,
        _tasks: tasks,
    })
}

/// Who asks, and where that was answered. A region that cannot be reached, or is not enabled, may be the
/// one that was named first, and is a line of the report and nothing more.
async fn at_home(home: Connection, regions: &[String]) -> Result<(Connection, Caller), Failure> {
    let error = match caller(&home).await {
        Ok(own) => return Ok((home, own)),
        Err(error) => error,
    };
    let may_be_the_regions = matches!(
        error,
        LiveError::Unreachable { .. } | LiveError::Credentials { expired: false, .. }
    );
    let others = regions.iter().filter(|region| *region != home.region());
    let mut asking = JoinSet::new();
    for region in others.filter(|_| may_be_the_regions) {
        let there = home.in_region(region);
        asking.spawn(async move { (caller(&there).await, there) });
    }
    while let Some(asked) = asking.join_next().await {
        if let Ok((Ok(own), there)) = asked {
            return Ok((there, own));
        }
    }
    Err(Failure::new(error.to_string()).with_help(next_step_in(&home, &error)))
}

impl Shared {
    async fn tell(&self, told: Told) {
        // Nobody listens any more where the command is at its end.
        let _ = self.tell.send(told).await;
    }

    async fn account(self: Arc<Self>, account: AccountId) {
        // The semaphores are never closed.
        let permit = self.accounts.acquire().await;
        let sdk = match self.enter(account).await {
            Ok(sdk) => sdk,
            Err(lost) => return self.tell(Told::Lost(lost)).await,
        };
        // One for the account: AWS counts the calls of all its clusters together.
        let kubernetes = match self.config.kube {
            true => Kubernetes::FromEks,
            false => Kubernetes::None,
        };
        let entered = Connection::with(sdk, kubernetes).with_sign_in(&self.sign_in);
        let mut listing = JoinSet::new();
        for region in self.regions() {
            let connection = entered.in_region(&region);
            let shared = Arc::clone(&self);
            listing.spawn(async move { shared.region(account, region, &connection).await });
        }
        let mut found = Vec::new();
        while let Some(listed) = listing.join_next().await {
            // A task ends without a result only if it panicked, which none does.
            found.extend(listed.into_iter().flatten());
        }
        drop(permit);
        let mut reading = JoinSet::new();
        for place in found {
            // A connection of its own, as a token is of one cluster.
            let connection = entered.in_region(&place.region);
            let shared = Arc::clone(&self);
            reading.spawn(async move { shared.cluster(place, &connection).await });
        }
        while reading.join_next().await.is_some() {}
    }

    fn regions(&self) -> Vec<String> {
        if self.config.regions.is_empty() {
            self.base
                .region()
                .map(ToString::to_string)
                .into_iter()
                .collect()
        } else {
            self.config.regions.clone()
        }
    }

    /// Credentials of an account: the role there is assumed once.
    async fn enter(&self, account: AccountId) -> Result<SdkConfig, Lost> {
        let role = match &self.config.assume_role_name {
            Some(role) if account != self.own.account => role,
            _ => return Ok(self.base.clone()),
        };
        let arn = format!("arn:{}:iam::{account}:role/{role}", self.own.partition);
        let sdk = connect::assuming(&self.base, &arn).await;
        match connect::usable(&sdk).await {
            Ok(()) => Ok(sdk),
            Err(said) => Err(Lost {
                place: Place {
                    account,
                    region: String::new(),
                    cluster: String::new(),
                },
                what: format!("the role `{arn}` cannot be assumed: {said}"),
                help: self.to_assume(&arn, &said),
                call: "sts:AssumeRole",
            }),
        }
    }

    /// What to do about a role that cannot be assumed.
    fn to_assume(&self, arn: &str, said: &str) -> String {
        if said.contains("AccessDenied") {
            format!(
                "make it there, with account {} in its trust policy, and let this identity \
                 `sts:AssumeRole` on it; or leave the account out",
                self.own.account
            )
        } else if said.to_lowercase().contains("expired") {
            self.sign_in.clone()
        } else {
            format!(
                "`aws sts assume-role --role-arn {arn} --role-session-name test` shows whether the \
                 AWS CLI can"
            )
        }
    }

    /// The clusters of a region, as far as they are meant.
    async fn region(
        &self,
        account: AccountId,
        region: String,
        connection: &Connection,
    ) -> Vec<Place> {
        let place = |cluster: String| Place {
            account,
            region: region.clone(),
            cluster,
        };
        match clusters(connection).await {
            Ok(names) => {
                let pattern = self.config.cluster_name.as_ref();
                let meant = |name: &String| pattern.is_none_or(|pattern| pattern.is_match(name));
                let all = names.len();
                let places: Vec<_> = names.into_iter().filter(meant).map(place).collect();
                let meant = places.len();
                self.tell(Told::Found { all, meant }).await;
                places
            }
            Err(error) => {
                let lost = lost(place(String::new()), connection, &error, "eks:ListClusters");
                self.tell(Told::Lost(lost)).await;
                Vec::new()
            }
        }
    }

    async fn cluster(&self, place: Place, connection: &Connection) {
        let permit = self.clusters.acquire().await;
        let question = Question {
            cluster: place.cluster.clone(),
            ..Question::default()
        };
        let told = match read(connection, &question).await {
            Ok(reading) => match self.judge(place.clone(), reading) {
                Ok(row) => Told::Read(Box::new(row)),
                Err(failure) => Told::Lost(Lost {
                    place,
                    what: failure.to_string(),
                    help: String::new(),
                    call: "eks:DescribeCluster",
                }),
            },
            Err(error) => Told::Lost(lost(place, connection, &error, "eks:DescribeCluster")),
        };
        drop(permit);
        self.tell(told).await;
    }

    fn judge(&self, place: Place, reading: Reading) -> Result<Row, Failure> {
        let mut snapshot = reading.snapshot;
        let config = &self.config;
        input::add_settings(&mut snapshot, &config.input)?;
        let mut judging = config.judging.clone();
        // That is asked of all clusters together.
        judging.options.conventions.unique_across_accounts = false;
        if !config.generation_is_given
            && let Some(generation) = observed_control_plane(&snapshot)
        {
            judging.options.control_plane = generation;
        }
        let judged = Judged::of(&snapshot, &judging);
        let exit = judged.exit(&judging, false);
        let mut row = Row {
            summary: Report {
                traced: &judged.traced,
                diagnostics: &[],
                permissions: None,
                read_from: ReadFrom::default(),
                sources: &rolecall_report::NoSources,
                left_out: judged.left_out,
                base: None,
            }
            .summary(),
            rules: std::collections::BTreeMap::new(),
            left_out: judged.left_out,
            exit,
            unread: snapshot.unread.iter().map(printing::unread).collect(),
            lacked: lacked(&snapshot)
                .into_iter()
                .map(|one| one.action)
                .collect(),
            notes: reading.notes,
            names: shared_names::of(&snapshot, &place),
            traced: None,
            place,
        };
        for finding in &judged.traced.findings {
            let (severity, count) = row
                .rules
                .entry(finding.rule.code)
                .or_insert((finding.severity, 0));
            *severity = finding.severity.max(*severity);
            *count += 1;
        }
        row.traced = keeps_all(&config.printing).then_some(judged.traced);
        Ok(row)
    }
}

/// Whether the report has more than the table.
fn keeps_all(printing: &Printing) -> bool {
    printing.format != rolecall_report::Format::Text
}

/// What to do about an error in a region, whose name may be a slip.
fn next_step_in(connection: &Connection, error: &LiveError) -> String {
    match (error, regions::meant(connection.region())) {
        (LiveError::Unreachable { .. }, Some(meant)) => format!(
            "`{}` is no region that this version knows; did you mean `{meant}`?",
            connection.region()
        ),
        _ => connection.help(error),
    }
}

fn lost(place: Place, connection: &Connection, error: &LiveError, call: &'static str) -> Lost {
    let help = match error {
        LiveError::Credentials { expired: false, .. } if call == "eks:ListClusters" => format!(
            "a region that is not enabled in the account refuses its credentials: enable `{}`, or \
             leave it out; otherwise {}",
            place.region,
            connection.help(error)
        ),
        error => next_step_in(connection, error),
    };
    Lost {
        place,
        what: error.to_string(),
        help,
        call,
    }
}
