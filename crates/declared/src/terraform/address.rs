//! Addresses and references as Terraform writes them, `module.a["x"].aws_iam_role.node[0].arn`.

use std::fmt;

/// One step of an address or reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step<'a> {
    Name(&'a str),
    /// An instance key with its brackets, `["x"]` or `[0]`.
    Key(&'a str),
}

/// Splits an address; what follows something malformed is left out.
pub(crate) fn steps(text: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if rest.starts_with('[') {
            let Some((key, after)) = split_key(rest) else {
                break;
            };
            steps.push(Step::Key(key));
            rest = after;
        } else {
            let name = rest.strip_prefix('.').unwrap_or(rest);
            let (name, after) = name.split_at(name.find(['.', '[']).unwrap_or(name.len()));
            if name.is_empty() {
                break;
            }
            steps.push(Step::Name(name));
            rest = after;
        }
    }
    steps
}

/// Splits `["x"].rest` after the bracket that closes the key; brackets in quotes do not count.
fn split_key(text: &str) -> Option<(&str, &str)> {
    let (mut quoted, mut escaped) = (false, false);
    for (index, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ']' if !quoted => return text.split_at_checked(index + 1),
            _ => {}
        }
    }
    None
}

/// An instance key in brackets, as Terraform prints it.
pub(crate) fn text_key(key: &str) -> String {
    let quoted = key.replace('\\', "\\\\").replace('"', "\\\"");
    format!("[\"{quoted}\"]")
}

/// One instance of a module: the calls from the root to it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct ModulePath(Vec<ModuleStep>);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct ModuleStep {
    name: Box<str>,
    /// With brackets; empty for a call without `count` and `for_each`.
    key: Box<str>,
}

impl ModulePath {
    /// Reads `module.a["x"].module.b`.
    pub(crate) fn parse(address: &str) -> Self {
        let mut path = Vec::new();
        let mut steps = steps(address).into_iter().peekable();
        while let (Some(Step::Name("module")), Some(Step::Name(name))) =
            (steps.next(), steps.next())
        {
            let key = match steps.peek() {
                Some(Step::Key(key)) => *key,
                _ => "",
            };
            if !key.is_empty() {
                steps.next();
            }
            path.push(ModuleStep {
                name: name.into(),
                key: key.into(),
            });
        }
        Self(path)
    }

    pub(crate) fn child(&self, name: &str, key: &str) -> Self {
        let mut steps = self.0.clone();
        steps.push(ModuleStep {
            name: name.into(),
            key: key.into(),
        });
        Self(steps)
    }

    /// The calling module, the call's name and its instance key.
    pub(crate) fn parent(&self) -> Option<(Self, &str, &str)> {
        let (last, rest) = self.0.split_last()?;
        Some((Self(rest.to_vec()), &last.name, &last.key))
    }

    /// The calls without their instance keys, which all instances share.
    pub(crate) fn call_path(&self) -> String {
        let names: Vec<&str> = self.0.iter().map(|step| &*step.name).collect();
        names.join(".")
    }

    /// The address of something in this module.
    pub(crate) fn address_of(&self, local: &str) -> String {
        if self.0.is_empty() {
            local.to_owned()
        } else {
            format!("{self}.{local}")
        }
    }
}

impl fmt::Display for ModulePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            let dot = if index == 0 { "" } else { "." };
            write!(f, "{dot}module.{}{}", step.name, step.key)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_may_hold_dots_brackets_and_quotes() {
        let address = r#"module.a["x.y]\"z"].module.b[0].aws_iam_role.node["k"].arn"#;
        let steps = steps(address);
        assert_eq!(steps.len(), 10, "{steps:?}");
        assert_eq!(steps[2], Step::Key(r#"["x.y]\"z"]"#));
        assert_eq!(steps[9], Step::Name("arn"));
    }

    #[test]
    fn a_module_path_prints_as_it_was_read() {
        for address in ["", "module.a", r#"module.a["x"].module.b[0]"#] {
            assert_eq!(ModulePath::parse(address).to_string(), address);
        }
        let path = ModulePath::parse(r#"module.a["x"].module.b[0]"#);
        assert_eq!(path.call_path(), "a.b");
        let (parent, name, key) = path.parent().unwrap();
        assert_eq!(
            (parent.to_string().as_str(), name, key),
            (r#"module.a["x"]"#, "b", "[0]")
        );
    }
}
