//! The words that stay: those that AWS, Kubernetes and Karpenter, and this tool's own sentences, gave
//! their meaning. A name that is one of them is not hidden; it could be anyone's.

use std::collections::HashSet;
use std::sync::LazyLock;

/// By its name, in whatever case, a Karpenter is known.
pub(super) const KARPENTER: &str = "karpenter";

/// One or several a line, in lower case.
const KEPT: &str = include_str!("words.txt");

static WORDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| KEPT.split_whitespace().collect());

/// Whether a word stays as it is.
pub(super) fn is_kept(word: &str) -> bool {
    let word = word.trim_matches(['-', '_']);
    word.is_empty()
        || word.bytes().all(|byte| b"*?".contains(&byte))
        || WORDS.contains(word.to_ascii_lowercase().as_str())
        || is_region(word)
        || is_date_or_number(word)
        || is_made_by_aws(word)
        || word.starts_with("aws_") && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

/// Whether a part of a name stays: what the control planes put names together of.
pub(super) fn is_kept_part(part: &str) -> bool {
    let folded = part.to_ascii_lowercase();
    let folded = folded.trim_matches(['-', '_']);
    match folded.split_once('-') {
        Some((start, rest)) => is_joint(start) && (is_joint(rest) || is_region(rest)),
        None => is_joint(folded),
    }
}

fn is_joint(part: &str) -> bool {
    matches!(
        part,
        "eks" | "ec2" | "aws" | "amazoneks" | "awsservicerolefor" | "k8s"
    ) || part == KARPENTER
}

/// Regions and availability zones.
pub(super) fn is_region(word: &str) -> bool {
    const STARTS: [&str; 11] = [
        "af", "ap", "ca", "cn", "eu", "il", "me", "mx", "sa", "us", "eusc",
    ];
    let mut atoms = word.trim_end_matches('*').split('-');
    let starts = atoms.next().is_some_and(|atom| STARTS.contains(&atom));
    let mut number = false;
    let mut direction = false;
    for atom in atoms {
        match atom {
            "gov" | "iso" | "isob" | "isoe" | "isof" | "de" if !direction => {}
            "north" | "south" | "east" | "west" | "central" | "northeast" | "northwest"
            | "southeast" | "southwest"
                if !direction =>
            {
                direction = true;
            }
            atom if direction && !number && is_place(atom) => number = true,
            "" if word.ends_with('*') => {}
            _ => return false,
        }
    }
    starts && (direction && number || word.ends_with('*') && word.len() > 3)
}

/// `1`, or `1a` of a zone.
fn is_place(atom: &str) -> bool {
    let digits = atom.trim_end_matches(|last: char| last.is_ascii_lowercase());
    let letters = atom.len() - digits.len();
    digits.len() == 1 && digits.bytes().all(|byte| byte.is_ascii_digit()) && letters <= 1
}

/// Versions of policies, times and small numbers.
fn is_date_or_number(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let rest = |allowed: &[u8]| {
        word.bytes()
            .all(|byte| byte.is_ascii_digit() || allowed.contains(&byte))
    };
    (1..=5).contains(&digits) && rest(b"")
        || digits >= 6
            && word.starts_with("20")
            && word.contains('-')
            && rest(b"-TZ")
            && digits <= 14
}

/// Service-linked roles, and AWS's managed policies.
fn is_made_by_aws(word: &str) -> bool {
    word.strip_prefix("AWSServiceRoleFor")
        .is_some_and(|service| service.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// `i-0123456789abcdef0`.
pub(super) fn is_instance(word: &str) -> bool {
    word.strip_prefix("i-").is_some_and(|id| {
        (8..=17).contains(&id.len())
            && id
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase())
    })
}

/// The letters that IAM's unique ids and access keys begin with (IAM User Guide, "IAM identifiers").
pub(super) fn unique_id_prefix(word: &str) -> Option<&'static str> {
    const PREFIXES: [&str; 9] = [
        "AROA", "AIDA", "AIPA", "AGPA", "ANPA", "ANVA", "ASCA", "ASIA", "AKIA",
    ];
    let shaped = (16..=32).contains(&word.len())
        && word
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let mut prefixes = PREFIXES.into_iter();
    prefixes.find(|prefix| shaped && word.starts_with(prefix))
}

/// Prefixes of actions and condition keys.
pub(super) fn is_service(word: &str) -> bool {
    const SERVICES: [&str; 19] = [
        "aws",
        "autoscaling",
        "cloudtrail",
        "ec2",
        "ecr",
        "eks",
        "eks-auth",
        "elasticloadbalancing",
        "iam",
        "kms",
        "kubernetes",
        "organizations",
        "pricing",
        "route53",
        "s3",
        "sqs",
        "ssm",
        "sts",
        "sandbox",
    ];
    SERVICES.contains(&word)
}

/// Whether a text is a value of an enumeration or a reason in CamelCase, as programs write them.
pub(super) fn is_token(text: &str) -> bool {
    let of_program = |part: &str| {
        let plain = part
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        plain && part.starts_with(|first: char| first.is_ascii_uppercase())
    };
    match text {
        "" | "not-evaluated" | "after-apply" | "not-given" | "not-permitted" | "read-failed"
        | "auto-mode" | "karpenter" | "managed" | "self-managed" => true,
        text if text.ends_with(".amazonaws.com") => text.matches('.').count() == 2,
        text => text.split('.').all(of_program),
    }
}
