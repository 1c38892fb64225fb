//! The files that git says are new or changed since a commit.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::error::{Error, Result, ResultExt as _};
use crate::text::escape;

/// The branches that are asked for in turn where the remote does not say which is its default one.
const DEFAULTS: [&str; 4] = ["origin/main", "origin/master", "main", "master"];

/// What git says of a directory.
#[derive(Debug)]
pub struct Changed {
    /// The commit that the files are compared with, in words.
    pub base: String,
    /// That commit.
    commit: String,
    /// The files of the directory in that commit, below it.
    had: Vec<Vec<u8>>,
    /// The files of the directory that differ from it or are new, as the directory's path gives them.
    pub files: BTreeSet<PathBuf>,
    /// Number of files of that commit that are not there any more.
    pub deleted: usize,
}

impl Changed {
    /// Writes the directory into another one, as the commit has it.
    ///
    /// # Errors
    /// If git cannot show a file, or it cannot be written.
    pub fn restore(&self, directory: &Path, into: &Path) -> Result<()> {
        for name in &self.had {
            let (path, to) = (directory.join(path_of(name)), into.join(path_of(name)));
            // A repository within this one holds no migration.
            if path.is_dir() {
                continue;
            }
            if let Some(folder) = to.parent() {
                std::fs::create_dir_all(folder)?;
            }
            if path.is_file() && !self.files.contains(&path) {
                std::fs::copy(&path, &to)?;
                continue;
            }
            let blob = format!("{}:./{}", self.commit, String::from_utf8_lossy(name));
            let shown = git(directory, &["show", "--no-textconv", "--end-of-options", &blob])?;
            if !shown.status.success() {
                return Err(Error::usage(said(&shown)).context("git cannot show what a file was"));
            }
            std::fs::write(&to, shown.stdout)?;
        }
        Ok(())
    }
}

/// Finds the files of a directory that differ from the commit where HEAD left another branch or commit, staged or not, and
/// those that git does not have yet and does not ignore. Without a name, that is the default branch.
///
/// # Errors
/// Usage errors: git is not there, the directory is in none of its work trees, or there is no such commit.
pub fn changed(directory: &Path, named: Option<&str>) -> Result<Changed> {
    let inside = git(directory, &["rev-parse", "--is-inside-work-tree"])?;
    if !inside.status.success() {
        return Err(Error::usage(said(&inside))
            .context(format!("git cannot tell what changed in {}", directory.display()))
            .hint("run it in a checkout, or name the last migration that is not to be reported: bursar migrate lint --since VERSION"));
    }
    let tip = match named {
        Some(name) => name.to_owned(),
        None => default_branch(directory)?,
    };
    let is_there =
        git(directory, &["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{tip}^{{commit}}")])?;
    let commit = String::from_utf8_lossy(&is_there.stdout).trim().to_owned();
    if !is_there.status.success() || commit.is_empty() {
        return Err(Error::usage(format!("git has no commit '{}' here", escape(&tip)))
            .hint("fetch it, or name another one: bursar migrate lint --changed=COMMIT"));
    }
    let base = git(directory, &["merge-base", &commit, "HEAD"])?;
    let base = match String::from_utf8_lossy(&base.stdout).lines().next() {
        Some(base) if base.len() >= 40 => base.to_owned(),
        _ => {
            return Err(Error::usage(format!("HEAD and {} have no commit in common here", escape(&tip)))
                .hint("fetch more of the history: git fetch --unshallow"));
        }
    };
    let diff = ["diff", "--name-only", "-z", "--relative", "--no-renames", "--no-ext-diff", &base, "--", "."];
    let named = |names: Vec<Vec<u8>>| names.into_iter().map(|name| directory.join(path_of(&name)));
    let mut files: BTreeSet<PathBuf> = named(names(directory, &diff)?).collect();
    files.extend(named(names(directory, &["ls-files", "-z", "--others", "--exclude-standard", "--", "."])?));
    let all = files.len();
    files.retain(|path| path.exists());
    let deleted = all - files.len();
    let had = names(directory, &["ls-tree", "-r", "-z", "--name-only", &base, "--", "."])?;
    let head = git(directory, &["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])?;
    let place = match String::from_utf8_lossy(&head.stdout).trim() == base {
        true => "which is HEAD".to_owned(),
        false => format!("where HEAD left {}", escape(&tip)),
    };
    Ok(Changed { base: format!("{}, {place}", &base[..10]), commit: base, had, files, deleted })
}

/// The names that git lists, each of which ends in a null byte.
fn names(directory: &Path, arguments: &[&str]) -> Result<Vec<Vec<u8>>> {
    let output = git(directory, arguments)?;
    if !output.status.success() {
        return Err(Error::usage(said(&output)).context("git cannot list what changed"));
    }
    let names = output.stdout.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    Ok(names.map(<[u8]>::to_vec).collect())
}

/// The branch that work goes back to.
fn default_branch(directory: &Path) -> Result<String> {
    let remote = git(directory, &["symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"])?;
    let remote = String::from_utf8_lossy(&remote.stdout).trim().to_owned();
    let names = [remote.as_str()].into_iter().filter(|name| !name.is_empty()).chain(DEFAULTS);
    for name in names {
        if git(directory, &["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{name}^{{commit}}")])?
            .status
            .success()
        {
            return Ok(name.to_owned());
        }
    }
    Err(Error::usage("git does not say which branch is the default one")
        .hint("name the commit to compare with: bursar migrate lint --changed=COMMIT"))
}

/// Runs git in a directory, without a shell. It writes nothing, and runs no program that the repository names.
fn git(directory: &Path, arguments: &[&str]) -> Result<Output> {
    let mut command = Command::new("git");
    command.args(["-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "-C"]).arg(directory).args(arguments);
    command
        .envs([("LC_ALL", "C"), ("GIT_OPTIONAL_LOCKS", "0"), ("GIT_NO_LAZY_FETCH", "1"), ("GIT_TERMINAL_PROMPT", "0")])
        .stdin(Stdio::null());
    let output = command.output().map_err(Error::usage).context("git cannot be run");
    output.or_hint("install git, or leave --changed out")
}

/// The first line of what git says.
fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().next().unwrap_or("git says nothing");
    escape(line.trim_start_matches("fatal: ")).into_owned()
}

fn path_of(name: &[u8]) -> &Path {
    use std::os::unix::ffi::OsStrExt as _;
    Path::new(std::ffi::OsStr::from_bytes(name))
}
