//! Blocks of IPv4 addresses.

use std::net::Ipv4Addr;

/// `10.0.0.0/16`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    first: u32,
    bits: u32,
}

impl Block {
    /// Reads a block; none when it is not one or has bits set behind its prefix.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/')?;
        let first = u32::from(address.parse::<Ipv4Addr>().ok()?);
        let bits: u32 = bits.parse().ok().filter(|bits| *bits <= 32)?;
        let block = Self { first, bits };
        (first & !block.mask() == 0).then_some(block)
    }

    fn mask(self) -> u32 {
        u32::MAX.checked_shl(32 - self.bits).unwrap_or(0)
    }

    /// The length of the prefix.
    pub(super) fn bits(self) -> u32 {
        self.bits
    }

    /// Whether all of the other is in this one.
    pub(super) fn contains(self, other: Self) -> bool {
        self.bits <= other.bits && other.first & self.mask() == self.first
    }

    /// Whether some address is in both.
    pub(super) fn overlaps(self, other: Self) -> bool {
        self.contains(other) || other.contains(self)
    }

    /// The addresses instances can have: all but the first four and the last (VPC User Guide, "Subnet
    /// CIDR blocks").
    pub(super) fn usable(self) -> impl Iterator<Item = Ipv4Addr> {
        let last = self.first | !self.mask();
        (self.first.saturating_add(4)..last).map(Ipv4Addr::from)
    }

    /// How many addresses instances can have.
    pub(super) fn size(self) -> usize {
        let all = 1_usize.checked_shl(32 - self.bits).unwrap_or(usize::MAX);
        all.saturating_sub(5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_hold_overlap_and_count_what_instances_can_use() {
        let vpc = Block::read("10.0.0.0/16").unwrap();
        let subnet = Block::read("10.0.1.0/28").unwrap();
        assert!(vpc.contains(subnet) && vpc.overlaps(subnet) && subnet.overlaps(vpc));
        assert!(!vpc.overlaps(Block::read("10.1.0.0/16").unwrap()));
        assert_eq!(subnet.size(), 11);
        let usable: Vec<_> = subnet.usable().map(|ip| ip.to_string()).collect();
        assert_eq!(usable.first().unwrap(), "10.0.1.4");
        assert_eq!(usable.len(), 11);
        for wrong in [
            "10.0.0.1/16",
            "10.0.0.0",
            "10.0.0.0/33",
            "x/8",
            "10.0.0.0/-1",
        ] {
            assert_eq!(Block::read(wrong), None, "{wrong}");
        }
        assert_eq!(Block::read("0.0.0.0/0").unwrap().bits(), 0);
    }
}
