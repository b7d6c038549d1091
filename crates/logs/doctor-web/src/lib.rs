//! The doctor for web pages: bytes of a log in, a diagnosis as HTML out.
//!
//! Compiled to WebAssembly it needs nothing from its host: no files, no clock, no network. `doctor-page`
//! packs it, the page's text, its style and its script into one file, `doctor.html`.
//!
//! ```text
//! doctor.html:  text field, file ──> script ──> border ──> answer ──> read_log, diagnose, doctor_fragment
//!                    page <── HTML ─────┘
//! ```

mod answer;
mod border;

pub use answer::answer;
