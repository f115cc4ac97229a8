//! Decoding that takes what services really send: a number where text was promised and the other
//! way round, null where nothing was promised, times with and without a zone.

mod any;
mod expect;
mod locate;

pub(crate) use any::any;
pub use expect::ExpectedFields;
pub(crate) use expect::{Failure, Ids, names, response};
pub(crate) use locate::path;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Serialize, Serializer};
use std::any::TypeId;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

/// The JSON in a body: without the byte order mark and the blanks that services put around it.
pub(crate) fn json_text(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body).trim_ascii()
}

/// JSON as text, so that it is known to be UTF-8 once and not for each string in it, which is a tenth of what a page
/// costs. Bytes that are not UTF-8 become escapes that stand for no character: a string that holds one cannot be
/// read, and where nobody reads it, it does no harm.
pub(crate) fn utf8(json: &[u8]) -> Cow<'_, str> {
    const NO_CHARACTER: &str = "\\udc80";
    std::str::from_utf8(json).map(Cow::Borrowed).unwrap_or_else(|_| {
        let mut text = String::with_capacity(json.len() + NO_CHARACTER.len());
        for chunk in json.utf8_chunks() {
            text.push_str(chunk.valid());
            if !chunk.invalid().is_empty() {
                text.push_str(NO_CHARACTER);
            }
        }
        text.into()
    })
}

/// Whether a body is JSON that ends too early (CN-03). The body decides, not the type that it was read
/// as, which may have failed before the end; so this is asked only where reading has failed.
pub(crate) fn ends_too_early(body: &[u8]) -> bool {
    let body = json_text(body);
    !body.is_empty() && serde_json::from_slice::<de::IgnoredAny>(body).is_err_and(|error| error.is_eof())
}

/// A type that can be read from more than its own JSON form.
pub(crate) trait Tolerant<'de>: Sized {
    fn tolerant<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;

    /// Reads what may be absent.
    fn optional<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Ok(Option::<Wrapped<Self>>::deserialize(deserializer)?.map(|wrapped| wrapped.0))
    }
}

/// An object whose fields may come in any order, be missing or null, and be joined by others.
pub(crate) trait Object: Default + 'static {
    /// Whether there is no field at all.
    const IS_EMPTY: bool;

    /// Reads the value of a field into its place; `false` if there is no such field.
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<bool, A::Error>;

    /// Whether the field of this name on the wire is there.
    fn has(&self, name: &str) -> bool;

    /// Fills what other fields say.
    fn finish(&mut self) {}

    /// Sets an id that is not there, of this name on the wire, to what the request said.
    fn fill(&mut self, _name: &str, _id: String) {}
}

