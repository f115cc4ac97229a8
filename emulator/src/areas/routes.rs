//! Which function serves which route of an area.

use crate::api::{Call, Outcome};
use crate::state::State;

pub(crate) type Handler = fn(&mut State, &Call<'_>) -> Outcome;

/// A method and a path template; what the parameters are called does not matter.
pub(crate) type Routes = &'static [(&'static str, Handler)];
