//! `chain::trace` must predict exactly the conditions that the control plane sets, in both
//! generations: the one by evaluating policies over facts, the other by calling APIs that IAM guards.
#![allow(unreachable_pub, reason = "what the modules of a test share")]

mod worlds;

use proptest::prelude::*;
use rolecall_chain::{ControlPlane, Link, Options, PoolKind, Verdict, trace};
use rolecall_facts::{Condition, Snapshot};
use rolecall_sandbox::{Generation, Load, World, WorldSettings};

/// Worlds per generation.
const WORLDS: u32 = 1_000;

fn shown<'a>(snapshot: &'a Snapshot, object: &str) -> Option<&'a [Condition]> {
    let (kind, name) = object.split_once('/')?;
    if kind == "NodePool" {
        let pool = snapshot.node_pools.iter().find(|pool| pool.name == name)?;
        Some(&pool.conditions)
    } else {
        let class = snapshot
            .node_classes
            .iter()
            .find(|class| class.name == name)?;
        Some(&class.conditions)
    }
}

fn agrees(plan: &worlds::Plan, generation: Generation) -> Result<(), TestCaseError> {
    let world = World::new(WorldSettings {
        generation,
        region: "eu-central-1".to_owned(),
        speed: 0.0,
        ..WorldSettings::default()
    })
    .map_err(|error| TestCaseError::fail(error.to_string()))?;
    let notes = world.load(&Load {
        snapshot: plan.snapshot(),
        ..Load::default()
    });
    let troubles = world.settle();
    let facts = world.facts();
    let options = Options {
        control_plane: match generation {
            Generation::Current => ControlPlane::Current,
            Generation::Legacy => ControlPlane::Legacy,
        },
        ..Options::default()
    };
    let traced = trace(&facts, &options);
    // An entry of type `HYBRID_LINUX` for a role that no pool uses is one of hybrid nodes, for which no
    // control plane sets conditions.
    let of_pools = traced.chains.iter();
    let of_pools: Vec<_> = of_pools
        .filter(|chain| chain.pool.kind == PoolKind::NodePool)
        .collect();
    for chain in &of_pools {
        // What Auto Mode says of a launch that IAM refuses is not published, and that a profile is
        // not there cannot be known: nothing is predicted then, and nothing else may go unpredicted.
        let open = chain.links.iter().any(|state| {
            state.verdict == Verdict::Unknown
                || (state.link == Link::Launch && state.verdict == Verdict::Fail)
        });
        prop_assert!(
            open || !chain.predicted.is_empty(),
            "nothing is predicted for {}; notes {notes:?}, troubles {troubles:?}",
            chain.pool.name
        );
        for predicted in &chain.predicted {
            let shown = shown(&facts, &predicted.object);
            prop_assert!(
                shown.is_some(),
                "{} is not there; {notes:?}",
                predicted.object
            );
            for condition in &predicted.conditions {
                let same = shown
                    .into_iter()
                    .flatten()
                    .find(|shown| shown.kind == condition.kind);
                prop_assert_eq!(
                    same,
                    Some(condition),
                    "{}; notes {:?}, troubles {:?}",
                    predicted.object,
                    notes,
                    troubles
                );
            }
        }
    }
    prop_assert_eq!(of_pools.len(), facts.node_pools.len());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: WORLDS, max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn the_current_control_plane_does_what_is_predicted(plan in worlds::plans()) {
        agrees(&plan, Generation::Current)?;
    }

    #[test]
    fn the_legacy_control_plane_does_what_is_predicted(plan in worlds::plans()) {
        agrees(&plan, Generation::Legacy)?;
    }
}
