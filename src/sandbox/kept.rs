//! A cluster that is kept in a directory until it is stopped, to try things on.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use etcetera::BaseStrategy;
use nix::unistd::geteuid;

use crate::error::{Error, Kind, Result, ResultExt};

use super::Binaries;
use super::account::{Account, barrier, give_to};
use super::cluster::{Cluster, Launch, NOT_DURABLE, POLL, can_hold_sockets, private_tempdir};
use super::failure::{unreadable, unusable};
use super::model::{Env, socket_url};
use super::postmaster::Postmaster;

/// No other sandbox can be on this port, because the socket's directory is this sandbox's own.
const SOCKET_PORT: u16 = 5432;

/// Longer than a start or a stop by another process may take.
const LOCK_TIMEOUT: Duration = Duration::from_secs(90);

/// Default directory of the sandbox.
///
/// Root's is not below `/root`, which the unprivileged user that runs the server cannot enter.
pub fn default_dir() -> Result<PathBuf> {
    if geteuid().is_root() {
        return Ok(PathBuf::from("/var/lib/bursar/sandbox"));
    }
    let strategy = etcetera::choose_base_strategy()
        .map_err(|e| Error::from_cause(Kind::Usage, e))
        .context("cannot tell the user's data directory")
        .or_hint("name a directory with --dir")?;
    Ok(strategy.data_dir().join("bursar").join("sandbox"))
}

/// Start options of the server. A server that is running already keeps the settings it has.
#[derive(Debug, Clone)]
pub struct Settings {
    /// True if a commit survives a crash of the machine. Not waiting for the disk is faster.
    pub durable: bool,
    /// A port on which it also listens at 127.0.0.1, where the password in [`Status::pgpass`] is needed.
    pub tcp_port: Option<u16>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { durable: true, tcp_port: None }
    }
}

/// Result of [`Sandbox::start`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// The URL of the database `postgres`; it holds no password.
    pub url: String,
    /// True if it was running before.
    pub already_running: bool,
}

/// State of a sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// There is no cluster in the directory.
    Absent,
    /// There is a cluster, and no server runs on it.
    Stopped,
    /// A server runs and does not accept connections yet.
    Starting,
    /// A server accepts connections.
    Running,
}

/// A sandbox as it is now.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Status {
    /// Its directory.
    pub dir: PathBuf,
    /// Its state.
    pub state: State,
    /// The major version of its data directory.
    pub version: Option<u32>,
    /// The server's process id.
    pub pid: Option<i32>,
    /// The URL of the database `postgres`, where it is running.
    pub url: Option<String>,
    /// The port at 127.0.0.1, where it listens there.
    pub tcp_port: Option<u16>,
    /// The file with the password for that port, as `PGPASSFILE` takes it.
    pub pgpass: Option<PathBuf>,
    /// Log of the server since its last start.
    pub log: PathBuf,
}

/// A private cluster kept in a directory. Any number of processes may use one at the same time.
#[derive(Debug)]
pub struct Sandbox {
    cluster: Cluster,
}

impl Sandbox {
    /// The sandbox in this directory, whether there is one yet or not. Nothing is created.
    pub fn at(dir: &Path) -> Result<Sandbox> {
        let absolute = std::path::absolute(dir).context(format!("cannot use {}", dir.display()))?;
        let dir = resolve(&absolute);
        // The path goes into a URL, a list setting and a line of the pid file.
        if dir.to_str().is_none_or(|text| text.contains(char::is_control)) {
            return Err(Error::usage(format!("{} is not a path that Postgres can use", dir.display()))
                .hint("choose a directory whose name has no control characters and is valid UTF-8"));
        }
        Ok(Sandbox { cluster: Cluster { dir, account: Account::to_drop_to()? } })
    }

