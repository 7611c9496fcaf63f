//! What Cargo knows of this repository: which functions there are, and where what it builds ends up.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::Failure;

/// The function that does nothing.
pub const BARE: &str = "bare";

/// The repository.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// Its folder.
    pub root: PathBuf,
    /// Where Cargo builds.
    pub target: PathBuf,
    /// The packages under `functions/`, sorted.
    pub functions: Vec<String>,
}

/// A program of a package of this repository.
#[derive(Clone, Debug)]
pub struct Program {
    /// The package.
    pub name: String,
    /// The file.
    pub path: PathBuf,
}

impl Workspace {
    /// Asks Cargo.
    ///
    /// # Errors
    /// [`Failure::Cargo`] where it has no answer.
    pub fn read() -> Result<Self, Failure> {
        let output = cargo().args(["metadata", "--locked", "--no-deps", "--format-version", "1"]).output();
        let output = output.map_err(|cause| Failure::System { what: "cargo can't be run", cause })?;
        let read = || {
            let metadata: Value = serde_json::from_slice(&output.stdout).ok()?;
            let root = PathBuf::from(metadata.get("workspace_root")?.as_str()?);
            let target = PathBuf::from(metadata.get("target_directory")?.as_str()?);
            let mut functions: Vec<String> = metadata
                .get("packages")?
                .as_array()?
                .iter()
                .filter_map(|package| {
                    let manifest = Path::new(package.get("manifest_path")?.as_str()?);
                    let ours = manifest.starts_with(root.join("functions"));
                    ours.then(|| package.get("name")?.as_str().map(str::to_owned)).flatten()
                })
                .collect();
            functions.sort_unstable();
            Some(Self { root, target, functions })
        };
        read().ok_or(Failure::Cargo("metadata"))
    }

    /// Builds the functions and `bare` for this machine, with the profile that they are deployed with. `bare` comes last.
    ///
    /// # Errors
    /// [`Failure::Cargo`] where they don't build; Cargo has said why.
    pub fn build(&self) -> Result<Vec<Program>, Failure> {
        let mut command = cargo();
        command.args(["build", "--release", "--locked", "--message-format", "json-render-diagnostics"]);
        let names = || self.functions.iter().map(String::as_str).chain([BARE]);
        command.args(names().flat_map(|name| ["--package", name])).stderr(Stdio::inherit());
        let output = command.output();
        let output = output.map_err(|cause| Failure::System { what: "cargo can't be run", cause })?;
        let said = String::from_utf8_lossy(&output.stdout);
        let built: Vec<Program> = said.lines().filter_map(executable).collect();
        let ordered: Option<Vec<Program>> =
            names().map(|name| built.iter().find(|program| program.name == name).cloned()).collect();
        ordered.filter(|_| output.status.success()).ok_or(Failure::Cargo("build --release"))
    }
}

fn cargo() -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

/// The program that a line of Cargo's output says was built.
fn executable(line: &str) -> Option<Program> {
    let message: Value = serde_json::from_str(line).ok()?;
    let path = PathBuf::from(message.get("executable")?.as_str()?);
    Some(Program { name: message.pointer("/target/name")?.as_str()?.to_owned(), path })
}

#[cfg(test)]
mod tests {
    use super::{Workspace, executable};

    #[test]
    fn the_functions_are_found() {
        let workspace = Workspace::read().unwrap();
        assert!(workspace.functions.is_sorted());
        assert!(workspace.functions.iter().any(|name| name == "token"), "{:?}", workspace.functions);
        assert!(!workspace.functions.iter().any(|name| name == "bare" || name.starts_with("gatelet")));
    }

    #[test]
    fn cargo_says_what_it_built() {
        let program = executable(
            r#"{"reason":"compiler-artifact","target":{"kind":["bin"],"name":"token"},"executable":"/t/release/token"}"#,
        );
        let program = program.unwrap();
        assert_eq!((program.name.as_str(), program.path.to_str()), ("token", Some("/t/release/token")));
        for line in
            [r#"{"reason":"compiler-artifact","target":{"name":"serde"},"executable":null}"#, "{}", "-"]
        {
            assert!(executable(line).is_none(), "{line}");
        }
    }
}
