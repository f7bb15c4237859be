//! A control plane that keeps going by itself.

mod testbed;

use std::time::{Duration, Instant};

use rolecall_sandbox_automode::Generation::Current;
use serde_json::json;
use testbed::{CLASSES, Testbed};

/// Waits until an object says this; a minute is more than any machine needs.
fn wait_for(bed: &Testbed, path: &str, text: &str) {
    let begun = Instant::now();
    while !bed.conditions(path).contains(text) {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "{path} never says {text}"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn changes_are_noticed_and_time_is_kept_until_it_is_stopped() {
    let bed = Testbed::new(Current);
    let role = bed.node_role("NodeRole", "/platform/");
    let running = bed.plane.spawn();
    bed.class("web", &json!({"role": "NodeRole"}));
    let web = format!("{CLASSES}/web");
    wait_for(&bed, &web, "UnauthorizedNodeRole");
    bed.whole_entry(&role);
    bed.aws.clock().step(Duration::from_secs(600));
    wait_for(&bed, &web, "\nReady=True Ready");
    running.stop();
    bed.class("late", &json!({"role": "NodeRole"}));
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(bed.conditions(&format!("{CLASSES}/late")), "");
}
