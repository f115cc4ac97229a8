//! Gets page after page, one at a time.

use super::page::{Facts, Page};
use super::position::Position;
use super::{Fetch, Fetched, List, entries};
use crate::Error;
use crate::call::Call;
use crate::spec::{PagingInfo, PagingStyle};
use serde_json::Value;

/// A list that is being read.
pub(super) struct Pager<P> {
    fetch: fn(Call<P>) -> Fetch<P>,
    read: fn(&P) -> Facts,
    pub(super) list: Listing,
}

/// What does not depend on what a page is: one body of code for all lists.
pub(super) struct Listing {
    call: Call<()>,
    info: Option<PagingInfo>,
    pub(super) settings: Settings,
    place: Place,
    items: u64,
}

/// What a page has told of the list, and how it goes on.
struct Turn {
    token: Option<String>,
    next: Option<String>,
    total: Option<u64>,
    is_incomplete: bool,
    goes_on: Result<bool, Error>,
}

/// What the caller wants of the list.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    pub(super) page_size: Option<u64>,
    /// How many items are wanted at most.
    pub(super) items: Option<u64>,
    pub(super) resume: Option<String>,
    /// Whether a page is taken that the service says is not whole.
    pub(super) allow_incomplete: bool,
}

enum Place {
    Beginning,
    At(Position),
    /// The list cannot go on behind the page that was given last.
    Broken(Error),
    End,
}

impl<P: 'static> Pager<P> {
    pub(super) fn new<L: List<Page = P>>(list: L) -> Self {
        Self { fetch: L::fetch, read: L::read, list: Listing::new(list.into_call().expecting()) }
    }

    /// The next page; nothing behind the last page and behind an error.
    pub(super) async fn next(&mut self) -> Option<Result<Page<P>, Error>> {
        let mut position = match self.list.take_position()? {
            Ok(position) => position,
            Err(error) => return Some(Err(error)),
        };
        let token = position.token().map(str::to_owned);
        match self.page(&mut position).await {
            Ok((page, goes_on)) => {
                self.list.put_position(position, goes_on);
                Some(Ok(page))
            }
            Err(error) => Some(Err(self.list.blamed(error, token))),
        }
    }

    /// A page, and whether there are more.
    async fn page(&mut self, position: &mut Position) -> Result<(Page<P>, Result<bool, Error>), Error> {
        let call = self.list.call_at(position.token())?;
        let asked = self.list.entries(&call);
        let Fetched { response, body } = (self.fetch)(call.expecting()).await?;
        let facts = (self.read)(&response);
        let turn = self.list.turn(position, facts, asked, body).map_err(|error| response.blame(error))?;
        let goes_on = turn.goes_on.map_err(|error| response.blame(error));
        let Turn { token, next, total, is_incomplete, .. } = turn;
        Ok((Page { response, token, next, total, is_incomplete }, goes_on))
    }
}

impl Listing {
    fn new(call: Call<()>) -> Self {
        Self {
            info: call.operation.paging,
            call,
            settings: Settings::default(),
            place: Place::Beginning,
            items: 0,
        }
    }

    /// Whether as many items were read as are wanted.
    pub(super) fn has_enough(&self) -> bool {
        self.settings.items.is_some_and(|wanted| self.items >= wanted)
    }

    /// Where the next page is; nothing behind the last page and behind an error.
    fn take_position(&mut self) -> Option<Result<Position, Error>> {
        match std::mem::replace(&mut self.place, Place::End) {
            Place::Beginning => Some(self.begin().map_err(|error| error.with_operation(self.call.operation))),
            Place::At(position) => Some(Ok(position)),
            Place::Broken(error) => Some(Err(error)),
            Place::End => None,
        }
    }

    fn put_position(&mut self, position: Position, goes_on: Result<bool, Error>) {
        self.place = match goes_on {
            Ok(true) => Place::At(position),
            Ok(false) => Place::End,
            Err(error) => Place::Broken(self.blamed(error, position.token().map(str::to_owned))),
        };
    }

    fn blamed(&self, error: Error, token: Option<String>) -> Error {
        error.with_operation(self.call.operation).with_resume_token(token)
    }

    fn begin(&mut self) -> Result<Position, Error> {
        let style = self.info.map_or(PagingStyle::Token, |info| info.style);
        Position::new(style, self.settings.resume.take().or_else(|| self.given_token()))
    }

    /// The token that the caller has set on the call.
    fn given_token(&self) -> Option<String> {
        let info = self.info.filter(|info| info.style != PagingStyle::Entries)?;
        let name = info.token?;
        match info.in_body {
            true => self.call.body_value(name)?.as_str().map(str::to_owned),
            false => self.call.query_value(name).map(str::to_owned),
        }
    }

