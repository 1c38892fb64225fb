//! SQL is embedded as text, so a change of it has to build the crate anew.

#[allow(clippy::disallowed_macros, reason = "this is how a build script speaks to cargo")]
fn main() {
    for folder in ["migrations", "packs", "src/inspect/checks"] {
        println!("cargo:rerun-if-changed={folder}");
    }
}
