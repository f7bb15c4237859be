use super::{aws, terraform, terraform_address, terraform_name};
use crate::{Repair, Safety};
use rolecall_facts::ObjectId;

/// Attaches a managed policy to a role.
pub(crate) fn attach_policy(role: &str, object: Option<&ObjectId>, policy_arn: &str) -> Repair {
    let name = policy_arn.rsplit('/').next().unwrap_or(policy_arn);
    let mut repair = Repair::new(format!("Attach {name} to role `{role}`"), Safety::Safe);
    repair.commands = vec![
        aws(format!(
            "aws iam attach-role-policy --role-name {role} \\\n  --policy-arn {policy_arn}"
        )),
        terraform(format!(
            "resource \"aws_iam_role_policy_attachment\" \"{}_{}\" {{\n  role       = {}\n  policy_arn = \"{policy_arn}\"\n}}",
            terraform_name(role),
            terraform_name(name),
            terraform_role(role, object),
        )),
    ];
    repair
}

/// Adds an inline policy of one statement to a role.
pub(crate) fn allow_in_role(
    role: &str,
    object: Option<&ObjectId>,
    policy_name: &str,
    statement: &serde_json::Value,
) -> Repair {
    let document = serde_json::json!({ "Version": "2012-10-17", "Statement": [statement] });
    let text = document.to_string();
    let pretty = serde_json::to_string_pretty(&document).unwrap_or(text.clone());
    let mut repair = Repair::new(
        format!("Add inline policy `{policy_name}` to role `{role}`"),
        Safety::Safe,
    );
    repair.commands = vec![
        aws(format!(
            "aws iam put-role-policy --role-name {role} --policy-name {policy_name} \\\n  --policy-document '{text}'"
        )),
        terraform(format!(
            "resource \"aws_iam_role_policy\" \"{}\" {{\n  name   = \"{policy_name}\"\n  role   = {}\n  policy = <<-JSON\n    {}\n  JSON\n}}",
            terraform_name(policy_name),
            terraform_role(role, object),
            pretty
                .replace('\n', "\n    ")
                // A policy variable, which Terraform would take for an interpolation.
                .replace("${aws:", "$${aws:"),
        )),
    ];
    repair
}

/// Replaces a role's trust policy.
pub(crate) fn update_trust(role: &str, what: &str, trust: &serde_json::Value) -> Repair {
    let mut repair = Repair::new(
        format!("{what} in the trust policy of role `{role}`"),
        Safety::Safe,
    );
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
