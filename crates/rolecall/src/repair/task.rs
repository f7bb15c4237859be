//! A repair, and carrying a plan out that is in a file; [`super::earlier`] is about those that ran before.

use std::fs;

use rolecall_chain::{ControlPlane, Options, observed_control_plane};
use rolecall_facts::Timestamp;
use rolecall_repair::{About, Folder, Plan, Read, World, is_made, plan, stale};

use super::agree::{Answer, agreed};
use super::config::quoted;
use super::screen::Screen;
use super::{RepairConfig, Task, place};
use crate::{Exit, Failure, output};

/// What there is to begin with.
pub(super) enum Source {
    /// The findings of the cluster.
    Findings,
    /// A plan from a file.
    Plan(Box<Plan>),
    /// The journal that was broken off.
    Unfinished,
    /// The journal of a repair to take back; `None` for the last one.
    Journal(Option<Box<Read>>),
}

/// Reads what was named.
pub(super) fn source(config: &RepairConfig) -> Result<Source, Failure> {
    Ok(match &config.task {
        Task::Repair | Task::Plan(_) => Source::Findings,
        Task::Apply(file) => {
            let text = fs::read_to_string(file).map_err(|error| {
                Failure::new(format!("the plan cannot be read: {error}")).at(file.display())
            })?;
            let plan = Plan::from_json(&text).map_err(|error| {
                let failure = Failure::new(error.to_string()).at(file.display());
                failure.with_help(error.help())
            })?;
            Source::Plan(Box::new(plan))
        }
        Task::Resume => Source::Unfinished,
        Task::Undo(journal) => {
            let read = journal.as_deref().map(Read::of).transpose()?;
            Source::Journal(read.map(Box::new))
        }
    })
}

impl Source {
    /// The cluster that it is about, where it says so.
    pub(super) fn cluster(&self) -> Option<String> {
        match self {
            Self::Plan(plan) => Some(plan.cluster.clone()),
            Self::Journal(Some(read)) => Some(read.plan.cluster.clone()),
            _ => None,
        }
    }
}

/// One run of the command on one world.
pub(super) struct Session<'a, W> {
    pub(super) config: &'a RepairConfig,
    pub(super) world: &'a mut W,
    pub(super) cluster: &'a str,
    pub(super) screen: Screen,
}

impl<W: World> Session<'_, W> {
    /// Plans, shows, asks, carries out.
    pub(super) async fn repair(&mut self) -> Result<Exit, Failure> {
        let snapshot = self.world.read().await?;
        let mut options = self.config.options.clone();
        if !self.config.generation_is_given
            && let Some(generation) = observed_control_plane(&snapshot)
        {
            options.control_plane = generation;
        }
        let selection = &self.config.selection;
        if let Some(pool) = &selection.pool {
            self.check_pool(pool, &snapshot, &options)?;
        }
        let about = About {
            cluster: self.cluster.to_owned(),
            created_at: Timestamp::now(),
        };
        let plan = plan(&snapshot, &options, selection, &about);
        self.screen.plan_of(&plan, &snapshot)?;
        self.tell_unread(&snapshot)?;
        self.tell_unused(&plan)?;
        self.tell_unfinished(&snapshot)?;
        if let Task::Plan(file) = &self.config.task {
            output::to_file(file, plan.to_json().as_bytes())?;
            let shown = file.display();
            let words = match plan.is_empty() {
                true => "it makes nothing".to_owned(),
                false => {
                    let typed = self.config.type_again(&format!("--apply {}", quoted(file)));
                    format!("to carry it out: {}", self.screen.command(&typed))
                }
            };
            self.screen
                .say(&format!("\nThe plan is in {shown}; {words}"))?;
            return Ok(left(&plan));
        }
        if plan.is_empty() {
            return Ok(left(&plan));
        }
        if self.config.dry_run {
            return Ok(Exit::Findings);
        }
        if !self.is_agreed(&plan, "--yes")? {
            return Ok(Exit::Findings);
        }
        let folder = Folder::open(&self.config.journals)?;
        self.carry(&folder, &plan, &options).await
    }

    /// Carries out a plan from a file.
    pub(super) async fn apply(&mut self, plan: Plan) -> Result<Exit, Failure> {
        self.world.is_about(&plan);
        let snapshot = self.world.read().await?;
        let options = self.options_of(&plan);
        place::check(&plan, self.cluster, &snapshot)?;
        let differs = stale(&plan, &snapshot, &options);
        if !differs.is_empty() {
            if is_made(&plan, &snapshot) {
                self.screen
                    .say("Nothing to do: the plan was carried out already.")?;
                return Ok(left(&plan));
            }
            return Err(self.refuse(&plan, &differs, &snapshot));
        }
        self.screen.plan(&plan)?;
        if plan.is_empty() {
            return Ok(left(&plan));
        }
        if self.config.dry_run || !self.is_agreed(&plan, "--yes")? {
            return Ok(Exit::Findings);
        }
        let folder = Folder::open(&self.config.journals)?;
        self.carry(&folder, &plan, &options).await
    }

    pub(super) fn is_agreed(&self, plan: &Plan, typed: &str) -> Result<bool, Failure> {
        let calls = plan.calls().count();
        let question = match calls {
            1 => "Apply this 1 change?".to_owned(),
            calls => format!("Apply these {calls} changes?"),
        };
        Ok(match agreed(self.config, &question) {
            Answer::Yes => true,
            Answer::No => {
                self.screen.say("Nothing was changed.")?;
                false
            }
            Answer::NobodyThere => {
                let typed = match typed {
                    "--yes" => self.again(typed),
                    typed => self.config.type_again(&format!("{} {typed}", plan.cluster)),
                };
                let command = self.screen.command(&typed);
                self.screen
                    .say(&format!("\nNothing was changed. To apply: {command}"))?;
                false
            }
        })
    }

    /// The same command with one more word.
    pub(super) fn again(&self, more: &str) -> String {
        let mut words = vec![match &self.config.task {
            Task::Apply(file) => format!("--apply {}", quoted(file)),
            _ => self.cluster.to_owned(),
        }];
        let selection = &self.config.selection;
        if !self.config.only.is_empty() {
            words.push(format!("--only {}", self.config.only.join(",")));
        }
        words.extend(selection.uses.iter().map(|name| format!("--use {name}")));
        words.extend(selection.pool.iter().map(|name| format!("--pool {name}")));
        words.push(more.to_owned());
        self.config.type_again(&words.join(" "))
    }

    pub(super) fn options_of(&self, plan: &Plan) -> Options {
        let mut options = self.config.options.clone();
        options.control_plane = match plan.control_plane.as_str() {
            "legacy" => ControlPlane::Legacy,
            _ => ControlPlane::Current,
        };
        options
    }

    fn tell_unused(&self, plan: &Plan) -> Result<(), Failure> {
        for name in &self.config.selection.uses {
            let mut steps = plan.steps.iter();
            if !steps.any(|step| step.name.as_ref() == Some(name)) {
                self.screen.say(&format!(
                    "\n--use {name} chose nothing: no finding has a way of that name that would mend it."
                ))?;
            }
        }
        Ok(())
    }
}

fn left(plan: &Plan) -> Exit {
    match plan.leaves_errors() {
        true => Exit::Findings,
        false => Exit::Success,
    }
}
