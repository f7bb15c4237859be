//! CloudFormation templates, in YAML and JSON, and so what `cdk synth` writes.
//!
//! ```text
//! template ── evaluate ─┬─ iam          roles, policies, instance profiles
//!             │         ├─ eks          clusters, access entries, node groups
//!             │         └─ cdk          clusters and manifests of CDK's custom resources
//!             ├ imports     what one stack takes from another
//!             ├ function    Sub, Join, Select, …
//!             ├ condition   true, false or unknown
//!             ├ attribute   what Ref and GetAtt give of a resource
//!             └ pieces      text that is put together of known and unknown parts
//! ```
//!
//! Parameters have their defaults; the account, partition and region are the symbols of
//! [`rolecall_facts::symbol`]. What only a deployment can tell (a parameter without default, a name
//! that CloudFormation makes up, the export of a stack that is not read) is unknown, with the reason.
//!
//! A resource whose condition is false is not there. One whose condition is unknown may be there:
//! a cluster and a node group are read, because each begins chains that are worth following in case
//! it is made; a role is read, without claim to what it may do; anything else is left out, and
//! the role or cluster that it would have added to is no longer called complete.

mod attribute;
mod cdk;
mod condition;
mod eks;
mod evaluate;
mod function;
mod iam;
mod imports;
mod mapping;
mod pieces;
#[cfg(test)]
mod properties;
mod role_policies;
mod substitution;
mod template;

use rolecall_facts::{Completeness, Why};

pub(crate) use imports::{Shared, resolve as resolve_imports};

use evaluate::Evaluator;
use template::Template;

use crate::output::Output;
use crate::tree::Node;
use crate::{Diagnostic, Source};

/// Whether a document is a CloudFormation template: a map of resources whose types are written
/// `Service::Kind`, or the mark that templates carry.
pub(crate) fn is_template(root: &Node) -> bool {
    root.entry("AWSTemplateFormatVersion").is_some()
        || root.get("Resources").is_some_and(|resources| {
            resources.entries().any(|(_, resource)| {
                resource
                    .get("Type")
                    .and_then(Node::as_str)
                    .is_some_and(|kind| kind.contains("::"))
            })
        })
}

/// Reads a template's facts.
pub(crate) fn read(source: &Source, root: &Node, out: &mut Output) {
    let template = Template::new(source, root);
    if !template.has_resources_of_interest() {
        return;
    }
    let mut read = Output::default();
    let mut evaluator = Evaluator::new(&template);
    iam::read(&mut evaluator, &mut read);
    role_policies::read(&mut evaluator, &mut read);
    eks::read(&mut evaluator, &mut read);
    cdk::read(&mut evaluator, &mut read);
    imports::note_exports(&mut evaluator, &mut read);
    read.diagnostics.append(&mut evaluator.diagnostics);
    if let Some(expansion) = &template.expansion {
        let why = Why::not_evaluated(format!("`{}`", expansion.name));
        open_all(&mut read, &why);
        read.diagnostics.push(
            Diagnostic::note(
                format!("`{}` may add resources that are not read", expansion.name),
                expansion.origin.clone(),
            )
            .with_help(
                "check the processed template instead: \
                 `aws cloudformation get-template --template-stage Processed --stack-name …`",
            ),
        );
    }
    out.append(read);
}

/// Nothing of this template is complete any more.
fn open_all(out: &mut Output, why: &Why) {
    for role in &mut out.snapshot.roles {
        open(&mut role.policies_complete, why);
    }
    for cluster in &mut out.snapshot.clusters {
        open(&mut cluster.access_entries_complete, why);
    }
    for entry in &mut out.snapshot.access_entries {
        open(&mut entry.policies_complete, why);
    }
}

/// Takes the claim of completeness away, with the first reason.
fn open(completeness: &mut Completeness, why: &Why) {
    if completeness.is_complete() {
        *completeness = Completeness::Partial(why.clone());
    }
}
