//! The cluster `prod`: Auto Mode, one pool `batch` whose role lives under a path.

use serde_json::{Value, json};

use crate::server::Script;

pub(crate) const ROLE: &str = "arn:aws:iam::111122223333:role/platform/eks/BatchNodeRole";
pub(crate) const PATH_LESS: &str = "arn:aws:iam::111122223333:role/BatchNodeRole";
pub(crate) const ENTRY: &str = "eks GET /clusters/prod/access-entries/arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fplatform%2Feks%2FBatchNodeRole";

/// All is right with the pool but for what the conditions say.
pub(crate) fn prod(ready: bool) -> Script {
    Script::default()
        .on(
            "eks GET /clusters/prod",
            200,
            json!({"cluster": {
                "name": "prod",
                "arn": "arn:aws:eks:eu-central-1:111122223333:cluster/prod",
                "createdAt": 1_763_000_000.5,
                "version": "1.33",
                "endpoint": "https://ABCDEF.gr7.eu-central-1.eks.amazonaws.com",
                "roleArn": "arn:aws:iam::111122223333:role/platform/eks/ClusterRole",
                "identity": {"oidc": {"issuer": "https://oidc.eks.eu-central-1.amazonaws.com/id/ABCDEF"}},
                "status": "ACTIVE",
                "certificateAuthority": {"data": "LS0tLS1CRUdJTg=="},
                "accessConfig": {"authenticationMode": "API"},
                "computeConfig": {"enabled": true, "nodePools": []},
            }}),
        )
        .on(
            "eks GET /clusters/prod/access-entries",
            200,
            json!({"accessEntries": [
                "arn:aws:iam::111122223333:role/Admin",
                ROLE,
                "arn:aws:iam::111122223333:user/alice",
            ]}),
        )
        .on(
            ENTRY,
            200,
            json!({"accessEntry": {
                "clusterName": "prod",
                "principalArn": ROLE,
                "kubernetesGroups": ["system:nodes"],
                "accessEntryArn": "arn:aws:eks:eu-central-1:111122223333:access-entry/prod/role/111122223333/BatchNodeRole/accb5418-f493-f390-3e6e-c3f19f725fc1",
                "createdAt": 1_763_000_100.25,
                "modifiedAt": 1_763_000_100.25,
                "tags": {},
                "username": "system:node:{{SessionName}}",
                "type": "EC2",
            }}),
        )
        .on(
            &format!("{ENTRY}/access-policies"),
            200,
            json!({"clusterName": "prod", "principalArn": ROLE, "associatedAccessPolicies": [{
                "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy",
                "accessScope": {"type": "cluster", "namespaces": []},
                "associatedAt": 1_763_000_101.0,
                "modifiedAt": 1_763_000_101.0,
            }]}),
        )
        .on("kube /apis/karpenter.sh/v1/nodepools", 200, list("karpenter.sh/v1", "NodePool", json!([{
            "metadata": {"name": "batch"},
            "spec": {"template": {
                "metadata": {"labels": {"team": "data"}},
                "spec": {
                    "nodeClassRef": {"group": "eks.amazonaws.com", "kind": "NodeClass", "name": "batch"},
                    "requirements": [{"key": "eks.amazonaws.com/instance-category", "operator": "In", "values": ["c"]}],
                },
            }},
            "status": {"conditions": [if ready {
                condition("Ready", "True", "Ready", "")
            } else {
                condition("Ready", "False", "UnhealthyDependents", "NodeClassReady=False")
            }]},
        }])))
        .on("kube /apis/eks.amazonaws.com/v1/nodeclasses", 200, list("eks.amazonaws.com/v1", "NodeClass", json!([{
            "metadata": {"name": "batch"},
            "spec": {"role": "BatchNodeRole"},
            "status": {"conditions": if ready {
                json!([condition("InstanceProfileReady", "True", "InstanceProfileReady", ""),
                    condition("Ready", "True", "Ready", "")])
            } else {
                json!([condition("InstanceProfileReady", "False", "UnauthorizedNodeRole",
                        "Role BatchNodeRole is unauthorized to join nodes to the cluster"),
                    condition("Ready", "False", "UnhealthyDependents", "InstanceProfileReady=False")])
            }},
        }])))
        .on("kube /apis/karpenter.sh/v1/nodeclaims", 200, list("karpenter.sh/v1", "NodeClaim", json!([])))
        .on("kube /api/v1/nodes", 200, list("v1", "Node", json!([])))
        .on("kube /api/v1/namespaces/default/events", 200, list("v1", "Event", json!([
            {
                "metadata": {"name": "batch.1", "namespace": "default"},
                "involvedObject": {"kind": "NodeClass", "name": "batch"},
                "type": "Normal",
                "reason": "InstanceProfileReady",
                "message": "Status condition transitioned, Type: InstanceProfileReady, Status: Unknown -> False, Reason: UnauthorizedNodeRole, Message: Role BatchNodeRole is unauthorized to join nodes to the cluster",
                "count": 3,
                "lastTimestamp": "2025-11-13T02:15:00Z",
            },
            {
                "metadata": {"name": "web.1", "namespace": "default"},
                "involvedObject": {"kind": "Pod", "name": "web"},
                "type": "Warning", "reason": "BackOff", "message": "no business of ours",
            },
        ])))
        .role("BatchNodeRole", "ec2.amazonaws.com", &["AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly"])
        .role("ClusterRole", "eks.amazonaws.com", &[
            "AmazonEKSClusterPolicy",
            "AmazonEKSComputePolicy",
            "AmazonEKSBlockStoragePolicy",
            "AmazonEKSLoadBalancingPolicy",
            "AmazonEKSNetworkingPolicy",
        ])
}

