use rolecall_report::{CheckJson, Format, NoSources, Style, json_schema};

use crate::{case, rendered};

fn json() -> String {
    rendered(
        Format::Json,
        &case::custom_path(),
        &case::diagnostics(),
        &NoSources,
        Style::default(),
    )
}

#[test]
fn the_custom_path_case_as_json() {
    insta::assert_snapshot!(json());
}

#[test]
fn what_is_written_can_be_read_again_by_the_published_types() {
    let check: CheckJson = serde_json::from_str(&json()).unwrap();
    assert_eq!(check.version, CheckJson::VERSION);
    assert_eq!(serde_json::to_string_pretty(&check).unwrap() + "\n", json());
}

#[test]
fn the_schema_is_stable() {
    insta::assert_snapshot!(json_schema());
}
