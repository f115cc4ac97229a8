//! Limits that the specification states in words only: those of a universe, whoever asks.

/// One limit: the requests that match it are counted together.
pub(super) struct Rule {
    /// Of the rules of one group, the first that matches counts.
    pub(super) group: &'static str,
    /// Empty for any method.
    pub(super) methods: &'static [&'static str],
    /// What the path template contains.
    pub(super) path: &'static str,
    /// What it ends with, one of these; empty for anything.
    pub(super) ends: &'static [&'static str],
    /// The name that the requests are counted under.
    pub(super) class: &'static str,
    /// The number of requests; 0 means that the class has no limit of its own.
    pub(super) requests: u64,
    /// What each concurrent user adds, in tenths of a request.
    pub(super) tenths_per_user: u64,
    /// The period in seconds.
    pub(super) seconds: u64,
    /// Path parameters that share one count: always the universe, and more where the limit is
    /// narrower.
    pub(super) by: &'static [&'static str],
}

const UNIVERSE: &[&str] = &["universeid"];
const USER: &[&str] = &["universeid", "userrestrictionid"];
const LISTS: &[&str] = &["/data-stores", "/ordered-data-stores", "/entries", ":listRevisions"];

const V2: &str = "/cloud/v2/universes/{universe_id}/data-stores";
const ORDERED_V2: &str = "/cloud/v2/universes/{universe_id}/ordered-data-stores";
const V1: &str = "/datastores/v1/universes/";
const ORDERED_V1: &str = "/ordered-data-stores/v1/universes/";
const RESTRICTIONS: &str = "/user-restrictions";
const TRANSLATE: &str = ":translateText";

const fn rule(
    group: &'static str,
    methods: &'static [&'static str],
    path: &'static str,
    ends: &'static [&'static str],
    class: &'static str,
    (requests, tenths_per_user, seconds): (u64, u64, u64),
    by: &'static [&'static str],
) -> Rule {
    Rule { group, methods, path, ends, class, requests, tenths_per_user, seconds, by }
}

/// Sources, all below <https://create.roblox.com/docs>: data stores v2, `cloud-services/data-stores/error-codes-and-limits`
/// (access limits); v1, `cloud/guides/data-stores/throttling`; user restrictions, the descriptions
/// of their operations; translation, `production/localization/auto-translate-dynamic-content`.
#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    // Standard data stores, v2: per minute and universe, shared with the game's own servers.
    rule("v2", &["POST"],           V2, &[":snapshot"],  "snapshot", (0, 0, 60),     UNIVERSE),
    rule("v2", &["POST"],           V2, &[":undelete"],  "remove",   (300, 400, 60), UNIVERSE),
    rule("v2", &["DELETE"],         V2, &[],             "remove",   (300, 400, 60), UNIVERSE),
    rule("v2", &["GET"],            V2, LISTS,           "list",     (300, 20, 60),  UNIVERSE),
    rule("v2", &["GET"],            V2, &[],             "read",     (300, 400, 60), UNIVERSE),
    rule("v2", &["POST", "PATCH"],  V2, &[],             "write",    (300, 200, 60), UNIVERSE),
    // Ordered data stores, v2: the same figures, counted apart.
    rule("ordered-v2", &["DELETE"],        ORDERED_V2, &[],   "remove", (300, 400, 60), UNIVERSE),
    rule("ordered-v2", &["GET"],           ORDERED_V2, LISTS, "list",   (300, 20, 60),  UNIVERSE),
    rule("ordered-v2", &["GET"],           ORDERED_V2, &[],   "read",   (300, 400, 60), UNIVERSE),
    rule("ordered-v2", &["POST", "PATCH"], ORDERED_V2, &[],   "write",  (300, 200, 60), UNIVERSE),
    // v1: 300 a minute and universe in each class, however many users there are.
    rule("v1", &["GET"],    V1, &[], "read",   (300, 0, 60), UNIVERSE),
    rule("v1", &["POST"],   V1, &[], "write",  (300, 0, 60), UNIVERSE),
    rule("v1", &["DELETE"], V1, &[], "delete", (300, 0, 60), UNIVERSE),
    rule("ordered-v1", &["GET"], ORDERED_V1, &[], "read",  (300, 0, 60), UNIVERSE),
    rule("ordered-v1", &[],      ORDERED_V1, &[], "write", (300, 0, 60), UNIVERSE),
    // User restrictions: per second and universe; and two changes a minute of one user.
    rule("restrictions", &["GET"],        RESTRICTIONS, &[], "read",   (50, 0, 1), UNIVERSE),
    rule("restrictions", &["PATCH"],      RESTRICTIONS, &[], "write",  (10, 0, 1), UNIVERSE),
    rule("restriction-user", &["PATCH"],  RESTRICTIONS, &[], "change", (2, 0, 60), USER),
    // Translation: 600 and 1.5 for each concurrent user, per minute and universe.
    rule("translation", &["POST"], TRANSLATE, &[], "translate", (600, 15, 60), UNIVERSE),
];
