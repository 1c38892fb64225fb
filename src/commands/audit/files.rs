//! The files of an audit: reports, and the baseline. They are looked at before anything is run, so
//! that no audit is in vain because one of them cannot be used.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use chrono::{Days, NaiveDate};

use super::super::Context;
use super::args::AuditFiles;
use super::write::write;
use crate::audit::baseline::{self, Baseline, Entry};
use crate::audit::{AcceptedFindings, Report};
use crate::error::{Error, Result};
use crate::files::LARGEST;
use crate::output::{Format, NewFile};
use crate::packs::Severity;
use crate::text::{counted, quoted_path};

/// How many days a new entry of a baseline holds, if nobody says otherwise.
const HOLDS: Days = Days::new(90);

/// How many lines of a baseline a note names.
const NAMED: usize = 5;

/// Says which entries of a baseline do not hold any more, and who answers for them.
pub fn warn_of_expired(context: &Context, baseline: &Baseline, today: NaiveDate) {
    let expired: Vec<&Entry> = baseline.expired(today).collect();
    for entry in expired.iter().take(NAMED) {
        context.ui.warn(&format!(
            "{} accepted a finding of {} until {}, and it counts again: {} (fingerprint {}, line {} of the baseline)",
            entry.owner, entry.check, entry.expires, entry.reason, entry.fingerprint, entry.line
        ));
    }
    if expired.len() > NAMED {
        context.ui.warn(&match expired.len() - NAMED {
            1 => "1 more entry of the baseline has expired".to_owned(),
            more => format!("{} of the baseline have expired", counted(more, "more entry")),
        });
    }
}

/// The files of a run, each of which can be used.
pub(super) struct Files {
    today: NaiveDate,
    /// What is accepted.
    baseline: Option<Baseline>,
    /// The baseline to write, and the one whose entries stay.
    writes: Option<(NewFile, PathBuf, Option<Baseline>)>,
    /// The figures for Prometheus.
    scraped: Option<NewFile>,
    reports: Vec<(Format, NewFile)>,
}

impl Files {
    /// Reads what is to be read, and makes sure that the rest can be written.
    ///
    /// # Errors
    /// Usage errors: a file that cannot be used, a baseline that lacks something, one file for two
    /// purposes.
    pub(super) fn open(args: &AuditFiles, today: NaiveDate) -> Result<Self> {
        let mut taken: Vec<PathBuf> = Vec::new();
        // The baseline may be read and written; any other file serves one purpose.
        let same = |a: &Path, b: &Path| std::path::absolute(a).ok() == std::path::absolute(b).ok();
        let read_first = args.baseline.iter().filter(|b| !args.write_baseline.iter().any(|w| same(b, w)));
        for path in
            read_first.chain(&args.write_baseline).chain(&args.prometheus).chain(args.reports.iter().map(|r| &r.path))
        {
            if taken.iter().any(|other| same(other, path)) {
                return Err(Error::usage(format!("{} is named for two purposes", path.display())));
            }
            taken.push(path.clone());
        }
        if let (Some(read), Some(written)) = (&args.baseline, &args.write_baseline)
            && !same(read, written)
        {
            return Err(Error::usage("--baseline and --write-baseline name two files: which entries stay?")
                .hint(format!("bursar audit --baseline {0} --write-baseline {0}", quoted_path(read))));
        }
        let baseline = args.baseline.as_deref().map(Baseline::read).transpose()?;
        if let Some(baseline) = &baseline {
            baseline.verify()?;
        }
        let writes = match &args.write_baseline {
            Some(path) => {
                let before = if path.is_file() { Some(Baseline::read(path)?) } else { None };
                Some((NewFile::create(path)?, path.clone(), before))
            }
            None => None,
        };
        let reports = args.reports.iter().map(|r| Ok((r.format, NewFile::create(&r.path)?)));
        let scraped = args.prometheus.as_deref().map(NewFile::readable).transpose()?;
        Ok(Files { today, baseline, writes, scraped, reports: reports.collect::<Result<_>>()? })
    }

    /// What the baseline accepts today.
    pub(super) fn accepted(&self) -> Rc<AcceptedFindings> {
        Rc::new(self.baseline.as_ref().map(|b| b.accepted(self.today)).unwrap_or_default())
    }

    /// True where every finding has to be kept.
    pub(super) fn need_all(&self) -> bool {
        self.writes.is_some()
    }

    /// Says which entries of the baseline do not hold any more, and who answers for them.
    pub(super) fn warn_of_expired(&self, context: &Context) {
        self.baseline.iter().for_each(|baseline| warn_of_expired(context, baseline, self.today));
    }

    /// Takes the file for Prometheus, if there is one.
    pub(super) fn scraped(&mut self) -> Option<NewFile> {
        self.scraped.take()
    }

    /// Writes what there is to write.
    ///
    /// # Errors
    /// If a file cannot take it; then that file is as it was.
    pub(super) fn finish(self, context: &Context, report: &Report, fails_from: Option<Severity>) -> Result<()> {
        if let Some(baseline) = self.baseline.filter(|_| self.writes.is_none()) {
            let lines: Vec<String> =
                baseline.unmatched(report, self.today).map(|entry| entry.line.to_string()).collect();
            if !lines.is_empty() {
                context.ui.note(&format!(
                    "{} of the baseline {} nothing any more and can go: line {}; --write-baseline removes them",
                    lines.len(),
                    if lines.len() == 1 { "matches" } else { "match" },
                    lines.join(", ")
                ));
            }
        }
        for (format, file) in self.reports {
            let mut ui = context.ui.clone();
            ui.stdout_color = false;
            file.finish(|out| write(&ui, format, report, fails_from, out))?;
        }
        if let Some((file, path, before)) = self.writes {
            let actor = context.actor();
            let owner = actor.operator.unwrap_or(actor.os_user);
            let expires = self.today.checked_add_days(HOLDS).unwrap_or(self.today);
            let written = file.finish(|out| baseline::write(report, before.as_ref(), &owner, expires, out))?;
            if std::fs::metadata(&path).is_ok_and(|file| file.len() > LARGEST) {
                context.ui.warn(&format!(
                    "{} is larger than 16 MiB, the most that is read, so --baseline refuses it",
                    path.display()
                ));
            }
            context.ui.note(&format!(
                "{}: {} new, {} kept, {} removed",
                path.display(),
                written.new,
                written.kept,
                written.removed
            ));
            if written.unreasoned > 0 {
                context.ui.note(&format!(
                    "{} of its entries have no reason yet: say why each is accepted, or --baseline refuses the file",
                    written.unreasoned
                ));
            }
        }
        Ok(())
    }
}
