//! The invariants of ARCHITECTURE.md that are visible in the source.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs};

fn root() -> PathBuf {
    let shared = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap());
    shared.parent().unwrap().to_owned()
}

/// The Rust files below `folder` (a path from the workspace's root), with their text.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let root = root();
    let mut files = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        if folder.is_file() {
            files.push(folder);
            continue;
        }
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let is_source = path.extension().is_some_and(|extension| extension == "rs");
            if path.is_dir() && !path.ends_with("target") || is_source {
                folders.push(path);
            }
        }
    }
    let sources: Vec<_> = files
        .into_iter()
        .map(|file| (file.clone(), fs::read_to_string(file).unwrap()))
        .collect();
    assert!(!sources.is_empty(), "there is nothing in {folder}");
    sources
}

/// The text without its unit tests, which stand at the end.
fn production(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default()
}

#[track_caller]
fn assert_absent(folder: &str, words: &[&str]) {
    for (file, text) in sources(folder) {
        for word in words {
            assert!(
                !production(&text).contains(word),
                "{} says {word}",
                file.display()
            );
        }
    }
}

/// The layers of `shared/src`, from the bottom to the top.
const LAYERS: [&str; 15] = [
    "chain",
    "metric",
    "domain",
    "deadline",
    "audit",
    "ports",
    "use_cases",
    "secrets",
    "telemetry",
    "system",
    "http",
    "adapters",
    "config",
    "wiring",
    "runtime",
];

#[test]
fn a_layer_imports_only_those_below_it() {
    let mut seen = BTreeSet::new();
    for (file, text) in sources("shared/src") {
        let path = file.strip_prefix(root().join("shared/src")).unwrap();
        let layer = path.iter().next().unwrap().to_str().unwrap();
        let layer = layer.trim_end_matches(".rs");
        if layer == "lib" {
            continue;
        }
        let height = |layer: &str| LAYERS.iter().position(|other| *other == layer);
        let own = height(layer).unwrap_or_else(|| panic!("{layer} is no layer"));
        seen.insert(layer.to_owned());
        for import in production(&text).split("crate::").skip(1) {
            for other in imported(import) {
                let place = file.display();
                let below = height(other).is_some_and(|height| height <= own);
                assert!(below, "{place} imports {other}");
            }
        }
    }
    assert_eq!(seen.len(), LAYERS.len(), "{seen:?}");
}

/// What is imported: one name, or several in braces.
fn imported(import: &str) -> impl Iterator<Item = &str> {
    identifiers(match import.strip_prefix('{') {
        Some(names) => names.split('}').next().unwrap(),
        None => name(import),
    })
}

/// The identifier at the beginning.
fn name(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    end.map_or(text, |end| &text[..end])
}

#[test]
fn no_two_files_of_a_folder_import_each_other() {
    let facades = sources("shared/src").into_iter();
    for (facade, text) in facades.filter(|(file, _)| file.ends_with("mod.rs")) {
        let imports = imports_between_files(facade.parent().unwrap(), &text);
        // Whatever imports nothing that is left is not part of a cycle.
        let mut left: Vec<&String> = imports.keys().collect();
        let is_left = |file: &&String, left: &[&String]| {
            imports[*file].iter().any(|import| left.contains(&import))
        };
        loop {
            let next: Vec<&String> = left
                .iter()
                .copied()
                .filter(|file| is_left(file, &left))
                .collect();
            if next.len() == left.len() {
                break;
            }
            left = next;
        }
        assert!(left.is_empty(), "{}: {left:?}", facade.display());
    }
}

/// For each file of a folder, the files beside it that it imports; `facade` is the text of its `mod.rs`,
/// through which they may be imported as well.
fn imports_between_files(folder: &Path, facade: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut exports = BTreeMap::new();
    for export in facade.split("pub use ").skip(1) {
        let export = export
            .split(';')
            .next()
            .unwrap()
            .trim_start_matches("self::");
        let (file, names) = export.split_once("::").unwrap();
        exports.extend(identifiers(names).map(|name| (name, file)));
    }
    let mut imports = BTreeMap::new();
    let beside_each_other = sources(folder.to_str().unwrap()).into_iter();
    for (file, text) in beside_each_other.filter(|(file, _)| file.parent() == Some(folder)) {
        let beside = |name: &str| folder.join(name).with_extension("rs").is_file();
        let mut files = BTreeSet::new();
        for import in production(&text).split("super::").skip(1) {
            let names = imported(import).map(|name| exports.get(name).copied().unwrap_or(name));
            files.extend(names.filter(|name| beside(name)).map(str::to_owned));
        }
        let stem = file.file_stem().unwrap().to_str().unwrap();
        if stem != "mod" {
            imports.insert(stem.to_owned(), files);
        }
    }
    imports
}

fn identifiers(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.filter(|word| !word.is_empty())
}

/// Every implementation of a store runs its suite.
#[test]
fn the_suites_of_the_stores_call_every_method() {
    for (port, suite) in [
        ("shared/src/ports/calls.rs", "shared/tests/call_store"),
        ("shared/src/ports/people.rs", "shared/tests/logins"),
    ] {
        let suite: String = sources(suite).into_iter().map(|(_, text)| text).collect();
        let [(_, port)] = sources(port).try_into().unwrap();
        // Passwords and proofs are not stored.
        let stores = port.split("pub struct HashError").next().unwrap();
        let methods: Vec<&str> = stores.split("    fn ").skip(1).map(name).collect();
        assert!(methods.len() > 10, "{methods:?}");
        for method in methods {
            assert!(suite.contains(&format!(".{method}(")), "{method}");
        }
    }
}

