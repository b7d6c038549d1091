//! An audit of photographs as a page.
//!
//! An [`AuditView`] is put together by whoever looked at the photographs; it is a page by itself ([`audit_page`]) and a part
//! of the page of a classifier that was trained on them.

mod page;
pub(crate) mod sections;
mod view;

pub use page::audit_page;
pub use view::{AuditView, Groups, Pair, Poor, Probe, SplitCheck, Suspect};
