//! Writes every page, filled with samples, into a directory, to be looked at: `cargo run --example samples -- DIR`.
//!
//! Beside each `NAME.html` lies the policy that it is served under, as `NAME.policy`.

mod samples;

use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let directory = env::args_os().nth(1).map(PathBuf::from);
    let directory = directory.ok_or_else(|| io::Error::other("name the directory to write into"))?;
    fs::create_dir_all(&directory)?;
    for (name, page) in samples::all() {
        fs::write(directory.join(format!("{name}.html")), page.render())?;
        fs::write(directory.join(format!("{name}.policy")), page.content_security_policy())?;
    }
    Ok(())
}
