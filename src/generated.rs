//! What `build.rs` made of `spec/open-cloud.json`.

#![allow(clippy::all, missing_debug_implementations, unreachable_pub, rustdoc::bare_urls)]

/// One module and handle per area. A hand-written module of the same name at the crate's root
/// takes its place and re-exports it.
#[allow(deprecated)]
pub mod api {
    include!(concat!(env!("OUT_DIR"), "/api.rs"));
}

/// All types of requests and answers.
pub mod types {
    #[allow(unused_imports)]
    use crate::ids;

    include!(concat!(env!("OUT_DIR"), "/raw.rs"));
}

/// What the document says of each operation.
pub mod operations {
    include!(concat!(env!("OUT_DIR"), "/operations.rs"));
}
