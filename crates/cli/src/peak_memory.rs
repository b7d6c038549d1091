//! The most memory that this process has held.

/// Most bytes of physical memory that this process has held at once; `None` where the system does not tell.
#[cfg(target_os = "linux")]
pub(crate) fn bytes() -> Option<u64> {
    parse(&std::fs::read_to_string("/proc/self/status").ok()?)
}

/// Most bytes of physical memory that this process has held at once; `None` where the system does not tell.
#[cfg(not(target_os = "linux"))]
pub(crate) fn bytes() -> Option<u64> {
    None
}

/// The high-water mark in the text of `/proc/PID/status`, proc(5): `VmHWM:    12345 kB`.
#[cfg(any(target_os = "linux", test))]
fn parse(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn the_mark_is_in_bytes() {
        assert_eq!(parse("Name:\tfoliar\nVmHWM:\t    2048 kB\nVmRSS:\t 12 kB\n"), Some(2 << 20));
        assert_eq!(parse("Name:\tfoliar\n"), None);
        assert_eq!(parse("VmHWM:\tmuch\n"), None);
    }
}
