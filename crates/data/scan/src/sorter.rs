//! What becomes of each file of a tree: its folders say it, or tables do.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use foliar_files::{Printable as _, quoted};
use foliar_labels::{ClassMap, ColumnChoice, LabelError, Labels, Mapped, labels_beside};
use foliar_vision::dataset::TableOrigin;
use foliar_vision::problem::{Problem, Reason};
use foliar_vision::{LabelSets, counted, portable_name};

use crate::companion::companions;
use crate::discover::{Discovered, contradicting, discover, tables, tables_and_lists, ways};
use crate::error::ScanError;
use crate::labelled::{Labelled, Pictures, Sorted, read_labels};
use crate::layout::Layout;
use crate::litter::is_own;
use crate::node::Node;
use crate::options::{ClassesFrom, LabelSource, ScanOptions};
use crate::photoless;
use crate::recognise::recognise;
use crate::walk::Tree;
use crate::wording::listed;

/// Classes that a sentence lists.
const NAMED: usize = 5;

/// Sorts the files of a tree.
pub(crate) struct Sorter<'a> {
    by: By<'a>,
    map: Option<&'a ClassMap>,
    /// The classes before the map.
    labels: BTreeSet<String>,
}

enum By<'a> {
    Folders(Layout, BTreeSet<&'a Path>),
    Tables(Box<Labelled>),
}

impl<'a> Sorter<'a> {
    /// # Errors
    /// Folders or tables that cannot be decided on, and a map of classes that names none of them.
    pub(crate) fn of(root: &Path, tree: &'a Tree, options: &'a ScanOptions) -> Result<Self, ScanError> {
        let map = options.classes.as_ref();
        let by = understood(root, tree, options)?;
        if matches!(by, By::Folders(..)) && !options.labels.task.is_multi_class() {
            return Err(ScanError::LabelsWithoutTable { root: root.to_owned() });
        }
        let labels: BTreeSet<String> = match &by {
            By::Tables(labelled) => labelled.labels.clone(),
            By::Folders(layout, _) => {
                let pictures = tree.files.iter().filter(|path| tree.is_picture(path));
                pictures.filter_map(|path| layout.place(path)).map(|place| place.class).collect()
            }
        };
        if let Some(map) = map.filter(|map| !map.names_any(&labels)) {
            return Err(ScanError::NoSuchClass {
                file: map.path().to_owned(),
                root: root.to_owned(),
                classes: labels.into_iter().take(NAMED).collect(),
            });
        }
        Ok(Self { by, map, labels })
    }

    /// What becomes of a file.
    pub(crate) fn sort(&self, path: &Path) -> Sorted {
        let (layout, companions) = match &self.by {
            By::Tables(labelled) => return labelled.sort(path),
            By::Folders(layout, companions) => (layout, companions),
        };
        if layout.left_out(path).is_some() {
            return Sorted::Ignored;
        }
        if companions.contains(path) {
            return Sorted::Problem(Reason::Mask);
        }
        let Some(place) = layout.place(path) else { return Sorted::Problem(Reason::OutsideClass) };
        match self.map.map(|map| map.apply(std::slice::from_ref(&place.class), str::to_owned)) {
            None => Sorted::Photo(place.class, place.split),
            Some(Mapped::Class(class)) => Sorted::Photo(class, place.split),
            Some(Mapped::LeftOut | Mapped::Several) => Sorted::Unwanted,
        }
    }

    /// Problems that are of no file.
    pub(crate) fn problems(&self, root: &Path, tree: &Tree, used: &[&Path]) -> Vec<Problem> {
        match &self.by {
            By::Tables(labelled) => labelled.problems.clone(),
            By::Folders(layout, _) => self.empty_classes(root, tree, layout, used),
        }
    }

    /// Class folders that are empty or have only unusable pictures. A folder of other files, or of runs of this program, is not a
    /// class.
    fn empty_classes(&self, root: &Path, tree: &Tree, layout: &Layout, used: &[&Path]) -> Vec<Problem> {
        let filled: BTreeSet<String> =
            used.iter().filter_map(|path| layout.place(path)).map(|place| place.class).collect();
        let mut contents: BTreeMap<String, (PathBuf, bool, bool)> = BTreeMap::new();
        let above: BTreeSet<&Path> = match layout.classes_from {
            ClassesFrom::Depth(_) => BTreeSet::new(),
            ClassesFrom::Last => tree.folders.iter().filter_map(|folder| folder.parent()).collect(),
        };
        let may_be =
            |folder: &&PathBuf| layout.left_out(folder).is_none() && !above.contains(folder.as_path());
        for folder in tree.folders.iter().filter(may_be) {
            if let Some(class) = layout.class_folder(folder) {
                contents.entry(class).or_insert_with(|| (folder.clone(), false, false));
            }
        }
        for path in &tree.files {
            if let Some(entry) = layout.place(path).and_then(|place| contents.get_mut(&place.class)) {
                entry.1 = true;
                entry.2 |= tree.is_picture(path);
            }
        }
        let wanted = |class: &String| {
            let left_out =
                |map: &ClassMap| map.apply(std::slice::from_ref(class), str::to_owned) == Mapped::LeftOut;
            !self.map.is_some_and(left_out)
        };
        contents
            .into_iter()
            .filter(|(class, (_, any, pictures))| {
                !filled.contains(class) && (*pictures || !any) && wanted(class)
            })
            .filter(|(_, (folder, ..))| !holds_own(&root.join(folder)))
            .map(|(_, (folder, ..))| Problem::new(folder, Reason::ClassWithoutPhotographs))
            .collect()
    }

