//! What was not permitted, and the policy to paste.

use super::Page;
use crate::Report;
use crate::paint::Ink;
use crate::visible::visible;

pub(super) fn write(page: &mut Page, report: &Report<'_>) {
    let Some(permissions) = report.permissions.filter(|_| !page.style.quiet) else {
        return;
    };
    if permissions.missing.is_empty() {
        return;
    }
    page.gap();
    let title = page.style.paint(Ink::Unsure, "not permitted");
    page.line(&title);
    for missing in &permissions.missing {
        page.wrapped("  ", Ink::Plain, &visible(&missing.in_words()));
        if let Some(why) = &missing.why {
            page.wrapped("    ", Ink::Faint, &format!("tells {why}"));
        }
    }
    if let Some(policy) = &permissions.policy {
        page.gap();
        let words = "With this IAM policy, this identity can read all of it:";
        page.wrapped("  ", Ink::Plain, words);
        page.gap();
        page.indented("", &visible_lines(policy));
    }
    if let Some(role) = &permissions.cluster_role {
        page.gap();
        let words = "In the cluster, this ClusterRole does it, once it is bound to this identity: \
                     `kubectl create clusterrolebinding rolecall-reader --clusterrole \
                     rolecall-reader --group GROUP`, with a group of its access entry.";
        page.wrapped("  ", Ink::Plain, words);
        page.gap();
        page.indented("", &visible_lines(role));
    }
}

/// The names in it come from the cluster.
fn visible_lines(text: &str) -> String {
    let lines = text.lines().map(|line| visible(line).into_owned());
    lines.collect::<Vec<_>>().join("\n")
}
