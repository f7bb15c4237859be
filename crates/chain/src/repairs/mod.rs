//! Repairs that several rules offer, as commands and snippets.

mod access_entry;
mod node_class;
mod role;
mod trust;
mod workaround;

use rolecall_facts::{ObjectId, symbol};

use crate::context::ChainContext;
use crate::{Command, Tool};

pub(crate) use access_entry::{
    associate_auto_node_policy, create_entry, entry_type_for, recreate_entry,
};
pub(crate) use node_class::{
    INSTANCE_PROFILE_NAME, NODE_ROLE_NAME, set_class_field, set_class_ref,
};
pub(crate) use role::{allow_in_role, attach_policies, has_policy, pass_role_statement};
pub(crate) use trust::trust_service;
pub(crate) use workaround::{managed_node_group, path_less_role};

/// A command or snippet in which what the files leave open is written as its tool takes it: a
/// variable in a shell, a data source in Terraform, and in a file a word to be replaced.
pub(crate) fn for_tool(tool: Tool, text: String) -> Command {
    let is_typed = ["aws ", "eksctl ", "kubectl "]
        .iter()
        .any(|word| text.starts_with(word));
    match tool {
        Tool::Terraform => terraform(text),
        Tool::CloudFormation => Command { tool, text },
        _ if is_typed => Command {
            tool,
            text: with_account(text),
        },
        _ => {
            let text = text
                .replace(symbol::PARTITION, "aws")
                .replace(symbol::REGION, "REGION")
                .replace(symbol::ACCOUNT, "ACCOUNT_ID");
            Command { tool, text }
        }
    }
}

/// An AWS CLI command. Where the account is not known, it is asked for first.
pub(crate) fn aws(text: impl Into<String>) -> Command {
    Command {
        tool: Tool::Aws,
        text: with_account(text.into()),
    }
}

/// Puts the shell's variable in place of an account that the files leave open.
fn with_account(text: String) -> String {
    let text = text
        .replace(symbol::PARTITION, "aws")
        .replace(symbol::REGION, "$AWS_REGION");
    if !text.contains(symbol::ACCOUNT) {
        return text;
    }
    let mut command =
        "ACCOUNT_ID=$(aws sts get-caller-identity --query Account --output text)\n".to_owned();
    let mut quoted = false;
    for (index, part) in text.split(symbol::ACCOUNT).enumerate() {
        if index > 0 {
            // Single quotes keep the shell from looking, so they are left for the variable.
            command += if quoted {
                "'\"$ACCOUNT_ID\"'"
            } else {
                "$ACCOUNT_ID"
            };
        }
        quoted ^= part.matches('\'').count() % 2 == 1;
        command += part;
    }
    command
}

/// A snippet of Terraform.
pub(crate) fn terraform(text: impl Into<String>) -> Command {
    let text = text.into().replace(symbol::PARTITION, "aws").replace(
        symbol::ACCOUNT,
        "${data.aws_caller_identity.current.account_id}",
    );
    Command {
        tool: Tool::Terraform,
        text,
    }
}

/// `--region …` where the cluster's region is known.
pub(crate) fn region_flag(context: &ChainContext<'_>) -> String {
    let region = context.cluster.and_then(|cluster| cluster.region.as_ref());
    region
        .map(|region| format!(" --region {region}"))
        .unwrap_or_default()
}

/// The address of an object that Terraform declares, such as `aws_iam_role.node`.
pub(crate) fn terraform_address(object: Option<&ObjectId>) -> Option<&str> {
    let (_, address) = object?.0.split_once('#')?;
    let resource = address.rsplit('.').nth(1)?;
    resource.starts_with("aws_").then_some(address)
}

/// The Terraform expression for an ARN: the declared role's attribute, or the text.
pub(crate) fn terraform_arn(object: Option<&ObjectId>, arn: &str) -> String {
    // An address inside a module cannot be referred to from outside it.
    match terraform_address(object).filter(|address| !address.starts_with("module.")) {
        Some(address) => format!("{address}.arn"),
        // What a shell would fill in is a word to be replaced here.
        None if arn.contains("$(") => "\"ROLE_ARN\"".to_owned(),
        None => format!("\"{arn}\""),
    }
}

/// A name that Terraform accepts for a resource, made from an object's name.
pub(crate) fn terraform_name(name: &str) -> String {
    let cleaned: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '_' {
                c.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .collect();
    match cleaned.chars().next() {
        Some(first) if first.is_ascii_digit() => format!("_{cleaned}"),
        Some(_) => cleaned,
        None => "this".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{aws, for_tool};
    use crate::Tool;

    #[test]
    fn a_file_of_eksctl_gets_a_word_to_replace_and_its_command_a_variable() {
        let arn = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/a";
        let file = for_tool(Tool::Eksctl, format!("principalARN: {arn}"));
        assert_eq!(file.text, "principalARN: arn:aws:iam::ACCOUNT_ID:role/a");
        let typed = for_tool(
            Tool::Eksctl,
            format!("eksctl create iamidentitymapping --arn {arn}"),
        );
        assert!(
            typed
                .text
                .ends_with("--arn arn:aws:iam::$ACCOUNT_ID:role/a"),
            "{}",
            typed.text
        );
    }

    #[test]
    fn the_account_is_asked_for_and_put_in_also_between_single_quotes() {
        let command = aws(
            "aws x --arn arn:aws:iam::${AWS::AccountId}:role/a --json '{\"r\":\"arn:aws:iam::${AWS::AccountId}:role/b\"}'",
        );
        assert_eq!(
            command.text,
            "ACCOUNT_ID=$(aws sts get-caller-identity --query Account --output text)\n\
             aws x --arn arn:aws:iam::$ACCOUNT_ID:role/a --json '{\"r\":\"arn:aws:iam::'\"$ACCOUNT_ID\"':role/b\"}'"
        );
    }
}
