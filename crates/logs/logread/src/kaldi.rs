//! What Kaldi's nnet3 programs say of training, as sentences of names and numbers.
//!
//! | line, after `LOG (nnet3-...)` | is read as |
//! | --- | --- |
//! | `Average objective function for 'output' for minibatches 40-49 is -0.51 over 19538 frames.` | `step 49 train objective -0.51` |
//! | `Overall log-probability for 'output' is -0.42 per frame, over 20000 frames.`, in a file `compute_prob_valid.12.log` | `iter 12 valid objective -0.42` |
//! | `Overall accuracy for 'output' is 0.63 per frame, over 20000 frames.`, there | `iter 12 valid accuracy 0.63` |
//!
//! What stands for the whole of a file tells a course only where `grep` has put the name of each file before its line. Of several
//! outputs only the first, `output`, is what training is for.

use std::fmt::Write as _;

/// The sentence that stands for `line`; `None` where Kaldi did not write it.
pub(crate) fn sentence(line: &str) -> Option<String> {
    const OF: &str = " for 'output' ";
    // Most lines of a long log hold no quotation mark, which is found faster than words.
    memchr::memchr(b'\'', line.as_bytes())?;
    let (before, after) = line.split_once("LOG (nnet3-")?;
    let (what, value) = after.split_once(OF)?;
    let file = before.trim_end().strip_suffix(':');
    let objective = what.ends_with("objective function") || what.ends_with("log-probability");
    let name = match objective {
        true => "objective",
        false if what.ends_with("accuracy") => "accuracy",
        false => return None,
    };
    let (batches, value) = match value.strip_prefix("for minibatches ") {
        Some(rest) => rest.split_once(" is ").map(|(batches, value)| (Some(batches), value))?,
        None => (None, value.strip_prefix("is ")?),
    };
    let number = value.split_ascii_whitespace().next()?.trim_end_matches(',');
    number.parse::<f64>().ok()?;
    let mut out = String::new();
    match (batches, file) {
        (Some(batches), _) => {
            let last = batches.rsplit('-').next()?.parse::<u64>().ok()?;
            write!(out, "step {last} train {name} {number}").ok()?;
        }
        (None, Some(file)) => {
            let stem = file.strip_suffix(".log")?;
            let mut parts = stem.rsplit('/').next()?.split('.');
            let split = match parts.next()? {
                "compute_prob_valid" => "valid",
                "train" | "compute_prob_train" => "train",
                _ => return None,
            };
            let iteration = parts.next()?.parse::<u64>().ok()?;
            write!(out, "iter {iteration} {split} {name} {number}").ok()?;
        }
        (None, None) => return None,
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn what_kaldi_says_of_one_output_is_a_sentence() {
        let minibatches = "LOG (nnet3-chain-train[5.5]:PrintStats():nnet-training.cc:257) Average objective function for 'output' for \
            minibatches 10-19 is -0.731 over 21000 frames.";
        assert_eq!(sentence(minibatches).as_deref(), Some("step 19 train objective -0.731"));
        let valid = "exp/tdnn/log/compute_prob_valid.8.log:LOG (nnet3-compute-prob[5.5]:PrintTotalStats():nnet-diagnostics.cc:176) \
            Overall accuracy for 'output' is 0.512 per frame, over 20000 frames.";
        assert_eq!(sentence(valid).as_deref(), Some("iter 8 valid accuracy 0.512"));
        for line in [
            "LOG (nnet3-train:Print():nnet-training.cc:121) Overall average objective function for 'output' is -0.7 over 9 frames.",
            "LOG (nnet3-train:Print():nnet-training.cc:121) Average objective function for 'output-xent' for minibatches 0-9 is -2 over 9 frames.",
            "Epoch 1 loss for 'output' is 0.5",
        ] {
            assert_eq!(sentence(line), None, "{line}");
        }
    }
}
