//! Managed node groups.

use rolecall_facts::{Fact, NodeGroup, NodeGroupKind, Origin, Reference, Why};

use super::{Eks, by_value, unsaid};
use crate::missing::Missing;

impl Eks {
    /// The names of the managed node groups.
    pub(crate) async fn node_group_names(&self) -> Result<Vec<String>, Missing> {
        let origin = Origin::api("eks:ListNodegroups", &self.cluster);
        let mut names = Vec::new();
        let mut next = None;
        loop {
            let call = self
                .client
                .list_nodegroups()
                .cluster_name(&self.cluster)
                .set_next_token(next)
                .send();
            let page = self
                .ledger
                .call(&origin, call)
                .await
                .map_err(|error| Missing::of(&error, "eks:ListNodegroups", &self.cluster))?;
            names.extend(page.nodegroups.unwrap_or_default());
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok(names);
            }
        }
    }

    /// One managed node group; what may not be read of it is unknown.
    pub(crate) async fn node_group(&self, name: &str) -> (NodeGroup, Option<Missing>) {
        let origin = Origin::api("eks:DescribeNodegroup", name);
        let call = self
            .client
            .describe_nodegroup()
            .cluster_name(&self.cluster)
            .nodegroup_name(name)
            .send();
        let answer = self.ledger.call(&origin, call).await;
        let (role, windows, missing) = match answer {
            Ok(answer) => {
                let group = answer.nodegroup;
                let role = group.as_ref().and_then(|group| group.node_role.clone());
                let windows = group
                    .and_then(|group| group.ami_type)
                    .is_some_and(|kind| kind.as_str().contains("WINDOWS"));
                let role = role.map_or_else(
                    || Reference::by_value(unsaid("nodeRole", &origin)),
                    |arn| by_value(&arn, &origin),
                );
                (role, Fact::known(windows, origin.clone()), None)
            }
            Err(error) => {
                let missing = Missing::of(&error, "eks:DescribeNodegroup", name);
                let why = missing
                    .why()
                    .unwrap_or_else(|| Why::ReadFailed("the node group, which vanished,".into()));
                (
                    Reference::by_value(Fact::unknown(why.clone())),
                    Fact::unknown(why),
                    Some(missing),
                )
            }
        };
        let group = NodeGroup {
            id: None,
            kind: NodeGroupKind::Managed,
            name: Fact::known(name.to_owned(), origin.clone()),
            cluster: self.reference(),
            role: Some(role),
            instance_profile: None,
            windows,
            origin,
        };
        (group, missing)
    }
}
