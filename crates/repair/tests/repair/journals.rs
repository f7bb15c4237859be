//! Two at once, changes by others, and files that were not written to their end.

use std::io::Write;
use std::time::Duration;

use rolecall_chain::Options;
use rolecall_facts::{Change, Snapshot, Timestamp};
use rolecall_repair::{
    End, Folder, Journal, JournalError, Outcome, Patience, Pause, Plan, Read, Stopped, TAG, World,
    WorldError, carry_out, is_made, stale, undo,
};

use crate::fake::Fake;
use crate::situation::{current, facts, planned};

struct Setting {
    facts: Snapshot,
    plan: Plan,
    options: Options,
    folder: Folder,
    _kept: tempfile::TempDir,
}

fn setting() -> Setting {
    let facts = facts("missing-entry");
    let kept = tempfile::tempdir().unwrap();
    Setting {
        plan: planned(&facts, &current(), &Default::default()),
        facts,
        options: current(),
        folder: Folder::open(kept.path()).unwrap(),
        _kept: kept,
    }
}

impl Setting {
    async fn run(&self, world: &mut Fake) -> Result<Read, Stopped> {
        let lock = self.folder.lock(&["a"], &self.plan.id)?;
        let mut journal = Journal::begin(&self.folder, &self.plan, lock)?;
        let mut read = Read::of(journal.path())?;
        let patience = Patience::default();
        carry_out(
            world,
            &self.options,
            patience,
            &mut journal,
            &mut read,
            &mut |_| {},
        )
        .await?;
        Ok(read)
    }

    /// An entry that the plan is to make, made by somebody else.
    fn entry(&self, kind: &str) -> Change {
        let mut changes = self.plan.calls().map(|call| call.change.clone());
        let mut change = changes
            .find(|change| matches!(change, Change::CreateAccessEntry(_)))
            .unwrap();
        let Change::CreateAccessEntry(entry) = &mut change else {
            unreachable!("it was looked for");
        };
        entry.tags.clear();
        kind.clone_into(&mut entry.entry_type);
        change
    }
}

#[test]
fn a_second_repair_at_once_is_refused_and_told_of_the_first() {
    let setting = setting();
    let lock = setting
        .folder
        .lock(&["111122223333", "prod"], "first")
        .unwrap();
    let second = setting.folder.lock(&["111122223333", "prod"], "second");
    let Err(JournalError::Busy(busy)) = second else {
        panic!("{second:?}");
    };
    let said = busy.to_string();
    assert!(
        said.contains(&format!("process {}", std::process::id())),
        "{said}"
    );
    assert!(said.contains("plan first"), "{said}");
    setting
        .folder
        .lock(&["111122223333", "dev"], "other")
        .unwrap();
    drop(lock);
    setting
        .folder
        .lock(&["111122223333", "prod"], "second")
        .unwrap();
}

#[tokio::test]
async fn an_entry_that_somebody_made_meanwhile_as_it_was_wanted_is_left_alone() {
    let setting = setting();
    let mut world = Fake::of(setting.facts.clone());
    world.changed_by_others(&setting.entry("EC2"));
    let read = setting.run(&mut world).await.unwrap();
    let made = world.made();
    assert!(
        !made
            .iter()
            .any(|change| matches!(change, Change::CreateAccessEntry(_))),
        "{made:?}"
    );
    // What was not made here is not taken back either.
    let now: Timestamp = "2026-03-01T13:00:00Z".parse().unwrap();
    let back = undo(&read, &world.facts(), &setting.options, now).unwrap();
    assert!(
        back.calls()
            .all(|call| !matches!(call.change, Change::DeleteAccessEntry { .. })),
        "{back:#?}"
    );
}

#[tokio::test]
async fn an_entry_of_another_kind_that_appeared_meanwhile_stops_the_run() {
    let setting = setting();
    let mut world = Fake::of(setting.facts.clone());
    world.changed_by_others(&setting.entry("STANDARD"));
    let stopped = setting.run(&mut world).await.unwrap_err();
    let said = stopped.to_string();
    assert!(
        said.contains("access entry arn:aws:iam::111122223333:role/"),
        "{said}"
    );
    assert!(said.contains("it has appeared"), "{said}");
    assert_eq!(world.made(), Vec::new());
}

#[tokio::test]
async fn a_plan_of_yesterday_is_refused_where_the_world_has_changed() {
    let setting = setting();
    assert_eq!(stale(&setting.plan, &setting.facts, &setting.options), []);
    let mut changed = setting.facts.clone();
    setting.entry("STANDARD").apply(&mut changed).unwrap();
    let differs = stale(&setting.plan, &changed, &setting.options);
    let said: Vec<String> = differs.iter().map(ToString::to_string).collect();
    assert!(
        said.iter().any(|line| line.contains("it has appeared")),
        "{said:?}"
    );
    assert!(
        said.iter()
            .any(|line| line.contains("no longer found: RC702")),
        "{said:?}"
    );
    assert!(
        said.iter().any(|line| line.contains("found now: RC704")),
        "{said:?}"
    );

    let mut world = Fake::of(setting.facts.clone());
    setting.run(&mut world).await.unwrap();
    assert!(is_made(&setting.plan, &world.facts()));
    assert!(!is_made(&setting.plan, &setting.facts));
}

