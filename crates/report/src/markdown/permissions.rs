//! What was not permitted, folded, with the policy to paste.

use std::fmt::Write as _;

use super::LIMIT;
use super::escape::{code, inline};
use crate::Report;

pub(super) fn write(out: &mut String, report: &Report<'_>) {
    let missing = report.permissions.filter(|found| !found.missing.is_empty());
    let Some(permissions) = missing.filter(|_| out.len() < LIMIT) else {
        return;
    };
    out.push_str("\n<details><summary>Not permitted to be read</summary>\n\n");
    for missing in &permissions.missing {
        let _ = write!(out, "- {}", code(&missing.in_words()));
        if let Some(why) = &missing.why {
            let _ = write!(out, ", which tells {}", inline(why));
        }
        out.push('\n');
    }
    for (language, what, text) in [
        (
            "json",
            "An IAM policy that lets all be read:",
            &permissions.policy,
        ),
        (
            "yaml",
            "A ClusterRole that does in the cluster:",
            &permissions.cluster_role,
        ),
    ] {
        if let Some(text) = text.as_ref().filter(|text| !text.contains("```")) {
            let _ = write!(out, "\n{what}\n\n```{language}\n{}\n```\n", text.trim_end());
        }
    }
    out.push_str("\n</details>\n");
}
