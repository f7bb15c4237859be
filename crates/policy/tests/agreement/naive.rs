//! A second evaluator, written from the IAM User Guide for clarity alone: it reads the JSON anew
//! for every question, allocates as it likes, and shares nothing with the engine.
//!
//! `None` stands for a test that cannot be made (an unreadable value); it never matches.

use serde_json::Value;

/// A request, as the naive evaluator likes it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    pub(crate) principal: String,
    pub(crate) action: String,
    pub(crate) resource: String,
    pub(crate) context: Vec<(String, Vec<String>)>,
}

/// All policies by kind.
#[derive(Debug, Clone, Default)]
pub(crate) struct Policies {
    pub(crate) identity: Vec<Value>,
    pub(crate) boundary: Option<Vec<Value>>,
    pub(crate) session: Option<Vec<Value>>,
    pub(crate) resource: Vec<Value>,
    pub(crate) service_control: Vec<Vec<Value>>,
    pub(crate) resource_control: Vec<Vec<Value>>,
    pub(crate) endpoint: Option<Vec<Value>>,
}

impl std::fmt::Display for Policies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut show = |kind: &str, documents: &[Value]| {
            documents
                .iter()
                .try_for_each(|document| writeln!(f, "\n{kind}: {document}"))
        };
        show("identity", &self.identity)?;
        show("boundary", self.boundary.as_deref().unwrap_or_default())?;
        show("session", self.session.as_deref().unwrap_or_default())?;
        show("resource", &self.resource)?;
        self.service_control
            .iter()
            .try_for_each(|level| show("scp", level))?;
        self.resource_control
            .iter()
            .try_for_each(|level| show("rcp", level))?;
        show("endpoint", self.endpoint.as_deref().unwrap_or_default())
    }
}

/// How a resource-based policy names the principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Named {
    Account,
    RoleOfSession,
    Itself,
}

/// What a set of policies says.
struct Said {
    deny: bool,
    allow: Option<Named>,
}

pub(crate) fn decide(asked: &Asked, policies: &Policies) -> &'static str {
    if asked.action.eq_ignore_ascii_case("sts:GetCallerIdentity") {
        return "allowed";
    }
    let asked = &with_global_keys(asked);
    let who = Who::of(&asked.principal);
    let bounded = policies.boundary.is_some() && who.kind != "root";
    let say = |documents: &[Value]| say(asked, &who, documents, bounded);

    let linked_arn = |arn: &str| arn.contains(":role/aws-service-role/");
    let known = get(&asked.context, "aws:PrincipalArn").filter(|v| v.len() == 1);
    let linked = linked_arn(&asked.principal)
        || (who.kind == "role" && known.is_some_and(|arn| linked_arn(&arn[0])));
    let mut said: Vec<(&str, Said)> = Vec::new();
    if !linked && resource_controlled(asked) {
        for level in &policies.resource_control {
            said.push(("fence", say(level)));
        }
    }
    if who.is_identity() {
        if !linked {
            for level in &policies.service_control {
                said.push(("fence", say(level)));
            }
        }
        said.push(("identity", say(&policies.identity)));
        if bounded && let Some(boundary) = &policies.boundary {
            said.push(("boundary", say(boundary)));
        }
        if let Some(session) = &policies.session {
            said.push(("session", say(session)));
        }
    }
    said.push(("resource", say(&policies.resource)));
    if let Some(endpoint) = &policies.endpoint {
        said.push(("fence", say(endpoint)));
    }

    // "An explicit deny in any of these policies overrides the allow."
    if said.iter().any(|(_, said)| said.deny) {
        return "explicit";
    }
    let all_allow = |kind: &str| {
        said.iter()
            .filter(|(k, _)| *k == kind)
            .all(|(_, s)| s.allow.is_some())
    };
    let granted = said
        .iter()
        .find(|(k, _)| *k == "resource")
        .and_then(|(_, s)| s.allow);
    let identity = all_allow("identity") || who.kind == "root";
    let limits = all_allow("boundary") && all_allow("session");
    let allowed = if !all_allow("fence") {
        false
    } else if !who.is_identity() {
        granted.is_some()
    } else if other_account(asked, &who) {
        granted.is_some() && identity && limits
    } else {
        match granted {
            Some(Named::Itself) => true,
            Some(Named::RoleOfSession) => limits,
            Some(Named::Account) => identity && limits,
            None => identity && limits && !must_name_principal(asked),
        }
    };
    if allowed { "allowed" } else { "implicit" }
}

