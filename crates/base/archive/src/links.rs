//! From what an archive lists, in order, to one member for each name.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use crate::member::Member;
use crate::problem::ArchiveProblem;

/// Links from one to the next until a file is found, as systems allow.
const LONGEST_CHAIN: usize = 40;

/// What an archive lists, in its order.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) files: Vec<(PathBuf, Listed)>,
    pub(crate) folders: Vec<PathBuf>,
    pub(crate) problems: Vec<ArchiveProblem>,
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Listed {
    File(Member),
    /// The same file as one before it, by its path in the archive.
    HardLink(PathBuf),
    /// A path from the folder of the link, or from the root of a file system.
    SymbolicLink(PathBuf),
}

/// The member of each name, with the folders. Of equal names the last is taken; links become the members that they lead to.
pub(crate) fn resolved(listing: Listing) -> (BTreeMap<PathBuf, Member>, Vec<PathBuf>, Vec<ArchiveProblem>) {
    let Listing { files, folders, mut problems } = listing;
    let mut members: BTreeMap<PathBuf, Member> = BTreeMap::new();
    // Where each leads, if it stays inside.
    let mut symbolic: BTreeMap<PathBuf, Option<PathBuf>> = BTreeMap::new();
    let (mut twice, mut example) = (0_usize, None);
    for (path, listed) in files {
        let earlier = members.remove(&path).is_some() | symbolic.remove(&path).is_some();
        if earlier {
            twice += 1;
            example.get_or_insert_with(|| path.clone());
        }
        match listed {
            Listed::File(member) => drop(members.insert(path, member)),
            Listed::SymbolicLink(target) => {
                let target = inside(&path, &target);
                symbolic.insert(path, target);
            }
            Listed::HardLink(target) => match (members.get(&target).copied(), symbolic.get(&target).cloned())
            {
                (Some(member), _) => drop(members.insert(path, member)),
                (None, Some(link)) => drop(symbolic.insert(path, link)),
                (None, None) => {
                    problems.push(ArchiveProblem::lost(path, "a link to a file that is not in the archive"));
                }
            },
        }
    }
    if let Some(example) = example {
        let names = if twice == 1 { "1 name is" } else { &format!("{twice} names are") };
        let what = format!("{names} there more than once, such as {}; the last is read", example.display());
        problems.push(ArchiveProblem::note("", what));
    }
    let led: Vec<(PathBuf, Result<Member, &str>)> =
        symbolic.keys().map(|link| (link.clone(), followed(link, &symbolic, &members))).collect();
    for (link, found) in led {
        match found {
            Ok(member) => drop(members.insert(link, member)),
            Err(what) => problems.push(ArchiveProblem::lost(link, what)),
        }
    }
    (members, folders, problems)
}

/// The member to which a chain of links leads.
fn followed(
    link: &Path,
    links: &BTreeMap<PathBuf, Option<PathBuf>>,
    members: &BTreeMap<PathBuf, Member>,
) -> Result<Member, &'static str> {
    let mut here = link.to_owned();
    for _ in 0..LONGEST_CHAIN {
        let Some(target) = links.get(&here) else {
            return members.get(&here).copied().ok_or("a link to a folder, or to what is not in the archive");
        };
        here = target.clone().ok_or("a link that leads out of the archive")?;
    }
    Err("a link that leads to itself")
}

/// Where `target` leads from the folder of `link`, if it stays inside.
fn inside(link: &Path, target: &Path) -> Option<PathBuf> {
    let mut here = link.parent()?.to_owned();
    for part in target.components() {
        match part {
            Component::Normal(name) => here.push(name),
            Component::CurDir => {}
            Component::ParentDir if here.pop() => {}
            _ => return None,
        }
    }
    Some(here)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::member::Packing;

    #[test]
    fn links_lead_to_members_and_nowhere_else() {
        let file = |offset| Listed::File(Member { length: 1, offset, packing: Packing::Plain });
        let hard = |path: &str| Listed::HardLink(path.into());
        let soft = |path: &str| Listed::SymbolicLink(path.into());
        let files = [
            ("a/1", file(1)),
            ("a/2", hard("a/1")),
            ("b/3", soft("../a/2")),
            ("b/4", soft("./3")),
            ("b/5", hard("b/3")),
            ("a/1", file(7)),
            ("c/out", soft("../../etc/passwd")),
            ("c/root", soft("/etc/passwd")),
            ("c/nothing", hard("z")),
            ("c/folder", soft("../a")),
            ("c/self", soft("self")),
            ("c/one", soft("two")),
            ("c/two", soft("one")),
        ];
        let files = files.into_iter().map(|(path, listed)| (PathBuf::from(path), listed)).collect();
        let (members, _, problems) = resolved(Listing { files, ..Listing::default() });
        let offset = |path: &str| members.get(Path::new(path)).map(|member| member.offset);
        let found: Vec<_> = ["a/1", "a/2", "b/3", "b/4", "b/5"].map(offset).to_vec();
        assert_eq!(found, [Some(7), Some(1), Some(1), Some(1), Some(1)]);
        assert_eq!(members.len(), 5);
        let lost: Vec<_> =
            problems.iter().filter(|problem| problem.left_out).map(|problem| &problem.path).collect();
        assert_eq!(lost.len(), 7, "{problems:?}");
        assert!(problems.iter().any(|problem| !problem.left_out && problem.what.contains("a/1")));
    }
}
