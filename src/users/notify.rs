use super::{
    CreateUserNotificationRequest, UserNotification, UserNotificationAnalyticsData,
    UserNotificationJoinExperience, UserNotificationParameter, UserNotificationPayload,
    UserNotificationSource, UserNotificationType, Users,
};
use crate::Error;
use crate::call::helper_methods;
use crate::client::Options;
use crate::ids::{Id, UniverseId, UserId};
use std::collections::BTreeMap;

const MAX_LAUNCH_DATA: usize = 200;

/// How the parameters begin that name a user.
const USER_PARAMETER: &str = "userId-";

impl Users {
    /// Sends an experience notification to a user, in the name of a universe. `message` is the id of the
    /// notification's text, which is written in the Creator Dashboard.
    ///
    /// Calls `users.create_notification`; scope `user.user-notification:write`.
    ///
    /// Roblox delivers it only to users of 13 and older who have asked for this universe's notifications,
    /// and only one per user, universe and day; the universe needs 100 visits. That it was accepted does
    /// not mean that it arrives.
    ///
    /// ```no_run
    /// # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
    /// // The text: "{userId-friend} has beaten you by {points} points!"
    /// let notification = client
    ///     .users()
    ///     .notify(156, 42, "5dd7024b-68e3-ac4d-8232-4217f86ca244")
    ///     .user_parameter("friend", 3702832553)
    ///     .parameter("points", 5)
    ///     .launch_data("rematch")
    ///     .category("high score")
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Source: <https://create.roblox.com/docs/cloud/guides/experience-notifications>
    ///
    /// # Errors
    ///
    /// Of kind [`InvalidRequest`](crate::ErrorKind::InvalidRequest), before anything is sent, if the
    /// universe's id is not a number, the message's id is empty, the launch data has more than 200 bytes or
    /// a user of a parameter is not a number; and as of every call.
    pub fn notify(
        &self,
        user: impl Into<UserId>,
        universe: impl Into<UniverseId>,
        message: impl Into<Id>,
    ) -> Notify {
        Notify {
            users: self.clone(),
            user: user.into(),
            universe: universe.into(),
            message: message.into(),
            parameters: BTreeMap::new(),
            user_parameters: BTreeMap::new(),
            launch_data: None,
            category: None,
            options: Options::default(),
        }
    }
}

/// The call of [`Users::notify`].
#[derive(Clone, Debug)]
#[must_use = "a call is sent when it is awaited"]
pub struct Notify {
    users: Users,
    user: UserId,
    universe: UniverseId,
    message: Id,
    parameters: BTreeMap<String, UserNotificationParameter>,
    user_parameters: BTreeMap<String, UserId>,
    launch_data: Option<String>,
    category: Option<String>,
    options: Options,
}

helper_methods!(Notify => UserNotification);

impl Notify {
    /// The value of one of the text's parameters: a text or a whole number.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<UserNotificationParameter>) -> Self {
        self.parameters.insert(name.into(), value.into());
        self
    }

    /// The user that the text's parameter `userId-name` names, who must be a friend of the one who gets
    /// it. It is written with or without `userId-`.
    pub fn user_parameter(mut self, name: impl AsRef<str>, user: impl Into<UserId>) -> Self {
        let name = name.as_ref();
        let name = name.strip_prefix(USER_PARAMETER).unwrap_or(name);
        self.user_parameters.insert(format!("{USER_PARAMETER}{name}"), user.into());
        self
    }

    /// What the experience is told when the user joins by this notification: up to 200 bytes.
    pub fn launch_data(mut self, data: impl Into<String>) -> Self {
        self.launch_data = Some(data.into());
        self
    }

    /// Under which name the notification is counted in the analytics.
    pub fn category(mut self, category: impl Into<String>) -> Self {
        self.category = Some(category.into());
        self
    }

    async fn run(self) -> Result<UserNotification, Error> {
        let universe = number("the universe", self.universe.as_u64())?;
        if self.message.as_str().trim().is_empty() {
            return Err(Error::invalid_request("the id of the notification's text is empty"));
        }
        let mut parameters = self.parameters;
        for (name, user) in self.user_parameters {
            let user = user.as_u64().and_then(|user| i64::try_from(user).ok());
            let user = number(&format!("the user of `{name}`"), user)?;
            parameters.insert(name, user.into());
        }
        let mut payload = UserNotificationPayload::new(UserNotificationType::Moment, self.message.as_str());
        payload.parameters = Some(parameters).filter(|parameters| !parameters.is_empty());
        if let Some(data) = self.launch_data {
            if data.len() > MAX_LAUNCH_DATA {
                return Err(Error::invalid_request(format!(
                    "the launch data has {} bytes; {MAX_LAUNCH_DATA} are allowed",
                    data.len()
                )));
            }
            payload = payload.join_experience(UserNotificationJoinExperience::new().launch_data(data));
        }
        payload.analytics_data =
            self.category.map(|category| UserNotificationAnalyticsData::new().category(category));
        let source = UserNotificationSource::new(format!("universes/{universe}"));
        let request = CreateUserNotificationRequest::new(source, payload);
        self.users.create_notification(self.user, request).with_options(self.options).await
    }
}

fn number<N>(what: &str, id: Option<N>) -> Result<N, Error> {
    id.ok_or_else(|| Error::invalid_request(format!("{what} is not named by a number")))
}

impl From<i64> for UserNotificationParameter {
    fn from(value: i64) -> Self {
        Self::new().int64_value(value)
    }
}

impl From<String> for UserNotificationParameter {
    fn from(value: String) -> Self {
        Self::new().string_value(value)
    }
}

impl From<&str> for UserNotificationParameter {
    fn from(value: &str) -> Self {
        Self::new().string_value(value)
    }
}
