//! Which regions are meant.

use crate::Failure;
use crate::suggest;

/// The regions that this version knows, for "did you mean" and nothing else: AWS opens new ones (AWS
/// General Reference, "AWS Regions").
const KNOWN: [&str; 38] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

/// What every region's name ends with, before its number.
const DIRECTIONS: [&str; 9] = [
    "central",
    "east",
    "north",
    "northeast",
    "northwest",
    "south",
    "southeast",
    "southwest",
    "west",
];

/// Reads `--regions`: each once, in the order in which they were named.
///
/// # Errors
/// What is not written as a region is, and regions none of which has a name.
pub(super) fn named(texts: &[String]) -> Result<Vec<String>, Failure> {
    let mut regions: Vec<String> = Vec::new();
    let words = texts.iter().flat_map(|text| text.split_whitespace());
    for region in words {
        if !is_written_as_one(region) {
            return Err(wrong(region));
        }
        if !regions.iter().any(|known| known == region) {
            regions.push(region.to_owned());
        }
    }
    if regions.is_empty() && !texts.is_empty() {
        return Err(Failure::new("--regions names no region").with_help(
            "write them as --regions eu-west-1,us-east-1; without it, the region of the \
             environment or the profile is meant",
        ));
    }
    Ok(regions)
}

/// The region that a name nobody knows may be a slip of.
pub(super) fn meant(region: &str) -> Option<&'static str> {
    if KNOWN.contains(&region) {
        return None;
    }
    suggest::nearest(region, KNOWN)
}

fn is_written_as_one(region: &str) -> bool {
    let mut parts = region.rsplit('-');
    let number = parts.next().unwrap_or_default();
    let direction = parts.next().unwrap_or_default();
    let area: Vec<&str> = parts.collect();
    !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && DIRECTIONS.contains(&direction)
        && !area.is_empty()
        && area
            .iter()
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase()))
}

fn wrong(region: &str) -> Failure {
    let failure = Failure::new(format!("`{region}` is not a region"));
    failure.with_help(match suggest::nearest(region, KNOWN) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "write them as --regions eu-west-1,us-east-1".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::{KNOWN, is_written_as_one, meant, named};

    #[test]
    fn every_region_is_written_as_one_and_new_ones_are_too() {
        assert!(KNOWN.iter().all(|region| is_written_as_one(region)));
        for new in ["eusc-de-east-1", "us-isob-east-1", "eu-central-12"] {
            assert!(is_written_as_one(new), "{new}");
        }
        for wrong in [
            "eu-centrl-1",
            "eu-central",
            "EU-WEST-1",
            "west-1",
            "",
            "-west-1",
        ] {
            assert!(!is_written_as_one(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_slip_is_told_from_a_region() {
        assert_eq!(meant("us-east-11"), Some("us-east-1"));
        assert_eq!(meant("us-east-1"), None);
        let said = named(&["eu-centrl-1".to_owned()]).unwrap_err().to_string();
        assert!(said.contains("did you mean `eu-central-1`?"), "{said}");
    }
}
