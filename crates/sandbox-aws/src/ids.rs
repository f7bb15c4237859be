use std::fmt::Write as _;

use fastrand::Rng;
use parking_lot::Mutex;
use rolecall_arn::AccountId;

/// Letters of IAM ids and access keys: base 32 of RFC 4648.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Makes the ids AWS would make. One seed, the same ids.
#[derive(Debug)]
pub struct Ids(Mutex<Rng>);

impl Ids {
    /// A source of ids for one seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(Rng::with_seed(seed)))
    }

    /// An IAM unique id: the prefix (`AROA`, `AIDA`, `AIPA`, `ANPA`, `ASIA`, `AKIA`), eight letters
    /// that all ids of an account share, and random ones, 21 in all; access keys have 20
    /// (IAM User Guide, "IAM identifiers"; the shared letters are measured in public CloudTrail data).
    #[must_use]
    pub fn unique(&self, prefix: &str, account: AccountId) -> String {
        let length = if matches!(prefix, "AKIA" | "ASIA") {
            20
        } else {
            21
        };
        let mut id = String::with_capacity(length);
        id.push_str(prefix);
        id.push_str(&account_letters(account));
        let mut rng = self.0.lock();
        while id.len() < length {
            let at = rng.usize(..32);
            id.extend(BASE32.get(at).map(|letter| char::from(*letter)));
        }
        id
    }

    /// A version 4 UUID, in lower case.
    #[must_use]
    pub fn uuid(&self) -> String {
        let number = u128::from_be_bytes(self.uuid_bytes());
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            number >> 96,
            (number >> 80) & 0xffff,
            (number >> 64) & 0xffff,
            (number >> 48) & 0xffff,
            number & 0xffff_ffff_ffff
        )
    }

    /// The sixteen bytes of a version 4 UUID.
    pub(crate) fn uuid_bytes(&self) -> [u8; 16] {
        let (high, low) = {
            let mut rng = self.0.lock();
            (rng.u64(..), rng.u64(..))
        };
        let high = (high & 0xffff_ffff_ffff_0fff) | 0x4000;
        let low = (low & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000;
        (u128::from(high) << 64 | u128::from(low)).to_be_bytes()
    }

    /// `prefix-` and seventeen hexadecimal digits: instances, subnets, launch templates.
    #[must_use]
    pub fn resource(&self, prefix: &str) -> String {
        let mut id = String::with_capacity(prefix.len() + 18);
        let _ = write!(id, "{prefix}-0");
        let mut rng = self.0.lock();
        for _ in 0..16 {
            let _ = write!(id, "{:x}", rng.u8(..16));
        }
        id
    }

    /// `length` letters and digits, as in secrets and tokens.
    #[must_use]
    pub fn secret(&self, length: usize) -> String {
        let mut rng = self.0.lock();
        (0..length).map(|_| rng.alphanumeric()).collect()
    }

    /// A number below `bound`, or 0 for a bound of 0.
    #[must_use]
    pub fn below(&self, bound: u64) -> u64 {
        if bound == 0 {
            0
        } else {
            self.0.lock().u64(..bound)
        }
    }

    /// True in `share` of the cases, 0.0 never, 1.0 always.
    #[must_use]
    pub fn chance(&self, share: f64) -> bool {
        self.0.lock().f64() < share
    }
}

/// The eight letters that stand for an account in its ids: its number, shuffled so that neighbours
/// do not look alike, in base 32.
fn account_letters(account: AccountId) -> String {
    // An odd factor permutes the numbers below 2^40, so accounts never share letters.
    let mut number = account.as_u64().wrapping_mul(0x9e37_79b9_7f4a_7c15) & 0xff_ffff_ffff;
    let mut letters = [b'A'; 8];
    for letter in letters.iter_mut().rev() {
        let at = usize::try_from(number & 31).unwrap_or(0);
        *letter = BASE32.get(at).copied().unwrap_or(b'A');
        number >>= 5;
    }
    letters.iter().map(|letter| char::from(*letter)).collect()
}

/// The account whose letters an id or access key has, if it is one the sandbox could have made.
pub(crate) fn account_of(id: &str) -> Option<AccountId> {
    // The inverse of the factor above, modulo 2^40.
    const UNDO: u64 = inverse(0x9e37_79b9_7f4a_7c15);
    let mut shuffled = 0_u64;
    for letter in id.get(4..12)?.bytes() {
        let value = BASE32.iter().position(|known| *known == letter)?;
        shuffled = shuffled << 5 | u64::try_from(value).ok()?;
    }
    let number = shuffled.wrapping_mul(UNDO) & 0xff_ffff_ffff;
    format!("{number:012}").parse().ok()
}

/// The number that undoes a multiplication by an odd one, modulo 2^64 (Newton's iteration doubles
/// the bits that are right).
const fn inverse(odd: u64) -> u64 {
    let mut found = odd;
    let mut round = 0;
    while round < 6 {
        found = found.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(found)));
        round += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_account_share_eight_letters_and_those_of_another_do_not() {
        let ids = Ids::new(1);
        let one: AccountId = "111122223333".parse().unwrap();
        let other: AccountId = "111122223334".parse().unwrap();
        let role = ids.unique("AROA", one);
        let profile = ids.unique("AIPA", one);
        assert_eq!(role.len(), 21);
        assert_eq!(ids.unique("AKIA", one).len(), 20);
        assert_eq!(role.get(4..12), profile.get(4..12));
        assert_ne!(role.get(4..12), ids.unique("AROA", other).get(4..12));
        assert_ne!(role, ids.unique("AROA", one));
        assert_eq!(account_of(&role), Some(one));
        assert_eq!(account_of("AKIA"), None);
    }

    #[test]
    fn one_seed_makes_the_same_ids() {
        assert_eq!(Ids::new(7).uuid(), Ids::new(7).uuid());
        assert_eq!(Ids::new(7).resource("i"), Ids::new(7).resource("i"));
        assert_eq!(Ids::new(7).resource("i").len(), 19);
    }
}
