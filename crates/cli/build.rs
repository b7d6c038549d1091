//! Tells the program what it is compiled for: `foliar --version --json` says it.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    for (name, from) in [("FOLIAR_TARGET", "TARGET"), ("FOLIAR_TARGET_FEATURES", "CARGO_CFG_TARGET_FEATURE")]
    {
        println!("cargo:rustc-env={name}={}", std::env::var(from).unwrap_or_default());
    }
}
