//! The name of a type that the overlay does not name, from its name upstream.

use super::ident;

/// Parts of .NET namespaces that say nothing.
const GENERIC: [&str; 14] = [
    "Api",
    "Client",
    "Common",
    "Contracts",
    "Dto",
    "Dtos",
    "Internal",
    "Model",
    "Models",
    "Requests",
    "Responses",
    "Roblox",
    "Web",
    "WebAPI",
];

/// `Roblox.Web.WebAPI.Models.ApiArrayResponse_Roblox.Api.Badge_` is `BadgeList`.
pub(crate) fn derive(upstream: &str) -> String {
    if let Some((outer, inner)) = generic(upstream) {
        let inner = derive(inner);
        let outer = ident::upper_camel_case(last_segment(outer), "Generic");
        return match outer.as_str() {
            "ApiArrayResponse" | "List" | "IEnumerable" | "IReadOnlyCollection" => format!("{inner}List"),
            "ApiPageResponse" => format!("{inner}Page"),
            _ => format!("{inner}{outer}"),
        };
    }
    ident::upper_camel_case(last_segment(upstream), "Type")
}

/// Outer and inner type of `Outer_Inner_`, `Outer[Inner]`, `Outer<Inner>` and ``Outer`1[[Inner]]``.
fn generic(upstream: &str) -> Option<(&str, &str)> {
    let closing = upstream.chars().last().filter(|last| "_]>".contains(*last))?;
    let opening = match closing {
        '_' => '_',
        ']' => '[',
        _ => '<',
    };
    let (outer, inner) = upstream[..upstream.len() - 1].split_once(opening)?;
    let outer = outer.split('`').next().unwrap_or(outer);
    let inner = inner.trim_matches(|c| "[]<> ".contains(c));
    (!outer.is_empty() && !inner.is_empty()).then_some((outer, inner))
}

fn last_segment(name: &str) -> &str {
    name.rsplit('.').find(|segment| !segment.is_empty()).unwrap_or(name)
}

/// The word of the upstream name that tells its service, if there is one.
pub(crate) fn service(upstream: &str) -> Option<String> {
    let mut segments: Vec<&str> = upstream.split(['.', '_', '[', '<', '`']).collect();
    segments.pop();
    if !upstream.contains('.') {
        return None;
    }
    let service = segments.into_iter().find(|segment| {
        segment.starts_with(|first: char| first.is_ascii_alphabetic()) && !GENERIC.contains(segment)
    })?;
    Some(ident::upper_camel_case(service, "")).filter(|service| !service.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_upstream() {
        let cases = [
            ("User", "User"),
            ("User_SocialNetworkProfiles", "UserSocialNetworkProfiles"),
            ("Roblox.Badges.Api.BadgeModel", "BadgeModel"),
            ("Roblox.Web.WebAPI.Models.ApiArrayResponse_Roblox.Api.Badge_", "BadgeList"),
            ("Roblox.Web.Models.ApiPageResponse_Badge_", "BadgePage"),
            ("ApiArrayResponse[Roblox.Api.Badge]", "BadgeList"),
            ("ApiArrayResponse<Badge>", "BadgeList"),
            ("System.Collections.List`1[[Badge]]", "BadgeList"),
            ("Wrapper_System.Int64_", "Int64Wrapper"),
            ("urlShortener", "UrlShortener"),
            ("3DModel", "Type3dModel"),
            ("_", "Type"),
        ];
        for (upstream, expected) in cases {
            assert_eq!(derive(upstream), expected, "{upstream}");
        }
    }

    #[test]
    fn services_from_upstream() {
        let cases = [
            ("User", None),
            ("Roblox.Badges.Api.BadgeModel", Some("Badges")),
            ("OCV2.Operations.Operation", Some("Ocv2")),
            ("Roblox.Web.WebAPI.Thing", None),
        ];
        for (upstream, expected) in cases {
            assert_eq!(service(upstream).as_deref(), expected, "{upstream}");
        }
    }
}
