use std::collections::HashMap;

use rolecall_chain::Finding;

use crate::Report;

/// Fingerprints that stay when lines move: of the rule, the object and the file, with a count where
/// one object is found twice.
#[derive(Default)]
pub(super) struct Fingerprints {
    seen: HashMap<u64, u64>,
}

impl Fingerprints {
    pub(super) fn of(&mut self, report: &Report<'_>, finding: &Finding) -> String {
        let mut hash = fnv(OFFSET, finding.rule.code);
        hash = fnv(hash, &finding.subject);
        if let Some(file) = finding.origins.iter().find_map(|origin| origin.as_file()) {
            hash = fnv(hash, report.path(&file.path));
            hash = fnv(hash, file.address.as_deref().unwrap_or_default());
        }
        for pool in &finding.pools {
            hash = fnv(hash, pool.cluster.as_deref().unwrap_or_default());
            hash = fnv(hash, &pool.name);
        }
        let count = self.seen.entry(hash).or_default();
        *count += 1;
        format!("{hash:016x}:{count}")
    }
}

/// 64-bit FNV-1a: the same on every machine and with every version of the standard library.
const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// Hashes a part and its end.
fn fnv(hash: u64, part: &str) -> u64 {
    part.bytes().chain([0xff]).fold(hash, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(PRIME)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one_and_parts_do_not_run_together() {
        // FNV-1a of the byte 0xff alone.
        assert_eq!(fnv(OFFSET, ""), (OFFSET ^ 0xff).wrapping_mul(PRIME));
        assert_ne!(fnv(fnv(OFFSET, "a"), "bc"), fnv(fnv(OFFSET, "ab"), "c"));
    }
}
