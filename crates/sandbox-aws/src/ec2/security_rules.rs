//! The rules of security groups.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::failure::Failure;
use crate::operation::Outcome;
use crate::parameters::{integer, list};
use crate::state::State;

use super::answer::{client, missing};
use super::ask::{arn, may, may_list};
use super::describe::{Filters, page};
use super::security_groups::{known, target};
use super::state::{Rule, SecurityGroup, Tags};

pub(super) fn authorize_ingress(state: &mut State, call: &mut Call<'_>) -> Outcome {
    authorize(state, call, "ec2:AuthorizeSecurityGroupIngress", false)
}

pub(super) fn authorize_egress(state: &mut State, call: &mut Call<'_>) -> Outcome {
    authorize(state, call, "ec2:AuthorizeSecurityGroupEgress", true)
}

pub(super) fn revoke_ingress(state: &mut State, call: &mut Call<'_>) -> Outcome {
    revoke(state, call, "ec2:RevokeSecurityGroupIngress", false)
}

pub(super) fn revoke_egress(state: &mut State, call: &mut Call<'_>) -> Outcome {
    revoke(state, call, "ec2:RevokeSecurityGroupEgress", true)
}

fn authorize(state: &mut State, call: &Call<'_>, action: &str, egress: bool) -> Outcome {
    let group = asked(state, call, action)?;
    let rules = requested(call, egress)?;
    for rule in &rules {
        if rule.peer_kind == "groupId" {
            known(state, call, &rule.peer)?;
        }
        if group.rules.iter().any(|other| same(other, rule)) {
            return Err(client(
                "InvalidPermission.Duplicate",
                format!("the specified rule \"{}\" already exists", described(rule)),
            ));
        }
    }
    call.dry_run()?;
    let shown: Vec<Value> = rules
        .iter()
        .map(|rule| shown(state, call, group, rule))
        .collect();
    let key = call.key(&group.id);
    state
        .ec2
        .security_groups
        .change(&key, |group| group.rules.extend(rules));
    Ok(json!({"return": true, "securityGroupRuleSet": shown}))
}

fn revoke(state: &mut State, call: &Call<'_>, action: &str, egress: bool) -> Outcome {
    let group = asked(state, call, action)?;
    let ids = call.parameters.texts("SecurityGroupRuleId");
    let mut gone = Vec::new();
    for id in &ids {
        if !group.rules.iter().any(|rule| rule.id == *id) {
            return Err(client(
                "InvalidSecurityGroupRuleId.NotFound",
                format!("The security group rule ID '{id}' does not exist"),
            ));
        }
        gone.push((*id).to_owned());
    }
    if ids.is_empty() {
        for wanted in requested(call, egress)? {
            let found = group.rules.iter().find(|rule| same(rule, &wanted));
            let found = found.ok_or_else(|| {
                client(
                    "InvalidPermission.NotFound",
                    "The specified rule does not exist in this security group.",
                )
            })?;
            gone.push(found.id.clone());
        }
    }
    call.dry_run()?;
    let key = call.key(&group.id);
    state.ec2.security_groups.change(&key, |group| {
        group.rules.retain(|rule| !gone.contains(&rule.id));
    });
    Ok(json!({"return": true}))
}

fn asked<'s>(
    state: &'s State,
    call: &Call<'_>,
    action: &str,
) -> Result<&'s SecurityGroup, Failure> {
    let group = known(
        state,
        call,
        call.parameters
            .text("GroupId")
            .ok_or_else(|| missing("groupName or groupId"))?,
    )?;
    may(state, call, action, &target(state, call, group))?;
    Ok(group)
}

/// The rules of a request: a list of permissions, or one in single fields.
fn requested(call: &Call<'_>, egress: bool) -> Result<Vec<Rule>, Failure> {
    let mut rules = Vec::new();
    for permission in call.parameters.list("IpPermissions") {
        let Value::Object(permission) = permission else {
            continue;
        };
        for (member, field, kind) in PEERS {
            for peer in list(permission.get(member)) {
                let value = peer.get(field).and_then(Value::as_str);
                let value = value.ok_or_else(|| missing(field))?;
                let description = peer.get("Description").and_then(Value::as_str);
                rules.push(rule(call, egress, permission, kind, value, description)?);
            }
        }
    }
    if rules.is_empty()
        && let Some(cidr) = call.parameters.text("CidrIp")
    {
        rules.push(rule(
            call,
            egress,
            call.parameters.all(),
            "cidrIpv4",
            cidr,
            None,
        )?);
    }
    if rules.is_empty() {
        return Err(missing("ipPermissions"));
    }
    Ok(rules)
}

/// Where a permission lists its peers, and what a rule calls them.
const PEERS: [(&str, &str, &str); 4] = [
    ("IpRanges", "CidrIp", "cidrIpv4"),
    ("Ipv6Ranges", "CidrIpv6", "cidrIpv6"),
    ("Groups", "GroupId", "groupId"),
    ("PrefixListIds", "PrefixListId", "prefixListId"),
];

