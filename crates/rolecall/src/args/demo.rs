use clap::Args;

use super::ColorChoice;

/// What `demo` takes.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// Wait for Enter before every step.
    #[arg(long)]
    pub pause: bool,
    /// Whether to use colour; NO_COLOR is honoured.
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub color: ColorChoice,
}
