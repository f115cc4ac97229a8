//! What every generated call and hand-written helper has.

/// Sending, awaiting and the `with_*` options of a call.
macro_rules! call_methods {
    ($name:ident => $output:ty) => {
        impl $name {
            /// Sends the call and returns the response with status, headers and attempts.
            pub fn send(self) -> crate::call::CallFuture<crate::Response<$output>> {
                self.call.send()
            }

            crate::call::option_methods!(call);

            /// Adds a header, or replaces it.
            pub fn with_header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
                self.call = self.call.with_header(name.as_ref(), value.as_ref());
                self
            }

            /// Makes this call as the helper is made that it is a step of.
            #[allow(dead_code, reason = "a helper need not make this call")]
            pub(crate) fn with_options(mut self, options: crate::client::Options) -> Self {
                self.call.options = options;
                self
            }
        }

        impl std::future::IntoFuture for $name {
            type Output = Result<$output, crate::Error>;
            type IntoFuture = crate::call::CallFuture<$output>;

            fn into_future(self) -> Self::IntoFuture {
                self.call.output()
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.call.fmt(f)
            }
        }
    };
}
pub(crate) use call_methods;

/// How a call is made, whatever it calls.
macro_rules! option_methods {
    // Of what makes several calls.
    (each) => {
        crate::call::option_methods!(@ "Bounds each call that this makes, waiting and repeating included.",);
    };
    ($($call:ident)?) => {
        crate::call::option_methods!(@ "Bounds the whole call, waiting and repeating included.", $($call)?);
    };
    (@ $timeout:literal, $($call:ident)?) => {
        /// Makes this call with other credentials, instead of the client's.
        pub fn with_credentials(mut self, credentials: crate::Credentials) -> Self {
            self.$($call.)?options.credentials = Some(credentials);
            self
        }

        #[doc = $timeout]
        pub fn with_timeout(mut self, timeout: std::time::Duration) -> Self {
            self.$($call.)?options.timeout = Some(timeout);
            self
        }

        /// Bounds each attempt.
        pub fn with_attempt_timeout(mut self, timeout: std::time::Duration) -> Self {
            self.$($call.)?options.attempt_timeout = Some(timeout);
            self
        }

        /// Decides when this call is sent again: [`Retry::never`](crate::retry::Retry::never), another
        /// [`Retry`](crate::retry::Retry), or a policy of your own.
        pub fn with_retry(mut self, policy: impl crate::retry::RetryPolicy) -> Self {
            self.$($call.)?options.retry = Some(std::sync::Arc::new(policy));
            self
        }

        /// Says whether sending this call twice does no harm, which decides whether it may be sent
        /// again after a failure that leaves its effect unknown.
        pub fn with_idempotent(mut self, idempotent: bool) -> Self {
            self.$($call.)?options.idempotent = Some(idempotent);
            self
        }
    };
}
pub(crate) use option_methods;

/// Awaiting a hand-written helper, which has `async fn run(self)`.
macro_rules! awaitable {
    ([$($generics:tt)*] $name:ty => $output:ty) => {
        impl<$($generics)*> std::future::IntoFuture for $name {
            type Output = Result<$output, crate::Error>;
            type IntoFuture = crate::call::CallFuture<$output>;

            fn into_future(self) -> Self::IntoFuture {
                Box::pin(self.run())
            }
        }
    };
}
pub(crate) use awaitable;

/// Awaiting and the `with_*` options of a helper: a struct with `options: Options`, which are those of each
/// call that it makes.
macro_rules! helper_methods {
    ($name:ident => $output:ty) => {
        impl $name {
            crate::call::option_methods!(each);
        }

        crate::call::awaitable!([] $name => $output);
    };
}
pub(crate) use helper_methods;
