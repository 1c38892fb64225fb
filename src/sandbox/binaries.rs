//! Finds the machine's Postgres server binaries. They are often not on the `PATH`, because
//! distributions keep several major versions beside each other.

use std::fmt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result, ResultExt};

use super::account::hermetic;
use super::model::Env;

/// Places where packagers put the servers. At most one `*` in each, within one path component.
const USUAL_PLACES: [&str; 8] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/bin",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
];

/// The oldest server that the embedded schemas run on.
const OLDEST_MAJOR: u32 = 15;

const INSTALL: &str = "install a server: `apt install postgresql` on Debian and Ubuntu, `dnf install postgresql-server` \
     on Fedora, `brew install postgresql@17` or Postgres.app on macOS; or set BURSAR_PG_BIN to the directory of initdb and postgres";

/// A server version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// The major version, which decides whether a data directory can be read.
    pub major: u32,
    /// The minor version; 0 in a development or beta version.
    pub minor: u32,
}

impl Version {
    /// Reads the output of `postgres --version`, such as `postgres (PostgreSQL) 15.18 (Debian ...)`
    /// or `postgres (PostgreSQL) 18beta1`.
    fn parse(text: &str) -> Option<Version> {
        Self::parse_of("postgres", text)
    }

    fn parse_of(program: &str, text: &str) -> Option<Version> {
        let number = text.strip_prefix(program)?.strip_prefix(" (PostgreSQL) ")?.split_whitespace().next()?;
        let digits = |s: &str| s[..s.find(|c: char| !c.is_ascii_digit()).unwrap_or(s.len())].parse().ok();
        let minor = number.split_once('.').and_then(|(_, rest)| digits(rest)).unwrap_or(0);
        Some(Version { major: digits(number)?, minor })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A directory that holds `initdb` and `postgres`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    /// The directory.
    pub dir: PathBuf,
    /// The version of the server in it.
    pub version: Version,
}

impl Binaries {
    /// The newest server on the machine, or exactly the one that `BURSAR_PG_BIN` names.
    pub fn find(env: Env<'_>) -> Result<Binaries> {
        newest(Self::candidates(env, &USUAL_PLACES)?, None)
    }

    /// The newest server of one major version: a data directory can be read by no other.
    pub fn find_major(env: Env<'_>, major: u32) -> Result<Binaries> {
        newest(Self::candidates(env, &USUAL_PLACES)?, Some(major))
    }

    pub(super) fn initdb(&self) -> PathBuf {
        self.dir.join("initdb")
    }

    pub(super) fn postgres(&self) -> PathBuf {
        self.dir.join("postgres")
    }

    /// The newest `pg_dump` on the machine, or the one beside what `BURSAR_PG_BIN` names.
    ///
    /// # Errors
    /// A refusal where there is none.
    pub fn pg_dump(env: Env<'_>) -> Result<(PathBuf, Version)> {
        let dirs = match env("BURSAR_PG_BIN").filter(|dir| !dir.is_empty()) {
            Some(dir) => vec![PathBuf::from(dir)],
            None => {
                let path = env("PATH").unwrap_or_default();
                let path = std::env::split_paths(&path).filter(|dir| dir.is_absolute());
                path.chain(USUAL_PLACES.iter().flat_map(|pattern| expand(pattern))).collect()
            }
        };
        let found = dirs.iter().map(|dir| dir.join("pg_dump")).filter(|program| is_executable(program));
        let versions = found.filter_map(|program| {
            let output = hermetic(&program).arg("--version").output().ok()?;
            let version = Version::parse_of("pg_dump", &String::from_utf8_lossy(&output.stdout))?;
            Some((program, version))
        });
        let newest = versions.reduce(|best, next| if next.1 > best.1 { next } else { best });
        newest.ok_or_else(|| {
            Error::refused("no pg_dump was found on this machine, and only that writes a schema; nothing was written").hint(
                "install it: `apt install postgresql-client` on Debian and Ubuntu, `dnf install postgresql` on Fedora, \
                 `brew install libpq` on macOS; or set BURSAR_PG_BIN to its directory",
            )
        })
    }

