//! The nearest of several words, for "did you mean".

/// The candidate most like `word`, if one is like enough to be a slip of the keyboard.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let word = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            let likeness = strsim::jaro_winkler(&word, &candidate.to_lowercase());
            (likeness, candidate)
        })
        .filter(|(likeness, _)| *likeness >= 0.8)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_of_the_keyboard_is_recognised_and_another_word_is_not() {
        let words = ["access-entry-missing", "pass-role-denied"];
        assert_eq!(
            nearest("acces-entry-mising", words),
            Some("access-entry-missing")
        );
        assert_eq!(nearest("Pass-Role-Denied", words), Some("pass-role-denied"));
        assert_eq!(nearest("banana", words), None);
    }
}
