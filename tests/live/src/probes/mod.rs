//! The probes, by area.

mod assets;
mod configs;
mod data_stores;
mod gateway;
mod groups;
mod luau;
mod memory_stores;
mod messaging;
mod ordered_data_stores;
mod places;
mod servers;
mod universes;
mod user_restrictions;
mod users;

use crate::probe::Probe;

/// All probes, those that only read first.
pub fn all() -> Vec<Probe> {
    let mut probes: Vec<Probe> = [
        gateway::PROBES,
        users::PROBES,
        groups::PROBES,
        universes::PROBES,
        places::PROBES,
        servers::PROBES,
        user_restrictions::PROBES,
        assets::PROBES,
        configs::PROBES,
        data_stores::PROBES,
        ordered_data_stores::PROBES,
        memory_stores::PROBES,
        messaging::PROBES,
        luau::PROBES,
    ]
    .concat();
    probes.sort_by_key(|probe| probe.writes);
    probes
}

/// Facts that changed what this SDK does, or that are open, and that no small call can tell: each with the reason.
pub const NOT_PROBED: &[(&str, &str)] = &[
    ("AS-09", "a rollback leaves a new version of the asset behind"),
    ("AS-11", "it takes an asset that moderation has refused"),
    ("AS-16", "it takes an upload of more than 20 MiB, which stays in somebody's inventory"),
    ("AS-17", "a permission that was granted cannot be taken back"),
    ("AU-01", "whether introspection ends with the age of a key takes a key of a known age"),
    ("AU-12", "it takes a key that is restricted to some experiences"),
    ("CN-01", "it takes a connection that the edge drops, which no client can bring about"),
    ("CN-02", "it takes an HTTP/2 session that dies, which no client can bring about"),
    ("CN-03", "a response that is cut short comes by chance"),
    ("DS-14", "only a running game can store a Luau buffer"),
    ("ER-02", "it takes a key without the scope of publishing"),
    ("ER-03", "pages of the edge come by chance"),
    ("GP-07", "a developer product cannot be deleted"),
    ("GP-08", "a developer product cannot be deleted"),
    ("LX-06", "it takes a place version that does not load"),
    ("LX-10", "it takes all ten slots of a place"),
    ("LX-11", "slow responses come by chance"),
    ("LX-16", "it takes all ten slots of a place, and a quota that is used up"),
    ("PL-02", "failures of publishing come by chance"),
    ("PL-09", "it takes an open session of Team Create"),
    ("RL-01", "it takes a rate limit that is used up"),
    ("RL-02", "it takes a rate limit that is used up"),
    ("SV-02", "a list of servers that could not be fetched whole comes by chance"),
    ("UN-03", "it takes a universe whose price may not be changed"),
    ("WH-02", "it takes a subscription that somebody buys"),
];
