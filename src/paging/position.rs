//! Where a list is, and where it goes on: the paging dialects, without any input or output.

use super::page::Facts;
use crate::Error;
use crate::spec::PagingStyle;

/// A service may return empty pages, but not for ever.
const MAX_EMPTY_PAGES: u32 = 1000;

/// The place of the page that is fetched next.
#[derive(Debug)]
pub(super) struct Position {
    style: PagingStyle,
    /// The token, page number or offset; `None` at the beginning.
    token: Option<String>,
    /// How many items the pages so far had, if the list was read from its beginning.
    seen: Option<u64>,
    empty_pages: u32,
    repeats: Repeats,
    /// The hash of the last page, where no token tells pages apart.
    last_body: Option<u64>,
}

impl Position {
    /// The beginning of a list, or the place that a token leads to.
    pub(super) fn new(style: PagingStyle, token: Option<String>) -> Result<Self, Error> {
        let token = token.filter(|token| !token.is_empty());
        if let Some(token) = &token {
            let least = match style {
                PagingStyle::PageNumber => Some(1),
                PagingStyle::Offset => Some(0),
                PagingStyle::Token | PagingStyle::Entries => None,
                PagingStyle::Repeat => {
                    return Err(Error::invalid_request("this list has no tokens and cannot be resumed"));
                }
            };
            // As this SDK writes it, and with room behind it.
            let number = token.parse::<i64>().ok().filter(|number| number.to_string() == *token);
            if least.is_some_and(|least| number.is_none_or(|number| number < least)) {
                let what = if style == PagingStyle::Offset { "number of items" } else { "page number" };
                return Err(Error::invalid_request(format!(
                    "this list is resumed at a {what}, not {token:?}"
                )));
            }
        }
        let seen = token.is_none().then_some(0);
        let repeats = Repeats::new(token.clone());
        Ok(Self { style, token, seen, empty_pages: 0, repeats, last_body: None })
    }

    /// The token of the page that is fetched next.
    pub(super) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Refuses a page that repeats the one before it, or leads to itself. `body` is the hash of the
    /// page, where no token tells pages apart.
    pub(super) fn check(&mut self, page: &Facts, body: Option<u64>) -> Result<(), Error> {
        let is_same = match self.style {
            PagingStyle::Token | PagingStyle::Entries => {
                self.token.is_some() && self.next(page) == self.token
            }
            PagingStyle::PageNumber | PagingStyle::Offset => {
                let body = body.filter(|_| page.count > 0);
                let last = std::mem::replace(&mut self.last_body, body);
                body.is_some() && last == body
            }
            PagingStyle::Repeat => false,
        };
        match is_same {
            true => Err(Error::paging("the list does not end: it gave the same page twice in a row")),
            false => Ok(()),
        }
    }

    /// Goes on behind a page: `false` if it was the last.
    pub(super) fn advance(&mut self, page: &Facts) -> Result<bool, Error> {
        self.seen = self.seen.map(|seen| seen + page.count as u64);
        let Some(next) = self.next(page) else {
            self.token = None;
            return Ok(false);
        };
        self.empty_pages = if page.count == 0 { self.empty_pages + 1 } else { 0 };
        if self.empty_pages > MAX_EMPTY_PAGES {
            self.token = Some(next);
            return Err(Error::paging(format!("the list gave {MAX_EMPTY_PAGES} empty pages in a row")));
        }
        let repeated = self.style != PagingStyle::Repeat && self.repeats.again(&next);
        self.token = Some(next).filter(|_| self.style != PagingStyle::Repeat);
        match repeated {
            true => Err(Error::paging("the list does not end: it came back to a page that it gave before")),
            false => Ok(true),
        }
    }

