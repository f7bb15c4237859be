use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;
use rolecall_sandbox_aws::sigv4::Credentials;

use crate::client::sts::Assumed;
use crate::client::{AwsClient, AwsError};

/// The service-linked role of EKS.
const SERVICE_LINKED: &str = "aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS";

/// The session name that CloudTrail shows for EKS's calls. It is seen for the service-linked role; that
/// the cluster role's sessions have the same one is an assumption.
const SESSION: &str = "AmazonEKS";

/// How long before their end credentials are renewed.
const MARGIN: Duration = Duration::from_secs(300);

/// The two roles EKS acts under in Auto Mode (AWS managed policies `AmazonEKSServiceRolePolicy` and
/// `AmazonEKSComputePolicy`; EKS User Guide, "Amazon EKS Auto Mode cluster IAM role").
pub(crate) struct Actors {
    client: AwsClient,
    /// `eks.amazonaws.com` itself.
    service: Credentials,
    cluster: String,
    service_linked_arn: String,
    service_linked: Session,
    cluster_role: Session,
}

impl Actors {
    pub(crate) fn new(
        client: AwsClient,
        service: Credentials,
        cluster: &str,
        partition: &str,
        account: &str,
    ) -> Self {
        Self {
            client,
            service,
            cluster: cluster.to_owned(),
            service_linked_arn: format!("arn:{partition}:iam::{account}:role/{SERVICE_LINKED}"),
            service_linked: Mutex::new(None),
            cluster_role: Mutex::new(None),
        }
    }

    /// Does something as the service-linked role. Where the role is not there yet it is made, as EKS
    /// does with an account's first cluster.
    pub(crate) fn as_service_linked<T>(
        &self,
        now: Timestamp,
        run: impl Fn(&Credentials) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        let arn = &self.service_linked_arn;
        let assume = || self.client.assume_role(&self.service, arn, SESSION, &[]);
        let assume_or_make = || {
            assume().or_else(|refused| {
                if refused.is_transient() {
                    return Err(refused);
                }
                self.client
                    .create_service_linked_role(&self.service, "eks.amazonaws.com")?;
                assume()
            })
        };
        as_role(&self.service_linked, arn, now, assume_or_make, run)
    }

    /// Does something as the cluster role, in a session tagged with the cluster's name: the policies of
    /// Auto Mode compare it with the tags of what they let it touch.
    pub(crate) fn as_cluster_role<T>(
        &self,
        role_arn: &str,
        now: Timestamp,
        run: impl Fn(&Credentials) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        let tags = [("eks:eks-cluster-name", self.cluster.as_str())];
        let client = &self.client;
        let assume = || client.assume_role(&self.service, role_arn, SESSION, &tags);
        as_role(&self.cluster_role, role_arn, now, assume, run)
    }
}

/// Credentials of a role, by its ARN, while they are good.
type Session = Mutex<Option<(String, Assumed)>>;

/// Does something with a role's credentials: those in hand, and once more with new ones where AWS no
/// longer takes them (a role that was deleted and made again has sessions of its own).
fn as_role<T>(
    session: &Session,
    arn: &str,
    now: Timestamp,
    assume: impl Fn() -> Result<Assumed, AwsError>,
    run: impl Fn(&Credentials) -> Result<T, AwsError>,
) -> Result<T, AwsError> {
    let in_hand = session
        .lock()
        .as_ref()
        .filter(|(of, assumed)| of == arn && is_fresh(assumed, now))
        .map(|(_, assumed)| assumed.credentials.clone());
    if let Some(credentials) = in_hand {
        match run(&credentials) {
            Err(error) if error.is_about_credentials() => {}
            outcome => return outcome,
        }
    }
    *session.lock() = None;
    let assumed = assume()?;
    let credentials = assumed.credentials.clone();
    *session.lock() = Some((arn.to_owned(), assumed));
    run(&credentials)
}

fn is_fresh(assumed: &Assumed, now: Timestamp) -> bool {
    now.checked_add(MARGIN)
        .is_ok_and(|soon| soon < assumed.expires)
}
