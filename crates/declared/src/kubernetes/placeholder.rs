//! Placeholders that another tool fills in before `kubectl` sees the file.

/// What the authenticator itself fills in (aws-iam-authenticator, `pkg/server`).
const OF_AUTHENTICATOR: [&str; 5] = [
    "{{EC2PrivateDNSName}}",
    "{{SessionName}}",
    "{{SessionNameRaw}}",
    "{{AccountID}}",
    "{{AccessKeyID}}",
];

/// The first placeholder in a text: `{{ … }}` of Helm or Jinja, `${NAME}` (also with a default, as
/// in `${NAME:-x}`) of a shell, `envsubst` or Flux, `$(NAME)` of kustomize. Policy variables such as
/// `${aws:username}` are none.
pub(crate) fn find(text: &str) -> Option<&str> {
    let mut rest = text;
    while let Some(at) = rest.find(['{', '$']) {
        let here = rest.get(at..)?;
        if let Some(found) = braces(here).or_else(|| variable(here)) {
            return Some(found);
        }
        let known = OF_AUTHENTICATOR
            .iter()
            .find(|known| here.starts_with(*known));
        rest = here.get(known.map_or(1, |known| known.len())..)?;
    }
    None
}

fn braces(text: &str) -> Option<&str> {
    if !text.starts_with("{{") || OF_AUTHENTICATOR.iter().any(|known| text.starts_with(known)) {
        return None;
    }
    let end = text.find("}}")?;
    text.get(..end + 2)
}

fn variable(text: &str) -> Option<&str> {
    let (inner, close) = match text.strip_prefix("${") {
        Some(inner) => (inner, '}'),
        None => (text.strip_prefix("$(")?, ')'),
    };
    let end = inner.find(close)?;
    let inside = inner.get(..end)?;
    let name = inside
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .and_then(|end| inside.get(..end))
        .unwrap_or(inside);
    let after = inside.get(name.len()..)?;
    let default = after.is_empty()
        || [":-", ":=", "-", "=", ":?", ":+", "/", "#", "%"]
            .iter()
            .any(|operator| after.starts_with(operator));
    let named = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    (named && default).then(|| text.get(..end + 3)).flatten()
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn placeholders_of_other_tools_are_found() {
        assert_eq!(
            find("KarpenterNodeRole-${CLUSTER_NAME}"),
            Some("${CLUSTER_NAME}")
        );
        assert_eq!(
            find("a{{ .Values.role | quote }}b"),
            Some("{{ .Values.role | quote }}")
        );
        assert_eq!(find("${name:-web}"), Some("${name:-web}"));
        assert_eq!(find("$(ROLE)-x"), Some("$(ROLE)"));
    }

    #[test]
    fn what_aws_fills_in_is_none() {
        for text in [
            "system:node:{{EC2PrivateDNSName}}",
            "{{AccountID}}:{{SessionName}}",
            "arn:aws:s3:::b/${aws:username}/*",
            "${aws:PrincipalTag/team}",
            "{\"a\": {\"b\": {}}}",
            "$5 {x}",
            "${*}",
            "é{$",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }
}
