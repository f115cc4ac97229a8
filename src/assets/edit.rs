use super::inspect::inspect;
use super::upload::{check_description, check_name};
use super::{Asset, AssetKind, AssetPreview, Assets, SocialLink};
use crate::Error;
use crate::body::File;
use crate::call::helper_methods;
use crate::client::Options;
use crate::ids::AssetId;
use crate::operation::{Operation, PollPolicy};
use std::collections::BTreeMap;

/// How many social links an asset may have.
const MOST_LINKS: usize = 3;

/// A site that an asset may link to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum SocialSite {
    /// Facebook.
    Facebook,
    /// Twitter.
    Twitter,
    /// YouTube.
    YouTube,
    /// Twitch.
    Twitch,
    /// Discord.
    Discord,
    /// GitHub.
    GitHub,
    /// A Roblox group or profile.
    Roblox,
    /// Guilded.
    Guilded,
    /// The developer forum.
    DevForum,
}

impl Assets {
    /// Changes an asset: its metadata, its content, or both. What is not set stays; the update mask is made
    /// from what is set. It waits until the change is done, whether the service responds with an operation,
    /// as it does for content, or with the asset.
    ///
    /// Calls `assets.update` and `assets.get_operation`; scopes `asset:read`, `asset:write`.
    ///
    /// ```no_run
    /// # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
    /// use opencloud::assets::SocialSite;
    /// use opencloud::body::File;
    ///
    /// client
    ///     .assets()
    ///     .edit(2205400862)
    ///     .description("Now with doors")
    ///     .clear_social_link(SocialSite::Twitter)
    ///     .content(File::open("house.fbx").await?)
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Roblox takes new content for models only. The generated [`update`](Assets::update) sends whatever it
    /// is given.
    ///
    /// # Errors
    ///
    /// Of kind [`InvalidRequest`](crate::ErrorKind::InvalidRequest), before anything is sent, if nothing is
    /// to be changed, the file is not a model (see [`upload`](Assets::upload)), name or description are too long, or
    /// more than three social links are set; as of [`Operation::wait`], and as of every call.
    pub fn edit(&self, asset: impl Into<AssetId>) -> Edit {
        Edit {
            assets: self.clone(),
            id: asset.into(),
            asset: Asset::new(),
            links: BTreeMap::new(),
            content: None,
            kind: AssetKind::Model,
            max_bytes: None,
            policy: PollPolicy::default(),
            options: Options::default(),
        }
    }
}

/// The call of [`Assets::edit`].
#[derive(Clone, Debug)]
#[must_use = "a call is sent when it is awaited"]
pub struct Edit {
    assets: Assets,
    id: AssetId,
    asset: Asset,
    /// A link to set, or none to clear it.
    links: BTreeMap<SocialSite, Option<SocialLink>>,
    content: Option<File>,
    kind: AssetKind,
    max_bytes: Option<u64>,
    policy: PollPolicy,
    options: Options,
}

helper_methods!(Edit => Asset);

impl Edit {
    /// Sets the name that people see, of 50 characters at most.
    pub fn display_name(mut self, name: impl Into<String>) -> Self {
        self.asset.display_name = Some(name.into());
        self
    }

