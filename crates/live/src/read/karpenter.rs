//! The role of Karpenter's controller: by Pod Identity, or by its service account (IRSA).

use rolecall_facts::{NodeClassKind, Origin, PodIdentityAssociation, Principal};

use super::Reader;
use crate::kube::{Kube, SERVICE_ACCOUNT};
use crate::missing::Missing;

/// The service account's name, and the namespaces that Karpenter is installed to (Karpenter, "Getting
/// Started": `kube-system` today, `karpenter` before).
const NAME: &str = "karpenter";
const NAMESPACES: [&str; 2] = ["kube-system", "karpenter"];
/// Names the role that the account's pods get (EKS User Guide, "Assign IAM roles to Kubernetes service
/// accounts").
const ROLE: &str = "eks.amazonaws.com/role-arn";

/// What was told of the controller.
pub(super) struct ToldController {
    identities: Result<Vec<PodIdentityAssociation>, Missing>,
    /// The roles that service accounts name, by the place that was read.
    accounts: Vec<(Origin, Result<Option<String>, Missing>)>,
}

impl Reader<'_> {
    /// Whether the cluster runs a Karpenter of the user's own.
    fn has_karpenter(&self) -> bool {
        let mut classes = self.snapshot.node_classes.iter();
        classes.any(|class| class.kind == NodeClassKind::Karpenter)
    }

    pub(super) async fn controller(&self, kube: Option<&Kube>) -> Option<ToldController> {
        if !self.has_karpenter() {
            return None;
        }
        let account = async |namespace: &str| {
            let origin = Origin::api(
                "kubernetes:get",
                &format!("{}/{namespace}/{NAME}", SERVICE_ACCOUNT.resource()),
            );
            let told = match kube {
                None => Ok(None),
                Some(kube) => match kube.get(SERVICE_ACCOUNT, namespace, NAME).await {
                    Ok(account) => {
                        let annotations = account.metadata.annotations.unwrap_or_default();
                        Ok(annotations.get(ROLE).cloned())
                    }
                    Err(Missing::Absent) => Ok(None),
                    Err(missing) => Err(missing),
                },
            };
            (origin, told)
        };
        let [first, second] = NAMESPACES;
        let (identities, first, second) = tokio::join!(
            self.eks.pod_identities(NAME),
            account(first),
            account(second)
        );
        Some(ToldController {
            identities,
            accounts: vec![first, second],
        })
    }

    /// Takes the associations as they are; of the accounts' roles the trust policies will tell who may
    /// have them, as those of files do.
    pub(super) fn take_controller(&mut self, told: Option<ToldController>) {
        let Some(told) = told else {
            return;
        };
        match told.identities {
            Ok(identities) => self.snapshot.pod_identities.extend(identities),
            Err(missing) => {
                let call = "eks:ListPodIdentityAssociations";
                let origin = Origin::api(call, &self.question.cluster);
                self.note(&origin, &missing);
            }
        }
        for (origin, account) in told.accounts {
            match account {
                Ok(role) => {
                    let role = role.map(|arn| Principal::parse(&arn));
                    let role = role.as_ref().and_then(Principal::as_role);
                    self.other_roles
                        .extend(role.map(|role| role.name.as_str().to_owned()));
                }
                Err(missing) => self.note(&origin, &missing),
            }
        }
    }
}
