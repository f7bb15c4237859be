use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rolecall_chain::Finding;
use rolecall_facts::{FileOrigin, Origin};
use serde_sarif::sarif::{ArtifactLocation, Location, LogicalLocation, PhysicalLocation, Region};

use crate::Report;

/// What may stand in a path of a URI as it is.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// The place to look at first: the first in a file, as code scanning shows files only.
pub(super) fn primary(report: &Report<'_>, finding: &Finding) -> Vec<Location> {
    let first = first_file(finding).or_else(|| finding.origins.first());
    first
        .map(|origin| location(report, origin))
        .into_iter()
        .collect()
}

/// The other places.
pub(super) fn related(report: &Report<'_>, finding: &Finding) -> Vec<Location> {
    let first = first_file(finding).or_else(|| finding.origins.first());
    let others = finding
        .origins
        .iter()
        .filter(|origin| Some(*origin) != first);
    (1..)
        .zip(others)
        .map(|(id, origin)| Location {
            id: Some(id),
            ..location(report, origin)
        })
        .collect()
}

fn first_file(finding: &Finding) -> Option<&Origin> {
    finding
        .origins
        .iter()
        .find(|origin| origin.as_file().is_some())
}

pub(super) fn location(report: &Report<'_>, origin: &Origin) -> Location {
    let logical = |name: &str| {
        vec![
            LogicalLocation::builder()
                .fully_qualified_name(name)
                .build(),
        ]
    };
    match origin {
        Origin::File(file) => {
            let place = PhysicalLocation::builder()
                .artifact_location(artifact(report, &file.path))
                .region(region(file))
                .build();
            let mut location = Location::builder().physical_location(place).build();
            location.logical_locations = file.address.as_deref().map(logical);
            location
        }
        Origin::Api(api) => Location::builder()
            .logical_locations(logical(&format!("{} {}", api.call, api.target)))
            .build(),
    }
}

pub(super) fn region(file: &FileOrigin) -> Region {
    let line = i64::from(file.line.max(1));
    let column = i64::from(file.column.max(1));
    let mut region = Region::builder()
        .start_line(line)
        .start_column(column)
        .build();
    if file.length > 0 {
        region.end_line = Some(line);
        region.end_column = Some(column + i64::from(file.length));
    }
    region
}

pub(super) fn artifact(report: &Report<'_>, path: &str) -> ArtifactLocation {
    ArtifactLocation::builder()
        .uri(uri(report.path(path)))
        .build()
}

/// A path as a URI reference with forward slashes; relative where the path is.
fn uri(path: &str) -> String {
    let path = if cfg!(windows) {
        path.replace('\\', "/")
    } else {
        path.to_owned()
    };
    let encoded = utf8_percent_encode(&path, IN_PATH).to_string();
    let drive = path.as_bytes().get(1) == Some(&b':') && cfg!(windows);
    match (path.starts_with('/'), drive) {
        (true, _) => format!("file://{encoded}"),
        (_, true) => format!("file:///{encoded}"),
        _ => encoded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_valid_uri_reference() {
        assert_eq!(uri("k8s/nodes.yaml"), "k8s/nodes.yaml");
        assert_eq!(uri("a b/ü#?%.tf"), "a%20b/%C3%BC%23%3F%25.tf");
        assert_eq!(uri("c:x\n.tf"), "c%3Ax%0A.tf");
    }
}