    /// Starts the server, after creating the cluster where there is none. A running one is left
    /// alone, so this can be said any number of times and from several processes at once.
    pub fn start(&self, env: Env<'_>, settings: &Settings) -> Result<Started> {
        let cluster = &self.cluster;
        self.prepare_dir()?;
        let lock = self.lock()?;
        if cluster.postmaster()?.is_some() {
            cluster.wait_until_ready(&mut || Ok(cluster.postmaster()?.is_some()))?;
            return self.started(settings, true);
        }
        cluster.close_to_others()?;
        cluster.clear_stale_pid()?;
        let binaries = match cluster.major()? {
            None => {
                let binaries = Binaries::find(env)?;
                cluster.init(&binaries, settings.durable, Some(&lock))?;
                binaries
            }
            Some(major) => Binaries::find_major(env, major)
                .context(format!("the cluster in {} was made by PostgreSQL {major}", cluster.dir.display()))
                .or_hint(format!(
                    "install PostgreSQL {major} or set BURSAR_PG_BIN to it; or, if nothing in the cluster is needed any \
                     more, remove {} and start again",
                    cluster.dir.display()
                ))?,
        };
        let socket_dir = self.socket_dir()?;
        let durability: &[&str] = if settings.durable { &[] } else { &NOT_DURABLE };
        let launch = Launch {
            socket_dir: &socket_dir,
            port: settings.tcp_port.unwrap_or(SOCKET_PORT),
            tcp: settings.tcp_port.is_some(),
            settings: durability.iter().map(|setting| (*setting).to_owned()).collect(),
        };
        // The server outlives us, so there is nobody to wait for it; init does once we are gone.
        cluster.launch(&binaries, &launch)?;
        self.started(settings, false)
    }

    /// Stops the server; false when none was running.
    pub fn stop(&self) -> Result<bool> {
        if !self.cluster.lock().exists() {
            return Ok(false);
        }
        let _lock = self.lock()?;
        let Some(postmaster) = self.cluster.postmaster()? else { return Ok(false) };
        self.cluster.shut_down(postmaster.pid)?;
        Ok(true)
    }

    /// Its state now.
    pub fn status(&self) -> Result<Status> {
        let version = self.cluster.major()?;
        let postmaster = self.cluster.postmaster()?;
        let ready = postmaster.as_ref().filter(|p| p.ready);
        let state = match (&postmaster, version) {
            (Some(_), _) if ready.is_some() => State::Running,
            (Some(_), _) => State::Starting,
            (None, Some(_)) => State::Stopped,
            (None, None) => State::Absent,
        };
        let tcp_port = ready.filter(|p| p.tcp).map(|p| p.port);
        Ok(Status {
            dir: self.cluster.dir.clone(),
            state,
            version,
            pid: postmaster.as_ref().map(|p| p.pid.as_raw()),
            url: ready.map(|p| p.url("postgres")),
            tcp_port,
            pgpass: tcp_port.map(|_| self.cluster.pgpass()),
            log: self.cluster.log(),
        })
    }

    /// The URL of a database in it. An error when no server is running: a URL that leads nowhere
    /// would fail later and say less.
    pub fn url(&self, database: &str) -> Result<String> {
        match self.cluster.postmaster()?.filter(|p| p.ready) {
            Some(postmaster) => Ok(postmaster.url(database)),
            None => {
                let dir = self.cluster.dir.display();
                Err(Error::new(Kind::Connection, format!("no server is running in {dir}"))
                    .hint(format!("bursar sandbox start --dir '{dir}'")))
            }
        }
    }

    fn started(&self, settings: &Settings, already_running: bool) -> Result<Started> {
        let status = self.status()?;
        if let Some(port) = settings.tcp_port.filter(|port| status.tcp_port != Some(*port)) {
            let dir = self.cluster.dir.display();
            return Err(Error::new(
                Kind::Conflict,
                format!("the server in {dir} is running and does not listen on port {port}"),
            )
            .hint(format!("bursar sandbox stop --dir '{dir}', then start it again")));
        }
        Ok(Started { url: self.url("postgres")?, already_running })
    }

    /// Makes the directory, or makes sure that an existing one is empty or ours.
    fn prepare_dir(&self) -> Result<()> {
        let dir = &self.cluster.dir;
        if let Some((account, barrier)) = self.cluster.account.as_ref().zip(barrier(self.cluster.account.as_ref(), dir))
        {
            return Err(Error::usage(format!(
                "the server would run as the user {}, who cannot enter {}",
                account.name,
                barrier.display()
            ))
            .hint(format!(
                "choose a directory elsewhere, such as --dir {}",
                crate::text::quoted_path(&default_dir()?)
            )));
        }
        let entries = match fs::read_dir(dir) {
            Ok(entries) => entries,
            Err(e) if e.kind() == ErrorKind::NotFound => return self.create_dir(),
            Err(e) => return Err(unusable(dir, e)),
        };
        let ours = self.cluster.lock().exists();
        if !ours && entries.count() > 0 {
            return Err(Error::usage(format!("{} is not empty and is not a sandbox", dir.display()))
                .hint("choose a directory that is empty or does not exist: --dir DIR"));
        }
        if dir.metadata().map_err(|e| unreadable(dir, e))?.uid() != geteuid().as_raw() {
            let error = format!("{} belongs to another user", dir.display());
            return Err(if ours {
                Error::refused(error).hint("start it as that user, or choose another directory with --dir")
            } else {
                Error::usage(error).hint("choose another directory with --dir")
            });
        }
        Ok(())
    }

