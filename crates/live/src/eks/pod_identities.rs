//! Pod Identity: the roles that service accounts get.

use aws_sdk_eks::types;
use rolecall_facts::{Fact, Origin, PodIdentityAssociation, Reference};

use super::{Eks, by_value, unsaid};
use crate::missing::Missing;
use crate::paging;

impl Eks {
    /// The Pod Identity associations of service accounts of one name, in whatever namespace.
    pub(crate) async fn pod_identities(
        &self,
        service_account: &str,
    ) -> Result<Vec<PodIdentityAssociation>, Missing> {
        const CALL: &str = "eks:ListPodIdentityAssociations";
        let listed = paging::all(CALL, async |next| {
            let page = self.client.list_pod_identity_associations();
            let page = page.cluster_name(&self.cluster).set_next_token(next).send();
            let page = self.ledger.ask(CALL, &self.cluster, page).await?;
            Ok((page.associations.unwrap_or_default(), page.next_token))
        });
        let mut associations = Vec::new();
        for summary in listed.await? {
            if summary.service_account.as_deref() == Some(service_account) {
                associations.push(self.pod_identity(summary).await?);
            }
        }
        Ok(associations)
    }

    /// The list leaves the role out.
    async fn pod_identity(
        &self,
        summary: types::PodIdentityAssociationSummary,
    ) -> Result<PodIdentityAssociation, Missing> {
        const CALL: &str = "eks:DescribePodIdentityAssociation";
        let id = summary.association_id.unwrap_or_default();
        let origin = Origin::api(CALL, &id);
        let call = self
            .client
            .describe_pod_identity_association()
            .cluster_name(&self.cluster)
            .association_id(&id)
            .send();
        let answer = self.ledger.ask(CALL, &id, call).await?;
        let role = answer.association.and_then(|found| found.role_arn);
        let known = |text: Option<String>| Fact::known(text.unwrap_or_default(), origin.clone());
        Ok(PodIdentityAssociation {
            cluster: self.reference(),
            namespace: known(summary.namespace),
            service_account: known(summary.service_account),
            role: role.map_or_else(
                || Reference::by_value(unsaid("roleArn", &origin)),
                |arn| by_value(&arn, &origin),
            ),
            origin,
        })
    }
}
