//! Pickles that PyTorch no longer writes. What it writes today is tested on its files.

use super::*;
use crate::weights::element::Element;

fn read(bytes: &[u8]) -> Pickle<'_> {
    let (pickle, len) = Pickle::read(bytes).unwrap();
    assert_eq!(len, bytes.len());
    pickle
}

/// The one entry of a dict: its key and its value.
fn entry<'p, 'a>(pickle: &'p Pickle<'a>) -> (&'p Value<'a>, &'p Value<'a>) {
    let root = pickle.get(pickle.root());
    let Value::Dict(dict) = root else { panic!("{root:?}") };
    let &[(key, value)] = &dict[..] else { panic!("{dict:?}") };
    (pickle.get(key), pickle.get(value))
}

/// `OrderedDict([["w", Parameter(_rebuild_tensor(...), True)]])` as Python 2 and PyTorch 0.3 wrote it.
#[test]
fn python_2_and_the_first_pytorch() {
    let bytes = b"\x80\x02ccollections\nOrderedDict\n](]U\x01wactorch.nn.parameter\nParameter\n\
        ctorch._utils\n_rebuild_tensor\n((U\x07storagectorch\nFloatStorage\nU\x0294U\x03cpuK\x06NtQ\
        K\x02K\x02K\x02\x86K\x01K\x02\x86tR\x88\x86Rae\x85R.";
    let pickle = read(bytes);
    let storage = Storage { element: Element::F32, key: "94", len: 6 };
    let view = View { storage, offset: 2, shape: vec![2, 2], strides: vec![1, 2] };
    assert_eq!(entry(&pickle), (&Value::Text("w"), &Value::Tensor(Box::new(view))));
    assert_eq!(pickle.storages().collect::<Vec<_>>(), [&storage]);
}

#[test]
fn numbers_of_every_form() {
    let bytes = b"\x80\x02(K\xffM\x01\x02J\xfe\xff\xff\xff\x8a\x00\x8a\x02\x00\x80\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\
        G\x3f\xf8\0\0\0\0\0\0\x88\x89Nt.";
    let pickle = read(bytes);
    let root = pickle.get(pickle.root());
    let Value::Tuple(items) = root else { panic!("{root:?}") };
    let expected = [
        Value::Integer(255),
        Value::Integer(513),
        Value::Integer(-2),
        Value::Integer(0),
        Value::Integer(-32768),
        Value::Integer(i64::MAX),
        Value::Float(1.5),
        Value::Bool(true),
        Value::Bool(false),
        Value::None,
    ];
    assert_eq!(items.iter().map(|&id| pickle.get(id).clone()).collect::<Vec<_>>(), expected);
}

#[test]
fn what_follows_the_pickle_is_left_alone() {
    let (pickle, len) = Pickle::read(b"\x80\x02}X\x01\0\0\0aK\x01s.more").unwrap();
    assert_eq!((entry(&pickle), len), ((&Value::Text("a"), &Value::Integer(1)), 13));
}
