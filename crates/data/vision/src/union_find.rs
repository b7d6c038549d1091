//! Disjoint sets.

/// A partition of `0..count` (union-find, Tarjan 1975, with path halving). The name of a set is its lowest member, so it does
/// not depend on the order of the unions.
#[derive(Clone, Debug)]
pub struct UnionFind(Vec<usize>);

impl UnionFind {
    /// `count` sets of one member each.
    #[must_use]
    pub fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    /// The lowest member of the set of `member`.
    pub fn find(&mut self, mut member: usize) -> usize {
        while self.0[member] != member {
            self.0[member] = self.0[self.0[member]];
            member = self.0[member];
        }
        member
    }

    /// Joins the sets of `a` and `b`.
    pub fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.find(a), self.find(b));
        self.0[a.max(b)] = a.min(b);
    }

    /// The lowest member of the set of each.
    #[must_use]
    pub fn names(mut self) -> Vec<usize> {
        (0..self.0.len()).map(|member| self.find(member)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_sets_share_their_lowest_member() {
        let mut sets = UnionFind::new(6);
        [(5, 3), (1, 0), (3, 1)].into_iter().for_each(|(a, b)| sets.join(a, b));
        assert_eq!(sets.names(), [0, 0, 2, 0, 4, 0]);
    }
}
