//! A cluster that is gone when its guard is dropped, and also when its process is killed.
//!
//! Clean-up is not ours but a watchdog's: a small shell in its own process group that reads from a
//! pipe whose other end only we hold. However we end (return, panic, Ctrl-C, `kill -9`), the system
//! closes our end, the shell's `read` returns, and it stops the server and removes the directory.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use crate::error::{Error, Result, ResultExt};

use super::Binaries;
use super::account::{Account, barrier, hermetic};
use super::cluster::{Cluster, Launch, NOT_DURABLE, POLL, can_hold_sockets, private_tempdir};
use super::failure::unusable;
use super::model::{Env, socket_url};

/// Longer than the watchdog's own patience, which is 200 times 0.05 s.
const CLEAN_UP_TIMEOUT: Duration = Duration::from_secs(15);

/// Reads until it is told to go away or until we are gone, then cleans up. It reads first what there
/// is to clean up: the directory, the data directory in it, and what that is called while `initdb`
/// works on it. It is told and not started with them so that it is there before they are.
///
/// It repeats itself until the directory is gone because we may have died at any moment: while
/// `initdb` still adds files, or before the server has written its pid file. The server is known by
/// its arguments, so that an id that has been given to another process is never signalled. SIGQUIT
/// ends it without a checkpoint, which nobody will read. A server process of `initdb` is left to
/// finish, which takes a fraction of a second: killed, it would leave its shared memory behind.
const WATCHDOG: &str = r#"
trap '' HUP INT QUIT TERM
IFS=
read -r dir && read -r data && read -r unfinished || exit 0
while read -r word; do
  if [ "$word" = keep ]; then exit 0; fi
done
arguments() {
  if [ -d /proc/self ]; then tr '\0' ' ' <"/proc/$1/cmdline"; else ps -ww -o command= -p "$1"; fi
}
n=0
while [ -e "$dir" ] && [ "$n" -lt 200 ]; do
  n=$((n + 1))
  pid=
  read -r pid <"$data/postmaster.pid"
  if [ -n "$pid" ] && arguments "$pid" | grep -qF -e " -D $data "; then
    if [ "$n" -lt 150 ]; then kill -QUIT "$pid"; else kill -KILL "$pid"; fi
    sleep 0.05
  elif [ -e "$unfinished/postmaster.pid" ] && [ "$n" -lt 150 ]; then
    sleep 0.05
  else
    rm -rf "$dir"
    if [ -e "$dir" ]; then sleep 0.05; fi
  fi
done
"#;

/// Options of an ephemeral cluster.
#[derive(Debug, Clone)]
pub struct Options {
    /// Parent of its directory. `/tmp` is used if the server cannot use this one.
    pub parent: PathBuf,
    /// Further server settings, such as `max_connections`.
    pub settings: Vec<(String, String)>,
}

impl Options {
    /// A directory where the environment wants temporary ones, and no further settings.
    pub fn from_env(env: Env<'_>) -> Options {
        let parent = env("TMPDIR").filter(|dir| !dir.is_empty()).map_or_else(|| PathBuf::from("/tmp"), PathBuf::from);
        Options { parent, settings: Vec::new() }
    }
}

/// A running throw-away cluster. Dropping it stops the server and removes every trace of it.
#[derive(Debug)]
pub struct Ephemeral {
    cluster: Cluster,
    port: u16,
    watchdog: Child,
    /// None only while it is being started.
    server: Option<Child>,
}

impl Ephemeral {
    /// Creates and starts a cluster: about a second.
    pub fn start(binaries: &Binaries, options: &Options) -> Result<Ephemeral> {
        let account = Account::to_drop_to()?;
        let parent = usable_parent(&options.parent, account.as_ref());
        // Without links, because that is the path by which a sandbox would know its server.
        let parent = parent.canonicalize().map_err(|e| unusable(&parent, e))?;
        let mut watchdog = spawn_watchdog()?;
        let dir = private_tempdir(&parent)?;
        let cluster = Cluster { dir: dir.path().to_path_buf(), account };
        let paths = [cluster.dir.clone(), cluster.data(), cluster.unfinished()];
        let lines: Vec<u8> =
            paths.iter().flat_map(|path| [path.as_os_str().as_encoded_bytes(), b"\n"].concat()).collect();
        tell(&mut watchdog, &lines)?;
        // From here on the watchdog removes it.
        let _ = dir.keep();
        let mut ephemeral = Ephemeral { cluster, port: free_port()?, watchdog, server: None };

        let cluster = &ephemeral.cluster;
        cluster.close_to_others()?;
        fs::write(cluster.lock(), "").map_err(|e| unusable(&cluster.lock(), e))?;
        cluster.init(binaries, false, None)?;
        cluster.make_private(&ephemeral.socket_dir())?;
        let ours = NOT_DURABLE.iter().chain(&["wal_level=minimal", "max_wal_senders=0", "shared_buffers=128MB"]);
        let wanted = options.settings.iter().map(|(name, value)| format!("{name}={value}"));
        let socket_dir = ephemeral.socket_dir();
        let launch = Launch {
            socket_dir: &socket_dir,
            port: ephemeral.port,
            tcp: false,
            settings: ours.map(|setting| (*setting).to_owned()).chain(wanted).collect(),
        };
        ephemeral.server = Some(cluster.launch(binaries, &launch)?);
        Ok(ephemeral)
    }