    /// What had to be understood, in one sentence; `unwanted` photos are of classes that the map leaves out.
    pub(crate) fn sentence(&self, root: &Path, tree: &Tree, unwanted: usize) -> Option<String> {
        let understood = match &self.by {
            By::Tables(labelled) => Some(labelled.understood.clone()),
            By::Folders(layout, _) => layout.understood.clone(),
        };
        let mut said: Vec<String> = understood.into_iter().chain(self.unused_tables(root, tree)).collect();
        if let By::Folders(layout, _) = &self.by {
            said.extend(photoless::sentences(tree, layout));
        }
        if let Some(map) = self.map {
            let name = map.path().file_name().unwrap_or(map.path().as_os_str()).to_string_lossy();
            if unwanted > 0 {
                said.push(format!("{name} leaves out {}", counted(unwanted, "photo", "photos")));
            }
            let unknown = map.unmatched(&self.labels);
            if !unknown.is_empty() {
                let shown = unknown.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
                let more = if unknown.len() > NAMED { " and others" } else { "" };
                said.push(format!("{name} names classes that are not there: {shown}{more}"));
            }
        }
        (!said.is_empty()).then(|| said.join("; "))
    }

    /// Which tables and lists lie beside class folders, and that nothing is taken from them.
    fn unused_tables(&self, root: &Path, tree: &Tree) -> Option<String> {
        if matches!(self.by, By::Tables(_)) {
            return None;
        }
        let used = |path: &PathBuf| {
            let columns = ColumnChoice::default();
            let own = Labels::read(&root.join(path), &columns).is_ok_and(|labels| labels.is_output());
            !own && self.map.is_none_or(|map| !map.path().ends_with(path))
        };
        let unused: Vec<String> = tables_and_lists(root, tree)
            .iter()
            .filter(|path| used(path))
            .map(|path| portable_name(path))
            .collect();
        let more = match unused.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let shown = unused.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
        (!unused.is_empty()).then(|| {
            format!("the classes come from the folders, not from {shown}{more} (--labels FILE takes them from a table)")
        })
    }

    /// The labels of each of these classes, where tables give photos any number of them.
    pub(crate) fn label_sets(&self, classes: &[String]) -> Option<LabelSets> {
        let By::Tables(labelled) = &self.by else { return None };
        let sets = labelled.sets.as_ref()?;
        let labels = |class: &String| sets.get(class).cloned().unwrap_or_default();
        Some(LabelSets::new(&classes.iter().map(labels).collect::<Vec<_>>()))
    }

    /// The tables that say the classes.
    pub(crate) fn origin(&self) -> Option<TableOrigin> {
        match &self.by {
            By::Tables(labelled) => Some(labelled.origin.clone()),
            By::Folders(..) => None,
        }
    }
}

fn holds_own(folder: &Path) -> bool {
    foliar_archive::entries(folder).is_ok_and(|entries| entries.iter().any(|entry| is_own(entry)))
}

