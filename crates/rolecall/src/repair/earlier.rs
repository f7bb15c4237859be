//! Repairs that ran before: completing them, taking them back, and saying that there are some.

use rolecall_facts::{Snapshot, Timestamp};
use rolecall_repair::{End, Folder, JournalError, Read, World, finish_undo, undo};

use super::place;
use super::task::Session;
use crate::{Exit, Failure};

impl<W: World> Session<'_, W> {
    /// Completes the last run that was broken off.
    pub(super) async fn resume(&mut self) -> Result<Exit, Failure> {
        let folder = Folder::open(&self.config.journals)?;
        let snapshot = self.world.read().await?;
        let mut journals = self.journals_here(&folder, &snapshot).into_iter();
        let Some(read) = journals.find(Read::is_unfinished) else {
            let place = folder.path().display();
            self.screen.say(&format!(
                "Nothing to complete: no repair of {} was broken off, says {place}.",
                self.cluster
            ))?;
            return self.tell_unreadable(&folder);
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
        if let Some(read) = &read {
            self.world.is_about(&read.plan);
        }
        let mut snapshot = self.world.read().await?;
        let journals = self.journals_here(&folder, &snapshot);
        let read = match read {
            Some(read) => read,
            None => match last_repair(&journals) {
                Some(read) => {
                    self.world.is_about(&read.plan);
                    // What the repair made may be named by nothing in the cluster.
                    snapshot = self.world.read().await?;
                    read.clone()
                }
                None => {
                    let place = folder.path().display();
                    self.screen.say(&format!(
                        "Nothing to take back: {place} has no repair of {}.",
                        self.cluster
                    ))?;
                    return self.tell_unreadable(&folder);
                }
            },
        };
        place::check(&read.plan, self.cluster, &snapshot)?;
        let name = read.path.file_name().map(|name| name.to_string_lossy());
        let of_this = journals.iter().filter(|known| {
            let undoes = known.plan.undoes.as_ref();
            undoes.is_some_and(|undoes| Some(&*undoes.journal) == name.as_deref())
        });
        for known in of_this {
            if known.is_unfinished() {
                return self.go_on_with(&folder, known.clone()).await;
            }
            // It was taken back, and that could not be noted, as on a disk that was full.
            if known.ended == Some(End::Done) && read.ended != Some(End::Undone) {
                finish_undo(&read)?;
                self.screen.say(&format!(
                    "Nothing to take back: plan {} was taken back already.",
                    read.plan.id
                ))?;
                return Ok(Exit::Success);
            }
        }
        self.take_back(&folder, &read, &snapshot).await
    }

    async fn take_back(
        &mut self,
        folder: &Folder,
        read: &Read,
        snapshot: &Snapshot,
    ) -> Result<Exit, Failure> {
        let options = self.options_of(&read.plan);
        let plan = undo(read, snapshot, &options, Timestamp::now())
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
                finish_undo(read)?;
            }
            return Ok(kept);
        }
        if self.config.dry_run || !self.is_agreed(&plan, "--undo --yes")? {
            return Ok(Exit::Findings);
        }
        let exit = self.carry(folder, &plan, &options).await?;
        finish_undo(read)?;
        Ok(if is_kept { kept } else { exit })
    }

    /// Says which run was broken off, before another one is made.
    pub(super) fn tell_unfinished(&self, snapshot: &Snapshot) -> Result<(), Failure> {
        if !self.config.journals.is_dir() {
            return Ok(());
        }
        let folder = Folder::open(&self.config.journals)?;
        let journals = self.journals_here(&folder, snapshot);
        if let Some(read) = journals.iter().find(|read| read.is_unfinished()) {
            let typed = format!("{} --resume", self.cluster);
            let command = self.screen.command(&self.config.type_again(&typed));
            self.screen.say(&format!(
                "\nPlan {} of this cluster was broken off; {command} completes it.",
                read.plan.id
            ))?;
        }
        self.tell_unreadable(&folder)?;
        Ok(())
    }

    /// The journals of this cluster of this account and region, the latest first.
    fn journals_here(&self, folder: &Folder, snapshot: &Snapshot) -> Vec<Read> {
        let journals = folder.journals(self.cluster).into_iter();
        journals
            .filter(|read| place::is_here(&read.plan, self.cluster, snapshot))
            .collect()
    }

    /// Says which journals cannot be read: one of them may be the one that is looked for.
    fn tell_unreadable(&self, folder: &Folder) -> Result<Exit, Failure> {
        let unreadable = folder.unreadable(self.cluster);
        for error in &unreadable {
            self.screen
                .say(&format!("\n{}", capital(&error.to_string())))?;
            self.screen.say(match error {
                JournalError::Version { .. } => {
                    "  Whether it was broken off only that version can tell; use it to complete it \
                     or take it back."
                }
                _ => {
                    "  Whether it was broken off is not known. What it made has the tag \
                     rolecall:repair, and the lines before that one say what; once it is looked \
                     after, move the file away."
                }
            })?;
        }
        Ok(match unreadable.is_empty() {
            true => Exit::Success,
            false => Exit::Findings,
        })
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    format!("{}{}", first.unwrap_or_default(), letters.as_str())
}

/// The last repair that made something and was not taken back.
fn last_repair(journals: &[Read]) -> Option<&Read> {
    journals.iter().find(|read| {
        let was_begun = read.calls.iter().any(|call| call.intent.is_some());
        let is_undone = read.ended == Some(End::Undone);
        read.plan.undoes.is_none() && was_begun && !is_undone
    })
}
