//! Cutting a graph in two, so that the first part can be frozen.
//!
//! A graph can be cut after a node if everything behind it takes the value of that node and of none before it. The front
//! then computes features; the rest is a graph of its own, whose input they are. A front that only predicts uses its
//! running statistics, keeps its weights and needs no gradient: that is what freezing means here, and nothing else has to
//! know of it.

use crate::error::GraphError;
use crate::graph::{Graph, Node, NodeId, Op};
use crate::shapes;

/// Side of the photographs by which stages are told apart, in pixels: large enough for every network.
const REFERENCE_SIZE: usize = 224;

impl Graph {
    /// The nodes after which the graph can be cut, from the input to the node before the classifier.
    pub fn cuts(&self) -> Vec<NodeId> {
        let mut last_use: Vec<NodeId> = (0..self.nodes.len()).collect();
        for (id, node) in self.nodes.iter().enumerate() {
            node.inputs.iter().for_each(|&input| last_use[input] = id);
        }
        let mut reach = 0;
        let mut cuts = Vec::new();
        for (id, &last_use) in last_use.iter().enumerate().take(self.classifier()) {
            // No value from before `id` is used behind it.
            if reach <= id {
                cuts.push(id);
            }
            reach = reach.max(last_use);
        }
        cuts
    }

    /// The last node of everything before the classifier. Dropout, and square roots of shares, right before the classifier belong to
    /// the classifier.
    pub fn backbone(&self) -> NodeId {
        let mut id = self.classifier();
        while let Some(&input) = self.nodes.get(id).and_then(|node| node.inputs.first()) {
            id = input;
            if !matches!(self.nodes[id].op, Op::Dropout { .. } | Op::Hellinger) {
                break;
            }
        }
        id
    }

    /// Whether the classifier sees square roots of the features' shares.
    pub fn has_hellinger(&self) -> bool {
        let behind = self.nodes.get(self.backbone() + 1..).unwrap_or_default();
        behind.iter().any(|node| node.op == Op::Hellinger)
    }

    /// The same network whose classifier sees the square roots of the features' shares, [`Op::Hellinger`]; itself where it does already.
    /// Tensors keep their names.
    #[must_use]
    pub fn with_hellinger(&self) -> Self {
        if self.has_hellinger() {
            return self.clone();
        }
        let backbone = self.backbone();
        let moved = |&input: &NodeId| if input >= backbone { input + 1 } else { input };
        let mut nodes = self.nodes[..=backbone].to_vec();
        nodes.push(Node { name: "hellinger".to_owned(), op: Op::Hellinger, inputs: vec![backbone] });
        nodes.extend(
            self.nodes[backbone + 1..]
                .iter()
                .map(|node| Node { inputs: node.inputs.iter().map(moved).collect(), ..node.clone() }),
        );
        Self { name: self.name.clone(), nodes }
    }

    /// The last node at which the graph can be cut and whose value has at least `side` x `side` pixels for photographs of
    /// `size` x `size`: what the classifier sees of where things are. Dropout and adaptive pooling right before the classifier
    /// add no place and are passed over. Of a list of tokens those of the picture count; the list is one that the last attention
    /// still takes.
    ///
    /// # Errors
    /// [`GraphError`] if the graph is malformed, or the photographs do not fit or are smaller than `side`.
    pub fn last_image(&self, size: usize, side: usize) -> Result<NodeId, GraphError> {
        let shapes = shapes::infer(self, 1, size, size)?;
        let attentions = self.attentions();
        let all = attentions.last().copied().unwrap_or(0);
        // What the last attention does not take any more does not reach the token that the classifier sees.
        let is_seen = |id: NodeId| all == 0 || attentions[id] < all;
        let adds_places = |id: NodeId| {
            let (_, [height, width, _]) = self.picture(id, shapes[id]);
            !matches!(self.nodes[id].op, Op::Dropout { .. } | Op::AdaptiveAveragePool { .. })
                && height.min(width) >= side
                && is_seen(id)
        };
        self.cuts().into_iter().rev().find(|&id| adds_places(id)).ok_or_else(|| {
            let node = self.nodes.first().map_or_else(String::new, |node| node.name.clone());
            GraphError::Malformed {
                node,
                what: format!("photographs of {size} pixels a side have no {side}"),
            }
        })
    }

