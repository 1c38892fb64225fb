//! Ids: of payments and refunds, and as a person gives them, whole or the beginning of one.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo, PgValueRef};
use sqlx::types::Uuid;
use sqlx::{Decode, Encode, Postgres, Type};

use crate::error::Error;
use crate::text::{escape, quoted};

/// Defines a type that is another one in the database, in every output and on the command line.
macro_rules! id {
    ($(#[$meta:meta])* pub struct $name:ident($inner:ty);) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name($inner);

        impl From<$inner> for $name {
            fn from(id: $inner) -> Self {
                $name(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = <$inner as FromStr>::Err;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map($name)
            }
        }

        impl Type<Postgres> for $name {
            fn type_info() -> PgTypeInfo {
                <$inner as Type<Postgres>>::type_info()
            }

            fn compatible(there: &PgTypeInfo) -> bool {
                <$inner as Type<Postgres>>::compatible(there)
            }
        }

        impl Encode<'_, Postgres> for $name {
            fn encode_by_ref(&self, buf: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
                Encode::<Postgres>::encode_by_ref(&self.0, buf)
            }
        }

        impl Decode<'_, Postgres> for $name {
            fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
                <$inner as Decode<Postgres>>::decode(value).map($name)
            }
        }
    };
}

id! {
    /// The application's id of a payment, as text.
    pub struct PaymentId(String);
}

id! {
    /// The id of a refund, which is also its idempotency key at the gateway.
    #[derive(Copy)]
    pub struct RefundId(Uuid);
}

impl PaymentId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Candidates that a message names at most.
pub(crate) const NAMED: usize = 10;

/// The shortest beginning of an id that is looked for, in characters: fewer are met by chance.
pub(crate) const SHORTEST: usize = 4;

/// Several rows are meant: they are named, a line each of the facts that tell them apart.
pub(crate) fn several(text: &str, what: &str, found: &[Vec<&str>]) -> Error {
    let mut message = format!("'{text}' may be any of several {what}:");
    for facts in found.iter().take(NAMED) {
        // What the database holds must not make lines of its own.
        let line: Vec<_> = facts.iter().map(|f| escape(f).into_owned()).collect();
        message.push_str(&format!("\n  {}", line.join("  ")));
    }
    if found.len() > NAMED {
        message.push_str("\n  and more");
    }
    Error::usage(message).hint("give more of the id, or all of it")
}

/// The beginning of an id was given where nobody looks at which row it means before it is changed.
pub(crate) fn not_whole(text: &str, what: &str, id: &str) -> Error {
    Error::usage(format!(
        "'{}' is only the beginning of an id, of {what} {id}; where nobody is asked, a write wants the whole id",
        text.trim()
    ))
    .hint(format!("name it as {}", quoted(id)))
}
