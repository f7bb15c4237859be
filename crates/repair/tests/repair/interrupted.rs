//! Killed at every call: completed or taken back, nothing lost and nothing doubled.

use std::panic::AssertUnwindSafe;

use rolecall_chain::Options;
use rolecall_facts::{Change, Snapshot, Timestamp};
use rolecall_repair::{
    Done, Folder, Journal, Patience, Plan, Read, Stopped, carry_out, finish_undo, undo,
};

use crate::fake::{Fake, Kill, comparable};
use crate::situation::{current, facts, legacy, only, planned, using};

/// A situation with a plan of several calls.
struct Case {
    facts: Snapshot,
    options: Options,
    plan: Plan,
}

fn cases() -> Vec<Case> {
    let of = |name: &str, options: Options, selection| {
        let facts = facts(name);
        let plan = planned(&facts, &options, &selection);
        assert!(!plan.is_empty(), "{name}");
        Case {
            facts,
            options,
            plan,
        }
    };
    vec![
        of("missing-entry", current(), Default::default()),
        of("wrong-entry-type", current(), only(&["RC704"])),
        of("recreated-role", current(), only(&["RC705"])),
        of("custom-path", legacy(), using("path-less-role")),
        of("karpenter-pass-role-path", current(), Default::default()),
        of("aws-auth-path", current(), only(&["RC707"])),
    ]
}

fn patience() -> Patience {
    Patience::default()
}

/// Begins a run in a process that may be killed; the journal is what it leaves.
fn begin(world: &mut Fake, case: &Case, folder: &Folder) -> Option<Result<Done, Stopped>> {
    let lock = folder.lock(&["a"], &case.plan.id).unwrap();
    let mut journal = Journal::begin(folder, &case.plan, lock).unwrap();
    let mut read = Read::of(journal.path()).unwrap();
    run(world, &case.options, &mut journal, &mut read)
}

/// `None` where the process was killed.
fn run(
    world: &mut Fake,
    options: &Options,
    journal: &mut Journal,
    read: &mut Read,
) -> Option<Result<Done, Stopped>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let carried = std::panic::catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(carry_out(
            world,
            options,
            patience(),
            journal,
            read,
            &mut |_| {},
        ))
    }));
    carried.ok()
}

fn resume(world: &mut Fake, case: &Case, folder: &Folder) -> Option<Result<Done, Stopped>> {
    let mut journals = folder.journals(&case.plan.cluster).into_iter();
    let mut read = journals.find(Read::is_unfinished).unwrap();
    let lock = folder.lock(&["a"], &read.plan.id).unwrap();
    let mut journal = Journal::resume(&read, lock).unwrap();
    run(world, &case.options, &mut journal, &mut read)
}

/// The repair's own journal.
fn of_repair(case: &Case, folder: &Folder) -> Read {
    let mut journals = folder.journals(&case.plan.cluster).into_iter();
    journals.find(|read| read.plan.undoes.is_none()).unwrap()
}

/// Takes the repair back in a process that may be killed.
fn take_back(world: &mut Fake, case: &Case, folder: &Folder) -> Option<()> {
    let read = of_repair(case, folder);
    let now: Timestamp = "2026-03-01T13:00:00Z".parse().unwrap();
    let plan = undo(&read, &world.facts(), &case.options, now).unwrap();
    assert_eq!(plan.undoes.as_ref().unwrap().kept, Vec::<String>::new());
    let lock = folder.lock(&["a"], &plan.id).unwrap();
    let mut journal = Journal::begin(folder, &plan, lock).unwrap();
    let mut begun = Read::of(journal.path()).unwrap();
    let done = run(world, &case.options, &mut journal, &mut begun)?.unwrap();
    assert!(done.seen.is_all(), "{:?}", done.seen);
    finish_undo(&read).unwrap();
    Some(())
}

fn folder() -> (tempfile::TempDir, Folder) {
    let temporary = tempfile::tempdir().unwrap();
    let folder = Folder::open(temporary.path().join("repairs")).unwrap();
    (temporary, folder)
}