    /// The URL of a database in it; it holds no password.
    pub fn url(&self, database: &str) -> String {
        socket_url(&self.socket_dir(), self.port, database)
    }

    /// The directory of its socket.
    pub fn socket_dir(&self) -> PathBuf {
        self.cluster.dir.join("socket")
    }

    /// The port that its socket is named after.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server's process id.
    pub fn pid(&self) -> Option<u32> {
        self.server.as_ref().map(Child::id)
    }

    /// Leaves the server running, and returns its directory: from now on it is a
    /// [`Sandbox`](super::Sandbox) there, and can be stopped as one.
    pub fn keep(mut self) -> Result<PathBuf> {
        tell(&mut self.watchdog, b"keep\n")?;
        // This closes the pipe too, by which `drop` knows that nothing is to be removed.
        self.watchdog.wait().context("cannot wait for the watchdog")?;
        Ok(self.cluster.dir.clone())
    }
}

impl Drop for Ephemeral {
    fn drop(&mut self) {
        let Some(pipe) = self.watchdog.stdin.take() else { return };
        drop(pipe);
        let deadline = Instant::now() + CLEAN_UP_TIMEOUT;
        while matches!(self.watchdog.try_wait(), Ok(None)) && Instant::now() < deadline {
            sleep(POLL);
        }
        // Does nothing to a server that has ended, and no more than that is left to do unless somebody
        // has killed the watchdog or removed the directory. There is no one to report a failure to.
        if let Some(server) = &mut self.server {
            if self.cluster.shut_down(Pid::from_raw(server.id().cast_signed())).is_err() {
                let _ = server.kill();
            }
            let _ = server.wait();
        }
        let _ = fs::remove_dir_all(&self.cluster.dir);
    }
}

fn spawn_watchdog() -> Result<Child> {
    // Our end of the pipe is closed in every program that we or other threads start, which is what
    // the standard library does with every file, so nobody else can keep it open.
    hermetic(Path::new("/bin/sh"))
        .args(["-c", WATCHDOG, "bursar-watchdog"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(Error::from)
        .context("cannot start the watchdog that removes the cluster")
}

/// Writes to the watchdog's pipe, which is there until `keep` or `drop` closes it.
fn tell(watchdog: &mut Child, text: &[u8]) -> Result<()> {
    let told = watchdog.stdin.as_mut().map_or(Ok(()), |pipe| pipe.write_all(text));
    told.context("cannot talk to the watchdog that removes the cluster")
}

/// The wanted directory, or `/tmp` where the server's user could not enter it or its path will not
/// do for a socket.
fn usable_parent(wanted: &Path, account: Option<&Account>) -> PathBuf {
    let child = wanted.join("bursar-XXXXXX");
    if wanted.is_absolute() && can_hold_sockets(&child.join("socket")) && barrier(account, &child).is_none() {
        wanted.to_path_buf()
    } else {
        PathBuf::from("/tmp")
    }
}

/// A port that nobody listens on. The socket's directory is private, so a clash would do no harm;
/// but a number of its own tells this server from others in what tools show.
fn free_port() -> Result<u16> {
    let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    Ok(port.context("cannot find a free port")?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_that_the_server_cannot_use_gives_way_to_tmp() {
        let tmp = private_tempdir(&std::env::temp_dir()).unwrap();
        assert_eq!(usable_parent(tmp.path(), None), tmp.path());
        assert_eq!(usable_parent(Path::new("relative"), None), Path::new("/tmp"));
        assert_eq!(usable_parent(Path::new("/var/a\nb"), None), Path::new("/tmp"));
        let long = tmp.path().join("x".repeat(100));
        assert_eq!(usable_parent(&long, None), Path::new("/tmp"));
        // The temporary directory has mode 0700, and this is neither its owner nor of its group.
        let stranger = Account { uid: u32::MAX - 1, gid: u32::MAX - 1, name: String::new() };
        assert_eq!(usable_parent(tmp.path(), Some(&stranger)), Path::new("/tmp"));
    }
}
