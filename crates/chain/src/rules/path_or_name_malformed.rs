use rolecall_facts::{InstanceProfile, Origin, Principal, Role, symbol};

use super::role::{named_at, namer, role_name};
use crate::context::{ChainContext, RoleReference};
use crate::rule::rule;
use crate::{Edit, Evidence, Finding, Repair, Safety};
use rolecall_arn::{IamPath, InstanceProfileName, RoleName};

rule! {
    /// ## What it checks
    /// That names and paths along a chain follow IAM's grammar: the node role's, the launcher's, the
    /// instance profile's, and the name or ARN a class or node group refers to. A path is `/` or text
    /// that begins and ends with `/`, at most 512 printable characters without space; a role's name is 1
    /// to 64 letters, digits or `_+=,.@-`, an instance profile's up to 128. Paths that begin with
    /// `/aws-service-role` are reserved for AWS.
    ///
    /// ## Why nodes fail
    /// IAM refuses the role with ValidationError, and a reserved path with InvalidInput, `Paths beginning
    /// with '/aws-service-role' are reserved for AWS Service Linked Roles`. The most common slip is a
    /// path without its last slash (IAM API Reference, `CreateRole`).
    ///
    /// ## Example
    /// ```yaml nodes.yaml
    /// apiVersion: eks.amazonaws.com/v1
    /// kind: NodeClass
    /// metadata:
    ///   name: web
    /// spec:
    ///   role: WebNodeRole
    /// ---
    /// apiVersion: karpenter.sh/v1
    /// kind: NodePool
    /// metadata:
    ///   name: web
    /// spec:
    ///   template:
    ///     spec:
    ///       nodeClassRef:
    ///         group: eks.amazonaws.com
    ///         kind: NodeClass
    ///         name: web
    /// ```
    /// ```hcl main.tf
    /// resource "aws_iam_role" "web" {
    ///   name = "WebNodeRole"
    ///   path = "/platform/eks"
    ///   assume_role_policy = jsonencode({
    ///     Version   = "2012-10-17"
    ///     Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
    ///   })
    ///   managed_policy_arns = [
    ///     "arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy",
    ///     "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
    ///   ]
    /// }
    /// ```
    ///
    /// ## Fix
    /// ```hcl main.tf
    /// resource "aws_iam_role" "web" {
    ///   name = "WebNodeRole"
    ///   path = "/platform/eks/"
    ///   assume_role_policy = jsonencode({
    ///     Version   = "2012-10-17"
    ///     Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
    ///   })
    ///   managed_policy_arns = [
    ///     "arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy",
    ///     "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
    ///   ]
    /// }
    /// ```
    ///
    /// ## Permissions needed
    /// None.
    pub(super) PATH_OR_NAME_MALFORMED = RC304 "path-or-name-malformed", Error, Role, Chain(check)
}

fn check(context: &ChainContext<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(role) = context.role.role() {
        findings.extend(of_role(role));
    }
    if let Some(role) = context.launcher.role() {
        findings.extend(of_role(role));
    }
    match &context.reference {
        RoleReference::Name {
            bare: Some(name),
            fault: None,
            written,
        } if !name.is_empty() => {
            let said = format!("{} names the role `{name}`", namer(context));
            findings.extend(problem::<RoleName>(name).map(|why| {
                new(
                    &format!("role {name}"),
                    format!("{said}, which cannot be a role's name: {why}"),
                )
                .at(written.value.origin().unwrap_or(named_at(context)))
            }));
        }
        RoleReference::Arn(principal) => findings.extend(of_arn(context, principal.value.value())),
        RoleReference::Profile { found, .. } => {
            findings.extend(found.profile().map(of_profile).unwrap_or_default());
        }
        _ => {}
    }
    findings
}

