//! Files behind the links of responses.

use crate::api::{Failure, Response};
use crate::control::route::{Route, Routes};
use crate::incoming::Incoming;
use crate::inner::Inner;
use crate::wire::WireResponse;

pub(crate) const ROUTES: Routes = &[
    Route::changes("PUT", "/__emulator/upload/*", upload),
    Route::reads("GET", "/__emulator/content/*", content),
];

/// Takes the binary input of Luau tasks, as a link from the API promises.
fn upload(inner: &Inner, request: &Incoming, name: &str) -> Result<WireResponse, Failure> {
    let mut state = inner.state();
    let now = state.clock.now();
    let size = state.luau.upload_size(name, now);
    let size = size.ok_or_else(|| Failure::no_route("The link is not, or no longer, good."))?;
    if request.body.len() as u64 != size.unsigned_abs() {
        return Err(Failure::invalid(format!("The content must have the {size} bytes that were announced.")));
    }
    let content = request.body.clone();
    state.content.put(name, "application/octet-stream", content);
    Ok(Response::empty(200).into())
}

/// A transparent pixel as PNG.
const PNG: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00,
    0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x06, 0x00, 0x00, 0x00, 0x1f, 0x15, 0xc4, 0x89, 0x00,
    0x00, 0x00, 0x0b, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0x60, 0x00, 0x02, 0x00, 0x00, 0x05, 0x00,
    0x01, 0xe9, 0xfa, 0xdc, 0xd8, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

/// Files that a response linked to.
fn content(inner: &Inner, _: &Incoming, name: &str) -> Result<WireResponse, Failure> {
    let state = inner.state();
    let is_expired = state.luau.is_output_expired(name, state.clock.now());
    if let Some(file) = state.content.get(name).filter(|_| !is_expired) {
        return Ok(Response::content(&file.content_type, file.content.clone()).into());
    }
    if name.starts_with("users/") && name.contains("/avatar/") {
        // A picture is a placeholder, in one format whatever it is called.
        return Ok(Response::content("image/png", PNG).into());
    }
    Err(Failure::no_route("There is no such file."))
}
