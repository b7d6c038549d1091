//! The doctor for web pages: bytes of logs in, a diagnosis or a comparison out, as HTML and as Markdown.
//!
//! Compiled to WebAssembly it needs nothing from its host: no files, no clock, no network. `doctor-page`
//! packs it, the page's text, its style and its script into one file, `doctor.html`.
//!
//! ```text
//! doctor.html:  text field, file ──> script ──> border ──> answer ──> read_log, diagnose, compare
//!                    page <── HTML, Markdown ───┘
//! ```

mod answer;
mod border;

pub use answer::{Answer, answer};