    /// Takes note of a page, and goes on to the next; `asked` are the entries that it was to hold.
    fn turn(
        &mut self,
        position: &mut Position,
        mut facts: Facts,
        asked: Option<Value>,
        body: Option<u64>,
    ) -> Result<Turn, Error> {
        if let Some(flaw) = facts.flaw {
            return Err(Error::unusable_response(flaw));
        }
        if let Some(flag) = facts.incomplete.filter(|_| !self.settings.allow_incomplete) {
            return Err(incomplete(flag));
        }
        self.items += facts.count as u64;
        let token = position.token().map(str::to_owned);
        let next = match (&self.info, asked, &facts.entries) {
            (Some(info), Some(asked), Some(items)) => entries::next(info, &asked, items),
            _ => Ok(facts.next.take()),
        };
        let goes_on = match next {
            Ok(next) => {
                facts.next = next;
                position.check(&facts, body)?;
                position.advance(&facts)
            }
            Err(error) => Err(error),
        };
        let next = position.token().filter(|_| matches!(goes_on, Ok(true))).map(str::to_owned);
        let total = facts.total.and_then(|total| u64::try_from(total).ok());
        let is_incomplete = facts.incomplete.is_some();
        Ok(Turn { token, next, total, is_incomplete, goes_on })
    }

    /// The call that gets the page that a token leads to.
    fn call_at(&self, token: Option<&str>) -> Result<Call<()>, Error> {
        let mut call = self.call.clone();
        let Some(info) = &self.info else { return Ok(call) };
        if let (Some(name), Some(size)) = (info.size, self.size(info)) {
            call = match info.in_body {
                true => call.body_property(name, size.into()),
                false => call.query(name, size.to_string()),
            };
        }
        if let (Some(name), Some(token)) = (info.token, token) {
            call = match (info.in_body, info.style) {
                (true, PagingStyle::Entries) => {
                    let asked = call.body_value(name).unwrap_or_default();
                    call.body_property(name, entries::of_token(info, &asked, token)?)
                }
                (true, _) => call.body_property(name, token.into()),
                (false, _) => call.query(name, token.to_owned()),
            };
            if let Some(number) = info.number {
                call = match info.in_body {
                    true => call.without_body_property(number),
                    false => call.without_query(number),
                };
            }
        }
        Ok(call)
    }

    /// The entries that a call asks for, where each has a token of its own.
    fn entries(&self, call: &Call<()>) -> Option<Value> {
        let info = self.info.filter(|info| info.style == PagingStyle::Entries)?;
        call.body_value(info.token?)
    }

    /// The page size to ask for: what the caller says, else the largest, but no more than is wanted.
    /// It is the same for all pages, because services refuse a token with other parameters.
    fn size(&self, info: &PagingInfo) -> Option<u64> {
        let name = info.size?;
        let is_set = match info.in_body {
            true => self.call.body_value(name).is_some(),
            false => self.call.has_query(name),
        };
        if is_set && self.settings.page_size.is_none() {
            return None;
        }
        size(info, self.settings.page_size, self.settings.items)
    }
}

/// A part must not pass for the whole (`SV-02`).
fn incomplete(flag: &str) -> Error {
    Error::paging(format!(
        "the list is not whole: the service could not read a part of it, and says so by `{flag}`"
    ))
    .with_hint("read it again later, or take what is there with `allow_incomplete`")
}

fn size(info: &PagingInfo, asked: Option<u64>, wanted: Option<u64>) -> Option<u64> {
    let largest = info.sizes.last().copied().or(info.max);
    let size = match (asked, largest) {
        (Some(size), largest) => size.min(largest.unwrap_or(u64::MAX)),
        (None, Some(largest)) => wanted.map_or(largest, |wanted| wanted.min(largest)),
        // Without a known maximum, a guess may be refused.
        (None, None) => return None,
    };
    let offered = info.sizes.iter().copied().find(|offered| *offered >= size);
    Some(offered.unwrap_or(size).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(max: Option<u64>, sizes: &'static [u64]) -> PagingInfo {
        PagingInfo {
            style: PagingStyle::Token,
            token: Some("pageToken"),
            number: None,
            size: Some("maxPageSize"),
            max,
            sizes,
            in_body: false,
            next: None,
            cursor: None,
            key: None,
        }
    }

    #[test]
    fn pages_are_as_large_as_is_allowed_and_of_use() {
        const OFFERED: &[u64] = &[10, 25, 50, 100];
        for (max, sizes, asked, wanted, size) in [
            (Some(100), &[][..], None, None, Some(100)),
            (Some(100), &[], Some(7), None, Some(7)),
            (Some(100), &[], Some(500), None, Some(100)),
            (Some(100), &[], Some(0), None, Some(1)),
            (Some(100), &[], None, Some(30), Some(30)),
            (Some(100), &[], None, Some(300), Some(100)),
            (Some(100), &[], Some(50), Some(30), Some(50)),
            (None, &[], None, Some(30), None),
            (None, &[], Some(30), None, Some(30)),
            (None, OFFERED, None, None, Some(100)),
            (Some(100), OFFERED, Some(11), None, Some(25)),
            (Some(100), OFFERED, None, Some(3), Some(10)),
            (Some(100), OFFERED, Some(1000), None, Some(100)),
        ] {
            assert_eq!(super::size(&info(max, sizes), asked, wanted), size, "{max:?} {asked:?} {wanted:?}");
        }
    }
}
