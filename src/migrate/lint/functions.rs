//! `function-without-search-path`: a function that runs with its owner's rights finds tables and
//! functions by its caller's search path, unless it sets its own. Functions with the caller's rights
//! are left alone: there is nobody to be misled but the caller, and setting a path keeps SQL functions
//! from being inlined.

use squawk_syntax::SourceFile;
use squawk_syntax::ast::{self, AstNode as _, FuncOption, Stmt};

use super::place::Span;
use super::{Found, Level};
use crate::migrate::relation::Relation;

/// The functions with their owner's rights and without a search path, after the files so far.
#[derive(Default)]
pub(super) struct Functions {
    open: Vec<Open>,
}

struct Open {
    name: Relation,
    parameters: String,
    file: usize,
    span: Span,
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
                        self.open.retain(|open| Some(&open.name) != name.as_ref());
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
        self.open.retain(|open| open.name != name || open.parameters != parameters);
        let options: Vec<FuncOption> = options.into_iter().flat_map(|o| o.options()).collect();
        if options.iter().any(|o| matches!(o, FuncOption::SecurityDefinerFuncOption(_)))
            && !options.iter().any(sets_path)
        {
            // The body is long; its head is what is wrong.
            let whole = Span::node(stmt.syntax());
            let head = options.first().map_or(whole.end, |o| o.syntax().text_range().start().into());
            let text = stmt.syntax().text().to_string();
            let base: usize = stmt.syntax().text_range().start().into();
            let end = whole.start + text[whole.start - base..head - base].trim_end().len();
            self.open.push(Open { name, parameters, file, span: Span { start: whole.start, end } });
        }
    }

    fn altered(&mut self, file: usize, stmt: &Stmt) {
        let Some(name) = Relation::within(stmt.syntax()) else { return };
        let options: Vec<FuncOption> = stmt.syntax().descendants().filter_map(FuncOption::cast).collect();
        if options.iter().any(sets_path) {
            self.open.retain(|open| open.name != name);
        } else if options.iter().any(|o| matches!(o, FuncOption::SecurityInvokerFuncOption(_))) {
            self.open.retain(|open| open.name != name);
        } else if options.iter().any(|o| matches!(o, FuncOption::SecurityDefinerFuncOption(_))) {
            self.open.push(Open { name, parameters: String::new(), file, span: Span::node(stmt.syntax()) });
        }
    }

    pub fn finish(self) -> Vec<(usize, Found)> {
        let found = self.open.into_iter().map(|open| {
            let message = format!(
                "{} runs with its owner's rights, and with its caller's search_path: a caller who may create objects \
                 can put their own in the place of those that it names.",
                open.name
            );
            let help = "Add SET search_path = '' and qualify every name in it.";
            (open.file, Found::ours("function-without-search-path", Level::Error, open.span, message, help))
        });
        found.collect()
    }
}

fn sets_path(option: &FuncOption) -> bool {
    let FuncOption::SetFuncOption(set) = option else { return false };
    Relation::of(set.set_config_param().and_then(|p| p.config_parameter_ref())).is_some_and(|p| p.name == "search_path")
}
