use std::fmt;

/// A cluster as it is named: by name, or by ARN, which tells its region too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterName {
    /// The name.
    pub name: String,
    /// The region, where it is told.
    pub region: Option<String>,
}

impl ClusterName {
    /// Reads what was typed: a name, or an ARN.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self::of_arn(text).unwrap_or_else(|| Self {
            name: text.to_owned(),
            region: None,
        })
    }

    /// Reads `arn:aws:eks:eu-central-1:111122223333:cluster/prod`.
    pub(super) fn of_arn(text: &str) -> Option<Self> {
        let mut fields = text.strip_prefix("arn:")?.splitn(5, ':');
        let (_partition, service) = (fields.next()?, fields.next()?);
        let (region, _account) = (fields.next()?, fields.next()?);
        let name = fields.next()?.strip_prefix("cluster/")?;
        (service == "eks").then(|| Self {
            name: name.to_owned(),
            region: Some(region.to_owned()),
        })
    }

    /// Reads `prod.eu-central-1.eksctl.io`, as eksctl names what it writes into a kubeconfig, with
    /// or without `user@` before it.
    pub(super) fn of_eksctl(text: &str) -> Option<Self> {
        let text = text.rsplit('@').next()?;
        let (name, region) = text.strip_suffix(".eksctl.io")?.rsplit_once('.')?;
        Some(Self {
            name: name.to_owned(),
            region: Some(region.to_owned()),
        })
    }

    /// Whether both can be the same cluster: a region that is not told may be any.
    pub(super) fn may_be(&self, other: &Self) -> bool {
        let same_region = match (&self.region, &other.region) {
            (Some(one), Some(another)) => one == another,
            _ => true,
        };
        self.name == other.name && same_region
    }
}

impl fmt::Display for ClusterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.region {
            Some(region) => write!(f, "`{}` in `{region}`", self.name),
            None => write!(f, "`{}`", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ClusterName;

    fn named(name: &str, region: Option<&str>) -> ClusterName {
        ClusterName {
            name: name.to_owned(),
            region: region.map(str::to_owned),
        }
    }

    #[test]
    fn a_cluster_is_named_by_name_or_arn() {
        let arn = "arn:aws-cn:eks:cn-north-1:111122223333:cluster/prod";
        assert_eq!(ClusterName::of(arn), named("prod", Some("cn-north-1")));
        assert_eq!(ClusterName::of("prod"), named("prod", None));
        let role = "arn:aws:iam::111122223333:role/prod";
        assert_eq!(ClusterName::of_arn(role), None);
    }

    #[test]
    fn eksctl_writes_the_region_into_its_names() {
        let context = "me@prod.west.eu-west-1.eksctl.io";
        let read = ClusterName::of_eksctl(context).unwrap();
        assert_eq!(read, named("prod.west", Some("eu-west-1")));
        assert_eq!(ClusterName::of_eksctl("prod"), None);
    }

    #[test]
    fn an_untold_region_may_be_any() {
        assert!(named("a", None).may_be(&named("a", Some("eu-west-1"))));
        assert!(!named("a", Some("us-east-1")).may_be(&named("a", Some("eu-west-1"))));
    }
}
