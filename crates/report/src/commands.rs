//! The commands of a repair as blocks to copy.

use rolecall_chain::{Command, Tool};

/// Commands that follow each other in one shell, or one snippet of a file.
pub(crate) struct Block {
    pub(crate) tool: Tool,
    pub(crate) text: String,
    /// Whether it is typed into a shell; otherwise it is written into a file.
    pub(crate) shell: bool,
}

/// The blocks, in order. Commands of one tool share a block; a variable that each of them sets first
/// is set once.
pub(crate) fn blocks(commands: &[Command]) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::with_capacity(commands.len());
    let mut opening = None;
    for command in commands {
        let shell = is_shell(command);
        let first = command.text.lines().next();
        let last = blocks
            .last_mut()
            .filter(|last| shell && last.shell && last.tool == command.tool);
        if let Some(block) = last {
            let repeated = first.filter(|line| is_assignment(line) && Some(*line) == opening);
            let rest = repeated.and_then(|line| command.text.strip_prefix(line));
            block.text.push('\n');
            block.text += rest.unwrap_or(&command.text).trim_matches('\n');
        } else {
            opening = first;
            let text = command.text.trim_end().to_owned();
            blocks.push(Block {
                tool: command.tool,
                text,
                shell,
            });
        }
    }
    blocks
}

/// Whether it is typed. Terraform and eksctl have both commands and files.
fn is_shell(command: &Command) -> bool {
    match command.tool {
        Tool::Aws | Tool::Kubectl | Tool::Rolecall => true,
        Tool::Terraform | Tool::Eksctl => {
            let lines = command.text.lines();
            let mut words = lines.filter_map(|line| line.split_whitespace().next());
            words.any(|word| word == command.tool.as_str())
        }
        _ => false,
    }
}

/// Whether the line sets a shell variable, as `NAME=value` does.
fn is_assignment(line: &str) -> bool {
    line.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric())
    })
}

impl Block {
    /// What the block is, in words.
    pub(crate) fn title(&self) -> &'static str {
        match self.tool {
            Tool::Terraform => "Terraform",
            Tool::CloudFormation => "CloudFormation",
            Tool::Manifest => "Kubernetes manifest",
            Tool::Eksctl if !self.shell => "eksctl ClusterConfig",
            other => other.as_str(),
        }
    }

    /// The language, as a fence of Markdown names it.
    pub(crate) fn language(&self) -> &'static str {
        match self.tool {
            Tool::Terraform if !self.shell => "hcl",
            _ if self.shell => "sh",
            _ => "yaml",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(tool: Tool, text: &str) -> Command {
        Command {
            tool,
            text: text.to_owned(),
        }
    }

    #[test]
    fn commands_of_one_tool_follow_each_other_and_set_a_variable_once() {
        let account = "ACCOUNT_ID=$(aws sts get-caller-identity --query Account --output text)";
        let commands = [
            command(
                Tool::Aws,
                &format!("{account}\naws eks delete-access-entry --principal-arn $ACCOUNT_ID"),
            ),
            command(
                Tool::Aws,
                &format!("{account}\naws eks create-access-entry --principal-arn $ACCOUNT_ID"),
            ),
            command(Tool::Eksctl, "accessConfig:\n  accessEntries: []"),
        ];
        let blocks = blocks(&commands);
        let texts: Vec<(&str, &str)> = blocks
            .iter()
            .map(|block| (block.language(), block.text.as_str()))
            .collect();
        let shell = format!(
            "{account}\naws eks delete-access-entry --principal-arn $ACCOUNT_ID\n\
             aws eks create-access-entry --principal-arn $ACCOUNT_ID"
        );
        assert_eq!(
            texts,
            [
                ("sh", shell.as_str()),
                ("yaml", "accessConfig:\n  accessEntries: []")
            ]
        );
        assert_eq!(blocks[1].title(), "eksctl ClusterConfig");
    }
}
