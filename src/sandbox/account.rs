//! Who the server runs as, and what its processes see of their surroundings.

use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::unistd::{User, geteuid};

use crate::error::{Error, Result, ResultExt};

/// The unprivileged user that runs the server when root asks for it, because Postgres refuses to
/// run as root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub uid: u32,
    pub gid: u32,
    pub name: String,
}

impl Account {
    /// The account to drop to; none when the caller is not root.
    pub fn to_drop_to() -> Result<Option<Account>> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        for name in ["postgres", "nobody"] {
            let user = User::from_name(name).map_err(std::io::Error::from);
            if let Some(user) = user.context(format!("cannot look up the user {name}"))? {
                let (uid, gid) = (user.uid.as_raw(), user.gid.as_raw());
                return Ok(Some(Account { uid, gid, name: name.to_owned() }));
            }
        }
        Err(Error::usage("Postgres does not run as root, and there is no user postgres or nobody to run it as")
            .hint("run bursar as an ordinary user"))
    }

    /// True if this account may pass through a directory. Access control lists are not looked at.
    fn may_traverse(&self, uid: u32, gid: u32, mode: u32) -> bool {
        let bit = if uid == self.uid {
            0o100
        } else if gid == self.gid {
            0o010
        } else {
            0o001
        };
        mode & bit != 0
    }
}

/// The first of the existing directories above `dir` that the account cannot pass through. Said
/// beforehand because Postgres would only say "Permission denied" about a path that looks fine.
pub(super) fn barrier<'a>(account: Option<&Account>, dir: &'a Path) -> Option<&'a Path> {
    let account = account?;
    let mut above: Vec<&Path> = dir.ancestors().skip(1).collect();
    above.reverse();
    above.into_iter().find(|ancestor| {
        ancestor.metadata().is_ok_and(|m| m.is_dir() && !account.may_traverse(m.uid(), m.gid(), m.mode()))
    })
}

/// Gives a path to the account; does nothing when the server runs as the caller.
pub(super) fn give_to(account: Option<&Account>, path: &Path) -> Result<()> {
    let Some(account) = account else { return Ok(()) };
    chown(path, Some(account.uid), Some(account.gid)).context(format!(
        "cannot give {} to the user {}",
        path.display(),
        account.name
    ))
}

/// A command that sees nothing of our environment: a stray `PG*` variable would redirect it, a
/// locale would translate the messages that we recognize, and a server started by root for another
/// user must not carry root's secrets in its environment.
pub(super) fn hermetic(program: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .envs([("PATH", "/usr/bin:/bin"), ("LC_ALL", "C"), ("TZ", "UTC")])
        .current_dir("/")
        .stdin(Stdio::null());
    command
}

/// A hermetic command run as the account. The standard library also clears the supplementary
/// groups when it leaves root.
pub(super) fn hermetic_as(account: Option<&Account>, program: &Path) -> Command {
    let mut command = hermetic(program);
    if let Some(account) = account {
        command.gid(account.gid).uid(account.uid);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traversal_uses_the_bits_of_the_first_class_that_applies() {
        let account = Account { uid: 101, gid: 104, name: "postgres".to_owned() };
        assert!(account.may_traverse(0, 0, 0o711));
        assert!(!account.may_traverse(0, 0, 0o700));
        assert!(account.may_traverse(0, 104, 0o710));
        // The owner's bits count even where everybody else has more.
        assert!(!account.may_traverse(101, 0, 0o077));
        assert!(!account.may_traverse(0, 104, 0o701));
    }

    #[test]
    fn the_barrier_is_the_outermost_directory_in_the_way() {
        use std::fs::{Permissions, create_dir_all, set_permissions};
        use std::os::unix::fs::PermissionsExt;
        let tmp = tempfile::tempdir().unwrap();
        let inner = tmp.path().join("a/b/c");
        create_dir_all(&inner).unwrap();
        // Neither the owner nor the group of anything here, so that only the last bit counts.
        let account = Account { uid: u32::MAX - 1, gid: u32::MAX - 1, name: String::new() };
        set_permissions(tmp.path(), Permissions::from_mode(0o711)).unwrap();
        set_permissions(tmp.path().join("a"), Permissions::from_mode(0o711)).unwrap();
        set_permissions(tmp.path().join("a/b"), Permissions::from_mode(0o700)).unwrap();
        assert_eq!(barrier(Some(&account), &inner), Some(&*tmp.path().join("a/b")));
        assert_eq!(barrier(Some(&account), &tmp.path().join("a/b")), None);
        assert_eq!(barrier(None, &inner), None);
    }
}
