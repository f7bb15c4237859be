use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use rolecall_declared::Read;
use rolecall_facts::Snapshot;
use rolecall_sandbox::{Credentials, Load, Note, Sandbox, Settings, WorldSettings};

use crate::args::{ControlPlaneArg, InputArgs, StartArgs};
use crate::config::InputConfig;
use crate::environment::Environment;
use crate::{Exit, Failure, input, output};

/// Starts a sandbox and keeps it until it is interrupted.
pub(super) fn run(args: StartArgs, environment: &Environment) -> Result<Exit, Failure> {
    let named = named(&args);
    let read = match named.is_empty() {
        true => Read::default(),
        false => {
            let input = InputArgs {
                paths: args.load.clone(),
                besides: args.besides.clone(),
            };
            input::gather(&InputConfig::resolve(input, environment)?)?
        }
    };
    for diagnostic in &read.diagnostics {
        tell(&diagnostic.to_string());
    }
    let settings = settings(&args, &read.snapshot);
    let load = (!named.is_empty()).then(|| load_of(read, args.besides.cluster.clone()));
    runtime()?.block_on(serve(&args, settings, load))
}

/// What is to be loaded, as it was typed.
fn named(args: &StartArgs) -> Vec<String> {
    let paths = args.load.iter().chain(&args.besides.facts);
    paths.map(|path| path.display().to_string()).collect()
}

/// A runtime with a thread for each core.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("no threads can be started: {error}")))
}

/// What was read, for a sandbox.
pub(crate) fn load_of(read: Read, cluster: Option<String>) -> Load {
    Load {
        snapshot: read.snapshot,
        manifests: read.manifests,
        cluster,
    }
}

fn settings(args: &StartArgs, snapshot: &Snapshot) -> Settings {
    let mut world = world_settings(snapshot, args.control_plane);
    world.account = args.account.unwrap_or(world.account);
    if let Some(region) = &args.region {
        world.region.clone_from(region);
    }
    if let Some(credentials) = &args.credentials {
        world.credentials = Credentials {
            access_key_id: credentials.key.clone(),
            secret_access_key: credentials.secret.clone(),
            session_token: None,
        };
    }
    world.any_credentials = args.any_credentials;
    world.seed = args.seed;
    world.speed = args.speed;
    world.state.clone_from(&args.state);
    world.lag = args
        .eventual_consistency
        .and_then(|lag| u64::try_from(lag.as_millis()).ok());
    Settings {
        world,
        aws: SocketAddr::new(args.listen, args.aws_port),
        kube: SocketAddr::new(args.listen, args.kube_port),
        faults: args.fault.clone(),
        trail: args.trail.clone(),
        runs_by_itself: true,
    }
}

/// The account and region that the files name first, and the control plane asked for.
pub(crate) fn world_settings(
    snapshot: &Snapshot,
    control_plane: Option<ControlPlaneArg>,
) -> WorldSettings {
    let mut world = WorldSettings::of(snapshot);
    if let Some(generation) = control_plane {
        world.generation = generation.into();
    }
    world
}

async fn serve(args: &StartArgs, settings: Settings, load: Option<Load>) -> Result<Exit, Failure> {
    let sandbox = Sandbox::start(settings)
        .await
        .map_err(|error| Failure::new(error.to_string()))?;
    let restored = args
        .state
        .as_deref()
        .filter(|_| sandbox.world().is_restored());
    if let Some(state) = restored {
        check_place(args, state, sandbox.world().settings())?;
    }
    let sandbox = match (load, restored) {
        (None, _) => sandbox,
        (Some(_), Some(state)) => {
            tell(&not_loaded(args, state));
            sandbox
        }
        // Loading is work without a pause: not on a thread that serves.
        (Some(load), None) => tokio::task::spawn_blocking(move || {
            let notes = sandbox.load(&load);
            tell_notes(&notes);
            sandbox
        })
        .await
        .map_err(|error| Failure::new(format!("the files could not be loaded: {error}")))?,
    };
    let path = match &args.kubeconfig {
        Some(path) => path.clone(),
        None => default_kubeconfig(&sandbox)?,
    };
    let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("rolecall"));
    let text = sandbox.kubeconfig(&program.to_string_lossy());
    write_private(&path, &text)?;
    sandbox.kubeconfig_is_at(&path.to_string_lossy());
    announce(&sandbox)?;
    interrupted().await;
    tell("stopping");
    sandbox
        .shutdown()
        .await
        .map_err(|error| Failure::new(error.to_string()))?;
    Ok(Exit::Success)
}

/// The world that was kept counts: loading into it what it was made from would only be refused.
fn not_loaded(args: &StartArgs, state: &Path) -> String {
    format!(
        "{0} holds a world already, which goes on; {1} was not loaded. To begin with it, name another \
         file with --state or delete {0}",
        state.display(),
        named(args).join(", ")
    )
}

/// A world that was kept stays in its account and region.
fn check_place(args: &StartArgs, state: &Path, world: &WorldSettings) -> Result<(), Failure> {
    let differs = |what: &str, asked: &str, kept: &str| {
        Failure::new(format!(
            "{} holds a world of the {what} {kept}, not {asked}",
            state.display()
        ))
        .with_help(format!(
            "leave --{what} out, or name another file with --state"
        ))
    };
    match (args.account, &args.region) {
        (Some(asked), _) if asked != world.account => Err(differs(
            "account",
            &asked.to_string(),
            &world.account.to_string(),
        )),
        (_, Some(asked)) if *asked != world.region => Err(differs("region", asked, &world.region)),
        _ => Ok(()),
    }
}

/// A file of its own for each port, so that two sandboxes do not share one.
fn default_kubeconfig(sandbox: &Sandbox) -> Result<PathBuf, Failure> {
    let folder = std::env::temp_dir().join("rolecall-sandbox");
    std::fs::create_dir_all(&folder)
        .map_err(|error| Failure::new(format!("{}: {error}", folder.display())))?;
    let port = sandbox.kube_address().port();
    Ok(folder.join(format!("kubeconfig-{port}")))
}

/// It holds keys: nobody else may read it.
fn write_private(path: &Path, text: &str) -> Result<(), Failure> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| {
            Failure::new(format!("the kubeconfig cannot be written: {error}"))
                .at(path.display())
                .with_help("name another file with --kubeconfig")
        })
}

fn announce(sandbox: &Sandbox) -> Result<(), Failure> {
    let text = format!(
        "# AWS         {}\n# Kubernetes  https://{}\n# stop with Ctrl-C; in another terminal: eval \
         \"$(rolecall sandbox env{})\"\n{}",
        sandbox.aws_url(),
        sandbox.kube_address(),
        match sandbox.aws_url().rsplit(':').next() {
            Some("4580") | None => String::new(),
            Some(port) => format!(" --aws-port {port}"),
        },
        sandbox.exports().to_shell()
    );
    output::write(None, text.as_bytes())
}

/// Waits for Ctrl-C, or for being told to end.
pub(crate) async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut ended) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = ended.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

pub(crate) fn tell_notes(notes: &[Note]) {
    for note in notes {
        match &note.origin {
            Some(origin) => tell(&format!("{origin}: {}", note.message)),
            None => tell(&note.message),
        }
    }
}

fn tell(message: &str) {
    let _ = writeln!(anstream::stderr(), "note: {message}");
}
