//! Service-linked roles: made for one AWS service, which alone may use and change them.

use rolecall_arn::{AccountId, Partition};
use serde_json::{Value, json};

use super::checks::Checks;
use super::failures::{invalid_input, no_role, no_such_entity};
use super::named;
use super::shown::{self, answered, only};
use super::{DeletionTask, Role, key, trust};
use crate::authorize::Ask;
use crate::call::Call;
use crate::operation::Outcome;
use crate::state::State;

/// A service and the role it is linked to.
#[derive(Debug, Clone, Copy)]
pub(super) struct LinkedService {
    /// `eks.amazonaws.com`
    service: &'static str,
    /// The role's name.
    pub(super) role: &'static str,
    /// The managed policy of the role, by name.
    policy: &'static str,
    /// Whether the role's name may have a suffix of the caller's.
    suffix: bool,
}

const fn linked(service: &'static str, role: &'static str, policy: &'static str) -> LinkedService {
    LinkedService {
        service,
        role,
        policy,
        suffix: false,
    }
}

/// The services whose nodes, load balancers and scaling a cluster meets, and those an account has
/// soon after it is made. The names are those of the services' own documentation.
const SERVICES: &[LinkedService] = &[
    linked(
        "eks.amazonaws.com",
        "AWSServiceRoleForAmazonEKS",
        "AmazonEKSServiceRolePolicy",
    ),
    linked(
        "eks-nodegroup.amazonaws.com",
        "AWSServiceRoleForAmazonEKSNodegroup",
        "AWSServiceRoleForAmazonEKSNodegroup",
    ),
    linked(
        "eks-fargate.amazonaws.com",
        "AWSServiceRoleForAmazonEKSForFargate",
        "AmazonEKSForFargateServiceRolePolicy",
    ),
    linked(
        "eks-connector.amazonaws.com",
        "AWSServiceRoleForAmazonEKSConnector",
        "AmazonEKSConnectorServiceRolePolicy",
    ),
    linked(
        "eks-local-outpost.amazonaws.com",
        "AWSServiceRoleForAmazonEKSLocalOutpost",
        "AmazonEKSLocalOutpostServiceRolePolicy",
    ),
    LinkedService {
        service: "autoscaling.amazonaws.com",
        role: "AWSServiceRoleForAutoScaling",
        policy: "AutoScalingServiceRolePolicy",
        suffix: true,
    },
    linked(
        "spot.amazonaws.com",
        "AWSServiceRoleForEC2Spot",
        "AWSEC2SpotServiceRolePolicy",
    ),
    linked(
        "spotfleet.amazonaws.com",
        "AWSServiceRoleForEC2SpotFleet",
        "AWSEC2SpotFleetServiceRolePolicy",
    ),
    linked(
        "ec2fleet.amazonaws.com",
        "AWSServiceRoleForEC2Fleet",
        "AWSEC2FleetServiceRolePolicy",
    ),
    linked(
        "elasticloadbalancing.amazonaws.com",
        "AWSServiceRoleForElasticLoadBalancing",
        "AWSElasticLoadBalancingServiceRolePolicy",
    ),
    linked(
        "ecs.amazonaws.com",
        "AWSServiceRoleForECS",
        "AmazonECSServiceRolePolicy",
    ),
    linked(
        "rds.amazonaws.com",
        "AWSServiceRoleForRDS",
        "AmazonRDSServiceRolePolicy",
    ),
    linked(
        "transitgateway.amazonaws.com",
        "AWSServiceRoleForVPCTransitGateway",
        "AWSVPCTransitGatewayServiceRolePolicy",
    ),
    linked(
        "organizations.amazonaws.com",
        "AWSServiceRoleForOrganizations",
        "AWSOrganizationsServiceTrustPolicy",
    ),
    linked(
        "cloudtrail.amazonaws.com",
        "AWSServiceRoleForCloudTrail",
        "CloudTrailServiceRolePolicy",
    ),
    linked(
        "config.amazonaws.com",
        "AWSServiceRoleForConfig",
        "AWSConfigServiceRolePolicy",
    ),
    linked(
        "guardduty.amazonaws.com",
        "AWSServiceRoleForAmazonGuardDuty",
        "AmazonGuardDutyServiceRolePolicy",
    ),
    linked(
        "support.amazonaws.com",
        "AWSServiceRoleForSupport",
        "AWSSupportServiceRolePolicy",
    ),
    linked(
        "trustedadvisor.amazonaws.com",
        "AWSServiceRoleForTrustedAdvisor",
        "AWSTrustedAdvisorServiceRolePolicy",
    ),
];

