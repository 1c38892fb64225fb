//! What a `bursar.toml` that came with a folder can make bursar do, and how it is trusted.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::support::terminal::{Terminal, USUAL};
use crate::support::{Ran, bursar, run};

/// Nothing listens there.
const DEAD: &str = "postgres://u@127.0.0.1:1/x";

/// A repository with this file at its root, and a user who has trusted nothing yet.
struct Cloned {
    folder: TempDir,
    home: TempDir,
}

impl Cloned {
    fn new(toml: &str) -> Cloned {
        let cloned = Cloned { folder: tempfile::tempdir().unwrap(), home: tempfile::tempdir().unwrap() };
        std::fs::create_dir_all(cloned.folder.path().join("repo/.git")).unwrap();
        std::fs::create_dir_all(cloned.inside()).unwrap();
        cloned.writes(toml);
        cloned
    }

    /// With a command that leaves a trace.
    fn with_a_command() -> Cloned {
        Cloned::new(&format!("default_env = 'x'\n[env.x]\nurl_command = 'touch \"$HOME/PWNED\"; echo {DEAD}'\n"))
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("repo/bursar.toml")
    }

    fn inside(&self) -> PathBuf {
        self.folder.path().join("repo/sub/deeper")
    }

    fn writes(&self, toml: &str) {
        std::fs::write(self.file(), toml).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = bursar();
        command.args(arguments).current_dir(self.inside()).env("HOME", self.home.path());
        command
    }

    fn bursar(&self, arguments: &[&str]) -> Ran {
        run(&mut self.command(arguments))
    }

    fn ran(&self) -> bool {
        self.home.path().join("PWNED").exists()
    }

    fn store(&self) -> PathBuf {
        self.home.path().join(".local/state/bursar/trusted")
    }
}

/// Runs what an error says to try, as it would be pasted into a shell behind the word that introduces it.
fn pasted(cloned: &Cloned, ran: &Ran) -> Ran {
    let hint = ran.stderr.lines().find_map(|line| line.trim().strip_prefix("try: ")).unwrap();
    let command = hint.split_once("bursar config").unwrap().1;
    let script = format!("\"{}\" config{command}", env!("CARGO_BIN_EXE_bursar"));
    let mut shell = Command::new("sh");
    crate::support::hermetic(&mut shell);
    run(shell.args(["-c", &script]).current_dir(cloned.inside()).env("HOME", cloned.home.path()))
}

#[test]
fn a_command_of_a_cloned_folder_runs_only_once_it_was_trusted() {
    let cloned = Cloned::with_a_command();
    for arguments in [
        &["audit"][..],
        &["doctor"],
        &["audit", "--env", "x"],
        &["audit", "list"],
        &["migrate", "status"],
        &["config", "list"],
        &["jobs"],
    ] {
        cloned.bursar(arguments);
        assert!(!cloned.ran(), "{arguments:?}");
    }
    let refused = cloned.bursar(&["audit"]).exits(4);
    let refused = refused.says("is not trusted, and [env.x] runs a command: touch").says("bursar config trust /");
    pasted(&cloned, &refused).ok().tells("is trusted with its present content").tells("runs a command: touch");
    assert!(!cloned.ran(), "to trust it is not to run it");
    cloned.bursar(&["audit"]).exits(5);
    assert!(cloned.ran());

    // What it says now was not trusted.
    std::fs::remove_file(cloned.home.path().join("PWNED")).unwrap();
    let text = std::fs::read_to_string(cloned.file()).unwrap();
    cloned.writes(&format!("{text}# changed\n"));
    cloned.bursar(&["audit"]).exits(4).says("has changed since it was trusted");
    cloned.bursar(&["config", "list", "-o", "json"]).ok().tells("\"changed\"");
    assert!(!cloned.ran());
    cloned.bursar(&["config", "trust"]).ok();
    // What it said before is not trusted any more.
    cloned.writes(&text);
    cloned.bursar(&["audit"]).exits(4);
    assert!(!cloned.ran());
    cloned.bursar(&["config", "trust"]).ok();
    cloned.bursar(&["config", "untrust"]).ok().tells("is not trusted any more");
    cloned.bursar(&["config", "untrust"]).ok().tells("was not trusted");
    cloned.bursar(&["audit"]).exits(4).says("is not trusted");
    cloned.bursar(&["config", "list"]).ok().tells("no file is trusted");
}