    /// The servers to choose from, in order of preference among equals.
    fn candidates(env: Env<'_>, usual_places: &[&str]) -> Result<Vec<Binaries>> {
        if let Some(dir) = env("BURSAR_PG_BIN").filter(|dir| !dir.is_empty()) {
            // What was asked for is used or refused; quietly taking another would be a lie.
            let binaries = std::path::absolute(&dir).map_err(Error::from).and_then(|dir| Self::probe(&dir));
            return Ok(vec![
                binaries
                    .map_err(|e| Error::usage(e.message()))
                    .context("BURSAR_PG_BIN cannot be used")
                    .or_hint("set it to a directory that holds initdb and postgres, or unset it to search")?,
            ]);
        }
        let path = env("PATH").unwrap_or_default();
        let path: Vec<PathBuf> = std::env::split_paths(&path).filter(|dir| dir.is_absolute()).collect();
        let mut dirs: Vec<PathBuf> = path.iter().find_map(|dir| bindir(dir)).into_iter().collect();
        dirs.extend(path);
        dirs.extend(usual_places.iter().flat_map(|pattern| expand(pattern)));
        Ok(dirs.iter().filter_map(|dir| Self::probe(dir).ok()).collect())
    }

    /// The server binaries of `dir`, if they are usable.
    fn probe(dir: &Path) -> Result<Binaries> {
        for name in ["initdb", "postgres"] {
            if !is_executable(&dir.join(name)) {
                return Err(Error::usage(format!("{} holds no executable {name}", dir.display())));
            }
        }
        let postgres = dir.join("postgres");
        let output = hermetic(&postgres).arg("--version").output();
        let output = output.context(format!("cannot run {}", postgres.display()))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let version = Version::parse(&text)
            .ok_or_else(|| Error::usage(format!("{} does not say a version: {}", postgres.display(), text.trim())))?;
        Ok(Binaries { dir: dir.to_path_buf(), version })
    }
}

/// The newest of the candidates; the first of equals.
fn newest(candidates: Vec<Binaries>, major: Option<u32>) -> Result<Binaries> {
    let first_newest = |best: Binaries, next: Binaries| if next.version > best.version { next } else { best };
    let Some(best) = candidates.iter().cloned().reduce(first_newest) else {
        return Err(Error::usage("no PostgreSQL server binaries were found on this machine").hint(INSTALL));
    };
    if let Some(major) = major {
        let same = candidates.into_iter().filter(|b| b.version.major == major).reduce(first_newest);
        return same.ok_or_else(|| {
            Error::usage(format!(
                "PostgreSQL {major} is needed, and the newest that was found is {} ({})",
                best.version,
                best.dir.display()
            ))
        });
    }
    if best.version.major < OLDEST_MAJOR {
        return Err(Error::usage(format!(
            "PostgreSQL {} ({}) is too old: {OLDEST_MAJOR} or newer is needed",
            best.version,
            best.dir.display()
        ))
        .hint(INSTALL));
    }
    Ok(best)
}

/// The place of the server by `dir/pg_config`, if there is one.
fn bindir(dir: &Path) -> Option<PathBuf> {
    let pg_config = dir.join("pg_config");
    let output = is_executable(&pg_config).then(|| hermetic(&pg_config).arg("--bindir").output().ok())??;
    let bindir = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim_end());
    bindir.is_absolute().then_some(bindir)
}

fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

