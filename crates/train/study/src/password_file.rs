//! The file of passwords, `~/.pgpass`: `host:port:database:user:password` in each line
//! (<https://www.postgresql.org/docs/current/libpq-pgpass.html>).

use std::path::Path;

use foliar_files::Printable as _;

/// The password of the first line of `file` that fits host, port, database and user; none if there is no such line or file.
///
/// # Errors
/// Others may read the file, which is then not used, or it cannot be read.
pub(crate) fn read(file: &Path, wanted: [&str; 4]) -> Result<Option<String>, String> {
    let Ok(metadata) = file.metadata() else { return Ok(None) };
    if is_open_to_others(&metadata) {
        return Err(format!("{} was not used, because others may read it: chmod 600", file.shown()));
    }
    match foliar_files::read_to_string(file) {
        Ok(text) => Ok(text.lines().find_map(|line| password(line, wanted))),
        Err(error) => Err(format!("{} cannot be read: {error}", file.shown())),
    }
}

#[cfg(unix)]
fn is_open_to_others(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_: &std::fs::Metadata) -> bool {
    false
}

/// The password of `line` if it fits.
fn password(line: &str, wanted: [&str; 4]) -> Option<String> {
    if line.starts_with('#') {
        return None;
    }
    let mut fields = vec![String::new()];
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        let last = fields.len() - 1;
        match letter {
            '\\' => fields[last].extend(letters.next()),
            ':' => fields.push(String::new()),
            letter => fields[last].push(letter),
        }
    }
    let fits = |(field, wanted): (&String, &str)| field == "*" || field == wanted;
    let password = fields.get(4)?;
    fields.iter().zip(wanted).all(fits).then(|| password.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_fits_counts() {
        let wanted = ["db", "5432", "lab", "leaf"];
        assert_eq!(password("db:5432:lab:leaf:se\\:cr\\\\et", wanted).unwrap(), "se:cr\\et");
        assert_eq!(password("*:*:*:leaf:x", wanted).unwrap(), "x");
        for other in ["#*:*:*:*:x", "db:5433:*:*:x", "*:*:*:root:x", "db:5432:lab", ""] {
            assert_eq!(password(other, wanted), None, "{other}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_not_used() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pgpass");
        let wanted = ["db", "5432", "lab", "leaf"];
        assert_eq!(read(&file, wanted), Ok(None));
        std::fs::write(&file, "other:*:*:*:no\n*:*:*:*:yes\n").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(read(&file, wanted).unwrap_err().contains("chmod 600"));
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(read(&file, wanted), Ok(Some("yes".to_owned())));
    }
}
