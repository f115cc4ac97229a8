//! Memory stores. Everything is made in a queue and a sorted map of its own, and expires after a minute.

use crate::lab::{Exchange, Lab, Stop};
use crate::probe::{Finding, Need, Outcome, Probe};
use http::Method;
use serde_json::{Value, json};

const NEEDS: &[Need] = &[Need::Universe];

pub(super) const PROBES: &[Probe] = &[
    Probe {
        fact: "MS-09",
        question: "Is a sorted map that was never written an empty list?",
        sends: &["GET the items of a sorted map that does not exist"],
        writes: false,
        only_by_name: None,
        needs: NEEDS,
        run: |lab| Box::pin(empty_map(lab)),
    },
    Probe::writing(
        NEEDS,
        "MS-01",
        "Does a read of a queue give `id` and `queueItems`?",
        &["POST a queue item", "GET items:read", "POST items:discard"],
        |lab| Box::pin(queue_read(lab)),
    ),
    Probe::writing(
        NEEDS,
        "MS-03",
        "Does a read of an empty queue leave the list out?",
        &["GET items:read of a queue that is empty"],
        |lab| Box::pin(empty_read(lab)),
    ),
    Probe::writing(
        NEEDS,
        "MS-04",
        "Is a queue item without data, or with null, refused?",
        &["POST two queue items that are to be refused"],
        |lab| Box::pin(no_data(lab)),
    ),
    Probe::writing(
        NEEDS,
        "MS-05",
        "Is a path in a new queue item taken without complaint, and without effect?",
        &["POST a queue item with a path", "GET items:read", "POST items:discard"],
        |lab| Box::pin(path_in_the_body(lab)),
    ),
    Probe::writing(
        NEEDS,
        "MS-06",
        "Is a time to live as `PT3S` refused?",
        &["POST a queue item that is to be refused"],
        |lab| Box::pin(iso_duration(lab)),
    ),
    Probe::writing(
        NEEDS,
        "MS-07",
        "Does a new queue item come without `id`?",
        &["POST a queue item", "GET items:read", "POST items:discard"],
        |lab| Box::pin(queue_item(lab)),
    ),
    Probe::writing(
        NEEDS,
        "MS-08",
        "Is the list of map items under `items`?",
        &["POST a map item", "GET the items", "DELETE the item"],
        |lab| Box::pin(list_of_a_map(lab)),
    ),
    Probe::writing(
        NEEDS,
        "MS-11",
        "Does a map item write a null sort key, and a counter as etag?",
        &["POST and DELETE a map item"],
        |lab| Box::pin(map_item(lab)),
    ),
    Probe::writing(
        NEEDS,
        "MS-12",
        "Is the id of a new map item taken from the query alone?",
        &["POST a map item that is to be refused"],
        |lab| Box::pin(id_in_the_body(lab)),
    ),
    Probe::writing(
        NEEDS,
        "MS-13",
        "Is a map item that exists refused with 409?",
        &["POST a map item twice", "DELETE it"],
        |lab| Box::pin(exists(lab)),
    ),
    Probe::writing(
        NEEDS,
        "MS-14",
        "Does a changed map item come without `id`?",
        &["POST, PATCH and DELETE a map item"],
        |lab| Box::pin(changed_item(lab)),
    ),
    Probe::writing(
        NEEDS,
        "MS-20",
        "Do 1,000 reads of map items a minute bind?",
        &["POST, GET and DELETE a map item"],
        |lab| Box::pin(limit_of_reads(lab)),
    ),
    Probe {
        fact: "MS-16",
        question: "Has the path of a flush no `memory-store` in it?",
        sends: &["POST memory-store:flush"],
        writes: true,
        only_by_name: Some("it empties all memory stores of the universe"),
        needs: NEEDS,
        run: |lab| Box::pin(flush(lab)),
    },
];

fn fresh_queue(lab: &Lab) -> Result<String, Stop> {
    Ok(format!("{}/memory-store/queues/{}", lab.universe()?, lab.fresh_name()))
}

