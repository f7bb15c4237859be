use jiff::Timestamp;
use serde_json::{Value, json};

use crate::object::Object;

/// The state of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    True,
    False,
    Unknown,
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }

    fn of(text: &str) -> Self {
        match text {
            "True" => Self::True,
            "False" => Self::False,
            _ => Self::Unknown,
        }
    }
}

/// The conditions of a kind that its `Ready` follows from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConditionKinds {
    pub(crate) dependents: &'static [&'static str],
}

/// The root condition.
const ROOT: &str = "Ready";

#[derive(Debug, Clone, PartialEq, Eq)]
struct Condition {
    kind: String,
    state: State,
    reason: String,
    message: String,
    generation: i64,
    since: Timestamp,
}

/// A condition that changed its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Transition {
    pub(crate) kind: String,
    pub(crate) from: State,
    pub(crate) to: State,
    pub(crate) reason: String,
    pub(crate) message: String,
}

/// The conditions of one object, kept by the rules of awslabs/operatorpkg,
/// `status/condition_set.go`: dependents begin as Unknown at the object's creation; a change of state
/// moves a condition behind those that changed before; `Ready` comes last and follows from the
/// dependents, naming the unhealthy ones, the newest first.
///
/// Times are written in whole seconds, so within one second the order in the list stands for the order
/// of the changes.
#[derive(Debug, Clone)]
pub(crate) struct ConditionSet {
    kinds: ConditionKinds,
    list: Vec<Condition>,
    before: Vec<(String, State)>,
    generation: i64,
    created: Timestamp,
    now: Timestamp,
}

impl ConditionSet {
    /// The conditions that an object has, with those it lacks begun.
    pub(crate) fn of(object: &Object, kinds: ConditionKinds, now: Timestamp) -> Self {
        let now = whole_seconds(now);
        let list: Vec<Condition> = object
            .list("/status/conditions")
            .iter()
            .filter_map(|value| read(value, now))
            .collect();
        let before = list
            .iter()
            .map(|one| (one.kind.clone(), one.state))
            .collect();
        let mut set = Self {
            kinds,
            list,
            before,
            generation: object.generation(),
            created: object.created().unwrap_or(now),
            now,
        };
        for kind in kinds.dependents.iter().chain([&ROOT]) {
            if set.get(kind).is_none() {
                set.begin(kind);
            }
        }
        set
    }

    /// The state of a condition.
    pub(crate) fn state(&self, kind: &str) -> Option<State> {
        self.get(kind).map(|condition| condition.state)
    }

    /// Marks a condition as not looked at yet.
    pub(crate) fn begin(&mut self, kind: &str) {
        self.set(
            kind,
            State::Unknown,
            "AwaitingReconciliation",
            "object is awaiting reconciliation",
        );
    }

    /// Sets a condition to True; its reason is its type.
    pub(crate) fn hold(&mut self, kind: &str) {
        self.set(kind, State::True, kind, "");
    }

    /// Sets a condition.
    pub(crate) fn set(&mut self, kind: &str, state: State, reason: &str, message: &str) {
        let known = self.get(kind);
        let since = match known {
            Some(known) if known.state == state => known.since,
            None if self.kinds.dependents.contains(&kind) => self.created,
            _ => self.now,
        };
        let condition = Condition {
            kind: kind.to_owned(),
            state,
            reason: reason.to_owned(),
            message: message.to_owned(),
            generation: self.generation,
            since,
        };
        if known == Some(&condition) {
            return;
        }
        self.list.retain(|one| one.kind != kind);
        self.list.push(condition);
        self.list.sort_by_key(|one| (one.kind == ROOT, one.since));
        if kind != ROOT {
            self.follow();
        }
    }

    /// Computes `Ready`.
    fn follow(&mut self) {
        let mut unhealthy: Vec<&Condition> = self
            .list
            .iter()
            .rev()
            .filter(|one| self.kinds.dependents.contains(&one.kind.as_str()))
            .filter(|one| one.state != State::True || one.generation != self.generation)
            .collect();
        unhealthy.sort_by_key(|one| std::cmp::Reverse(one.since));
        if unhealthy.is_empty() {
            return self.hold(ROOT);
        }
        let failed = unhealthy
            .iter()
            .any(|one| one.state == State::False && one.generation == self.generation);
        let message: Vec<String> = unhealthy
            .iter()
            .map(|one| format!("{}={}", one.kind, one.state.name()))
            .collect();
        let (state, reason) = if failed {
            (State::False, "UnhealthyDependents")
        } else {
            (State::Unknown, "ReconcilingDependents")
        };
        self.set(ROOT, state, reason, &message.join(", "));
    }

    fn get(&self, kind: &str) -> Option<&Condition> {
        self.list.iter().find(|one| one.kind == kind)
    }

