//! `fleet`: what the role of each account needs, and what whoever runs it.

use serde_json::{Value, json};

use crate::page::{self, both, without};
use crate::world::{CLUSTER, Operator, Ran, World};

const WORLD: &str = "crates/rolecall/tests/permissions/world";
const HEADING: &str = "## `rolecall fleet`";
const ROLE: &str = "RolecallReader";

/// The policies of the page: the role's, its trust, and those of whoever runs the command.
fn policies() -> [Value; 3] {
    page::policies(HEADING).try_into().unwrap()
}

/// Reads the account through a role with these policies, as somebody who may only assume it.
fn through_the_role(world: &World, [reading, trust, running]: &[Value; 3]) -> Ran {
    let operator = world.operator(running, None);
    let mut trust = trust.clone();
    trust["Statement"][0]["Principal"]["AWS"] = json!(operator.arn);
    through(world, &operator, &trust, reading)
}

fn through(world: &World, operator: &Operator, trust: &Value, reading: &Value) -> Ran {
    let in_cluster = page::cluster_role("## `rolecall diagnose`");
    let role = world.role(ROLE, trust, reading, &in_cluster);
    world.run(
        operator,
        &["fleet", "--assume-role", &role, "--regions", "eu-central-1"],
    )
}

#[test]
fn a_fleet_is_read_through_the_role_of_the_page() {
    let world = World::of(WORLD);
    let ran = through_the_role(&world, &policies());
    // The pool of the role under a path is not ready under the legacy control plane.
    assert_eq!(ran.code, 1, "{}", ran.said);
    assert!(ran.lacks_nothing(), "{}", ran.said);
    assert!(ran.said.contains(CLUSTER), "{}", ran.said);
}

#[test]
fn without_listing_the_clusters_nothing_is_read() {
    let [reading, trust, running] = policies();
    let less = without(&reading, "eks:ListClusters");
    let ran = through_the_role(&World::of(WORLD), &[less, trust, running]);
    assert_eq!(ran.code, 2, "{}", ran.said);
    assert!(ran.said.contains("eks:ListClusters"), "{}", ran.said);
}

/// Within one account a trust policy that names the user is enough; one that names the account leaves it
/// to the user's own policies, as it always is across accounts.
#[test]
fn without_assuming_the_role_nothing_is_read() {
    let [reading, mut trust, running] = policies();
    trust["Statement"][0]["Principal"]["AWS"] = json!("arn:aws:iam::111122223333:root");
    let less = without(&running, "sts:AssumeRole");
    for (policy, code) in [(running, 1), (less, 2)] {
        let world = World::of(WORLD);
        let operator = world.operator(&policy, None);
        let ran = through(&world, &operator, &trust, &reading);
        assert_eq!(ran.code, code, "{}", ran.said);
        let told = ran.said.contains("sts:AssumeRole");
        assert_eq!(told, code == 2, "{}", ran.said);
    }
}

#[test]
fn the_accounts_of_an_organization_are_listed_by_who_may() {
    let world = World::of(WORLD);
    let [reading, _, running] = policies();
    let in_cluster = page::cluster_role("## `rolecall diagnose`");
    let args = [
        "fleet",
        "--org",
        "--assume-role-name",
        ROLE,
        "--regions",
        "eu-central-1",
    ];
    let whole = world.operator(&both(&reading, &running), Some(&in_cluster));
    let ran = world.run(&whole, &args);
    assert_eq!(ran.code, 1, "{}", ran.said);
    assert!(ran.said.contains(CLUSTER), "{}", ran.said);

    let less = both(&reading, &without(&running, "organizations:ListAccounts"));
    let ran = world.run(&world.operator(&less, Some(&in_cluster)), &args);
    assert_eq!(ran.code, 2, "{}", ran.said);
    assert!(
        ran.said.contains("organizations:ListAccounts"),
        "{}",
        ran.said
    );
}
