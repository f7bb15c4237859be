//! Which parts of an ARN could be names, and what they name.

use super::kind::Kind;
use super::text::{self, Replace};
use super::words;

/// The ARN that a text begins with. IAM's names may hold a comma, but in sentences one follows an ARN
/// far more often; what comes after it is looked at as text.
pub(super) fn span(text: &str) -> &str {
    let ends = |character: char| {
        character.is_whitespace()
            || matches!(
                character,
                '"' | '\'' | '`' | ',' | ';' | '(' | ')' | '[' | ']' | '<' | '>' | '|'
            )
    };
    text.get(..text.find(ends).unwrap_or(text.len()))
        .unwrap_or(text)
}

/// Writes the ARN with pseudonyms.
pub(super) fn rewrite(arn: &str, out: &mut String, replace: Replace<'_>) {
    let mut fields = [""; 5];
    let mut rest = arn;
    for field in &mut fields {
        let Some((before, after)) = field_of(rest) else {
            // Not an ARN after all: `arn:` and some text.
            out.push_str("arn");
            let text = arn.strip_prefix("arn").unwrap_or(arn);
            out.push_str(&text::rewrite(text, Kind::Word, replace));
            return;
        };
        *field = before;
        rest = after;
    }
    let [_, partition, service, region, account] = fields;
    out.push_str("arn:");
    let plain = |text: &str| {
        text.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-*?".contains(&byte)
        })
    };
    for (field, is_kept) in [
        (partition, words::is_kept(partition) || partition == "*"),
        (service, plain(service)),
        (region, region.is_empty() || words::is_region(region)),
    ] {
        if is_kept {
            out.push_str(field);
        } else {
            out.push_str(&text::rewrite(field, Kind::Word, replace));
        }
        out.push(':');
    }
    let digits = account
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b"*?".contains(&byte));
    if digits && account.bytes().any(|byte| byte.is_ascii_digit()) {
        out.push_str(&replace(account, Kind::Account));
    } else {
        out.push_str(&text::rewrite(account, Kind::Word, replace));
    }
    out.push(':');
    if account == "aws" {
        // Policies of AWS's own.
        out.push_str(rest);
    } else {
        resource(rest, out, replace);
    }
}

/// The text before the next colon and what follows it; symbols hold colons themselves.
fn field_of(text: &str) -> Option<(&str, &str)> {
    let from = if text.starts_with("${") {
        text.find('}')?
    } else {
        0
    };
    let colon = from + text.get(from..)?.find(':')?;
    Some((text.get(..colon)?, text.get(colon + 1..)?))
}

fn resource(resource: &str, out: &mut String, replace: Replace<'_>) {
    let end = resource.find(['/', ':']).unwrap_or(resource.len());
    let (kind_of_resource, names) = resource.split_at(end);
    // A pattern may end within the type, as in `role*`.
    let letters = kind_of_resource.trim_end_matches('*');
    if words::is_kept(kind_of_resource) || words::is_kept(letters) || letters.is_empty() {
        out.push_str(kind_of_resource);
    } else {
        out.push_str(&text::rewrite(kind_of_resource, Kind::Word, replace));
    }
    let count = names.matches(['/', ':']).count();
    for (index, segment) in names.split_inclusive(['/', ':']).enumerate() {
        // The first is the separator alone; the name before each later one is of the segment before.
        let kind = kind(kind_of_resource, index, count);
        out.push_str(&text::rewrite(segment, kind, replace));
    }
}

/// What the segment names; `index` counts from 1, `last` is the number of them.
fn kind(resource: &str, index: usize, last: usize) -> Kind {
    let named = |kind| if index == last { kind } else { Kind::Path };
    match resource {
        "role" => named(Kind::Role),
        "user" => named(Kind::User),
        "group" => named(Kind::Group),
        "policy" => named(Kind::Policy),
        "instance-profile" => named(Kind::Profile),
        "assumed-role" if index == 1 => Kind::Role,
        "cluster" | "nodegroup" | "access-entry" | "podidentityassociation" if index == 1 => {
            Kind::Cluster
        }
        "nodegroup" if index == 2 => Kind::Group,
        "access-entry" if index == 4 => Kind::Role,
        _ => Kind::Word,
    }
}
