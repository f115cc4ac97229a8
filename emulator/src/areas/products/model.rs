//! State and rules of products.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::{Failure, Shapes, later};

const MAX_PRODUCTS: usize = 100_000;
/// How many products of each kind the universe 2001 has from the beginning, so that its lists have pages.
const SEEDED: u64 = 25;
/// Who is called so is listed some seconds after it was made or changed (GP-09).
const LISTED_LATE: &str = "listed late";
const LAG: i64 = 2;

/// The products of one kind, by universe and id.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Catalog {
    pub(super) universes: BTreeMap<u64, BTreeMap<u64, Product>>,
    count: usize,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Product {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) price: Option<u64>,
    pub(super) for_sale: bool,
    pub(super) managed_pricing: bool,
    pub(super) regional_pricing: bool,
    pub(super) store_page: bool,
    /// The asset of the picture.
    pub(super) icon: Option<u64>,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
}

/// What differs between the two kinds: mostly the words of their services for what can be wrong.
#[derive(Debug)]
pub(crate) struct Kind {
    /// What the thing is called.
    noun: &'static str,
    /// The id of the one that sample requests ask for.
    first: u64,
    missing: &'static str,
    /// In place of `missing`, in the live service.
    missing_live: &'static str,
    /// Whether the error of a missing one says which it is.
    names_field: bool,
    pub(super) no_name: &'static str,
    pub(super) bad_price: &'static str,
    pub(super) bad_flag: &'static str,
    pub(super) bad_picture: &'static str,
    pub(super) picture_too_large: &'static str,
}

/// Sold to players as often as they like.
pub(crate) const DEVELOPER_PRODUCTS: Kind = Kind {
    noun: "developer product",
    first: 8001,
    missing: "InvalidDeveloperProductId",
    // GP-05
    missing_live: "NotFound",
    names_field: false,
    no_name: "InvalidName",
    bad_price: "InvalidPrice",
    bad_flag: "InvalidIsForSale",
    bad_picture: "InvalidImageFile",
    picture_too_large: "InvalidImageFile",
};

/// Sold once to each player.
pub(crate) const GAME_PASSES: Kind = Kind {
    noun: "game pass",
    first: 9001,
    missing: "PassNotFound",
    missing_live: "PassNotFound",
    names_field: true,
    no_name: "MissingArgument",
    bad_price: "BadRequest",
    bad_flag: "BadRequest",
    bad_picture: "AssetCreationFailure",
    picture_too_large: "FileTooLarge",
};

impl Catalog {
    /// Products of the universe 2001.
    pub(crate) fn seeded(now: Timestamp, kind: &Kind) -> Catalog {
        let product = |number: u64| Product {
            name: format!("Sample {} {number}", kind.noun),
            description: "There from the beginning.".to_owned(),
            price: Some(number * 5),
            for_sale: true,
            ..Product::new(now)
        };
        let products = (1..=SEEDED).map(|number| (kind.first + number - 1, product(number))).collect();
        Catalog { universes: BTreeMap::from([(2001, products)]), count: SEEDED as usize }
    }

    pub(super) fn get(
        &mut self,
        kind: &Kind,
        universe: u64,
        id: u64,
        shapes: Shapes,
    ) -> Result<&mut Product, Failure> {
        self.universes.get_mut(&universe).and_then(|products| products.get_mut(&id)).ok_or_else(|| {
            let detail = if shapes.is_live() { kind.missing_live } else { kind.missing };
            let missing = Failure::not_found(format!("The {} {id} does not exist.", kind.noun));
            let missing = missing.with_detail(detail);
            // GP-03
            if kind.names_field { missing.with_field(format!("pass: {id}")) } else { missing }
        })
    }

    pub(super) fn insert(&mut self, universe: u64, id: u64, product: Product) -> Result<(), Failure> {
        Failure::if_full(self.count, MAX_PRODUCTS, "products")?;
        self.count += 1;
        self.universes.entry(universe).or_default().insert(id, product);
        Ok(())
    }

    /// Two developer products of a universe never have the same name.
    pub(super) fn check_name(
        &self,
        universe: u64,
        name: Option<&String>,
        except: Option<u64>,
    ) -> Result<(), Failure> {
        let products = self.universes.get(&universe).into_iter().flatten();
        let mut others = products.filter(|(id, _)| Some(**id) != except).map(|(_, product)| &product.name);
        let Some(name) = name.filter(|name| others.any(|other| other == *name)) else { return Ok(()) };
        let failure = Failure::invalid(format!("There is a developer product called '{name}' already."));
        Err(failure.with_detail("DuplicateProductName"))
    }

    /// Those of a universe that lists show, the oldest first.
    pub(super) fn listed(&self, universe: u64, now: Timestamp) -> impl Iterator<Item = (u64, &Product)> {
        let products = self.universes.get(&universe).into_iter().flatten();
        products.filter(move |(_, product)| product.is_listed(now)).map(|(id, product)| (*id, product))
    }
}

impl Product {
    pub(super) fn new(now: Timestamp) -> Product {
        Product { created: now, updated: now, ..Product::default() }
    }

    fn is_listed(&self, now: Timestamp) -> bool {
        !self.name.to_ascii_lowercase().contains(LISTED_LATE) || later(self.updated, LAG) <= now
    }

    pub(super) fn price_information(&self, shapes: Shapes) -> Value {
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
