//! What is said of facts that could not be read: unknown is not failure.

use rolecall_chain::Options;
use rolecall_facts::{Origin, Snapshot, Unread, Why};
use rolecall_repair::{Differs, Plan, World};

use super::permissions;
use super::task::Session;
use crate::Failure;
use crate::connect::Reach;
use crate::diagnose::{are_pools_unknown, no_such_pool};

impl<W: World> Session<'_, W> {
    /// What could not be read, and what would let it be read.
    pub(super) fn tell_unread(&self, snapshot: &Snapshot) -> Result<(), Failure> {
        if snapshot.unread.is_empty() {
            return Ok(());
        }
        self.screen.say("")?;
        self.screen.say(&self.screen.strong(
            "Not everything could be read; what rests on it is neither judged nor mended",
        ))?;
        for line in permissions::unread(snapshot) {
            self.screen.say(&format!("  {line}"))?;
        }
        if let Some(help) = permissions::to_read(self.cluster, snapshot) {
            self.screen.say(&format!("  {help}"))?;
        }
        Ok(())
    }

    /// Fails where there is no such pool. One that may be there and could not be read is unknown.
    pub(super) fn check_pool(
        &self,
        pool: &str,
        snapshot: &Snapshot,
        options: &Options,
    ) -> Result<(), Failure> {
        let traced = rolecall_chain::trace(snapshot, options);
        let mut chains = traced.chains.iter();
        if chains.any(|chain| chain.pool.name == pool) || are_pools_unknown(snapshot) {
            return Ok(());
        }
        let failure = no_such_pool(pool);
        Err(failure.with_help(format!(
            "`rolecall diagnose {}` shows those there are",
            self.cluster
        )))
    }

    /// Why a plan is not carried out of which it is not known whether it still fits, or no longer does.
    pub(super) fn refuse(&self, plan: &Plan, differs: &[Differs], snapshot: &Snapshot) -> Failure {
        let made_at = plan.created_at.strftime("%Y-%m-%d %H:%M:%S UTC");
        let lines: Vec<String> = differs
            .iter()
            .map(|known| format!("\n  - {known}"))
            .collect();
        let lines = lines.concat();
        if !differs.iter().all(|known| known.is_unknown) {
            return Failure::new(format!(
                "the cluster is not as it was when the plan was made ({made_at}):{lines}"
            ))
            .with_help(format!(
                "make another one: {}",
                self.config
                    .type_again(&format!("{} --plan FILE", plan.cluster))
            ));
        }
        let mut help: Vec<String> = permissions::unread(snapshot);
        help.extend(permissions::to_read(self.cluster, snapshot));
        help.push(format!("then: {}", self.again("--yes")));
        Failure::new(format!(
            "it cannot be told whether the cluster is as it was when the plan was made \
             ({made_at}):{lines}"
        ))
        .with_help(help.join("\n  "))
    }
}

/// What is not read because the user said so: it may be there all the same.
pub(super) fn not_asked(reach: Reach) -> Option<Unread> {
    let (origin, why) = match reach {
        Reach::Both => return None,
        Reach::AwsOnly => (
            Origin::api("kubernetes:list", "nodepools.karpenter.sh"),
            "the cluster's own objects (--no-kube)",
        ),
        Reach::KubernetesOnly => (
            Origin::api("eks:ListNodegroups", "*"),
            "what AWS knows of the cluster (--no-aws)",
        ),
    };
    Some(Unread {
        cluster: None,
        origin,
        why: Why::not_given(why),
        help: None,
    })
}
