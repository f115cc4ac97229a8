use super::super::session::USER;
use super::{Acting, Intent, Kind, Verifying, World, counted};
use opencloud::assets::AssetUpload;
use opencloud::body::File;

/// Uploads an image with the intent in its name.
pub(super) struct Upload;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and so on";

fn name(id: u64) -> String {
    format!("intent {id}")
}

impl Kind for Upload {
    fn name(&self) -> &'static str {
        "upload"
    }

    fn act<'a>(&'a self, world: &'a World, intent: &'a Intent) -> Acting<'a> {
        Box::pin(async move {
            let upload = AssetUpload::by_user(USER, name(intent.id), File::new(PNG));
            world.client.assets().upload(upload).await?;
            Ok(())
        })
    }

    fn verify<'a>(&'a self, world: &'a World, _: &'a [&'a Intent]) -> Verifying<'a> {
        Box::pin(async move {
            let assets = world.state("assets/assets").await?;
            let assets = assets.as_object().ok_or("the emulator tells no assets")?;
            let name =
                |asset: &serde_json::Value| asset["metadata"]["displayName"].as_str().map(str::to_owned);
            let ids = assets.values().filter_map(name);
            let ids = ids.filter_map(|name| name.strip_prefix("intent ")?.parse().ok());
            Ok(Some(counted(ids)))
        })
    }
}
