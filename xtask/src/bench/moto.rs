//! The PyPI package `moto[server]` as a baseline: another emulator of IAM, which checks no signature
//! and evaluates no policy unless told to.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rolecall_sandbox::default_credentials;

use super::load::{self, Connection};

/// The version whose figures the documentation gives.
const PACKAGE: &str = "moto[server]==5.2.5";

/// How long a call of moto takes, or why it was not measured: there is no Python, or pip cannot fetch
/// the package. The call is made before, to set up what `call` asks for.
pub(super) fn each(setup: &str, call: &str) -> Result<Duration> {
    let python = install()?;
    let moto = Moto::start(&python)?;
    let credentials = default_credentials();
    let request = load::iam(moto.address, &credentials, setup)?;
    let answer = Connection::new(moto.address).ask(&request)?;
    ensure!(answer.status == 200, "{setup}: {}", answer.body);
    load::each(moto.address, &load::iam(moto.address, &credentials, call)?)
}

/// Puts moto into the target folder, where it stays for the next run.
fn install() -> Result<PathBuf> {
    let here = std::env::current_exe()?;
    let target = here
        .parent()
        .and_then(Path::parent)
        .context("this program is in no target folder")?;
    let venv = target.join("bench/moto");
    let python = venv.join("bin/python");
    let mark = venv.join("installed.txt");
    if std::fs::read_to_string(&mark).is_ok_and(|installed| installed == PACKAGE) {
        return Ok(python);
    }
    let mut make = Command::new("python3");
    done(make.args(["-m", "venv"]).arg(&venv))?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--disable-pip-version-check"]);
    done(pip.args(["--quiet", PACKAGE]))?;
    std::fs::write(mark, PACKAGE)?;
    Ok(python)
}

fn done(command: &mut Command) -> Result<()> {
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .with_context(|| format!("{command:?} cannot be started"))?;
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok(())
}

struct Moto {
    process: Child,
    address: SocketAddr,
}

impl Moto {
    fn start(python: &Path) -> Result<Self> {
        // moto does not tell which port it took, so a free one is looked for.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let process = Command::new(python)
            .args(["-m", "moto.server", "--port", &address.port().to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("moto cannot be started")?;
        let moto = Self { process, address };
        let patience = Instant::now() + Duration::from_secs(60);
        while std::net::TcpStream::connect(address).is_err() {
            ensure!(Instant::now() < patience, "moto did not listen in a minute");
            thread::sleep(Duration::from_millis(50));
        }
        Ok(moto)
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
