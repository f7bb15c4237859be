use clap::ValueEnum;

/// How `check` prints what it found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ReportFormat {
    /// For people: each chain on one line, then the findings with excerpts.
    #[default]
    Text,
    /// One JSON object; its schema is in docs/schema.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit XML, for test reports: a test case per link.
    Junit,
    /// GitHub workflow commands, shown as annotations.
    Github,
    /// Markdown, for a pull request's comment or a job summary.
    Markdown,
}

/// How `rules` prints the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum RulesFormat {
    /// A table.
    #[default]
    Text,
    /// A JSON array.
    Json,
}

/// How `inventory` prints the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum InventoryFormat {
    /// Aligned columns.
    #[default]
    Table,
    /// Comma-separated values with a header line (RFC 4180).
    Csv,
    /// A JSON object.
    Json,
    /// A Markdown table.
    Markdown,
}

/// The severity from which findings make the command fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum FailOn {
    /// Errors.
    #[default]
    Error,
    /// Warnings and errors.
    Warning,
    /// Any finding.
    Note,
    /// None: findings never make the command fail.
    Never,
}

/// Whether to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ColorChoice {
    /// When standard output is a terminal and NO_COLOR is not set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}
