//! The `rolecall` command line.

fn main() -> std::process::ExitCode {
    rolecall::main()
}