/// Services of the generated requests that support resource control policies.
fn resource_controlled(asked: &Asked) -> bool {
    let service = asked
        .action
        .split(':')
        .next()
        .unwrap_or_default()
        .to_lowercase();
    ["s3", "sts", "kms", "sqs"].contains(&&*service)
}

fn must_name_principal(asked: &Asked) -> bool {
    let action = asked.action.to_lowercase();
    let fields: Vec<&str> = asked.resource.splitn(6, ':').collect();
    match fields.as_slice() {
        [_, _, "iam", _, _, r] => r.starts_with("role/") && action.starts_with("sts:assumerole"),
        [_, _, "kms", _, _, r] => r.starts_with("key/") && action.starts_with("kms:"),
        _ => false,
    }
}

fn other_account(asked: &Asked, who: &Who) -> bool {
    let owner = asked.resource.split(':').nth(4).unwrap_or_default();
    let digits = owner.len() == 12 && owner.chars().all(|c| c.is_ascii_digit());
    digits
        && who
            .account
            .as_deref()
            .is_some_and(|account| account != owner)
}

/// The requester, taken apart.
struct Who {
    kind: &'static str,
    account: Option<String>,
    /// Role or federated user name.
    name: String,
    session: Option<String>,
}

impl Who {
    fn of(text: &str) -> Self {
        let fields: Vec<&str> = text.splitn(6, ':').collect();
        let make = |kind, account: Option<&str>, name: &str, session: Option<&str>| Self {
            kind,
            account: account.map(str::to_owned),
            name: name.to_owned(),
            session: session.map(str::to_owned),
        };
        match fields.as_slice() {
            ["*"] => make("anonymous", None, "", None),
            [_, _, "iam", _, account, "root"] => make("root", Some(account), "", None),
            [_, _, "iam", _, account, rest] if rest.starts_with("user/") => make(
                "user",
                Some(account),
                rest.rsplit('/').next().unwrap(),
                None,
            ),
            [_, _, "iam", _, account, rest] if rest.starts_with("role/") => make(
                "role",
                Some(account),
                rest.rsplit('/').next().unwrap(),
                None,
            ),
            [_, _, "iam", _, account, rest] if rest.starts_with("oidc-provider/") => {
                make("federated", Some(account), "", None)
            }
            [_, _, "sts", _, account, rest] => {
                let parts: Vec<&str> = rest.split('/').collect();
                match parts.as_slice() {
                    ["assumed-role", role, session] => {
                        make("role", Some(account), role, Some(session))
                    }
                    [_, name] => make("federated user", Some(account), name, None),
                    _ => panic!("{text}"),
                }
            }
            _ => make("service", None, "", None),
        }
    }

    fn is_identity(&self) -> bool {
        ["root", "user", "role", "federated user"].contains(&self.kind)
    }
}

/// Adds the keys that follow from principal and resource.
fn with_global_keys(asked: &Asked) -> Asked {
    let mut asked = asked.clone();
    let who = Who::of(&asked.principal);
    let mut add = |key: &str, value: String| {
        if get(&asked.context, key).is_none() {
            asked.context.push((key.to_owned(), vec![value]));
        }
    };
    let principal = asked.principal.clone();
    if who.is_identity()
        && let Some(account) = &who.account
    {
        add("aws:PrincipalAccount", account.clone());
    }
    add(
        "aws:PrincipalIsAWSService",
        (who.kind == "service").to_string(),
    );
    match who.kind {
        "user" => add("aws:username", who.name.clone()),
        "role" if who.session.is_some() => return asked,
        "service" | "federated" | "anonymous" => return asked,
        _ => {}
    }
    add("aws:PrincipalArn", principal);
    asked
}

