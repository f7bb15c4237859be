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
    /// Whether somebody can be asked: standard input and standard error are a terminal.
    pub interactive: bool,
    /// Where programs keep what outlives a run: `XDG_STATE_HOME`, or `~/.local/state`.
    pub state_home: Option<PathBuf>,
    /// The terminal's width in columns, if there is one.
    pub width: Option<usize>,
    /// The kubeconfig's files, the first of which counts most: those of `KUBECONFIG`, or
    /// `~/.kube/config`.
    pub kubeconfig: Vec<PathBuf>,
    /// What AWS's own variables say.
    pub aws: AwsEnvironment,
}

/// What AWS's own variables say of where to read. Credentials are not among it: the SDK's providers
/// look for them by themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AwsEnvironment {
    /// `AWS_PROFILE`
    pub profile: Option<String>,
    /// `AWS_REGION`, or else `AWS_DEFAULT_REGION`
    pub region: Option<String>,
    /// Whether there is an `AWS_ACCESS_KEY_ID`.
    pub has_keys: bool,
    /// `AWS_WEB_IDENTITY_TOKEN_FILE`
    pub web_identity_token_file: Option<PathBuf>,
    /// Whether there is an `AWS_ROLE_ARN`, which goes with it.
    pub has_role: bool,
    /// `AWS_ENDPOINT_URL`
    pub endpoint_url: Option<String>,
    /// The files with profiles: `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE`, or those in
    /// `~/.aws`.
    pub profile_files: Vec<PathBuf>,
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
            interactive: std::io::stdin().is_terminal() && std::io::stderr().is_terminal(),
            state_home: set("XDG_STATE_HOME")
                .map(PathBuf::from)
                // A relative path is to be ignored (XDG Base Directory Specification).
                .filter(|path| path.is_absolute())
                .or_else(|| at_home(".local/state")),
            width: terminal_size::terminal_size_of(std::io::stdout())
                .map(|(terminal_size::Width(columns), _)| usize::from(columns)),
            kubeconfig: match set("KUBECONFIG") {
                Some(paths) => env::split_paths(&paths)
                    .filter(|path| !path.as_os_str().is_empty())
                    .collect(),
                None => at_home(".kube/config").into_iter().collect(),
            },
            aws: AwsEnvironment::of_process(),
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

impl AwsEnvironment {
    fn of_process() -> Self {
        let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let file = |name: &str, otherwise: &str| {
            let named = set(name).map(PathBuf::from);
            named.or_else(|| at_home(otherwise))
        };
        Self {
            profile: set("AWS_PROFILE"),
            region: set("AWS_REGION").or_else(|| set("AWS_DEFAULT_REGION")),
            has_keys: set("AWS_ACCESS_KEY_ID").is_some(),
            web_identity_token_file: set("AWS_WEB_IDENTITY_TOKEN_FILE").map(PathBuf::from),
            has_role: set("AWS_ROLE_ARN").is_some(),
            endpoint_url: set("AWS_ENDPOINT_URL"),
            profile_files: [
                file("AWS_CONFIG_FILE", ".aws/config"),
                file("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"),
            ]
            .into_iter()
            .flatten()
            .collect(),
        }
    }
}

fn at_home(path: &str) -> Option<PathBuf> {
    env::home_dir().map(|home| home.join(path))
}