    /// The token of the page behind this one.
    fn next(&self, page: &Facts) -> Option<String> {
        let told = |token: &Option<String>| token.clone().filter(|token| !token.is_empty());
        let number = |first: u64| self.token.as_deref().map_or(Some(first), |token| token.parse().ok());
        // A short page is not a last page: services cut pages as they like.
        let whole = page.more == Some(false) || page.count == 0;
        let reached = |seen: u64| {
            page.total.and_then(|total| u64::try_from(total).ok()).is_some_and(|total| seen >= total)
        };
        match self.style {
            PagingStyle::Token | PagingStyle::Entries => {
                told(&page.next).filter(|_| page.more != Some(false))
            }
            PagingStyle::Repeat => (page.count > 0).then(String::new),
            _ if whole => None,
            PagingStyle::PageNumber if self.seen.is_some_and(reached) => None,
            PagingStyle::PageNumber => number(1)?.checked_add(1).map(|next| next.to_string()),
            PagingStyle::Offset => {
                let next = number(0)?.checked_add(page.count as u64)?;
                (!reached(next)).then(|| next.to_string())
            }
        }
    }
}

/// Finds out that a sequence of tokens repeats itself, holding two of them (Brent's algorithm): a
/// set of all tokens would grow with the list.
#[derive(Debug)]
struct Repeats {
    last: Option<String>,
    mark: Option<String>,
    since_mark: u64,
    until_next_mark: u64,
}

impl Repeats {
    fn new(first: Option<String>) -> Self {
        Self { mark: first.clone(), last: first, since_mark: 0, until_next_mark: 1 }
    }