    /// Creates the directory and what is missing above it. Root's umask may well keep the server's
    /// user out of a new directory, so that the mode is set again.
    fn create_dir(&self) -> Result<()> {
        let dir = &self.cluster.dir;
        let missing: Vec<&Path> = dir.ancestors().take_while(|above| !above.exists()).collect();
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|e| unusable(dir, e))?;
        if self.cluster.account.is_some() {
            for made in missing {
                fs::set_permissions(made, Permissions::from_mode(0o711)).map_err(|e| unusable(made, e))?;
            }
        }
        Ok(())
    }

    /// Waits until no other process is starting or stopping this sandbox. The lock goes with the
    /// file: when it is dropped, and when we die.
    fn lock(&self) -> Result<File> {
        let path = self.cluster.lock();
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = file.map_err(|e| match e.kind() {
            ErrorKind::PermissionDenied => unreadable(&path, e),
            _ => unusable(&path, e),
        })?;
        let deadline = Instant::now() + LOCK_TIMEOUT;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::Error(e)) => return Err(e).context(format!("cannot lock {}", path.display())),
                Err(TryLockError::WouldBlock) if Instant::now() > deadline => {
                    return Err(Error::new(
                        Kind::Conflict,
                        format!(
                            "another process is starting or stopping the sandbox in {}",
                            self.cluster.dir.display()
                        ),
                    )
                    .hint("try again when it is done"));
                }
                Err(TryLockError::WouldBlock) => sleep(POLL),
            }
        }
    }

    /// The directory of the socket: in the sandbox, or, where that path will not do for
    /// a socket, a private one in /tmp that a link in the sandbox remembers.
    fn socket_dir(&self) -> Result<PathBuf> {
        let inside = self.cluster.dir.join("socket");
        if let Ok(target) = fs::read_link(&inside) {
            if self.is_private(&target) {
                return Ok(target);
            }
            // It has been cleaned away, and somebody else may have taken the name.
            fs::remove_file(&inside).map_err(|e| unusable(&inside, e))?;
        }
        if can_hold_sockets(&inside) {
            if !inside.exists() {
                self.cluster.make_private(&inside)?;
            }
            return Ok(inside);
        }
        let tmp = Path::new("/tmp");
        let outside = private_tempdir(tmp)?;
        give_to(self.cluster.account.as_ref(), outside.path())?;
        symlink(outside.path(), &inside).map_err(|e| unusable(&inside, e))?;
        Ok(outside.keep())
    }

    /// True if this is a directory that only the server's user can enter.
    fn is_private(&self, dir: &Path) -> bool {
        let uid = self.cluster.account.as_ref().map_or(geteuid().as_raw(), |account| account.uid);
        dir.symlink_metadata().is_ok_and(|m| m.is_dir() && m.uid() == uid && m.mode() & 0o077 == 0)
    }
}

/// The one way to write a path: a server is recognized by the path that it was started with. What
/// does not exist yet can be no link, so there `..` means what it says.
fn resolve(absolute: &Path) -> PathBuf {
    for above in absolute.ancestors() {
        let (Ok(mut resolved), Ok(rest)) = (above.canonicalize(), absolute.strip_prefix(above)) else { continue };
        for component in rest.components() {
            match component {
                Component::ParentDir => _ = resolved.pop(),
                other => resolved.push(other),
            }
        }
        return resolved;
    }
    absolute.to_path_buf()
}

impl Postmaster {
    fn url(&self, database: &str) -> String {
        socket_url(&self.socket_dir, self.port, database)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_path_comes_to_the_same_one() {
        let tmp = private_tempdir(&std::env::temp_dir()).unwrap();
        let real = tmp.path().canonicalize().unwrap().join("real");
        fs::create_dir(&real).unwrap();
        symlink(&real, tmp.path().join("link")).unwrap();
        let at = |path: &str| resolve(&tmp.path().join(path));
        assert_eq!(at("real"), real);
        assert_eq!(at("link/"), real);
        assert_eq!(at("link/../real"), real);
        assert_eq!(at("missing/../real/new"), real.join("new"));
        assert_eq!(at("link/new/deeper/.."), real.join("new"));
    }

    #[test]
    fn a_path_that_cannot_be_written_down_is_refused() {
        assert_eq!(Sandbox::at(Path::new("/tmp/a\nb")).unwrap_err().kind, Kind::Usage);
    }
}
