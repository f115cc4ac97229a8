//! What universes sell: game passes and developer products, which differ in little but their names.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::call::Call;
use crate::clock::later;
use crate::failure::Failure;
use crate::page::Cut;
use crate::picture;
use crate::request::Part;
use crate::shapes::Shapes;
use crate::state::State;

pub(crate) mod developer_products;
pub(crate) mod game_passes;

const MAX_PRODUCTS: usize = 100_000;
const MAX_PICTURE: usize = 20 * 1024 * 1024;
/// How many products of each kind the universe 2001 has from the beginning, so that its lists have pages.
const SEEDED: u64 = 25;

/// The products of one kind, by universe and id.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Catalog {
    universes: BTreeMap<u64, BTreeMap<u64, Product>>,
    count: usize,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Product {
    name: String,
    description: String,
    price: Option<u64>,
    for_sale: bool,
    managed_pricing: bool,
    regional_pricing: bool,
    store_page: bool,
    /// The asset of the picture.
    icon: Option<u64>,
    created: Timestamp,
    updated: Timestamp,
}

/// The words of a service for what can be wrong.
#[derive(Debug, Clone, Copy)]
struct Words {
    /// What the thing is called.
    noun: &'static str,
    missing: &'static str,
    /// In place of `missing`, in the live service.
    missing_live: &'static str,
    /// Whether the error of a missing one says which it is.
    names_field: bool,
    no_name: &'static str,
    price: &'static str,
    flag: &'static str,
    picture: &'static str,
    too_large: &'static str,
}

impl Words {
    fn missing(&self, shapes: Shapes) -> &'static str {
        if shapes.is_live() { self.missing_live } else { self.missing }
    }
}

impl Catalog {
    /// Products of the universe 2001; `first` is the one that sample requests ask for.
    fn seeded(now: Timestamp, noun: &str, first: u64) -> Catalog {
        let product = |number: u64| Product {
            name: format!("Sample {noun} {number}"),
            description: "There from the beginning.".to_owned(),
            price: Some(number * 5),
            for_sale: true,
            managed_pricing: false,
            regional_pricing: false,
            store_page: false,
            icon: None,
            created: now,
            updated: now,
        };
        let products = (1..=SEEDED).map(|number| (first + number - 1, product(number))).collect();
        Catalog { universes: BTreeMap::from([(2001, products)]), count: SEEDED as usize }
    }

    fn get(
        &mut self,
        universe: u64,
        id: u64,
        words: &Words,
        shapes: Shapes,
    ) -> Result<&mut Product, Failure> {
        self.universes.get_mut(&universe).and_then(|products| products.get_mut(&id)).ok_or_else(|| {
            let missing = Failure::not_found(format!("The {} {id} does not exist.", words.noun));
            let missing = missing.with_detail(words.missing(shapes));
            // GP-03
            if words.names_field { missing.with_field(format!("pass: {id}")) } else { missing }
        })
    }

    fn insert(&mut self, universe: u64, id: u64, product: Product) -> Result<(), Failure> {
        if self.count >= MAX_PRODUCTS {
            return Err(Failure::exhausted("The emulator holds no more products."));
        }
        self.count += 1;
        self.universes.entry(universe).or_default().insert(id, product);
        Ok(())
    }

    fn has_name(&self, universe: u64, name: &str, except: Option<u64>) -> bool {
        self.universes
            .get(&universe)
            .is_some_and(|products| products.iter().any(|(id, one)| one.name == name && Some(*id) != except))
    }

    /// The page of a universe's products that is asked for, the oldest first.
    fn page(
        &self,
        call: &Call<'_>,
        universe: u64,
        json: impl Fn(u64, &Product) -> Value,
    ) -> Result<(Vec<Value>, Option<String>), Failure> {
        let products: Vec<_> = self
            .universes
            .get(&universe)
            .into_iter()
            .flatten()
            .filter(|(_, product)| product.is_listed(call.now))
            .map(|(id, product)| json(*id, product))
            .collect();
        let cut = Cut { size: "pageSize", token: "pageToken", default: 50, max: 100 };
        cut.page(call, &products)
    }
}

/// Who is called so is listed some seconds after it was made or changed (GP-09).
const LISTED_LATE: &str = "listed late";
const LAG: i64 = 2;

impl Product {
    fn is_listed(&self, now: Timestamp) -> bool {
        !self.name.to_ascii_lowercase().contains(LISTED_LATE) || later(self.updated, LAG) <= now
    }

    fn new(now: Timestamp) -> Product {
        Product {
            name: String::new(),
            description: String::new(),
            price: None,
            for_sale: false,
            managed_pricing: false,
            regional_pricing: false,
            store_page: false,
            icon: None,
            created: now,
            updated: now,
        }
    }

