//! What a caller can set in the type of a request and must not send.

use std::collections::BTreeMap;

/// Why a value is not sent, and where in it that is.
#[derive(Debug, PartialEq)]
pub(crate) struct Flaw {
    path: String,
    what: &'static str,
}

impl Flaw {
    /// A field that only the service sets. Services ignore such a field without a word (UN-01, MS-05), which
    /// would look like success.
    pub(crate) fn read_only(name: &str) -> Self {
        Self { path: name.to_owned(), what: "is set by the service alone and would be ignored; leave it out" }
    }

    /// The same, seen from the outside.
    pub(crate) fn inside(self, name: &str) -> Self {
        let separator = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        Self { path: format!("{name}{separator}{}", self.path), ..self }
    }
}

impl std::fmt::Display for Flaw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` {}", self.path, self.what)
    }
}

/// A value that is looked at before it is sent.
pub(crate) trait Checked {
    /// The first thing in it that must not be sent.
    fn flaw(&self) -> Option<Flaw>;
}

impl Checked for f64 {
    fn flaw(&self) -> Option<Flaw> {
        let what = "is not a finite number, which JSON cannot express";
        (!self.is_finite()).then(|| Flaw { path: String::new(), what })
    }
}

impl<T: Checked> Checked for Option<T> {
    fn flaw(&self) -> Option<Flaw> {
        self.as_ref()?.flaw()
    }
}

impl<T: Checked> Checked for Box<T> {
    fn flaw(&self) -> Option<Flaw> {
        (**self).flaw()
    }
}

impl<T: Checked> Checked for Vec<T> {
    fn flaw(&self) -> Option<Flaw> {
        let mut flaws = self.iter().enumerate();
        flaws.find_map(|(at, item)| Some(item.flaw()?.inside(&format!("[{at}]"))))
    }
}

impl<T: Checked> Checked for BTreeMap<String, T> {
    fn flaw(&self) -> Option<Flaw> {
        self.iter().find_map(|(key, value)| Some(value.flaw()?.inside(key)))
    }
}

/// Has a type of requests checked: fields that only the service sets, and those that are checked themselves.
macro_rules! checked_type {
    ($kind:ident { $($name:literal => $field:ident,)* } inside { $($inner_name:literal => $inner:ident,)* }) => {
        impl crate::wire::Checked for $kind {
            fn flaw(&self) -> Option<crate::wire::Flaw> {
                $(if self.$field.is_some() {
                    return Some(crate::wire::Flaw::read_only($name));
                })*
                $(if let Some(flaw) = self.$inner.flaw() {
                    return Some(flaw.inside($inner_name));
                })*
                None
            }
        }
    };
}
pub(crate) use checked_type;

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Outer {
        id: Option<String>,
        parts: Option<Vec<Inner>>,
    }

    #[derive(Default)]
    struct Inner {
        time: Option<String>,
        weights: Option<BTreeMap<String, f64>>,
    }

    checked_type!(Outer { "id" => id, } inside { "parts" => parts, });
    checked_type!(Inner { "createTime" => time, } inside { "weights" => weights, });

    fn flaw(outer: &Outer) -> Option<String> {
        outer.flaw().map(|flaw| flaw.to_string())
    }

    #[test]
    fn what_must_not_be_sent_is_named() {
        let inner =
            |weight: f64| Inner { weights: Some([("a".to_owned(), weight)].into()), ..Inner::default() };
        assert_eq!(flaw(&Outer { parts: Some(vec![inner(1.0)]), ..Outer::default() }), None);
        let id = Outer { id: Some("1".to_owned()), ..Outer::default() };
        assert!(flaw(&id).expect("read-only").starts_with("`id` is set by the service alone"));
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let outer = Outer { parts: Some(vec![inner(1.0), inner(number)]), ..Outer::default() };
            assert!(
                flaw(&outer).expect("no number").starts_with("`parts[1].weights.a` is not a finite number")
            );
        }
        let time = Inner { time: Some(String::new()), ..Inner::default() };
        let outer = Outer { parts: Some(vec![time]), ..Outer::default() };
        assert!(flaw(&outer).expect("read-only").starts_with("`parts[0].createTime` is set"));
    }
}
