//! How many calls a second each of AWS's APIs is sent.
//!
//! AWS throttles by account and region, so what is shared by the clusters of an account is counted
//! together: the clones of a [`Connection`](crate::Connection), and those made from it for other
//! regions, have one set of limits. The SDK's own retries come on top where an account's limits are
//! lower or others use them up. A rate is one number and a lock; a crate for that (`governor`) would
//! bring clocks, maps and jitter that nothing here needs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

/// The rates of one account, by service and region.
#[derive(Debug, Default)]
pub(crate) struct Limits(Mutex<HashMap<(String, String), Arc<Rate>>>);

impl Limits {
    /// Waits until a call of a service may be sent to a region.
    pub(crate) async fn pass(&self, service: &str, region: &str) {
        let Some((a_second, burst)) = allowed(service) else {
            return;
        };
        // IAM is one service for all regions.
        let region = if service == "iam" { "" } else { region };
        let rate = {
            let Ok(mut rates) = self.0.lock() else {
                return;
            };
            let key = (service.to_owned(), region.to_owned());
            Arc::clone(
                rates
                    .entry(key)
                    .or_insert_with(|| Arc::new(Rate::new(a_second, burst))),
            )
        };
        if let Some(turn) = rate.turn(Instant::now()) {
            tokio::time::sleep_until(turn).await;
        }
    }
}

/// Calls a second, and calls at once after a pause. CloudTrail's rate is documented (CloudTrail User
/// Guide, "Quotas"); IAM and EKS do not tell theirs, and answer bursts of reads well above these.
fn allowed(service: &str) -> Option<(u32, u32)> {
    match service {
        "cloudtrail" => Some((2, 2)),
        "iam" => Some((150, 300)),
        "eks" => Some((100, 300)),
        "ec2" => Some((20, 50)),
        _ => None,
    }
}

/// A rate that allows bursts, kept as the moment at which all calls so far would have been sent had
/// they been spread out evenly (the generic cell rate algorithm).
#[derive(Debug)]
struct Rate {
    between: Duration,
    burst: Duration,
    spread_out: Mutex<Option<Instant>>,
}

impl Rate {
    fn new(a_second: u32, burst: u32) -> Self {
        let between = Duration::from_secs(1) / a_second;
        Self {
            between,
            burst: between * burst.saturating_sub(1),
            spread_out: Mutex::default(),
        }
    }

    /// When the next call may be sent; `None` for at once.
    fn turn(&self, now: Instant) -> Option<Instant> {
        let mut spread_out = self.spread_out.lock().ok()?;
        let so_far = spread_out.map_or(now, |so_far| so_far.max(now));
        *spread_out = Some(so_far + self.between);
        let turn = so_far.checked_sub(self.burst)?;
        (turn > now).then_some(turn)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::Rate;

    #[test]
    fn a_burst_goes_at_once_and_what_follows_is_spread_out() {
        let rate = Rate::new(2, 2);
        let now = Instant::now() + Duration::from_secs(60);
        let turns: Vec<Option<Duration>> = (0..5)
            .map(|_| rate.turn(now).map(|turn| turn - now))
            .collect();
        let half_seconds = |count: u64| Some(Duration::from_millis(500 * count));
        let expected = [
            None,
            None,
            half_seconds(1),
            half_seconds(2),
            half_seconds(3),
        ];
        assert_eq!(turns, expected);
        let later = now + Duration::from_secs(30);
        assert_eq!(rate.turn(later), None, "a pause makes room again");
    }
}
