//! The folder for everything that is kept: the database, the wrapping key, the demo's credentials. For one process at a time.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use domain::Entropy;

use crate::failure::Failure;

/// The folder, locked until it is dropped.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the folder where there is none, and takes it for this process alone.
    ///
    /// # Errors
    /// Where that can't be, or another process has it.
    pub(crate) fn take(path: &Path) -> Result<Self, Failure> {
        make(path)?;
        let lock = path.join("lock");
        let failed = |cause| Failure::File { doing: "write", path: lock.clone(), cause };
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&lock);
        let file = file.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: file }),
            Err(TryLockError::WouldBlock) => Err(Failure::Locked(path.to_owned())),
            Err(TryLockError::Error(cause)) => Err(failed(cause)),
        }
    }

    /// Where the embedded DynamoDB keeps its items.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join("dynamodb.sqlite")
    }

    /// Where the wrapping key is.
    pub(crate) fn wrapping_key_path(&self) -> PathBuf {
        self.path.join("wrapping.key")
    }

    /// The key that wraps the service's own keys: made once, then the same for as long as the folder is kept.
    ///
    /// # Errors
    /// Where it can't be read or written, or is not 32 bytes.
    pub(crate) fn wrapping_key(&self, entropy: &dyn Entropy) -> Result<[u8; 32], Failure> {
        let path = self.wrapping_key_path();
        match fs::read(&path) {
            Ok(bytes) => bytes.try_into().map_err(|_| {
                let problem = "is not a wrapping key: it has to be 32 bytes long";
                Failure::Malformed { path, problem }
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let key = entropy.bytes::<32>();
                write_private(&path, &key)?;
                Ok(key)
            }
            Err(cause) => Err(Failure::File { doing: "read", path, cause }),
        }
    }
}

/// Makes a folder that only its owner may look into, where there is none.
///
/// # Errors
/// Where that can't be.
pub(crate) fn make(path: &Path) -> Result<(), Failure> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|cause| Failure::File { doing: "make the folder", path: path.to_owned(), cause })
}

/// Writes a file that only its owner may read, whole or not at all.
///
/// # Errors
/// Where that can't be.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let unfinished = path.with_extension("unfinished");
    let write = || {
        let mut file =
            OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished, path)
    };
    write().map_err(|cause| Failure::File { doing: "write", path: path.to_owned(), cause })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::{Path, PathBuf};

    use domain::entropy::SystemEntropy;

    use super::Folder;
    use crate::failure::Failure;

    /// A folder that is not there yet.
    fn fresh(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("gatelet-dev-{}-{name}", std::process::id()));
        fs::remove_dir_all(&path).ok();
        path
    }

    #[test]
    fn the_wrapping_key_is_made_once_and_for_the_owner_alone() {
        let path = fresh("key");
        let folder = Folder::take(&path).unwrap();
        let key = folder.wrapping_key(&SystemEntropy).unwrap();
        assert_eq!(folder.wrapping_key(&SystemEntropy).unwrap(), key);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder.wrapping_key_path()), 0o600);
        assert_eq!(mode(&path), 0o700);
        fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn a_wrapping_key_of_another_length_is_refused() {
        let path = fresh("length");
        let folder = Folder::take(&path).unwrap();
        fs::write(folder.wrapping_key_path(), [0; 31]).unwrap();
        let failure = folder.wrapping_key(&SystemEntropy).unwrap_err();
        assert!(
            failure.to_string().ends_with("is not a wrapping key: it has to be 32 bytes long"),
            "{failure}"
        );
        fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn is_for_one_at_a_time() {
        let path = fresh("lock");
        let folder = Folder::take(&path).unwrap();
        assert!(matches!(Folder::take(&path), Err(Failure::Locked(_))));
        drop(folder);
        assert!(Folder::take(&path).is_ok());
        fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn says_where_it_can_not_be() {
        let file = fresh("file");
        fs::write(&file, "").unwrap();
        let failure = Folder::take(&file.join("data")).unwrap_err();
        assert!(failure.to_string().starts_with("can't make the folder "), "{failure}");
        fs::remove_file(&file).unwrap();
    }
}