/// Makes a struct readable: the name of each field on the wire and in the struct.
///
/// `aliases` are other names of fields, which count where the field's own name has no value. `values` are
/// such names of lists whose elements are not items, but the value of one field of an item. `ids` are the
/// fields that are the last segment of another field, a path, where they are not there themselves, and
/// `requested` those that a request may have said already.
macro_rules! object {
    (@ $kind:ident { $($name:literal => $field:ident,)* } $($rest:tt)*) => {
        impl crate::wire::decode::Object for $kind {
            const IS_EMPTY: bool = <[&str]>::is_empty(&[$($name),*]);

            #[allow(unused_variables)]
            fn has(&self, name: &str) -> bool {
                match name {
                    $($name => self.$field.is_some(),)*
                    _ => false,
                }
            }

            $($rest)*
        }

        impl<'de> serde::Deserialize<'de> for $kind {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::wire::decode::read_object(deserializer)
            }
        }

        impl<'de> crate::wire::decode::Tolerant<'de> for $kind {
            fn tolerant<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::wire::decode::read_object(deserializer)
            }
        }
    };
    ($kind:ident { $($name:literal => $field:ident,)* }) => {
        crate::wire::decode::object! { @ $kind { $($name => $field,)* }
            #[allow(unused_variables)]
            fn read<'de, A: serde::de::MapAccess<'de>>(
                &mut self,
                name: &str,
                map: &mut A,
            ) -> Result<bool, A::Error> {
                match name {
                    $($name => self.$field = crate::wire::decode::field(map)?,)*
                    _ => return Ok(false),
                }
                #[allow(unreachable_code)]
                Ok(true)
            }
        }
    };
    ($kind:ident { $($name:literal => $field:ident,)* }
        aliases { $($alias:literal => $aliased:ident,)* }
        values { $($values:literal => $list:ident: $item:ident.$value:ident,)* }
        ids { $($id:ident => $path:ident,)* }
        requested { $($requested:literal => $said:ident,)* }
    ) => {
        crate::wire::decode::object! { @ $kind { $($name => $field,)* }
            fn read<'de, A: serde::de::MapAccess<'de>>(
                &mut self,
                name: &str,
                map: &mut A,
            ) -> Result<bool, A::Error> {
                match name {
                    $($name => self.$field = crate::wire::decode::field(map)?.or(self.$field.take()),)*
                    $($alias => self.$aliased = self.$aliased.take().or(crate::wire::decode::field(map)?),)*
                    $($values => {
                        let values: Option<Vec<_>> = crate::wire::decode::field(map)?;
                        let item = |value| $item { $value: Some(value), ..Default::default() };
                        let items = values.map(|values| values.into_iter().map(item).collect());
                        self.$list = self.$list.take().or(items);
                    })*
                    _ => return Ok(false),
                }
                Ok(true)
            }

            fn finish(&mut self) {
                $(self.$id = self.$id.take().or_else(|| {
                    crate::wire::decode::last_segment(self.$path.as_deref()?).map(Into::into)
                });)*
            }

            #[allow(unused_variables)]
            fn fill(&mut self, name: &str, id: String) {
                match name {
                    $($requested => {
                        self.$said.get_or_insert_with(|| id.into());
                    })*
                    _ => {}
                }
            }
        }
    };
}
pub(crate) use object;

/// The last segment of a path, percent-decoded; `None` if it is empty.
pub(crate) fn last_segment(path: &str) -> Option<String> {
    let last = path.rsplit('/').next().filter(|last| !last.is_empty())?;
    let decoded = percent_encoding::percent_decode_str(last).decode_utf8();
    Some(decoded.map_or_else(|_| last.to_owned(), Cow::into_owned))
}

/// The value of a field.
pub(crate) fn field<'de, T: Tolerant<'de>, A: MapAccess<'de>>(map: &mut A) -> Result<Option<T>, A::Error> {
    Ok(map.next_value::<Wrapped<Option<T>>>()?.0)
}

/// Reads an object.
pub(crate) fn read_object<'de, T: Object, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct Fields<T>(PhantomData<T>);
    impl<'de, T: Object> Visitor<'de> for Fields<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
            let mut object = T::default();
            let mut watch = expect::Watch::begin([TypeId::of::<T>(), TypeId::of::<Option<T>>()]);
            while let Some(Name(name)) = map.next_key()? {
                let is_entered = watch.as_ref().is_some_and(|watch| watch.enter(&name));
                let is_known = object.read(&name, &mut map)?;
                if is_entered {
                    expect::Watch::leave();
                }
                match &mut watch {
                    None if is_known => {}
                    None => {
                        map.next_value::<de::IgnoredAny>()?;
                    }
                    Some(watch) if is_known => watch.note_known(),
                    Some(watch) => watch.note_unknown(&map.next_value()?),
                }
            }
            object.finish();
            if let Some(watch) = watch {
                watch.end(T::IS_EMPTY, &|name| object.has(name));
                watch.requested.into_iter().for_each(|(name, id)| object.fill(name, id));
            }
            Ok(object)
        }
    }
    deserializer.deserialize_map(Fields(PhantomData))
}

/// The name of a field, borrowed where it can be.
struct Name<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a field")
            }

            fn visit_borrowed_str<E: de::Error>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// Any scalar, as the text that stood there; not copied where it can be borrowed.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cow<'de, str>, D::Error> {
    match deserializer.deserialize_any(ScalarVisitor)? {
        Scalar::Text(text) => Ok(text),
        Scalar::Integer(number) => Ok(number.to_string().into()),
        // A whole number that is not one was longer than a double is exact: its digits are lost.
        Scalar::Number(number) if number.fract() == 0.0 && number.abs() > EXACT => {
            Err(de::Error::custom(format!("the number {number:e} cannot be read exactly")))
        }
        Scalar::Number(number) => Ok(number.to_string().into()),
        Scalar::Boolean(value) => Ok(value.to_string().into()),
    }
}