fn of_role(role: &Role) -> Vec<Finding> {
    let subject = format!("role {}", role_name(role));
    let name = text(role.name.value());
    let path = text(role.path.value());
    let by_name = name.and_then(|name| {
        let why = problem::<RoleName>(name)?;
        let message = format!("`{name}` cannot be a role's name: {why}");
        Some(new(&subject, message).at(role.name.origin().unwrap_or(&role.origin)))
    });
    let place = role.path.origin().unwrap_or(&role.origin);
    let by_path = path.and_then(|path| {
        let message = path_message(&format!("role `{}`", role_name(role)), path, &role.origin)?;
        let edit = closed(path).and_then(|closed| Edit::of(&role.path, closed));
        Some(mended(new(&subject, message).at(place), path, edit))
    });
    by_name.into_iter().chain(by_path).collect()
}

fn of_profile(profile: &InstanceProfile) -> Vec<Finding> {
    let name = text(profile.name.value());
    let shown = name.unwrap_or("(unnamed)");
    let subject = format!("instance profile {shown}");
    let by_name = name.and_then(|name| {
        let why = problem::<InstanceProfileName>(name)?;
        let message = format!("`{name}` cannot be an instance profile's name: {why}");
        Some(new(&subject, message).at(profile.name.origin().unwrap_or(&profile.origin)))
    });
    let by_path = text(profile.path.value()).and_then(|path| {
        let why = problem::<IamPath>(path)?;
        let message =
            format!("the path `{path}` of instance profile `{shown}` is not one IAM takes: {why}");
        let edit = closed(path).and_then(|closed| Edit::of(&profile.path, closed));
        let at = profile.path.origin().unwrap_or(&profile.origin);
        Some(mended(new(&subject, message).at(at), path, edit))
    });
    by_name.into_iter().chain(by_path).collect()
}

/// A full ARN is wanted; what is written looks like one and is not a role's.
fn of_arn(context: &ChainContext<'_>, principal: Option<&Principal>) -> Option<Finding> {
    let Some(Principal::Other(written)) = principal else {
        return None;
    };
    if !written.starts_with("arn:") || symbol::has_any(written) {
        return None;
    }
    let why = problem::<rolecall_arn::RoleArn>(written)?;
    let message = format!(
        "{} names `{written}` as its node role, which is not a role's ARN: {why}",
        namer(context)
    );
    Some(new(&context.pool.to_string(), message).at(named_at(context)))
}

fn path_message(whose: &str, path: &str, origin: &Origin) -> Option<String> {
    if let Some(why) = problem::<IamPath>(path) {
        return Some(format!(
            "the path `{path}` of {whose} is not one IAM takes: {why}"
        ));
    }
    // A service-linked role that was read from an account is there by right.
    let reserved = path.starts_with("/aws-service-role") && origin.as_file().is_some();
    reserved.then(|| format!("the path `{path}` of {whose} is reserved for AWS"))
}

fn mended(finding: Finding, path: &str, edit: Option<Edit>) -> Finding {
    match closed(path) {
        Some(closed) => finding
            .repair(Repair::new(format!("Write the path as `{closed}`"), Safety::Safe).edit(edit)),
        None => finding,
    }
}

/// The path with the slashes it lacks, if those are all it lacks.
fn closed(path: &str) -> Option<String> {
    let closed = format!("/{}/", path.trim_matches('/'));
    (closed != path && closed.parse::<IamPath>().is_ok()).then_some(closed)
}

fn text(written: Option<&String>) -> Option<&str> {
    written
        .map(String::as_str)
        .filter(|text| !symbol::has_any(text))
}

fn problem<T: std::str::FromStr<Err = rolecall_arn::ArnError>>(text: &str) -> Option<String> {
    text.parse::<T>().err().map(|error| error.problem)
}

fn new(subject: &str, message: String) -> Finding {
    Finding::new(&PATH_OR_NAME_MALFORMED, subject, message).evidence(Evidence::fact(
        "IAM checks names and paths before anything else and answers ValidationError",
        None,
    ))
}
