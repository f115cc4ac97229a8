//! What every generated type of a request has.

/// The constructor and setters of a type that requests hold.
macro_rules! request_type {
    ($(#[$new:meta])* $name:ident ($($required:ident: $required_type:tt),*)
     $($(#[$doc:meta])* $setter:ident = $field:ident $(also $also:ident)?: $kind:tt,)*) => {
        impl $name {
            $(#[$new])*
            pub fn new($($required: crate::wire::accepted!($required_type)),*) -> Self {
                #[allow(unused_mut)]
                let mut value = Self::default();
                $(value.$required = Some(crate::wire::given!($required_type $required));)*
                value
            }

            $(
                $(#[$doc])*
                #[must_use]
                pub fn $setter(mut self, value: crate::wire::accepted!($kind)) -> Self {
                    self.$field = Some(crate::wire::given!($kind value));
                    $(self.$also.clone_from(&self.$field);)?
                    self
                }
            )*
        }
    };
}
pub(crate) use request_type;

/// The methods of a type that no request holds: each reads the field of its name, whose absence says nothing.
macro_rules! response_type {
    ($name:ident { $($field:ident: $kind:tt,)* }) => {
        impl $name {
            $(crate::wire::reader!($field: $kind);)*
        }
    };
}
pub(crate) use response_type;

/// One method of [`response_type`].
macro_rules! reader {
    ($field:ident: text) => {
        #[doc = concat!("The field `", stringify!($field), "`; empty where it is absent.")]
        pub fn $field(&self) -> &str {
            self.$field.as_deref().unwrap_or_default()
        }
    };
    ($field:ident: count) => {
        #[doc = concat!("The field `", stringify!($field), "`; 0 where it is absent.")]
        pub fn $field(&self) -> i64 {
            self.$field.unwrap_or_default()
        }
    };
    ($field:ident: [$item:ty]) => {
        #[doc = concat!("The field `", stringify!($field), "`; empty where it is absent.")]
        pub fn $field(&self) -> &[$item] {
            self.$field.as_deref().unwrap_or_default()
        }
    };
}
pub(crate) use reader;

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
macro_rules! hiding_debug {
    ($name:ident { $($shown:ident),* } hides { $($hidden:ident),* }) => {
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name))
                    $(.field(stringify!($shown), &self.$shown))*
                    $(.field(stringify!($hidden), &self.$hidden.as_ref().map(|_| crate::wire::Hidden)))*
                    .finish()
            }
        }
    };
}
pub(crate) use hiding_debug;

/// `Debug` of a type that shows some of its fields, or what methods without arguments return.
macro_rules! debug_fields {
    ($name:ident $(<$($parameter:ident),*>)? { $($field:ident $(($($none:tt)*))?),* }) => {
        impl $(<$($parameter),*>)? std::fmt::Debug for $name $(<$($parameter),*>)? {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name))
                    $(.field(stringify!($field), &self.$field $(($($none)*))?))*
                    .finish_non_exhaustive()
            }
        }
    };
}
pub(crate) use debug_fields;

/// Stands for what is there, but not shown.
pub(crate) struct Hidden;

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(hidden)")
    }
}
