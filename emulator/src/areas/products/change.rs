//! The forms with which products are made and changed.

use jiff::Timestamp;

use crate::api::{Call, Failure, Shapes, picture};
use crate::areas::products::model::{Kind, Product};
use crate::document::Part;

const MAX_PICTURE: usize = 20 * 1024 * 1024;

/// What a form says about a product: only what is there changes.
#[derive(Debug, Default)]
pub(super) struct Change {
    pub(super) name: Option<String>,
    description: Option<String>,
    price: Option<u64>,
    for_sale: Option<bool>,
    managed_pricing: Option<bool>,
    regional_pricing: Option<bool>,
    pub(super) store_page: Option<bool>,
    pub(super) picture: Option<Part>,
}

impl Change {
    pub(super) fn read(call: &Call<'_>, kind: &Kind) -> Result<Change, Failure> {
        let mut change = Change::default();
        let mut alias = None;
        for part in call.form()? {
            let text = part.text().unwrap_or_default().to_owned();
            let flag = || {
                let refused = || Failure::invalid(format!("{} must be true or false.", part.name));
                let flag = text.to_ascii_lowercase().parse::<bool>();
                flag.map_err(|_| refused().with_detail(kind.bad_flag))
            };
            match part.name.as_str() {
                "name" => change.name = Some(text),
                "description" => change.description = Some(text),
                "price" => {
                    let refused = || Failure::invalid("The price must be a whole number of Robux.");
                    let price = text.trim().parse();
                    change.price = Some(price.map_err(|_| refused().with_detail(kind.bad_price))?);
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
            return Err(Failure::invalid("The name must not be empty.").with_detail(kind.no_name));
        }
        if let Some(picture) = &change.picture {
            check_picture(picture, kind)?;
        }
        Ok(change)
    }

    /// GP-08: what can be taken off sale depends on what is stored, whatever the same request says of the store page.
    pub(super) fn check_sale(&self, stored: &Product, kind: &Kind, shapes: Shapes) -> Result<(), Failure> {
        if shapes.is_live() && self.for_sale == Some(false) && stored.store_page {
            let failure = Failure::invalid("What is on the store page must be for sale.");
            return Err(failure.with_detail(kind.bad_flag));
        }
        Ok(())
    }

    /// Changes a product; a picture becomes an asset of its own.
    pub(super) fn apply(
        self,
        product: &mut Product,
        icon: Option<u64>,
        now: Timestamp,
        kind: &Kind,
    ) -> Result<(), Failure> {
        let price = self.price.or(product.price);
        let for_sale = self.for_sale.unwrap_or(product.for_sale);
        if for_sale && price.is_none() {
            return Err(Failure::invalid("What is for sale needs a price.").with_detail(kind.bad_price));
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

fn check_picture(picture: &Part, kind: &Kind) -> Result<(), Failure> {
    if picture::kind(&picture.content).is_none() {
        return Err(Failure::invalid("The file is not a picture.").with_detail(kind.bad_picture));
    }
    if picture.content.len() > MAX_PICTURE {
        return Err(Failure::invalid("The file is larger than 20 MB.").with_detail(kind.picture_too_large));
    }
    Ok(())
}
