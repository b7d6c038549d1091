//! An [`Audit`](foliar_results::audit::Audit) as a page by itself, and as a part of the page of a classifier that was trained
//! on the data.

mod page;
pub(crate) mod sections;

pub use page::audit_page;
