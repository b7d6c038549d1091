//! The stores of the crate `object_store`, for threads that wait.

mod builder;
mod connector;
mod explain;
mod profile;

use std::future::Future;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _, PutPayload};
use tokio::runtime::{Builder, Runtime};

use self::builder::Setup;
use self::explain::{Action, explain};
use crate::address::Address;
use crate::error::{ObjectError, Scope};
use crate::store::Object;

/// A bucket.
#[derive(Debug)]
pub(crate) struct Remote {
    setup: Setup,
}

thread_local! {
    /// Requests block their thread, so each thread has a runtime of its own, for the pauses between them.
    static RUNTIME: Result<Runtime, String> = Builder::new_current_thread().enable_time().build().map_err(|error| error.to_string());
}

impl Remote {
    pub(crate) fn open(address: &Address) -> Result<Self, ObjectError> {
        Ok(Self { setup: builder::build(address)? })
    }

    /// Waits for `work` on the store, and puts its error in words.
    fn wait<T>(
        &self,
        address: &Address,
        action: Action,
        work: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T, ObjectError> {
        RUNTIME.with(|runtime| match runtime {
            Ok(runtime) => {
                runtime.block_on(work).map_err(|error| explain(&error, address, action, &self.setup))
            }
            Err(error) => Err(ObjectError::store(address.to_string(), error)),
        })
    }

    fn store(&self) -> &dyn ObjectStore {
        self.setup.store.as_ref()
    }

    pub(crate) fn list(&self, folder: &Address) -> Result<Vec<Object>, ObjectError> {
        let prefix = path(folder)?;
        let all = self
            .store()
            .list(Some(&prefix))
            .map_ok(|meta| Object { address: folder.with_key(meta.location.to_string()), bytes: meta.size });
        self.wait(folder, Action::List, all.try_collect())
    }

    pub(crate) fn length(&self, object: &Address) -> Result<u64, ObjectError> {
        let place = path(object)?;
        self.wait(object, Action::Read, async { Ok(self.store().head(&place).await?.size) })
    }

    pub(crate) fn read(&self, object: &Address) -> Result<Vec<u8>, ObjectError> {
        let place = path(object)?;
        let bytes: Bytes =
            self.wait(object, Action::Read, async { self.store().get(&place).await?.bytes().await })?;
        Ok(Vec::from(bytes))
    }

    pub(crate) fn write(&self, object: &Address, bytes: Vec<u8>) -> Result<(), ObjectError> {
        let place = path(object)?;
        self.wait(object, Action::Write, self.store().put(&place, PutPayload::from(bytes))).map(drop)
    }

    /// Whether the store answers, be it by a refusal.
    pub(crate) fn answers(&self, object: &Address) -> bool {
        // What lies below an object is nothing: the shortest list.
        let Ok(prefix) = path(object) else { return true };
        let listed =
            self.wait(object, Action::Ask, async { self.store().list(Some(&prefix)).try_next().await });
        !matches!(listed, Err(ObjectError { scope: Scope::Store | Scope::Unknown, .. }))
    }
}

/// The key of `address`, where the crate takes it.
fn path(address: &Address) -> Result<Path, ObjectError> {
    Path::parse(&address.key).map_err(|_| {
        let what = "its key has an empty part, a part that is `.` or `..`, or a control character, which is not supported; rename it";
        ObjectError { address: address.to_string(), what: what.to_owned(), scope: Scope::Object }
    })
}
