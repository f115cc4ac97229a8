use super::AssetQuota;

impl AssetQuota {
    /// How often it may still be done before [`usage_reset_time`](Self::usage_reset_time): never less
    /// than zero. `None` if the service does not say how often it may be done at all.
    ///
    /// An absent usage counts as none.
    pub fn remaining(&self) -> Option<i64> {
        Some(self.capacity?.saturating_sub(self.usage.unwrap_or(0)).max(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_remains_is_what_is_not_used() {
        for (quota, remaining) in [
            (json!({ "capacity": 100, "usage": 30 }), Some(70)),
            (json!({ "capacity": "100", "usage": "100" }), Some(0)),
            (json!({ "capacity": 10, "usage": 12 }), Some(0)),
            (json!({ "capacity": 10 }), Some(10)),
            (json!({ "usage": 3 }), None),
        ] {
            let read: AssetQuota = serde_json::from_value(quota.clone()).expect("a quota");
            assert_eq!(read.remaining(), remaining, "{quota}");
        }
    }
}
