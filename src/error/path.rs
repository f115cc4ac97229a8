//! The path of a request, as errors name it.

/// Where the request of an operation went, and whether the text of an error names its ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestPath {
    pub(crate) uri: http::Uri,
    /// `None` of a request that is no operation of the table: its errors name its path in any case.
    pub(crate) template: Option<&'static str>,
    pub(crate) is_shown: bool,
}

impl RequestPath {
    /// The path without query, and without what the base URL puts before it: that may hold a token.
    pub(super) fn text(&self) -> Option<String> {
        let begins = self.template?.split('{').next()?;
        let path = self.uri.path();
        Some(path[path.find(begins)?..].to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_without_query_and_without_what_the_base_url_adds() {
        let path = |uri: &'static str, template| {
            RequestPath { uri: http::Uri::from_static(uri), template, is_shown: false }.text()
        };
        let template = Some("/cloud/v2/users/{user_id}");
        for uri in ["https://a/cloud/v2/users/1", "http://b:8080/token/cloud/v2/users/1?key=secret"] {
            assert_eq!(path(uri, template).as_deref(), Some("/cloud/v2/users/1"));
        }
        assert_eq!(path("https://a/other/1", template), None, "another form of the path");
        assert_eq!(path("https://a/other/1", None), None);
    }
}
