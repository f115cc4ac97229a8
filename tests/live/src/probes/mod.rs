//! The probes, by area.

mod assets;
mod configs;
mod data_stores;
mod gateway;
mod groups;
mod luau;
mod memory_stores;
mod messaging;
mod not_probed;
mod ordered_data_stores;
mod places;
mod servers;
mod universes;
mod user_restrictions;
mod users;

use crate::probe::Probe;

pub use not_probed::NOT_PROBED;

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

/// Facts and open questions that the probe of another fact tells of: that fact, and what it tells of.
pub const TOLD_BY: &[(&str, &[&str])] = &[
    ("AS-22", &["UK-17"]),
    ("AU-02", &["AU-03"]),
    ("CF-01", &["UK-08"]),
    ("DS-15", &["UK-20"]),
    ("LX-01", &["LX-15", "UK-04"]),
    ("LX-09", &["UK-06"]),
    ("LX-12", &["RL-06"]),
    ("MG-01", &["UK-12"]),
    ("MS-01", &["MS-02", "UK-01"]),
    ("MS-14", &["UK-02"]),
    ("UR-02", &["UR-03"]),
    ("UR-04", &["UK-11"]),
];

/// The probe that tells of a fact or an open question: its own, or that of another fact.
pub fn probe_of(id: &str) -> Option<Probe> {
    let told_by = TOLD_BY.iter().find(|(_, told)| told.contains(&id)).map_or(id, |(fact, _)| *fact);
    all().into_iter().find(|probe| probe.fact == told_by)
}

/// The number at the end of a path.
fn last_number(path: &str) -> Option<u64> {
    path.rsplit('/').next()?.parse().ok()
}
