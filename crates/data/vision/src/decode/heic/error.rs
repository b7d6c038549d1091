//! What the decoder says, as a reason.

use heic_decoder::HeifError;

use crate::problem::Reason;

pub(super) fn reason(error: HeifError) -> Reason {
    match error {
        HeifError::Truncated { .. } => Reason::Truncated,
        HeifError::Unsupported(what) => {
            Reason::Unsupported { what: format!("this variant of HEIC ({what})") }
        }
        error => Reason::damaged(&error.to_string()),
    }
}
