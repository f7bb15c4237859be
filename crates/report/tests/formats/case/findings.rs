use rolecall_chain::{Command, Edit, Evidence, Finding, Repair, Safety, Severity, Tool};
use rolecall_facts::{FileOrigin, Origin};

use super::rules::{RC703, RC710};
use super::{BATCH_ARN, WEB_ARN, pool};

fn command(tool: Tool, text: &str) -> Command {
    Command {
        tool,
        text: text.to_owned(),
    }
}

/// RC703: the entry of `web` is written without the path.
pub(crate) fn path_mismatch() -> Finding {
    let entry = Origin::file(&"terraform/access.tf".into(), 9, 19, 41)
        .with_address("aws_eks_access_entry.web");
    let role = Origin::file(&"terraform/roles.tf".into(), 3, 10, 16);
    let Origin::File(place) = entry.clone() else {
        unreachable!("made as a file place")
    };
    Finding {
        rule: &RC703,
        severity: Severity::Error,
        subject: "access entry arn:aws:iam::111122223333:role/web-node".to_owned(),
        message: "the access entry for `role/web-node` leaves out the path of the node role of NodePool \
                  web, which is `/platform/eks/`; EKS refuses it with `invalid principal`, and no node of \
                  the pool can join"
            .to_owned(),
        origins: vec![entry],
        evidence: vec![
            Evidence::fact("the role's path", Some(&role)),
            Evidence::difference(
                ("the entry is for", &"arn:aws:iam::111122223333:role/web-node"),
                ("the role is", &WEB_ARN),
            ),
        ],
        repairs: vec![
            Repair {
                action: "Write the entry for the role's full ARN".to_owned(),
                safety: Safety::Safe,
                commands: vec![
                    command(
                        Tool::Terraform,
                        "resource \"aws_eks_access_entry\" \"web\" {\n  cluster_name  = aws_eks_cluster.platform.name\n  principal_arn = aws_iam_role.web_node.arn\n  type          = \"EC2\"\n}",
                    ),
                    command(
                        Tool::Aws,
                        "aws eks create-access-entry --cluster-name platform-prod --type EC2 \\\n  --principal-arn arn:aws:iam::111122223333:role/platform/eks/web-node",
                    ),
                    command(
                        Tool::Aws,
                        "aws eks associate-access-policy --cluster-name platform-prod --access-scope type=cluster \\\n  --principal-arn arn:aws:iam::111122223333:role/platform/eks/web-node \\\n  --policy-arn arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy",
                    ),
                ],
                changes: Vec::new(),
                name: None,
                edit: Some(Edit {
                    place: FileOrigin { address: None, ..place },
                    expected: "arn:aws:iam::111122223333:role/web-node".to_owned(),
                    replacement: WEB_ARN.to_owned(),
                }),
            },
            Repair {
                action: "Use a role without a path for this pool".to_owned(),
                safety: Safety::Disruptive,
                commands: vec![command(
                    Tool::Kubectl,
                    "kubectl patch nodeclass web --type merge -p '{\"spec\":{\"role\":\"web-node-flat\"}}'",
                )],
                changes: Vec::new(),
                name: None,
                edit: None,
            },
        ],
        pools: vec![pool("web")],
    }
}

/// RC710 as a note: right today, broken under a control plane that drops paths.
pub(crate) fn path_dropped_note() -> Finding {
    Finding {
        rule: &RC710,
        severity: Severity::Note,
        subject: "NodeClass batch".to_owned(),
        message:
            "NodePool batch works, but fails on a control plane that drops the path of `batch-node`"
                .to_owned(),
        origins: vec![Origin::file(&"k8s/nodes.yaml".into(), 7, 9, 10)],
        evidence: vec![Evidence::fact("the role's path is /platform/eks/", None)],
        repairs: vec![Repair {
            action: "See what an old control plane does".to_owned(),
            safety: Safety::Safe,
            commands: vec![command(
                Tool::Rolecall,
                "rolecall check --control-plane legacy",
            )],
            changes: Vec::new(),
            name: None,
            edit: None,
        }],
        pools: vec![pool("batch")],
    }
}

/// RC710 as an error, under the legacy control plane.
pub(crate) fn path_dropped() -> Finding {
    Finding {
        severity: Severity::Error,
        message: "the legacy control plane asks for the access entry of `role/batch-node`, but the role \
                  of NodePool batch is `role/platform/eks/batch-node`; AWS answers AccessDenied, and the pool gets no node"
            .to_owned(),
        evidence: vec![
            Evidence::difference(
                ("EKS asks for", &"arn:aws:iam::111122223333:role/batch-node"),
                ("the entry is for", &BATCH_ARN),
            ),
            Evidence::Statement {
                policy: "AmazonEKSServiceRolePolicy v27".to_owned(),
                statement: r#"{"Effect":"Allow","Action":["eks:DescribeAccessEntry"],"Resource":"*","Condition":{"StringEquals":{"eks:accessEntryType":"EC2"}}}"#
                    .to_owned(),
                why: "without an entry for that ARN the request has no eks:accessEntryType, so the condition \
                      fails and nothing else allows the call: AccessDenied, and not ResourceNotFound"
                    .to_owned(),
                origin: None,
            },
        ],
        repairs: vec![Repair {
            action: "Name an instance profile instead of the role".to_owned(),
            safety: Safety::Disruptive,
            commands: vec![command(
                Tool::Manifest,
                "spec:\n  instanceProfile: eks-batch-node",
            )],
            changes: Vec::new(),
            name: None,
            edit: None,
        }],
        ..path_dropped_note()
    }
}
