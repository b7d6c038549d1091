//! The operations that answers are made of, in every format.

use foliar_nn::HELLINGER_FLOOR as FLOOR;

/// What takes two values, which broadcast as NumPy's do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Equal,
    LessOrEqual,
    GreaterOrEqual,
    And,
}

/// A graph under construction, as far as answers need it. Names and order of what is made follow from the order of calls alone.
pub(crate) trait Ops {
    /// A value of the graph.
    type Value: Clone;

    /// Names of what follows begin with `scope`.
    fn enter(&mut self, scope: &str);

    /// Numbers of this shape; none for a single number.
    fn floats(&mut self, shape: &[usize], values: &[f32]) -> Self::Value;

    /// Whole numbers in one dimension.
    fn ints(&mut self, values: &[i64]) -> Self::Value;

    fn float(&mut self, value: f32) -> Self::Value {
        self.floats(&[], &[value])
    }

    fn int(&mut self, value: i64) -> Self::Value;

    fn binary(&mut self, op: Binary, a: &Self::Value, b: &Self::Value) -> Self::Value;

    /// The matrix product; of `a` and the transposed matrix `b` if so `transposed`.
    fn matmul(&mut self, a: &Self::Value, b: &Self::Value, transposed: bool) -> Self::Value;

    fn relu(&mut self, x: &Self::Value) -> Self::Value;

    fn root(&mut self, x: &Self::Value) -> Self::Value;

    /// `a` where `condition` holds, else `b`.
    fn select(&mut self, condition: &Self::Value, a: &Self::Value, b: &Self::Value) -> Self::Value;

    /// The sum along `axis`, which stays with an extent of one if it is to be kept.
    fn sum(&mut self, x: &Self::Value, axis: usize, keep: bool) -> Self::Value;

    /// The least number along `axis`, which goes.
    fn least(&mut self, x: &Self::Value, axis: usize) -> Self::Value;

    /// Of (n, C), along the last dimension.
    fn softmax(&mut self, x: &Self::Value) -> Self::Value;

    /// The place of the largest number of each row of (n, C), (n, 1).
    fn arg_max(&mut self, x: &Self::Value) -> Self::Value;

    /// With a new dimension of one at `axis`.
    fn insert(&mut self, x: &Self::Value, axis: usize) -> Self::Value;

    /// Without the dimension of one at `axis`.
    fn remove(&mut self, x: &Self::Value, axis: usize) -> Self::Value;
}

/// Square roots of shares of the `channels` numbers along `axis`, as [`foliar_nn::Op::Hellinger`] defines them.
pub(crate) fn hellinger<B: Ops>(b: &mut B, x: &B::Value, axis: usize, channels: usize) -> B::Value {
    let positive = b.relu(x);
    let sum = b.sum(&positive, axis, true);
    let (channels, floor) = (b.float(channels as f32), b.float(FLOOR));
    let mean = b.binary(Binary::Div, &sum, &channels);
    let mean = b.binary(Binary::Add, &mean, &floor);
    let shares = b.binary(Binary::Div, &positive, &mean);
    b.root(&shares)
}
