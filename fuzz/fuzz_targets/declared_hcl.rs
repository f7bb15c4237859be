//! Any text is read as a Terraform configuration, and any JSON as a plan, without a panic, and the
//! same way twice.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rolecall_declared::{Options, Source, read_sources};

fuzz_target!(|text: &str| {
    for name in ["fuzz/main.tf", "fuzz/main.tf.json"] {
        let read = || {
            let values = Source::new("fuzz/terraform.tfvars", text);
            read_sources(vec![Source::new(name, text), values], &Options::default())
        };
        let (one, other) = (read(), read());
        assert_eq!(one.snapshot, other.snapshot);
        assert_eq!(one.diagnostics, other.diagnostics);
    }
    // Without resources nothing is asked for; a role with what was written as its name asks.
    let asking = format!("resource \"aws_iam_role\" \"r\" {{\n  name = {text}\n}}\n");
    let _ = read_sources(vec![Source::new("fuzz/main.tf", &asking)], &Options::default());
});
