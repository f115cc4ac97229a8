use super::super::fixture::{NAME, PAGE};
use super::super::world::UNIVERSE;
use super::{Acting, Failure, Intent, Kind, Verifying, World, compared, only_reads};
use opencloud::Error;
use opencloud::paging::Items;

/// Reads a list that does not change, page by page, and goes on behind an error.
pub(super) struct List;

/// How often it goes on before the error is the caller's.
const RESUMES: u32 = 5;

impl Kind for List {
    fn name(&self) -> &'static str {
        "list"
    }

    fn act<'a>(&'a self, world: &'a World, intent: &'a Intent) -> Acting<'a> {
        Box::pin(async move {
            let client = &world.client;
            let read = match intent.number % 3 {
                0 => {
                    let store = world.store(NAME);
                    let entries = whole(|| store.entries().items()).await?;
                    let numbers = entries.into_iter().map(|entry| {
                        let number = entry.key.rsplit('-').next().and_then(|number| number.parse().ok());
                        (entry.key, number.unwrap_or(u64::MAX))
                    });
                    numbers.collect::<Vec<_>>()
                }
                1 => {
                    let store = client.ordered_data_stores().store(UNIVERSE, NAME);
                    let entries = whole(|| store.ranked().items()).await?;
                    entries.into_iter().map(|entry| (entry.key, entry.value.unsigned_abs())).collect()
                }
                _ => {
                    let map = client.memory_stores().sorted_map(UNIVERSE, NAME);
                    let items = whole(|| map.items::<u64>().items()).await?;
                    let items = items.into_iter().map(|item| item.map(|item| (item.id, item.value)));
                    items.collect::<Result<_, _>>()?
                }
            };
            compared(read)
        })
    }

    fn verify<'a>(&'a self, _: &'a World, _: &'a [&'a Intent]) -> Verifying<'a> {
        only_reads()
    }
}

/// All items of a list, which is resumed where an error has ended it.
async fn whole<T: 'static>(list: impl Fn() -> Items<T>) -> Result<Vec<T>, Failure> {
    let mut items = Vec::new();
    let mut rest = list().page_size(PAGE);
    let mut resumes = 0;
    while let Some(item) = rest.next().await {
        let error: Error = match item {
            Ok(item) => {
                items.push(item);
                continue;
            }
            Err(error) => error,
        };
        resumes += 1;
        if resumes > RESUMES {
            return Err(error.into());
        }
        rest = list().page_size(PAGE);
        if let Some(token) = error.resume_token() {
            rest = rest.resume(token);
        }
    }
    Ok(items)
}
