//! Lists that are told page by page.

use std::collections::HashSet;
use std::future::Future;

use crate::missing::Missing;

/// What is on a page, and the token of the next one; an empty token is none.
pub(crate) type Page<T> = (Vec<T>, Option<String>);

/// All that is on all pages. `ask` makes the call for one of them; `call` is its name.
///
/// # Errors
/// That of the first page that is not told: a part of a list is no list. A token that comes twice is
/// one, since the pages would go round for ever.
pub(crate) async fn all<T, F>(
    call: &str,
    ask: impl FnMut(Option<String>) -> F,
) -> Result<Vec<T>, Missing>
where
    F: Future<Output = Result<Page<T>, Missing>>,
{
    first(usize::MAX, call, ask).await
}

/// All that is on the first so many pages.
///
/// # Errors
/// As of [`all`].
pub(crate) async fn first<T, F>(
    pages: usize,
    call: &str,
    mut ask: impl FnMut(Option<String>) -> F,
) -> Result<Vec<T>, Missing>
where
    F: Future<Output = Result<Page<T>, Missing>>,
{
    let mut told = Vec::new();
    let mut next = None;
    let mut followed = HashSet::new();
    for _ in 0..pages {
        let (page, token) = ask(next).await?;
        told.extend(page);
        next = token.filter(|token| !token.is_empty());
        let Some(token) = &next else { break };
        if !followed.insert(token.clone()) {
            return Err(Missing::Failed {
                call: call.to_owned(),
                problem: "a page leads back to one that was told before, so the list has no end"
                    .to_owned(),
            });
        }
    }
    Ok(told)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::{Page, all, first};
    use crate::missing::Missing;

    /// A service with these pages: which tokens it was asked for, and what came of it.
    async fn asked<const N: usize>(
        most: Option<usize>,
        pages: [(&str, Result<Page<u8>, Missing>); N],
    ) -> (Vec<String>, Result<Vec<u8>, String>) {
        let tokens = RefCell::new(Vec::new());
        let ask = |next: Option<String>| {
            let token = next.unwrap_or_default();
            let mut known = pages.iter();
            let page = known.find(|(of, _)| *of == token).map(|(_, page)| page);
            let page = page.cloned().unwrap_or(Err(Missing::Absent));
            tokens.borrow_mut().push(token);
            async { page }
        };
        let told = match most {
            Some(most) => first(most, "eks:ListNodegroups", ask).await,
            None => all("eks:ListNodegroups", ask).await,
        };
        let told = told.map_err(|missing| missing.into_error().to_string());
        (tokens.into_inner(), told)
    }

    fn page(items: &[u8], next: &str) -> Result<Page<u8>, Missing> {
        Ok((items.to_vec(), Some(next.to_owned())))
    }

    #[tokio::test]
    async fn pages_are_followed_to_the_last_one_even_past_an_empty_one() {
        let pages = [
            ("", page(&[1, 2], "a")),
            ("a", page(&[], "b")),
            ("b", page(&[3], "")),
        ];
        let (tokens, told) = asked(None, pages).await;
        assert_eq!(tokens, ["", "a", "b"]);
        assert_eq!(told, Ok(vec![1, 2, 3]));
    }

    #[tokio::test]
    async fn a_list_whose_second_page_is_refused_is_not_told_in_part() {
        let refused = Missing::NotPermitted {
            action: "eks:ListNodegroups".to_owned(),
            resource: "prod".to_owned(),
        };
        let (tokens, told) = asked(None, [("", page(&[1], "a")), ("a", Err(refused))]).await;
        assert_eq!(tokens, ["", "a"]);
        let said = "`eks:ListNodegroups` on `prod` is not permitted";
        assert_eq!(told, Err(said.to_owned()));
    }

    #[tokio::test]
    async fn a_token_that_comes_again_ends_the_list_with_an_error() {
        let round = [
            ("", page(&[1], "a")),
            ("a", page(&[2], "b")),
            ("b", page(&[3], "a")),
        ];
        let (tokens, told) = asked(None, round).await;
        assert_eq!(tokens, ["", "a", "b"]);
        let said = "`eks:ListNodegroups` failed: a page leads back to one that was told before, so \
                    the list has no end";
        assert_eq!(told, Err(said.to_owned()));
    }

    #[tokio::test]
    async fn no_more_pages_are_asked_for_than_are_wanted() {
        let pages = [
            ("", page(&[1], "a")),
            ("a", page(&[2], "b")),
            ("b", page(&[3], "")),
        ];
        let (tokens, told) = asked(Some(2), pages).await;
        assert_eq!(tokens, ["", "a"]);
        assert_eq!(told, Ok(vec![1, 2]));
    }
}
