//! What is to be done, with every default, file and environment variable looked up.

use std::path::{Path, PathBuf};

use rolecall_chain::{Options, Severity};
use rolecall_report::{Format, Style};

use crate::Failure;
use crate::args::{
    CheckArgs, ColorChoice, FailOn, FixArgs, InputArgs, InventoryArgs, InventoryFormat, ReportArgs,
    ReportFormat,
};
use crate::environment::Environment;
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

/// What `check` is to do.
#[derive(Debug, Clone)]
pub struct CheckConfig {
    /// What to read.
    pub input: InputConfig,
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
    /// How to print.
    pub format: Format,
    /// How a text is drawn.
    pub style: Style,
    /// Where to write; `None` for standard output.
    pub output: Option<PathBuf>,
    /// Where to save the facts.
    pub save_facts: Option<PathBuf>,
    /// Whether to mend.
    pub fix: Fix,
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
        let mut options = trace_options(&input.settings);
        if let Some(generation) = args.control_plane {
            options.control_plane = generation.into();
        }
        Ok(Self {
            options,
            rules: resolve_rules(
                &args.selection.only,
                &args.selection.ignore,
                &input.settings,
            )?,
            min_severity: args
                .selection
                .min_severity
                .map_or(Severity::Note, Into::into),
            fail_on: match args.selection.fail_on {
                FailOn::Error => Some(Severity::Error),
                FailOn::Warning => Some(Severity::Warning),
                FailOn::Note => Some(Severity::Note),
                FailOn::Never => None,
            },
            strict: args.selection.strict,
            format: args.report.format.into(),
            style: resolve_style(&args.report, environment),
            output: args.report.output,
            save_facts: args.save_facts,
            fix,
            input,
        })
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
    fn resolve(args: InputArgs, environment: &Environment) -> Result<Self, Failure> {
        let working_directory = environment.working_directory.clone();
        let path = args.config.or_else(|| {
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
            facts: args.facts,
            cluster: args.cluster,
            settings: path.map_or_else(|| Ok(Settings::default()), |path| Settings::read(&path))?,
            working_directory,
        })
    }
}

fn trace_options(settings: &Settings) -> Options {
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