async fn add(lab: &Lab, queue: &str) -> Result<Exchange, Stop> {
    lab.post(&format!("{queue}/items"), json!({ "data": { "probe": 1 }, "ttl": "60s" }))
        .await?
        .expected("adding an item")
}

/// Reads what is in a queue, and has it discarded when the probe ends.
async fn read(lab: &Lab, queue: &str) -> Result<Exchange, Stop> {
    let found = lab
        .get(&format!("{queue}/items:read?count=1&invisibilityWindow=5s"))
        .await?
        .expected("reading items")?;
    let id = ["id", "readId"].iter().find_map(|name| found.at(name).as_str());
    if let Some(id) = id.filter(|_| !items(&found).is_empty()) {
        lab.undo_later(Method::POST, format!("{queue}/items:discard"), Some(json!({ "readId": id })));
    }
    Ok(found)
}

fn items(found: &Exchange) -> &[Value] {
    ["queueItems", "items", "data"]
        .iter()
        .find_map(|name| found.at(name).as_array())
        .map_or(&[][..], Vec::as_slice)
}

async fn queue_read(lab: &Lab) -> Outcome {
    let queue = fresh_queue(lab)?;
    add(lab, &queue).await?;
    let found = read(lab, &queue).await?;
    if items(&found).is_empty() {
        return Err(Stop::Failed("the item that was added was not read".to_owned()));
    }
    let live = found.has("queueItems") && found.has("id");
    let has_id = if items(&found)[0].get("id").is_some() { "there" } else { "not there" };
    Ok(Finding::default()
        .compare("`id` and `queueItems`", live, found.has("items") && found.has("readId"), &found)
        .say("whether an item that was read has an `id` is open (UK-01); it was found to be", true, has_id))
}

async fn empty_read(lab: &Lab) -> Outcome {
    let found = read(lab, &fresh_queue(lab)?).await?;
    let absent = found.at("queueItems").is_null() && found.at("items").is_null();
    Ok(Finding::default().compare("the list is absent or null", absent, found.at("items").is_array(), &found))
}

async fn no_data(lab: &Lab) -> Outcome {
    let path = format!("{}/items", fresh_queue(lab)?);
    let absent = lab.post(&path, json!({ "ttl": "60s" })).await?;
    let null = lab.post(&path, json!({ "data": null, "ttl": "60s" })).await?;
    Ok(Finding::default()
        .compare("no `data` is refused with 400", absent.status == 400, absent.is_success(), &absent)
        .compare("null is refused with 400", null.status == 400, null.is_success(), &null))
}

async fn path_in_the_body(lab: &Lab) -> Outcome {
    let queue = fresh_queue(lab)?;
    let path = format!("cloud/v2/universes/1/memory-store/queues/{}/items/probe", lab.fresh_name());
    let body = json!({ "path": path, "data": 1, "ttl": "60s" });
    let found = lab.post(&format!("{queue}/items"), body).await?;
    if found.is_success() {
        read(lab, &queue).await?;
    }
    let is_own = found.is_success() && found.at("path") != &path;
    Ok(Finding::default().check("it is taken, and has a path of its own", is_own, &found))
}

async fn iso_duration(lab: &Lab) -> Outcome {
    let path = format!("{}/items", fresh_queue(lab)?);
    let found = lab.post(&path, json!({ "data": 1, "ttl": "PT60S" })).await?;
    Ok(Finding::default().check("400", found.status == 400, &found))
}

async fn queue_item(lab: &Lab) -> Outcome {
    let queue = fresh_queue(lab)?;
    let found = add(lab, &queue).await?;
    read(lab, &queue).await?;
    let id = found.at("path").as_str().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    let hexadecimal = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    Ok(Finding::default().compare("there is no `id`", !found.has("id"), found.has("id"), &found).check(
        "the path ends in 32 hexadecimal digits",
        hexadecimal,
        &found,
    ))
}

