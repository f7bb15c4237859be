//! The managed policies AWS publishes, in their latest version, as shipped data.
//!
//! The texts of the data file are the documents; a line about one is
//! `NAME PATH vN DATE BLOCK START LENGTH`, separated by tabs.

use crate::data::{self, DataFile};
use crate::policy::Policy;
use crate::problem::MalformedPolicy;

static FILE: DataFile = DataFile::new(include_bytes!("../data/managed-policies.bin"));

/// A managed policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ManagedPolicy {
    /// Its name.
    pub name: &'static str,
    /// The path of its ARN, from `/` to `/`.
    pub path: &'static str,
    /// The version, such as `v27`.
    pub version: &'static str,
    /// When this version was published, as `YYYY-MM-DD`.
    pub updated: &'static str,
    /// The JSON document.
    pub document: &'static str,
}

/// What is known of a managed policy without its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heading {
    /// Its name.
    pub name: &'static str,
    /// The path of its ARN, from `/` to `/`.
    pub path: &'static str,
    /// The version, such as `v27`.
    pub version: &'static str,
    /// When this version was published, as `YYYY-MM-DD`.
    pub updated: &'static str,
}

impl ManagedPolicy {
    /// The policy without its document.
    #[must_use]
    pub fn heading(&self) -> Heading {
        Heading {
            name: self.name,
            path: self.path,
            version: self.version,
            updated: self.updated,
        }
    }

    /// The ARN in partition `aws`.
    #[must_use]
    pub fn arn(&self) -> String {
        self.arn_in("aws")
    }

    /// The ARN in a partition, such as `aws-cn`. Whether AWS publishes the policy there, and in
    /// which version, is not known here.
    #[must_use]
    pub fn arn_in(&self, partition: &str) -> String {
        format!("arn:{partition}:iam::aws:policy{}{}", self.path, self.name)
    }

    /// The document, parsed.
    ///
    /// # Errors
    /// None are known: a test parses every shipped document.
    pub fn policy(&self) -> Result<Policy, MalformedPolicy> {
        Policy::parse(self.name, self.document)
    }
}

/// Where the shipped documents come from.
#[must_use]
pub fn source() -> Option<data::Source> {
    FILE.source()
}

/// Finds a policy by its name or its ARN (in any partition). Names have a case.
///
/// ```
/// use rolecall_policy::managed;
/// let found = managed::find("arn:aws:iam::aws:policy/aws-service-role/AmazonEKSServiceRolePolicy")
///     .ok_or("not shipped")?;
/// assert_eq!(found.name, "AmazonEKSServiceRolePolicy");
/// assert!(managed::find("AmazonEKSRolePolicyOfMine").is_none());
/// # Ok::<(), &str>(())
/// ```
#[must_use]
pub fn find(name_or_arn: &str) -> Option<ManagedPolicy> {
    let (path, name) = match crate::principal::arn_fields(name_or_arn) {
        Some([_, _, "iam", "", "aws", resource]) => {
            let within = resource.strip_prefix("policy")?;
            let (path, name) = within.split_at_checked(within.rfind('/')? + 1)?;
            (Some(path), name)
        }
        Some(_) => return None,
        None => (None, name_or_arn),
    };
    let policy = entry(FILE.line_of(name)?)?;
    path.is_none_or(|path| path == policy.path)
        .then_some(policy)
}

/// All policies, sorted by name. Reading them inflates everything.
pub fn all() -> impl Iterator<Item = ManagedPolicy> {
    FILE.lines().filter_map(entry)
}

/// The names of all policies, sorted; nothing is inflated.
pub fn names() -> impl Iterator<Item = &'static str> {
    FILE.lines().filter_map(|line| line.split('\t').next())
}

/// All policies without their documents, sorted by name; nothing is inflated.
pub fn headings() -> impl Iterator<Item = Heading> {
    FILE.lines().filter_map(|line| {
        let mut columns = line.split('\t');
        Some(Heading {
            name: columns.next()?,
            path: columns.next()?,
            version: columns.next()?,
            updated: columns.next()?,
        })
    })
}

fn entry(line: &'static str) -> Option<ManagedPolicy> {
    let mut columns = line.split('\t');
    let (name, path) = (columns.next()?, columns.next()?);
    let (version, updated) = (columns.next()?, columns.next()?);
    Some(ManagedPolicy {
        name,
        path,
        version,
        updated,
        document: FILE.text(columns)?,
    })
}