    /// As `status.conditions`.
    pub(crate) fn to_value(&self) -> Value {
        self.list
            .iter()
            .map(|one| {
                json!({
                    "type": one.kind,
                    "status": one.state.name(),
                    "reason": one.reason,
                    "message": one.message,
                    "lastTransitionTime": one.since.to_string(),
                    "observedGeneration": one.generation,
                })
            })
            .collect()
    }

    /// What changed its state since the object was read. A condition that was not there counts as
    /// begun: it tells of its first state other than Unknown.
    pub(crate) fn transitions(&self) -> Vec<Transition> {
        self.list
            .iter()
            .filter_map(|one| {
                let before = self.before.iter().find(|(kind, _)| *kind == one.kind);
                let from = before.map_or(State::Unknown, |(_, state)| *state);
                (from != one.state).then(|| Transition {
                    kind: one.kind.clone(),
                    from,
                    to: one.state,
                    reason: one.reason.clone(),
                    message: one.message.clone(),
                })
            })
            .collect()
    }
}

fn read(value: &Value, now: Timestamp) -> Option<Condition> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let generation = value.get("observedGeneration").and_then(Value::as_i64);
    Some(Condition {
        kind: text("type")?.to_owned(),
        state: State::of(text("status")?),
        reason: text("reason").unwrap_or_default().to_owned(),
        message: text("message").unwrap_or_default().to_owned(),
        generation: generation.unwrap_or_default(),
        since: text("lastTransitionTime")
            .and_then(|time| time.parse().ok())
            .unwrap_or(now),
    })
}

/// Kubernetes writes times in whole seconds.
fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: ConditionKinds = ConditionKinds {
        dependents: &["First", "Second"],
    };

    fn object(generation: i64, conditions: Value) -> Object {
        Object::from(json!({
            "metadata": {
                "generation": generation,
                "creationTimestamp": "2026-11-01T10:00:00Z",
            },
            "status": {"conditions": conditions},
        }))
    }

    fn at(second: i64) -> Timestamp {
        let begun = Timestamp::from_second(1_793_527_200);
        begun
            .and_then(|begun| Timestamp::from_second(begun.as_second() + second))
            .unwrap_or_default()
    }

    fn line(set: &ConditionSet, kind: &str) -> String {
        set.get(kind).map_or_else(String::new, |one| {
            let state = one.state.name();
            format!("{state} {} {}", one.reason, one.message)
        })
    }

    #[test]
    fn an_object_begins_with_all_unknown() {
        let set = ConditionSet::of(&object(1, json!([])), KINDS, at(5));
        assert_eq!(
            line(&set, "First"),
            "Unknown AwaitingReconciliation object is awaiting reconciliation"
        );
        assert_eq!(
            line(&set, ROOT),
            "Unknown ReconcilingDependents Second=Unknown, First=Unknown"
        );
        assert_eq!(set.get("First").map(|one| one.since), Some(at(0)));
        assert!(set.transitions().is_empty());
    }

    #[test]
    fn ready_names_the_newest_failure_first_and_comes_last() {
        let mut set = ConditionSet::of(&object(1, json!([])), KINDS, at(5));
        set.set("First", State::False, "Broken", "it broke");
        set.set("Second", State::False, "Waiting", "");
        assert_eq!(
            line(&set, ROOT),
            "False UnhealthyDependents Second=False, First=False"
        );
        set.hold("First");
        assert_eq!(line(&set, ROOT), "False UnhealthyDependents Second=False");
        let order: Vec<&str> = set.list.iter().map(|one| one.kind.as_str()).collect();
        assert_eq!(order, ["Second", "First", ROOT]);
        set.hold("Second");
        assert_eq!(line(&set, ROOT), "True Ready ");
    }

    #[test]
    fn a_failure_seen_at_an_older_generation_leaves_ready_unknown() {
        let mut set = ConditionSet::of(&object(1, json!([])), KINDS, at(5));
        set.set("First", State::False, "Broken", "it broke");
        let mut later = ConditionSet::of(&object(2, set.to_value()), KINDS, at(9));
        later.hold("Second");
        assert_eq!(
            line(&later, ROOT),
            "Unknown ReconcilingDependents First=False"
        );
        later.set("First", State::False, "Broken", "it broke");
        assert_eq!(line(&later, ROOT), "False UnhealthyDependents First=False");
        assert_eq!(later.get("First").map(|one| one.since), Some(at(5)));
    }

    #[test]
    fn transitions_are_told_against_what_the_object_said() {
        let mut set = ConditionSet::of(&object(1, json!([])), KINDS, at(5));
        set.hold("First");
        let mut later = ConditionSet::of(&object(1, set.to_value()), KINDS, at(9));
        assert!(later.transitions().is_empty());
        later.set("First", State::False, "Broken", "it broke");
        let told: Vec<_> = later.transitions();
        assert_eq!(told.first().map(|one| one.from), Some(State::True));
        assert_eq!(told.len(), 2, "First and Ready: {told:?}");
    }
}
