//! What is to be done, with every default, file and environment variable looked up.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rolecall_chain::{Options, Severity};
use rolecall_report::{Format, Style};

use crate::Failure;
use crate::args::{
    CheckArgs, ColorChoice, DiagnoseArgs, FailOn, FixArgs, InputArgs, InventoryArgs,
    InventoryFormat, ReportArgs, ReportFormat, SelectionArgs, Then, TraceArgs,
};
use crate::connect::ConnectionConfig;
use crate::environment::Environment;
use crate::repair::RepairConfig;
use crate::selection::RuleSelection;
use crate::settings::{self, Settings};

/// What to read.
#[derive(Debug, Clone)]
pub struct InputConfig {
    /// Files and folders; `-` for standard input.
    pub paths: Vec<PathBuf>,
    /// Saved snapshots to merge.
    pub facts: Vec<PathBuf>,
    /// The cluster that manifests belong to (`--cluster`).
    pub cluster: Option<String>,
    /// What rolecall.toml says; its defaults where there is none.
    pub settings: Settings,
    /// The working directory.
    pub working_directory: PathBuf,
}

/// How to judge.
#[derive(Debug, Clone)]
pub struct Judging {
    /// How to trace.
    pub options: Options,
    /// The rules whose findings count.
    pub rules: RuleSelection,
    /// The severity below which findings are left out.
    pub min_severity: Severity,
    /// The severity from which findings make the command fail; `None` for never.
    pub fail_on: Option<Severity>,
    /// Whether an unknown link makes the command fail.
    pub strict: bool,
}

/// How and where a report is written.
#[derive(Debug, Clone)]
pub struct Printing {
    /// How to print.
    pub format: Format,
    /// How a text is drawn.
    pub style: Style,
    /// Where to write; `None` for standard output.
    pub output: Option<PathBuf>,
}

/// What `check` is to do.
#[derive(Debug, Clone)]
pub struct CheckConfig {
    /// What to read.
    pub input: InputConfig,
    /// How to judge.
    pub judging: Judging,
    /// How to print.
    pub printing: Printing,
    /// Where to save the facts.
    pub save_facts: Option<PathBuf>,
    /// Whether to mend.
    pub fix: Fix,
}

/// What `diagnose` is to do.
#[derive(Debug, Clone)]
pub struct DiagnoseConfig {
    /// What is diagnosed.
    pub subject: Subject,
    /// What to load into the sandbox, and what to read besides.
    pub input: InputConfig,
    /// Only this pool or group.
    pub pool: Option<String>,
    /// How to judge.
    pub judging: Judging,
    /// Whether the control plane's generation was named and is not to be taken from what is observed.
    pub generation_is_given: bool,
    /// How to print.
    pub printing: Printing,
    /// Where to save the facts.
    pub save_facts: Option<PathBuf>,
    /// How it is read again and again; `None` for reading once.
    pub watch: Option<Watch>,
}

/// How clusters are watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watch {
    /// How long to wait before all is read again.
    pub every: Duration,
    /// Whether reports are drawn on a terminal, each in place of the one before.
    pub clears_screen: bool,
}

/// What `diagnose` is about.
#[derive(Debug, Clone)]
pub enum Subject {
    /// What the files of the input become in an emulated AWS and Kubernetes.
    Sandbox {
        /// How it is mended there, to be diagnosed again.
        then: Option<Box<RepairConfig>>,
    },
    /// What a saved snapshot says.
    Saved(PathBuf),
    /// Clusters that there are.
    Live {
        /// How they are reached.
        connection: Box<ConnectionConfig>,
        /// Their names or ARNs; none for the cluster of the kubeconfig's context.
        clusters: Vec<String>,
    },
}

/// Whether to mend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fix {
    /// Report only.
    No,
    /// Write the edits, check again and report.
    Write,
    /// Print the edits as a diff.
    Diff,
}

/// What `inventory` is to do.
#[derive(Debug, Clone)]
pub struct InventoryConfig {
    /// What to read.
    pub input: InputConfig,
    /// How to trace.
    pub options: Options,
    /// How to print.
    pub format: InventoryFormat,
    /// Where to write; `None` for standard output.
    pub output: Option<PathBuf>,
}

impl CheckConfig {
    /// Resolves what was typed.
    ///
    /// # Errors
    /// A configuration that is wrong, a rule that does not exist, `--fix` of standard input.
    pub fn resolve(args: CheckArgs, environment: &Environment) -> Result<Self, Failure> {
        let fix = resolve_fix(args.fix, &args.input)?;
        let input = InputConfig::resolve(args.input, environment)?;
        Ok(Self {
            judging: Judging::resolve(&args.trace, &args.selection, &input.settings)?,
            printing: Printing::resolve(args.report, environment),
            save_facts: args.trace.save_facts,
            fix,
            input,
        })
    }
}