/// The path of a fresh map's items; the item `probe` is removed later.
fn fresh_map(lab: &Lab) -> Result<String, Stop> {
    let path = format!("{}/memory-store/sorted-maps/{}/items", lab.universe()?, lab.fresh_name());
    lab.undo_later(Method::DELETE, format!("{path}/probe"), None);
    Ok(path)
}

fn map_value() -> Value {
    json!({ "value": { "probe": 1 }, "ttl": "60s" })
}

async fn create(lab: &Lab, map: &str) -> Result<Exchange, Stop> {
    lab.post(&format!("{map}?id=probe"), map_value()).await?.expected("creating a map item")
}

async fn empty_map(lab: &Lab) -> Outcome {
    let path = format!("{}/memory-store/sorted-maps/{}/items", lab.universe()?, lab.fresh_name());
    let found = lab.get(&path).await?;
    let empty = found.at("items").as_array().is_none_or(Vec::is_empty);
    let ends = found.at("nextPageToken").as_str().is_none_or(str::is_empty);
    Ok(Finding::default().check(
        "200 without items, and without a next page",
        found.status == 200 && empty && ends,
        &found,
    ))
}

async fn list_of_a_map(lab: &Lab) -> Outcome {
    let map = fresh_map(lab)?;
    create(lab, &map).await?;
    let found = lab.get(&map).await?.expected("listing map items")?;
    let listed = found.at("items").as_array().is_some_and(|items| !items.is_empty());
    Ok(Finding::default().check("`items` holds the item", listed, &found))
}

async fn map_item(lab: &Lab) -> Outcome {
    let found = create(lab, &fresh_map(lab)?).await?;
    let counter = found.at("etag").as_str().is_some_and(|etag| etag.parse::<u64>().is_ok());
    let null = found.has("numericSortKey") && found.at("numericSortKey").is_null();
    Ok(Finding::default().check("`numericSortKey` is null where there is none", null, &found).check(
        "`etag` is a number as text",
        counter,
        &found,
    ))
}

async fn id_in_the_body(lab: &Lab) -> Outcome {
    let mut body = map_value();
    body["id"] = "probe".into();
    let found = lab.post(&fresh_map(lab)?, body).await?;
    let says = found.at("message").as_str().is_some_and(|message| message.contains("id field is required"));
    Ok(Finding::default().compare(
        "400 that asks for the id",
        found.status == 400 && says,
        found.is_success(),
        &found,
    ))
}

async fn exists(lab: &Lab) -> Outcome {
    let map = fresh_map(lab)?;
    create(lab, &map).await?;
    let found = lab.post(&format!("{map}?id=probe"), map_value()).await?;
    Ok(Finding::default().compare("409", found.status == 409, found.status == 400, &found))
}

async fn changed_item(lab: &Lab) -> Outcome {
    let map = fresh_map(lab)?;
    create(lab, &map).await?;
    let found = lab.patch(&format!("{map}/probe"), map_value()).await?.expected("changing a map item")?;
    Ok(Finding::default().compare("there is no `id`", !found.has("id"), found.has("id"), &found))
}

async fn limit_of_reads(lab: &Lab) -> Outcome {
    let map = fresh_map(lab)?;
    create(lab, &map).await?;
    let found = lab.get(&format!("{map}/probe")).await?.expected("reading a map item")?;
    let Some(limit) = found.header("x-ratelimit-limit") else {
        return Err(Stop::NotTried("the response carries no rate headers".to_owned()));
    };
    Ok(Finding::default().say(
        "the first window of the limit is 1,000 a minute",
        limit.starts_with("1000"),
        limit,
    ))
}

async fn flush(lab: &Lab) -> Outcome {
    let found = lab
        .send(Method::POST, &format!("{}/memory-store:flush", lab.universe()?), None)
        .await?
        .expected("flushing")?;
    let path = found.at("path").as_str().unwrap_or_default();
    let live = path.contains("/operations/") && !path.contains("memory-store");
    Ok(Finding::default().compare(
        "the path has no `memory-store`",
        live,
        path.contains("memory-store"),
        &found,
    ))
}
