//! What every generated call and request type has.

/// Sending, awaiting and the `with_*` options of a call.
macro_rules! call_methods {
    ($name:ident => $output:ty) => {
        impl $name {
            /// Sends the call and returns the answer with status, headers and attempts.
            pub fn send(self) -> crate::call::Sending<crate::Response<$output>> {
                self.call.send()
            }

            crate::call::option_methods!(call);

            /// Adds a header, or replaces it.
            pub fn with_header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
                self.call = self.call.with_header(name.as_ref(), value.as_ref());
                self
            }

            /// Makes this call as the helper is made that it is a step of.
            #[allow(dead_code)]
            pub(crate) fn with_options(mut self, options: crate::call::Options) -> Self {
                self.call.options = options;
                self
            }
        }

        impl std::future::IntoFuture for $name {
            type Output = Result<$output, crate::Error>;
            type IntoFuture = crate::call::Sending<$output>;

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

/// The constructor and setters of a type that requests hold.
macro_rules! request_type {
    ($(#[$new:meta])* $name:ident ($($required:ident: $required_type:tt),*)
     $($(#[$doc:meta])* $setter:ident = $field:ident $(also $also:ident)?: $kind:tt,)*) => {
        impl $name {
            $(#[$new])*
            #[allow(clippy::too_many_arguments)]
            pub fn new($($required: crate::call::accepted!($required_type)),*) -> Self {
                #[allow(unused_mut)]
                let mut value = Self::default();
                $(value.$required = Some(crate::call::given!($required_type $required));)*
                value
            }

            $(
                $(#[$doc])*
                #[must_use]
                pub fn $setter(mut self, value: crate::call::accepted!($kind)) -> Self {
                    self.$field = Some(crate::call::given!($kind value));
                    $(self.$also.clone_from(&self.$field);)?
                    self
                }
            )*
        }
    };
}
pub(crate) use request_type;

/// What a caller may give for a value (`{String}`), or for a list (`[String]`): anything that can be gone
/// through.
macro_rules! accepted {
    ({$kind:ty}) => { impl Into<$kind> };
    ([$item:ty]) => { impl IntoIterator<Item = impl Into<$item>> };
}
pub(crate) use accepted;

/// What was given, as it is kept.
macro_rules! given {
    ({$kind:ty} $value:ident) => {
        $value.into()
    };
    ([$item:ty] $values:ident) => {
        $values.into_iter().map(Into::into).collect()
    };
}
pub(crate) use given;

/// `Debug` of a type whose text must not hold what some of its fields do.
#[allow(unused_macros, reason = "an area need not have such a type")]
macro_rules! hiding_debug {
    ($name:ident { $($shown:ident),* } hides { $($hidden:ident),* }) => {
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name))
                    $(.field(stringify!($shown), &self.$shown))*
                    $(.field(stringify!($hidden), &self.$hidden.as_ref().map(|_| crate::call::Hidden)))*
                    .finish()
            }
        }
    };
}
#[allow(unused_imports, reason = "an area need not have such a type")]
pub(crate) use hiding_debug;

/// Stands for what is there, but not shown.
#[allow(dead_code, reason = "an area need not have such a type")]
pub(crate) struct Hidden;

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(hidden)")
    }
}

/// Awaiting and the `with_*` options of a hand-written helper: a struct with `options: Options`, which are
/// those of each call that it makes, and `async fn run(self)`.
#[allow(unused_macros, reason = "an area need not have such a helper")]
macro_rules! helper_methods {
    ($name:ident => $output:ty) => {
        impl $name {
            crate::call::option_methods!(each);
        }

        impl std::future::IntoFuture for $name {
            type Output = Result<$output, crate::Error>;
            type IntoFuture = crate::call::Sending<$output>;

            fn into_future(self) -> Self::IntoFuture {
                Box::pin(self.run())
            }
        }
    };
}
#[allow(unused_imports, reason = "an area need not have such a helper")]
pub(crate) use helper_methods;
