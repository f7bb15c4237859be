use std::path::{Path, PathBuf};
use std::time::Duration;

use rolecall_chain::{Options, RULES};
use rolecall_repair::{Patience, Selection};
use rolecall_report::Style;

use crate::Failure;
use crate::args::{BesidesArgs, ConnectionArgs, InputArgs, RepairArgs, RepairFormat};
use crate::config::{DiagnoseConfig, InputConfig, resolve_color, trace_options};
use crate::connect::ConnectionConfig;
use crate::environment::Environment;
use crate::selection::codes_of;

/// What `repair` is to do.
#[derive(Debug, Clone)]
pub struct RepairConfig {
    /// How the cluster is reached.
    pub connection: Box<ConnectionConfig>,
    /// How it and its journals are reached, as it was typed, to be typed again.
    pub reached: String,
    /// Its name or ARN; `None` for the one of the kubeconfig's context.
    pub cluster: Option<String>,
    /// What rolecall.toml adds to what is read.
    pub input: InputConfig,
    /// How to trace.
    pub options: Options,
    /// Whether the control plane's generation was named and is not to be taken from what is observed.
    pub generation_is_given: bool,
    /// What `--only` was given, as it was typed.
    pub only: Vec<String>,
    /// What is mended.
    pub selection: Selection,
    /// What is done.
    pub task: Task,
    /// Whether nothing is changed.
    pub dry_run: bool,
    /// Whether nobody is asked.
    pub yes: bool,
    /// Whether there is somebody to ask.
    pub interactive: bool,
    /// How long things are waited for.
    pub patience: Patience,
    /// The folder of the journals.
    pub journals: PathBuf,
    /// Whether the journals, and what they take back, outlive the command.
    pub is_kept: bool,
    /// How to print the plan.
    pub format: RepairFormat,
    /// How a text is drawn.
    pub style: Style,
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// Plan, ask, carry out.
    Repair,
    /// Plan and write the plan to a file.
    Plan(PathBuf),
    /// Carry out the plan in a file.
    Apply(PathBuf),
    /// Complete what was broken off.
    Resume,
    /// Take back the last repair, or that of a journal.
    Undo(Option<PathBuf>),
}

impl RepairConfig {
    /// Resolves what was typed.
    ///
    /// # Errors
    /// A configuration that is wrong, a rule or a way that does not exist, no home for the journals.
    pub fn resolve(args: RepairArgs, environment: &Environment) -> Result<Self, Failure> {
        let besides = BesidesArgs {
            config: args.trace.config,
            ..BesidesArgs::default()
        };
        let input = InputArgs {
            paths: Vec::new(),
            besides,
        };
        let input = InputConfig::resolve(input, environment)?;
        let mut options = trace_options(&input.settings);
        if let Some(generation) = args.trace.control_plane {
            options.control_plane = generation.into();
        }
        let how = args.how;
        let task = if let Some(file) = how.plan {
            Task::Plan(file)
        } else if let Some(file) = how.apply {
            Task::Apply(file)
        } else if how.resume {
            Task::Resume
        } else if let Some(journal) = how.undo {
            Task::Undo(journal)
        } else {
            Task::Repair
        };
        let wait = Duration::try_from(how.wait).map_err(|_| {
            Failure::new(format!("--wait {:#} lies in the past", how.wait))
                .with_help("how long to wait, such as 90s or 5m")
        })?;
        let reached = reached(&args.connection, how.journal.as_deref());
        let journals = how.journal.or_else(|| {
            let state = environment.state_home.as_ref()?;
            Some(state.join("rolecall").join("repairs"))
        });
        let journals = journals.ok_or_else(|| {
            Failure::new(
                "there is no folder for the journal: neither XDG_STATE_HOME nor a home is set",
            )
            .with_help("name one with --journal DIR")
        })?;
        Ok(Self {
            connection: Box::new(ConnectionConfig::resolve(args.connection, environment)),
            reached,
            cluster: args.cluster,
            generation_is_given: args.trace.control_plane.is_some(),
            only: args.what.only.clone(),
            selection: selection(&args.what.only, args.what.uses, args.what.pool)?,
            task,
            dry_run: how.dry_run,
            yes: how.yes,
            interactive: environment.interactive,
            patience: Patience {
                in_all: wait,
                first: Duration::from_secs(2).min(wait),
            },
            journals,
            is_kept: true,
            format: args.output.format,
            style: resolve_color(args.output.color, args.output.no_color, environment.style()),
            options,
            input,
        })
    }
}

impl RepairConfig {
    /// The command with other words after it.
    #[must_use]
    pub fn type_again(&self, rest: &str) -> String {
        format!("rolecall repair {rest}{}", self.reached)
    }

    /// The repair of a cluster in a sandbox of this process, which ends with it: nobody is asked, and
    /// nothing is kept to take back.
    pub(crate) fn of_sandbox(
        diagnose: &DiagnoseConfig,
        only: Vec<String>,
        uses: Vec<String>,
    ) -> Result<Self, Failure> {
        Ok(Self {
            connection: Box::default(),
            reached: String::new(),
            cluster: None,
            input: diagnose.input.clone(),
            options: diagnose.judging.options.clone(),
            generation_is_given: diagnose.generation_is_given,
            selection: selection(&only, uses, diagnose.pool.clone())?,
            only,
            task: Task::Repair,
            dry_run: false,
            yes: true,
            interactive: false,
            patience: Patience {
                first: Duration::from_secs(1),
                in_all: Duration::from_secs(30),
            },
            journals: PathBuf::new(),
            is_kept: false,
            format: RepairFormat::Text,
            style: diagnose.printing.style,
        })
    }
}

/// The words by which a cluster and its journals are reached, each with a space before it.
fn reached(connection: &ConnectionArgs, journal: Option<&Path>) -> String {
    let named = [
        ("--profile", &connection.profile),
        ("--region", &connection.region),
        ("--context", &connection.context),
        ("--assume-role", &connection.assume_role),
    ];
    let named = named
        .into_iter()
        .filter_map(|(name, value)| Some((name, quoted(value.as_ref()?))));
    let journal = journal.map(|folder| ("--journal", quoted(folder)));
    let words = named.chain(journal);
    let words = words.map(|(name, value)| format!(" {name} {value}"));
    let bare = [
        (" --no-kube", connection.no_kube),
        (" --no-aws", connection.no_aws),
    ];
    let bare = bare.into_iter().filter(|(_, is_set)| *is_set);
    words.chain(bare.map(|(name, _)| name.to_owned())).collect()
}

/// A word as a shell takes it.
pub(super) fn quoted(word: impl AsRef<Path>) -> String {
    let word = word.as_ref().display().to_string();
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:=@%+,".contains(letter);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word,
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

fn selection(
    only: &[String],
    uses: Vec<String>,
    pool: Option<String>,
) -> Result<Selection, Failure> {
    let mut texts = Vec::new();
    for text in only {
        let codes = codes_of(text)
            .map_err(|error| Failure::new(error.to_string()).with_help(error.help()))?;
        let rules = RULES.iter().copied();
        let rules = rules.filter(|rule| codes.contains(&rule.code));
        texts.push((text.as_str(), rules.collect()));
    }
    Ok(Selection {
        uses: uses.into_iter().collect(),
        pool,
        ..Selection::default()
    }
    .with_only(texts))
}
