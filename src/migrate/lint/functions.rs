//! Functions that run with their owner's rights and find tables, types and functions by a path that their
//! caller decides about.
//!
//! `function-without-search-path`: the function sets no search path of its own.
//! `function-search-path-without-pg-temp`: it sets one that does not end with `pg_temp`. PostgreSQL then looks
//! for relations and types in the caller's temporary objects first, also where the path is empty.
//!
//! Functions with the caller's rights are left alone: there is nobody to be misled but the caller, and setting
//! a path keeps SQL functions from being inlined.

use squawk_syntax::SourceFile;
use squawk_syntax::ast::{self, AstNode as _, FuncOption, Stmt};

use super::model::{Found, Level};
use super::place::Span;
use crate::migrate::relation::Relation;

/// The functions as they are after the files so far.
#[derive(Default)]
pub(super) struct Functions {
    known: Vec<Function>,
}

struct Function {
    name: Relation,
    parameters: String,
    definer: bool,
    path: Path,
    /// The file in which the path, or the lack of one, was brought in.
    file: usize,
    span: Span,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Path {
    /// The caller's.
    Unset,
    /// A path of its own, without `pg_temp` at the end.
    Open,
    /// A path of its own, with `pg_temp` last.
    Closed,
}

impl Functions {
    pub fn follow(&mut self, file: usize, tree: &SourceFile) {
        for stmt in tree.stmts() {
            match &stmt {
                Stmt::CreateFunction(s) => {
                    let name = s.name().and_then(|n| n.path()).and_then(|p| Relation::new_at(&p));
                    self.made(file, &stmt, name, s.param_list(), s.option_list());
                }
                Stmt::CreateProcedure(s) => {
                    let name = s.name().and_then(|n| n.path()).and_then(|p| Relation::new_at(&p));
                    self.made(file, &stmt, name, s.param_list(), s.option_list());
                }
                Stmt::AlterFunction(_) | Stmt::AlterProcedure(_) | Stmt::AlterRoutine(_) => self.altered(file, &stmt),
                Stmt::DropFunction(_) | Stmt::DropProcedure(_) | Stmt::DropRoutine(_) => {
                    for path in stmt.syntax().descendants().filter_map(ast::PathRef::cast) {
                        let name = Relation::at(&path);
                        self.known.retain(|known| Some(&known.name) != name.as_ref());
                    }
                }
                _ => {}
            }
        }
    }

    fn made(
        &mut self,
        file: usize,
        stmt: &Stmt,
        name: Option<Relation>,
        parameters: Option<ast::ParamList>,
        options: Option<ast::FuncOptionList>,
    ) {
        let Some(name) = name else { return };
        let parameters = parameters.map(|p| p.syntax().text().to_string()).unwrap_or_default();
        self.known.retain(|known| known.name != name || known.parameters != parameters);
        let options: Vec<FuncOption> = options.into_iter().flat_map(|o| o.options()).collect();
        // The body is long; its head is what is wrong.
        let whole = Span::node(stmt.syntax());
        let head = options.first().map_or(whole.end, |o| o.syntax().text_range().start().into());
        let text = stmt.syntax().text().to_string();
        let base: usize = stmt.syntax().text_range().start().into();
        let end = whole.start + text[whole.start - base..head - base].trim_end().len();
        self.known.push(Function {
            name,
            parameters,
            definer: options.iter().any(|o| matches!(o, FuncOption::SecurityDefinerFuncOption(_))),
            path: options.iter().filter_map(path).next_back().unwrap_or(Path::Unset),
            file,
            span: Span { start: whole.start, end },
        });
    }

    fn altered(&mut self, file: usize, stmt: &Stmt) {
        let Some(name) = Relation::within(stmt.syntax()) else { return };
        let options: Vec<FuncOption> = stmt.syntax().descendants().filter_map(FuncOption::cast).collect();
        let path = options.iter().filter_map(path).next_back();
        let definer = options.iter().rev().find_map(|o| match o {
            FuncOption::SecurityDefinerFuncOption(_) => Some(true),
            FuncOption::SecurityInvokerFuncOption(_) => Some(false),
            _ => None,
        });
        if definer == Some(true) && !self.known.iter().any(|known| known.name == name) {
            // One that another set of files makes: nothing else is known of it.
            let (parameters, span) = (String::new(), Span::node(stmt.syntax()));
            self.known.push(Function { name: name.clone(), parameters, definer: true, path: Path::Unset, file, span });
        }
        for known in self.known.iter_mut().filter(|known| known.name == name) {
            if path.is_some_and(|path| path != known.path) || definer == Some(true) && !known.definer {
                (known.file, known.span) = (file, Span::node(stmt.syntax()));
            }
            known.path = path.unwrap_or(known.path);
            known.definer = definer.unwrap_or(known.definer);
        }
    }

    pub fn finish(self) -> Vec<(usize, Found)> {
        let found = self.known.into_iter().filter(|known| known.definer).filter_map(|known| {
            let (rule, level, message) = match known.path {
                Path::Closed => return None,
                Path::Unset => (
                    "function-without-search-path",
                    Level::Error,
                    format!(
                        "{} runs with its owner's rights, and with its caller's search_path: a caller who may create \
                         objects can put their own in the place of those that it names.",
                        known.name
                    ),
                ),
                Path::Open => (
                    "function-search-path-without-pg-temp",
                    Level::Warning,
                    format!(
                        "{} runs with its owner's rights, and its search_path does not end with pg_temp: temporary \
                         types and tables of its caller come before those that it names.",
                        known.name
                    ),
                ),
            };
            let help = "Add SET search_path = pg_catalog, pg_temp and qualify every other name in it.";
            Some((known.file, Found::ours(rule, level, known.span, message, help)))
        });
        found.collect()
    }
}

/// The search path that an option leaves the function with, where the option is about one.
fn path(option: &FuncOption) -> Option<Path> {
    let is_path = |parameter| Relation::of(parameter).is_some_and(|p| p.name == "search_path");
    match option {
        FuncOption::SetFuncOption(set) => {
            let set = set.set_config_param()?;
            if !is_path(set.config_parameter_ref()) {
                return None;
            }
            let value = set.config_assignment().map(|a| a.syntax().text().to_string()).unwrap_or_default();
            let value = value.trim_start_matches('=').trim();
            let value = value.get(..2).filter(|to| to.eq_ignore_ascii_case("to")).map_or(value, |_| &value[2..]);
            if value.trim().eq_ignore_ascii_case("default") {
                return Some(Path::Unset);
            }
            // A comma within quotes divides nothing: 'pg_catalog, pg_temp' is one name.
            let last = value.rsplit(',').next().unwrap_or_default().trim();
            let closed = last.eq_ignore_ascii_case("pg_temp") || ["'pg_temp'", "\"pg_temp\""].contains(&last);
            Some(if closed { Path::Closed } else { Path::Open })
        }
        FuncOption::ResetFuncOption(reset) => {
            (reset.all_token().is_some() || is_path(reset.config_parameter_ref())).then_some(Path::Unset)
        }
        _ => None,
    }
}