fn get<'a>(context: &'a [(String, Vec<String>)], key: &str) -> Option<&'a [String]> {
    let found = context
        .iter()
        .rev()
        .find(|(k, _)| k.eq_ignore_ascii_case(key));
    found
        .map(|(_, values)| values.as_slice())
        .filter(|values| !values.is_empty())
}

fn say(asked: &Asked, who: &Who, documents: &[Value], bounded: bool) -> Said {
    let mut said = Said {
        deny: false,
        allow: None,
    };
    for document in documents {
        let variables = document["Version"] == "2012-10-17";
        for statement in list(&document["Statement"]) {
            let Some(named) = matches(asked, who, statement, variables, bounded) else {
                continue;
            };
            if statement["Effect"] == "Deny" {
                said.deny = true;
            } else {
                said.allow = said.allow.max(Some(named));
            }
        }
    }
    said
}

fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => vec![],
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    }
}

fn texts(value: &Value) -> Vec<String> {
    let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    list(value).into_iter().map(text).collect()
}

fn matches(
    asked: &Asked,
    who: &Who,
    statement: &Value,
    variables: bool,
    bounded: bool,
) -> Option<Named> {
    let action = |patterns: &Value| {
        texts(patterns).iter().any(|pattern| {
            let pattern = tokens(&pattern.to_lowercase(), true, None).unwrap();
            glob(&pattern, &chars(&asked.action.to_lowercase()))
        })
    };
    let resource = |patterns: &Value| {
        texts(patterns).iter().any(|pattern| {
            let variables = variables.then_some(asked);
            let Some(mut tokens) = tokens(&complete(pattern, variables.is_some()), true, variables)
            else {
                return false;
            };
            confine(&mut tokens, true);
            glob(&tokens, &chars(&asked.resource))
        })
    };
    if !statement["Action"].is_null() && !action(&statement["Action"]) {
        return None;
    }
    if !statement["NotAction"].is_null() && action(&statement["NotAction"]) {
        return None;
    }
    if !statement["Resource"].is_null() && !resource(&statement["Resource"]) {
        return None;
    }
    if !statement["NotResource"].is_null() && resource(&statement["NotResource"]) {
        return None;
    }
    let mut named = Named::Itself;
    if !statement["Principal"].is_null() {
        named = names(asked, who, &statement["Principal"])
            .into_iter()
            .max()?;
    }
    if !statement["NotPrincipal"].is_null() {
        let found = names(asked, who, &statement["NotPrincipal"]);
        let everyone =
            found.contains(&Named::Itself) && mentions_everyone(&statement["NotPrincipal"]);
        let spared = if statement["Effect"] == "Allow" {
            !found.is_empty()
        } else if bounded {
            false
        } else if everyone || !who.is_identity() {
            found.contains(&Named::Itself)
        } else {
            let account = found.contains(&Named::Account);
            match who.kind {
                "root" => !found.is_empty(),
                "role" => {
                    account
                        && found.contains(&Named::RoleOfSession)
                        && (who.session.is_none() || found.contains(&Named::Itself))
                }
                _ => account && found.contains(&Named::Itself),
            }
        };
        if spared {
            return None;
        }
    }
    let conditions = statement["Condition"].as_object();
    for (operator, keys) in conditions.into_iter().flatten() {
        for (key, wanted) in keys.as_object().unwrap() {
            if condition(asked, operator, key, &texts(wanted), variables) != Some(true) {
                return None;
            }
        }
    }
    Some(named)
}

fn mentions_everyone(block: &Value) -> bool {
    block == "*" || texts(&block["AWS"]).iter().any(|p| p == "*")
}

