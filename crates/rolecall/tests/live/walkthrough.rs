//! docs/walkthrough.md with `diagnose` in place of reading by hand.

use rolecall_sandbox::Generation;
use serde_json::json;

use crate::cloud::Cloud;

const CLASSES: &str = "/apis/eks.amazonaws.com/v1/nodeclasses";

#[test]
fn from_a_role_under_a_path_to_a_node_with_nothing_but_the_environment() {
    let cloud = Cloud::of(&["examples/custom-path"], Generation::Legacy);
    let broken = cloud.diagnose(&["--pool", "batch"]);
    broken
        .ends_with(1)
        .says("platform-prod  under the legacy control plane")
        .says("in the cluster: not Ready, no nodes")
        .says("it asks for  arn:aws:iam::111122223333:role/BatchNodeRole\n")
        .says("the role is  arn:aws:iam::111122223333:role/platform/eks/BatchNodeRole\n")
        .says("eks:DescribeAccessEntry  AccessDenied")
        .says("What the cluster shows, as predicted");

    let iam = cloud.iam();
    cloud.runtime.block_on(async {
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
        iam.create_role()
            .role_name("NodeRoleAtRoot")
            .assume_role_policy_document(trust.to_string())
            .send()
            .await
            .unwrap();
        for policy in [
            "AmazonEKSWorkerNodeMinimalPolicy",
            "AmazonEC2ContainerRegistryPullOnly",
        ] {
            iam.attach_role_policy()
                .role_name("NodeRoleAtRoot")
                .policy_arn(format!("arn:aws:iam::aws:policy/{policy}"))
                .send()
                .await
                .unwrap();
        }
    });
    cloud.let_nodes_in(
        "platform-prod",
        "arn:aws:iam::111122223333:role/NodeRoleAtRoot",
    );
    // The class still names the old role, and the report still says so.
    cloud.diagnose(&["--pool", "batch"]).ends_with(1);
    let role = json!({"spec": {"role": "NodeRoleAtRoot"}});
    cloud.kube("platform-prod", "PATCH", &format!("{CLASSES}/batch"), &role);
    cloud.sandbox.settle();
    cloud
        .diagnose(&["--pool", "batch"])
        .ends_with(0)
        .says("in the cluster: Ready");
}

#[test]
fn a_condition_that_is_older_than_the_repair_waits_for_a_resync() {
    let cloud = Cloud::of(
        &["crates/rolecall/tests/live/files/no-entry"],
        Generation::Current,
    );
    cloud.diagnose(&[]).ends_with(1).says("RC702");
    cloud.let_nodes_in("prod", "arn:aws:iam::111122223333:role/WebNodeRole");
    let stale = cloud.diagnose(&[]);
    stale
        .ends_with(0)
        .says("RC1101")
        .says("waits for the controller to look again")
        .says("kubectl annotate nodeclass web look-again");
    cloud.diagnose(&["--fail-on", "warning"]).ends_with(1);
    let annotation = json!({"metadata": {"annotations": {"look-again": "1"}}});
    cloud.kube("prod", "PATCH", &format!("{CLASSES}/web"), &annotation);
    cloud.sandbox.settle();
    cloud.diagnose(&[]).ends_with(0).says_not("RC1101");
}
