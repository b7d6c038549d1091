//! A loss far above what the accuracy explains.
//!
//! Idea: a calibrated model has a loss of about `H(e)` (see [`crate::entropy`]). A model is overconfident if
//! it has three times as much, and half a nat more, at the end of a run, or if its loss rises while its
//! accuracy rises too. Source: Guo et al., "On calibration of modern neural networks" (2017). Limits: the
//! losses must be means, with ten errors or more.

use crate::context::Context;
use crate::scale::reference::{Known, expected};
use crate::words::{epoch_name, number, percent, quoted};
use crate::{Evidence, Finding, Id, Severity};

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    if context.penalty.is_some() || context.double_softmax.is_some() || context.is_scaled() {
        return None;
    }
    let size = context.validation_size();
    let known = Known { classes: context.setup.classes, samples: size };
    let by_val = context.factors().1;
    let curve: Vec<_> = context
        .rows
        .iter()
        .enumerate()
        .filter_map(|(index, row)| {
            let (loss, accuracy) = (row.val_loss.filter(|loss| loss.value.is_finite())?, row.val_accuracy?);
            let need = expected(1.0 - accuracy.value, accuracy.resolution, known).log_loss.exp();
            Some((index, loss, accuracy, loss.value / by_val, need))
        })
        .collect();
    if curve.len() < 3 {
        return None;
    }
    let late = &curve[curve.len() - curve.len().div_ceil(4).max(2)..];
    let &(index, loss, accuracy, mean, need) = late.last()?;
    let errors = (1.0 - accuracy.value) * size.map_or(500.0, |size| size as f64);
    let far =
        late.iter().all(|(.., mean, need)| *mean > context.limits.overconfident * need && mean - need > 0.5);
    // A model that is still catching up is unsure, not too sure: its loss falls.
    let falling = curve[curve.len() - 2].3 > 1.1 * mean;
    let &(turn, lowest, then, least, _) = curve.iter().min_by(|a, b| a.3.total_cmp(&b.3))?;
    let noise =
        2.0 * (accuracy.value * (1.0 - accuracy.value) / size.map_or(500.0, |size| size as f64)).sqrt();
    let rises =
        mean > 1.3 * least && mean - least > 0.15 && accuracy.value > then.value + noise && index > turn + 2;
    let sure_of_scale = !context.scale_is_off();
    let too_sure = sure_of_scale && curve.len() >= 4 && far && !falling && errors >= 10.0;
    // Several times what is needed in every epoch, if by less than half a nat.
    let somewhat = errors >= 5.0
        && accuracy.value >= 0.6
        && curve[curve.len().saturating_sub(4)..]
            .iter()
            .all(|(.., mean, need)| *mean > 2.0 * need && mean - need > 0.1);
    let rises = sure_of_scale && curve.len() >= 4 && rises;
    if !(too_sure || rises || somewhat) {
        return None;
    }
    let claim = if rises {
        format!(
            "Since {} the validation loss has risen from {} to {}, although accuracy rose from {} to \
                {}: the network has become overconfident in its errors.",
            epoch_name(&context.rows[turn], turn),
            number(lowest.value),
            number(loss.value),
            percent(then.value),
            percent(accuracy.value)
        )
    } else {
        format!(
            "The validation loss is {}; a calibrated model with an accuracy of {} has a loss of about \
                {}. The network is far too confident when it is wrong.",
            number(loss.value),
            percent(accuracy.value),
            number(need)
        )
    };
    Some(Finding {
        id: Id::Overconfident,
        severity: if too_sure || rises { Severity::Warning } else { Severity::Note },
        claim,
        evidence: vec![Evidence::at(loss.line, quoted(&context.rows[index], index, "validation loss", loss))],
        confidence: 0.82,
        advice: "The accuracy is valid, the probabilities are not. Before you show a probability, \
            divide the logits by a temperature that is fitted on the validation set (temperature \
            scaling), or train with label smoothing.".to_owned(),
        code: Some(
            "temperature = torch.ones(1, requires_grad=True); optimizer = torch.optim.LBFGS([temperature])\n\
            def closure(): optimizer.zero_grad(); loss = cross_entropy(val_logits / temperature, val_labels); \
            loss.backward(); return loss\n\
            optimizer.step(closure)   # then (logits / temperature).softmax(dim=1)"
                .to_owned(),
        ),
    })
}
