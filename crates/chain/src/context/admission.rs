//! Whether the cluster lets the node's identity in, and by what.

use rolecall_facts::{
    AccessEntry, AuthenticationMode, AwsAuthRole, Completeness, Fact, NodeGroupKind, Origin,
    RoleIdentity,
};

use super::{
    ChainContext, Flavour, MadeByEks, PoolSource, RoleFound, RoleReference, asked_identity,
};
use crate::ControlPlane;
use crate::iam::{Answer, Asked};
use crate::questions::describe_entry;

/// What lets the node in.
#[derive(Debug, Clone)]
pub(crate) enum Admission<'a> {
    /// An access entry of a type that fits.
    Entry(&'a AccessEntry),
    /// A mapping in `aws-auth`.
    AwsAuth(&'a AwsAuthRole),
    /// AWS or a tool makes entry or mapping itself; who and when.
    MadeFor(&'static str),
    /// Nothing; a rule says why.
    Refused,
    /// It cannot be told; why.
    Unknown(String),
}

/// The admission, with the question that EKS asks itself in Auto Mode.
#[derive(Debug, Clone)]
pub(crate) struct Admitted<'a> {
    pub(crate) admission: Admission<'a>,
    /// The principal that Auto Mode's control plane asks for, and EKS's answer.
    pub(crate) described: Option<(RoleIdentity, Asked)>,
}

impl<'a> Admitted<'a> {
    fn plain(admission: Admission<'a>) -> Self {
        Self {
            admission,
            described: None,
        }
    }
}

impl<'a> ChainContext<'a> {
    /// What lets the pool's nodes in.
    pub(crate) fn admitted(&self) -> &Admitted<'a> {
        self.admitted.get_or_init(|| match self.flavour {
            _ if matches!(self.role, RoleFound::NotFound { .. }) => {
                let why = "there is no such role to let in".to_owned();
                Admitted::plain(Admission::Unknown(why))
            }
            Flavour::AutoMode => self.admitted_by_auto_mode(),
            Flavour::Managed => Admitted::plain(self.admitted_as_managed()),
            Flavour::Karpenter | Flavour::SelfManaged | Flavour::Hybrid => {
                Admitted::plain(self.admitted_by_user())
            }
        })
    }

    /// The cluster's authentication mode, if it is known.
    pub(crate) fn mode(&self) -> Option<AuthenticationMode> {
        self.cluster
            .and_then(|cluster| cluster.authentication_mode.value().copied())
    }

    fn admitted_by_auto_mode(&self) -> Admitted<'a> {
        if self.mode().is_some_and(|mode| !mode.has_api()) {
            return Admitted::plain(Admission::Refused);
        }
        let legacy = self.world.options.control_plane == ControlPlane::Legacy;
        if self.is_built_in() {
            let has_path = self.role.identity().is_none_or(|role| !role.path.is_root());
            return Admitted::plain(if legacy && has_path {
                Admission::Unknown(
                    "whether the legacy control plane drops the path for built-in pools too is not \
                     documented"
                        .to_owned(),
                )
            } else {
                Admission::MadeFor("EKS makes the entry together with the built-in pools")
            });
        }
        let Some(identity) = self.role.identity() else {
            return Admitted::plain(self.admitted_without_arn());
        };
        if legacy && self.writes_another_case(identity) {
            return Admitted::plain(Admission::Unknown(
                "the class writes the role's name in another case, and whether EKS tells apart \
                 principals by case is not documented"
                    .to_owned(),
            ));
        }
        let asked_for = self.asked_for(identity);
        let entry = if asked_for == *identity {
            self.entries.exact.first().copied()
        } else {
            self.entries
                .under(&asked_for)
                .filter(|entry| can_exist(entry, identity))
        };
        let entry_type = match entry.map(|entry| &entry.entry_type) {
            None => None,
            Some(Fact::Known { value, .. }) => Some(value.to_ascii_uppercase()),
            Some(Fact::Unknown { why, .. }) => {
                return Admitted::plain(Admission::Unknown(why.to_string()));
            }
        };
        let asked = describe_entry(self, &asked_for, entry_type.as_deref());
        let admission = match (&asked.answer, entry, &self.entries.open) {
            (Answer::Allowed, Some(entry), _) => Admission::Entry(entry),
            (Answer::Unknown(why), ..) => Admission::Unknown(why.clone()),
            (_, None, _)
                if asked_for == *identity && self.entries.made == Some(MadeByEks::BuiltInPools) =>
            {
                Admission::MadeFor("EKS makes the entry, as the built-in pools use the same role")
            }
            (_, None, Some(open))
                if asked_for == *identity && self.entries.of_other_path(identity).is_none() =>
            {
                Admission::Unknown(open.clone())
            }
            _ => Admission::Refused,
        };
        Admitted {
            admission,
            described: Some((asked_for, asked)),
        }
    }

    /// Whether the class's text for the role differs from its name in case, which IAM minds not (IAM API
    /// Reference, `CreateRole`).
    fn writes_another_case(&self, identity: &RoleIdentity) -> bool {
        matches!(&self.reference, RoleReference::Name { bare: Some(bare), .. }
            if *bare != identity.name.as_str() && bare.eq_ignore_ascii_case(identity.name.as_str()))
    }

    /// The ARN that the control plane asks EKS about. Where the class names an instance profile, there
    /// is no name to build one from: also the legacy control plane reads the profile's role
    /// (users report `spec.instanceProfile` as a way around it, aws/containers-roadmap#2486).
    fn asked_for(&self, identity: &RoleIdentity) -> RoleIdentity {
        let control_plane = match self.reference {
            RoleReference::Profile { .. } => ControlPlane::Current,
            _ => self.world.options.control_plane,
        };
        asked_identity(identity, control_plane)
    }

    /// The role's ARN is not known, but a declared reference may tie an entry to it all the same.
    fn admitted_without_arn(&self) -> Admission<'a> {
        match self.entries.exact.first() {
            Some(entry)
                if entry
                    .entry_type
                    .value()
                    .is_some_and(|kind| type_is(kind, "EC2")) =>
            {
                Admission::Entry(entry)
            }
            Some(entry) if entry.entry_type.is_known() => Admission::Refused,
            Some(entry) => Admission::Unknown(
                entry
                    .entry_type
                    .why()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
            ),
            None if self.entries.made == Some(MadeByEks::BuiltInPools) => {
                Admission::MadeFor("EKS makes the entry, as the built-in pools use the same role")
            }
            None => self.absent_entry(self.why_no_arn()),
        }
    }

    /// No entry was found: refused only where that is certain. That is where an entry was written for
    /// this role under another path, or where the list of entries is whole and none can be meant.
    fn absent_entry(&self, why: &str) -> Admission<'a> {
        let other_path = self
            .role
            .identity()
            .and_then(|identity| self.entries.of_other_path(identity));
        match (&self.entries.open, self.role.name(), self.role.identity()) {
            _ if other_path.is_some() => Admission::Refused,
            (Some(open), ..) => Admission::Unknown(open.clone()),
            (None, Some(_), _) if self.entries.same_name.is_empty() => Admission::Refused,
            (None, _, Some(_)) => Admission::Refused,
            _ => Admission::Unknown(why.to_owned()),
        }
    }

    /// EKS makes the entry of a managed node group's role, or writes its ARN into `aws-auth`, path
    /// and all, where the mode is `CONFIG_MAP`; then only a mapping of the user's own without the path
    /// lets the nodes in (EKS User Guide, "Create access entries";
    /// terraform-aws-modules/terraform-aws-eks#2283).
    fn admitted_as_managed(&self) -> Admission<'a> {
        let with_api = match self.entries.exact.first() {
            Some(entry) if !self.flavour.takes(entry) => Admission::Refused,
            Some(entry) => Admission::Entry(entry),
            None => Admission::MadeFor("EKS makes the entry when it makes the node group"),
        };
        let path_is_root = self.path_is_root();
        match (self.mode(), path_is_root) {
            (Some(mode), _) if mode.has_api() => with_api,
            (Some(_), Some(false)) => match (self.mapping(), self.aws_auth_open()) {
                (Some(mapping), _) => Admission::AwsAuth(mapping),
                (None, Some(why)) => Admission::Unknown(why),
                (None, None) => Admission::Refused,
            },
            (Some(_), Some(true)) => Admission::MadeFor("EKS writes the mapping into aws-auth"),
            (None, Some(true)) if !matches!(with_api, Admission::Refused) => {
                Admission::MadeFor("EKS makes the entry, or writes the mapping into aws-auth")
            }
            (None, _) => self.mode_unknown(),
            (Some(_), None) => Admission::Unknown(self.why_no_arn().to_owned()),
        }
    }

    /// Whether the role lives at the root path, which can be known where its name is not.
    fn path_is_root(&self) -> Option<bool> {
        let identity = self.role.identity();
        identity.map(|role| role.path.is_root()).or_else(|| {
            let path = self.role.role()?.path.value()?;
            (!rolecall_facts::symbol::has_any(path)).then_some(path == "/")
        })
    }

    /// What keeps an entry from being found for a role whose ARN is not known.
    fn why_no_arn(&self) -> &'static str {
        match self.role.name() {
            Some(_) => "the role's path is not known",
            None => "the role is not known",
        }
    }

    fn mode_unknown(&self) -> Admission<'a> {
        let why = match self.cluster.map(|cluster| &cluster.authentication_mode) {
            Some(Fact::Unknown { why, .. }) => why.to_string(),
            _ => self.world.no_cluster(" and its authentication mode"),
        };
        Admission::Unknown(why)
    }

    /// Karpenter's, self-managed and hybrid nodes need an entry of the user's, or a mapping of the
    /// user's; where both exist the entry wins (EKS User Guide, "Migrating existing aws-auth ConfigMap
    /// entries to access entries").
    fn admitted_by_user(&self) -> Admission<'a> {
        if matches!(self.reference, RoleReference::MadeByTool) {
            return Admission::MadeFor("eksctl makes role and entry");
        }
        let by_eksctl = matches!(
            self.source,
            PoolSource::Group(group) if group.kind == NodeGroupKind::SelfManaged
                && group.id.is_none()
                // One that runs was mapped by nobody but whoever the cluster shows to have done it.
                && group.origin.as_file().is_some()
        );
        if by_eksctl {
            return Admission::MadeFor("eksctl maps the group's role when it makes the group");
        }
        let mode = self.mode();
        if mode.is_none_or(AuthenticationMode::has_api)
            && let Some(entry) = self.entries.exact.first()
        {
            return if self.flavour.takes(entry) {
                Admission::Entry(entry)
            } else {
                Admission::Refused
            };
        }
        if mode.is_some_and(AuthenticationMode::has_api)
            && self.entries.made == Some(MadeByEks::ManagedNodeGroup)
            && self.flavour != Flavour::Hybrid
        {
            return Admission::MadeFor(
                "EKS makes the entry, as a managed node group uses the same role",
            );
        }
        let mapping = self.mapping();
        match mode {
            None => match mapping {
                Some(mapping) => Admission::AwsAuth(mapping),
                None => self.mode_unknown(),
            },
            Some(AuthenticationMode::Api) => self.absent_entry(self.why_no_arn()),
            Some(mode) => match (mapping, self.aws_auth_open()) {
                (Some(mapping), _) => Admission::AwsAuth(mapping),
                (None, Some(why)) => Admission::Unknown(why),
                (None, None) if mode.has_api() => self.absent_entry(self.why_no_arn()),
                (None, None) if self.role.name().is_none() => {
                    Admission::Unknown("the role is not known".to_owned())
                }
                (None, None) => Admission::Refused,
            },
        }
    }

    /// The mapping of `aws-auth` that fits the node's session: equal to the role's ARN without path,
    /// whatever the case (kubernetes-sigs/aws-iam-authenticator, `pkg/arn`). As the session's ARN has no
    /// path, and names are unique in an account, the role's name alone tells.
    pub(crate) fn mapping(&self) -> Option<&'a AwsAuthRole> {
        // A path plays no part in the comparison, so a role whose path is not known will do.
        let name = self.role.name()?;
        let identity = self.role.identity();
        let account = self.role.role().and_then(|role| role.account);
        let account = account.or_else(|| self.cluster.and_then(|cluster| cluster.account));
        self.mappings().find(|mapping| {
            let written = mapping.role_arn.value().and_then(|text| text.parse().ok());
            written.is_some_and(|written: RoleIdentity| {
                written.path.is_root()
                    && written.name.as_str().eq_ignore_ascii_case(name)
                    && match identity {
                        Some(wanted) => written.may_share_account(wanted),
                        None => {
                            written.account.is_none()
                                || account.is_none()
                                || written.account == account
                        }
                    }
            })
        })
    }

    /// The mappings of this cluster's `aws-auth`.
    pub(crate) fn mappings(&self) -> impl Iterator<Item = &'a AwsAuthRole> {
        self.world
            .aws_auth(&self.cluster_key)
            .iter()
            .filter_map(|aws_auth| aws_auth.map_roles.value())
            .flatten()
    }

    /// Why a mapping may exist that is not in the input; `None` when absence means absence.
    pub(crate) fn aws_auth_open(&self) -> Option<String> {
        let maps = self.world.aws_auth(&self.cluster_key);
        if let Some(why) = maps.iter().find_map(|map| map.map_roles.why()) {
            return Some(why.to_string());
        }
        if let Some(why) = self.mappings().find_map(|mapping| mapping.role_arn.why()) {
            return Some(why.to_string());
        }
        match self.cluster.map(|cluster| &cluster.aws_auth_complete) {
            _ if !maps.is_empty() => None,
            Some(Completeness::Complete) => None,
            Some(Completeness::Partial(why)) => Some(why.to_string()),
            None => Some(self.world.no_cluster(" or its aws-auth")),
        }
    }
}

/// Whether an entry's type is this one. The User Guide prints `EC2_Linux` where the API's model says
/// `EC2_LINUX`; whether the API tells them apart is not documented, so they count as the same.
pub(crate) fn type_is(written: &str, wanted: &str) -> bool {
    written.eq_ignore_ascii_case(wanted)
}

/// Whether an entry for another ARN of this role's name can exist. EKS refuses to make it, as no such
/// role exists (`invalid principal`); one that was read from a cluster was made for an earlier role.
fn can_exist(entry: &AccessEntry, role: &RoleIdentity) -> bool {
    let principal = entry
        .principal
        .value
        .value()
        .and_then(|principal| principal.as_role());
    principal.is_none_or(|principal| principal.may_equal(role))
        || matches!(entry.origin, Origin::Api(_))
        || entry.created_at.is_some()
}
