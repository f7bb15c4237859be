//! `rolecall rules`, `rolecall explain` and `rolecall completions`: what the binary knows by itself.

use clap::CommandFactory;
use rolecall_chain::{RULES, find_rule};
use rolecall_report::Style;

use crate::args::{Args, CompletionsArgs, ExplainArgs, RulesArgs, RulesFormat};
use crate::suggest::nearest;
use crate::{Failure, output};

/// Prints the list.
pub(crate) fn list(args: &RulesArgs, style: Style) -> Result<(), Failure> {
    let text = match args.format {
        RulesFormat::Text => rolecall_report::rule_table(RULES, style),
        RulesFormat::Json => json(),
    };
    output::write(None, text.as_bytes())
}

fn json() -> String {
    let rules: Vec<_> = RULES
        .iter()
        .map(|rule| {
            serde_json::json!({
                "code": rule.code,
                "name": rule.name,
                "severity": rule.severity.as_str(),
                "link": rule.link.as_str(),
                "documentation": rule.page(),
            })
        })
        .collect();
    format!("{:#}\n", serde_json::Value::Array(rules))
}

/// Prints a rule's page.
pub(crate) fn explain(args: &ExplainArgs, style: Style) -> Result<(), Failure> {
    let rule = find_rule(&args.rule).ok_or_else(|| {
        let failure = Failure::new(format!("there is no rule `{}`", args.rule));
        let words = RULES.iter().map(|rule| rule.name);
        failure.with_help(nearest(&args.rule, words).map_or_else(
            || "`rolecall rules` lists them all".to_owned(),
            |near| format!("did you mean `{near}`? `rolecall rules` lists them all"),
        ))
    })?;
    let page = rolecall_report::page_for_terminal(rule, style);
    output::write(None, page.as_bytes())
}

/// Prints a completion script.
pub(crate) fn completions(args: &CompletionsArgs) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "rolecall", &mut script);
    output::write(None, &script)
}
