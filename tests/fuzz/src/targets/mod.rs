//! The targets: one module for each kind of reader.

mod errors;
mod filters;
mod imports;
mod limits;
mod names;
mod overlay;
mod responses;
mod stored;
mod webhooks;

use crate::Target;

pub(crate) const ALL: &[Target] = &[
    errors::TARGET,
    limits::TARGET,
    filters::TARGET,
    names::RESOURCES,
    names::TASK_PATHS,
    names::OPERATIONS,
    stored::RESUME_TOKENS,
    stored::CHECKPOINTS,
    stored::TOKENS,
    imports::TARGET,
    webhooks::TARGET,
    responses::TARGET,
    overlay::OVERLAY,
    overlay::FACTS,
    overlay::DOCUMENT,
    overlay::CODE,
];
