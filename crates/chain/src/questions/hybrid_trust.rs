use rolecall_facts::{Role, symbol};

use super::trust::ask_trust;
use crate::context::ChainContext;
use crate::iam::{Answer, Asked};

/// Systems Manager, whose hybrid activations give the machine its credentials.
pub(crate) const SYSTEMS_MANAGER: &str = "ssm.amazonaws.com";
/// IAM Roles Anywhere, which gives them for a certificate.
pub(crate) const ROLES_ANYWHERE: &str = "rolesanywhere.amazonaws.com";

/// What it does to the role.
pub(crate) const ROLES_ANYWHERE_ACTIONS: [&str; 3] =
    ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"];

/// How many sources that a trust policy names are asked about.
const SOURCES_TRIED: usize = 8;

/// Who hands out the role's credentials, what it does for that, and how the ARNs of its sources go on
/// after the account.
struct Provider {
    service: &'static str,
    actions: &'static [&'static str],
    source: &'static str,
}

/// The two that hybrid nodes can use (EKS User Guide, "Prepare credentials for hybrid nodes"; IAM Roles
/// Anywhere User Guide, "Trust policy").
const PROVIDERS: [Provider; 2] = [
    Provider {
        service: SYSTEMS_MANAGER,
        actions: &["sts:AssumeRole"],
        source: "managed-instance/mi-x",
    },
    Provider {
        service: ROLES_ANYWHERE,
        actions: &ROLES_ANYWHERE_ACTIONS,
        source: "trust-anchor/x",
    },
];

/// May either of the two assume the role of hybrid nodes? Which activation or trust anchor is used, and
/// what the machines are called, nothing in the cluster says: it is asked whether there is one that may.
pub(super) fn hybrid_trust(context: &ChainContext<'_>) -> Option<Asked> {
    let role = context.role.role()?;
    PROVIDERS
        .iter()
        .flat_map(|provider| ask(context, role, provider))
        .min_by_key(how_bad)
}

fn how_bad(asked: &Asked) -> u8 {
    match asked.answer {
        Answer::Allowed => 0,
        Answer::Unknown(_) => 1,
        Answer::Denied { .. } => 2,
    }
}

/// For each source, with and without names that the machines may have, the action that is furthest from
/// being allowed: the provider needs them all.
fn ask(context: &ChainContext<'_>, role: &Role, provider: &Provider) -> Vec<Asked> {
    let named = [
        "sts:RoleSessionName",
        "sts:SourceIdentity",
        "aws:PrincipalTag/x509Subject/CN",
    ]
    .map(|key| (key.to_owned(), vec!["node".to_owned()]));
    let mut answers = Vec::new();
    for source in sources(context, role, provider) {
        let account = context.place().account().to_owned();
        let unnamed = vec![
            ("aws:SourceArn".to_owned(), vec![source]),
            ("aws:SourceAccount".to_owned(), vec![account]),
        ];
        let with_names = unnamed.iter().cloned().chain(named.clone()).collect();
        for keys in [with_names, unnamed] {
            let asked = provider
                .actions
                .iter()
                .map(|action| ask_trust(context, role, provider.service, action, keys.clone()));
            answers.extend(asked.max_by_key(how_bad));
        }
    }
    answers
}

/// ARNs that the role is asked for on behalf of: those of the role's own account that its trust policy
/// names, or else one of them that no policy names.
fn sources(context: &ChainContext<'_>, role: &Role, provider: &Provider) -> Vec<String> {
    let place = context.place();
    let service = provider.service.split('.').next().unwrap_or_default();
    let text = role.trust.value().map_or("", |document| &document.text);
    let is_own = |arn: &&str| {
        let mut parts = arn.split(':').skip(2);
        let of_service = parts.next() == Some(service);
        let account = parts.nth(1);
        of_service
            && account.is_some_and(|account| {
                account.contains(['*', '?']) || symbol::may_equal(account, place.account())
            })
    };
    let named: Vec<String> = text
        .split('"')
        .filter(|text| text.starts_with("arn:"))
        .filter(is_own)
        .map(|pattern| pattern.replace(['*', '?'], "x"))
        .take(SOURCES_TRIED)
        .collect();
    if !named.is_empty() {
        return named;
    }
    let (partition, region, account) = (place.partition(), place.region(), place.account());
    vec![format!(
        "arn:{partition}:{service}:{region}:{account}:{}",
        provider.source
    )]
}
