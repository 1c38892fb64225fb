//! A screen that is drawn again and again: it takes the terminal, and gives it back as it was.
//!
//! The terminal's settings from before are kept where everything that ends the process finds them: the guard that is
//! dropped, the hook of a panic, and [`Ui::leave_screen`], which whoever interrupts a command calls. The first that
//! comes gives the terminal back. Ctrl-C stays a signal, so that it works however busy we are.

mod board;

use std::io::{IsTerminal as _, Stdout, stdin, stdout};
use std::sync::{Arc, Mutex, PoisonError};

use crossterm::event::{Event, EventStream, KeyCode, KeyEventKind, KeyModifiers};
use crossterm::style::force_color_output;
use futures_util::StreamExt as _;
use nix::sys::signal::Signal;
use nix::sys::termios::{
    InputFlags, LocalFlags, SetArg, SpecialCharacterIndices as Characters, Termios, tcgetattr, tcsetattr,
};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::widgets::Paragraph;
use tokio::signal::unix::{self, SignalKind};

pub use board::{Board, Level, Tone, Trend};

use super::Ui;
use super::prompt::stop;
use crate::error::{Error, Result};

/// The other screen of the terminal, without a cursor; and back.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[2J";
const LEAVE: &[u8] = b"\x1b[0m\x1b[?1049l\x1b[?25h";

/// The meaning of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pressed {
    /// End.
    Quit,
    /// Pause, or continue.
    Pause,
    /// Use a longer interval.
    Slower,
    /// Use a shorter interval.
    Faster,
    /// Draw the screen again.
    Redraw,
}

/// A terminal that is drawn on; dropping it gives the terminal back.
pub struct Screen<'a> {
    ui: &'a Ui,
    terminal: Terminal<CrosstermBackend<Stdout>>,
    events: EventStream,
    continued: unix::Signal,
}

impl Ui {
    /// True if standard input and output are a terminal that a screen can be drawn on.
    pub fn can_draw(&self) -> bool {
        self.moves && stdout().is_terminal() && stdin().is_terminal()
    }

    /// Takes the terminal.
    ///
    /// # Errors
    /// If there is none, or it went away.
    pub fn screen(&self) -> Result<Screen<'_>> {
        let failed = |e: std::io::Error| Error::failed(format!("the terminal cannot be drawn on: {e}"));
        force_color_output(self.stdout_color);
        let terminal = Terminal::new(CrosstermBackend::new(stdout())).map_err(failed)?;
        let continued = unix::signal(SignalKind::from_raw(Signal::SIGCONT as i32)).map_err(failed)?;
        let settings = tcgetattr(stdin()).map_err(|e| failed(e.into()))?;
        give_back_at_panic(&self.screen);
        *self.screen.lock().unwrap_or_else(PoisonError::into_inner) = Some(settings);
        let mut screen = Screen { ui: self, terminal, events: EventStream::new(), continued };
        screen.take()?;
        Ok(screen)
    }

    /// Gives the terminal back as it was, if a screen is drawn on it.
    pub fn leave_screen(&self) {
        give_back(&self.screen);
    }
}