impl LinkedService {
    /// The service of that name.
    pub(super) fn named(service: &str) -> Option<Self> {
        SERVICES
            .iter()
            .find(|linked| linked.service == service)
            .copied()
    }
}

/// A service-linked role as it is made: its path names the service, its trust is the service's
/// alone, and its managed policy is attached.
pub(super) fn new_role(
    partition: &Partition,
    account: AccountId,
    linked: LinkedService,
    suffix: Option<&str>,
) -> Role {
    let name = match suffix {
        Some(suffix) => format!("{}_{suffix}", linked.role),
        None => linked.role.to_owned(),
    };
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": linked.service},
            "Action": "sts:AssumeRole",
        }],
    });
    Role {
        path: format!("/aws-service-role/{}/", linked.service),
        attached: vec![format!(
            "arn:{partition}:iam::aws:policy/aws-service-role/{}",
            linked.policy
        )],
        ..Role::new(account, &name, &trust.to_string())
    }
}

/// Name and ARN of the service-linked role of a service; `None` when the sandbox knows no such service.
pub(crate) fn service_linked_role(
    partition: &Partition,
    account: AccountId,
    service: &str,
) -> Option<(&'static str, String)> {
    let linked = LinkedService::named(service)?;
    let arn = format!(
        "arn:{partition}:iam::{account}:role/aws-service-role/{}/{}",
        linked.service, linked.role
    );
    Some((linked.role, arn))
}

pub(super) fn create_service_linked_role(state: &mut State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters)
        .name("AWSServiceName", 128)
        .description()
        .optional_name("CustomSuffix", 64)
        .done()?;
    let account = call.account();
    let service = call.parameters.required("AWSServiceName")?;
    let suffix = call.parameters.text("CustomSuffix");
    let linked = LinkedService::named(service);
    let role = linked.map(|linked| new_role(&state.partition, account, linked, suffix));
    let arn = match &role {
        Some(role) => role.arn(&state.partition),
        None => named::bare_arn(
            state,
            account,
            "role",
            &format!("aws-service-role/{service}/*"),
        ),
    };
    let ask = Ask::new("iam:CreateServiceLinkedRole", &arn).with("iam:AWSServiceName", service);
    call.authorize(&ask)?;
    let (Some(linked), Some(mut role)) = (linked, role) else {
        return Err(invalid_input(format!(
            "The sandbox knows no service-linked role of {service}."
        )));
    };
    if suffix.is_some() && !linked.suffix {
        return Err(invalid_input(format!(
            "Custom suffix is not allowed for {service}"
        )));
    }
    let key = key(account, &role.name);
    if state.iam.roles.contains(&key) {
        return Err(invalid_input(format!(
            "Service role name {} has been taken in this account, please try a different suffix.",
            role.name
        )));
    }
    role.description = call.parameters.text("Description").map(str::to_owned);
    role.id = call.ids().unique("AROA", account);
    role.created = call.now;
    let mut shown = shown::role_brief(&state.partition, &role);
    if let Some(text) = &role.description {
        shown.insert("Description".to_owned(), text.as_str().into());
    }
    state.iam.roles.insert(&key, role);
    answered(call, only("Role", shown))
}

