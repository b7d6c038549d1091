//! Cross-entropy of probabilities instead of logits.
//!
//! Idea: probabilities lie in 0..=1, so their softmax cannot be confident: the loss of a network that is
//! correct and confident is `ln(e + C - 1) - 1` (here e is Euler's number) and every error adds exactly 1.
//! Loss minus error rate is then that constant, whatever the accuracy. Source: softmax of a unit vector.
//! Limits: without the number of classes the constant is fitted, which several epochs or four digits must
//! confirm; above 60 classes the constants are too close to one another.

use crate::context::Context;
use crate::entropy::softmax_floor;
use crate::words::{number, percent};
use crate::{Evidence, Finding, Id, Severity};

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    let fit = context.double_softmax?;
    let row = &context.rows[fit.row];
    let (loss, accuracy, noun) = if fit.validation {
        (row.val_loss?, row.val_accuracy?, "validation")
    } else {
        (row.train_loss?, row.train_accuracy?, "training")
    };
    let floor = softmax_floor(fit.classes as f64);
    let fitted = if fit.known { "" } else { " (the number of classes is fitted)" };
    let mut evidence = vec![Evidence::at(
        loss.line,
        format!(
            "loss {} = floor {floor:.4} + error rate {:.4} {:+.4}",
            loss.value,
            1.0 - accuracy.value,
            fit.residual
        ),
    )];
    if fit.rows > 1 {
        evidence.push(Evidence::whole(format!("the same holds over the last {} epochs", fit.rows)));
    }
    Some(Finding {
        id: Id::DoubleSoftmax,
        severity: Severity::Warning,
        claim: format!(
            "The {noun} loss is {} at an accuracy of {}. Softmax is applied twice: with {} \
                classes{fitted} such a loss cannot fall below ln({}) - 1 = {:.4}, and it equals that \
                floor plus the error rate, as here. The accuracy is valid. The loss is not comparable \
                with others, and gradients are weak if training uses it too.",
            number(loss.value),
            percent(accuracy.value),
            fit.classes,
            number(std::f64::consts::E + fit.classes as f64 - 1.0),
            floor
        ),
        evidence,
        confidence: match (fit.known, fit.rows) {
            (true, 2..) => 0.95,
            (true, _) => 0.92,
            (false, 3..) => 0.92,
            _ => 0.65,
        },
        advice: "Remove the softmax from the last layer of the network (or from the loss) and train \
            again: the loss expects logits."
            .to_owned(),
        code: Some(
            "logits = model(images)                     # no softmax in the model's forward\n\
            loss = torch.nn.functional.cross_entropy(logits, labels)\n\
            probabilities = logits.softmax(dim=1)      # only where probabilities are shown"
                .to_owned(),
        ),
    })
}
