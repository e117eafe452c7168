//! The program at a terminal, as a person uses it.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::process::Child;
use std::{ffi::OsStr, thread};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

use crate::started::Database;

/// A terminal in which the program runs.
pub(crate) struct Terminal {
    keys_and_screen: File,
    shown: String,
    child: Child,
}

impl Terminal {
    /// Runs the program in a new terminal.
    pub(crate) fn run(database: &Database, arguments: &[&str]) -> Self {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap();
        let end = || {
            let path = OsStr::from_bytes(name.as_bytes());
            File::options().read(true).write(true).open(path).unwrap()
        };
        let child = database
            .command(&["--ctty"], arguments)
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .unwrap();
        Self {
            keys_and_screen: terminal.into(),
            shown: String::new(),
            child,
        }
    }

    /// Waits for `prompt` and for echo to be off, then types a line.
    pub(crate) fn type_unseen(&mut self, prompt: &str, line: &str) {
        while !self.shown.ends_with(prompt) {
            assert!(self.read(), "{}", self.shown);
        }
        while self.shows_keys() {
            assert_eq!(self.child.try_wait().unwrap(), None, "{}", self.shown);
            thread::yield_now();
        }
        writeln!(self.keys_and_screen, "{line}").unwrap();
    }

    /// Waits for the program's end. Returns its exit code and everything that the terminal showed.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        while self.read() {}
        (self.child.wait().unwrap().code(), self.shown)
    }

    fn shows_keys(&self) -> bool {
        let modes = tcgetattr(&self.keys_and_screen).unwrap().local_modes;
        modes.contains(LocalModes::ECHO)
    }

    /// Reads the next output. Returns `false` at the end of the output.
    fn read(&mut self) -> bool {
        let mut bytes = [0; 1024];
        // Reading fails once the other end is closed.
        let read = self.keys_and_screen.read(&mut bytes).unwrap_or(0);
        self.shown
            .push_str(&String::from_utf8_lossy(&bytes[..read]));
        read > 0
    }
}
