use rolecall_facts::{Change, NamedDocument, ObjectId, Role};
use serde_json::{Value, json};

use super::trust::{known_whole, with_statement};
use super::{aws, terraform, terraform_address, terraform_name};
use crate::context::ChainContext;
use crate::questions::passed_to;
use crate::{Repair, Safety};

/// The role's bare name for changes; `None` where no change can be told of it.
fn own_name<'r>(context: &ChainContext<'_>, role: &'r Role) -> Option<&'r str> {
    let name = role.name.value()?;
    (context.takes_changes() && context.is_own(role)).then_some(name)
}

/// Attaches managed policies to a role, all of which it needs.
pub(crate) fn attach_policies(
    context: &ChainContext<'_>,
    role: &Role,
    name: &str,
    policy_arns: &[String],
) -> Repair {
    let short = |arn: &String| arn.rsplit('/').next().unwrap_or(arn).to_owned();
    let names: Vec<String> = policy_arns.iter().map(short).collect();
    let action = format!("Attach {} to role `{name}`", names.join(" and "));
    let changes = own_name(context, role).into_iter().flat_map(|name| {
        policy_arns.iter().map(|policy_arn| Change::AttachPolicy {
            role: name.to_owned(),
            policy_arn: policy_arn.clone(),
        })
    });
    let mut repair = Repair::new(action, Safety::Safe).changes(changes);
    for policy_arn in policy_arns {
        repair.commands.push(aws(format!(
            "aws iam attach-role-policy --role-name {name} \\\n  --policy-arn {policy_arn}"
        )));
    }
    for (policy_arn, policy) in policy_arns.iter().zip(&names) {
        repair.commands.push(terraform(format!(
            "resource \"aws_iam_role_policy_attachment\" \"{}_{}\" {{\n  role       = {}\n  policy_arn = \"{policy_arn}\"\n}}",
            terraform_name(name),
            terraform_name(policy),
            terraform_role(name, role.id.as_ref()),
        )));
    }
    repair
}

/// Whether a role has a managed policy.
pub(crate) fn has_policy(role: &Role, policy_arn: &str) -> bool {
    let arns = role.attached_policies.iter();
    arns.filter_map(|policy| policy.value.value())
        .any(|arn| arn == policy_arn)
}

/// Adds an inline policy of one statement to a role.
pub(crate) fn allow_in_role(
    context: &ChainContext<'_>,
    role: &Role,
    name: &str,
    policy_name: &str,
    statement: &Value,
) -> Repair {
    // The API takes names of up to 128 characters.
    let policy_name: String = policy_name.chars().take(128).collect();
    let document = json!({ "Version": "2012-10-17", "Statement": [statement] });
    let text = document.to_string();
    let pretty = serde_json::to_string_pretty(&document).unwrap_or(text.clone());
    let change = own_name(context, role).and_then(|role_name| {
        Some(Change::PutInlinePolicy {
            role: role_name.to_owned(),
            name: policy_name.clone(),
            document: beside_what_is_there(role, &policy_name, document, statement)?,
        })
    });
    let mut repair = Repair::new(
        format!("Add inline policy `{policy_name}` to role `{name}`"),
        Safety::Safe,
    )
    .changes(change);
    repair.commands = vec![
        aws(format!(
            "aws iam put-role-policy --role-name {name} --policy-name {policy_name} \\\n  --policy-document '{text}'"
        )),
        terraform(format!(
            "resource \"aws_iam_role_policy\" \"{}\" {{\n  name   = \"{policy_name}\"\n  role   = {}\n  policy = <<-JSON\n    {}\n  JSON\n}}",
            terraform_name(&policy_name),
            terraform_role(name, role.id.as_ref()),
            pretty
                .replace('\n', "\n    ")
                // A policy variable, which Terraform would take for an interpolation.
                .replace("${aws:", "$${aws:")
                .replace("${*}", "$${*}")
                .replace("${?}", "$${?}")
                .replace("${$}", "$${$}"),
        )),
    ];
    repair
}

/// The statement that lets a launcher pass exactly this role to EC2
/// (IAM User Guide, "Grant a user permissions to pass a role to an AWS service").
pub(crate) fn pass_role_statement(context: &ChainContext<'_>, role_arn: &str) -> Value {
    json!({
        "Sid": "AllowPassingInstanceRole",
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": role_arn,
        "Condition": { "StringEquals": { "iam:PassedToService": passed_to(context) } },
    })
}

/// The document with the statement; where a policy of the name is there, its statements are kept.
/// `None` where they are not known.
fn beside_what_is_there(
    role: &Role,
    name: &str,
    alone: Value,
    statement: &Value,
) -> Option<String> {
    let same = |policy: &&NamedDocument| policy.name.eq_ignore_ascii_case(name);
    let document = match role.inline_policies.iter().find(same) {
        Some(known) => with_statement(known_whole(&known.document)?, statement)?,
        None if role.policies_complete.is_complete() => alone,
        None => return None,
    };
    Some(document.to_string())
}

/// Replaces a role's trust policy.
pub(super) fn update_trust(
    context: &ChainContext<'_>,
    declared: &Role,
    role: &str,
    what: &str,
    trust: &Value,
    is_whole: bool,
) -> Repair {
    let name = own_name(context, declared).filter(|_| is_whole);
    let mut repair = Repair::new(
        format!("{what} in the trust policy of role `{role}`"),
        Safety::Safe,
    )
    .changes(name.map(|name| Change::SetTrust {
        role: name.to_owned(),
        document: trust.to_string(),
    }));
    repair.commands = vec![aws(format!(
        "aws iam update-assume-role-policy --role-name {role} \\\n  --policy-document '{trust}'"
    ))];
    let pretty = serde_json::to_string_pretty(trust).unwrap_or_else(|_| trust.to_string());
    repair.commands.push(terraform(format!(
        "assume_role_policy = <<-JSON\n  {}\nJSON",
        pretty.replace('\n', "\n  ")
    )));
    repair
}

fn terraform_role(role: &str, object: Option<&ObjectId>) -> String {
    match terraform_address(object).filter(|address| !address.starts_with("module.")) {
        Some(address) => format!("{address}.name"),
        None => format!("\"{role}\""),
    }
}
