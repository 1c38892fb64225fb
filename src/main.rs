//! Parse, run, exit code.

fn main() -> std::process::ExitCode {
    bursar::commands::main()
}