/// The directories that a pattern with at most one `*` stands for, in a stable order.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else { return vec![PathBuf::from(pattern)] };
    let (parent, prefix) = before.rsplit_once('/').unwrap_or((".", before));
    let Ok(entries) = Path::new(parent).read_dir() else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with(prefix))
        .map(|name| PathBuf::from(format!("{parent}/{name}{after}")))
        .collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;
    use std::ffi::OsString;
    use std::fs;

    fn script(path: &Path, body: &str) {
        fs::write(path, format!("#!/bin/sh\n{body}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A directory with a pretended server of `version`.
    fn server(root: &Path, dir: &str, version: &str) -> PathBuf {
        let dir = root.join(dir);
        fs::create_dir_all(&dir).unwrap();
        script(&dir.join("initdb"), "exit 0");
        script(&dir.join("postgres"), &format!("echo 'postgres (PostgreSQL) {version}'"));
        dir
    }

    fn find(vars: &[(&str, &Path)], places: &[&str], major: Option<u32>) -> Result<Binaries> {
        let env = |name: &str| -> Option<OsString> {
            vars.iter().find(|(n, _)| *n == name).map(|(_, v)| v.as_os_str().to_owned())
        };
        newest(Binaries::candidates(&env, places)?, major)
    }

    #[test]
    fn versions_parse_as_packagers_write_them() {
        let parse = |s: &str| Version::parse(&format!("postgres (PostgreSQL) {s}")).map(|v| (v.major, v.minor));
        assert_eq!(parse("15.18 (Debian 15.18-0+deb12u1)\n"), Some((15, 18)));
        assert_eq!(parse("17.5 (Homebrew)"), Some((17, 5)));
        assert_eq!(parse("18beta1"), Some((18, 0)));
        assert_eq!(parse("19devel"), Some((19, 0)));
        assert_eq!(parse("devel"), None);
        assert_eq!(Version::parse("psql (PostgreSQL) 15.1"), None);
        assert!(Version { major: 17, minor: 0 } > Version { major: 9, minor: 6 });
    }

    #[test]
    fn the_newest_wins_wherever_it_is_and_the_first_of_equals() {
        let tmp = tempfile::tempdir().unwrap();
        let old = server(tmp.path(), "on-path", "15.3");
        let new = server(tmp.path(), "versions/17/bin", "17.1");
        server(tmp.path(), "versions/9/bin", "9.6.1");
        let pattern = format!("{}/versions/*/bin", tmp.path().display());
        assert_eq!(find(&[("PATH", &old)], &[&pattern], None).unwrap().dir, new);
        assert_eq!(find(&[("PATH", &old)], &[&pattern], Some(15)).unwrap().dir, old);
        let twin = server(tmp.path(), "versions/a-twin/bin", "15.3");
        assert_eq!(find(&[("PATH", &old)], &[twin.to_str().unwrap()], None).unwrap().dir, old);
    }

    #[test]
    fn pg_config_points_to_a_server_off_the_path() {
        let tmp = tempfile::tempdir().unwrap();
        let hidden = server(tmp.path(), "hidden", "16.2");
        let tools = tmp.path().join("tools");
        fs::create_dir(&tools).unwrap();
        script(&tools.join("pg_config"), &format!("[ \"$1\" = --bindir ] && echo '{}'", hidden.display()));
        assert_eq!(find(&[("PATH", &tools)], &[], None).unwrap().dir, hidden);
    }

    #[test]
    fn bursar_pg_bin_is_used_alone_or_refused() {
        let tmp = tempfile::tempdir().unwrap();
        let new = server(tmp.path(), "new", "17.1");
        let old = server(tmp.path(), "old", "15.1");
        assert_eq!(find(&[("BURSAR_PG_BIN", &old), ("PATH", &new)], &[], None).unwrap().dir, old);
        fs::remove_file(old.join("initdb")).unwrap();
        let error = find(&[("BURSAR_PG_BIN", &old), ("PATH", &new)], &[], None).unwrap_err();
        assert_eq!(error.kind, Kind::Usage);
        assert!(error.message().contains("holds no executable initdb"), "{error}");
    }

    #[test]
    fn nothing_found_too_old_and_the_wrong_major_are_usage_errors() {
        let tmp = tempfile::tempdir().unwrap();
        let nothing = find(&[("PATH", tmp.path())], &[], None).unwrap_err();
        assert_eq!(nothing.kind, Kind::Usage);
        assert!(nothing.hint.unwrap().contains("BURSAR_PG_BIN"));

        let old = server(tmp.path(), "old", "14.9");
        let too_old = find(&[("PATH", &old)], &[], None).unwrap_err();
        assert_eq!(too_old.kind, Kind::Usage);
        assert!(too_old.message().contains("14.9"), "{too_old}");

        let wrong = find(&[("PATH", &old)], &[], Some(16)).unwrap_err();
        assert!(wrong.message().contains("PostgreSQL 16 is needed") && wrong.message().contains("14.9"), "{wrong}");
    }
}
