//! A file, or a folder of files, on the disk or in an object store.

use std::ffi::OsStr;
use std::io::{self, Cursor, Read, Seek, Write};
use std::path::{Path, PathBuf};

use foliar_files::{make_folder, write_atomically};
use foliar_objects::{Address, ObjectError, Scope, Store};

/// Bytes that can be read from any place.
pub(crate) trait ReadSeek: Read + Seek {}

impl<T: Read + Seek> ReadSeek for T {}

/// A place by its path, or by its address such as `s3://farm/answers`.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Disk(PathBuf),
    Objects(Store, Address),
}

impl Place {
    /// # Errors
    /// An address without a bucket, or of a store that cannot be opened.
    pub(crate) fn of(path: &Path) -> Result<Self, ObjectError> {
        Ok(match Address::parse(path)? {
            None => Self::Disk(path.to_owned()),
            Some(address) => Self::Objects(Store::open(&address)?, address),
        })
    }

    /// How it is written.
    pub(crate) fn path(&self) -> PathBuf {
        match self {
            Self::Disk(path) => path.clone(),
            Self::Objects(_, address) => address.to_string().into(),
        }
    }

    /// The file `name` in this folder.
    pub(crate) fn join(&self, name: &str) -> Self {
        match self {
            Self::Disk(folder) => Self::Disk(folder.join(name)),
            Self::Objects(store, folder) => Self::Objects(store.clone(), folder.join(name)),
        }
    }

    /// Makes the folder where there are folders.
    ///
    /// # Errors
    /// Those of [`make_folder`].
    pub(crate) fn make(&self) -> io::Result<()> {
        match self {
            Self::Disk(folder) => make_folder(folder),
            Self::Objects(..) => Ok(()),
        }
    }

    /// Names of what lies directly in the folder, sorted.
    ///
    /// # Errors
    /// A folder that cannot be read, or a store that cannot be used. A folder of a store is there, if empty.
    pub(crate) fn names(&self) -> io::Result<Vec<String>> {
        let shown = |name: &OsStr| name.to_string_lossy().into_owned();
        let mut names = match self {
            Self::Disk(folder) => folder
                .read_dir()?
                .map(|entry| Ok(shown(&entry?.file_name())))
                .collect::<io::Result<Vec<_>>>()?,
            Self::Objects(store, folder) => {
                let found = store.list(folder).map_err(without_address)?;
                let here = found
                    .iter()
                    .map(|object| &object.address)
                    .filter(|object| *object == &folder.join(object.name()));
                here.map(|object| object.name().to_owned()).collect()
            }
        };
        names.sort();
        Ok(names)
    }

    /// Whether the file is there.
    ///
    /// # Errors
    /// A store that cannot be used.
    pub(crate) fn exists(&self) -> io::Result<bool> {
        match self {
            Self::Disk(path) => Ok(path.exists()),
            Self::Objects(store, object) => match store.length(object) {
                Ok(_) => Ok(true),
                Err(error) if error.scope == Scope::Missing => Ok(false),
                Err(error) => Err(without_address(error)),
            },
        }
    }

    /// The bytes of the file.
    ///
    /// # Errors
    /// Those of the system or of the store, without the path.
    pub(crate) fn read(&self) -> io::Result<Vec<u8>> {
        match self {
            Self::Disk(path) => foliar_files::read(path),
            Self::Objects(store, object) => store.read(object).map_err(without_address),
        }
    }

    /// Opens the file for reading; an object is fetched whole.
    ///
    /// # Errors
    /// As [`Place::read`].
    pub(crate) fn open(&self) -> io::Result<Box<dyn ReadSeek>> {
        Ok(match self {
            Self::Disk(path) => Box::new(foliar_files::open(path)?),
            Self::Objects(..) => Box::new(Cursor::new(self.read()?)),
        })
    }

    /// Writes the file whole, or not at all.
    ///
    /// # Errors
    /// That of `write`, and those of the system or of the store.
    pub(crate) fn write(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        match self {
            Self::Disk(path) => write_atomically(path, |file| write(file)),
            Self::Objects(store, object) => {
                let mut bytes = Vec::new();
                write(&mut bytes)?;
                store.write(object, bytes).map_err(io::Error::other)
            }
        }
    }
}

/// The error without the address, which the caller tells.
fn without_address(error: ObjectError) -> io::Error {
    let kind = if error.scope == Scope::Missing { io::ErrorKind::NotFound } else { io::ErrorKind::Other };
    io::Error::new(kind, error.what)
}
