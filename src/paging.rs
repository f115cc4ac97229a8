//! Lists: pages that follow each other, and their items as a stream.
use crate::Error;
use crate::call::Call;
pub trait List: Sized + 'static {
    type Page;
    type Item;
    fn call(&self) -> &Call<Self::Page>;
    fn items(page: Self::Page) -> Vec<Self::Item>;
    fn next(page: &Self::Page) -> Option<String>;
    fn total(page: &Self::Page) -> Option<i64>;
    fn more(page: &Self::Page) -> Option<bool>;
}
macro_rules! list_methods {
    ($name:ident) => {};
}
pub(crate) use list_methods;
