//! Numbers, dates, booleans, bytes and networks, read without allocation where requests need them.

use std::cmp::Ordering;
use std::net::IpAddr;

/// A decimal number of up to 38 digits, exact: ids in conditions are longer than a float holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decimal {
    digits: i128,
    /// Digits behind the point.
    scale: u32,
}

impl Decimal {
    /// Reads `[+-]digits[.digits]`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let fraction_given = digits.len() > whole.len();
        if whole.is_empty() || (fraction_given && fraction.is_empty()) {
            return None;
        }
        let fraction = fraction.trim_end_matches('0');
        let mut value: i128 = 0;
        for byte in whole.bytes().chain(fraction.bytes()) {
            let digit = byte.is_ascii_digit().then(|| i128::from(byte - b'0'))?;
            value = value.checked_mul(10)?.checked_add(digit)?;
        }
        let scale = u32::try_from(fraction.len()).ok()?;
        Some(Self {
            digits: if negative { -value } else { value },
            scale,
        })
    }

    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        let scaled = |number: &Self, scale: u32| {
            let factor = 10_i128.checked_pow(scale - number.scale)?;
            number.digits.checked_mul(factor)
        };
        let scale = self.scale.max(other.scale);
        match (scaled(self, scale), scaled(other, scale)) {
            (Some(a), Some(b)) => a.cmp(&b),
            // One is too large to be written with the other's fraction: its sign tells.
            (None, _) => self.digits.cmp(&0),
            (_, None) => 0.cmp(&other.digits),
        }
    }
}

/// `true` or `false` in any case.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// Reads a date as nanoseconds since 1970: the W3C profile of ISO 8601 (from `2026` to
/// `2026-11-24T08:00:00.5+01:00`) or epoch seconds, as "Date condition operators" in the IAM User
/// Guide asks for. Digits alone are epoch time, unless there are four: then they are a year.
pub(crate) fn instant(text: &str) -> Option<i128> {
    const NANOS: i128 = 1_000_000_000;
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.len() != 4 && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        let number = Decimal::parse(text)?;
        return 10_i128
            .checked_pow(9_u32.checked_sub(number.scale)?)?
            .checked_mul(number.digits);
    }
    let (date, time) = match text.split_once(['T', 't']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let year = number(parts.next()?, 4)?;
    let month = parts.next().map_or(Some(1), |p| number(p, 2))?;
    let day = parts.next().map_or(Some(1), |p| number(p, 2))?;
    if parts.next().is_some()
        || !(1..=12).contains(&month)
        || day < 1
        || day > month_days(year, month)
    {
        return None;
    }
    let midnight = i128::from(days_from_epoch(year, month, day)) * 86_400 * NANOS;
    match time {
        Some(time) => Some(midnight + time_of_day(time)?),
        None => Some(midnight),
    }
}

