//! The formats that are read.

/// A format of migrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// `VERSION_name.sql`, or a pair of them; also the one of golang-migrate and of supabase.
    Sqlx,
    /// `0001-name.sql` and `1740486534.sql`.
    Numbered,
    /// Both ways in one file, below `-- +goose Up` and `-- +goose Down`.
    Goose,
    /// Both ways in one file, below `-- +migrate Up` and `-- +migrate Down`.
    SqlMigrate,
    /// Both ways in one file, below `-- migrate:up` and `-- migrate:down`.
    Dbmate,
    /// `VERSION_name/up.sql` and `down.sql`; also hasura's.
    Diesel,
    /// `VERSION_name/migration.sql`.
    Prisma,
    /// Files in the order of `meta/_journal.json`, or `VERSION_name/migration.sql` beside a snapshot.
    Drizzle,
    /// `V1__name.sql` and `U1__name.sql`.
    Flyway,
}

impl Format {
    /// The name of its tool.
    pub fn name(self) -> &'static str {
        match self {
            Format::Sqlx => "sqlx",
            Format::Numbered => "plain numbers",
            Format::Goose => "goose",
            Format::SqlMigrate => "sql-migrate",
            Format::Dbmate => "dbmate",
            Format::Diesel => "diesel",
            Format::Prisma => "prisma",
            Format::Drizzle => "drizzle",
            Format::Flyway => "Flyway",
        }
    }
}
