use super::UserSocialNetworkProfiles;

impl UserSocialNetworkProfiles {
    /// The profiles that there are: the network's name and the profile's address. The service has an
    /// empty address, or none, where there is no profile.
    pub fn links(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("Facebook", &self.facebook),
            ("Twitter", &self.twitter),
            ("YouTube", &self.youtube),
            ("Twitch", &self.twitch),
            ("Guilded", &self.guilded),
        ]
        .into_iter()
        .filter_map(|(network, address)| Some((network, address.as_deref()?)))
        .filter(|(_, address)| !address.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_profiles_that_are_there_are_links() {
        let profiles: UserSocialNetworkProfiles = serde_json::from_value(json!({
            "facebook": "",
            "youtube": "https://youtube.example/roblox",
            "guilded": "https://guilded.example/roblox",
            "visibility": "EVERYONE",
        }))
        .expect("profiles");
        let links: Vec<_> = profiles.links().collect();
        assert_eq!(
            links,
            [("YouTube", "https://youtube.example/roblox"), ("Guilded", "https://guilded.example/roblox")]
        );
        assert_eq!(UserSocialNetworkProfiles::default().links().count(), 0);
    }
}
