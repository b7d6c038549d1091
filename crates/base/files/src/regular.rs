//! Reading files, and only files: a named pipe would be waited for without end, a device may have none.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// Opens the regular file at `path` for reading.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] for a named pipe, a socket or a device, which is not opened; what the operating system says of
/// others. The path is not part of the error.
pub fn open(path: &Path) -> io::Result<File> {
    refuse_special(&fs::metadata(path)?)?;
    File::open(path)
}

/// The bytes of the regular file at `path`.
///
/// # Errors
/// As for [`open`]; [`ErrorKind::OutOfMemory`] if memory for its bytes cannot be had.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = open(path)?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX))?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The text of the regular file at `path`.
///
/// # Errors
/// As for [`read`]; [`ErrorKind::InvalidData`] if it is not UTF-8.
pub fn read_to_string(path: &Path) -> io::Result<String> {
    String::from_utf8(read(path)?)
        .map_err(|_| io::Error::new(ErrorKind::InvalidData, "the file is not text in UTF-8"))
}

/// Refuses what has no end or no beginning. A folder is left to the operating system's own words.
fn refuse_special(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_file() || metadata.is_dir() {
        return Ok(());
    }
    let what = format!("this is {}, not a file", special(metadata));
    Err(io::Error::new(ErrorKind::InvalidInput, what))
}

#[cfg(unix)]
fn special(metadata: &Metadata) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    let kind = metadata.file_type();
    if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(not(unix))]
fn special(_: &Metadata) -> &'static str {
    "a device"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "leaf").unwrap();
        assert_eq!(read(&path).unwrap(), b"leaf");
        assert_eq!(read_to_string(&path).unwrap(), "leaf");
        fs::write(&path, [0xff]).unwrap();
        assert_eq!(read_to_string(&path).unwrap_err().kind(), ErrorKind::InvalidData);
        assert_eq!(read(&folder.path().join("absent")).unwrap_err().kind(), ErrorKind::NotFound);
        assert!(read(folder.path()).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn nothing_else_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        for (path, what) in
            [(&*pipe, "a named pipe"), (&socket, "a socket"), (Path::new("/dev/zero"), "a device")]
        {
            let error = read(path).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(error.to_string().contains(what), "{error}");
        }
    }
}