    fn price_information(&self, shapes: Shapes) -> Value {
        // GP-06: there is none before a price is set.
        if shapes.is_live() && self.price.is_none() {
            return Value::Null;
        }
        let mut features = Vec::new();
        if self.managed_pricing {
            features.push("PriceOptimization");
        } else if self.regional_pricing {
            features.push("RegionalPricing");
        }
        json!({ "defaultPriceInRobux": self.price, "enabledFeatures": features })
    }
}

/// What a form says about a product: only what is there changes.
#[derive(Debug, Default)]
struct Change {
    name: Option<String>,
    description: Option<String>,
    price: Option<u64>,
    for_sale: Option<bool>,
    managed_pricing: Option<bool>,
    regional_pricing: Option<bool>,
    store_page: Option<bool>,
    picture: Option<Part>,
}

impl Change {
    fn read(call: &Call<'_>, words: &Words) -> Result<Change, Failure> {
        let mut change = Change::default();
        let mut alias = None;
        for part in call.form()? {
            let text = part.text().unwrap_or_default().to_owned();
            let flag =
                || match text.to_ascii_lowercase().as_str() {
                    "true" => Ok(true),
                    "false" => Ok(false),
                    _ => Err(Failure::invalid(format!("{} must be true or false.", part.name))
                        .with_detail(words.flag)),
                };
            match part.name.as_str() {
                "name" => change.name = Some(text),
                "description" => change.description = Some(text),
                "price" => {
                    let price = text.trim().parse().map_err(|_| {
                        Failure::invalid("The price must be a whole number of Robux.")
                            .with_detail(words.price)
                    })?;
                    change.price = Some(price);
                }
                "isForSale" => change.for_sale = Some(flag()?),
                "isManagedPricingEnabled" => change.managed_pricing = Some(flag()?),
                "isRegionalPricingEnabled" => change.regional_pricing = Some(flag()?),
                "storePageEnabled" => change.store_page = Some(flag()?),
                "imageFile" => change.picture = Some(part),
                "file" => alias = Some(part),
                _ => {}
            }
        }
        // Both names mean the picture; the first one counts.
        change.picture = change.picture.or(alias);
        if call.shapes.is_live() {
            change.name = change.name.map(moderated);
            change.description = change.description.map(moderated);
        }
        if change.name.as_ref().is_some_and(|name| name.trim().is_empty()) {
            return Err(Failure::invalid("The name must not be empty.").with_detail(words.no_name));
        }
        if let Some(picture) = &change.picture {
            check_picture(picture, words)?;
        }
        Ok(change)
    }

    /// GP-08: what can be taken off sale depends on what is stored, whatever the same request says of the store page.
    fn check_sale(&self, stored: &Product, words: &Words, shapes: Shapes) -> Result<(), Failure> {
        if shapes.is_live() && self.for_sale == Some(false) && stored.store_page {
            return Err(
                Failure::invalid("What is on the store page must be for sale.").with_detail(words.flag)
            );
        }
        Ok(())
    }

    /// Changes a product; a picture becomes an asset of its own.
    fn apply(
        self,
        product: &mut Product,
        icon: Option<u64>,
        now: Timestamp,
        words: &Words,
    ) -> Result<(), Failure> {
        let price = self.price.or(product.price);
        let for_sale = self.for_sale.unwrap_or(product.for_sale);
        if for_sale && price.is_none() {
            return Err(Failure::invalid("What is for sale needs a price.").with_detail(words.price));
        }
        product.price = price;
        product.for_sale = for_sale;
        product.icon = icon.or(product.icon);
        product.updated = now;
        let set = |target: &mut bool, value: Option<bool>| *target = value.unwrap_or(*target);
        set(&mut product.managed_pricing, self.managed_pricing);
        set(&mut product.regional_pricing, self.regional_pricing);
        set(&mut product.store_page, self.store_page);
        if let Some(name) = self.name {
            product.name = name;
        }
        if let Some(description) = self.description {
            product.description = description;
        }
        Ok(())
    }
}

/// GP-02: moderation replaces a name or a description, and says nothing of it. Here it is one with this word.
fn moderated(text: String) -> String {
    if text.to_ascii_lowercase().contains("moderated") { "####".to_owned() } else { text }
}

fn check_picture(picture: &Part, words: &Words) -> Result<(), Failure> {
    if picture::kind(&picture.content).is_none() {
        return Err(Failure::invalid("The file is not a picture.").with_detail(words.picture));
    }
    if picture.content.len() > MAX_PICTURE {
        return Err(Failure::invalid("The file is larger than 20 MB.").with_detail(words.too_large));
    }
    Ok(())
}

/// Keeps a picture under an asset's number.
pub(crate) fn keep_picture(state: &mut State, picture: &Part) -> u64 {
    let id = state.new_id();
    let content_type = picture.content_type.as_deref().unwrap_or("application/octet-stream");
    let content: Bytes = picture.content.clone();
    state.content.put(&format!("assets/{id}/versions/1"), content_type, content);
    id
}
