//! How a function refuses what it is given.

/// Ends a function with an error if something is wrong.
///
/// The error is a message with its arguments, as `format!` takes them: of an area the refusal of an invalid request. Or it
/// is an expression.
macro_rules! refuse_if {
    ($is_wrong:expr, $message:literal $(, $argument:expr)* $(,)?) => {
        if $is_wrong {
            return Err(format!($message $(, $argument)*).into());
        }
    };
    ($is_wrong:expr, $error:expr) => {
        if $is_wrong {
            return Err($error);
        }
    };
}
