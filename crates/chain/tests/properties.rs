//! What holds of every trace: it ends, says the same each time, whatever the order of the input; and
//! whoever knows less is never told the opposite.

#![expect(
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod generated;

use std::collections::BTreeMap;

use generated::{parse, snapshot};
use proptest::prelude::*;
use rolecall_chain::{Chain, ControlPlane, Options, Traced, Verdict, trace};
use serde_json::{Value, json};

fn options(legacy: bool) -> Options {
    let control_plane = if legacy {
        ControlPlane::Legacy
    } else {
        ControlPlane::Current
    };
    Options {
        control_plane,
        ..Options::default()
    }
}

/// Verdicts by the pool's place and link. A built-in pool has no place of its own and goes by name.
fn verdicts(traced: &Traced) -> BTreeMap<(String, &'static str), (Verdict, String)> {
    // Findings name pools by cluster, kind and name; two pools that share all three share findings.
    let is_alone = |chain: &&Chain| {
        let same = traced
            .chains
            .iter()
            .filter(|other| other.pool == chain.pool);
        same.count() == 1
    };
    let of_chain = traced.chains.iter().filter(is_alone).flat_map(|chain| {
        let built_in = chain.pool.name == "system";
        let pool = format!("{} {}", chain.origin, if built_in { "system" } else { "" });
        let state = move |state: &rolecall_chain::LinkState| {
            (
                (pool.clone(), state.link.as_str()),
                (state.verdict, state.detail.clone()),
            )
        };
        chain.links.iter().map(state)
    });
    of_chain.collect()
}

/// Turns some of the facts and complete lists of a value into unknown ones: the n-th where
/// `forgotten` has the n-th bit. Names stay: an object whose name is not known is not supposed to share
/// the name of another. So do references to clusters: what is of no known cluster goes with what else is.
fn forget(value: &mut Value, forgotten: &mut impl Iterator<Item = bool>) {
    match value {
        Value::Object(fields) if fields.contains_key("known") => {
            if forgotten.next() == Some(true) {
                let why = json!({ "reason": "not-evaluated", "detail": "`var.forgotten`" });
                *value = json!({ "unknown": { "why": why } });
                return;
            }
            if let Some(known) = fields
                .get_mut("known")
                .and_then(|known| known.get_mut("value"))
            {
                forget(known, forgotten);
            }
        }
        Value::Object(fields) => {
            let stays = |name: &str| matches!(name, "name" | "cluster");
            for (name, field) in fields.iter_mut().filter(|(name, _)| !stays(name)) {
                if name.ends_with("_complete") && field == "complete" {
                    if forgotten.next() == Some(true) {
                        let why = json!({ "reason": "not-given", "detail": "the rest" });
                        *field = json!({ "partial": why });
                    }
                } else {
                    forget(field, forgotten);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| forget(item, forgotten)),
        _ => {}
    }
}

/// The first parts of two traces that differ.
fn difference(one: &Traced, two: &Traced) -> String {
    let chains = one
        .chains
        .iter()
        .zip(&two.chains)
        .find(|(one, two)| one != two);
    let findings = one
        .findings
        .iter()
        .zip(&two.findings)
        .find(|(one, two)| one != two);
    format!("{chains:#?}\n{findings:#?}")
}

/// A snapshot without its places, for reading.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(fields) if fields.contains_key("known") => plain(&value["known"]["value"]),
        Value::Object(fields) if fields.contains_key("unknown") => json!("?"),
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(name, _)| *name != "origin");
            Value::Object(
                kept.map(|(name, field)| (name.clone(), plain(field)))
                    .collect(),
            )
        }
        Value::Array(items) => Value::Array(items.iter().map(plain).collect()),
        other => other.clone(),
    }
}

fn config() -> ProptestConfig {
    ProptestConfig {
        max_shrink_iters: 2000,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_trace_ends_and_says_the_same_each_time(snapshot in snapshot(), legacy: bool) {
        let snapshot = parse(&snapshot);
        let options = options(legacy);
        let first = trace(&snapshot, &options);
        prop_assert_eq!(&first, &trace(&snapshot, &options));
        prop_assert!(first.chains.len() >= snapshot.node_pools.len());
        for finding in &first.findings {
            prop_assert!(!finding.message.is_empty() && !finding.message.ends_with('.'));
            prop_assert!(!finding.origins.is_empty(), "{} has no place", finding.message);
            prop_assert!(finding.pools.is_sorted());
        }
    }

    #[test]
    fn the_order_of_the_lists_does_not_matter(
        (snapshot, shuffled) in snapshot().prop_flat_map(|snapshot| {
            let lists: Vec<_> = snapshot
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, list)| {
                    let items = list.as_array().cloned().unwrap_or_default();
                    (Just(name.clone()), Just(items).prop_shuffle())
                })
                .collect();
            (Just(snapshot), lists)
        })
    ) {
        let mut other = snapshot.clone();
        for (name, items) in shuffled {
            // Service control policies are listed from the root down.
            if name != "version" && name != "service_control_levels" {
                other[name.as_str()] = json!(items);
            }
        }
        let options = options(false);
        let (one, two) = (trace(&parse(&snapshot), &options), trace(&parse(&other), &options));
        prop_assert!(one == two, "{}\n{}", plain(&snapshot), difference(&one, &two));
    }

    #[test]
    fn who_knows_less_is_not_told_the_opposite(
        snapshot in snapshot(),
        forgotten in proptest::collection::vec(proptest::bool::weighted(0.1), 200),
        legacy: bool,
    ) {
        let mut less = snapshot.clone();
        forget(&mut less, &mut forgotten.into_iter());
        let options = options(legacy);
        let (all, some) = (trace(&parse(&snapshot), &options), trace(&parse(&less), &options));
        let some = verdicts(&some);
        for (place, (verdict, detail)) in verdicts(&all) {
            let Some((now, now_detail)) = some.get(&place) else {
                continue;
            };
            let opposite = matches!(
                (verdict, *now),
                (Verdict::Pass, Verdict::Fail) | (Verdict::Fail, Verdict::Pass)
            );
            // Where EKS or eksctl makes the entry, one whose principal is not known is not supposed to be in its
            // way already.
            let admission = some.get(&(place.0.clone(), "access-entry"));
            let by_eks = admission.is_some_and(|(_, detail)| {
                detail.starts_with("EKS ") || detail.starts_with("eksctl ")
            })
                && matches!(place.1, "access-entry" | "access-policy" | "join");
            // A class that is there is supposed to be of a kind its cluster runs.
            let by_class = detail.ends_with("does not run Auto Mode");
            // Auto Mode is supposed to run under an authentication mode that it takes.
            let by_mode = detail.contains("runs Auto Mode, but its authentication mode");
            // A path is supposed to follow IAM's grammar, and a role of a path that is not known to be
            // the one that is.
            let by_path = detail.contains("is not one IAM takes") || detail.contains("are named `");
            let excepted =
                verdict == Verdict::Fail && (by_eks || by_class || by_mode || by_path);
            prop_assert!(
                !opposite || excepted,
                "{:?} was {} ({}) and is {} ({})\n{}", place, verdict, detail, now, now_detail, plain(&less)
            );
        }
    }
}