impl Script {
    /// A role under `/platform/eks/`, with managed policies of AWS.
    pub(crate) fn role(self, name: &str, trusted: &str, policies: &[&str]) -> Self {
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": trusted},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }]});
        let attached: String = policies
            .iter()
            .map(|policy| format!("<member><PolicyName>{policy}</PolicyName><PolicyArn>arn:aws:iam::aws:policy/{policy}</PolicyArn></member>"))
            .collect();
        self.on(&format!("iam GetRole {name}"), 200, iam("GetRole", &format!(
            "<Role><Path>/platform/eks/</Path><RoleName>{name}</RoleName><RoleId>AROATFQR7NSCYGNOX4QAJ</RoleId>\
             <Arn>arn:aws:iam::111122223333:role/platform/eks/{name}</Arn><CreateDate>2025-11-12T00:00:00Z</CreateDate>\
             <AssumeRolePolicyDocument>{}</AssumeRolePolicyDocument></Role>",
            encoded(&trust)
        )))
        .on(&format!("iam ListAttachedRolePolicies {name}"), 200, iam("ListAttachedRolePolicies", &format!(
            "<AttachedPolicies>{attached}</AttachedPolicies><IsTruncated>false</IsTruncated>"
        )))
        .on(&format!("iam ListRolePolicies {name}"), 200, iam(
            "ListRolePolicies",
            "<PolicyNames/><IsTruncated>false</IsTruncated>",
        ))
    }

    /// CloudTrail's record of the legacy control plane's question.
    pub(crate) fn refused_entry(self) -> Self {
        let record = json!({
            "eventVersion": "1.11",
            "userIdentity": {
                "type": "AssumedRole",
                "arn": "arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForAmazonEKS/AmazonEKS",
                "sessionContext": {"sessionIssuer": {
                    "arn": "arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS",
                }},
                "invokedBy": "eks.amazonaws.com",
            },
            "eventTime": "2025-11-13T02:15:05Z",
            "eventSource": "eks.amazonaws.com",
            "eventName": "DescribeAccessEntry",
            "awsRegion": "eu-central-1",
            "errorCode": "AccessDenied",
            "errorMessage": "User: arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForAmazonEKS/AmazonEKS is not authorized to perform: eks:DescribeAccessEntry on resource: arn:aws:eks:eu-central-1:111122223333:access-entry/prod/role/111122223333/BatchNodeRole/*",
            "requestParameters": {"name": "prod", "principalArn": "arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2FBatchNodeRole"},
            "responseElements": null,
            "eventID": "e-1",
            "recipientAccountId": "111122223333",
        });
        let mut allowed = record.clone();
        allowed["eventID"] = json!("e-2");
        allowed["errorCode"] = Value::Null;
        let mut elsewhere = record.clone();
        elsewhere["eventID"] = json!("e-3");
        elsewhere["requestParameters"]["name"] = json!("other");
        let event = |record: &Value| json!({"EventId": record["eventID"], "CloudTrailEvent": record.to_string()});
        self.on(
            "trail DescribeAccessEntry",
            200,
            json!({"Events": [event(&record), event(&allowed), event(&elsewhere)]}),
        )
    }
}

pub(crate) fn iam(action: &str, result: &str) -> String {
    format!(
        r#"<{action}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><{action}Result>{result}</{action}Result><ResponseMetadata><RequestId>4f2c</RequestId></ResponseMetadata></{action}Response>"#
    )
}

pub(crate) fn list(api_version: &str, kind: &str, items: Value) -> Value {
    json!({"apiVersion": api_version, "kind": format!("{kind}List"), "metadata": {"resourceVersion": "7"}, "items": items})
}

pub(crate) fn condition(kind: &str, status: &str, reason: &str, message: &str) -> Value {
    json!({"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": "2025-11-13T02:15:00Z"})
}

/// A document as IAM writes it into XML: percent-encoded.
pub(crate) fn encoded(document: &Value) -> String {
    let text = document.to_string();
    percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