/// Nanoseconds from midnight UTC for `hh:mm[:ss[.f]](Z|±hh:mm)`.
fn time_of_day(time: &str) -> Option<i128> {
    const NANOS: i128 = 1_000_000_000;
    let zone = time.find(['Z', 'z', '+', '-'])?;
    let (clock, zone) = time.split_at_checked(zone)?;
    let offset_minutes = match zone.split_at_checked(1)? {
        ("Z" | "z", "") => 0,
        (sign, rest) => {
            let (hours, minutes) = rest.split_once(':').or_else(|| rest.split_at_checked(2))?;
            let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            (hours * 60 + minutes) * if sign == "-" { -1 } else { 1 }
        }
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut parts = clock.split(':');
    let hour = number(parts.next()?, 2)?;
    let minute = number(parts.next()?, 2)?;
    let second = parts.next().map_or(Some(0), |p| number(p, 2))?;
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    if fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let nanos = fraction.bytes().chain(std::iter::repeat(b'0')).take(9);
    let nanos = nanos.fold(0_i128, |n, digit| n * 10 + i128::from(digit - b'0'));
    let seconds = (hour * 60 + minute - offset_minutes) * 60 + second;
    Some(i128::from(seconds) * NANOS + nanos)
}

fn number(text: &str, length: usize) -> Option<i64> {
    let digits = text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn month_days(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 in the Gregorian calendar; the year has four digits.
fn days_from_epoch(year: i64, month: i64, day: i64) -> i64 {
    let before = year - 1;
    let leap_days = before / 4 - before / 100 + before / 400;
    let months: i64 = (1..month).map(|m| month_days(year, m)).sum();
    let since_year_one = before * 365 + leap_days + months + day - 1;
    since_year_one - 719_162
}

/// Decodes standard base64, padding optional.
pub(crate) fn base64(text: &str) -> Option<Box<[u8]>> {
    decode(text).collect()
}

/// Whether base64 `text` decodes to `bytes`; `None` when it is no base64.
pub(crate) fn equals_base64(bytes: &[u8], text: &str) -> Option<bool> {
    let mut wanted = bytes.iter();
    let mut equal = true;
    for byte in decode(text) {
        let byte = byte?;
        equal &= wanted.next() == Some(&byte);
    }
    Some(equal && wanted.next().is_none())
}

fn decode(text: &str) -> impl Iterator<Item = Option<u8>> + '_ {
    let sextet = |c: u8| {
        Some(match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        })
    };
    let digits = text.trim_end_matches('=').as_bytes();
    digits.chunks(4).flat_map(move |chunk| {
        let bits = chunk
            .iter()
            .try_fold(0_u32, |bits, c| Some(bits << 6 | u32::from(sextet(*c)?)))
            .filter(|_| chunk.len() > 1);
        let bits = bits.map(|bits| bits << (6 * (4 - chunk.len())));
        let bytes = bits.map(|bits| bits.to_be_bytes());
        let count = if bytes.is_none() { 1 } else { chunk.len() - 1 };
        (0..count).map(move |at| bytes.and_then(|bytes| bytes.get(at + 1).copied()))
    })
}

/// A network, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Reads CIDR notation; without a prefix it is one address.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.trim().split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text.trim(), None),
        };
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Some(most), |p| p.parse().ok())?;
        (prefix <= most).then_some(Self { address, prefix })
    }

    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(net), IpAddr::V4(ip)) => {
                let shift = 32 - u32::from(self.prefix);
                let difference = u32::from(net) ^ u32::from(ip);
                difference.checked_shr(shift).unwrap_or(0) == 0
            }
            (IpAddr::V6(net), IpAddr::V6(ip)) => {
                let shift = 128 - u32::from(self.prefix);
                let difference = u128::from(net) ^ u128::from(ip);
                difference.checked_shr(shift).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_compare_exactly() {
        let compare = |a: &str, b: &str| {
            Decimal::parse(a)
                .zip(Decimal::parse(b))
                .map(|(a, b)| a.compare(&b))
        };
        assert_eq!(
            compare("9007199254740993", "9007199254740992"),
            Some(Ordering::Greater)
        );
        assert_eq!(compare("1.50", "1.5"), Some(Ordering::Equal));
        assert_eq!(compare("-2", "1.25"), Some(Ordering::Less));
        assert_eq!(
            compare("99999999999999999999999999999999999999", "0.1"),
            Some(Ordering::Greater)
        );
        for bad in ["", "-", "1.", ".5", "1e3", "0x1", "1,0", "٣"] {
            assert_eq!(Decimal::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn dates_in_all_documented_forms_are_the_same_instant() {
        let noon = Some(1_774_353_600_000_000_000);
        for text in [
            "2026-03-24T12:00:00Z",
            "2026-03-24T12:00Z",
            "2026-03-24T13:00:00.000+01:00",
            "2026-03-24T04:30:00-07:30",
            "1774353600",
        ] {
            assert_eq!(instant(text), noon, "{text}");
        }
        assert_eq!(instant("1970"), Some(0));
        assert_eq!(instant("1970-01-02"), Some(86_400_000_000_000));
        assert_eq!(instant("1972-02-29"), instant("68169600"));
        for bad in [
            "",
            "yesterday",
            "2026-13",
            "2026-02-30",
            "2026-01-01T25:00Z",
            "2026-01-01T10:00",
            "26-01-01",
        ] {
            assert_eq!(instant(bad), None, "{bad}");
        }
    }

    #[test]
    fn base64_is_compared_as_bytes() {
        assert_eq!(base64("aGVsbG8=").as_deref(), Some(&b"hello"[..]));
        assert_eq!(equals_base64(b"hello", "aGVsbG8"), Some(true));
        assert_eq!(equals_base64(b"hell", "aGVsbG8="), Some(false));
        assert_eq!(equals_base64(b"hello!", "aGVsbG8="), Some(false));
        assert_eq!(equals_base64(b"", ""), Some(true));
        assert_eq!(base64("a"), None);
        assert_eq!(base64("a*bc"), None);
    }

    #[test]
    fn networks_contain_their_addresses() {
        let contains = |net: &str, ip: &str| {
            Network::parse(net)
                .zip(ip.parse().ok())
                .map(|(net, ip)| net.contains(ip))
        };
        assert_eq!(contains("203.0.113.0/24", "203.0.113.7"), Some(true));
        assert_eq!(contains("203.0.113.0/24", "203.0.114.7"), Some(false));
        assert_eq!(contains("0.0.0.0/0", "8.8.8.8"), Some(true));
        assert_eq!(contains("::/0", "2001:db8::1"), Some(true));
        assert_eq!(contains("2001:db8::/32", "2001:db9::1"), Some(false));
        assert_eq!(contains("0.0.0.0/0", "2001:db8::1"), Some(false));
        assert_eq!(contains("203.0.113.7", "203.0.113.7"), Some(true));
        assert_eq!(Network::parse("203.0.113.0/33"), None);
    }
}