/// 2^53: up to here a double holds every whole number.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// An id that is a number, as its digits: from a number or a text.
pub(crate) fn number_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cow<'de, str>, D::Error> {
    let text = text(deserializer)?;
    let digits = text.strip_prefix('-').unwrap_or(&text);
    let is_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    // All numbers of so few digits fit.
    let fits = (1..20).contains(&digits.len()) || digits.parse::<u64>().is_ok();
    // Other text is kept as it is: it is not a number and cannot be taken for another one.
    match !(is_digits && fits) && (is_digits || text.trim().parse::<f64>().is_ok()) {
        true if !text.is_empty() => Err(de::Error::custom(format!("expected an id, not {text:?}"))),
        _ => Ok(text),
    }
}

enum Scalar<'de> {
    Text(Cow<'de, str>),
    Integer(i128),
    Number(f64),
    Boolean(bool),
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, a number or a boolean")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Text(Cow::Owned(text)))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Integer(number.into()))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Integer(number.into()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Number(number))
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Boolean(value))
    }
}

impl<'de> Tolerant<'de> for String {
    fn tolerant<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer).map(Cow::into_owned)
    }
}

impl<'de> Tolerant<'de> for i64 {
    fn tolerant<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let refuse = |what: String| de::Error::custom(format!("expected an integer, not {what}"));
        match deserializer.deserialize_any(ScalarVisitor)? {
            Scalar::Integer(number) => number.try_into().map_err(|_| refuse(number.to_string())),
            Scalar::Number(number) if number.fract() == 0.0 && number.abs() <= EXACT => Ok(number as i64),
            Scalar::Number(number) => Err(refuse(number.to_string())),
            Scalar::Text(text) => text.trim().parse().map_err(|_| refuse(format!("{text:?}"))),
            Scalar::Boolean(value) => Err(refuse(value.to_string())),
        }
    }
}

impl<'de> Tolerant<'de> for f64 {
    fn tolerant<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let refuse = |what: String| de::Error::custom(format!("expected a number, not {what}"));
        match deserializer.deserialize_any(ScalarVisitor)? {
            Scalar::Integer(number) => Ok(number as f64),
            Scalar::Number(number) => Ok(number),
            // Rust reads `NaN` and `inf`, and makes infinity of what is too large.
            Scalar::Text(text) => match text.trim().parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(number),
                _ => Err(refuse(format!("{text:?}"))),
            },
            Scalar::Boolean(value) => Err(refuse(value.to_string())),
        }
    }
}

impl<'de> Tolerant<'de> for bool {
    fn tolerant<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let refuse = |what: String| de::Error::custom(format!("expected a boolean, not {what}"));
        match deserializer.deserialize_any(ScalarVisitor)? {
            Scalar::Boolean(value) => Ok(value),
            Scalar::Text(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Scalar::Text(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Scalar::Text(text) => Err(refuse(format!("{text:?}"))),
            Scalar::Integer(0) => Ok(false),
            Scalar::Integer(1) => Ok(true),
            Scalar::Integer(number) => Err(refuse(number.to_string())),
            Scalar::Number(number) => Err(refuse(number.to_string())),
        }
    }
}

impl<'de> Tolerant<'de> for jiff::Timestamp {
    fn tolerant<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        time(&text(deserializer)?)
    }

    /// Some services write an empty string for a time that has not come.
    fn optional<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        let text = Option::<Text>::deserialize(deserializer)?.filter(|Text(text)| !text.trim().is_empty());
        text.map(|Text(text)| time(&text)).transpose()
    }
}

/// A scalar as text, which is only looked at.
struct Text<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer).map(Self)
    }
}

