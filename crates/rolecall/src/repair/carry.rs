//! Carrying out what was agreed to, and what is said when it stops.

use rolecall_chain::Options;
use rolecall_repair::{Done, Folder, Journal, Plan, Read, Stopped, World, carry_out};

use super::task::Session;
use crate::{Exit, Failure};

impl<W: World> Session<'_, W> {
    /// Begins a journal and carries a plan out.
    pub(super) async fn carry(
        &mut self,
        folder: &Folder,
        plan: &Plan,
        options: &Options,
    ) -> Result<Exit, Failure> {
        let lock = folder.lock(&place(plan), &plan.id)?;
        let journal = Journal::begin(folder, plan, lock)?;
        let read = Read::of(journal.path())?;
        self.go_on(journal, read, options).await
    }

    /// Takes up a journal that was broken off.
    pub(super) async fn take_up(
        &mut self,
        folder: &Folder,
        read: Read,
        options: &Options,
    ) -> Result<Exit, Failure> {
        let lock = folder.lock(&place(&read.plan), &read.plan.id)?;
        // Read again under the lock: another process may have gone on meanwhile.
        let read = Read::of(&read.path)?;
        let journal = Journal::resume(&read, lock)?;
        self.go_on(journal, read, options).await
    }

    async fn go_on(
        &mut self,
        mut journal: Journal,
        mut read: Read,
        options: &Options,
    ) -> Result<Exit, Failure> {
        self.screen.say("")?;
        let screen = &self.screen;
        let mut said = |event: rolecall_repair::Event<'_>| screen.event(&event);
        let carried = carry_out(
            self.world,
            options,
            self.config.patience,
            &mut journal,
            &mut read,
            &mut said,
        )
        .await;
        match carried {
            Ok(done) => {
                self.screen.done(&read.plan, &done, journal.path())?;
                Ok(exit(&read.plan, &done))
            }
            Err(stopped) => self.stopped(&journal, &read, stopped),
        }
    }

    fn stopped(&self, journal: &Journal, read: &Read, stopped: Stopped) -> Result<Exit, Failure> {
        self.screen.say("")?;
        self.screen.say(&self.screen.strong("It stopped here"))?;
        self.screen.progress(read)?;
        let cluster = &read.plan.cluster;
        let help = match &stopped {
            Stopped::Failed { error, .. } | Stopped::Read(error) => error.help.clone(),
            Stopped::Changed { .. } => Some(
                "look at what changed; a new plan is made with the cluster as it is".to_owned(),
            ),
            Stopped::Journal(_) => None,
        };
        let mut words = help.map(|help| format!("{help}\n  ")).unwrap_or_default();
        let resume = format!("rolecall repair {cluster} --resume");
        match &read.plan.undoes {
            Some(_) => words += &format!("to go on: {resume}"),
            None => {
                let undo = format!("rolecall repair --undo {}", journal.path().display());
                words += &format!("to complete it: {resume}\n  to take it back: {undo}");
            }
        }
        Err(Failure::new(stopped.to_string()).with_help(words))
    }
}

/// What the lock is for.
fn place(plan: &Plan) -> Vec<&str> {
    let place = [&plan.account, &plan.region].into_iter().flatten();
    place.chain([&plan.cluster]).map(String::as_str).collect()
}

fn exit(plan: &Plan, done: &Done) -> Exit {
    match done.seen.is_all() && !plan.leaves_errors() {
        true => Exit::Success,
        false => Exit::Findings,
    }
}
