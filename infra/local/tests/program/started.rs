//! A running `local`, seen from outside.

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::TcpStream,
    process::{Child, Command, ExitStatus},
    thread::{self, sleep},
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

/// Includes a first build of the functions.
const START: Duration = Duration::from_secs(600);

/// A function that still says 503 after this is not merely slow.
const ANSWER: Duration = Duration::from_secs(60);

/// What still runs after this long will never end.
const END: Duration = Duration::from_secs(15);

/// The program, independent of the surroundings.
pub(crate) fn local() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
    for variable in [
        "PORT",
        "OPENVIDU_PORT",
        "DYNAMODB_PORT",
        "FUNCTIONS_PORT",
        "DATA_DIR",
        "SITE",
        "DYNAMODB_URL",
        "NO_WEBHOOK",
        "OPENVIDU_DELAY_MS",
        "JOINS_PER_MINUTE",
        "UNUSED_TOKENS",
        "OPENVIDU_URL",
        "OPENVIDU_SECRET",
        "VIDEO",
        "LIVEKIT_URL",
        "LIVEKIT_API_KEY",
        "LIVEKIT_API_SECRET",
        "READY_FILE",
        "IGNORE_CHANGES",
        "RUST_LOG",
    ] {
        command.env_remove(variable);
    }
    command.arg("--ignore-changes");
    command
}

/// The program on free ports, with the site in `folder`.
pub(crate) fn local_with(folder: &TempDir) -> Command {
    let mut command = local();
    command.arg("--free-ports").arg("--site").arg(folder.path());
    command
}