#[tokio::test]
async fn what_others_changed_since_is_kept_and_named() {
    let setting = setting();
    let mut world = Fake::of(setting.facts.clone());
    let read = setting.run(&mut world).await.unwrap();
    assert_eq!(read.ended, Some(End::Done));
    let Change::CreateAccessEntry(entry) = setting.entry("EC2") else {
        unreachable!("it is one");
    };
    world.changed_by_others(&Change::AssociateAccessPolicy {
        principal: entry.principal.clone(),
        policy_arn: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy".to_owned(),
        scope: rolecall_facts::AccessScope::Cluster,
    });
    let now: Timestamp = "2026-03-01T13:00:00Z".parse().unwrap();
    let back = undo(&read, &world.facts(), &setting.options, now).unwrap();
    assert!(back.is_empty(), "{back:#?}");
    let kept = back.undoes.unwrap().kept.join("\n");
    assert!(kept.contains(&entry.principal), "{kept}");
    assert!(kept.contains("AmazonEKSViewPolicy"), "{kept}");
}

#[tokio::test]
async fn a_line_that_was_not_written_to_its_end_counts_as_not_written() {
    let setting = setting();
    let mut world = Fake::of(setting.facts.clone());
    let whole = setting.run(&mut world).await.unwrap();
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .open(&whole.path)
        .unwrap();
    file.write_all(b"{\"record\":\"outcome\",\"cal").unwrap();
    drop(file);
    let read = Read::of(&whole.path).unwrap();
    assert_eq!(read.ended, Some(End::Done));
    let lock = setting.folder.lock(&["a"], "x").unwrap();
    drop(Journal::resume(&read, lock).unwrap());
    let text = std::fs::read_to_string(&whole.path).unwrap();
    let mut lines = text.lines();
    assert!(lines.all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
}

#[test]
fn a_file_that_is_no_journal_is_told_with_its_line() {
    let kept = tempfile::tempdir().unwrap();
    let path = kept.path().join("x.jsonl");
    std::fs::write(
        &path,
        "{\"record\":\"ended\",\"at\":\"2026-03-01T13:00:00Z\",\"how\":\"done\"}\n",
    )
    .unwrap();
    let said = Read::of(&path).unwrap_err().to_string();
    assert!(
        said.contains("line 1: it does not say what was begun"),
        "{said}"
    );
}

/// A world in which somebody on another machine is faster: their entry is there before this call arrives.
struct Overtaken {
    world: Fake,
    theirs: Option<Change>,
}

impl World for Overtaken {
    async fn read(&mut self) -> Result<Snapshot, WorldError> {
        self.world.read().await
    }

    async fn carry_out(
        &mut self,
        change: &Change,
        token: &str,
        waits: &mut (dyn FnMut(Pause) + Send),
    ) -> Result<(), WorldError> {
        if let Some(theirs) = self.theirs.take() {
            self.world.changed_by_others(&theirs);
            return Err(WorldError {
                problem: "the access entry was made by somebody else".to_owned(),
                help: None,
                refused: None,
            });
        }
        self.world.carry_out(change, token, waits).await
    }

    async fn pause(&mut self, how_long: Duration) {
        self.world.pause(how_long).await;
    }
}

#[tokio::test]
async fn an_entry_that_another_machine_made_first_is_neither_made_nor_taken_back_here() {
    let setting = setting();
    let mut theirs = setting.entry("EC2");
    if let Change::CreateAccessEntry(entry) = &mut theirs {
        entry.tags.insert(TAG.to_owned(), "another plan".to_owned());
    }
    let mut world = Overtaken {
        world: Fake::of(setting.facts.clone()),
        theirs: Some(theirs),
    };
    let lock = setting.folder.lock(&["a"], &setting.plan.id).unwrap();
    let mut journal = Journal::begin(&setting.folder, &setting.plan, lock).unwrap();
    let mut read = Read::of(journal.path()).unwrap();
    let done = carry_out(
        &mut world,
        &setting.options,
        Patience::default(),
        &mut journal,
        &mut read,
        &mut |_| {},
    )
    .await
    .unwrap();
    assert!(done.seen.is_all(), "{:?}", done.seen);
    assert_eq!(read.calls[0].outcome, Some(Outcome::NothingToDo));
    let now: Timestamp = "2026-03-01T13:00:00Z".parse().unwrap();
    let back = undo(&read, &world.world.facts(), &setting.options, now).unwrap();
    let mut deleted = back.calls().map(|call| &call.change);
    assert!(!deleted.any(|change| matches!(change, Change::DeleteAccessEntry { .. })));
}

#[test]
fn the_plan_is_checked_by_what_is_known_and_not_by_what_may_no_longer_be_read() {
    let setting = setting();
    let mut unseen = setting.facts.clone();
    unseen.node_pools.clear();
    unseen.unread.push(rolecall_facts::Unread {
        cluster: None,
        origin: rolecall_facts::Origin::api("kubernetes:list", "nodepools.karpenter.sh"),
        why: rolecall_facts::Why::not_given("them"),
        help: None,
    });
    let differs = stale(&setting.plan, &unseen, &setting.options);
    assert!(!differs.is_empty() && differs.iter().all(|known| known.is_unknown));
    // The same, and nothing kept from being read: they are gone.
    unseen.unread.clear();
    let differs = stale(&setting.plan, &unseen, &setting.options);
    assert!(
        differs
            .iter()
            .any(|known| !known.is_unknown && known.how == "it is gone")
    );
}
