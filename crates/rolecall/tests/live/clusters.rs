//! Several clusters at once, and nodes of every kind in one.

use rolecall_report::CheckJson;
use rolecall_sandbox::Generation;

use crate::cloud::Cloud;

const FILES: &str = "crates/rolecall/tests/live/files";

#[test]
fn nodes_of_every_kind_in_one_cluster_have_a_chain_each() {
    let cloud = Cloud::of(&[&format!("{FILES}/mixed")], Generation::Current);
    let ran = cloud.diagnose(&[]);
    ran.ends_with(1)
        .says("NodePool auto")
        .says("NodePool own")
        .says("managed node group group")
        // What is wrong is Karpenter's only.
        .says("RC602")
        .says("/platform/");
    let json = cloud.diagnose(&["--format", "json"]);
    let check: CheckJson = serde_json::from_str(&json.stdout).unwrap();
    for finding in &check.findings {
        let of: Vec<&str> = finding
            .pools
            .iter()
            .map(|pool| pool.name.as_str())
            .collect();
        assert_eq!((finding.rule.as_str(), of), ("RC602", vec!["own"]));
    }
    cloud
        .diagnose(&["--pool", "group"])
        .ends_with(0)
        .says_not("NodePool");
    let without = cloud.diagnose(&["mixed", "--no-kube"]);
    without
        .ends_with(0)
        .says("managed node group group")
        .says_not("NodePool own");
}

#[test]
fn several_clusters_are_read_together_and_one_that_is_not_there_is_a_line_of_the_report() {
    let cloud = Cloud::of(
        &["examples/custom-path", &format!("{FILES}/mixed")],
        Generation::Legacy,
    );
    let both = cloud.diagnose(&["platform-prod", "mixed"]);
    both.ends_with(1)
        .says("mixed  under")
        .says("NodePool own")
        .says("NodePool batch");
    let none = cloud.diagnose(&["platform-prod", "gone", "mixed"]);
    none.ends_with(2)
        .says("NodePool own")
        .says("there is no cluster `gone` in `eu-central-1`")
        .says("1 place could not be read");
    let (once, twice) = (
        cloud.diagnose(&["mixed"]),
        cloud.diagnose(&["mixed", "mixed"]),
    );
    assert_eq!(once.stdout, twice.stdout);
    let neither = cloud.diagnose(&["gone", "away"]);
    neither.ends_with(2);
    assert_eq!(neither.stdout, "");
}