fn time<E: de::Error>(text: &str) -> Result<jiff::Timestamp, E> {
    let time = text.trim();
    if let Some(time) = usual_time(time.as_bytes()) {
        return Ok(time);
    }
    time.parse().or_else(|error| {
        // Some services leave the zone away; what they mean is UTC.
        format!("{time}Z")
            .parse()
            .ok()
            .or_else(|| beyond(time))
            .ok_or_else(|| E::custom(format!("expected an RFC 3339 time, not {text:?}: {error}")))
    })
}

/// A time in the form that nearly all services use, `2026-01-02T03:04:05.678Z`: reading any form of RFC 3339 takes
/// nearly twice the instructions. `None` says only that it is in another form.
fn usual_time(text: &[u8]) -> Option<jiff::Timestamp> {
    let (time, rest) = text.split_at_checked(19)?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', t1, t2, b':', n1, n2, b':', s1, s2] = *time else {
        return None;
    };
    let two = |digits: [u8; 2]| i8::try_from(number(&digits)?).ok();
    let year = i16::try_from(number(&[y1, y2, y3, y4])?).ok()?;
    let nanosecond = match rest.strip_suffix(b"Z")? {
        [] => 0,
        [b'.', fraction @ ..] if (1..=9).contains(&fraction.len()) => {
            number(fraction)? * 10_i32.pow(9 - fraction.len() as u32)
        }
        _ => return None,
    };
    let date = jiff::civil::Date::new(year, two([m1, m2])?, two([d1, d2])?).ok()?;
    let clock = jiff::civil::Time::new(two([t1, t2])?, two([n1, n2])?, two([s1, s2])?, nanosecond).ok()?;
    jiff::tz::Offset::UTC.to_timestamp(date.to_datetime(clock)).ok()
}

/// The number that at most nine digits are.
fn number(digits: &[u8]) -> Option<i32> {
    digits
        .iter()
        .try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + i32::from(digit - b'0')))
}

/// The end of time that a date stands for which no [`jiff::Timestamp`] can hold: services write
/// .NET's last moment (9999-12-31T23:59:59.9999999Z) for *never*.
fn beyond(time: &str) -> Option<jiff::Timestamp> {
    let (date, clock) = time.split_once(['T', 't', ' '])?;
    let clock = clock.split(['Z', 'z', '+', '-']).next()?;
    let local: jiff::civil::DateTime = format!("{date}T{clock}").parse().ok()?;
    // A zone moves a time by less than two days.
    let margin = jiff::SignedDuration::from_hours(48);
    if local.checked_add(margin).is_err() {
        Some(jiff::Timestamp::MAX)
    } else if local.checked_sub(margin).is_err() {
        Some(jiff::Timestamp::MIN)
    } else {
        None
    }
}

impl<'de> Tolerant<'de> for Duration {
    fn tolerant<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = text(deserializer)?;
        duration::parse(&text)
            .ok_or_else(|| de::Error::custom(format!("expected a duration such as \"1.5s\", not {text:?}")))
    }
}

/// What needs no tolerance.
macro_rules! as_it_is {
    ($($kind:ty),*) => {
        $(impl<'de> Tolerant<'de> for $kind {
            fn tolerant<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize(deserializer)
            }
        })*
    };
}

as_it_is!(serde_json::Value, serde_json::Map<String, serde_json::Value>);

impl<'de, T: Tolerant<'de>> Tolerant<'de> for Option<T> {
    fn tolerant<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::optional(deserializer)
    }
}

impl<'de, T: Tolerant<'de>> Tolerant<'de> for Vec<T> {
    fn tolerant<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<T>(PhantomData<T>);
        impl<'de, T: Tolerant<'de>> Visitor<'de> for List<T> {
            type Value = Vec<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
                let mut list = Vec::new();
                while let Some(Wrapped(item)) = items.next_element()? {
                    list.push(item);
                }
                Ok(list)
            }
        }
        deserializer.deserialize_seq(List(PhantomData))
    }
}

impl<'de, T: Tolerant<'de>> Tolerant<'de> for Box<T> {
    fn tolerant<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::tolerant(deserializer).map(Box::new)
    }
}

