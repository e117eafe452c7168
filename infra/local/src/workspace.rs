//! The checkout whose functions and site are served.
//!
//! It is found when the program starts. A path that is compiled in stays the same when the checkout
//! is copied or moved, because cargo sees no reason to build again.

use std::{
    env,
    path::{Path, PathBuf},
};

use crate::error::Error;

/// The folder of this crate, relative to the root of the workspace.
const THIS_CRATE: &str = "infra/local";

/// The root of the workspace that this program was started in.
///
/// `cargo run` and `cargo test` name the package that they run. Otherwise the current folder
/// counts.
pub(crate) fn root() -> Result<PathBuf, Error> {
    let package = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let started_in = package.or_else(|| env::current_dir().ok());
    started_in
        .as_deref()
        .and_then(root_above)
        .ok_or(Error::NoWorkspace)
}

fn root_above(folder: &Path) -> Option<PathBuf> {
    let mut above = folder.ancestors();
    above
        .find(|folder| folder.join(THIS_CRATE).is_dir())
        .map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn it_is_found_from_any_folder_inside() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("a copy");
        fs::create_dir_all(root.join("infra/local/src")).unwrap();
        fs::create_dir_all(root.join("functions/login")).unwrap();
        for inside in ["", "infra/local", "infra/local/src", "functions/login"] {
            assert_eq!(
                root_above(&root.join(inside)).as_ref(),
                Some(&root),
                "{inside}"
            );
        }
        assert_eq!(root_above(folder.path()), None);
    }
}
