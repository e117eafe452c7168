//! Child processes that never outlive this one, however it ends.
//!
//! A killed process cannot clean up, and Linux's own way to do it needs unsafe code. So each child
//! is started by a three-line shell script that holds one end of a pipe. When the other end closes,
//! because we dropped it or because we are gone, the script ends the child's process group.

use std::{ffi::OsStr, io, process::ExitStatus, process::Stdio, time::Duration};

use tokio::{
    process::{Child, ChildStdin, Command},
    time::timeout,
};

/// Becomes the program (`exec` keeps the process) and leaves a watcher in the same process group.
/// The watcher ignores its own first signal, so that it can send a second, stronger one.
const GUARD: &str = r#"
exec 3<&0 </dev/null
{ trap '' TERM; read -r _ <&3
  kill -TERM -$$; for _ in 1 2 3 4 5; do sleep 1; kill -0 $$ || exit; done; kill -KILL -$$; } >/dev/null 2>&1 &
exec 3<&- "$@"
"#;

/// How long to wait for a child's end. The watcher goes on after that.
const PATIENCE: Duration = Duration::from_secs(8);

/// A running program that ends, with its children, when this value is dropped or this process dies.
pub(crate) struct Guarded {
    child: Child,
    lifeline: ChildStdin,
}

impl Guarded {
    /// A command that runs `program` guarded. Its standard input is in use; the rest can be set as
    /// usual.
    pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("sh");
        command
            .args(["-c", GUARD, "sh"])
            .arg(program)
            .stdin(Stdio::piped())
            // A group of its own: Ctrl-C in the terminal reaches only us, and we end things in
            // order.
            .process_group(0);
        command
    }

    /// Starts a command made by [`Guarded::command`].
    pub(crate) fn spawn(command: &mut Command) -> io::Result<Self> {
        let mut child = command.spawn()?;
        let lifeline = child
            .stdin
            .take()
            .ok_or_else(|| io::Error::other("a guarded command needs its standard input piped"))?;
        Ok(Self { child, lifeline })
    }

    /// The program's process id, unless it has ended.
    pub(crate) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits for the program to end by itself.
    pub(crate) async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Ends the program without a warning, as a crash does, and waits until it is gone.
    pub(crate) async fn kill(mut self) {
        // It may have ended already.
        let _ = self.child.kill().await;
    }

    /// Ends the program with its children, and waits until the program is gone.
    pub(crate) async fn stop(mut self) {
        drop(self.lifeline);
        if timeout(PATIENCE, self.child.wait()).await.is_err() {
            tracing::warn!("a child process does not end, its guard goes on trying");
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncBufReadExt, BufReader};

    use super::*;

    /// Runs a shell script guarded. Returns it and the first line that it prints.
    async fn started(script: &str) -> (Guarded, String) {
        let mut command = Guarded::command("sh");
        command.args(["-c", script]).stdout(Stdio::piped());
        let mut guarded = Guarded::spawn(&mut command).unwrap();
        let mut lines = BufReader::new(guarded.child.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().unwrap();
        (guarded, line)
    }

    fn is_running(pid: &str) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        !stat.is_empty() && !stat.contains(") Z ")
    }

    #[tokio::test]
    async fn the_program_keeps_its_exit_status() {
        let mut command = Guarded::command("sh");
        command.args(["-c", "exit 7"]);
        let status = Guarded::spawn(&mut command).unwrap().wait().await.unwrap();
        assert_eq!(status.code(), Some(7));
    }

    #[tokio::test]
    async fn stopping_ends_the_program_and_its_children() {
        let (guarded, grandchild) = started("sleep 600 & echo $!; wait").await;
        assert!(is_running(&grandchild));
        guarded.stop().await;
        // The watcher got the same signal. It waits for the program itself, not for its children.
        let gone = async {
            while is_running(&grandchild) {
                tokio::task::yield_now().await;
            }
        };
        assert!(timeout(PATIENCE, gone).await.is_ok());
    }

    #[tokio::test]
    async fn a_program_that_ignores_the_polite_signal_is_killed() {
        let (guarded, _) = started("trap '' TERM; echo ready; while :; do sleep 1; done").await;
        let pid = guarded.id().unwrap().to_string();
        guarded.stop().await;
        assert!(!is_running(&pid));
    }
}
