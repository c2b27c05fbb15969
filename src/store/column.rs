//! How values stand in columns, the same way on both databases.
//!
//! Enumerations stand as the text of their serde name, compound values as JSON text. An instant is a `timestamptz` on
//! PostgreSQL; SQLite has no such type, and there it is an RFC 3339 text of fixed width (which `jiff_sqlx` does not
//! give: a text without fraction would sort after one with). Numbers stand as 64-bit integers, the only ones that both
//! databases have.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde::{Serialize, de::DeserializeOwned, de::IntoDeserializer};
use sqlx::error::BoxDynError;
use sqlx::{Database, Decode, Encode, Postgres, Sqlite, Type, encode::IsNull};

use crate::domain::beneficiary::AgencyCode;

/// An instant, cut to the microsecond.
#[derive(Clone, Copy)]
pub(super) struct Time(pub(super) Timestamp);

impl Time {
    fn to_the_microsecond(self) -> Timestamp {
        Timestamp::from_microsecond(self.0.as_microsecond()).unwrap_or(self.0)
    }
}

impl Type<Postgres> for Time {
    fn type_info() -> <Postgres as Database>::TypeInfo {
        <jiff_sqlx::Timestamp as Type<Postgres>>::type_info()
    }
}

impl Encode<'_, Postgres> for Time {
    fn encode_by_ref(&self, buffer: &mut <Postgres as Database>::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Encode::<Postgres>::encode(self.to_the_microsecond().to_sqlx(), buffer)
    }
}

impl<'r> Decode<'r, Postgres> for Time {
    fn decode(value: <Postgres as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self(<jiff_sqlx::Timestamp as Decode<Postgres>>::decode(value)?.to_jiff()))
    }
}

impl Type<Sqlite> for Time {
    fn type_info() -> <Sqlite as Database>::TypeInfo {
        <str as Type<Sqlite>>::type_info()
    }
}

impl Encode<'_, Sqlite> for Time {
    fn encode_by_ref(&self, buffer: &mut <Sqlite as Database>::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Encode::<Sqlite>::encode(format!("{:.6}", self.to_the_microsecond()), buffer)
    }
}

impl<'r> Decode<'r, Sqlite> for Time {
    fn decode(value: <Sqlite as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self(<&str as Decode<Sqlite>>::decode(value)?.parse()?))
    }
}

/// A variant of an enumeration, by its serde name.
pub(super) struct Name<T>(pub(super) T);

impl<T: Serialize> Name<T> {
    fn write(&self) -> Result<String, BoxDynError> {
        match serde_json::to_value(&self.0)? {
            serde_json::Value::String(name) => Ok(name),
            _ => Err("a variant without a name".into()),
        }
    }
}

impl<T: DeserializeOwned> Name<T> {
    fn read(text: &str) -> Result<Self, BoxDynError> {
        Ok(T::deserialize(text.into_deserializer()).map(Self).map_err(|error: serde::de::value::Error| error)?)
    }
}

/// A compound value, as JSON.
pub(super) struct Json<T>(pub(super) T);

impl<T: Serialize> Json<T> {
    fn write(&self) -> Result<String, BoxDynError> {
        Ok(serde_json::to_string(&self.0)?)
    }
}

impl<T: DeserializeOwned> Json<T> {
    fn read(text: &str) -> Result<Self, BoxDynError> {
        Ok(serde_json::from_str(text).map(Self)?)
    }
}

/// A domain value that is read from its own text form, and checked again.
pub(super) struct Parsed<T>(pub(super) T);

/// A domain value with a text form of its own.
pub(super) trait FromText: Sized {
    /// The value, if the text is one.
    fn from_text(text: &str) -> Option<Self>;
}

macro_rules! from_text {
    ($($value:ty: $parse:expr),+ $(,)?) => {$(
        impl FromText for $value {
            fn from_text(text: &str) -> Option<Self> {
                $parse(text)
            }
        }
    )+};
}

from_text! {
    AgencyCode: |text| AgencyCode::parse(text).ok(),
}

impl<T: FromText> Parsed<T> {
    fn read(text: &str) -> Result<Self, BoxDynError> {
        T::from_text(text).map(Self).ok_or_else(|| "not a value of its kind".into())
    }
}

/// A number that is never negative.
#[derive(Clone, Copy)]
pub(super) struct Count(pub(super) u32);

impl Count {
    fn read(number: i64) -> Result<Self, BoxDynError> {
        Ok(Self(number.try_into()?))
    }
}

/// A number that grows beyond 32 bits, and is never negative.
#[derive(Clone, Copy)]
pub(super) struct Large(pub(super) u64);

impl Large {
    fn read(number: i64) -> Result<Self, BoxDynError> {
        Ok(Self(number.try_into()?))
    }

    /// As the databases take it. Nothing that is counted here reaches 2⁶³.
    pub(super) fn written(number: u64) -> i64 {
        i64::try_from(number).unwrap_or(i64::MAX)
    }
}

/// A SHA-256.
pub(super) struct Digest(pub(super) [u8; 32]);

impl Digest {
    fn read(bytes: &[u8]) -> Result<Self, BoxDynError> {
        Ok(Self(bytes.try_into()?))
    }
}

/// Reads a column of another type, on any database that has it.
macro_rules! read_as {
    ($($column:ident $(<$value:ident: $bound:path>)?: $raw:ty as $borrowed:ty),+ $(,)?) => {$(
        impl<DB: Database $(, $value)?> Type<DB> for $column $(<$value>)? where $raw: Type<DB> {
            fn type_info() -> DB::TypeInfo {
                <$raw as Type<DB>>::type_info()
            }
            fn compatible(ty: &DB::TypeInfo) -> bool {
                <$raw as Type<DB>>::compatible(ty)
            }
        }

        impl<'r, DB: Database $(, $value: $bound)?> Decode<'r, DB> for $column $(<$value>)?
        where
            $borrowed: Decode<'r, DB>,
        {
            fn decode(value: DB::ValueRef<'r>) -> Result<Self, BoxDynError> {
                Self::read(<$borrowed as Decode<'r, DB>>::decode(value)?)
            }
        }
    )+};
}

read_as! {
    Name<T: DeserializeOwned>: String as &'r str,
    Json<T: DeserializeOwned>: String as &'r str,
    Parsed<T: FromText>: String as &'r str,
    Count: i64 as i64,
    Large: i64 as i64,
    Digest: Vec<u8> as &'r [u8],
}

/// Writes a column as text, on any database.
macro_rules! write_as_text {
    ($($column:ident),+) => {$(
        impl<'q, DB: Database, T: Serialize> Encode<'q, DB> for $column<T> where String: Encode<'q, DB> {
            fn encode_by_ref(&self, buffer: &mut DB::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
                <String as Encode<'q, DB>>::encode(self.write()?, buffer)
            }
        }
    )+};
}

write_as_text!(Name, Json);
