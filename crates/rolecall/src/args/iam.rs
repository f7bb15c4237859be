use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

/// What `iam` takes.
#[derive(Debug, Clone, ClapArgs)]
pub struct IamArgs {
    /// What to ask.
    #[command(subcommand)]
    pub command: IamCommand,
}

/// The questions to the policy engine.
#[derive(Debug, Clone, Subcommand)]
pub enum IamCommand {
    /// Decide a request under the policies given with it, and say why.
    ///
    /// The request is a JSON object: `principal`, `action`, `resource`, and as needed `resourceAccount`,
    /// `context` (key to string or list), `identityPolicies`, `permissionsBoundaries`,
    /// `sessionPolicies`, `resourcePolicies`, `endpointPolicies` (lists of policies),
    /// `serviceControlPolicies` and `resourceControlPolicies` (lists of {target, policies}). A policy
    /// is a document, the name or ARN of a managed policy of AWS, or {name, document}.
    Evaluate(EvaluateArgs),
    /// List the roles of a snapshot or of files that may do an action on a resource.
    WhoCan(WhoCanArgs),
    /// Put a policy document into plain sentences, with notes on what in it has no effect.
    Explain(ExplainPolicyArgs),
}

/// How to print an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum AnswerFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// What `iam evaluate` takes.
#[derive(Debug, Clone, ClapArgs)]
pub struct EvaluateArgs {
    /// The file with the request; `-` for standard input.
    #[arg(value_name = "FILE", default_value = "-")]
    pub file: PathBuf,
    /// Read one request a line and write one answer a line, as JSON, in the same order.
    #[arg(long, conflicts_with = "format")]
    pub ndjson: bool,
    /// How to print the decision.
    #[arg(long, value_enum, default_value_t)]
    pub format: AnswerFormat,
}

/// What `iam who-can` takes.
#[derive(Debug, Clone, ClapArgs)]
pub struct WhoCanArgs {
    /// The action, such as iam:PassRole.
    #[arg(value_name = "ACTION")]
    pub action: String,
    /// The resource's ARN, or * for an action that has none.
    #[arg(value_name = "RESOURCE")]
    pub resource: String,
    /// A saved snapshot, or a file or folder as `check` reads it.
    #[arg(long, value_name = "FILE", required = true)]
    pub facts: Vec<PathBuf>,
    /// A condition key of the request, such as iam:PassedToService=ec2.amazonaws.com.
    #[arg(long, value_name = "KEY=VALUE")]
    pub context: Vec<String>,
    /// List the roles that may not as well, with the reason.
    #[arg(long)]
    pub all: bool,
    /// How to print them.
    #[arg(long, value_enum, default_value_t)]
    pub format: AnswerFormat,
}

/// What `iam explain` takes.
#[derive(Debug, Clone, ClapArgs)]
pub struct ExplainPolicyArgs {
    /// The file with the policy document, `-` for standard input, or the name or ARN of a managed
    /// policy of AWS.
    #[arg(value_name = "FILE|POLICY")]
    pub policy: String,
}
