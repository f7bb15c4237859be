//! Managed node groups.

use rolecall_facts::{Fact, NodeGroup, NodeGroupKind, Origin, Reference, Why};

use super::{Eks, by_value, unsaid};
use crate::missing::Missing;
use crate::paging;

impl Eks {
    /// The names of the managed node groups.
    pub(crate) async fn node_group_names(&self) -> Result<Vec<String>, Missing> {
        const CALL: &str = "eks:ListNodegroups";
        paging::all(CALL, async |next| {
            let page = self.client.list_nodegroups();
            let page = page.cluster_name(&self.cluster).set_next_token(next).send();
            let page = self.ledger.ask(CALL, &self.cluster, page).await?;
            Ok((page.nodegroups.unwrap_or_default(), page.next_token))
        })
        .await
    }

    /// One managed node group; what may not be read of it is unknown.
    pub(crate) async fn node_group(&self, name: &str) -> (NodeGroup, Option<Missing>) {
        const CALL: &str = "eks:DescribeNodegroup";
        let origin = Origin::api(CALL, name);
        let call = self
            .client
            .describe_nodegroup()
            .cluster_name(&self.cluster)
            .nodegroup_name(name)
            .send();
        let answer = self.ledger.ask(CALL, name, call).await;
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
            Err(missing) => {
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