impl<'de, T: Tolerant<'de>> Tolerant<'de> for BTreeMap<String, T> {
    fn tolerant<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map = BTreeMap::<String, Wrapped<T>>::deserialize(deserializer)?;
        Ok(map.into_iter().map(|(key, Wrapped(value))| (key, value)).collect())
    }
}

/// Gives a tolerant type serde's interface.
struct Wrapped<T>(T);

impl<'de, T: Tolerant<'de>> Deserialize<'de> for Wrapped<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::tolerant(deserializer).map(Wrapped)
    }
}

/// An id, or a list of ids, that the service takes as numbers.
pub(crate) trait AsNumber {
    fn serialize_number<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

/// For `#[serde(serialize_with)]`.
pub(crate) fn as_number<T: AsNumber, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    value.serialize_number(serializer)
}

impl<T: AsNumber> AsNumber for Option<T> {
    fn serialize_number<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => value.serialize_number(serializer),
            None => serializer.serialize_none(),
        }
    }
}

impl<T: AsNumber> AsNumber for Vec<T> {
    fn serialize_number<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Number))
    }
}

impl<T: AsNumber> AsNumber for BTreeMap<String, T> {
    fn serialize_number<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(key, value)| (key, Number(value))))
    }
}

struct Number<'a, T>(&'a T);

impl<T: AsNumber> Serialize for Number<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize_number(serializer)
    }
}