/// The tables that are named; else the folders, where they say classes and no table says others; else the one table there is.
fn understood<'a>(root: &Path, tree: &'a Tree, options: &ScanOptions) -> Result<By<'a>, ScanError> {
    let source = &options.labels;
    let map = options.classes.as_ref();
    let labelled = |tables: &[Labels], found: bool| {
        Labelled::of(root, tree, tables, map, source.task, found)
            .map(|labelled| By::Tables(Box::new(labelled)))
    };
    if !source.tables.is_empty() {
        let pictures = Pictures::of(tree);
        let tables = source.tables.iter().map(|path| read_labels(path, &source.columns, &pictures));
        return labelled(&tables.collect::<Result<Vec<_>, _>>()?, false);
    }
    if options.classes_from.is_none()
        && let Some(labels) = beside(root, tree, true)
    {
        return labelled(&[labels], true);
    }
    let recognised = recognise(root, &Node::of(tree), options.classes_from);
    let asked = *source != LabelSource::default();
    let folders = |layout: Layout| Ok(By::Folders(layout, companions(root, tree, &options.limits)));
    if options.classes_from.is_some() {
        return recognised.and_then(folders);
    }
    let layout = match recognised {
        Ok(layout) if !asked && classes_of(&layout, tree).len() > 1 => {
            let class_of = |path: &Path| layout.place(path).map(|place| place.class);
            let Some(table) = contradicting(root, tree, &class_of) else { return folders(layout) };
            let mut ways = vec![format!(
                "`{} --classes-from 1` if the folders are the classes",
                quoted(&root.shown().to_string())
            )];
            ways.splice(0..0, self::ways(root, std::slice::from_ref(&table)));
            return Err(ScanError::Undecided {
                root: root.to_owned(),
                what: format!("the folders sort the photos otherwise than {} does", table.shown()),
                ways,
            });
        }
        recognised => match beside(root, tree, false) {
            Some(labels) => return labelled(&[labels], true),
            None => recognised,
        },
    };
    let sorted = match (discover(root, tree, &source.columns), layout) {
        (Discovered::Obvious(tables), layout) => match layout {
            Err(ScanError::Undecided { root: at, what, mut ways }) if !asked => {
                let places: Vec<PathBuf> = tables.into_iter().map(|table| table.path).collect();
                ways.push(format!("`{}` to take the classes from there", labels_option(root, &places)));
                Err(ScanError::Undecided { root: at, what, ways })
            }
            Err(error @ ScanError::Mixed { .. }) if !asked => Err(error),
            _ => labelled(&tables, true),
        },
        (Discovered::Overlapping(places, overlap), _) => {
            let shown: Vec<String> = places.iter().map(|place| portable_name(place)).collect();
            let whole: Vec<PathBuf> = places.iter().map(|place| root.join(place)).collect();
            let all = format!("`{}` to leave these photos out", labels_option(root, &whole));
            // Nothing would be left of tables that list the same photos.
            let all = (overlap.twice < overlap.listed).then_some(all);
            Err(ScanError::Undecided {
                root: root.to_owned(),
                what: format!(
                    "{} are listed in more than one of {}, and no photo may both train and validate",
                    counted(overlap.twice, "photo", "photos"),
                    listed(&shown)
                ),
                ways: all.into_iter().chain(ways(root, &places)).collect(),
            })
        }
        (Discovered::Several(places), Err(ScanError::Undecided { root: at, what, ways })) if !asked => {
            let ways = ways.into_iter().chain(self::ways(root, &places)).collect();
            Err(ScanError::Undecided { root: at, what, ways })
        }
        (Discovered::Several(places), _) => Err(ScanError::Undecided {
            root: root.to_owned(),
            what: "several tables may say the classes".to_owned(),
            ways: ways(root, &places),
        }),
        (Discovered::Unclear(error), Ok(_) | Err(ScanError::LabelsElsewhere { .. })) => Err(error.into()),
        (_, Ok(layout)) if classes_of(&layout, tree).is_empty() => {
            let tables: Vec<String> =
                tables(root, tree).iter().take(NAMED).map(|path| portable_name(path)).collect();
            let photos = tree.files.iter().any(|path| tree.is_picture(path));
            match tables.is_empty() || !photos {
                true => folders(layout),
                false => Err(ScanError::LabelsElsewhere {
                    root: root.to_owned(),
                    folders: "the photos".to_owned(),
                    what: "are in no class folders".to_owned(),
                    tables,
                }),
            }
        }
        (_, layout) => layout.and_then(folders),
    };
    sorted.map_err(|error| without_unusable(error, tree, source, root))
}

/// Labels in files beside the photos.
fn beside(root: &Path, tree: &Tree, cls_alone: bool) -> Option<Labels> {
    let pictures = Pictures::of(tree);
    let is_there = |path: &Path| tree.files.binary_search_by(|file| file.as_path().cmp(path)).is_ok();
    labels_beside(root, &pictures.paths, &is_there, cls_alone)
}

/// The error without the tables that would not do, and with what is wrong with the first of them.
fn without_unusable(error: ScanError, tree: &Tree, source: &LabelSource, top: &Path) -> ScanError {
    let ScanError::LabelsElsewhere { root, folders, mut what, mut tables } = error else { return error };
    let pictures = Pictures::of(tree);
    let mut unusable = None;
    tables.retain(|table| {
        let path = root.join(table);
        // A number of notes on single photos is no file.
        let read = match foliar_archive::is_file(&path) {
            true => read_labels(&path, &source.columns, &pictures).map_err(ScanError::from),
            false => return true,
        };
        match read.and_then(|labels| Labelled::of(top, tree, &[labels], None, source.task, false)) {
            Ok(_) | Err(ScanError::Undecided { .. } | ScanError::Labels(LabelError::Undecided { .. })) => {
                true
            }
            Err(error) => {
                unusable.get_or_insert(error);
                false
            }
        }
    });
    if let Some(error) = unusable {
        what.push_str(&format!("; no labels can be had from {error}"));
    }
    ScanError::LabelsElsewhere { root, folders, what, tables }
}

/// `PHOTOS --labels a.csv --labels b.csv`.
fn labels_option(root: &Path, tables: &[PathBuf]) -> String {
    let shown = |path: &Path| quoted(&path.shown().to_string());
    let option = |table: &PathBuf| format!(" --labels {}", shown(table));
    format!("{}{}", shown(root), tables.iter().map(option).collect::<String>())
}

/// The classes that folders name.
fn classes_of(layout: &Layout, tree: &Tree) -> BTreeSet<String> {
    let pictures = tree.files.iter().filter(|path| tree.is_picture(path));
    let used = pictures.filter(|path| layout.left_out(path).is_none());
    used.filter_map(|path| layout.place(path)).map(|place| place.class).collect()
}