    /// Whether this token was here before.
    fn again(&mut self, token: &str) -> bool {
        let again = [&self.last, &self.mark].iter().any(|known| known.as_deref() == Some(token));
        self.last = Some(token.to_owned());
        self.since_mark += 1;
        if self.since_mark == self.until_next_mark {
            self.mark = self.last.clone();
            self.since_mark = 0;
            self.until_next_mark *= 2;
        }
        again
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn page(count: usize) -> Facts {
        Facts { count, ..Facts::default() }
    }

    fn next(count: usize, token: &str) -> Facts {
        Facts { next: Some(token.to_owned()), ..page(count) }
    }

    /// Walks over pages and returns the tokens that they were asked for by, until the end.
    fn walk(style: PagingStyle, pages: Vec<Facts>) -> Vec<Option<String>> {
        let mut position = Position::new(style, None).expect("a beginning");
        let mut asked = vec![None];
        for facts in &pages {
            match position.advance(facts).expect("a page") {
                true => asked.push(position.token().map(str::to_owned)),
                false => return asked,
            }
        }
        asked
    }

    /// What, in which style, the pages, and the tokens that they are asked for by.
    type Case = (&'static str, PagingStyle, Vec<Facts>, Vec<Option<&'static str>>);

    #[test]
    fn each_style_goes_on_and_ends() {
        use PagingStyle::*;
        let total = |count, total| Facts { total: Some(total), ..page(count) };
        let more = |token: &str, more| Facts { more: Some(more), ..next(1, token) };
        let cases: Vec<Case> = vec![
            ("an absent token ends", Token, vec![next(2, "a"), page(2)], vec![None, Some("a")]),
            ("an empty token ends", Token, vec![next(2, "a"), next(2, "")], vec![None, Some("a")]),
            (
                "an empty page does not end",
                Token,
                vec![next(0, "a"), next(0, "b"), page(1)],
                vec![None, Some("a"), Some("b")],
            ),
            (
                "no more ends whatever the token",
                Token,
                vec![more("a", true), more("b", false)],
                vec![None, Some("a")],
            ),
            (
                "a total does not end a list of tokens",
                Token,
                vec![Facts { total: Some(1), ..next(1, "a") }],
                vec![None, Some("a")],
            ),
            (
                "pages are numbered from one",
                PageNumber,
                vec![page(2), page(1), page(0)],
                vec![None, Some("2"), Some("3")],
            ),
            ("pages end at the total", PageNumber, vec![total(2, 3), total(1, 3)], vec![None, Some("2")]),
            (
                "offsets count items",
                Offset,
                vec![page(2), page(1), page(0)],
                vec![None, Some("2"), Some("3")],
            ),
            ("offsets end at the total", Offset, vec![total(2, 3), total(1, 3)], vec![None, Some("2")]),
            (
                "a queue ends when it is empty",
                Repeat,
                vec![page(2), page(1), page(0)],
                vec![None, None, None],
            ),
        ];
        for (what, style, pages, asked) in cases {
            let asked: Vec<Option<String>> =
                asked.into_iter().map(|token| token.map(str::to_owned)).collect();
            assert_eq!(walk(style, pages), asked, "{what}");
        }
    }

    #[test]
    fn a_list_that_was_resumed_does_not_know_how_much_came_before() {
        let mut position =
            Position::new(PagingStyle::PageNumber, Some("3".to_owned())).expect("a page number");
        let facts = Facts { total: Some(2), ..page(2) };
        assert!(position.advance(&facts).expect("a page"));
        assert_eq!(position.token(), Some("4"));
    }

    #[test]
    fn any_cycle_is_found() {
        for (lead, length) in [(0, 1), (0, 2), (5, 1), (3, 7), (100, 9)] {
            let mut position = Position::new(PagingStyle::Token, None).expect("a beginning");
            let found = (0..1000).find_map(|n: usize| {
                let token = if n < lead { n } else { lead + (n - lead) % length };
                position.advance(&next(1, &token.to_string())).err()
            });
            assert_eq!(found.expect("the cycle").kind(), ErrorKind::Paging, "{lead} {length}");
        }
    }

    #[test]
    fn a_page_that_comes_twice_in_a_row_is_refused() {
        for style in [PagingStyle::PageNumber, PagingStyle::Offset] {
            let mut position = Position::new(style, None).expect("a beginning");
            for (count, body, is_fine) in
                [(1, 1, true), (1, 2, true), (0, 3, true), (0, 3, true), (1, 2, true), (2, 2, false)]
            {
                assert_eq!(position.check(&page(count), Some(body)).is_ok(), is_fine, "{count} {body}");
            }
        }
        let mut position = Position::new(PagingStyle::Token, None).expect("a beginning");
        for (token, is_fine) in [("a", true), ("b", true), ("b", false)] {
            assert_eq!(position.check(&next(1, token), None).is_ok(), is_fine, "{token}");
            position.advance(&next(1, token)).ok();
        }
        let last = Facts { more: Some(false), ..next(1, "b") };
        assert!(position.check(&last, None).is_ok(), "the end, whatever the token");
        let mut queue = Position::new(PagingStyle::Repeat, None).expect("a beginning");
        assert!((0..2).all(|_| queue.check(&page(1), None).is_ok()));
    }

    #[test]
    fn empty_pages_are_bounded() {
        let mut position = Position::new(PagingStyle::Token, None).expect("a beginning");
        let pages = (0..).take_while(|n| position.advance(&next(0, &n.to_string())).is_ok()).count();
        assert_eq!(pages, MAX_EMPTY_PAGES as usize);
        assert_eq!(position.token(), Some("1000"));
    }

    #[test]
    fn a_place_that_is_none_is_refused() {
        for (style, token) in [
            (PagingStyle::PageNumber, "0"),
            (PagingStyle::PageNumber, "x"),
            (PagingStyle::PageNumber, "+3"),
            (PagingStyle::PageNumber, "03"),
            (PagingStyle::PageNumber, "18446744073709551615"),
            (PagingStyle::Offset, "-1"),
            (PagingStyle::Repeat, "a"),
        ] {
            let error = Position::new(style, Some(token.to_owned())).expect_err(token);
            assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        }
    }

    proptest::proptest! {
        #[test]
        fn a_number_is_taken_only_as_it_is_written(text in "\\PC{0,3}|[+-]?[0-9]{0,22}", is_offset: bool) {
            let style = if is_offset { PagingStyle::Offset } else { PagingStyle::PageNumber };
            if let Ok(mut position) = Position::new(style, Some(text.clone())) {
                proptest::prop_assert_eq!(position.token().unwrap_or_default(), text.as_str());
                // There is always a place behind it.
                proptest::prop_assert!(position.advance(&page(1)).expect("a page"));
            }
        }
    }
}
