//! Which object of one snapshot is which of the other.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};

use super::key::{Identity, Qualifier};
use crate::ObjectId;

/// For each of `theirs`, the index of the one of `ours` that is the same, if exactly one can be.
///
/// Four rounds, surest first: equal in all; the same [`ObjectId`]; the same key with equal
/// qualifiers; the same key with qualifiers that do not exclude each other. From the second round
/// on, a pair counts only where neither side has a second candidate. Time is linear in the number
/// of objects: a fully qualified object looks its few candidates up, and the search for the
/// candidates of any other ends at the second.
pub(super) fn pair<T: Hash + Eq>(
    ours: &[T],
    theirs: &[T],
    identity: impl Fn(&T) -> Identity,
) -> Vec<Option<usize>> {
    let mut pairing = Pairing {
        of_theirs: vec![None; theirs.len()],
        ours_taken: vec![false; ours.len()],
    };
    pairing.equal(ours, theirs);
    if pairing.of_theirs.iter().all(Option::is_some) {
        return pairing.of_theirs;
    }
    let our_side = Side::new(ours.iter().map(&identity));
    let their_side = Side::new(theirs.iter().map(&identity));
    pairing.round(&our_side, &their_side, Side::same_id);
    pairing.round(&our_side, &their_side, Side::same_qualifier);
    pairing.round(&our_side, &their_side, Side::possible);
    pairing.of_theirs
}

struct Pairing {
    of_theirs: Vec<Option<usize>>,
    ours_taken: Vec<bool>,
}

/// How many objects fit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Candidates {
    None,
    One(usize),
    Several,
}

impl Candidates {
    fn of(items: &[usize]) -> Self {
        match items {
            [] => Self::None,
            [one] => Self::One(*one),
            _ => Self::Several,
        }
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::None, other) => other,
            (this, Self::None) => this,
            _ => Self::Several,
        }
    }
}

impl Pairing {
    fn take(&mut self, ours: usize, theirs: usize) {
        if let Some(partner) = self.of_theirs.get_mut(theirs) {
            *partner = Some(ours);
        }
        if let Some(taken) = self.ours_taken.get_mut(ours) {
            *taken = true;
        }
    }

    fn is_open(&self, ours: usize) -> bool {
        self.ours_taken.get(ours) == Some(&false)
    }

    /// Pairs equal objects one to one.
    fn equal<T: Hash + Eq>(&mut self, ours: &[T], theirs: &[T]) {
        let state = RandomState::new();
        let mut by_hash: HashMap<u64, Vec<usize>> = HashMap::new();
        // From the end, so that `pop` gives the first.
        for (index, our) in ours.iter().enumerate().rev() {
            by_hash.entry(state.hash_one(our)).or_default().push(index);
        }
        for (index, their) in theirs.iter().enumerate() {
            let Some(same_hash) = by_hash.get_mut(&state.hash_one(their)) else {
                continue;
            };
            if let Some(&our) = same_hash.last()
                && ours.get(our) == Some(their)
            {
                same_hash.pop();
                self.take(our, index);
            }
        }
    }

    fn round(
        &mut self,
        our_side: &Side,
        their_side: &Side,
        find: impl Fn(&Side, &Identity) -> Candidates,
    ) {
        for (theirs, identity) in their_side.identities.iter().enumerate() {
            if self.of_theirs.get(theirs) != Some(&None) {
                continue;
            }
            let Candidates::One(ours) = find(our_side, identity) else {
                continue;
            };
            let back = our_side
                .identities
                .get(ours)
                .map(|identity| find(their_side, identity));
            if self.is_open(ours) && back == Some(Candidates::One(theirs)) {
                self.take(ours, theirs);
            }
        }
    }
}

/// One snapshot's objects by what they are told apart by.
struct Side {
    identities: Vec<Identity>,
    by_id: HashMap<ObjectId, Vec<usize>>,
    by_key: HashMap<String, HashMap<Qualifier, Vec<usize>>>,
}

impl Side {
    fn new(identities: impl Iterator<Item = Identity>) -> Self {
        let identities: Vec<Identity> = identities.collect();
        let mut by_id: HashMap<ObjectId, Vec<usize>> = HashMap::new();
        let mut by_key: HashMap<String, HashMap<Qualifier, Vec<usize>>> = HashMap::new();
        for (index, identity) in identities.iter().enumerate() {
            if let Some(id) = &identity.id {
                by_id.entry(id.clone()).or_default().push(index);
            }
            if let Some(key) = &identity.key {
                by_key
                    .entry(key.clone())
                    .or_default()
                    .entry(identity.qualifier.clone())
                    .or_default()
                    .push(index);
            }
        }
        Self {
            identities,
            by_id,
            by_key,
        }
    }

    fn same_id(&self, wanted: &Identity) -> Candidates {
        wanted
            .id
            .as_ref()
            .and_then(|id| self.by_id.get(id))
            .map_or(Candidates::None, |items| Candidates::of(items))
    }

    fn classes(&self, wanted: &Identity) -> Option<&HashMap<Qualifier, Vec<usize>>> {
        self.by_key.get(wanted.key.as_ref()?)
    }

    fn same_qualifier(&self, wanted: &Identity) -> Candidates {
        self.classes(wanted)
            .and_then(|classes| classes.get(&wanted.qualifier))
            .map_or(Candidates::None, |items| Candidates::of(items))
    }

    fn possible(&self, wanted: &Identity) -> Candidates {
        let Some(classes) = self.classes(wanted) else {
            return Candidates::None;
        };
        if let Some(possible) = wanted.qualifier.all_that_agree() {
            return possible
                .iter()
                .filter_map(|qualifier| classes.get(qualifier))
                .fold(Candidates::None, |found, items| {
                    found.and(Candidates::of(items))
                });
        }
        let mut found = Candidates::None;
        for (qualifier, items) in classes {
            if qualifier.agrees(&wanted.qualifier) {
                found = found.and(Candidates::of(items));
            }
            if found == Candidates::Several {
                break;
            }
        }
        found
    }
}
