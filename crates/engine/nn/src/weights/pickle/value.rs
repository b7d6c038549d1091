//! What a pickle of weights is made of, and the few calls that make it.

use crate::weights::element::Element;

/// Most dimensions of a tensor.
const MOST_DIMENSIONS: usize = 8;

/// The place of a value in the arena of its pickle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::weights) struct Id(pub(super) u32);

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
    Global(Global),
    Storage(Storage<'a>),
    Tensor(Box<View<'a>>),
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

/// The names in Python that are known; nothing of Python stands behind them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::weights) enum Global {
    OrderedDict,
    Size,
    RebuildTensor,
    RebuildParameter,
    Storage(Element),
}

impl Global {
    pub(super) fn find(module: &str, name: &str) -> Option<Self> {
        Some(match (module, name) {
            ("collections", "OrderedDict") => Global::OrderedDict,
            ("torch", "Size") => Global::Size,
            ("torch._utils", "_rebuild_tensor_v2" | "_rebuild_tensor") => Global::RebuildTensor,
            ("torch._utils", "_rebuild_parameter") | ("torch.nn.parameter", "Parameter") => {
                Global::RebuildParameter
            }
            ("torch", "DoubleStorage") => Global::Storage(Element::F64),
            ("torch", "FloatStorage") => Global::Storage(Element::F32),
            ("torch", "HalfStorage") => Global::Storage(Element::F16),
            ("torch", "BFloat16Storage") => Global::Storage(Element::Bf16),
            ("torch", "LongStorage") => Global::Storage(Element::Integer(8)),
            ("torch", "IntStorage") => Global::Storage(Element::Integer(4)),
            ("torch", "ShortStorage") => Global::Storage(Element::Integer(2)),
            ("torch", "CharStorage" | "ByteStorage" | "BoolStorage") => Global::Storage(Element::Integer(1)),
            _ => return None,
        })
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
        (
            Value::Text("storage"),
            &Value::Global(Global::Storage(element)),
            &Value::Text(key),
            &Value::Integer(len),
        ) if known => Some(Value::Storage(Storage { element, key, len })),
        _ => None,
    }
}

/// What `global(*arguments)` is; `None` if the arguments are not those that PyTorch passes.
pub(super) fn call<'a>(values: &mut [Value<'a>], global: Global, arguments: Id) -> Option<Value<'a>> {
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
            let &Value::Storage(storage) = get(storage) else { return None };
            let (shape, strides): (Vec<i64>, Vec<i64>) = (integers(shape)?, integers(strides)?);
            let offset = integer(get(offset))?;
            (shape.len() == strides.len())
                .then(|| Value::Tensor(Box::new(View { storage, offset, shape, strides })))
        }
        (Global::RebuildParameter, &[tensor, ..]) => match get(tensor) {
            Value::Tensor(view) => Some(Value::Tensor(view.clone())),
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
