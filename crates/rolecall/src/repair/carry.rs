//! Carrying out what was agreed to, and what is said when it stops.

use rolecall_chain::Options;
use rolecall_repair::{
    CallState, Done, Folder, Journal, Plan, Read, Stopped, World, carry_out, needs_of_rest,
};

use super::config::quoted;
use super::permissions;
use super::task::Session;
use crate::sandbox::interrupted;
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
        let carried = tokio::select! {
            carried = carry_out(
                self.world,
                options,
                self.config.patience,
                &mut journal,
                &mut read,
                &mut said,
            ) => Some(carried),
            () = interrupted() => None,
        };
        match carried {
            Some(Ok(done)) => {
                self.screen.done(&read.plan, &done, journal.path())?;
                Ok(exit(&read.plan, &done))
            }
            Some(Err(stopped)) => Err(self.stopped(&journal, &read, &stopped)),
            None => Err(self.interrupted(&journal, &read)),
        }
    }

    /// What is said when it cannot go on: what was made, what is missing, and what to type.
    fn stopped(&self, journal: &Journal, read: &Read, stopped: &Stopped) -> Failure {
        self.tell_progress(read);
        let mut help = Vec::new();
        match stopped {
            Stopped::Failed { error, .. } | Stopped::Read(error) => {
                let is_of_call = matches!(stopped, Stopped::Failed { .. });
                match &error.refused {
                    Some(refused) if is_of_call => {
                        let needs = needs_of_rest(read, Some(refused));
                        help.push(permissions::to_change(&needs));
                    }
                    _ => help.extend(error.help.clone()),
                }
            }
            Stopped::Changed { .. } => help.push(
                "look at what changed; a new plan is made with the cluster as it is".to_owned(),
            ),
            Stopped::Unread { .. } => help.push(format!(
                "`{}` tells which permission is missing",
                self.config
                    .type_again(&format!("{} --dry-run", read.plan.cluster))
            )),
            Stopped::Journal(_) => help.push(
                "nothing is changed that cannot be written down first: make room for the journal"
                    .to_owned(),
            ),
        }
        let is_refused =
            matches!(stopped, Stopped::Failed { error, .. } if error.refused.is_some());
        help.extend(self.next(journal, read, is_refused));
        Failure::new(stopped.to_string()).with_help(help.join("\n  "))
    }

    /// What is said when somebody breaks it off.
    fn interrupted(&self, journal: &Journal, read: &Read) -> Failure {
        self.tell_progress(read);
        let help = self.next(journal, read, false).join("\n  ");
        Failure::new("interrupted; a call that was under way may have been made").with_help(help)
    }

    /// What was made so far. That it cannot be told does not hide why it stopped.
    fn tell_progress(&self, read: &Read) {
        let told = self
            .screen
            .say("")
            .and_then(|()| self.screen.say(&self.screen.strong("It stopped here")))
            .and_then(|()| self.screen.progress(read));
        drop(told);
    }

    /// What to type next. What was refused was not made; what failed otherwise may have been.
    fn next(&self, journal: &Journal, read: &Read, is_refused: bool) -> Vec<String> {
        if !self.config.is_kept {
            return Vec::new();
        }
        let cluster = &read.plan.cluster;
        let resume = self.config.type_again(&format!("{cluster} --resume"));
        if read.plan.undoes.is_some() {
            return vec![format!("to go on: {resume}")];
        }
        let mut next = vec![format!("to complete it: {resume}")];
        let may_be_made = |call: &CallState| {
            call.is_made() || call.is_open() && !(is_refused && call.outcome.is_some())
        };
        let has_begun = read.calls.iter().any(may_be_made);
        if has_begun {
            let undo = format!("--undo {}", quoted(journal.path()));
            next.push(format!(
                "to take it back: {}",
                self.config.type_again(&undo)
            ));
        } else {
            next.push("nothing was changed".to_owned());
        }
        next
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