#[test]
fn what_is_trusted_is_kept_outside_the_folder_and_is_the_users_alone() {
    let cloned = Cloned::with_a_command();
    cloned.bursar(&["config", "trust"]).ok();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(&cloned.store()), 0o700);
    let entries: Vec<_> = std::fs::read_dir(cloned.store()).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(entries.iter().map(|e| mode(e)).collect::<Vec<_>>(), [0o600]);
    // A store that somebody else may add to says nothing.
    std::fs::set_permissions(cloned.store(), std::fs::Permissions::from_mode(0o777)).unwrap();
    cloned.bursar(&["audit"]).exits(4).says("everybody may write to it").says("chmod 700 ");
    assert!(!cloned.ran());
    // The same content elsewhere is another file.
    std::fs::set_permissions(cloned.store(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let other = cloned.folder.path().join("other");
    std::fs::create_dir_all(&other).unwrap();
    symlink(cloned.file(), other.join("bursar.toml")).unwrap();
    run(cloned.command(&["audit"]).current_dir(&other)).exits(4).says("is not trusted");
    assert!(!cloned.ran());
}

#[test]
fn an_untrusted_file_names_a_database_of_this_machine_and_nothing_else() {
    for (toml, why) in [
        ("url_env = 'AWS_SECRET'", "[env.x] reads the environment variable AWS_SECRET"),
        ("url = 'postgres://me@db.example.invalid/x'", "[env.x] connects to postgres://me@db.example.invalid:5432/x"),
        ("url = 'postgres://127.0.0.1:1/x?host=db.example.invalid'", "connects to postgres://"),
        ("url = 'postgres://127.0.0.1:1/x'\napp = './pack'", "[env.x] names the pack ./pack"),
        ("url = 'postgres://127.0.0.1:1/x'\napp = 'mimivibe'", "[env.x] names the pack mimivibe"),
    ] {
        let cloned = Cloned::new(&format!("default_env = 'x'\n[env.x]\n{toml}\n"));
        let variables = [("PGPASSWORD", "s3cr3t"), ("AWS_SECRET", "s3cr3t")];
        let refused = run(cloned.command(&["audit"]).envs(variables)).exits(4).says(why).says("bursar config trust /");
        assert!(!refused.stderr.contains("s3cr3t"), "{refused:?}");
        cloned.bursar(&["config", "trust"]).ok();
        let trusted = run(cloned.command(&["audit"]).envs(variables));
        assert_ne!(trusted.code, 4, "{trusted:?}");
    }
    let cloned = Cloned::new(&format!("default_env = 'x'\n[env.x]\nurl = '{DEAD}'\n"));
    cloned.bursar(&["audit"]).exits(5);
}

#[test]
fn a_file_that_others_may_write_is_never_used() {
    let cloned = Cloned::with_a_command();
    for (mode, why) in [(0o666, "everybody may write to it"), (0o664, "its group may write to it")] {
        std::fs::set_permissions(cloned.file(), std::fs::Permissions::from_mode(mode)).unwrap();
        cloned.bursar(&["audit"]).exits(4).says(why).says("chmod go-w /");
        cloned.bursar(&["audit", "--env", "x"]).exits(4).says(why);
        cloned.bursar(&["config", "trust"]).exits(4).says(why);
    }
    std::fs::set_permissions(cloned.file(), std::fs::Permissions::from_mode(0o644)).unwrap();
    // Only root can give a file away.
    if nix::unistd::geteuid().is_root() {
        chown(cloned.file(), Some(65534), None).unwrap();
        cloned.bursar(&["audit"]).exits(4).says("it belongs to nobody").says("--database-url URL");
        cloned.bursar(&["config", "trust"]).exits(4).says("it belongs to nobody");
        // It is not even looked into.
        cloned.writes("nonsense");
        cloned.bursar(&["audit"]).exits(4);
        cloned.bursar(&["audit", "-d", DEAD]).exits(5);
        // A file of the user's own configuration directory is no exception.
        let own = cloned.home.path().join(".config/bursar");
        std::fs::create_dir_all(&own).unwrap();
        std::fs::rename(cloned.file(), own.join("bursar.toml")).unwrap();
        cloned.bursar(&["audit"]).exits(4).says("it belongs to nobody");
    }
    assert!(!cloned.ran());
}

#[test]
fn the_users_own_file_needs_no_trust() {
    let cloned = Cloned::with_a_command();
    let own = cloned.home.path().join(".config/bursar");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::rename(cloned.file(), own.join("bursar.toml")).unwrap();
    cloned.bursar(&["config", "trust", own.to_str().unwrap()]).ok().tells("needs no trust");
    cloned.bursar(&["audit"]).exits(5);
    assert!(cloned.ran());
}

#[test]
fn the_search_stops_at_the_repositorys_root_and_at_home() {
    let toml = format!("default_env = 'x'\n[env.x]\nurl = '{DEAD}'\n");
    let cloned = Cloned::new(&toml);
    cloned.bursar(&["audit"]).exits(5);
    std::fs::rename(cloned.file(), cloned.folder.path().join("bursar.toml")).unwrap();
    cloned.bursar(&["audit"]).exits(2).says("no database was named");
    cloned.bursar(&["config", "trust"]).exits(2).says("no bursar.toml was found here or in a folder above");
    // A worktree's .git is a file.
    std::fs::remove_dir(cloned.folder.path().join("repo/.git")).unwrap();
    cloned.bursar(&["audit"]).exits(5);
    std::fs::write(cloned.folder.path().join("repo/.git"), "gitdir: elsewhere").unwrap();
    cloned.bursar(&["audit"]).exits(2).says("no database was named");
    std::fs::remove_file(cloned.folder.path().join("repo/.git")).unwrap();
    let at_home = |home: &Path| run(cloned.command(&["audit"]).env("HOME", home));
    at_home(&cloned.folder.path().join("repo")).exits(2).says("no database was named");
    at_home(cloned.folder.path()).exits(5);
}

#[test]
fn completions_take_no_pack_from_a_file_that_is_not_trusted() {
    let cloned = Cloned::new("default_env = 'x'\n[env.x]\nurl = 'postgres://127.0.0.1:1/x'\napp = './pack'\n");
    let pack = cloned.inside().join("pack");
    std::fs::create_dir_all(pack.join("checks")).unwrap();
    std::fs::write(
        pack.join("pack.toml"),
        "name = 'p'\ntitle = 'P'\nschema = 'public'\ndetect = ['t.c']\ntables = ['t']\n[thresholds]\nfuture_tolerance_secs = 300\n",
    )
    .unwrap();
    let check = "-- title: T\n-- severity: error\n-- reads: t\n-- why: w\n-- cause: c\n-- remedy: r\nSELECT 1\n";
    std::fs::write(pack.join("checks/planted.check.sql"), check).unwrap();
    cloned.bursar(&["pack", "show", "./pack"]).ok().tells("planted.check");
    let complete = || {
        let mut command = cloned.command(&["--", "bursar", "--env", "x", "audit", "explain", "planted"]);
        run(command.env("BURSAR_COMPLETE", "fish").env("BURSAR_COMPLETE_WAIT", "30s")).ok().stdout
    };
    assert_eq!(complete(), "");
    cloned.bursar(&["config", "trust"]).ok();
    assert!(complete().contains("planted.check"));
}

/// A user whose own file has this command.
fn own(command: &str) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".config/bursar");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("bursar.toml"), format!("default_env = 'x'\n[env.x]\nurl_command = '''{command}'''\n"))
        .unwrap();
    home
}

