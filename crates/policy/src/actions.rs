//! The actions of AWS services: their resource types, condition keys and access levels (Service
//! Authorization Reference), as shipped data.
//!
//! The texts of the data file are services, `PREFIX BLOCK START LENGTH` is a line about one. A
//! service's text has a line for every
//!
//! ```text
//! S  prefix  name                                     the service
//! K  name  type                                       condition key; those below count from 0
//! R  name  ARN  keys                                  resource type
//! A  name  level  keys  resources  dependent  text    action; a resource is `name:keys`, with `*`
//!                                                     behind the name when it is required
//! ```

use crate::data::{DataFile, Source};

static FILE: DataFile = DataFile::new(include_bytes!("../data/actions.bin"));

/// What an action does, in AWS's classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
pub enum AccessLevel {
    /// It lists resources.
    List,
    /// It reads a resource.
    Read,
    /// It makes, changes or removes a resource.
    Write,
    /// It changes nothing but tags.
    Tagging,
    /// It changes who may do what.
    PermissionsManagement,
}

/// A service by its prefix, such as `eks`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    text: &'static str,
    /// The prefix of its actions.
    pub prefix: &'static str,
    /// Its name, such as `Amazon Elastic Kubernetes Service`.
    pub name: &'static str,
}

/// An action of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// The service.
    pub service: Service,
    /// The name without prefix, as AWS spells it.
    pub name: &'static str,
    /// Its class.
    pub access: AccessLevel,
    /// What it does, as the end of "Grants permission to …".
    pub purpose: &'static str,
    /// The condition keys that come with the action itself.
    pub condition_keys: Vec<&'static str>,
    /// The resource types it can be authorised on; none means `Resource` must be `*`.
    pub resources: Vec<ActionResource>,
    /// Further actions the caller must be allowed, such as `iam:PassRole`.
    pub dependent_actions: Vec<&'static str>,
}

/// A resource type as one action uses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionResource {
    /// The name of the type, such as `access-entry`.
    pub name: &'static str,
    /// The ARN with `${…}` for its parts.
    pub arn: &'static str,
    /// Whether every request names one.
    pub required: bool,
    /// The condition keys that come with it under this action.
    pub condition_keys: Vec<&'static str>,
}

impl Action {
    /// Whether the action has no resource type, so that a statement must say `"Resource": "*"`.
    #[must_use]
    pub fn is_wildcard_only(&self) -> bool {
        self.resources.is_empty()
    }
}

/// Where the shipped table comes from.
#[must_use]
pub fn source() -> Option<Source> {
    FILE.source()
}

/// Finds a service by its prefix, in any case.
#[must_use]
pub fn service(prefix: &str) -> Option<Service> {
    let line = FILE.line_of(&prefix.to_ascii_lowercase())?;
    let text = FILE.text(line.split('\t').skip(1))?;
    let mut columns = text.lines().next()?.strip_prefix("S\t")?.split('\t');
    Some(Service {
        text,
        prefix: columns.next()?,
        name: columns.next()?,
    })
}

/// The prefixes of all services, sorted; nothing is inflated.
pub fn services() -> impl Iterator<Item = &'static str> {
    FILE.lines().filter_map(|line| line.split('\t').next())
}

/// Finds an action such as `eks:DescribeAccessEntry`, in any case.
///
/// ```
/// use rolecall_policy::actions;
/// let entry = actions::find("eks:describeaccessentry").ok_or("unknown")?;
/// assert_eq!(entry.name, "DescribeAccessEntry");
/// assert_eq!(entry.resources[0].name, "access-entry");
/// assert!(actions::find("eks:ListClusters").ok_or("unknown")?.is_wildcard_only());
/// # Ok::<(), &str>(())
/// ```
#[must_use]
pub fn find(action: &str) -> Option<Action> {
    let (prefix, name) = action.split_once(':')?;
    service(prefix)?.action(name)
}

impl Service {
    fn lines(self, kind: &'static str) -> impl Iterator<Item = &'static str> {
        self.text
            .lines()
            .filter_map(move |line| line.strip_prefix(kind)?.strip_prefix('\t'))
    }

    /// The names of its actions, sorted.
    pub fn action_names(self) -> impl Iterator<Item = &'static str> {
        self.lines("A").filter_map(|line| line.split('\t').next())
    }

    /// The names of its actions, each with whether it has resource types.
    pub(crate) fn outlines(self) -> impl Iterator<Item = (&'static str, bool)> {
        self.lines("A").filter_map(|line| {
            let mut columns = line.split('\t');
            Some((columns.next()?, !columns.nth(2)?.is_empty()))
        })
    }

    /// One of its actions, by name in any case.
    #[must_use]
    pub fn action(self, name: &str) -> Option<Action> {
        let named = |line: &&str| {
            line.split('\t')
                .next()
                .is_some_and(|found| found.eq_ignore_ascii_case(name))
        };
        let mut columns = self.lines("A").find(named)?.split('\t');
        let name = columns.next()?;
        let access = match columns.next()? {
            "L" => AccessLevel::List,
            "R" => AccessLevel::Read,
            "T" => AccessLevel::Tagging,
            "P" => AccessLevel::PermissionsManagement,
            _ => AccessLevel::Write,
        };
        let keys: Vec<&'static str> = self
            .lines("K")
            .filter_map(|line| line.split('\t').next())
            .collect();
        let numbered = |numbers: &'static str| {
            let number = |n: &str| keys.get(n.parse::<usize>().ok()?).copied();
            numbers.split(',').filter_map(number).collect::<Vec<_>>()
        };
        let condition_keys = numbered(columns.next()?);
        let resource = |text: &'static str| {
            let (name, numbers) = text.split_once(':')?;
            let (name, required) = match name.strip_suffix('*') {
                Some(name) => (name, true),
                None => (name, false),
            };
            let arn = self.resource_arn(name)?;
            Some(ActionResource {
                name,
                arn,
                required,
                condition_keys: numbered(numbers),
            })
        };
        let resources = columns.next()?.split(' ').filter_map(resource).collect();
        let dependent = columns
            .next()?
            .split(' ')
            .filter(|name| !name.is_empty())
            .collect();
        Some(Action {
            service: self,
            name,
            access,
            purpose: columns.next()?,
            condition_keys,
            resources,
            dependent_actions: dependent,
        })
    }

    /// The ARN of a resource type, with `${…}` for its parts.
    #[must_use]
    pub fn resource_arn(self, resource_type: &str) -> Option<&'static str> {
        self.lines("R").find_map(|line| {
            let (name, rest) = line.split_once('\t')?;
            (name == resource_type)
                .then(|| rest.split('\t').next())
                .flatten()
        })
    }

    /// The type of one of its condition keys, such as `String` or `ArrayOfString`. A key with a
    /// part for the caller's own names, such as `aws:RequestTag/…`, is found by any of them.
    #[must_use]
    pub fn condition_key_type(self, key: &str) -> Option<&'static str> {
        self.lines("K").find_map(|line| {
            let (name, kind) = line.split_once('\t')?;
            let same = match name.split_once("${") {
                Some((stem, _)) => key
                    .get(..stem.len())
                    .is_some_and(|start| start.eq_ignore_ascii_case(stem)),
                None => name.eq_ignore_ascii_case(key),
            };
            same.then_some(kind)
        })
    }
}
