use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use fastrand::Rng;
use serde::{Deserialize, Serialize};

use crate::service::Service;

/// Which calls go wrong, and how: `eks:CreateAccessEntry=throttle:0.2,latency:50ms`.
///
/// ```text
/// RULE    = TARGET "=" EFFECT { "," EFFECT }
/// TARGET  = ("*" | SERVICE ":" OPERATION) [ "@" REGION ]
///                                             * stands for any letters; case does not matter
/// SERVICE = iam | sts | eks | ec2 | cloudtrail | organizations | s3 | kubernetes (its operations are verbs)
/// REGION  = what a request is signed for; the API servers of Kubernetes are asked in none
/// EFFECT  = throttle:SHARE | error:SHARE[:STATUS] | drop:SHARE | expired:SHARE
///         | latency:DURATION[:JITTER] | stale:DURATION (of a whole service only)
/// ```
/// It is read with [`FromStr`] and written back the same way by [`Display`](fmt::Display); in JSON it
/// is that text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FaultRule {
    service: String,
    operation: String,
    /// Only calls to this region; all where none is named.
    region: Option<String>,
    pub(super) effects: Vec<Effect>,
}

/// One way to go wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Effect {
    /// The service's throttling error for a share of the calls.
    Throttle(Share),
    /// A server error for a share of the calls, with this status if one is given.
    Error(Share, Option<u16>),
    /// A share of the answers is lost with the connection; the call itself is carried out.
    Drop(Share),
    /// A share of the calls is told that the caller's credentials have run out.
    Expired(Share),
    /// Answers wait this long, and up to the second duration longer.
    Latency(Duration, Duration),
    /// Reads show for this long what was there before a write.
    Stale(Duration),
}

/// A share of calls, from 0 (none) to 1 (all).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share(f64);

impl Share {
    /// The number.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        self.0
    }

    pub(super) fn hits(self, rng: &mut Rng) -> bool {
        rng.f64() < self.0
    }
}

/// Why a text is no fault rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("fault `{rule}`: {what} `{found}` at column {column}; {accepted}")]
pub struct FaultError {
    /// The whole text.
    pub rule: String,
    /// What the part was read as.
    pub what: &'static str,
    /// The part that is wrong.
    pub found: String,
    /// Where it begins, counted in characters from 1.
    pub column: usize,
    /// What would be right.
    pub accepted: &'static str,
}

const TARGETS: &str =
    "write SERVICE:OPERATION=EFFECT, such as `eks:CreateAccessEntry=throttle:0.2`";
const SERVICES: &str =
    "it is one of iam, sts, eks, ec2, cloudtrail, organizations, s3 and kubernetes, or `*` for all";
const EFFECTS: &str = "it is one of throttle:SHARE, error:SHARE[:STATUS], drop:SHARE, \
                       expired:SHARE, latency:DURATION[:JITTER] and stale:DURATION";
const SHARES: &str = "it is a number from 0 to 1, such as `0.2`, or a percentage, such as `20%`";
const DURATIONS: &str =
    "it is a number with a unit of ms, s, m or h and at most a day, such as `50ms`";
const STATUSES: &str = "it is a number from 500 to 599";
const REGIONS: &str = "it is the region that requests are signed for, such as `us-east-1`; the API \
                       servers of Kubernetes are asked in none";
const WHOLE: &str = "reads are stale for a whole service: write `eks:*=stale:5s`, without a region";

/// No delay is longer.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

impl FaultRule {
    /// How the calls go wrong.
    #[must_use]
    pub fn effects(&self) -> &[Effect] {
        &self.effects
    }

    /// Whether it is about a call; `region` is none for what is asked in none.
    pub(super) fn concerns(&self, service: &str, operation: &str, region: Option<&str>) -> bool {
        (self.service == "*" || self.service == service)
            && matches(&self.operation, operation)
            && self
                .region
                .as_deref()
                .is_none_or(|only| region == Some(only))
    }
}

impl FromStr for FaultRule {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let whole = Part { rule: text, text };
        let (target, effects) = whole
            .split('=')
            .ok_or_else(|| whole.wrong("text", TARGETS))?;
        let (target, region) = match target.split('@') {
            Some((target, region)) => (target, Some(region)),
            None => (target, None),
        };
        let (service, operation) = match target.split(':') {
            Some(halves) => halves,
            None if target.text.trim() == "*" => (target, target),
            None => return Err(target.wrong("target", TARGETS)),
        };
        let name = service.text.trim().to_ascii_lowercase();
        if name != "*" && name != "kubernetes" && Service::named(&name).is_none() {
            return Err(service.wrong("service", SERVICES));
        }
        let pattern = operation.text.trim();
        if pattern.is_empty() || pattern.contains(|c: char| !c.is_ascii_alphanumeric() && c != '*')
        {
            return Err(operation.wrong(
                "operation",
                "it is the name of an operation, where `*` stands for any letters",
            ));
        }
        let region = region
            .map(|region| self::region(region, &name))
            .transpose()?;
        let effects = effects
            .each(',')
            .map(|part| {
                let effect = effect(part)?;
                let is_whole = pattern == "*" && region.is_none();
                if matches!(effect, Effect::Stale(_)) && !is_whole {
                    return Err(part.wrong("effect", WHOLE));
                }
                Ok(effect)
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            service: name,
            operation: pattern.to_owned(),
            region,
            effects,
        })
    }
}

