//! Builds the doctor's web page: one file with everything in it.
//!
//! `cargo run -p foliar-doctor-web --example doctor-page -- doctor.html`
//!
//! Compiles this package's library to WebAssembly (`rustup target add wasm32-unknown-unknown` once), keeps
//! what the script of the page can reach, compresses it and writes it, the style and the script into the
//! page. With a second argument that `.wasm` file is packed and nothing is compiled.

mod module;
mod page;

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

const TARGET: &str = "wasm32-unknown-unknown";
/// The profile of the workspace that makes it small.
const PROFILE: &str = "web";

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let Some(path) = arguments.next() else {
        eprintln!("which file is to be written? For example: doctor-page doctor.html");
        return ExitCode::from(2);
    };
    match write(&path, arguments.next()) {
        Ok(size) => {
            eprintln!("{}: {} kB", path.display(), size.div_ceil(1000));
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

/// Writes the page and returns its size in bytes.
fn write(path: &Path, compiled: Option<PathBuf>) -> Result<usize, String> {
    let library = match compiled {
        Some(library) => library,
        None => compile()?,
    };
    let at = |error: &dyn Display| format!("{}: {error}", library.display());
    let bytes = fs::read(&library).map_err(|error| at(&error))?;
    let module = module::reduced(&bytes).map_err(|error| at(&error))?;
    let page = page::page(&module).map_err(|error| at(&error))?;
    fs::write(path, &page).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(page.len())
}

/// Compiles the library and returns where the module is.
fn compile() -> Result<PathBuf, String> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), PathBuf::from);
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let done = Command::new(cargo)
        .args([
            "build",
            "--package",
            env!("CARGO_PKG_NAME"),
            "--lib",
            "--profile",
            PROFILE,
            "--target",
            TARGET,
        ])
        .arg("--manifest-path")
        .arg(workspace.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        .status()
        .map_err(|error| format!("cargo could not be started: {error}"))?;
    if done.success() {
        Ok(target.join(TARGET).join(PROFILE).join("foliar_doctor_web.wasm"))
    } else {
        Err(format!("the library was not compiled; if the target is missing: rustup target add {TARGET}"))
    }
}