/// Every way in which a principal block names the requester.
fn names(asked: &Asked, who: &Who, block: &Value) -> Vec<Named> {
    if block == "*" {
        return vec![Named::Itself];
    }
    let mut found = Vec::new();
    for (kind, members) in block.as_object().unwrap() {
        for member in texts(members) {
            found.extend(match (kind.as_str(), member.as_str()) {
                ("AWS", "*") => Some(Named::Itself),
                ("AWS", arn) => names_aws(asked, who, arn),
                ("Service", name) => {
                    let same = name == "*" || name.eq_ignore_ascii_case(&asked.principal);
                    (who.kind == "service" && same).then_some(Named::Itself)
                }
                ("Federated", name) => {
                    let same = name == "*" || name == asked.principal;
                    (who.kind == "federated" && same).then_some(Named::Itself)
                }
                other => panic!("{other:?}"),
            });
        }
    }
    found
}

fn names_aws(asked: &Asked, who: &Who, member: &str) -> Option<Named> {
    let account = member.len() == 12;
    if account || member.ends_with(":root") {
        let id = if account {
            member
        } else {
            member.split(':').nth(4).unwrap()
        };
        return (who.is_identity() && who.account.as_deref() == Some(id)).then_some(Named::Account);
    }
    if !member.contains(':') {
        let user_id = get(&asked.context, "aws:userid").filter(|v| v.len() == 1)?;
        if user_id[0] == member {
            return Some(Named::Itself);
        }
        let of_session = who.kind == "role" && user_id[0].starts_with(&format!("{member}:"));
        return of_session.then_some(Named::RoleOfSession);
    }
    let direct = member == asked.principal;
    match who.kind {
        "role" => {
            if direct {
                return Some(if who.session.is_some() {
                    Named::Itself
                } else {
                    Named::RoleOfSession
                });
            }
            if who.session.is_none() || !member.contains(":role/") {
                return None;
            }
            let known = get(&asked.context, "aws:PrincipalArn").filter(|v| v.len() == 1);
            let same = match known {
                Some([arn]) if arn.contains(":role/") => arn == member,
                _ => {
                    member.split(':').nth(4) == who.account.as_deref()
                        && member.rsplit('/').next() == Some(&who.name)
                }
            };
            same.then_some(Named::RoleOfSession)
        }
        "federated user" if !direct => {
            let user = member.contains(":user/")
                && member.split(':').nth(4) == who.account.as_deref()
                && member.rsplit('/').next() == Some(&who.name);
            user.then_some(Named::RoleOfSession)
        }
        _ => direct.then_some(Named::Itself),
    }
}

fn condition(
    asked: &Asked,
    operator: &str,
    key: &str,
    wanted: &[String],
    variables: bool,
) -> Option<bool> {
    let (prefix, rest) = operator.split_once(':').unwrap_or(("", operator));
    let (base, if_exists) = match rest.strip_suffix("IfExists") {
        Some(base) => (base, true),
        None => (rest, false),
    };
    if base == "StringMatches" {
        return None;
    }
    let mut present = get(&asked.context, key);
    if base == "Null" {
        if if_exists {
            return None;
        }
        let absent = present.is_none();
        return any(wanted.iter().map(|w| Some(truth(w)? == absent)));
    }
    if !prefix.is_empty() && present.is_some_and(|values| values.iter().all(String::is_empty)) {
        present = None;
    }
    let negated = base.contains("Not");
    let one = |value: &String| {
        let fits = any(wanted
            .iter()
            .map(|w| fits(asked, base, w, value, variables)))?;
        Some(fits != negated)
    };
    match (prefix, present) {
        (_, None) if if_exists => Some(true),
        ("ForAllValues", None) => Some(true),
        ("ForAnyValue", None) => Some(false),
        (_, None) => Some(negated),
        ("ForAnyValue", Some(values)) => any(values.iter().map(one)),
        (_, Some(values)) => any(values.iter().map(|v| one(v).map(|b| !b))).map(|b| !b),
    }
}