fn effect(part: Part<'_>) -> Result<Effect, FaultError> {
    let mut fields = part.each(':');
    let unknown = || part.wrong("effect", EFFECTS);
    let (Some(name), Some(first)) = (fields.next(), fields.next()) else {
        return Err(unknown());
    };
    let second = fields.next();
    if fields.next().is_some() {
        return Err(unknown());
    }
    match (name.text.trim(), second) {
        ("throttle", None) => Ok(Effect::Throttle(share(first)?)),
        ("drop", None) => Ok(Effect::Drop(share(first)?)),
        ("expired", None) => Ok(Effect::Expired(share(first)?)),
        ("stale", None) => Ok(Effect::Stale(duration(first)?)),
        ("error", status) => Ok(Effect::Error(
            share(first)?,
            status.map(status_of).transpose()?,
        )),
        ("latency", jitter) => Ok(Effect::Latency(
            duration(first)?,
            jitter.map(duration).transpose()?.unwrap_or_default(),
        )),
        _ => Err(unknown()),
    }
}

fn region(part: Part<'_>, service: &str) -> Result<String, FaultError> {
    let name = part.text.trim().to_ascii_lowercase();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if name.is_empty() || !name.bytes().all(is_plain) || service == "kubernetes" {
        return Err(part.wrong("region", REGIONS));
    }
    Ok(name)
}

fn share(part: Part<'_>) -> Result<Share, FaultError> {
    let text = part.text.trim();
    let number = match text.strip_suffix('%') {
        Some(percent) => percent.parse::<f64>().map(|number| number / 100.0),
        None => text.parse(),
    };
    number
        .ok()
        .filter(|number| (0.0..=1.0).contains(number))
        .map(Share)
        .ok_or_else(|| part.wrong("share", SHARES))
}

fn status_of(part: Part<'_>) -> Result<u16, FaultError> {
    part.text
        .trim()
        .parse()
        .ok()
        .filter(|status| (500..=599).contains(status))
        .ok_or_else(|| part.wrong("status", STATUSES))
}

fn duration(part: Part<'_>) -> Result<Duration, FaultError> {
    let text = part.text.trim();
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let factor = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err(part.wrong("duration", DURATIONS)),
    };
    text.strip_suffix(unit)
        .and_then(|number| number.parse::<f64>().ok())
        .and_then(|number| Duration::try_from_secs_f64(number * factor).ok())
        // Whole microseconds, so that what is written is what is read.
        .map(|long| Duration::from_micros(u64::try_from(long.as_micros()).unwrap_or(u64::MAX)))
        .filter(|long| *long <= LONGEST)
        .ok_or_else(|| part.wrong("duration", DURATIONS))
}

/// A part of the rule's text that knows where it is.
#[derive(Clone, Copy)]
struct Part<'a> {
    rule: &'a str,
    text: &'a str,
}

impl<'a> Part<'a> {
    fn split(self, at: char) -> Option<(Self, Self)> {
        let (left, right) = self.text.split_once(at)?;
        let part = |text| Self {
            rule: self.rule,
            text,
        };
        Some((part(left), part(right)))
    }

    fn each(self, at: char) -> impl Iterator<Item = Self> {
        self.text.split(at).map(move |text| Self {
            rule: self.rule,
            text,
        })
    }

    fn wrong(self, what: &'static str, accepted: &'static str) -> FaultError {
        let trimmed = self.text.trim_start();
        let before = trimmed.as_ptr().addr() - self.rule.as_ptr().addr();
        FaultError {
            rule: self.rule.to_owned(),
            what,
            found: trimmed.trim_end().to_owned(),
            column: self
                .rule
                .get(..before)
                .map_or(0, |text| text.chars().count())
                + 1,
            accepted,
        }
    }
}

/// Whether a name fits a pattern, where `*` stands for any letters, without regard to case.
fn matches(pattern: &str, name: &str) -> bool {
    let mut rest = name.to_ascii_lowercase();
    let pattern = pattern.to_ascii_lowercase();
    if pattern == "*" {
        return true;
    }
    let mut pieces: Vec<&str> = pattern.split('*').collect();
    let last = pieces.pop().unwrap_or_default();
    if pieces.is_empty() {
        return rest == last;
    }
    for (place, piece) in pieces.into_iter().enumerate() {
        let Some(at) = rest.find(piece) else {
            return false;
        };
        if place == 0 && at > 0 {
            return false;
        }
        rest = rest.split_off(at + piece.len());
    }
    rest.ends_with(last)
}

impl fmt::Display for FaultRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service, self.operation)?;
        if let Some(region) = &self.region {
            write!(f, "@{region}")?;
        }
        for (place, effect) in self.effects.iter().enumerate() {
            let sign = if place == 0 { '=' } else { ',' };
            write!(f, "{sign}{effect}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Throttle(share) => write!(f, "throttle:{}", share.0),
            Self::Error(share, None) => write!(f, "error:{}", share.0),
            Self::Error(share, Some(status)) => write!(f, "error:{}:{status}", share.0),
            Self::Drop(share) => write!(f, "drop:{}", share.0),
            Self::Expired(share) => write!(f, "expired:{}", share.0),
            Self::Latency(latency, Duration::ZERO) => write!(f, "latency:{}", written(*latency)),
            Self::Latency(latency, jitter) => {
                write!(f, "latency:{}:{}", written(*latency), written(*jitter))
            }
            Self::Stale(stale) => write!(f, "stale:{}", written(*stale)),
        }
    }
}

fn written(long: Duration) -> String {
    let micros = long.as_micros();
    if micros.is_multiple_of(1_000_000) {
        return format!("{}s", micros / 1_000_000);
    }
    let (whole, part) = (micros / 1000, micros % 1000);
    if part == 0 {
        return format!("{whole}ms");
    }
    let part = format!("{part:03}");
    format!("{whole}.{}ms", part.trim_end_matches('0'))
}

impl TryFrom<String> for FaultRule {
    type Error = FaultError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<FaultRule> for String {
    fn from(rule: FaultRule) -> Self {
        rule.to_string()
    }
}