    /// The last node of each stage. A stage is what computes on images of one size; the first ends before the images
    /// become smaller for the second time. The ResNets have five: the stem and `layer1` to `layer4`. Networks of attention, whose
    /// lists of tokens keep their length, have what makes tokens and four parts of equally many blocks.
    ///
    /// # Errors
    /// A malformed graph.
    pub fn stages(&self) -> Result<Vec<NodeId>, GraphError> {
        let shapes = shapes::infer(self, 1, REFERENCE_SIZE, REFERENCE_SIZE)?;
        let backbone = self.backbone();
        let cuts: Vec<NodeId> = self.cuts().into_iter().filter(|&cut| 0 < cut && cut <= backbone).collect();
        let mut stages: Vec<NodeId> = Vec::new();
        let attentions = self.attentions();
        let quarter = attentions.last().map_or(0, |all| all.div_ceil(4));
        for (index, &cut) in cuts.iter().enumerate() {
            let shrinks = match cuts.get(index + 1) {
                None => true,
                Some(&next) if quarter > 0 => {
                    attentions[cut] < attentions[next] && attentions[cut].is_multiple_of(quarter)
                }
                Some(&next) => shapes[next].h() < shapes[cut].h(),
            };
            let begin = stages.last().map_or(0, |&end| end + 1);
            let has_parameters = |id: NodeId| {
                let op = &self.nodes[id].op;
                matches!(
                    op,
                    Op::Conv { .. }
                        | Op::GroupedConv { .. }
                        | Op::Depthwise { .. }
                        | Op::BatchNorm { .. }
                        | Op::Linear { .. }
                        | Op::PixelLinear { .. }
                        | Op::LayerNorm { .. }
                )
            };
            if shrinks && (begin..=cut).any(has_parameters) {
                stages.push(cut);
            }
        }
        Ok(stages)
    }

    /// For each node, the stage that it belongs to, from 0; the classifier and what stands behind the last stage are a
    /// stage of their own.
    ///
    /// # Errors
    /// As [`Graph::stages`].
    pub fn stage_of_nodes(&self) -> Result<Vec<usize>, GraphError> {
        let stages = self.stages()?;
        Ok((0..self.nodes.len()).map(|id| stages.iter().filter(|&&end| end < id).count()).collect())
    }

    /// The graph up to and with `cut`, and the graph behind it, for photographs of `size` x `size` pixels. Names stay, so
    /// that the tensors of both parts together are those of the whole.
    ///
    /// # Errors
    /// [`GraphError::Malformed`] if the graph cannot be cut there, [`GraphError::Size`] if the photographs do not fit.
    pub fn split(&self, cut: NodeId, size: usize) -> Result<(Graph, Graph), GraphError> {
        let Some(last) = self.nodes.get(cut).filter(|_| self.cuts().contains(&cut)) else {
            let node = self.nodes.get(cut).map_or_else(String::new, |node| node.name.clone());
            let what = "the network cannot be cut here: later nodes take values from before it".to_owned();
            return Err(GraphError::Malformed { node, what });
        };
        let shape = shapes::infer(self, 1, size, size)?[cut];
        let features = Op::Features { height: shape.h(), width: shape.w(), channels: shape.c() };
        let mut tail = vec![Node { name: last.name.clone(), op: features, inputs: Vec::new() }];
        tail.extend(self.nodes[cut + 1..].iter().map(|node| Node {
            inputs: node.inputs.iter().map(|input| input - cut).collect(),
            ..node.clone()
        }));
        let graph = |nodes| Graph { name: self.name.clone(), nodes };
        Ok((graph(self.nodes[..=cut].to_vec()), graph(tail)))
    }
}

#[cfg(test)]
mod tests {
    use crate::zoo;

    #[test]
    fn stages_end_where_images_shrink() {
        let check = |model: &str, expected: &[&str]| {
            let graph = zoo::build(model, 5).unwrap();
            let ends: Vec<&str> =
                graph.stages().unwrap().into_iter().map(|id| graph.nodes[id].name.as_str()).collect();
            assert_eq!(ends, expected, "{model}");
        };
        check("resnet18", &["relu", "layer1.1.relu", "layer2.1.relu", "layer3.1.relu", "layer4.1.relu"]);
        check("baseline", &["relu1", "relu2", "relu3", "relu4", "relu5"]);
    }

    #[test]
    fn every_model_has_stages_before_its_backbone_ends() {
        for model in zoo::MODELS {
            let graph = zoo::build(model, 5).unwrap();
            let stages = graph.stages().unwrap();
            assert!((4..=7).contains(&stages.len()), "{model}: {stages:?}");
            assert!(stages.iter().all(|&end| end <= graph.backbone()), "{model}");
            assert!(graph.cuts().contains(&graph.backbone()), "{model}");
            assert!(stages.iter().all(|end| graph.cuts().contains(end)), "{model}");
        }
    }

    #[test]
    fn the_last_image_is_what_is_averaged() {
        let check = |model: &str, expected: &str| {
            let graph = zoo::build(model, 5).unwrap();
            assert_eq!(graph.nodes[graph.last_image(224, 7).unwrap()].name, expected, "{model}");
        };
        check("baseline", "relu5");
        check("resnet18", "layer4.1.relu");
        check("vgg16_bn", "features.43");
        // A photograph so small that the last stage has one pixel.
        let graph = zoo::build("resnet18", 5).unwrap();
        assert_eq!(graph.nodes[graph.last_image(32, 2).unwrap()].name, "layer3.1.relu");
        assert_eq!(graph.last_image(32, 32), Ok(0));
        assert!(graph.last_image(32, 33).is_err());
    }

    #[test]
    fn a_residual_connection_can_not_be_cut() {
        let graph = zoo::build("resnet18", 5).unwrap();
        let inside = graph.nodes.iter().position(|node| node.name == "layer1.0.conv1").unwrap();
        let error = graph.split(inside, 64).unwrap_err().to_string();
        assert!(error.contains("layer1.0.conv1"), "{error}");
    }
}
