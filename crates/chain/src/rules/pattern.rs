//! Patterns with `*` and `?`, as IAM's resources and conventions write them.

/// Whether a text fits a pattern: `*` stands for any run of characters, `?` for one.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut from) = (0, 0);
    // Where the last `*` stands, and up to where the text was given to it.
    let mut star: Option<(usize, usize)> = None;
    while from < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(wanted) if *wanted == '?' || text.get(from) == Some(wanted) => {
                at += 1;
                from += 1;
            }
            _ => match star {
                Some((place, given)) => {
                    star = Some((place, given + 1));
                    at = place + 1;
                    from = given + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_takes_any_run_and_a_path_is_not_left_out() {
        let role = "arn:aws:iam::111122223333:role/team/KarpenterNodeRole-x";
        assert!(matches("arn:aws:iam::*:role/team/Karpenter*", role));
        assert!(matches("*", role));
        assert!(!matches(
            "arn:aws:iam::111122223333:role/KarpenterNodeRole-*",
            role
        ));
        assert!(matches("a?c*e", "abcdde"));
        assert!(!matches("a?c", "ac"));
    }
}
