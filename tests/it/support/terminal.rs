//! The binary on a pseudo-terminal: what is typed at it, and what it shows.

use std::ffi::OsStr;
use std::io::{Read as _, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::child::{is_open_seed, used};
use super::{Patience, SEEDED_UNTIL, bursar, flat, lock};

/// Runs the binary as a shell does, says how it ended, and stays until it is killed. When the leader of a
/// terminal's session ends, the kernel throws away what nobody has read from the terminal yet; the binary
/// would be the leader here, as it never is before a person.
pub const SHELL: &str = r#"trap : INT; "$0" "$@"; printf '\033]ended;%d\007' $?; kill -STOP $$"#;

/// How it ended, as the shell writes it behind everything else.
static ENDED: LazyLock<regex::Regex> = LazyLock::new(|| regex::Regex::new("\x1b]ended;([0-9]+)\x07").unwrap());

/// A run of the binary on a terminal of its own.
pub struct Terminal {
    shell: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    screen: Arc<Mutex<Vec<u8>>>,
    master: Box<dyn MasterPty + Send>,
    /// The sizes that it had, in columns and rows, and how much had been written when it got them.
    sizes: Vec<(usize, (u16, u16))>,
}

/// What was on the terminal in the end.
#[derive(Debug)]
pub struct Shown {
    /// Everything that was written to it, with the control sequences.
    pub raw: String,
    /// The exit code.
    pub code: u32,
}

impl Terminal {
    /// Starts the binary on a terminal of this many columns and rows.
    pub fn start(size: (u16, u16), arguments: &[&str], variables: &[(&str, &str)]) -> Terminal {
        Terminal::begun(env!("CARGO_BIN_EXE_bursar"), SHELL, size, arguments, variables)
    }

    /// Starts another program so.
    pub fn of(program: &str, size: (u16, u16), arguments: &[&str], variables: &[(&str, &str)]) -> Terminal {
        Terminal::begun(program, SHELL, size, arguments, variables)
    }

    /// Starts a shell's script, to which the binary is `$0`, on a terminal of this many columns and rows.
    pub fn scripted(size: (u16, u16), script: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Terminal {
        Terminal::begun(env!("CARGO_BIN_EXE_bursar"), script, size, arguments, variables)
    }

    fn begun(
        program: &str,
        script: &str,
        (columns, rows): (u16, u16),
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Terminal {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new("/bin/sh");
        command.args(["-c", script, program]);
        command.args(arguments);
        if is_open_seed(arguments.iter().map(OsStr::new)) {
            command.args(["--until", SEEDED_UNTIL]);
        }
        // The same surroundings as without a terminal.
        let hermetic = bursar();
        command.env_clear();
        for (name, value) in hermetic.get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        command.env("TERM", "xterm-256color");
        for (name, value) in variables {
            command.env(name, value);
        }
        command.cwd(hermetic.get_current_dir().unwrap_or(Path::new("/")));
        let shell = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let screen = Arc::new(Mutex::new(Vec::new()));
        let mut output = pair.master.try_clone_reader().unwrap();
        let shared = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // The end is an error on some systems and nothing on others.
            while let Ok(read @ 1..) = output.read(&mut buffer) {
                lock(&shared).extend_from_slice(&buffer[..read]);
            }
        });
        let keyboard = pair.master.take_writer().unwrap();
        Terminal { shell, keyboard, screen, master: pair.master, sizes: vec![(0, (columns, rows))] }
    }

    /// Everything that was written so far.
    pub fn raw(&self) -> String {
        String::from_utf8_lossy(&lock(&self.screen)).into_owned()
    }

    /// What a person sees now, without empty lines at the end.
    pub fn sees(&self) -> String {
        let written = lock(&self.screen).clone();
        let (_, (columns, rows)) = self.sizes[0];
        let mut parser = vt100::Parser::new(rows, columns, 100);
        for (position, (from, (columns, rows))) in self.sizes.iter().enumerate() {
            let to = self.sizes.get(position + 1).map_or(written.len(), |next| next.0);
            parser.screen_mut().set_size(*rows, *columns);
            parser.process(&written[*from..to]);
        }
        let lines: Vec<String> = parser.screen().rows(0, parser.screen().size().1).collect();
        lines.iter().map(|l| l.trim_end()).collect::<Vec<_>>().join("\n").trim_end().to_owned()
    }

    /// Waits until a person sees this.
    #[track_caller]
    pub fn until_seen(&self, text: &str) {
        self.until_matches(text, |_| self.sees().contains(text));
        self.settles();
    }

    /// Waits until nothing more is written: a screen is drawn in several pieces. A spinner is not waited for.
    fn settles(&self) {
        for _ in 0..8 {
            let written = self.raw().len();
            std::thread::sleep(Duration::from_millis(25));
            if self.raw().len() == written {
                return;
            }
        }
    }

    /// Gives it another size, in columns and rows.
    pub fn resize(&mut self, (columns, rows): (u16, u16)) {
        self.sizes.push((lock(&self.screen).len(), (columns, rows)));
        self.master.resize(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).unwrap();
    }

    /// Waits until this text is shown.
    #[track_caller]
    pub fn until(&self, text: &str) {
        self.until_matches(text, |raw| reads(&plain(raw), text));
    }

    /// Waits until what was written is so.
    #[track_caller]
    pub fn until_matches(&self, what: &str, so: impl Fn(&str) -> bool) {
        let mut patience = Patience::new(Duration::from_millis(10));
        while !so(&self.raw()) {
            // Not what the screen writes: a spinner turns also where nothing gets on.
            patience.waits_or(|| 0, || format!("'{what}' did not come:\n{}\n{:?}", self.sees(), self.raw()));
        }
    }

    /// Presses keys.
    pub fn types(&mut self, keys: &str) {
        self.types_bytes(keys.as_bytes());
    }

    /// Sends bytes, which may be a part of a key.
    pub fn types_bytes(&mut self, keys: &[u8]) {
        self.keyboard.write_all(keys).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Whether what is typed is shown, which a question switches off while it waits.
    pub fn echoes(&self) -> bool {
        self.settings().local_flags.contains(nix::sys::termios::LocalFlags::ECHO)
    }

    /// The terminal's settings.
    pub fn settings(&self) -> nix::sys::termios::Termios {
        // It must not become the tests' own terminal.
        let not_ours = nix::fcntl::OFlag::O_NOCTTY.bits();
        let terminal = std::fs::OpenOptions::new()
            .read(true)
            .custom_flags(not_ours)
            .open(self.master.tty_name().unwrap())
            .unwrap();
        nix::sys::termios::tcgetattr(terminal).unwrap()
    }

    /// Waits until what is typed is shown, or is not.
    #[track_caller]
    pub fn until_echo(&self, on: bool) {
        self.until_matches("the terminal's settings", |_| self.echoes() == on);
    }

    /// Sends the binary a signal.
    pub fn signal(&self, signal: Signal) {
        let shell = self.shell.process_id().unwrap();
        let children = std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).unwrap();
        kill(Pid::from_raw(children.trim().parse().unwrap()), signal).unwrap();
    }

    /// Waits for the end.
    #[track_caller]
    pub fn ends(mut self) -> Shown {
        let mut patience = Patience::new(Duration::from_millis(10));
        let (raw, code) = loop {
            let raw = self.raw();
            if let Some(ended) = ENDED.captures(&raw) {
                break (raw[..ended.get(0).unwrap().start()].to_owned(), ended[1].parse().unwrap());
            }
            let progress = || self.processes().into_iter().map(used).sum();
            patience.waits_or(progress, || format!("it did not end: {raw:?}"));
        };
        self.kill();
        Shown { raw, code }
    }

    /// The shell, and what it has started.
    fn processes(&self) -> Vec<u32> {
        let shell = self.shell.process_id().unwrap_or_default();
        let children = std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).unwrap_or_default();
        children.split_whitespace().filter_map(|id| id.parse().ok()).chain([shell]).collect()
    }

    /// Ends everything that runs on it. The shell may be stopped, so that only this signal ends it at once.
    fn kill(&mut self) {
        for id in self.processes().into_iter().filter(|id| *id != 0) {
            let _ = kill(Pid::from_raw(id.cast_signed()), Signal::SIGKILL);
        }
        let _ = self.shell.wait();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // After its end the number may be another's already.
        if matches!(self.shell.try_wait(), Ok(None)) {
            self.kill();
        }
    }
}

