//! A statement with its parameters, and what it answers.

use std::marker::PhantomData;

use futures_util::{Stream, StreamExt as _};
use sqlx::postgres::{PgArguments, PgColumn, PgRow, PgTypeInfo};
use sqlx::query::Query;
use sqlx::{Column as _, Decode, Postgres, Row as _, Type};

use crate::db::Connection;
use crate::error::{Error, Result};

/// The command that brings bursar's own schema up to date.
pub const UPGRADE: &str = "bursar migrate up --only bursar";

/// A statement and its parameters, to be asked once. Errors are as the server says.
pub struct Call<R> {
    query: Query<'static, Postgres, PgArguments>,
    row: PhantomData<R>,
}

impl<R: Record> Call<R> {
    pub(super) fn new(query: Query<'static, Postgres, PgArguments>) -> Self {
        Call { query, row: PhantomData }
    }

    /// The only row.
    ///
    /// # Errors
    /// Also where there is none: the schema is another one.
    pub async fn one(self, connection: &mut Connection) -> Result<R> {
        self.optional(connection)
            .await?
            .ok_or_else(|| Error::failed("the database's function returned nothing").hint(UPGRADE))
    }

    /// The first row, where there is one.
    ///
    /// # Errors
    /// As the server says.
    pub async fn optional(self, connection: &mut Connection) -> Result<Option<R>> {
        Ok(self.query.fetch_optional(connection).await?.as_ref().map(R::read).transpose()?)
    }

    /// Row after row, as the server sends them.
    pub fn stream(self, connection: &mut Connection) -> impl Stream<Item = Result<R>> {
        self.query.fetch(connection).map(|row| Ok(R::read(&row?)?))
    }

    /// Every row.
    ///
    /// # Errors
    /// As the server says.
    pub async fn all(self, connection: &mut Connection) -> Result<Vec<R>> {
        let rows = self.query.fetch_all(connection).await?;
        Ok(rows.iter().map(R::read).collect::<sqlx::Result<_>>()?)
    }
}

impl Call<()> {
    /// Runs it, whatever it answers.
    ///
    /// # Errors
    /// As the server says.
    pub async fn run(self, connection: &mut Connection) -> Result<()> {
        self.query.execute(connection).await?;
        Ok(())
    }
}

/// True where values of a Rust type can be read from a type of the server.
pub type Fits = fn(&PgTypeInfo) -> bool;

/// A column that is read: its name, where it is read by name, and its type.
pub type Column = (Option<&'static str>, Fits);

/// A row that a statement answers.
pub trait Record: Sized {
    /// The columns; none where what is answered is not read.
    fn columns() -> Vec<Column>;

    /// Reads a row.
    ///
    /// # Errors
    /// If it is another row.
    fn read(row: &PgRow) -> sqlx::Result<Self>;
}

impl Record for () {
    fn columns() -> Vec<Column> {
        Vec::new()
    }

    fn read(_: &PgRow) -> sqlx::Result<Self> {
        Ok(())
    }
}

impl<T: Type<Postgres> + for<'r> Decode<'r, Postgres>> Record for (T,) {
    fn columns() -> Vec<Column> {
        vec![(None, T::compatible)]
    }

    fn read(row: &PgRow) -> sqlx::Result<Self> {
        Ok((row.try_get(0)?,))
    }
}

/// A statement as it is compared with the schema.
#[derive(Debug)]
pub struct Statement {
    /// The name of its function.
    pub name: &'static str,
    /// Its text.
    pub sql: &'static str,
    /// The types of its parameters, as they are declared to the server.
    pub parameters: fn() -> Vec<PgTypeInfo>,
    /// Its columns, as [`Record::columns`].
    pub columns: fn() -> Vec<Column>,
}

impl Statement {
    /// The differences between the columns that are read and those that the server describes.
    pub fn misfits(&self, columns: &[PgColumn]) -> Vec<String> {
        let mut misfits = Vec::new();
        let mut misfit = |what: String| misfits.push(format!("{}: {what}", self.name));
        let read = (self.columns)();
        if read.is_empty() {
            return misfits;
        }
        if read.len() != columns.len() {
            misfit(format!("{} columns, and the server gives {}", read.len(), columns.len()));
        }
        for ((name, fits), there) in read.iter().zip(columns) {
            if name.is_some_and(|name| name != there.name()) || !fits(there.type_info()) {
                misfit(format!("the column {} is {} {}", name.unwrap_or("there"), there.name(), there.type_info()));
            }
        }
        misfits
    }
}

/// Defines a row: a struct that is read by the names of its fields.
macro_rules! record {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
        }

        impl $crate::store::Record for $name {
            fn columns() -> Vec<$crate::store::Column> {
                vec![$((Some(stringify!($field)), <$type as sqlx::Type<sqlx::Postgres>>::compatible),)*]
            }

            fn read(row: &sqlx::postgres::PgRow) -> sqlx::Result<Self> {
                Ok($name { $($field: sqlx::Row::try_get(row, stringify!($field))?,)* })
            }
        }
    };
}

/// Defines statements, each a function of its parameters, and lists them in `ALL`.
macro_rules! statements {
    ($($(#[$meta:meta])* fn $name:ident($($parameter:ident: $type:ty),* $(,)?) -> $row:ty = $sql:expr;)*) => {
        $(
            $(#[$meta])*
            #[allow(clippy::too_many_arguments, reason = "one for each parameter of the statement")]
            pub fn $name($($parameter: $type),*) -> $crate::store::Call<$row> {
                $crate::store::Call::new(sqlx::query($sql)$(.bind($parameter))*)
            }
        )*

        /// The statements of this module.
        pub(super) const ALL: &[$crate::store::Statement] = &[$($crate::store::Statement {
            name: concat!(module_path!(), "::", stringify!($name)),
            sql: $sql,
            parameters: || vec![$(<$type as sqlx::Type<sqlx::Postgres>>::type_info()),*],
            columns: <$row as $crate::store::Record>::columns,
        },)*];
    };
}

pub(super) use {record, statements};