/// The role goes at once, or not at all when its service still uses it.
pub(super) fn delete_service_linked_role(state: &mut State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters).name("RoleName", 64).done()?;
    let key = named::write_protected::<Role>(state, call, |ask| ask)?;
    let role = state.iam.roles.get(&key).cloned();
    let Some(role) = role.filter(Role::is_service_linked) else {
        return Err(no_role(call.parameters.required("RoleName")?));
    };
    let service = role.path.trim_start_matches("/aws-service-role/");
    let task = format!(
        "task/aws-service-role/{service}{}/{}",
        role.name,
        call.ids().uuid()
    );
    let used_by = used_by(state, call.account(), &role);
    let done = DeletionTask {
        role: role.name.clone(),
        failure: (!used_by.is_empty())
            .then(|| "The role is used by resources of the linked service.".to_owned()),
        used_by,
    };
    if done.failure.is_none() {
        state.iam.roles.remove(&key);
        trust::forget(state, &role.arn(&state.partition), &role.id);
    }
    let row = format!("{}/{task}", call.account());
    state.iam.deletions.insert(&row, done);
    answered(call, json!({"DeletionTaskId": task}))
}

pub(super) fn get_service_linked_role_deletion_status(
    state: &State,
    call: &mut Call<'_>,
) -> Outcome {
    Checks::of(&call.parameters)
        .text("DeletionTaskId", 1..=1000)
        .done()?;
    let id = call.parameters.required("DeletionTaskId")?;
    let path = id
        .strip_prefix("task/")
        .and_then(|rest| rest.rsplit_once('/'));
    let (path, _) =
        path.ok_or_else(|| invalid_input(format!("The deletion task id {id} is not valid.")))?;
    let arn = named::bare_arn(state, call.account(), "role", path);
    named::authorize_on(call, &arn)?;
    let row = format!("{}/{id}", call.account());
    let task = state
        .iam
        .deletions
        .get(&row)
        .ok_or_else(|| no_such_entity(format!("Deletion task {id} cannot be found.")))?;
    Ok(match &task.failure {
        None => json!({"Status": "SUCCEEDED"}),
        Some(reason) => json!({
            "Status": "FAILED",
            "Reason": {"Reason": reason, "RoleUsageList": usage(&task.used_by)},
        }),
    })
}

/// ARNs of what a service still needs its role for: EKS keeps its roles while there are clusters, node
/// groups or Fargate profiles (EKS User Guide, "Using service-linked roles for Amazon EKS").
fn used_by(state: &State, account: AccountId, role: &Role) -> Vec<String> {
    let scope = format!("{account}/");
    let partition = &state.partition;
    match role.name.as_str() {
        "AWSServiceRoleForAmazonEKS" => state
            .eks
            .clusters
            .range(&scope, None)
            .map(|(_, cluster)| {
                let key = &cluster.key;
                format!(
                    "arn:{partition}:eks:{}:{account}:cluster/{}",
                    key.region, key.name
                )
            })
            .collect(),
        "AWSServiceRoleForAmazonEKSNodegroup" => state
            .eks
            .node_groups
            .range(&scope, None)
            .map(|(_, group)| group.arn(partition))
            .collect(),
        "AWSServiceRoleForAmazonEKSForFargate" => state
            .eks
            .fargate_profiles
            .range(&scope, None)
            .map(|(_, profile)| profile.arn(partition))
            .collect(),
        _ => Vec::new(),
    }
}

/// Resources by region.
fn usage(arns: &[String]) -> Value {
    let mut regions: Vec<&str> = arns
        .iter()
        .filter_map(|arn| arn.split(':').nth(3))
        .collect();
    regions.sort_unstable();
    regions.dedup();
    regions
        .into_iter()
        .map(|region| {
            let inside: Vec<&String> = arns
                .iter()
                .filter(|arn| arn.split(':').nth(3) == Some(region))
                .collect();
            json!({"Region": region, "Resources": inside})
        })
        .collect()
}