impl Screen<'_> {
    /// Draws, unless the terminal was given back meanwhile.
    ///
    /// # Errors
    /// If the terminal went away.
    pub fn draw(&mut self, board: &Board) -> Result<()> {
        if self.settings().is_none() {
            return Ok(());
        }
        let color = self.ui.stdout_color;
        let drawn = self.terminal.draw(|frame| {
            let area = frame.area();
            frame.render_widget(Paragraph::new(board.lines(area.width.into(), area.height.into(), color)), area);
        });
        drawn.map(|_| ()).map_err(gone)
    }

    /// Waits for a key that means something, or until the screen has to be drawn again. Nothing is lost if this is
    /// dropped.
    ///
    /// # Errors
    /// If the terminal went away.
    pub async fn pressed(&mut self) -> Result<Pressed> {
        loop {
            let event = tokio::select! {
                event = self.events.next() => event,
                _ = self.continued.recv() => {
                    // A shell has had the terminal meanwhile.
                    self.take()?;
                    return Ok(Pressed::Redraw);
                }
            };
            let key = match event {
                Some(Ok(Event::Resize(..))) => return Ok(Pressed::Redraw),
                Some(Ok(Event::Key(key))) if key.kind != KeyEventKind::Release => key,
                Some(Ok(_)) => continue,
                Some(Err(e)) => return Err(gone(e)),
                None => return Err(gone("its end was reached")),
            };
            let control = key.modifiers.contains(KeyModifiers::CONTROL);
            return Ok(match key.code {
                KeyCode::Char('z') if control => {
                    self.suspend()?;
                    Pressed::Redraw
                }
                KeyCode::Char('l') if control => {
                    self.take()?;
                    Pressed::Redraw
                }
                _ if control => continue,
                KeyCode::Char('q' | 'Q') | KeyCode::Esc => Pressed::Quit,
                KeyCode::Char('p' | 'P' | ' ') => Pressed::Pause,
                KeyCode::Char('+' | '=') => Pressed::Slower,
                KeyCode::Char('-') => Pressed::Faster,
                _ => continue,
            });
        }
    }

    /// The settings that the terminal had; none if it has them again.
    fn settings(&self) -> Option<Termios> {
        self.ui.screen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes the terminal, or takes it again and forgets what was drawn on it.
    fn take(&mut self) -> Result<()> {
        let Some(mut settings) = self.settings() else { return Ok(()) };
        settings.local_flags -= LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::IEXTEN;
        // Ctrl-S would stop us in the middle of a drawing.
        settings.input_flags -= InputFlags::IXON;
        settings.control_chars[Characters::VMIN as usize] = 1;
        settings.control_chars[Characters::VTIME as usize] = 0;
        // Ctrl-Z is a key, so that the terminal is given back first; Ctrl-\ would not give it back at all.
        settings.control_chars[Characters::VSUSP as usize] = nix::libc::_POSIX_VDISABLE;
        settings.control_chars[Characters::VQUIT as usize] = nix::libc::_POSIX_VDISABLE;
        tcsetattr(stdin(), SetArg::TCSANOW, &settings).map_err(gone)?;
        send(ENTER);
        self.terminal = Terminal::new(CrosstermBackend::new(stdout())).map_err(gone)?;
        Ok(())
    }

    /// Gives the terminal to the shell until it lets us go on. Where nobody could, it goes on at once.
    fn suspend(&mut self) -> Result<()> {
        let Some(settings) = self.settings() else { return Ok(()) };
        hand_over(&settings);
        let stopped = stop();
        self.take()?;
        stopped.map_err(gone)
    }
}

impl Drop for Screen<'_> {
    fn drop(&mut self) {
        self.ui.leave_screen();
    }
}

fn give_back(screen: &Mutex<Option<Termios>>) {
    if let Some(settings) = screen.lock().unwrap_or_else(PoisonError::into_inner).take() {
        hand_over(&settings);
    }
}

/// Where the terminal is gone, there is nothing to give back.
fn hand_over(settings: &Termios) {
    send(LEAVE);
    let _ = tcsetattr(stdin(), SetArg::TCSADRAIN, settings);
}

/// Past the buffer of standard output, which whoever panicked may hold.
fn send(bytes: &[u8]) {
    let _ = nix::unistd::write(stdout(), bytes);
}

/// The message of a panic would be drawn on the screen, and be lost with it.
fn give_back_at_panic(screen: &Arc<Mutex<Option<Termios>>>) {
    let (screen, say) = (Arc::clone(screen), std::panic::take_hook());
    std::panic::set_hook(Box::new(move |panic| {
        give_back(&screen);
        say(panic);
    }));
}

fn gone(why: impl std::fmt::Display) -> Error {
    Error::failed(format!("the terminal went away: {why}"))
}