fn any(mut outcomes: impl Iterator<Item = Option<bool>> + Clone) -> Option<bool> {
    if outcomes.clone().any(|o| o == Some(true)) {
        Some(true)
    } else if outcomes.any(|o| o.is_none()) {
        None
    } else {
        Some(false)
    }
}

fn truth(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// Whether a value of the request fits one of the policy, before any "Not".
fn fits(asked: &Asked, base: &str, wanted: &str, value: &str, variables: bool) -> Option<bool> {
    let variables = variables.then_some(asked);
    let matches = |wildcards: bool, arn: bool, fold: bool| {
        let Some(mut pattern) = tokens(wanted, wildcards, variables) else {
            return false;
        };
        if arn {
            confine(&mut pattern, false);
        }
        if fold {
            let text: String = pattern
                .iter()
                .map(|t| if let Token::Char(c) = t { *c } else { '\0' })
                .collect();
            return text.to_lowercase() == value.to_lowercase();
        }
        glob(&pattern, &chars(value))
    };
    let ordering = match base {
        "StringEquals" | "StringNotEquals" => return Some(matches(false, false, false)),
        "StringEqualsIgnoreCase" | "StringNotEqualsIgnoreCase" => {
            return Some(matches(false, false, true));
        }
        "StringLike" | "StringNotLike" => return Some(matches(true, false, false)),
        "ArnEquals" | "ArnLike" | "ArnNotEquals" | "ArnNotLike" => {
            return Some(matches(true, true, false));
        }
        "Bool" if wanted.contains("${") && variables.is_some() => {
            return Some(matches(false, false, true));
        }
        "Bool" => return Some(truth(wanted)? == truth(value)?),
        "BinaryEquals" => return Some(bytes(wanted)? == bytes(value)?),
        "IpAddress" | "NotIpAddress" => return in_network(wanted, value),
        numeric if numeric.starts_with("Numeric") => {
            let (wanted, value) = (number(wanted)?, number(value)?);
            value.cmp(&wanted)
        }
        date if date.starts_with("Date") => {
            let (wanted, value) = (instant(wanted)?, instant(value)?);
            value.cmp(&wanted)
        }
        _ => return None,
    };
    let relation = base
        .trim_start_matches("Numeric")
        .trim_start_matches("Date");
    Some(match relation {
        "Equals" | "NotEquals" => ordering.is_eq(),
        "LessThan" => ordering.is_lt(),
        "LessThanEquals" => ordering.is_le(),
        "GreaterThan" => ordering.is_gt(),
        "GreaterThanEquals" => ordering.is_ge(),
        _ => return None,
    })
}

/// In millionths.
fn number(text: &str) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = whole.trim_start_matches('-');
    let plain = |t: &str| !t.is_empty() && t.chars().all(|c| c.is_ascii_digit());
    if !plain(digits) || !plain(fraction) {
        return None;
    }
    let millionths: i128 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    let value = digits.parse::<i128>().ok()? * 1_000_000 + millionths;
    Some(if whole.starts_with('-') {
        -value
    } else {
        value
    })
}

/// In nanoseconds.
fn instant(text: &str) -> Option<i128> {
    if !text.is_empty() && text.len() != 4 && text.chars().all(|c| c.is_ascii_digit()) {
        return Some(text.parse::<i128>().ok()? * 1_000_000_000);
    }
    if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
        return Some(timestamp.as_nanosecond());
    }
    let date: jiff::civil::Date = text.parse().ok()?;
    instant(&format!("{date}T00:00:00Z"))
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits = Vec::new();
    let digits = text.trim_end_matches('=');
    if digits.len() % 4 == 1 {
        return None;
    }
    for digit in digits.chars() {
        let value = ALPHABET.find(digit)?;
        bits.extend((0..6).rev().map(|bit| value >> bit & 1));
    }
    let whole = bits.chunks_exact(8);
    Some(
        whole
            .map(|byte| {
                byte.iter()
                    .fold(0_u8, |n, bit| n << 1 | u8::try_from(*bit).unwrap())
            })
            .collect(),
    )
}

