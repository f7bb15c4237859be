//! Finding objects by a name among a hundred thousand, without a list of its own for each name.

use std::cmp::Ordering;

/// Objects by name. All are added first, then it is sorted, then asked.
pub(crate) struct Index<'a, T> {
    /// Whether names are told apart by case.
    by_case: bool,
    keys: Vec<(u64, &'a str)>,
    objects: Vec<&'a T>,
}

impl<'a, T> Index<'a, T> {
    /// For names that IAM does not tell apart by case.
    pub(crate) fn of_iam_names() -> Self {
        Self {
            by_case: false,
            keys: Vec::new(),
            objects: Vec::new(),
        }
    }

    /// For identifiers, of which every character counts.
    pub(crate) fn of_ids() -> Self {
        Self {
            by_case: true,
            ..Self::of_iam_names()
        }
    }

    pub(crate) fn add(&mut self, name: &'a str, object: &'a T) {
        self.keys.push((self.hash(name), name));
        self.objects.push(object);
    }

    /// Puts objects of one name next to each other, in an order of their own.
    pub(crate) fn sorted_by<K: Ord + ?Sized>(&mut self, order: impl Fn(&T) -> &K) {
        let mut pairs: Vec<((u64, &str), &T)> =
            self.keys.drain(..).zip(self.objects.drain(..)).collect();
        let by_case = self.by_case;
        pairs.sort_by(|(left, first), (right, second)| {
            compared(*left, *right, by_case).then_with(|| order(first).cmp(order(second)))
        });
        (self.keys, self.objects) = pairs.into_iter().unzip();
    }

    /// The objects of a name.
    pub(crate) fn get(&self, name: &str) -> &[&'a T] {
        let wanted = (self.hash(name), name);
        let place = |known: &(u64, &str)| compared(*known, wanted, self.by_case);
        let from = self
            .keys
            .partition_point(|known| place(known) == Ordering::Less);
        let rest = self.keys.get(from..).unwrap_or_default();
        let count = rest
            .iter()
            .take_while(|known| place(known) == Ordering::Equal)
            .count();
        self.objects.get(from..from + count).unwrap_or_default()
    }

    /// FNV-1a over the name, in lower case where case does not count.
    fn hash(&self, name: &str) -> u64 {
        name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            let byte = if self.by_case {
                byte
            } else {
                byte.to_ascii_lowercase()
            };
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    }
}

fn compared(left: (u64, &str), right: (u64, &str), by_case: bool) -> Ordering {
    let names = || {
        if by_case {
            return left.1.cmp(right.1);
        }
        let lower = |name: &str| {
            name.bytes()
                .map(|byte| byte.to_ascii_lowercase())
                .collect::<Vec<u8>>()
        };
        if left.1.eq_ignore_ascii_case(right.1) {
            Ordering::Equal
        } else {
            lower(left.1).cmp(&lower(right.1))
        }
    };
    left.0.cmp(&right.0).then_with(names)
}

#[cfg(test)]
mod tests {
    use super::Index;

    #[test]
    fn names_of_iam_are_found_in_any_case_and_ids_are_not() {
        let (a, b, c) = (1, 2, 3);
        let mut names = Index::of_iam_names();
        names.add("NodeRole", &a);
        names.add("Other", &b);
        names.add("noderole", &c);
        names.sorted_by(|number| number);
        assert_eq!(names.get("NODEROLE"), [&a, &c]);
        assert_eq!(names.get("other"), [&b]);
        assert!(names.get("none").is_empty());
        let mut ids = Index::of_ids();
        ids.add("plan#a", &a);
        ids.add("plan#A", &b);
        ids.sorted_by(|number| number);
        assert_eq!(ids.get("plan#A"), [&b]);
    }
}
