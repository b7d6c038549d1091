//! A network of one hidden layer that really learns, so that the tests' logs are those of real runs.
//!
//! | symbol | shape                      | is                                  |
//! | ------ | -------------------------- | ----------------------------------- |
//! | `x`    | samples x dims             | draws around one centre a class     |
//! | `w1`   | hidden x (dims + 1)        | first layer, last column the offset |
//! | `w2`   | classes x (hidden + 1)     | second layer, likewise              |
//!
//! Plain stochastic gradient descent with momentum 0.9 on the mean cross-entropy.

use super::dice::Dice;

/// What is to be learned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Task {
    pub(crate) classes: usize,
    pub(crate) dims: usize,
    /// Distance of the centres, in standard deviations of the samples.
    pub(crate) separation: f64,
    pub(crate) train_size: usize,
    pub(crate) validation_size: usize,
    /// Share of labels that are drawn anew, in both sets.
    pub(crate) label_noise: f64,
}

/// How it is learned, and what goes wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) epochs: usize,
    pub(crate) hidden: usize,
    pub(crate) rate: f64,
    pub(crate) batch_size: usize,
    /// Standard deviation of the first weights, in multiples of the usual one.
    pub(crate) initial: f64,
    pub(crate) fault: Fault,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    None,
    /// Labels of the training set are shuffled and the rate is tiny.
    NothingToLearn,
    /// From this epoch on, the rate is a thousand times higher.
    RateJump(usize),
    /// In this epoch the weights become NaN.
    Nan(usize),
    /// Cross-entropy of the softmax of probabilities.
    DoubleSoftmax,
    /// Class `c` is called `c + 1` in the validation set.
    WrongLabels,
    /// The features of the validation inputs stand in another order.
    Preprocessing,
    /// This weight times the squared weights is added to the printed loss and, if above zero, learned from.
    Penalty(f64),
    /// Training inputs are jittered by this many standard deviations.
    Augmented(f64),
    /// This share of validation samples is inverted and far too bright in some epochs.
    Extremes(f64),
    /// This share of each target is spread over all classes, in training and perhaps in validation.
    Smoothing {
        share: f64,
        in_validation: bool,
    },
    /// The validation inputs are scaled by the first and shifted by the second, as by running statistics of other photos.
    Statistics(f64, f64),
    /// This share of the validation set are copies of training samples.
    Copies(f64),
    /// The first layer never changes.
    FrozenFront,
    /// Half of all samples are of one class, and the hidden values are 0.
    DeadFront,
    /// In this share of epochs, validation sees its inputs through other statistics.
    Lag(f64),
}

/// What one epoch came to, before anything is added up.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct EpochSums {
    pub(crate) train: Sums,
    pub(crate) validation: Sums,
    /// The penalty at the end of the epoch.
    pub(crate) penalty: f64,
}

/// Sums over one pass.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sums {
    /// Sum of the losses of all samples.
    pub(crate) loss: f64,
    /// Sum of the means of the batches.
    pub(crate) batch_means: f64,
    pub(crate) correct: usize,
    pub(crate) samples: usize,
    pub(crate) batches: usize,
}

struct Net {
    dims: usize,
    hidden: usize,
    classes: usize,
    /// Whether the hidden values are 0.
    dead: bool,
    w1: Vec<f32>,
    w2: Vec<f32>,
    v1: Vec<f32>,
    v2: Vec<f32>,
}

struct Data {
    inputs: Vec<f32>,
    labels: Vec<usize>,
}

