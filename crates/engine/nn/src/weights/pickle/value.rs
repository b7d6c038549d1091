//! What a pickle of weights is made of, and the few calls that make it.

use super::globals::{Class, Global};
use crate::weights::element::Element;

/// Most dimensions of a tensor.
const MOST_DIMENSIONS: usize = 8;

/// The place of a value in the arena of its pickle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::weights) struct Id(pub(super) u32);

impl Id {
    pub(in crate::weights) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A value of a pickle.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::weights) enum Value<'a> {
    None,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(&'a str),
    Tuple(Vec<Id>),
    List(Vec<Id>),
    /// Of a dict or an ordered dict, in the order of insertion; of equal keys the last one counts.
    Dict(Vec<(Id, Id)>),
    Global(Global<'a>),
    Storage(Storage<'a>),
    Tensor(Box<View<'a>>),
    Object(Object<'a>),
    /// Bytes, a set, or a number of more than 64 bits: nothing that weights are made of.
    Opaque,
}

/// Numbers that stand elsewhere in the file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::weights) struct Storage<'a> {
    pub(in crate::weights) element: Element,
    pub(in crate::weights) key: &'a str,
    /// Number of elements, as the pickle states it.
    pub(in crate::weights) len: i64,
}

/// A tensor: a window on a storage. All of it is as the file states it, nothing is checked.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::weights) struct View<'a> {
    pub(in crate::weights) storage: Storage<'a>,
    /// The first element.
    pub(in crate::weights) offset: i64,
    pub(in crate::weights) shape: Vec<i64>,
    /// Elements from one index to the next, of each dimension.
    pub(in crate::weights) strides: Vec<i64>,
}

/// An object of a class that is not known. It was not built: only what the pickle says of it is kept.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::weights) struct Object<'a> {
    pub(in crate::weights) class: Class<'a>,
    /// What was set as in a dict.
    pub(in crate::weights) items: Vec<(Id, Id)>,
    /// What Python would give it for its attributes, mostly a dict.
    pub(in crate::weights) attributes: Option<Id>,
}

impl<'a> Object<'a> {
    pub(super) fn new(class: Class<'a>) -> Self {
        Self { class, items: Vec::new(), attributes: None }
    }
}

/// The storage that a persistent identifier names, if it is one.
pub(super) fn storage<'a>(values: &[Value<'a>], id: Id) -> Option<Value<'a>> {
    let get = |id: Id| &values[id.0 as usize];
    let Value::Tuple(items) = get(id) else { return None };
    let (&[kind, storage, key, _device, len], rest) = items.split_first_chunk()?;
    let known = match rest {
        [] => true,
        // Before PyTorch 1.6: the part of another storage that this one is, or `None`.
        [part] => *get(*part) == Value::None,
        _ => false,
    };
    match (get(kind), get(storage), get(key), get(len)) {
        (Value::Text("storage"), &Value::Global(global), &Value::Text(key), &Value::Integer(len))
            if known =>
        {
            match global {
                Global::Storage(element) => Some(Value::Storage(Storage { element, key, len })),
                // Complex or quantised numbers, which no network here has.
                Global::Other(class) => Some(Value::Object(Object::new(class))),
                _ => None,
            }
        }
        _ => None,
    }
}

/// What `global(*arguments)` is; `None` if the arguments are not those that PyTorch passes.
pub(super) fn call<'a>(values: &mut [Value<'a>], global: Global<'a>, arguments: Id) -> Option<Value<'a>> {
    if let Global::Other(class) = global {
        return Some(Value::Object(Object::new(class)));
    }
    let get = |id: Id| &values[id.0 as usize];
    let Value::Tuple(arguments) = get(arguments) else { return None };
    match (global, &arguments[..]) {
        (Global::OrderedDict, []) => Some(Value::Dict(Vec::new())),
        (Global::OrderedDict, &[pairs]) => ordered_dict(values, pairs),
        (Global::Size, &[sizes]) => match get(sizes) {
            Value::Tuple(sizes) if sizes.len() <= MOST_DIMENSIONS => Some(Value::Tuple(sizes.clone())),
            _ => None,
        },
        // The rest says whether gradients are wanted, and lists hooks and flags.
        (Global::RebuildTensor, &[storage, offset, shape, strides, ..]) => {
            let integers = |id: Id| match get(id) {
                Value::Tuple(items) if items.len() <= MOST_DIMENSIONS => {
                    items.iter().map(|&item| integer(get(item))).collect()
                }
                _ => None,
            };
            let storage = match get(storage) {
                Value::Storage(storage) => *storage,
                Value::Object(object) => return Some(Value::Object(Object::new(object.class))),
                _ => return None,
            };
            let (shape, strides): (Vec<i64>, Vec<i64>) = (integers(shape)?, integers(strides)?);
            let offset = integer(get(offset))?;
            (shape.len() == strides.len())
                .then(|| Value::Tensor(Box::new(View { storage, offset, shape, strides })))
        }
        (Global::RebuildParameter, &[tensor, ..]) => match get(tensor) {
            Value::Tensor(view) => Some(Value::Tensor(view.clone())),
            Value::Object(object) => Some(Value::Object(Object::new(object.class))),
            _ => None,
        },
        // The function and its arguments; between them the class that it is for, after them its attributes.
        (Global::RebuildFromType, &[function, _class, arguments, ..]) => match *get(function) {
            Value::Global(Global::RebuildFromType) => None,
            Value::Global(function) => call(values, function, arguments),
            _ => None,
        },
        _ => None,
    }
}

/// An ordered dict from a list of pairs, as Python 2 wrote it.
///
/// The list is taken, not copied: PyTorch's files never refer to it again, and copies of copies would be a bomb.
fn ordered_dict<'a>(values: &mut [Value<'a>], pairs: Id) -> Option<Value<'a>> {
    let Value::List(list) = &mut values[pairs.0 as usize] else { return None };
    let list = std::mem::take(list);
    let pair = |&id: &Id| match &values[id.0 as usize] {
        Value::List(pair) | Value::Tuple(pair) => Some((*pair.first()?, *pair.get(1)?)),
        _ => None,
    };
    list.iter().map(pair).collect::<Option<_>>().map(Value::Dict)
}

fn integer(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::Integer(value) => Some(*value),
        _ => None,
    }
}