#[test]
fn no_file_has_400_lines() {
    for folder in ["functions", "shared", "infra"] {
        for (file, text) in sources(folder) {
            let lines = text.lines().count();
            assert!(lines < 400, "{} has {lines} lines", file.display());
        }
    }
}

#[test]
fn domain_use_cases_and_ports_know_nothing_of_the_world() {
    let world = [
        "aws_",
        "reqwest",
        "lambda_",
        "StatusCode",
        "serde",
        "std::env",
        "std::fs",
        "::now()",
        "rand::",
    ];
    for inside in [
        "shared/src/domain",
        "shared/src/use_cases",
        "shared/src/ports",
    ] {
        assert_absent(inside, &world);
    }
    assert_absent("shared/src/domain", &["async "]);
}

#[test]
fn only_their_adapters_know_the_store_and_the_video_server() {
    for (folder, word) in [
        ("shared/src/http", "_expression"),
        ("shared/src/http", "reqwest"),
        ("shared/src/http", "aws_sdk"),
        ("shared/src/http", "aws_config"),
        ("shared/src/adapters/dynamodb", "reqwest"),
        ("shared/src/adapters/openvidu", "aws_sdk"),
        ("functions", "aws_"),
        ("functions", "reqwest"),
        ("functions", "participantLeft"),
    ] {
        assert_absent(folder, &[word]);
    }
}

#[test]
fn no_function_chooses_a_status_code() {
    assert_absent(
        "functions",
        &["StatusCode", "Response::builder", "status_mut"],
    );
}

#[test]
fn every_logged_error_has_its_causes() {
    for folder in [
        "shared/src",
        "functions",
        "infra/users/src",
        "infra/local/src",
    ] {
        assert_absent(folder, &["%error", "?error"]);
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    for folder in ["functions", "shared", "infra"] {
        for (file, text) in sources(folder) {
            let said = text.starts_with("//! ") || text.starts_with("#![doc = include_str!");
            assert!(said, "{} has no //!", file.display());
        }
    }
}

/// Fields, variants, `as_str` and the like need a comment only where the name does not say it all.
#[test]
fn every_public_item_says_what_it_is_for() {
    let kinds = [
        "struct ",
        "enum ",
        "trait ",
        "fn ",
        "async fn ",
        "const fn ",
    ];
    let obvious = ["fn new(", "fn parse(", "fn as_str(", "fn expose("];
    for folder in ["functions", "shared/src", "infra"] {
        for (file, text) in sources(folder) {
            let mut above = "";
            for line in production(&text).lines().map(str::trim_start) {
                let item = line.strip_prefix("pub ").unwrap_or_default();
                if kinds.iter().any(|kind| item.starts_with(kind)) {
                    let is_obvious = obvious.iter().any(|name| item.contains(name));
                    let place = file.display();
                    assert!(is_obvious || above.starts_with("///"), "{place}: {item}");
                }
                // An attribute stands between an item and its comment.
                let is_attribute = ["#[", "reason =", "clippy::", ")]"];
                if !is_attribute.iter().any(|start| line.starts_with(start)) {
                    above = line;
                }
            }
        }
    }
}

/// A copied or moved checkout would go on using the files of the one in which it was built.
#[test]
fn no_program_contains_the_path_of_its_checkout() {
    let built_in = ["env!(", "\"CARGO_MANIFEST_DIR\")"].concat();
    for folder in ["functions", "shared", "infra"] {
        for (file, text) in sources(folder) {
            assert!(!text.contains(&built_in), "{}", file.display());
        }
    }
}

#[test]
fn every_file_that_the_documents_link_to_exists() {
    let mut documents = vec![root().join("infra/openvidu/README.md")];
    for folder in [root(), root().join("docs")] {
        let files = fs::read_dir(folder).unwrap();
        documents.extend(files.map(|file| file.unwrap().path()));
    }
    documents.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    assert!(documents.len() > 8, "{documents:?}");
    for document in documents {
        let text = fs::read_to_string(&document).unwrap();
        let links = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://")) {
            let file = link.split('#').next().unwrap();
            let exists = document.parent().unwrap().join(file).exists();
            assert!(exists, "{} links to {link}", document.display());
        }
    }
}

/// The names of tests are sentences. Nothing else between backticks looks like that.
#[test]
fn every_test_that_the_documents_name_exists() {
    let mut text = fs::read_to_string(root().join("SECURITY.md")).unwrap();
    text.push_str(&fs::read_to_string(root().join("docs/WHERE-TO-CHANGE.md")).unwrap());
    let sentence = |word: &&str| {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        word.chars().all(allowed) && word.split('_').count() >= 4
    };
    let named: Vec<&str> = text
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(sentence)
        .collect();
    assert!(named.len() > 30, "{named:?}");

    let mut written: String = ["functions", "shared", "infra"]
        .into_iter()
        .flat_map(sources)
        .map(|(_, text)| text)
        .collect();
    for entry in fs::read_dir(root().join("infra/tests")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "py") {
            written.push_str(&fs::read_to_string(path).unwrap().replace("def ", "fn "));
        }
    }
    for name in named {
        assert!(
            written.contains(&format!("fn {name}(")),
            "there is no {name}"
        );
    }
}
