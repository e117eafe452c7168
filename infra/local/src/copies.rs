//! Watches whether the copies of each function still run.
//!
//! `cargo lambda watch` does not look after them. A copy that was killed, or that no longer
//! compiles, stays away until its source changes, and requests wait for it until they time out.

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use tokio::time::sleep;

use crate::error::Error;

/// How many copies of a function answer requests in parallel.
pub(crate) const CONCURRENCY: usize = 4;

/// The pause between two checks. A copy whose source has changed is replaced in less time.
const PAUSE: Duration = Duration::from_secs(2);

/// The copies of all functions at the last check.
pub(crate) struct Copies {
    /// The process that starts the copies.
    parent: Option<u32>,
    functions: BTreeMap<String, Running>,
    /// Does a change of its source start a function again?
    come_back: bool,
}

/// The number of running copies of one function.
#[derive(Default)]
struct Running {
    /// At the last check.
    before: usize,
    /// The expected number, or the last number that was reported.
    known: usize,
}

impl Copies {
    /// Watches the functions in `called`, which have answered a request, and those in `others`,
    /// whose copies start with their first call.
    pub(crate) fn new(
        parent: Option<u32>,
        called: Vec<String>,
        others: Vec<String>,
        come_back: bool,
    ) -> Self {
        let with = |names: Vec<String>, known| {
            let running = move |name| {
                (
                    name,
                    Running {
                        before: known,
                        known,
                    },
                )
            };
            names.into_iter().map(running)
        };
        Self {
            parent,
            functions: with(called, CONCURRENCY).chain(with(others, 0)).collect(),
            come_back,
        }
    }

    /// Reports which copies are gone. Returns when a function has no copy left that could answer or
    /// come back.
    pub(crate) async fn gone(&mut self) -> Error {
        loop {
            sleep(PAUSE).await;
            let Some(processes) = self.parent.and_then(children) else {
                continue;
            };
            for (name, running) in &mut self.functions {
                let copies = processes.iter().filter(|process| runs(process, name));
                match running.look(copies.count()) {
                    None => {}
                    Some(0) if !self.come_back => return Error::FunctionGone(name.clone()),
                    Some(left) => tracing::warn!(
                        "function `{name}` has {left} of {CONCURRENCY} copies left: save one of its source files \
                         to start them again"
                    ),
                }
            }
        }
    }
}

impl Running {
    /// Notes the current number. Returns it if it is lower than the known one.
    fn look(&mut self, now: usize) -> Option<usize> {
        // A copy that is being replaced is missing in one check only.
        let running = now.max(self.before);
        self.before = now;
        if running > self.known {
            // All copies start together.
            self.known = CONCURRENCY;
            return None;
        }
        let fewer = running < self.known;
        self.known = running;
        fewer.then_some(running)
    }
}

/// The command lines of the processes that `parent` has started. `None` if the system does not say;
/// Linux does if it was built with `CONFIG_PROC_CHILDREN`.
fn children(parent: u32) -> Option<Vec<Vec<String>>> {
    let mut command_lines = Vec::new();
    for task in fs::read_dir(format!("/proc/{parent}/task")).ok()? {
        let list = fs::read_to_string(task.ok()?.path().join("children")).ok()?;
        for id in list.split_whitespace() {
            // The process may have ended since.
            let line = fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap_or_default();
            command_lines.push(line.split('\0').map(str::to_owned).collect());
        }
    }
    Some(command_lines)
}

/// Is this process a copy of the function `name`, or the `cargo run` that is about to become one?
fn runs(command_line: &[String], name: &str) -> bool {
    let is_copy = command_line
        .first()
        .is_some_and(|program| Path::new(program).ends_with(name));
    is_copy || command_line.iter().any(|argument| argument == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_lost_copy_is_reported_once_and_a_replaced_one_never() {
        let mut running = Running::default();
        let mut look = |now| running.look(now);
        let not_called_yet = [0, 0];
        let starting = [2, 4, 4];
        let replaced = [0, 4, 1, 4];
        for now in [&not_called_yet[..], &starting, &replaced].concat() {
            assert_eq!(look(now), None, "{now}");
        }
        let told: Vec<_> = [3, 3, 3, 0, 0, 0].map(&mut look).into();
        assert_eq!(told, [None, Some(3), None, None, Some(0), None]);
        let saved: Vec<_> = [1, 4, 4, 2, 2].map(look).into();
        assert_eq!(saved, [None, None, None, None, Some(2)]);
    }

    #[test]
    fn a_copy_that_never_started_is_reported() {
        let mut running = Running::default();
        let told: Vec<_> = [3, 3, 3].map(|now| running.look(now)).into();
        assert_eq!(told, [None, Some(3), None]);
    }

    #[test]
    fn a_copy_is_recognised_by_its_program_or_by_what_cargo_runs() {
        let line = |text: &str| text.split('|').map(str::to_owned).collect::<Vec<_>>();
        assert!(runs(&line("/some folder/target/debug/login"), "login"));
        assert!(runs(&line("/bin/cargo|run|--quiet|--bin|login"), "login"));
        for other in [
            "/target/debug/get-login",
            "/login/debug/logout",
            "sh|-c|login shell",
            "",
        ] {
            assert!(!runs(&line(other), "login"), "{other}");
        }
    }
}
