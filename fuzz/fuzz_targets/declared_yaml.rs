//! Any text is read as YAML without a panic, and the same way twice.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rolecall_declared::{Options, Source, read_sources};

fuzz_target!(|text: &str| {
    let read = || {
        let source = Source::new("fuzz.yaml", text);
        read_sources(vec![source], &Options::default())
    };
    let (one, other) = (read(), read());
    assert_eq!(one.snapshot, other.snapshot);
    assert_eq!(one.diagnostics, other.diagnostics);
    // A document the sniffing passes over is parsed all the same when it is made to look interesting.
    let made = format!("# karpenter.sh/v1\n{}", text.replace("---", "---\n# karpenter.sh/v1"));
    let _ = read_sources(vec![Source::new("fuzz.yaml", &made)], &Options::default());
});