#[test]
fn a_command_may_ask_the_person_at_the_terminal() {
    let home = own(&format!(
        "echo 'open https://vault.example/ to sign in' >&2; printf 'PIN: ' >/dev/tty; read -r pin </dev/tty; echo {DEAD}$pin"
    ));
    let variables = [("HOME", home.path().to_str().unwrap())];
    let mut terminal = Terminal::start(USUAL, &["audit", "-v"], &variables);
    terminal.until("open https://vault.example/ to sign in");
    terminal.until("PIN: ");
    terminal.types("77\r");
    terminal.ends().exits(5).shows("database: postgres://u@127.0.0.1:1/x77, from [env.x]");

    // Ctrl-C is the command's, and then ours.
    let mut terminal = Terminal::start(USUAL, &["audit"], &variables);
    terminal.until("PIN: ");
    terminal.types("\x03");
    terminal.ends().exits(130).shows("interrupted");

    // A question of ours comes afterwards, so the terminal is ours again.
    let db = crate::support::Db::new(crate::support::Template::Empty);
    let home = own(&format!("printf 'PIN: ' >/dev/tty; read -r pin </dev/tty; echo '{}'", db.url()));
    let variables = [("HOME", home.path().to_str().unwrap())];
    let mut terminal = Terminal::start(USUAL, &["migrate", "up", "--app", "mimivibe"], &variables);
    terminal.until("PIN: ");
    terminal.types("77\r");
    terminal.until("[y/N]");
    terminal.types("n\r");
    terminal.ends().exits(4).shows("declined; nothing was changed");
}

#[test]
fn several_lines_and_far_too_much_are_no_url() {
    for (command, why) in [
        (format!("echo warning: old; echo {DEAD}"), "url_command printed 2 lines"),
        ("yes".to_owned(), "url_command printed more than 64 KiB, which is no URL"),
        ("printf '\\377'".to_owned(), "url_command printed what is not UTF-8"),
    ] {
        let home = own(&command);
        let ran = run(bursar().arg("audit").env("HOME", home.path()).current_dir(home.path())).exits(2);
        ran.says(why);
    }
}