impl Shown {
    /// It has to have ended with this code.
    #[track_caller]
    pub fn exits(self, code: u32) -> Shown {
        assert_eq!(self.code, code, "{:?}", self.raw);
        self
    }

    /// It has to have shown this.
    #[track_caller]
    pub fn shows(self, text: &str) -> Shown {
        assert!(reads(&plain(&self.raw), text), "'{text}' is not in {:?}", plain(&self.raw));
        self
    }

    /// Whether any of it had a colour.
    pub fn has_colour(&self) -> bool {
        has_colour(&self.raw)
    }

    /// The cursor is visible in the end, and pastes are no longer marked.
    #[track_caller]
    pub fn shows_the_cursor(self) -> Shown {
        let (marked, unmarked) = (self.raw.rfind("\x1b[?2004h"), self.raw.rfind("\x1b[?2004l"));
        assert!(marked <= unmarked, "pastes are left marked: {:?}", self.raw);
        let (hidden, shown) = (self.raw.rfind("\x1b[?25l"), self.raw.rfind("\x1b[?25h"));
        assert!(hidden <= shown, "the cursor is left hidden: {:?}", self.raw);
        self
    }
}

/// Whether text has a colour.
pub fn has_colour(text: &str) -> bool {
    regex::Regex::new(r"\x1b\[[0-9;]*m").unwrap().is_match(text)
}

/// Text without control sequences.
pub fn plain(raw: &str) -> String {
    regex::Regex::new(r"\x1b\[[0-9;?]*[A-Za-z]").unwrap().replace_all(raw, "").replace('\r', "")
}

/// True if the terminal shows this text, however its sentences are wrapped.
fn reads(shown: &str, text: &str) -> bool {
    shown.contains(text) || flat(shown).contains(&flat(text))
}

/// A usual terminal, in columns and rows.
pub const USUAL: (u16, u16) = (80, 24);
/// A wide one.
pub const WIDE: (u16, u16) = (200, 50);
