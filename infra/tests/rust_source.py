"""Reads facts from the Rust sources that the template must agree with.

It understands just enough Rust for the style of this project: text between braces, declarations like `name:
Trait`, and calls like `receiver.method(`. If it finds too much, a test demands a permission that nothing needs,
and fails. If it finds nothing at all, it raises.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT / "shared/src"
ADAPTERS = SHARED / "adapters/dynamodb"
FUNCTIONS = ROOT / "functions"
TABLES = r"\b(CALLS|USERS|LOGINS)\b"


@dataclass(frozen=True)
class Access:
    """One kind of request to DynamoDB."""

    table: str  # Its shape's name in tables.rs.
    action: str
    on_index: bool = False


@dataclass(frozen=True)
class RustFunction:
    """A function, or a method of any type."""

    name: str
    is_method: bool
    body: str
    ports: dict[str, str]  # The ports that its file names, by variable or field.
    private_to: Path | None = None  # Its file, if nothing else can call it.


def crates() -> list[str]:
    """The deployed functions: one folder each."""
    return sorted(path.parent.name for path in FUNCTIONS.glob("*/Cargo.toml"))


def sources(folder: Path) -> str:
    """All code of a folder."""
    return "\n".join(code(path) for path in files(folder))


def files(folder: Path) -> list[Path]:
    """The files of a folder, without tests."""
    found = sorted(folder.rglob("*.rs"))
    tests = {name for path in found for name in re.findall(r"#\[cfg\(test\)\]\nmod (\w+);", path.read_text())}
    return [path for path in found if path.stem not in tests]


def code(path: Path) -> str:
    """A file without its comments and unit tests."""
    text = re.sub(r"//.*", "", path.read_text())
    return re.split(r"#\[cfg\(test\)\]\nmod \w+ \{", text)[0]


def constant(name: str, path: Path) -> str:
    """The value of a file's `const NAME: &str`."""
    [value] = re.findall(rf'const {name}: &str = "([^"]+)"', code(path))
    return value


def block(text: str, start: int) -> str:
    """The text between the first brace after `start` and its closing brace."""
    begin = text.index("{", start)
    depth = 0
    for brace in re.finditer(r'(?s)"(?:\\.|[^"\\])*"|[{}]', text[begin:]):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if depth == 0:
            return text[begin : begin + brace.end()]
    raise ValueError(f"a block has no end: {text[begin : begin + 80]}")


def functions(text: str, ports: dict[str, str], path: Path | None = None) -> list[RustFunction]:
    """All functions and methods with a body, in the text of the file `path`."""
    found = []
    for match in re.finditer(r"(?m)(^(?:async )?)?\bfn (\w+)", text):
        signature = re.match(r"[^{;]*", text[match.end() :])[0]
        if text[match.end() + len(signature)] == "{":
            is_method = re.search(r"\(\s*&?(?:mut )?self\b", signature) is not None
            private_to = path if match[1] is not None else None
            found.append(RustFunction(match[2], is_method, block(text, match.end()), ports, private_to))
    return found


@cache
def adapters() -> tuple[dict[str, str], dict[tuple[str, str], frozenset[Access]]]:
    """The adapter of each port, and the requests to DynamoDB of each adapter's methods."""
    behind: dict[str, str] = {}
    asks: dict[tuple[str, str], frozenset[Access]] = {}
    for path in sorted(ADAPTERS.glob("*.rs")):
        text = code(path)
        table = re.search(TABLES, text)
        for impl in re.finditer(r"\nimpl(?:<[^>]*>)? (?:(\w+)(?:<[^>]*>)? for )?(DynamoDb\w+)", text):
            port, adapter = impl.groups()
            if port:
                behind[port] = adapter
            for method in functions(block(text, impl.end()), {}):
                actions = re.findall(r"client\s*\.(\w+)\(\)", method.body)
                on_index = ".index_name(" in method.body
                # A request for items of several tables is made by functions beside the method.
                batch = "batch_get_item" in actions
                tables = set(re.findall(TABLES, text)) if batch else {table[1]}
                asks[adapter, method.name] = frozenset(
                    Access(table, pascal(action), on_index) for action in actions for table in tables
                )
    if not asks:
        raise ValueError(f"no adapters in {ADAPTERS}")
    return behind, asks


def pascal(snake: str) -> str:
    """`get_item` is GetItem to IAM."""
    return "".join(word.capitalize() for word in snake.split("_"))


def named_ports(text: str) -> dict[str, str]:
    """The variables, arguments and fields of a file that are ports: `calls: &impl CallStore`."""
    known = "|".join(adapters()[0])
    generics = dict(re.findall(rf"\b([A-Z]\w*)\s*:\s*({known})\b", text))
    types = "|".join([known, *generics])
    declared = re.findall(rf"\b([a-z]\w*)\s*:\s*&?(?:'\w+)?\s*(?:impl\s+)?({types})\b", text)
    return {name: generics.get(kind, kind) for name, kind in declared}


def accesses(crate: str) -> set[Access]:
    """All requests to DynamoDB that a deployed function can make, starting from its `main`."""
    behind, asks = adapters()
    shared = [SHARED / "use_cases", SHARED / "http", FUNCTIONS / crate / "src"]
    reachable: dict[str, list[tuple[Path, RustFunction]]] = {}
    for path in (path for folder in shared for path in files(folder)):
        text = code(path)
        for function in functions(text, named_ports(text), path):
            reachable.setdefault(function.name, []).append((path, function))

    found: set[Access] = set()
    seen: set[int] = set()
    todo = list(reachable["main"])
    while todo:
        caller, function = todo.pop()
        if id(function) in seen:
            continue
        seen.add(id(function))
        for receiver, name in re.findall(r"(?:(\w+)\s*\.\s*)?\b(\w+)\s*\(", function.body):
            if receiver in function.ports:
                found |= asks.get((behind[function.ports[receiver]], name), frozenset())
            else:
                # Methods are matched by name only, whatever the receiver's type.
                todo += [
                    (path, called)
                    for path, called in reachable.get(name, [])
                    if called.is_method == bool(receiver) and called.private_to in (None, caller)
                ]
    return found


def of_kind(kind: str, text: str) -> str:
    """The text without the arms of a `match` for other kinds of video servers."""
    for other in {"OpenVidu", "LiveKit"} - {kind}:
        while arm := re.search(rf"\bKind::{other}\)? => (?={{)", text):
            text = text[: arm.start()] + text[arm.end() + len(block(text, arm.end())) :]
    return text


def configuration(crate: str, kind: str = "OpenVidu") -> tuple[set[str], set[str]]:
    """The required and the optional variables of a function with a video server of this kind."""
    text = "\n".join(code(path) for path in [SHARED / "wiring.rs", *files(SHARED / "wiring")])
    bodies = {
        impl[1]: of_kind(kind, block(text, impl.end())) for impl in re.finditer(r"\nimpl Part for (\w+)\b", text)
    }

    def variables(part: str) -> tuple[set[str], set[str]]:
        required, optional = set(), set()
        for how, name in re.findall(r'env\s*\.(\w+)\(\s*"([A-Z_]+)"', bodies[part]):
            (optional if how.startswith("optional") else required).add(name)
        for other in re.findall(r"\b(\w+)::wire\(", bodies[part]):
            required |= variables(other)[0]
            optional |= variables(other)[1]
        return required, optional

    [part] = re.findall(r"shared::wiring::(\w+);", code(FUNCTIONS / crate / "src/main.rs"))
    return variables(part)
