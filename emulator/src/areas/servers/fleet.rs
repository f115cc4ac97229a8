//! Which game servers a place has: always the same for the same place, until they are restarted.

use jiff::{SignedDuration, Timestamp};

use crate::api::later;
use crate::mix::{form_of, mix, uuid_of};

/// How many servers the latest version has, live and ended, as other lists have items from the beginning.
const SERVERS: u64 = 25;
/// How many ended servers there are of the version before.
const OLD_ENDED: u64 = 4;
/// How many players fit into a server.
pub(super) const CAPACITY: u64 = 12;
/// The age from which on a server tells how fast it is.
const NEW_SECONDS: i64 = 30;
const FIRST_PLAYER: u64 = 1_001;
/// Studio's own and reserved servers, which log nothing that could be read (SV-13).
const RESERVED: u64 = 4;

/// A game server, live or ended.
#[derive(Debug, Clone)]
pub(super) struct Server {
    pub(super) job: String,
    pub(super) version: usize,
    pub(super) engine: &'static str,
    pub(super) kind: u64,
    pub(super) status: &'static str,
    pub(super) created: Timestamp,
    pub(super) ended: Option<Timestamp>,
    pub(super) players: Vec<u64>,
    pub(super) memory: u64,
}

/// A restart of a place that has come to its end.
pub(super) struct Done<'a> {
    pub(super) versions: &'a [usize],
    pub(super) latest: usize,
    pub(super) ends: Timestamp,
}

/// How many servers and players are meant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Load {
    pub(super) instances: u64,
    pub(super) players: u64,
}

/// All servers of a place, and what is to be known of the place itself.
#[derive(Debug, Default)]
pub(super) struct Fleet {
    pub(super) latest: usize,
    pub(super) servers: Vec<Server>,
    /// Lists of those that live, and of those that do not, come without them (SV-02).
    pub(super) hides_active: bool,
    pub(super) hides_ended: bool,
}

impl Server {
    fn new(place: u64, number: u64, version: usize, created: Timestamp) -> Server {
        let job = uuid_of(mix(place) ^ number);
        let players = 1 + mix(place ^ (number << 32)) % (CAPACITY - 1);
        Server {
            version,
            engine: if form_of(&job, 5) == 0 { "0.650.0.6500613" } else { "0.651.0.6510613" },
            kind: if number.is_multiple_of(2) { 1 } else { 3 },
            status: "active",
            created,
            ended: None,
            players: (0..players).map(|player| FIRST_PLAYER + number * CAPACITY + player).collect(),
            memory: 500_000_000 + mix(number) % 500_000_000,
            job,
        }
    }

    fn end(&mut self, status: &'static str, time: Timestamp) {
        self.status = status;
        self.ended = Some(time);
        self.players.clear();
    }

    pub(super) fn is_active(&self) -> bool {
        self.ended.is_none()
    }

    pub(super) fn is_new(&self, now: Timestamp) -> bool {
        now.duration_since(self.created) < SignedDuration::from_secs(NEW_SECONDS)
    }

    pub(super) fn is_reserved(&self) -> bool {
        self.kind == RESERVED
    }
}

impl Load {
    pub(super) fn of<'a>(servers: impl Iterator<Item = &'a Server>) -> Load {
        servers.filter(|server| server.is_active()).fold(Load::default(), |load, server| Load {
            instances: load.instances + 1,
            players: load.players + server.players.len() as u64,
        })
    }

    pub(super) fn and(self, other: Load) -> Load {
        Load { instances: self.instances + other.instances, players: self.players + other.players }
    }
}

impl Fleet {
    /// The servers of a place that has them since then, after these restarts.
    pub(super) fn new<'a>(
        place: u64,
        latest: usize,
        since: Timestamp,
        restarts: impl Iterator<Item = Done<'a>>,
    ) -> Fleet {
        let mut fleet = Fleet { latest, ..Fleet::default() };
        fleet.begin(place, since);
        for restart in restarts {
            fleet.restart(place, restart.versions, restart.latest, restart.ends);
        }
        fleet.servers.sort_by_key(|server| (!server.is_active(), std::cmp::Reverse(server.created)));
        fleet
    }

    /// What a place has from the beginning: most servers run the latest version, and one still runs the version before.
    fn begin(&mut self, place: u64, since: Timestamp) {
        let active = 2 + mix(place) % 7;
        let age = |number: u64| later(since, -i64::try_from(number * 780).unwrap_or_default());
        let old = self.latest.saturating_sub(1).max(1);
        for number in 0..active {
            let version = if number + 1 == active { old } else { self.latest };
            self.servers.push(Server::new(place, number, version, age(number)));
        }
        let of_latest = self.servers.iter().filter(|server| server.version == self.latest).count() as u64;
        let ended_now = SERVERS.saturating_sub(of_latest);
        let ended_old = if old == self.latest { 0 } else { OLD_ENDED };
        for number in active..active + ended_now + ended_old {
            let version = if number < active + ended_now { self.latest } else { old };
            let mut server = Server::new(place, number, version, age(number));
            let ways = ["shut_down", "crashed", "roblox_restarted", "out_of_memory"];
            let way = usize::try_from(number % ways.len() as u64).unwrap_or_default();
            server.end(ways[way], later(server.created, 600));
            if number == active {
                server.kind = RESERVED;
            }
            self.servers.push(server);
        }
    }

    /// Ends the servers of these versions; each makes room for one of the version that was the latest then.
    fn restart(&mut self, place: u64, versions: &[usize], latest: usize, time: Timestamp) {
        let mut number = self.servers.len() as u64;
        let mut begun = Vec::new();
        for server in &mut self.servers {
            if server.is_active() && versions.contains(&server.version) {
                server.end("restarted", time);
                begun.push(Server::new(place, number, latest, time));
                number += 1;
            }
        }
        self.servers.extend(begun);
    }

    pub(super) fn active(&self) -> impl Iterator<Item = &Server> {
        self.servers.iter().filter(|server| server.is_active())
    }

    /// The versions that servers run now, the lowest first.
    pub(super) fn versions(&self) -> Vec<usize> {
        let mut versions: Vec<_> = self.active().map(|server| server.version).collect();
        versions.sort_unstable();
        versions.dedup();
        versions
    }
}
