//! A run of which some classes are asked for.

use foliar_nn::{Op, StateDict, Tensor};
use foliar_vision::counted;

use crate::error::DerivedError;
use crate::member::Member;

/// The classes among `all` that `names` mean, in the order of `all`. A name that ends in `*` means all that begin so.
pub(super) fn chosen(all: &[String], names: &[String]) -> Result<Vec<String>, DerivedError> {
    let means = |name: &String, class: &String| match name.strip_suffix('*') {
        Some(begin) => class.starts_with(begin),
        None => name == class,
    };
    for name in names {
        if !all.iter().any(|class| means(name, class)) {
            let known = all.join(", ");
            return Err(DerivedError::Classes(format!("{name} is no class of this run; it knows {known}")));
        }
    }
    let chosen: Vec<String> =
        all.iter().filter(|class| names.iter().any(|name| means(name, class))).cloned().collect();
    match chosen.len() {
        0 | 1 => Err(DerivedError::Classes(format!(
            "a classifier tells two classes apart or more, and these names mean {}",
            counted(chosen.len(), "class", "classes")
        ))),
        _ => Ok(chosen),
    }
}

impl Member {
    /// Keeps the rows of the classifier that are those of `classes`, which are some of its own in their order, and the photographs that
    /// show them.
    pub(super) fn restrict(&mut self, classes: &[String]) {
        let all = &self.bundle.classes;
        let kept: Vec<usize> = (0..all.len()).filter(|&place| classes.contains(&all[place])).collect();
        let head = self.bundle.graph.classifier();
        let node = &mut self.bundle.graph.nodes[head];
        if let Op::Linear { features: count } | Op::Conv { channels: count, .. } = &mut node.op {
            *count = kept.len();
        }
        let own = format!("{}.", node.name);
        for (_, tensor) in self.bundle.state.tensors.iter_mut().filter(|(name, _)| name.starts_with(&own)) {
            let row = tensor.data.len() / all.len().max(1);
            let data = kept.iter().flat_map(|&place| &tensor.data[place * row..(place + 1) * row]).copied();
            let shape = [kept.len()].into_iter().chain(tensor.shape.iter().skip(1).copied()).collect();
            *tensor = Tensor { shape, data: data.collect() };
        }
        self.rows.retain(|_, row| classes.contains(&row.class));
        for row in self.rows.values_mut() {
            row.logits = kept.iter().map(|&place| row.logits[place]).collect();
        }
        self.training.retain(|_, class| classes.contains(class));
        self.validation.retain(|_, class| classes.contains(class));
        self.order = (0..kept.len()).collect();
        self.bundle.classes = classes.to_vec();
    }

    /// `state` with the classifier of the bundle in the place of its own.
    pub(super) fn with_own_classifier(&self, mut state: StateDict) -> StateDict {
        let head = format!("{}.", self.bundle.graph.nodes[self.bundle.graph.classifier()].name);
        state.tensors.retain(|name, _| !name.starts_with(&head));
        let own = self.bundle.state.tensors.iter().filter(|(name, _)| name.starts_with(&head));
        state.tensors.extend(own.map(|(name, tensor)| (name.clone(), tensor.clone())));
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_beginnings_mean_classes_in_the_order_of_the_run() {
        let all = ["potato blight", "potato healthy", "tomato blight"].map(str::to_owned);
        let of =
            |names: &[&str]| chosen(&all, &names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["tomato blight", "potato*"]).unwrap(), all);
        assert_eq!(of(&["tomato blight", "potato blight"]).unwrap(), [&*all[0], &*all[2]]);
        for (names, said) in
            [(vec!["maize*"], "maize*"), (vec!["tomato*"], "1 class"), (vec!["potato"], "potato healthy")]
        {
            assert!(of(&names).unwrap_err().to_string().contains(said), "{names:?}");
        }
    }
}
