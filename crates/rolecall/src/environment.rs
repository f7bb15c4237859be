use std::env;
use std::io::IsTerminal;
use std::path::PathBuf;

use rolecall_report::Style;

/// What the process was started in; asked once, so that all the rest is a function of its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// The working directory.
    pub working_directory: PathBuf,
    /// Whether standard output is a terminal that understands colours.
    pub color_terminal: bool,
    /// Whether `NO_COLOR` is set and not empty (no-color.org).
    pub no_color: bool,
    /// Whether the locale shows Unicode. A locale that is not set, as in most containers, does.
    pub unicode: bool,
    /// The terminal's width in columns, if there is one.
    pub width: Option<usize>,
}

impl Environment {
    /// Asks the process.
    #[must_use]
    pub fn of_process() -> Self {
        let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        let dumb = set("TERM").is_some_and(|term| term == "dumb");
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
        let unicode = locale.is_none_or(|locale| {
            let locale = locale.to_string_lossy().to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        });
        Self {
            working_directory: env::current_dir().unwrap_or_default(),
            color_terminal: std::io::stdout().is_terminal() && !dumb,
            no_color: set("NO_COLOR").is_some(),
            unicode,
            width: terminal_size::terminal_size_of(std::io::stdout())
                .map(|(terminal_size::Width(columns), _)| usize::from(columns)),
        }
    }

    /// How a text on standard output is drawn where the command line does not say.
    #[must_use]
    pub fn style(&self) -> Style {
        let plain = Style::default();
        Style {
            color: self.color_terminal && !self.no_color,
            unicode: self.unicode,
            width: self.width.unwrap_or(plain.width),
            ..plain
        }
    }
}
