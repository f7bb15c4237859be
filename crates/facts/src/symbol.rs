//! Text that stands for what is known only when files are applied.
//!
//! The spelling is CloudFormation's, which users know. The same symbol in two ARNs of one snapshot
//! means the same value, so the ARNs compare; against a literal account the answer stays open.
//!
//! ```
//! use rolecall_facts::symbol;
//!
//! assert!(symbol::has_any("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/NodeRole"));
//! assert!(symbol::may_equal("${AWS::Region}-nodes", "eu-west-1-nodes"));
//! assert!(!symbol::may_equal("${AWS::Region}-nodes", "eu-west-1-pods"));
//! ```

/// The account the files are applied to.
pub const ACCOUNT: &str = "${AWS::AccountId}";
/// The partition the files are applied to.
pub const PARTITION: &str = "${AWS::Partition}";
/// The region the files are applied to.
pub const REGION: &str = "${AWS::Region}";

const UNKNOWN: &str = "${Rolecall::Unknown::";

/// The symbol for the unknown number `index` of a policy document.
#[must_use]
pub fn unknown(index: usize) -> String {
    format!("{UNKNOWN}{index}}}")
}

/// Whether the text holds a symbol made by [`unknown`].
#[must_use]
pub fn has_unknown(text: &str) -> bool {
    text.contains(UNKNOWN)
}

/// Whether the text holds any symbol, so that it is not yet the text that AWS will see.
#[must_use]
pub fn has_any(text: &str) -> bool {
    text.contains("${")
        && (has_unknown(text)
            || [ACCOUNT, PARTITION, REGION]
                .iter()
                .any(|symbol| text.contains(symbol)))
}

/// Whether two texts may be the same once their symbols have values. Two texts that both hold
/// symbols and are not equal may be.
#[must_use]
pub fn may_equal(left: &str, right: &str) -> bool {
    match (has_any(left), has_any(right)) {
        _ if left == right => true,
        (false, false) => false,
        (true, true) => true,
        (true, false) => fits(left, right),
        (false, true) => fits(right, left),
    }
}

/// Whether `text` is `pattern` with some text in place of each symbol.
fn fits(pattern: &str, text: &str) -> bool {
    let (first, mut pattern) = next_symbol(pattern);
    let Some(mut text) = text.strip_prefix(first) else {
        return false;
    };
    while let Some(rest) = pattern {
        let (piece, after) = next_symbol(rest);
        if after.is_none() {
            return text.ends_with(piece);
        }
        let Some((_, left)) = text.split_once(piece) else {
            return false;
        };
        text = left;
        pattern = after;
    }
    text.is_empty()
}

/// The text before the first symbol, and what follows that symbol.
fn next_symbol(text: &str) -> (&str, Option<&str>) {
    let mut from = 0;
    while let Some(found) = text.get(from..).and_then(|rest| rest.find("${")) {
        let start = from + found;
        let (before, rest) = text.split_at(start);
        let after = [ACCOUNT, PARTITION, REGION]
            .iter()
            .find_map(|symbol| rest.strip_prefix(symbol))
            .or_else(|| {
                let tail = rest.strip_prefix(UNKNOWN)?;
                tail.split_once('}').map(|(_, after)| after)
            });
        if after.is_some() {
            return (before, after);
        }
        from = start + 2;
    }
    (text, None)
}
