//! What a state file holds after worlds and clusters came and went.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use rolecall_declared::{Options, Source, read_sources};
use rolecall_sandbox::{Load, World, WorldSettings, default_credentials};
use rolecall_sandbox_aws::sigv4::sign;

fn open(path: &Path) -> World {
    World::new(WorldSettings {
        state: Some(path.to_owned()),
        speed: 0.0,
        ..WorldSettings::default()
    })
    .unwrap()
}

/// A node class, for which a cluster named `sandbox` is made.
fn class() -> Load {
    let text = "apiVersion: eks.amazonaws.com/v1\nkind: NodeClass\nmetadata:\n  name: web\nspec:\n  \
                role: Nodes\n  subnetSelectorTerms:\n  - tags: {a: b}\n  \
                securityGroupSelectorTerms:\n  - tags: {a: b}\n";
    let read = read_sources(vec![Source::new("class.yaml", text)], &Options::default());
    Load {
        snapshot: read.snapshot,
        manifests: read.manifests,
        cluster: None,
    }
}

fn delete_cluster(world: &World) {
    let mut request = Request::delete("https://eks.us-east-1.amazonaws.com/clusters/sandbox")
        .body(Bytes::new())
        .unwrap();
    let credentials = default_credentials();
    sign(
        &mut request,
        &credentials,
        "us-east-1",
        "eks",
        Timestamp::now(),
    );
    assert_eq!(world.aws().handle(request).response.status(), 200);
    world.changed();
}

fn classes(world: &World) -> usize {
    world.facts().node_classes.len()
}

#[test]
fn a_world_that_was_put_in_place_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let saved = {
        let world = World::new(WorldSettings::default()).unwrap();
        let _ = world.load(&class());
        world.save()
    };
    let world = open(&path);
    world.replace(&saved).unwrap();
    assert_eq!(classes(&world), 1);
    world.keep().unwrap();
    drop(world);
    assert_eq!(classes(&open(&path)), 1);
}

#[test]
fn a_cluster_that_was_deleted_leaves_nothing_to_a_later_one_of_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let world = open(&path);
    let _ = world.load(&class());
    assert_eq!(classes(&world), 1);
    delete_cluster(&world);
    assert!(world.clusters().is_empty());
    world.keep().unwrap();
    drop(world);
    let world = open(&path);
    let without_objects = Load {
        cluster: Some("sandbox".to_owned()),
        ..Load::default()
    };
    let _ = world.load(&without_objects);
    assert_eq!(world.clusters().len(), 1);
    assert_eq!(classes(&world), 0);
}
