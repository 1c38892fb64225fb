//! The formats of results, and the `--output` flag of a command that writes some of them.

use std::fmt::Debug;
use std::marker::PhantomData;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser as _};
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, ValueEnum};

/// A format of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Table,
    /// One object
    Json,
    /// One object a row
    Ndjson,
    /// One line a row, for spreadsheets
    Csv,
    /// Tables to paste into an issue or a merge request
    Markdown,
    /// JUnit XML, a test case for each check
    Junit,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of a GitHub workflow
    Github,
    /// Metrics in the text format of Prometheus
    Prometheus,
}

impl Format {
    /// Its name on the command line.
    pub fn name(self) -> String {
        self.value().get_name().to_owned()
    }

    fn value(self) -> PossibleValue {
        // No variant is skipped.
        self.to_possible_value().unwrap_or_else(|| PossibleValue::new("table"))
    }
}

/// A set of formats: those that a command can write.
pub trait FormatSet: Debug + Clone + Send + Sync + 'static {
    /// The formats, in the order of the help. The first is the default.
    const FORMATS: &'static [Format];
}

/// The formats of one object.
#[derive(Debug, Clone, Copy)]
pub struct Object;

impl FormatSet for Object {
    const FORMATS: &'static [Format] = &[Format::Table, Format::Json];
}

/// The formats of rows.
#[derive(Debug, Clone, Copy)]
pub struct Rows;

impl FormatSet for Rows {
    const FORMATS: &'static [Format] = &[Format::Table, Format::Json, Format::Ndjson, Format::Csv, Format::Markdown];
}

/// The `--output` flag of a command that writes these formats.
#[derive(Debug, Clone, Copy)]
pub struct Output<S = Object> {
    /// The format that was asked for.
    pub format: Format,
    set: PhantomData<S>,
}

/// A parser of the names of these formats.
pub fn parser<S: FormatSet>() -> impl clap::builder::TypedValueParser<Value = Format> {
    PossibleValuesParser::new(S::FORMATS.iter().map(|format| format.value()))
        .try_map(|name| Format::from_str(&name, false))
}

impl<S: FormatSet> FromArgMatches for Output<S> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let format = matches.get_one::<Format>("output").copied().unwrap_or(S::FORMATS[0]);
        Ok(Output { format, set: PhantomData })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Output::from_arg_matches(matches)?;
        Ok(())
    }
}

impl<S: FormatSet> Args for Output<S> {
    fn augment_args(command: Command) -> Command {
        command.arg(
            Arg::new("output")
                .short('o')
                .long("output")
                .value_name("FORMAT")
                .help("Output format")
                .default_value(S::FORMATS[0].name())
                .value_parser(parser::<S>()),
        )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