fn in_network(network: &str, address: &str) -> Option<bool> {
    let bits = |text: &str| {
        Some(match text.parse::<std::net::IpAddr>().ok()? {
            std::net::IpAddr::V4(ip) => format!("{:032b}", u32::from(ip)),
            std::net::IpAddr::V6(ip) => format!("{:0128b}", u128::from(ip)),
        })
    };
    let (base, prefix) = match network.split_once('/') {
        Some((base, prefix)) => (bits(base)?, prefix.parse::<usize>().ok()?),
        None => (bits(network)?, bits(network)?.len()),
    };
    if prefix > base.len() {
        return None;
    }
    let address = bits(address)?;
    Some(address.len() == base.len() && address[..prefix] == base[..prefix])
}

/// A character of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Char(char),
    /// Whether it may match colons.
    Star(bool),
    One(bool),
}

fn chars(text: &str) -> Vec<char> {
    text.chars().collect()
}

/// `None` when a variable has no value. `asked` is given where variables are known.
fn tokens(pattern: &str, wildcards: bool, asked: Option<&Asked>) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        if let Some(asked) = asked
            && let Some((inner, after)) = rest.strip_prefix("${").and_then(|r| r.split_once('}'))
        {
            rest = after;
            let inner = inner.trim();
            if ["*", "?", "$"].contains(&inner) {
                tokens.extend(inner.chars().map(Token::Char));
                continue;
            }
            let (key, default) = match inner.split_once(',') {
                Some((key, default)) => (key.trim(), Some(default.trim().trim_matches('\''))),
                None => (inner, None),
            };
            let value = match get(&asked.context, key) {
                Some([one]) => one,
                _ => default?,
            };
            tokens.extend(value.chars().map(Token::Char));
            continue;
        }
        rest = &rest[c.len_utf8()..];
        tokens.push(match c {
            '*' if wildcards => Token::Star(true),
            '?' if wildcards => Token::One(true),
            c => Token::Char(c),
        });
    }
    Some(tokens)
}

/// Adds the fields an ARN leaves out.
fn complete(pattern: &str, variables: bool) -> String {
    let mut plain = String::new();
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        if variables
            && let Some((_, after)) = rest.strip_prefix("${").and_then(|r| r.split_once('}'))
        {
            plain.push('v');
            rest = after;
            continue;
        }
        plain.push(c);
        rest = &rest[c.len_utf8()..];
    }
    let short = pattern.starts_with("arn:")
        && plain.matches(':').count() < 5
        && !plain.ends_with('*')
        && !plain.contains("*:");
    if short {
        format!("{pattern}:*")
    } else {
        pattern.to_owned()
    }
}

/// In the first five fields of an ARN wildcards stay in their field, except a star at the end of
/// the pattern and, in the Resource element, one at the end of a field.
fn confine(tokens: &mut [Token], resource: bool) {
    for at in 0..tokens.len() {
        let colons = tokens[..at]
            .iter()
            .filter(|t| **t == Token::Char(':'))
            .count();
        let next = tokens.get(at + 1);
        let ends = next.is_none() || (resource && next == Some(&Token::Char(':')));
        match &mut tokens[at] {
            Token::Star(crosses) => *crosses = colons >= 5 || ends,
            Token::One(crosses) => *crosses = colons >= 5,
            Token::Char(_) => {}
        }
    }
}

fn glob(pattern: &[Token], text: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        [Token::Char(c), rest @ ..] => text.first() == Some(c) && glob(rest, &text[1..]),
        [Token::One(crosses), rest @ ..] => {
            text.first().is_some_and(|c| *crosses || *c != ':') && glob(rest, &text[1..])
        }
        [Token::Star(crosses), rest @ ..] => {
            for taken in 0..=text.len() {
                if !crosses && text[..taken].contains(&':') {
                    return false;
                }
                if glob(rest, &text[taken..]) {
                    return true;
                }
            }
            false
        }
    }
}
