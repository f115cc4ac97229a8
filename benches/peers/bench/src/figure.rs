//! One figure: what was measured of each client, and the target.

use serde::{Deserialize, Serialize};

/// A value of each client; the rival has none where it has no such call, or was not run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Measured<T> {
    pub ours: T,
    pub floor: T,
    pub rival: Option<T>,
}

impl<T> Measured<T> {
    pub fn map<U>(self, of: impl Fn(&T) -> U) -> Measured<U> {
        Measured { ours: of(&self.ours), floor: of(&self.floor), rival: self.rival.as_ref().map(&of) }
    }
}

#[derive(Debug, Clone, Copy)]
pub enum Target {
    /// At most this multiple of the floor.
    Ratio(f64),
    /// At most this.
    AtMost(f64),
    /// At least this part of the floor: more is better.
    Speed(f64),
    /// Not more than the rival.
    Rival,
    /// None: the figure is shown.
    None,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Figure {
    pub figure: String,
    pub unit: String,
    pub ours: f64,
    pub floor: Option<f64>,
    pub rival: Option<f64>,
    /// Ours over the floor.
    pub ratio: Option<f64>,
    pub target: String,
    pub holds: Option<bool>,
}

impl Figure {
    pub fn new(name: &str, unit: &str, measured: Measured<f64>, target: Target) -> Self {
        let Measured { ours, floor, rival } = measured;
        let ratio = ours / floor;
        let (text, holds) = match target {
            Target::Ratio(most) => (format!("ratio <= {most:.3}"), Some(ratio <= most)),
            Target::AtMost(most) => (format!("<= {most}"), Some(ours <= most)),
            Target::Speed(least) => (format!("ratio >= {least}"), Some(ratio >= least)),
            Target::Rival => ("<= rival".to_owned(), rival.map(|rival| ours <= rival)),
            Target::None => (String::new(), None),
        };
        Self {
            figure: name.to_owned(),
            unit: unit.to_owned(),
            ours,
            floor: Some(floor),
            rival,
            ratio: Some(ratio),
            target: text,
            holds,
        }
    }

    /// A figure of this crate alone.
    pub fn alone(name: &str, unit: &str, ours: f64, target: Target) -> Self {
        let measured = Measured { ours, floor: f64::NAN, rival: None };
        Self { floor: None, ratio: None, ..Self::new(name, unit, measured, target) }
    }

    /// Whether the figure is a count, which the machine's load does not move.
    pub fn is_counted(&self) -> bool {
        !self.figure.ends_with("time") && !self.figure.ends_with("per second")
    }
}

/// The first line of the table.
pub fn heading() -> String {
    let [ours, floor, rival, ratio] = ["opencloud", "by hand", "rival", "ratio"];
    format!("{:<42}{ours:>13}{floor:>13}{rival:>13}{ratio:>8}  target\n", "")
}

pub fn rows(figures: &[Figure]) -> String {
    let mut text = String::new();
    let number = |value: Option<f64>| match value {
        None => "-".to_owned(),
        Some(value) if value >= 1000.0 => format!("{value:.0}"),
        Some(value) => format!("{value:.2}"),
    };
    for figure in figures {
        let holds = match figure.holds {
            Some(true) => "holds",
            Some(false) => "DOES NOT HOLD",
            None => "",
        };
        text.push_str(&format!(
            "{:<42}{:>13}{:>13}{:>13}{:>8}  {:<16}{holds}\n",
            figure.figure,
            number(Some(figure.ours)),
            number(figure.floor),
            number(figure.rival),
            figure.ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.3}")),
            figure.target,
        ));
    }
    text
}
