//! The four things that can be done: repair, carry a file out, complete, take back.

use std::fs;
use std::path::Path;

use rolecall_chain::{ControlPlane, Options, observed_control_plane};
use rolecall_facts::{Snapshot, Timestamp};
use rolecall_repair::{About, Folder, Plan, Read, World, finish_undo, is_made, plan, stale, undo};

use super::agree::{Answer, agreed};
use super::screen::Screen;
use super::{RepairConfig, Task};
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
            check_pool(pool, &snapshot, &options)?;
        }
        let about = About {
            cluster: self.cluster.to_owned(),
            created_at: Timestamp::now(),
        };
        let plan = plan(&snapshot, &options, selection, &about);
        self.screen.plan(&plan)?;
        self.tell_unread(&snapshot)?;
        self.tell_unused(&plan)?;
        self.tell_unfinished()?;
        if let Task::Plan(file) = &self.config.task {
            output::to_file(file, plan.to_json().as_bytes())?;
            let file = file.display();
            let command = self
                .screen
                .command(&format!("rolecall repair --apply {file}"));
            self.screen.say(&format!(
                "\nThe plan is in {file}. To carry it out: {command}"
            ))?;
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
        self.check_place(&plan, &snapshot)?;
        let differs = stale(&plan, &snapshot, &options);
        if !differs.is_empty() {
            if is_made(&plan, &snapshot) {
                self.screen
                    .say("Nothing to do: the plan was carried out already.")?;
                return Ok(left(&plan));
            }
            let lines: Vec<String> = differs
                .iter()
                .map(|known| format!("\n  - {known}"))
                .collect();
            return Err(Failure::new(format!(
                "the cluster is not as it was when the plan was made ({}):{}",
                plan.created_at.strftime("%Y-%m-%d %H:%M:%S UTC"),
                lines.concat()
            ))
            .with_help(format!(
                "make another one: rolecall repair {} --plan FILE",
                plan.cluster
            )));
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

    /// Completes the last run that was broken off.
    pub(super) async fn resume(&mut self) -> Result<Exit, Failure> {
        let folder = Folder::open(&self.config.journals)?;
        let mut journals = folder.journals(self.cluster).into_iter();
        let Some(read) = journals.find(Read::is_unfinished) else {
            let place = folder.path().display();
            self.screen.say(&format!(
                "Nothing to complete: no repair of {} was broken off, says {place}.",
                self.cluster
            ))?;
            return Ok(Exit::Success);
        };
        self.go_on_with(&folder, read).await
    }

    async fn go_on_with(&mut self, folder: &Folder, read: Read) -> Result<Exit, Failure> {
        self.world.is_about(&read.plan);
        let options = self.options_of(&read.plan);
        let begun = read.plan.created_at.strftime("%Y-%m-%d %H:%M:%S UTC");
        let heading = format!(
            "Plan {} for {}, begun {begun}: {} of {} calls are known to have been made",
            read.plan.id,
            read.plan.place(),
            read.made(),
            read.calls.len()
        );
        self.screen.say(&self.screen.strong(&heading))?;
        self.screen.progress(&read)?;
        if self.config.dry_run || !self.is_agreed(&read.plan, "--resume --yes")? {
            return Ok(Exit::Findings);
        }
        let undoes = read.plan.undoes.clone();
        let exit = self.take_up(folder, read, &options).await?;
        if let Some(undoes) = undoes {
            finish_undo(&Read::of(&folder.path().join(undoes.journal))?)?;
        }
        Ok(exit)
    }

    /// Takes a repair back.
    pub(super) async fn undo(&mut self, read: Option<Read>) -> Result<Exit, Failure> {
        let folder = Folder::open(&self.config.journals)?;
        let journals = folder.journals(self.cluster);
        let read = match read {
            Some(read) => read,
            None => match last_repair(&journals) {
                Some(read) => read.clone(),
                None => {
                    let place = folder.path().display();
                    self.screen.say(&format!(
                        "Nothing to take back: {place} has no repair of {}.",
                        self.cluster
                    ))?;
                    return Ok(Exit::Success);
                }
            },
        };
        let is_of = |known: &Read| {
            let undoes = known.plan.undoes.as_ref();
            known.is_unfinished() && undoes.is_some_and(|undoes| undoes.plan == read.plan.id)
        };
        if let Some(begun) = journals.iter().find(|known| is_of(known)) {
            return self.go_on_with(&folder, begun.clone()).await;
        }
        self.world.is_about(&read.plan);
        let snapshot = self.world.read().await?;
        self.check_place(&read.plan, &snapshot)?;
        let options = self.options_of(&read.plan);
        let plan = undo(&read, &snapshot, &options, Timestamp::now())
            .map_err(|error| Failure::new(error.to_string()).at(read.path.display()))?;
        self.screen.plan(&plan)?;
        let is_kept = plan
            .undoes
            .as_ref()
            .is_some_and(|undoes| !undoes.kept.is_empty());
        let kept = if is_kept {
            Exit::Findings
        } else {
            Exit::Success
        };
        if plan.is_empty() {
            if !is_kept && !self.config.dry_run {
                finish_undo(&read)?;
            }
            return Ok(kept);
        }
        if self.config.dry_run || !self.is_agreed(&plan, "--undo --yes")? {
            return Ok(Exit::Findings);
        }
        let exit = self.carry(&folder, &plan, &options).await?;
        finish_undo(&read)?;
        Ok(if is_kept { kept } else { exit })
    }

    fn is_agreed(&self, plan: &Plan, typed: &str) -> Result<bool, Failure> {
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
                    typed => format!("rolecall repair {} {typed}", plan.cluster),
                };
                let command = self.screen.command(&typed);
                self.screen
                    .say(&format!("\nNothing was changed. To apply: {command}"))?;
                false
            }
        })
    }

    /// The same command with one more word.
    fn again(&self, more: &str) -> String {
        let mut words = vec!["rolecall repair".to_owned()];
        match &self.config.task {
            Task::Apply(file) => words.push(format!("--apply {}", file.display())),
            _ => words.push(self.cluster.to_owned()),
        }
        let selection = &self.config.selection;
        if !self.config.only.is_empty() {
            words.push(format!("--only {}", self.config.only.join(",")));
        }
        words.extend(selection.uses.iter().map(|name| format!("--use {name}")));
        words.extend(selection.pool.iter().map(|name| format!("--pool {name}")));
        words.push(more.to_owned());
        words.join(" ")
    }

    fn options_of(&self, plan: &Plan) -> Options {
        let mut options = self.config.options.clone();
        options.control_plane = match plan.control_plane.as_str() {
            "legacy" => ControlPlane::Legacy,
            _ => ControlPlane::Current,
        };
        options
    }

    /// A plan is carried out only where it was made for.
    fn check_place(&self, plan: &Plan, snapshot: &Snapshot) -> Result<(), Failure> {
        let cluster = snapshot.clusters.first();
        let account = cluster.and_then(|known| Some(known.account?.to_string()));
        let region = cluster.and_then(|known| known.region.clone());
        let same = |wanted: &Option<String>, found: &Option<String>| {
            wanted.is_none() || found.is_none() || wanted == found
        };
        let is_there = plan.cluster == self.cluster
            && same(&plan.account, &account)
            && same(&plan.region, &region);
        if is_there {
            return Ok(());
        }
        let found: Vec<String> = [account, region].into_iter().flatten().collect();
        Err(Failure::new(format!(
            "the plan is for {}, and this is {} ({})",
            plan.place(),
            self.cluster,
            found.join(", ")
        ))
        .with_help("name the profile and region that it was made with"))
    }

    fn tell_unread(&self, snapshot: &Snapshot) -> Result<(), Failure> {
        if snapshot.unread.is_empty() {
            return Ok(());
        }
        self.screen.say("")?;
        self.screen.say(&self.screen.strong(
            "Not everything could be read; what rests on it is neither judged nor mended",
        ))?;
        for unread in &snapshot.unread {
            self.screen
                .say(&format!("  {}: {}", unread.origin, unread.why))?;
        }
        Ok(())
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

    fn tell_unfinished(&self) -> Result<(), Failure> {
        if !Path::new(&self.config.journals).is_dir() {
            return Ok(());
        }
        let folder = Folder::open(&self.config.journals)?;
        let journals = folder.journals(self.cluster);
        if let Some(read) = journals.iter().find(|read| read.is_unfinished()) {
            let command = self
                .screen
                .command(&format!("rolecall repair {} --resume", self.cluster));
            self.screen.say(&format!(
                "\nPlan {} of this cluster was broken off; {command} completes it.",
                read.plan.id
            ))?;
        }
        Ok(())
    }
}

/// The last repair that made something and was not taken back.
fn last_repair(journals: &[Read]) -> Option<&Read> {
    journals.iter().find(|read| {
        let was_begun = read.calls.iter().any(|call| call.intent.is_some());
        let is_undone = read.ended == Some(rolecall_repair::End::Undone);
        read.plan.undoes.is_none() && was_begun && !is_undone
    })
}

fn left(plan: &Plan) -> Exit {
    match plan.leaves_errors() {
        true => Exit::Findings,
        false => Exit::Success,
    }
}

fn check_pool(pool: &str, snapshot: &Snapshot, options: &Options) -> Result<(), Failure> {
    let traced = rolecall_chain::trace(snapshot, options);
    let there: Vec<&str> = traced
        .chains
        .iter()
        .map(|chain| chain.pool.name.as_str())
        .collect();
    if there.contains(&pool) {
        return Ok(());
    }
    let failure = Failure::new(format!("there is no node pool or node group `{pool}`"));
    Err(match there.is_empty() {
        true => failure,
        false => failure.with_help(format!("there are {}", there.join(", "))),
    })
}