fn changes(plan: &Plan) -> Vec<Change> {
    plan.calls().map(|call| call.change.clone()).collect()
}

#[test]
fn a_whole_run_makes_what_was_shown_and_nothing_else() {
    for case in cases() {
        let (_kept, folder) = folder();
        let mut world = Fake::of(case.facts.clone());
        let done = begin(&mut world, &case, &folder).unwrap().unwrap();
        assert!(done.seen.is_all(), "{:?}", done.seen);
        assert_eq!(world.made(), changes(&case.plan));
    }
}

#[test]
fn killed_at_any_call_it_is_completed_with_nothing_doubled() {
    for case in cases() {
        let calls = case.plan.calls().count();
        for kill in (0..calls).flat_map(|call| [Kill::Before(call), Kill::After(call)]) {
            let (_kept, folder) = folder();
            let world = Fake::of(case.facts.clone());
            assert!(begin(&mut world.killed(kill), &case, &folder).is_none());
            let done = resume(&mut world.clone(), &case, &folder).unwrap().unwrap();
            assert!(done.seen.is_all(), "{kill:?}: {:?}", done.seen);
            assert_eq!(world.made(), changes(&case.plan), "{kill:?}");
            let read = of_repair(&case, &folder);
            assert!(!read.is_unfinished());
            assert_eq!(read.made(), calls, "{kill:?}");
        }
    }
}

#[test]
fn killed_at_any_call_it_is_taken_back_to_the_very_facts_there_were() {
    for case in cases() {
        let calls = case.plan.calls().count();
        for kill in (0..calls).flat_map(|call| [Kill::Before(call), Kill::After(call)]) {
            let (_kept, folder) = folder();
            let world = Fake::of(case.facts.clone());
            assert!(begin(&mut world.killed(kill), &case, &folder).is_none());
            take_back(&mut world.clone(), &case, &folder).unwrap();
            assert_eq!(
                comparable(&world.facts()),
                comparable(&case.facts),
                "{kill:?}"
            );
        }
    }
}

#[test]
fn an_undo_that_is_killed_is_completed_too() {
    for case in cases() {
        let (_kept, first) = folder();
        let whole = Fake::of(case.facts.clone());
        begin(&mut whole.clone(), &case, &first).unwrap().unwrap();
        let read = of_repair(&case, &first);
        let now: Timestamp = "2026-03-01T13:00:00Z".parse().unwrap();
        let back = undo(&read, &whole.facts(), &case.options, now).unwrap();
        for kill in (0..back.calls().count()).flat_map(|at| [Kill::Before(at), Kill::After(at)]) {
            let (_kept, folder) = folder();
            let world = Fake::of(case.facts.clone());
            begin(&mut world.clone(), &case, &folder).unwrap().unwrap();
            assert!(take_back(&mut world.killed(kill), &case, &folder).is_none());
            resume(&mut world.clone(), &case, &folder).unwrap().unwrap();
            assert_eq!(
                comparable(&world.facts()),
                comparable(&case.facts),
                "{kill:?}"
            );
        }
    }
}

#[test]
fn a_world_that_shows_changes_late_is_waited_for() {
    for case in cases() {
        let (_kept, folder) = folder();
        let mut world = Fake::of(case.facts.clone()).lagging(3);
        let done = begin(&mut world, &case, &folder).unwrap().unwrap();
        assert!(done.seen.is_all(), "{:?}", done.seen);
        assert_eq!(world.made(), changes(&case.plan));
        assert!(!world.shared.lock().unwrap().pauses.is_empty());
    }
}

#[test]
fn a_world_that_never_shows_them_is_waited_for_no_longer_than_was_asked() {
    let case = cases().swap_remove(0);
    let (_kept, folder) = folder();
    let mut world = Fake::of(case.facts.clone()).lagging(1000);
    let done = begin(&mut world, &case, &folder).unwrap().unwrap();
    assert!(!done.seen.still_found.is_empty());
    let waited: std::time::Duration = world.shared.lock().unwrap().pauses.iter().sum();
    assert_eq!(patience().in_all, waited);
}