impl DiagnoseConfig {
    /// Resolves what was typed.
    ///
    /// # Errors
    /// A configuration that is wrong, a rule that does not exist.
    pub fn resolve(args: DiagnoseArgs, environment: &Environment) -> Result<Self, Failure> {
        let subject = if let Some(file) = args.from {
            Subject::Saved(file)
        } else if args.sandbox.is_empty() {
            let mut clusters = args.clusters;
            // Typed as with `--sandbox`, it can mean nothing else.
            clusters.extend(args.besides.cluster.clone());
            Subject::Live {
                connection: Box::new(ConnectionConfig::resolve(args.connection, environment)),
                clusters,
            }
        } else {
            Subject::Sandbox { then: None }
        };
        let input = InputArgs {
            paths: args.sandbox,
            besides: args.besides,
        };
        let input = InputConfig::resolve(input, environment)?;
        let mut config = Self {
            subject,
            pool: args.pool,
            judging: Judging::resolve(&args.trace, &args.selection, &input.settings)?,
            generation_is_given: args.trace.control_plane.is_some(),
            printing: Printing::resolve(args.report, environment),
            save_facts: args.trace.save_facts,
            watch: args.watch.map(|seconds| Watch {
                every: Duration::from_secs(seconds),
                clears_screen: environment.color_terminal,
            }),
            input,
        };
        if let Some(Then::Repair) = args.then {
            let repair = RepairConfig::of_sandbox(&config, args.selection.only, args.uses)?;
            config.subject = Subject::Sandbox {
                then: Some(Box::new(repair)),
            };
        }
        Ok(config)
    }
}

impl Judging {
    pub(crate) fn resolve(
        trace: &TraceArgs,
        selection: &SelectionArgs,
        settings: &Settings,
    ) -> Result<Self, Failure> {
        let mut options = trace_options(settings);
        if let Some(generation) = trace.control_plane {
            options.control_plane = generation.into();
        }
        Ok(Self {
            options,
            rules: resolve_rules(&selection.only, &selection.ignore, settings)?,
            min_severity: selection.min_severity.map_or(Severity::Note, Into::into),
            fail_on: match selection.fail_on {
                FailOn::Error => Some(Severity::Error),
                FailOn::Warning => Some(Severity::Warning),
                FailOn::Note => Some(Severity::Note),
                FailOn::Never => None,
            },
            strict: selection.strict,
        })
    }
}

impl Printing {
    pub(crate) fn resolve(args: ReportArgs, environment: &Environment) -> Self {
        Self {
            format: args.format.into(),
            style: resolve_style(&args, environment),
            output: args.output,
        }
    }
}

impl InventoryConfig {
    /// Resolves what was typed.
    ///
    /// # Errors
    /// A configuration that is wrong.
    pub fn resolve(args: InventoryArgs, environment: &Environment) -> Result<Self, Failure> {
        let input = InputConfig::resolve(args.input, environment)?;
        Ok(Self {
            options: trace_options(&input.settings),
            format: args.format,
            output: args.output,
            input,
        })
    }
}

impl InputConfig {
    pub(crate) fn resolve(args: InputArgs, environment: &Environment) -> Result<Self, Failure> {
        let working_directory = environment.working_directory.clone();
        let path = args.besides.config.or_else(|| {
            let found = settings::find(&working_directory)?;
            // Shown as the user would type it where it stands in or below the working directory.
            Some(
                found
                    .strip_prefix(&working_directory)
                    .map(Path::to_owned)
                    .unwrap_or(found),
            )
        });
        Ok(Self {
            paths: args.paths,
            facts: args.besides.facts,
            cluster: args.besides.cluster,
            settings: path.map_or_else(|| Ok(Settings::default()), |path| Settings::read(&path))?,
            working_directory,
        })
    }
}

pub(crate) fn trace_options(settings: &Settings) -> Options {
    Options {
        control_plane: settings.control_plane,
        conventions: settings.conventions.clone(),
        karpenter_roles: settings
            .clusters
            .iter()
            .filter_map(|cluster| {
                Some((
                    cluster.name.clone(),
                    cluster.karpenter_controller_role.clone()?,
                ))
            })
            .collect(),
    }
}

fn resolve_rules(
    only: &[String],
    ignore: &[String],
    settings: &Settings,
) -> Result<RuleSelection, Failure> {
    let off: Vec<_> = settings
        .ignored
        .iter()
        .map(|ignored| ignored.rule.clone())
        .collect();
    RuleSelection::default()
        .only(only)
        .and_then(|selection| selection.without(ignore))
        .and_then(|selection| selection.without(&off))
        .map_err(|error| Failure::new(error.to_string()).with_help(error.help()))
}

fn resolve_fix(args: FixArgs, input: &InputArgs) -> Result<Fix, Failure> {
    let fix = match args {
        FixArgs { diff: true, .. } => Fix::Diff,
        FixArgs { fix: true, .. } => Fix::Write,
        FixArgs { .. } => Fix::No,
    };
    if fix == Fix::Write && input.paths.iter().any(|path| path.as_os_str() == "-") {
        return Err(Failure::new("`--fix` cannot mend standard input")
            .with_help("give the file's path in place of `-`"));
    }
    Ok(fix)
}

/// The style with the colours that were asked for.
pub(crate) fn resolve_color(color: ColorChoice, no_color: bool, style: Style) -> Style {
    Style {
        color: match color {
            _ if no_color => false,
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => style.color,
        },
        ..style
    }
}

fn resolve_style(args: &ReportArgs, environment: &Environment) -> Style {
    let style = environment.style();
    Style {
        color: match args.color {
            _ if args.no_color => false,
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => style.color && args.output.is_none(),
        },
        quiet: args.quiet,
        ..style
    }
}

impl From<ReportFormat> for Format {
    fn from(format: ReportFormat) -> Self {
        match format {
            ReportFormat::Text => Self::Text,
            ReportFormat::Json => Self::Json,
            ReportFormat::Sarif => Self::Sarif,
            ReportFormat::Junit => Self::Junit,
            ReportFormat::Github => Self::Github,
            ReportFormat::Markdown => Self::Markdown,
        }
    }
}