/// Sends the signal `name` to process `pid`.
pub(crate) fn signal(pid: u32, name: &str) {
    let status = Command::new("kill")
        .args([format!("-{name}"), pid.to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

/// Is a server there?
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Is {
    Away,
    There,
}

/// A `local` that is ready. It is killed when dropped.
pub(crate) struct Local {
    child: Child,
    addresses: Value,
    /// Contains its output and the file that says that it is ready.
    folder: TempDir,
}

impl Local {
    /// Starts it and waits until it is ready.
    pub(crate) fn start(command: &mut Command) -> Self {
        let folder = TempDir::new().unwrap();
        let ready = folder.path().join("ready.json");
        command.arg("--ready-file").arg(&ready);
        command.stderr(File::create(folder.path().join("said")).unwrap());
        let mut local = Self {
            child: command.spawn().unwrap(),
            addresses: Value::Null,
            folder,
        };
        until(START, || {
            let ended = local.child.try_wait().unwrap();
            assert_eq!(ended, None, "it ended instead of getting ready");
            ready.exists()
        });
        local.addresses = serde_json::from_slice(&fs::read(ready).unwrap()).unwrap();
        local
    }

    /// The ports of the site, the video server, DynamoDB and the functions.
    pub(crate) fn ports(&self) -> Vec<u16> {
        ["site", "video", "dynamodb", "functions"]
            .map(|part| {
                let url = self.addresses[part].as_str().unwrap();
                url.rsplit(':').next().unwrap().parse().unwrap()
            })
            .into()
    }

    /// The URL of its site.
    pub(crate) fn site(&self) -> &str {
        self.addresses["site"].as_str().unwrap()
    }

    /// The URL of its DynamoDB.
    pub(crate) fn database(&self) -> String {
        self.addresses["dynamodb"].as_str().unwrap().to_owned()
    }

    /// An open WebSocket to the OpenVidu stand-in.
    pub(crate) fn web_socket(&self) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.ports()[1])).unwrap();
        let request = "GET /openvidu?sessionId=a&token=b HTTP/1.1\r\nhost: 127.0.0.1\r\n\
            connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
            sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HTTP/1.1 101");
        stream
    }

    /// Everything that it and the functions have logged so far.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(self.folder.path().join("said")).unwrap()
    }

    /// Waits until the OpenVidu stand-in is there, or gone.
    pub(crate) fn until_openvidu(&self, is: Is) {
        let port = self.ports()[1];
        until(END, || {
            TcpStream::connect(("127.0.0.1", port)).is_ok() == (is == Is::There)
        });
    }

    /// The copies of its functions: the process id and environment of each.
    pub(crate) fn copies(&self) -> Vec<(u32, Vec<String>)> {
        let ours = format!(
            "AWS_LAMBDA_RUNTIME_API=http://127.0.0.1:{}/",
            self.ports()[3]
        );
        let mut copies = Vec::new();
        for process in fs::read_dir("/proc").unwrap().flatten() {
            let environment = fs::read(process.path().join("environ")).unwrap_or_default();
            let text = String::from_utf8_lossy(&environment);
            if text.contains(&ours) {
                let id = process.file_name().to_string_lossy().parse().unwrap();
                copies.push((id, text.split('\0').map(str::to_owned).collect()));
            }
        }
        copies
    }

    /// A variable of the functions' environment, if it is set.
    pub(crate) fn given(&self, name: &str) -> Option<String> {
        let copies = self.copies();
        let mut lines = copies.iter().flat_map(|(_, environment)| environment);
        lines.find_map(|line| Some(line.strip_prefix(name)?.strip_prefix('=')?.to_owned()))
    }

    /// A variable of the functions' environment, which must be set.
    pub(crate) fn variable(&self, name: &str) -> String {
        self.given(name).expect("the functions have it")
    }

    /// Kills all copies of the function `name`.
    pub(crate) fn kill_copies(&self, name: &str) {
        let function = format!("AWS_LAMBDA_FUNCTION_NAME={name}");
        for (id, environment) in self.copies() {
            if environment.contains(&function) {
                signal(id, "KILL");
            }
        }
    }

    /// Waits until it ends by itself.
    pub(crate) fn until_ended(&mut self) -> ExitStatus {
        let mut status = None;
        until(END, || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }

    /// Sends it the signal `name`.
    pub(crate) fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }

    /// Sends it the signal `name`, and waits for its end.
    pub(crate) fn end(&mut self, name: &str) -> ExitStatus {
        signal(self.child.id(), name);
        self.child.wait().unwrap()
    }

    /// `GET path` on its site. Returns status and body.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        self.exchange(&format!("GET {path} HTTP/1.0"), "")
    }

    /// `POST path` on its site with JSON and a bearer token. Returns status and JSON. On a busy machine a
    /// function may answer 503: then it asks again.
    pub(crate) fn post(&self, path: &str, token: &str, body: &str) -> (u16, Value) {
        self.post_with(path, &format!("authorization: Bearer {token}"), body)
    }

    /// The same, with any headers instead of the token.
    pub(crate) fn post_with(&self, path: &str, headers: &str, body: &str) -> (u16, Value) {
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.0\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
             {headers}"
        );
        let mut answer = (503, String::new());
        until(ANSWER, || {
            answer = self.exchange(&head, body);
            answer.0 != 503
        });
        (answer.0, serde_json::from_str(&answer.1).unwrap())
    }

    /// HTTP 1.0 by hand: one request per connection, and the answer ends with the connection.
    fn exchange(&self, head: &str, body: &str) -> (u16, String) {
        let host = self.addresses["site"]
            .as_str()
            .unwrap()
            .replace("http://", "");
        let mut stream = TcpStream::connect(&host).unwrap();
        write!(stream, "{head}\r\nhost: {host}\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, body.to_owned())
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        if thread::panicking() {
            let said = fs::read_to_string(self.folder.path().join("said"));
            eprintln!("it said:\n{}", said.unwrap_or_default());
        }
        // In most tests it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Checks that nothing listens on `ports` and that no process of that `local` is left.
pub(crate) fn assert_all_gone(ports: &[u16]) {
    for port in ports {
        until(END, || TcpStream::connect(("127.0.0.1", *port)).is_err());
    }
    // The functions, and the process that runs them, have its address in their environment or
    // command line.
    let functions = format!("127.0.0.1:{}", ports[3]);
    let watch = format!("--invoke-port\0{}\0", ports[3]);
    until(END, || {
        fs::read_dir("/proc").unwrap().flatten().all(|process| {
            let read = |file| fs::read(process.path().join(file)).unwrap_or_default();
            let contains =
                |bytes: Vec<u8>, text: &str| String::from_utf8_lossy(&bytes).contains(text);
            !contains(read("environ"), &functions) && !contains(read("cmdline"), &watch)
        })
    });
}

/// Waits until `condition` holds, and fails after `patience`.
fn until(patience: Duration, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(
            start.elapsed() < patience,
            "it did not happen in {patience:?}"
        );
        sleep(Duration::from_millis(50));
    }
}
