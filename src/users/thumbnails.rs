use super::{ThumbnailFormat, ThumbnailShape, ThumbnailSize, UserThumbnail, Users};
use crate::bulk::{Calls, Report, Settings, settings_methods};
use crate::call::{CallFuture, option_methods};
use crate::client::Options;
use crate::ids::UserId;
use crate::operation::PollPolicy;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

impl Users {
    /// Renders the avatar thumbnails of many users, some at a time, and waits for each.
    ///
    /// Calls `users.generate_thumbnail` and `users.get_thumbnail_operation`.
    ///
    /// ```no_run
    /// # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
    /// use opencloud::users::ThumbnailSize;
    ///
    /// let report = client.users().thumbnails([156, 157]).size(ThumbnailSize::Px150).await;
    /// for (user, thumbnail) in &report.done {
    ///     println!("{user}: {}", thumbnail.image_uri());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Each is waited for as [`Operation::wait`](crate::operation::Operation::wait) waits, or as
    /// [`poll`](Thumbnails::poll) says; one that takes too long has failed in the report, and names its
    /// operation.
    ///
    /// With an API key 1,000 may be started per minute, with OAuth 2.0 ten; so for many users a client
    /// with a [rate limit](crate::limit::RateLimit) waits instead of being refused.
    pub fn thumbnails(&self, users: impl IntoIterator<Item = impl Into<UserId>>) -> Thumbnails {
        Thumbnails {
            users: self.clone(),
            of: users.into_iter().map(Into::into).collect(),
            look: Look::default(),
            policy: PollPolicy::default(),
            settings: Settings::default(),
            options: Options::default(),
        }
    }
}

/// How a thumbnail is to look; what is not said is as the service likes.
#[derive(Clone, Debug, Default)]
struct Look {
    size: Option<ThumbnailSize>,
    format: Option<ThumbnailFormat>,
    shape: Option<ThumbnailShape>,
}

/// The call of [`Users::thumbnails`]: awaiting it gives a [`Report`]. The `with_*` options are those of
/// each request.
#[derive(Clone, Debug)]
#[must_use = "the calls are made when this is awaited"]
pub struct Thumbnails {
    users: Users,
    of: Vec<UserId>,
    look: Look,
    policy: PollPolicy,
    settings: Settings<'static>,
    options: Options,
}

impl Thumbnails {
    /// Width and height; 420 pixels by default.
    pub fn size(mut self, size: ThumbnailSize) -> Self {
        self.look.size = Some(size);
        self
    }

    /// PNG, which is the default, or JPEG.
    pub fn format(mut self, format: ThumbnailFormat) -> Self {
        self.look.format = Some(format);
        self
    }

    /// Round, which is the default, or square.
    pub fn shape(mut self, shape: ThumbnailShape) -> Self {
        self.look.shape = Some(shape);
        self
    }

    /// How often and how long each thumbnail is polled.
    pub fn poll(mut self, policy: PollPolicy) -> Self {
        self.policy = policy;
        self
    }

    settings_methods!('static);
    option_methods!(each);
}

impl IntoFuture for Thumbnails {
    type Output = Report<UserId, UserThumbnail>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { users, of, look, policy, settings, options } = self;
        let call = move |user: &UserId, options| {
            let Look { size, format, shape } = look.clone();
            let mut call = users.generate_thumbnail(user).with_options(options);
            call = size.into_iter().fold(call, |call, size| call.size(size));
            call = format.into_iter().fold(call, |call, format| call.format(format));
            call = shape.into_iter().fold(call, |call, shape| call.shape(shape));
            Box::pin(call.with_poll_policy(policy.clone()).wait()) as CallFuture<UserThumbnail>
        };
        Calls::new(of, call).with_options(options).with_settings(settings).into_future()
    }
}