fn rule(
    call: &Call<'_>,
    egress: bool,
    permission: &Map<String, Value>,
    kind: &str,
    peer: &str,
    description: Option<&str>,
) -> Result<Rule, Failure> {
    let protocol = permission
        .get("IpProtocol")
        .and_then(Value::as_str)
        .ok_or_else(|| missing("IpProtocol"))?;
    let protocol = match protocol {
        "6" => "tcp",
        "17" => "udp",
        "1" => "icmp",
        "all" => "-1",
        other => other,
    };
    let port = |name: &str| permission.get(name).and_then(integer);
    let ports = port("FromPort").zip(port("ToPort"));
    if matches!(protocol, "tcp" | "udp") && ports.is_none() {
        return Err(missing("fromPort and toPort"));
    }
    Ok(Rule {
        id: call.ids().resource("sgr"),
        egress,
        protocol: protocol.to_owned(),
        ports: ports.filter(|_| protocol != "-1"),
        peer_kind: kind.to_owned(),
        peer: peer.to_owned(),
        description: description.map(str::to_owned),
    })
}

fn same(one: &Rule, other: &Rule) -> bool {
    let parts = |rule: &Rule| {
        (
            rule.egress,
            rule.ports,
            rule.protocol.clone(),
            rule.peer.clone(),
        )
    };
    parts(one) == parts(other)
}

fn described(rule: &Rule) -> String {
    let protocol = if rule.protocol == "-1" {
        "ALL".to_owned()
    } else {
        rule.protocol.to_ascii_uppercase()
    };
    match rule.ports {
        Some((from, to)) => format!(
            "peer: {}, {protocol}, from port: {from}, to port: {to}, ALLOW",
            rule.peer
        ),
        None => format!("peer: {}, {protocol}, ALLOW", rule.peer),
    }
}

pub(super) fn describe(state: &State, call: &mut Call<'_>) -> Outcome {
    may_list(call, "ec2:DescribeSecurityGroupRules")?;
    let filters = Filters::of(call, &["group-id", "security-group-rule-id"])?;
    let wanted = call.parameters.texts("SecurityGroupRuleId");
    let prefix = call.key("");
    let groups = state.ec2.security_groups.seen_range(&prefix);
    let mut rows: Vec<(&SecurityGroup, &Rule)> = groups
        .iter()
        .flat_map(|(_, group)| group.rules.iter().map(|rule| (*group, rule)))
        .filter(|(_, rule)| wanted.is_empty() || wanted.contains(&rule.id.as_str()))
        .filter(|(group, rule)| {
            filters.pass(&Tags::new(), |name| match name {
                "group-id" => vec![group.id.clone()],
                _ => vec![rule.id.clone()],
            })
        })
        .collect();
    rows.sort_by(|one, other| one.1.id.cmp(&other.1.id));
    let (rows, next) = page(call, rows.iter().collect(), |(_, rule)| rule.id.clone())?;
    let shown: Vec<Value> = rows
        .into_iter()
        .map(|(group, rule)| shown(state, call, group, rule))
        .collect();
    Ok(json!({"securityGroupRuleSet": shown, "nextToken": next}))
}

fn shown(state: &State, call: &Call<'_>, group: &SecurityGroup, rule: &Rule) -> Value {
    let (from, to) = rule.ports.unwrap_or((-1, -1));
    let mut shown = json!({
        "securityGroupRuleId": rule.id,
        "securityGroupRuleArn": arn(state, call, "security-group-rule", &rule.id),
        "groupId": group.id,
        "groupOwnerId": group.account.to_string(),
        "isEgress": rule.egress,
        "ipProtocol": rule.protocol,
        "fromPort": from,
        "toPort": to,
        "description": rule.description,
        "tagSet": [],
    });
    let peer = match rule.peer_kind.as_str() {
        "groupId" => (
            "referencedGroupInfo",
            json!({"groupId": rule.peer, "userId": group.account.to_string(), "vpcId": group.vpc}),
        ),
        kind => (kind, Value::from(rule.peer.as_str())),
    };
    if let Value::Object(members) = &mut shown {
        members.insert(peer.0.to_owned(), peer.1);
    }
    shown
}

/// The rules of one direction, gathered by protocol and ports.
pub(super) fn permissions(group: &SecurityGroup, egress: bool) -> Value {
    type Gathered<'r> = (&'r str, Option<(i64, i64)>, Vec<&'r Rule>);
    let mut gathered: Vec<Gathered<'_>> = Vec::new();
    for rule in group.rules.iter().filter(|rule| rule.egress == egress) {
        match gathered
            .iter_mut()
            .find(|(protocol, ports, _)| *protocol == rule.protocol && *ports == rule.ports)
        {
            Some((_, _, rules)) => rules.push(rule),
            None => gathered.push((&rule.protocol, rule.ports, vec![rule])),
        }
    }
    gathered
        .into_iter()
        .map(|(protocol, ports, rules)| {
            let of = |kind: &str, name: &str| -> Value {
                rules
                    .iter()
                    .filter(|rule| rule.peer_kind == kind)
                    .map(|rule| {
                        let owner = (kind == "groupId").then(|| group.account.to_string());
                        json!({name: rule.peer, "description": rule.description, "userId": owner})
                    })
                    .collect()
            };
            json!({
                "ipProtocol": protocol,
                "fromPort": ports.map(|(from, _)| from),
                "toPort": ports.map(|(_, to)| to),
                "groups": of("groupId", "groupId"),
                "ipRanges": of("cidrIpv4", "cidrIp"),
                "ipv6Ranges": of("cidrIpv6", "cidrIpv6"),
                "prefixListIds": of("prefixListId", "prefixListId"),
            })
        })
        .collect()
}
