//! Any text is read as JSON without a panic; what `serde_json` reads is not called broken.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rolecall_declared::{Options, Source, read_sources};

fuzz_target!(|text: &str| {
    let source = Source::new("fuzz.json", text);
    let read = read_sources(vec![source], &Options::default());
    let broken = read
        .diagnostics
        .iter()
        .any(|diagnostic| diagnostic.message.starts_with("not valid JSON"));
    if serde_json::from_str::<serde_json::Value>(text).is_ok() {
        assert!(!broken, "{:?}", read.diagnostics);
    }
});