/// Durations as services write them: seconds with up to nine decimals and an `s`.
pub(crate) mod duration {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(
        value: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(duration) => serializer.serialize_str(&format(*duration)),
            None => serializer.serialize_none(),
        }
    }

    /// `1.5s`.
    pub(crate) fn format(duration: Duration) -> String {
        match duration.subsec_nanos() {
            0 => format!("{}s", duration.as_secs()),
            nanos => {
                let fraction = format!("{nanos:09}");
                format!("{}.{}s", duration.as_secs(), fraction.trim_end_matches('0'))
            }
        }
    }

    /// The inverse of [`format`]; more than nine decimals are cut.
    pub(crate) fn parse(text: &str) -> Option<Duration> {
        let number = text.trim().trim_end_matches('s');
        let (seconds, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(fraction) || !digits(seconds) || seconds.is_empty() {
            return None;
        }
        let nanos = format!("{:0<9}", fraction.get(..9).unwrap_or(fraction));
        Some(Duration::new(seconds.parse().ok()?, nanos.parse().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read<T: for<'de> Tolerant<'de>>(value: serde_json::Value) -> Result<T, serde_json::Error> {
        T::tolerant(value)
    }

    #[test]
    fn numbers_and_text_stand_for_each_other() {
        assert_eq!(read::<i64>(json!("9007199254740993")).expect("text"), 9007199254740993);
        assert_eq!(read::<i64>(json!(5.0)).expect("whole"), 5);
        assert!(read::<i64>(json!(5.5)).is_err());
        assert!(read::<i64>(json!("five")).is_err());
        assert_eq!(read::<f64>(json!("1.5")).expect("text"), 1.5);
        assert_eq!(read::<String>(json!(12)).expect("number"), "12");
        assert!(read::<bool>(json!("True")).expect("text"));
        assert_eq!(read::<Option<i64>>(json!(null)).expect("null"), None);
        assert_eq!(read::<Option<Vec<i64>>>(json!(["1", 2])).expect("list"), Some(vec![1, 2]));
    }

    #[test]
    fn times_have_any_precision_and_zone() {
        for text in ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.1234567+00:00", "2026-01-02T03:04:05"] {
            let time: jiff::Timestamp = read(json!(text)).expect(text);
            assert_eq!(time.as_second(), 1767323045);
        }
        assert!(read::<jiff::Timestamp>(json!("yesterday")).is_err());
    }

    #[test]
    fn the_usual_form_is_read_as_any_other() {
        for date in
            ["1600-02-29", "1970-01-01", "2006-02-27", "2026-12-31", "2100-02-29", "2026-13-01", "0000-01-01"]
        {
            for clock in ["00:00:00", "23:59:59", "24:00:00", "10:60:07", "23:59:60", "1a:00:00"] {
                for rest in ["Z", ".3Z", ".300Z", ".123456789Z", ".1234567891Z", ".Z", ".3", "z", "+00:00"] {
                    let text = format!("{date}T{clock}{rest}");
                    let any: Option<jiff::Timestamp> = text.parse().ok();
                    let usual = usual_time(text.as_bytes());
                    assert!(usual.is_none() || usual == any, "{text}: {usual:?} {any:?}");
                    let is_usual =
                        matches!(rest, "Z" | ".3Z" | ".300Z" | ".123456789Z") && clock != "23:59:60";
                    assert_eq!(usual.is_some(), is_usual && any.is_some(), "{text}");
                }
            }
        }
    }

    #[test]
    fn a_byte_that_is_not_utf_8_harms_only_who_reads_it() {
        #[derive(Debug, Default)]
        struct Named {
            name: Option<String>,
        }
        object!(Named { "name" => name, });
        let read = |json: &[u8]| serde_json::from_str::<Named>(&utf8(json)).map(|named| named.name);
        assert_eq!(read(b"{\"name\":\"\xc3\xa9\"}").expect("UTF-8").as_deref(), Some("\u{e9}"));
        assert_eq!(read(b"{\"name\":\"a\",\"new\":\"\xff\"}").expect("not read").as_deref(), Some("a"));
        read(b"{\"name\":\"a\xff\"}").expect_err("what it says is not known");
        read(b"{\"name\":\"a\"}\xff").expect_err("no JSON");
    }

    #[test]
    fn a_time_that_is_out_of_range_is_the_last_or_the_first_that_there_is() {
        use jiff::Timestamp;
        for (text, time) in [
            ("9999-12-31T23:59:59.9999999Z", Timestamp::MAX),
            ("9999-12-31T23:59:59.9999999", Timestamp::MAX),
            ("9999-12-31T23:59:59.9999999+00:00", Timestamp::MAX),
            ("9999-12-31T23:59:59-08:00", Timestamp::MAX),
            ("-009999-01-01T00:00:00Z", Timestamp::MIN),
            ("0001-01-01T00:00:00", "0001-01-01T00:00:00Z".parse().expect("a time")),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z".parse().expect("a time")),
        ] {
            assert_eq!(read::<Timestamp>(json!(text)).expect(text), time, "{text}");
        }
        for text in
            ["9999-13-31T23:59:59Z", "9999-12-31T24:59:59Z", "9999-12-32", "T", "2026-01-02T03:04:05+99:00"]
        {
            assert!(read::<Timestamp>(json!(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn an_empty_text_is_no_time() {
        #[derive(Debug, Default)]
        struct Times {
            at: Option<jiff::Timestamp>,
            all: Option<Vec<jiff::Timestamp>>,
        }
        object!(Times { "at" => at, "all" => all, });
        for at in ["", " "] {
            assert_eq!(read::<Times>(json!({ "at": at })).expect("an object").at, None);
        }
        assert_eq!(read::<Times>(json!({ "at": null })).expect("an object").at, None);
        assert!(read::<Times>(json!({ "at": "2026-01-02T03:04:05Z" })).expect("an object").at.is_some());
        assert!(read::<Times>(json!({ "at": "soon" })).is_err());
        assert!(read::<Times>(json!({ "all": [""] })).is_err());
        assert_eq!(read::<Option<String>>(json!("")).expect("a text").as_deref(), Some(""));
        let times = read::<Times>(json!({ "all": ["2026-01-02T03:04:05Z"] })).expect("an object");
        assert_eq!(times.all.map(|all| all.len()), Some(1));
    }

    #[test]
    fn durations_are_seconds() {
        for (text, duration) in [
            ("3s", Duration::from_secs(3)),
            ("1.5s", Duration::from_millis(1500)),
            ("0.000000001s", Duration::from_nanos(1)),
            ("315576000000s", Duration::from_secs(315_576_000_000)),
        ] {
            assert_eq!(duration::parse(text), Some(duration));
            assert_eq!(duration::format(duration), text);
        }
        for text in ["", "s", "-1s", "1.-5s", "x"] {
            assert_eq!(duration::parse(text), None, "{text:?}");
        }
    }
}
