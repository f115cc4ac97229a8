include!(concat!(env!("OUT_DIR"), "/scopes.rs"));
