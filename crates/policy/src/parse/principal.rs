//! The `Principal` and `NotPrincipal` elements.

use super::Parser;
use super::element::Element;
use crate::json::{Member, Value};
use crate::principal::{Named, arn_fields, is_account};
use crate::statement::Principals;

impl Parser<'_> {
    pub(super) fn principals(&mut self, member: &Member<'_>, element: &Element<'_>) -> Principals {
        let negated = member.key.starts_with("Not");
        let element = &element.child(&member.key);
        let (mut named, mut texts) = (Vec::new(), Vec::new());
        match &member.value.value {
            Value::Text(text) if text == "*" => {
                named.push(Named::Everyone);
                texts.push("*".into());
            }
            Value::Object(kinds) => {
                self.refuse_duplicates(kinds, element);
                if kinds.is_empty() {
                    self.problem(
                        member.value.span,
                        element,
                        "Invalid principal in policy.",
                        "",
                    );
                }
                for kind in kinds {
                    let inner = &element.child(&kind.key);
                    for (text, span) in self.texts(&kind.value, inner) {
                        match name_principal(&kind.key, text) {
                            Some(principal) => {
                                named.push(principal);
                                texts.push(text.into());
                            }
                            None => {
                                let kind = kind.key.to_ascii_uppercase();
                                let reason =
                                    format!("Invalid principal in policy: \"{kind}\":\"{text}\"");
                                self.problem(span, inner, &reason, "");
                            }
                        }
                    }
                }
            }
            Value::Text(text) => {
                let reason = format!("Invalid principal in policy: \"AWS\":\"{text}\"");
                let help = "alone, only `*` may stand here; else name the kind, as in {\"AWS\": …}";
                self.problem(member.value.span, element, &reason, help);
            }
            _ => self.wrong_type(&member.value, element, "`*` or an object"),
        }
        Principals {
            negated,
            named: named.into(),
            texts: texts.into(),
        }
    }
}

fn name_principal(kind: &str, text: &str) -> Option<Named> {
    if text.is_empty() {
        return None;
    }
    let star = text == "*";
    match kind {
        "AWS" if star => Some(Named::Everyone),
        "AWS" if is_account(text) => Some(Named::Account(text.into())),
        "AWS" => match arn_fields(text) {
            Some([_, _, "iam", _, account, "root"]) if is_account(account) => {
                Some(Named::Account(account.into()))
            }
            Some(_) if !text.contains(['*', '?']) => Some(Named::Arn(text.into())),
            Some(_) => None,
            None => {
                let id = text.len() >= 16 && text.bytes().all(|b| b.is_ascii_alphanumeric());
                id.then(|| Named::UniqueId(text.into()))
            }
        },
        "Service" if star => Some(Named::Service(None)),
        "Service" => {
            let name = text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
            (name && text.contains('.')).then(|| Named::Service(Some(text.into())))
        }
        "Federated" if star => Some(Named::Federated(None)),
        "Federated" => Some(Named::Federated(Some(text.into()))),
        "CanonicalUser" => Some(Named::CanonicalUser(text.into())),
        _ => None,
    }
}
