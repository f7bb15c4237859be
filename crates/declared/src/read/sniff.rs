//! Whether a text can hold facts, told from a few words before anything is parsed.

use std::io::Read;
use std::sync::LazyLock;

use memchr::memmem::Finder;

/// Words of which every file with facts, Terraform's own language aside, holds one.
const WORDS: [&str; 9] = [
    "karpenter.sh/v",
    "k8s.aws/v",
    "eks.amazonaws.com/v",
    "upbound.io/v",
    "aws-auth",
    "eksctl.io/v",
    "AWS::IAM::",
    "AWS::EKS::",
    "terraform_version",
];

/// The same for one YAML document: narrower, for what it lets pass is parsed and may be found broken.
const DOCUMENT_WORDS: [&str; 14] = [
    "karpenter.sh/v",
    "karpenter.k8s.aws/v",
    "iam.services.k8s.aws/v",
    "eks.services.k8s.aws/v",
    "eks.amazonaws.com/v",
    "iam.aws.upbound.io/v",
    "eks.aws.upbound.io/v",
    "iam.aws.m.upbound.io/v",
    "eks.aws.m.upbound.io/v",
    "aws-auth",
    "eksctl.io/v",
    "AWS::IAM::",
    "AWS::EKS::",
    "terraform_version",
];

static FINDERS: LazyLock<Vec<Finder<'static>>> =
    LazyLock::new(|| WORDS.iter().map(Finder::new).collect());
static DOCUMENT_FINDERS: LazyLock<Vec<Finder<'static>>> =
    LazyLock::new(|| DOCUMENT_WORDS.iter().map(Finder::new).collect());

/// Whether a file may hold facts.
pub(super) fn is_interesting(bytes: &[u8]) -> bool {
    FINDERS.iter().any(|finder| finder.find(bytes).is_some())
}

/// Whether a YAML document may hold facts.
pub(super) fn is_document_interesting(text: &str) -> bool {
    DOCUMENT_FINDERS
        .iter()
        .any(|finder| finder.find(text.as_bytes()).is_some())
}

/// Whether a document that cannot be parsed was meant to hold facts: an API version, a template's
/// resource type or the name `aws-auth` stands where one is given, not in a script or a comment.
pub(super) fn is_broken_document_interesting(text: &str) -> bool {
    DOCUMENT_FINDERS.iter().any(|finder| {
        finder.find_iter(text.as_bytes()).any(|at| {
            let before = text.get(..at).unwrap_or_default();
            let line = before.rsplit('\n').next().unwrap_or_default();
            let line = line.trim_start_matches(['-', ' ', '{', '"', '\'']);
            [
                "apiVersion",
                "name",
                "metadata",
                "Type",
                "terraform_version",
            ]
            .iter()
            .any(|key| line.starts_with(key) || (line.is_empty() && before.contains(key)))
        })
    })
}

/// The same for a file that is too large to be held: its first bytes, and the rest as it comes.
pub(super) fn stream_is_interesting(
    start: &[u8],
    rest: &mut impl Read,
    is_interesting: fn(&[u8]) -> bool,
) -> bool {
    const STEP: usize = 1 << 20;
    const OVERLAP: usize = 32;
    if is_interesting(start) {
        return true;
    }
    let tail = start.len().saturating_sub(OVERLAP);
    let mut window = start.get(tail..).unwrap_or_default().to_vec();
    loop {
        match rest.by_ref().take(STEP as u64).read_to_end(&mut window) {
            // What cannot be read any further cannot be called interesting.
            Ok(0) | Err(_) => return false,
            Ok(_) if is_interesting(&window) => return true,
            Ok(_) => {
                window.drain(..window.len().saturating_sub(OVERLAP));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_across_two_steps_is_found() {
        let mut rest = vec![b' '; (1 << 20) - 6];
        rest.extend_from_slice(b"AWS::IAM::Role");
        assert!(stream_is_interesting(
            b"{",
            &mut rest.as_slice(),
            is_interesting
        ));
        let nothing = vec![b' '; 3 << 20];
        assert!(!stream_is_interesting(
            b"{",
            &mut nothing.as_slice(),
            is_interesting
        ));
    }

    #[test]
    fn labels_and_scripts_do_not_make_a_broken_document_interesting() {
        let script = "data:\n  run: |\n    grep karpenter.sh/v1 x\n";
        assert!(is_document_interesting(script));
        assert!(!is_broken_document_interesting(script));
        assert!(is_broken_document_interesting(
            "apiVersion: karpenter.sh/v1\n a: b: c"
        ));
        assert!(is_broken_document_interesting(
            "- apiVersion: \"karpenter.sh/v1\""
        ));
        assert!(is_broken_document_interesting("metadata: {name: aws-auth"));
        assert!(!is_document_interesting(
            "nodeSelector:\n  karpenter.sh/nodepool: web\n"
        ));
    }
}
