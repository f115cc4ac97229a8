//! Pages and their tokens.

use std::hash::{DefaultHasher, Hash, Hasher};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::api::call::Call;
use crate::api::failure::{Failure, Outcome};
use crate::api::response::Response;

/// A page, and the token of the next one if there is one.
pub(crate) type Page<T> = (Vec<T>, Option<String>);

/// What a page is cut by: the names of the parameters, and the sizes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pagination<'a> {
    pub(crate) size: &'a str,
    pub(crate) token: &'a str,
    pub(crate) default: usize,
    pub(crate) max: usize,
}

/// A page as the v2 services write it: a list that ends here has an empty token.
pub(crate) fn v2_page(list: &str, page: &[Value], next: Option<String>) -> Response {
    Response::json(json!({ list: page, "nextPageToken": next.unwrap_or_default() }))
}

/// A page with the token of the next one under this name, if there is one.
pub(crate) fn with_next(mut page: Value, name: &str, next: Option<String>) -> Response {
    if let Some(next) = next {
        page[name] = json!(next);
    }
    Response::json(page)
}

impl Pagination<'static> {
    /// `maxPageSize` and `pageToken`, at most 10 unless asked for more.
    pub(crate) const fn v2(max: usize) -> Pagination<'static> {
        Pagination { size: "maxPageSize", token: "pageToken", default: 10, max }
    }

    pub(crate) const fn with_default(mut self, default: usize) -> Pagination<'static> {
        self.default = default;
        self
    }
}

impl Pagination<'_> {
    /// The page size that is asked for, cut to the largest.
    pub(crate) fn size(&self, call: &Call<'_>) -> Result<usize, Failure> {
        let Some(asked) = call.given(self.size) else { return Ok(self.default) };
        match asked.parse::<i64>() {
            Ok(0) => Ok(self.default),
            Ok(size) if size > 0 => Ok(usize::try_from(size).unwrap_or(self.max).min(self.max)),
            _ => Err(Failure::invalid(format!("{} must not be negative.", self.size))),
        }
    }

    /// How many items came before this page.
    pub(crate) fn start(&self, call: &Call<'_>) -> Result<usize, Failure> {
        Ok(self.after(call)?.unwrap_or_default())
    }

    /// After what this page begins; none at the beginning of the list. A list that is cut by names stays whole when items
    /// come and go between its pages.
    pub(crate) fn after<T: DeserializeOwned>(&self, call: &Call<'_>) -> Result<Option<T>, Failure> {
        let Some(token) = call.given(self.token) else { return Ok(None) };
        let refused = || Failure::invalid(format!("The {} is invalid.", self.token));
        let (hash, place) = read_token(token).ok_or_else(refused)?;
        if hash != self.hash(call) {
            let token = self.token;
            return Err(Failure::invalid(format!("The {token} belongs to a request with other parameters.")));
        }
        serde_json::from_str(&place).map(Some).map_err(|_| refused())
    }

    /// The page that is asked for, and the token of the next one.
    pub(crate) fn page<T: Clone>(&self, call: &Call<'_>, items: &[T]) -> Result<Page<T>, Failure> {
        let size = self.size(call)?;
        let start = self.start(call)?.min(items.len());
        let end = (start + size).min(items.len());
        let next = (end < items.len()).then(|| self.token_at(call, end));
        Ok((items[start..end].to_vec(), next))
    }

    /// The page that is asked for as the response of a v2 service.
    pub(crate) fn respond(&self, call: &Call<'_>, list: &str, items: &[Value]) -> Outcome {
        let (page, next) = self.page(call, items)?;
        Ok(v2_page(list, &page, next))
    }

    /// The same of a list that is in the order of its places: it stays whole when items come and go between its pages,
    /// as when each is dealt with and gone before the next page is asked for.
    pub(crate) fn page_by<T: Clone, P: Ord + Serialize + DeserializeOwned>(
        &self,
        call: &Call<'_>,
        items: &[T],
        place: impl Fn(&T) -> P,
    ) -> Result<Page<T>, Failure> {
        let after: Option<P> = self.after(call)?;
        let start = after.map_or(0, |after| items.partition_point(|item| place(item) <= after));
        let end = (start + self.size(call)?).min(items.len());
        let page = items[start..end].to_vec();
        let next = page.last().filter(|_| end < items.len()).map(|last| self.token_at(call, place(last)));
        Ok((page, next))
    }

    /// The token of the page that begins after that many items, or after an item of that name.
    pub(crate) fn token_at(&self, call: &Call<'_>, place: impl Serialize) -> String {
        let place = serde_json::to_value(place).unwrap_or_default();
        write_token(&format!("{:016x}.{place}", self.hash(call)))
    }

    /// A token is good for the same request only: path and all other parameters, but for a page number, which cannot be
    /// sent with a token.
    fn hash(&self, call: &Call<'_>) -> u64 {
        let mut hasher = DefaultHasher::new();
        call.operation.id.hash(&mut hasher);
        call.path.hash(&mut hasher);
        let is_other = |name: &str| ![self.token, "pageNumber"].contains(&name);
        let mut others: Vec<_> = call.query.iter().filter(|(name, _)| is_other(name)).collect();
        others.sort();
        others.hash(&mut hasher);
        hasher.finish()
    }
}

/// Three bytes that are `+/+/` in Base64.
const RESERVED: [u8; 3] = [0xfb, 0xff, 0xbf];

/// PG-03: a token has characters that must be percent-encoded in a query: `+`, `/` and `=`.
fn write_token(text: &str) -> String {
    // Whole groups of three bytes have no padding.
    let padding = if text.len().is_multiple_of(3) { " " } else { "" };
    STANDARD.encode([&RESERVED, text.as_bytes(), padding.as_bytes()].concat())
}

/// What the token is good for, and the place in the list as JSON.
fn read_token(token: &str) -> Option<(u64, String)> {
    let bytes = STANDARD.decode(token).ok()?;
    let text = std::str::from_utf8(bytes.strip_prefix(&RESERVED)?).ok()?;
    let (hash, place) = text.trim_end().split_once('.')?;
    Some((u64::from_str_radix(hash, 16).ok()?, place.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PG-03
    #[test]
    fn a_token_has_reserved_characters_whatever_is_in_it() {
        for place in ["1", "22", "333", "\"key\"", "\"\u{e9}\""] {
            let token = write_token(&format!("{:016x}.{place}", 7));
            for reserved in ['+', '/', '='] {
                assert!(token.contains(reserved), "{token}");
            }
            assert_eq!(read_token(&token), Some((7, place.to_owned())));
        }
        assert_eq!(read_token("abc"), None);
    }
}
