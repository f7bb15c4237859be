use std::path::Path;

/// The tool that writes a file, where its name or text tells, so that editing it would be in vain.
#[must_use]
pub fn generator(path: &str, text: &str) -> Option<&'static str> {
    let path = Path::new(path);
    let is_json = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let in_cdk_out = path.components().any(|part| part.as_os_str() == "cdk.out");
    if in_cdk_out || (is_json && text.contains("\"aws:cdk:path\"")) {
        return Some("`cdk synth`");
    }
    // Plans and states begin with their versions, long before the first resource.
    let beginning: String = text.chars().take(1000).collect();
    if is_json && beginning.contains("\"terraform_version\"") {
        return Some("Terraform");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::generator;

    #[test]
    fn plans_and_synthesised_templates_are_generated_and_manifests_are_not() {
        let plan = r#"{"format_version":"1.2","terraform_version":"1.12.2"}"#;
        assert_eq!(generator("infra/plan.json", plan), Some("Terraform"));
        assert_eq!(
            generator("cdk.out/A.template.json", "{}"),
            Some("`cdk synth`")
        );
        assert_eq!(generator("pool.json", r#"{"kind":"NodePool"}"#), None);
        assert_eq!(generator("main.tf", "terraform_version = 1"), None);
    }
}
