use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Instant;

use jiff::Timestamp;

/// The sandbox's time: the wall clock, run `speed` times as fast and moved by hand when asked to.
///
/// Signatures are checked against the wall clock, as a client knows no other; everything the
/// sandbox stamps or waits for goes by this one.
#[derive(Debug)]
pub struct Clock {
    began: Instant,
    origin: Timestamp,
    /// Thousandths, so that it fits an atomic: 1,000 is real time, 0 stands still.
    speed: AtomicU64,
    /// Milliseconds added by hand, or gathered before the speed last changed.
    moved: AtomicI64,
    /// Real milliseconds since `began` at which the speed last changed.
    since: AtomicU64,
}

impl Clock {
    /// A clock that starts at `origin`. `speed` 1.0 is real time, 60.0 a minute per second, 0.0
    /// stands still until [`step`](Self::step) moves it.
    #[must_use]
    pub fn new(origin: Timestamp, speed: f64) -> Self {
        Self {
            began: Instant::now(),
            origin,
            speed: AtomicU64::new(thousandths(speed)),
            moved: AtomicI64::new(0),
            since: AtomicU64::new(0),
        }
    }

    /// A clock that starts now.
    #[must_use]
    pub fn starting_now(speed: f64) -> Self {
        Self::new(Timestamp::now(), speed)
    }

    /// The sandbox's time, to the millisecond.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let millis = self.origin.as_millisecond().saturating_add(self.passed());
        Timestamp::from_millisecond(millis).unwrap_or(self.origin)
    }

    /// Moves the time forward.
    pub fn step(&self, by: std::time::Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX / 4);
        self.moved.fetch_add(millis, Ordering::SeqCst);
    }

    /// Moves the time forward to `at`; never back.
    pub fn step_to(&self, at: Timestamp) {
        let ahead = at.as_millisecond() - self.now().as_millisecond();
        if ahead > 0 {
            self.moved.fetch_add(ahead, Ordering::SeqCst);
        }
    }

    /// How many seconds of sandbox time pass in one real second.
    #[must_use]
    pub fn speed(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a speed is a small number")]
        let thousandths = self.speed.load(Ordering::SeqCst) as f64;
        thousandths / 1000.0
    }

    /// Changes the speed from now on.
    pub fn set_speed(&self, speed: f64) {
        let passed = self.passed();
        let real = self.real();
        self.moved.store(passed, Ordering::SeqCst);
        self.since.store(real, Ordering::SeqCst);
        self.speed.store(thousandths(speed), Ordering::SeqCst);
    }

    fn real(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn passed(&self) -> i64 {
        let real = self
            .real()
            .saturating_sub(self.since.load(Ordering::SeqCst));
        let scaled = u128::from(real) * u128::from(self.speed.load(Ordering::SeqCst)) / 1000;
        let scaled = i64::try_from(scaled).unwrap_or(i64::MAX / 4);
        self.moved.load(Ordering::SeqCst).saturating_add(scaled)
    }
}

fn thousandths(speed: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to what fits"
    )]
    let thousandths = (speed.clamp(0.0, 1e9) * 1000.0).round() as u64;
    thousandths
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_clock_at_speed_zero_moves_only_when_stepped() {
        let clock = Clock::new(Timestamp::UNIX_EPOCH, 0.0);
        let before = clock.now();
        clock.step(Duration::from_secs(900));
        assert_eq!(clock.now().as_second() - before.as_second(), 900);
        clock.step_to(before);
        assert_eq!(clock.now().as_second() - before.as_second(), 900);
    }

    #[test]
    fn changing_the_speed_keeps_the_time() {
        let clock = Clock::new(Timestamp::UNIX_EPOCH, 0.0);
        clock.step(Duration::from_secs(5));
        clock.set_speed(1.0);
        clock.set_speed(0.0);
        assert!(clock.now().as_second() >= 5);
        assert!(clock.now().as_second() < 5 + 3600);
    }
}