/// Learns `task` by `plan`; one entry an epoch.
pub(crate) fn learn(task: &Task, plan: &Plan, dice: &mut Dice) -> Vec<EpochSums> {
    let centres: Vec<f32> =
        (0..task.classes * task.dims).map(|_| (dice.normal() * task.separation) as f32).collect();
    let mut train = draw(task, task.train_size, &centres, dice);
    let mut validation = draw(task, task.validation_size, &centres, dice);
    match plan.fault {
        Fault::NothingToLearn => {
            train.labels.iter_mut().for_each(|label| *label = dice.below(task.classes));
            validation.labels.iter_mut().for_each(|label| *label = dice.below(task.classes));
        }
        Fault::WrongLabels => {
            validation.labels.iter_mut().for_each(|label| *label = (*label + 1) % task.classes);
        }
        Fault::Preprocessing => validation.inputs.chunks_mut(task.dims).for_each(|x| x.reverse()),
        Fault::Statistics(factor, offset) => {
            validation.inputs.iter_mut().for_each(|x| *x = *x * factor as f32 + offset as f32);
        }
        Fault::Copies(share) => {
            let copies = (share * task.validation_size.min(task.train_size) as f64) as usize;
            let values = copies * task.dims;
            validation.inputs[..values].copy_from_slice(&train.inputs[..values]);
            validation.labels[..copies].copy_from_slice(&train.labels[..copies]);
        }
        Fault::DeadFront => {
            train.labels.iter_mut().chain(&mut validation.labels).for_each(|label| {
                *label = if dice.chance(0.4) { 0 } else { *label };
            });
        }
        _ => {}
    }
    let usual = validation.inputs.clone();
    let mut net = Net::new(task, plan, dice);
    let mut order: Vec<usize> = (0..task.train_size).collect();
    let mut epochs = Vec::with_capacity(plan.epochs);
    for epoch in 0..plan.epochs {
        let mut rate = plan.rate;
        match plan.fault {
            Fault::RateJump(at) if epoch >= at => rate *= 1000.0,
            Fault::Nan(at) if epoch == at => net.w2[0] = f32::NAN,
            _ => {}
        }
        dice.shuffle(&mut order);
        let mut sums = EpochSums::default();
        for batch in order.chunks(plan.batch_size) {
            net.step(&train, batch, plan, rate as f32, dice, &mut sums.train);
        }
        if let Fault::Extremes(share) = plan.fault {
            validation.inputs.clone_from(&usual);
            if epoch > 1 && dice.chance(0.3) {
                let count = (share * task.validation_size as f64).ceil() as usize;
                let factor = dice.magnitude(30.0, 3000.0) as f32;
                validation.inputs[..count * task.dims].iter_mut().for_each(|x| *x *= -factor);
            }
        }
        if let Fault::Lag(share) = plan.fault {
            validation.inputs.clone_from(&usual);
            if epoch > 0 && dice.chance(share) {
                let (factor, offset) = (dice.magnitude(0.2, 5.0) as f32, dice.between(-3.0, 3.0) as f32);
                validation.inputs.iter_mut().for_each(|x| *x = *x * factor + offset);
            }
        }
        let all: Vec<usize> = (0..task.validation_size).collect();
        for batch in all.chunks(plan.batch_size) {
            net.measure(&validation, batch, plan, &mut sums.validation);
        }
        if let Fault::Penalty(weight) = plan.fault {
            let squares: f32 = net.w1.iter().chain(&net.w2).map(|w| w * w).sum();
            sums.penalty = weight.abs() * f64::from(squares);
        }
        epochs.push(sums);
    }
    epochs
}

fn draw(task: &Task, size: usize, centres: &[f32], dice: &mut Dice) -> Data {
    let mut inputs = Vec::with_capacity(size * task.dims);
    let mut labels = Vec::with_capacity(size);
    for _ in 0..size {
        let class = dice.below(task.classes);
        inputs.extend((0..task.dims).map(|dim| centres[class * task.dims + dim] + dice.normal() as f32));
        labels.push(if dice.chance(task.label_noise) { dice.below(task.classes) } else { class });
    }
    Data { inputs, labels }
}

impl Net {
    fn new(task: &Task, plan: &Plan, dice: &mut Dice) -> Self {
        let (dims, hidden, classes) = (task.dims, plan.hidden, task.classes);
        let reach = (dims as f64 * (1.0 + task.separation * task.separation)).sqrt();
        let w1: Vec<f32> = (0..hidden * (dims + 1)).map(|_| (dice.normal() / reach) as f32).collect();
        let deviation = plan.initial / (hidden as f64).sqrt();
        let w2: Vec<f32> = (0..classes * (hidden + 1)).map(|_| (dice.normal() * deviation) as f32).collect();
        let (v1, v2) = (vec![0.0; w1.len()], vec![0.0; w2.len()]);
        let dead = plan.fault == Fault::DeadFront;
        Self { dims, hidden, classes, dead, w1, w2, v1, v2 }
    }

    /// Hidden values and probabilities for one sample.
    fn forward(&self, x: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let hidden: Vec<f32> = self
            .w1
            .chunks_exact(self.dims + 1)
            .map(|row| (dot(&row[..self.dims], x) + row[self.dims]).max(0.0))
            .collect();
        let hidden = if self.dead { vec![0.0; self.hidden] } else { hidden };
        let logits: Vec<f32> = self
            .w2
            .chunks_exact(self.hidden + 1)
            .map(|row| dot(&row[..self.hidden], &hidden) + row[self.hidden])
            .collect();
        (hidden, softmax(&logits))
    }

