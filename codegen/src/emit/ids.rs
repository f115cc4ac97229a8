//! `ids.rs`: the id types of the document.

use crate::emit::Writer;
use crate::model::Model;

/// `UserId`, ...
pub fn emit(model: &Model) -> String {
    let mut writer = Writer::new();
    for id in &model.ids {
        writer.block("id_type!", |writer| {
            writer.doc(&id.description);
            writer.line(&id.name);
        });
    }
    writer.finish()
}