    /// Sets the description, of 1,000 characters at most.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.asset.description = Some(description.into());
        self
    }

    /// Sets the icon: a square image that is an asset itself.
    pub fn icon(mut self, image: impl Into<AssetId>) -> Self {
        self.asset.icon = Some(path(&image.into()));
        self
    }

    /// Sets the previews: assets that show what this one is.
    pub fn previews(mut self, assets: impl IntoIterator<Item = impl Into<AssetId>>) -> Self {
        let preview = |asset: AssetId| AssetPreview::new().asset(path(&asset));
        self.asset.previews = Some(assets.into_iter().map(|asset| preview(asset.into())).collect());
        self
    }

    /// Sets a social link. An asset may have three.
    pub fn social_link(mut self, site: SocialSite, title: impl Into<String>, uri: impl Into<String>) -> Self {
        self.links.insert(site, Some(SocialLink::new().title(title).uri(uri)));
        self
    }

    /// Removes a social link.
    pub fn clear_social_link(mut self, site: SocialSite) -> Self {
        self.links.insert(site, None);
        self
    }

    /// Sets the content, of a model.
    pub fn content(mut self, file: impl Into<File>) -> Self {
        self.content = Some(file.into());
        self
    }

    /// Sets what the asset is, if it is not a model. Roblox takes no new content for other kinds at present.
    pub fn kind(mut self, kind: AssetKind) -> Self {
        self.kind = kind;
        self
    }

    /// The largest content that is sent, in bytes, instead of [`AssetKind::max_bytes`]; as of
    /// [`AssetUpload::max_bytes`](super::AssetUpload::max_bytes).
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = Some(bytes);
        self
    }

    /// How the service is asked whether the change is done.
    pub fn with_poll_policy(mut self, policy: PollPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Sends the change, and leaves the waiting to the caller. An operation of which the service has
    /// responded with the asset is over.
    ///
    /// # Errors
    ///
    /// See [`Assets::edit`].
    pub async fn start(self) -> Result<Operation<Asset>, Error> {
        let Self { assets, id, mut asset, links, content, kind, max_bytes, policy, options } = self;
        if asset == Asset::new() && links.is_empty() && content.is_none() {
            return Err(Error::invalid_request("nothing of the asset is to be changed"));
        }
        asset.display_name.as_deref().map_or(Ok(()), check_name)?;
        asset.description.as_deref().map_or(Ok(()), check_description)?;
        let (set, cleared): (Vec<_>, Vec<_>) = links.into_iter().partition(|(_, link)| link.is_some());
        if set.len() > MOST_LINKS {
            return Err(Error::invalid_request(format!(
                "{} social links are set, and an asset may have {MOST_LINKS}",
                set.len()
            )));
        }
        for (site, link) in set {
            *link_of(&mut asset, site) = link;
        }
        let content = match content {
            Some(file) => Some(inspect(file, Some(kind), max_bytes).await?.0),
            None => None,
        };
        // Roblox's samples repeat the id in the body.
        asset.asset_id = Some(id.clone());
        let mut call = assets.update(id, asset).with_options(options);
        for (site, _) in cleared {
            call = clear(call, site);
        }
        if let Some(file) = content {
            call = call.file_content(file);
        }
        call.with_poll_policy(policy).start().await
    }

    async fn run(self) -> Result<Asset, Error> {
        self.start().await?.wait().await
    }
}

fn path(asset: &AssetId) -> String {
    format!("assets/{asset}")
}

fn link_of(asset: &mut Asset, site: SocialSite) -> &mut Option<SocialLink> {
    match site {
        SocialSite::Facebook => &mut asset.facebook_social_link,
        SocialSite::Twitter => &mut asset.twitter_social_link,
        SocialSite::YouTube => &mut asset.youtube_social_link,
        SocialSite::Twitch => &mut asset.twitch_social_link,
        SocialSite::Discord => &mut asset.discord_social_link,
        SocialSite::GitHub => &mut asset.github_social_link,
        SocialSite::Roblox => &mut asset.roblox_social_link,
        SocialSite::Guilded => &mut asset.guilded_social_link,
        SocialSite::DevForum => &mut asset.dev_forum_social_link,
    }
}

fn clear(call: super::Update, site: SocialSite) -> super::Update {
    match site {
        SocialSite::Facebook => call.clear_facebook_social_link(),
        SocialSite::Twitter => call.clear_twitter_social_link(),
        SocialSite::YouTube => call.clear_youtube_social_link(),
        SocialSite::Twitch => call.clear_twitch_social_link(),
        SocialSite::Discord => call.clear_discord_social_link(),
        SocialSite::GitHub => call.clear_github_social_link(),
        SocialSite::Roblox => call.clear_roblox_social_link(),
        SocialSite::Guilded => call.clear_guilded_social_link(),
        SocialSite::DevForum => call.clear_dev_forum_social_link(),
    }
}
