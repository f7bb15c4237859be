//! The options that a request carries in its query.

use std::borrow::Cow;
use std::time::Duration;

use percent_encoding::percent_decode_str;

use crate::status::{Cause, Status};

/// The options of a request, raw as far as they need the resource to be understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) watch: bool,
    pub(crate) label_selector: String,
    pub(crate) field_selector: String,
    pub(crate) limit: usize,
    pub(crate) continue_token: String,
    pub(crate) resource_version: String,
    pub(crate) resource_version_match: String,
    pub(crate) timeout: Option<Duration>,
    pub(crate) bookmarks: bool,
    pub(crate) send_initial_events: Option<bool>,
    pub(crate) dry_run: bool,
    pub(crate) field_manager: String,
    pub(crate) force: Option<bool>,
    pub(crate) field_validation: FieldValidation,
    pub(crate) include_object: String,
    pub(crate) propagation: Option<String>,
    pub(crate) orphan_dependents: Option<bool>,
    pub(crate) grace_seconds: Option<i64>,
}

/// What happens with fields that the schema does not know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum FieldValidation {
    Ignore,
    #[default]
    Warn,
    Strict,
}

impl Query {
    /// Parses a query string.
    ///
    /// # Errors
    /// 400 for values of the wrong type, 422 for values that are not supported.
    pub(crate) fn parse(query: &str) -> Result<Self, Status> {
        let mut found = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decoded(name), decoded(value));
            found.take(&name, value)?;
        }
        Ok(found)
    }

    fn take(&mut self, name: &str, value: Cow<'_, str>) -> Result<(), Status> {
        match name {
            "watch" => self.watch = flag(&value).unwrap_or_default(),
            "allowWatchBookmarks" => self.bookmarks = flag(&value).unwrap_or_default(),
            "sendInitialEvents" => self.send_initial_events = flag(&value),
            "force" => self.force = flag(&value),
            "orphanDependents" => self.orphan_dependents = flag(&value),
            "labelSelector" => self.label_selector = value.into_owned(),
            "fieldSelector" => self.field_selector = value.into_owned(),
            "continue" => self.continue_token = value.into_owned(),
            "resourceVersion" => self.resource_version = value.into_owned(),
            "resourceVersionMatch" => self.resource_version_match = value.into_owned(),
            "fieldManager" => self.field_manager = value.into_owned(),
            "includeObject" => self.include_object = value.into_owned(),
            "propagationPolicy" => self.propagation = Some(value.into_owned()),
            "limit" => {
                let limit: i64 = number(&value)?.unwrap_or_default();
                self.limit = usize::try_from(limit).unwrap_or_default();
            }
            "timeoutSeconds" => {
                let seconds = number(&value)?.and_then(|one| u64::try_from(one).ok());
                self.timeout = seconds.filter(|&one| one > 0).map(Duration::from_secs);
            }
            "gracePeriodSeconds" => self.grace_seconds = number(&value)?,
            "dryRun" => self.dry_run |= dry_run(&value)?,
            "fieldValidation" => self.field_validation = field_validation(&value)?,
            _ => {}
        }
        Ok(())
    }

    /// Refuses combinations of options for a list or a watch that make no sense.
    pub(crate) fn check_list(&self, watch: bool) -> Result<(), Status> {
        let mut causes = Vec::new();
        let matching = self.resource_version_match.as_str();
        let mut forbid =
            |field: &str, why: &str| causes.push(Cause::forbidden(field.to_owned(), why));
        if watch {
            if self.send_initial_events.is_some() && matching != "NotOlderThan" {
                forbid(
                    "resourceVersionMatch",
                    "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
                );
            }
            if !matching.is_empty() && self.send_initial_events.is_none() {
                forbid(
                    "resourceVersionMatch",
                    "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
                );
            }
        } else {
            if !matching.is_empty() && self.resource_version.is_empty() {
                forbid(
                    "resourceVersionMatch",
                    "resourceVersionMatch is forbidden unless resourceVersion is provided",
                );
            }
            if matching == "Exact" && self.resource_version == "0" {
                forbid(
                    "resourceVersionMatch",
                    "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"",
                );
            }
            if self.send_initial_events.is_some() {
                forbid(
                    "sendInitialEvents",
                    "sendInitialEvents is forbidden for list",
                );
            }
        }
        if !matching.is_empty() && !self.continue_token.is_empty() {
            forbid(
                "resourceVersionMatch",
                "resourceVersionMatch is forbidden when continue is provided",
            );
        }
        if !matches!(matching, "" | "Exact" | "NotOlderThan") {
            causes.push(Cause::unsupported(
                "resourceVersionMatch",
                &matching.into(),
                &["Exact", "NotOlderThan", ""],
            ));
        }
        if causes.is_empty() {
            return Ok(());
        }
        Err(Status::invalid("meta.k8s.io", "ListOptions", "", causes))
    }
}

fn decoded(text: &str) -> Cow<'_, str> {
    if text.contains('+') {
        let spaced = text.replace('+', " ");
        return Cow::Owned(percent_decode_str(&spaced).decode_utf8_lossy().into_owned());
    }
    percent_decode_str(text).decode_utf8_lossy()
}

fn flag(value: &str) -> Option<bool> {
    match value {
        "" | "1" | "true" | "True" | "TRUE" | "t" | "T" => Some(true),
        // Kubernetes takes anything else for true as well, apart from these.
        "0" | "false" | "False" | "FALSE" | "f" | "F" => Some(false),
        _ => Some(true),
    }
}

fn number(value: &str) -> Result<Option<i64>, Status> {
    if value.is_empty() {
        return Ok(None);
    }
    value.parse().map(Some).map_err(|_| {
        Status::bad_request(format!(
            "strconv.ParseInt: parsing {value:?}: invalid syntax"
        ))
    })
}

/// Whether a value of `dryRun` asks for one.
pub(crate) fn dry_run(value: &str) -> Result<bool, Status> {
    match value {
        "All" => Ok(true),
        "" => Ok(false),
        other => {
            let cause = Cause::unsupported("dryRun", &other.into(), &["All"]);
            Err(Status::invalid(
                "meta.k8s.io",
                "CreateOptions",
                "",
                vec![cause],
            ))
        }
    }
}

fn field_validation(value: &str) -> Result<FieldValidation, Status> {
    match value {
        "" | "Warn" => Ok(FieldValidation::Warn),
        "Ignore" => Ok(FieldValidation::Ignore),
        "Strict" => Ok(FieldValidation::Strict),
        other => {
            let supported = ["Ignore", "Strict", "Warn"];
            let cause = Cause::unsupported("fieldValidation", &other.into(), &supported);
            Err(Status::invalid(
                "meta.k8s.io",
                "CreateOptions",
                "",
                vec![cause],
            ))
        }
    }
}
