//! What a live cluster shows, in every format.

use rolecall_report::{CheckJson, EvidenceJson, Format, NoSources, Style};

use crate::case::observed::{joined, refused};
use crate::rendered;

fn of(format: Format, traced: &rolecall_chain::Traced) -> String {
    rendered(format, traced, &[], &NoSources, Style::default())
        .replace(env!("CARGO_PKG_VERSION"), "[VERSION]")
}

#[test]
fn a_refused_role_as_text() {
    insta::assert_snapshot!(of(Format::Text, &refused()));
}

#[test]
fn a_joined_node_as_text() {
    insta::assert_snapshot!(of(Format::Text, &joined()));
}

#[test]
fn a_difference_is_marked_where_the_cluster_shows_something_else() {
    let mut traced = refused();
    traced.chains[0].observed.objects[0].conditions[1].status = "True".to_owned();
    let text = of(Format::Text, &traced);
    assert!(text.contains("What the cluster shows\n"), "{text}");
    assert!(
        text.contains("InstanceProfileReady=True (predicted: False UnauthorizedNodeRole)"),
        "{text}"
    );
}

#[test]
fn programs_get_conditions_nodes_events_and_calls() {
    let check: CheckJson = serde_json::from_str(&of(Format::Json, &refused())).unwrap();
    let observed = check.chains[0].observed.as_ref().unwrap();
    assert_eq!(observed.events[0].count, 3);
    assert!(observed.conditions.contains_key("NodeClass/batch"));
    let call = check.findings[0].evidence.iter().find_map(|e| match e {
        EvidenceJson::Call(call) => Some(call),
        _ => None,
    });
    assert_eq!(call.unwrap().action, "eks:DescribeAccessEntry");
    let check: CheckJson = serde_json::from_str(&of(Format::Json, &joined())).unwrap();
    assert!(check.chains[0].observed.as_ref().unwrap().nodes[0].ready);
}

#[test]
fn every_format_tells_the_refused_call() {
    for format in Format::ALL {
        let text = of(format, &refused());
        for said in [
            "eks:DescribeAccessEntry",
            "AccessDenied",
            "role/batch-node",
            "7f3c1a52",
        ] {
            assert!(
                text.contains(said) || text.contains(&said.replace(':', "%3A")),
                "{format}: {said}\n{text}"
            );
        }
    }
}