    /// Adds one sample to the sums and returns its loss, against a target of which `smoothed` is spread over all classes; with it the
    /// gradient of the logits.
    fn judge(&self, p: &[f32], label: usize, smoothed: f64, plan: &Plan, sums: &mut Sums) -> (f64, Vec<f32>) {
        let likeliest = (0..self.classes).fold(0, |best, c| if p[c] > p[best] { c } else { best });
        sums.correct += usize::from(likeliest == label && p[label].is_finite());
        sums.samples += 1;
        if plan.fault == Fault::DoubleSoftmax {
            let q = softmax(p);
            let slope: Vec<f32> = (0..self.classes).map(|c| q[c] - f32::from(u8::from(c == label))).collect();
            let mean = dot(p, &slope);
            (-f64::from(q[label].ln()), (0..self.classes).map(|c| p[c] * (slope[c] - mean)).collect())
        } else {
            let share = smoothed / self.classes as f64;
            let target = |c: usize| if c == label { 1.0 - smoothed + share } else { share };
            let cost = |c: usize| -f64::from(p[c].max(1e-38).ln());
            let loss: f64 = if smoothed > 0.0 {
                (0..self.classes).map(|c| target(c) * cost(c)).sum()
            } else {
                cost(label)
            };
            let loss = if p[label].is_nan() { f64::NAN } else { loss };
            (loss, (0..self.classes).map(|c| p[c] - target(c) as f32).collect())
        }
    }

    fn measure(&self, data: &Data, batch: &[usize], plan: &Plan, sums: &mut Sums) {
        let mut total = 0.0;
        for &sample in batch {
            let (_, p) = self.forward(&data.inputs[sample * self.dims..][..self.dims]);
            let smoothed = match plan.fault {
                Fault::Smoothing { share, in_validation: true } => share,
                _ => 0.0,
            };
            total += self.judge(&p, data.labels[sample], smoothed, plan, sums).0;
        }
        sums.loss += total;
        sums.batch_means += total / batch.len() as f64;
        sums.batches += 1;
    }

    fn step(
        &mut self,
        data: &Data,
        batch: &[usize],
        plan: &Plan,
        rate: f32,
        dice: &mut Dice,
        sums: &mut Sums,
    ) {
        let mut g1 = vec![0.0f32; self.w1.len()];
        let mut g2 = vec![0.0f32; self.w2.len()];
        let mut total = 0.0;
        for &sample in batch {
            let mut x = data.inputs[sample * self.dims..][..self.dims].to_vec();
            if let Fault::Augmented(size) = plan.fault {
                x.iter_mut().for_each(|x| *x += (dice.normal() * size) as f32);
            }
            let (hidden, p) = self.forward(&x);
            let smoothed = if let Fault::Smoothing { share, .. } = plan.fault { share } else { 0.0 };
            let (loss, slope) = self.judge(&p, data.labels[sample], smoothed, plan, sums);
            total += loss;
            let mut back = vec![0.0f32; self.hidden];
            for (class, &d) in slope.iter().enumerate() {
                let row = class * (self.hidden + 1);
                for unit in 0..self.hidden {
                    back[unit] += d * self.w2[row + unit];
                    g2[row + unit] += d * hidden[unit];
                }
                g2[row + self.hidden] += d;
            }
            for unit in (0..self.hidden).filter(|&unit| hidden[unit] > 0.0) {
                let row = unit * (self.dims + 1);
                for dim in 0..self.dims {
                    g1[row + dim] += back[unit] * x[dim];
                }
                g1[row + self.dims] += back[unit];
            }
        }
        sums.loss += total;
        sums.batch_means += total / batch.len() as f64;
        sums.batches += 1;
        let pull = if let Fault::Penalty(weight) = plan.fault { weight.max(0.0) as f32 } else { 0.0 };
        let share = rate / batch.len() as f32;
        if plan.fault == Fault::FrozenFront {
            g1.fill(0.0);
        }
        let weights = self.w1.iter_mut().zip(&mut self.v1).zip(&g1);
        for ((w, v), g) in weights.chain(self.w2.iter_mut().zip(&mut self.v2).zip(&g2)) {
            *v = 0.9 * *v - share * g - rate * 2.0 * pull * *w;
            *w += *v;
        }
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn softmax(logits: &[f32]) -> Vec<f32> {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f32> = logits.iter().map(|z| (z - top).exp()).collect();
    let total: f32 = powers.iter().sum();
    powers.iter().map(|power| power / total).collect()
}
