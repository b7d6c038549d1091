//! Writes pickles as Python does, protocol 2, with tensors on one storage.

use foliar_nn::Tensor;

#[path = "../weights_hostile/forge.rs"]
#[allow(dead_code, reason = "another test uses the rest")]
mod forge;

pub(crate) use forge::safetensors;

/// What is pickled.
#[derive(Clone)]
pub(crate) enum Item {
    None,
    Int(i64),
    Float(f64),
    Text(String),
    /// A whole number of so many bytes.
    Long(usize),
    Bytes(&'static [u8]),
    List(Vec<Item>),
    Tuple(Vec<Item>),
    Dict(Vec<(Item, Item)>),
    Tensor(Tensor),
    /// A class or function.
    Name(&'static str, &'static str),
    /// What a class or function makes of arguments.
    Call(&'static str, &'static str, Vec<Item>),
    /// A new object of a class, with attributes.
    Object(&'static str, &'static str, Box<Item>),
    /// What was made, and what is set in it as in a dict.
    Filled(Box<Item>, Vec<(Item, Item)>),
}

/// A dict of entries whose keys are strings.
pub(crate) fn dict(entries: Vec<(&str, Item)>) -> Item {
    Item::Dict(entries.into_iter().map(|(key, value)| (text(key), value)).collect())
}

pub(crate) fn text(text: &str) -> Item {
    Item::Text(text.to_owned())
}

/// A PyTorch file of `item`.
pub(crate) fn file(item: &Item) -> Vec<u8> {
    let len = len_of(item);
    let mut writer = Writer { code: b"\x80\x02".to_vec(), values: Vec::new(), len };
    writer.write(item);
    writer.code.push(b'.');
    let bytes: Vec<u8> = writer.values.iter().flat_map(|value| value.to_le_bytes()).collect();
    forge::Zip::default().stored("a/data.pkl", &writer.code).stored("a/data/0", &bytes).build()
}

/// Numbers of all tensors.
fn len_of(item: &Item) -> usize {
    match item {
        Item::Tensor(tensor) => tensor.data.len(),
        Item::List(items) | Item::Tuple(items) | Item::Call(_, _, items) => items.iter().map(len_of).sum(),
        Item::Dict(entries) => entries.iter().map(|(_, value)| len_of(value)).sum(),
        Item::Object(_, _, attributes) => len_of(attributes),
        Item::Filled(made, entries) => {
            len_of(made) + entries.iter().map(|(_, value)| len_of(value)).sum::<usize>()
        }
        _ => 0,
    }
}

struct Writer {
    code: Vec<u8>,
    values: Vec<f32>,
    /// Numbers of the storage.
    len: usize,
}

impl Writer {
    fn write(&mut self, item: &Item) {
        match item {
            Item::None => self.code.push(b'N'),
            Item::Int(value) => self.integer(*value),
            Item::Float(value) => {
                self.code.push(b'G');
                self.code.extend(value.to_be_bytes());
            }
            Item::Text(text) => self.text(text),
            Item::Long(len) => {
                self.code.extend([0x8a, *len as u8]);
                self.code.extend(vec![0x11; *len]);
            }
            Item::Bytes(bytes) => {
                self.code.extend([b'C', bytes.len() as u8]);
                self.code.extend(*bytes);
            }
            Item::List(items) => {
                self.code.extend(b"](");
                items.iter().for_each(|item| self.write(item));
                self.code.push(b'e');
            }
            Item::Tuple(items) => self.tuple(items),
            Item::Dict(entries) => {
                self.code.push(b'}');
                self.entries(entries);
            }
            Item::Tensor(tensor) => self.tensor(tensor),
            Item::Name(module, name) => self.global(module, name),
            Item::Call(module, name, arguments) => {
                self.global(module, name);
                self.tuple(arguments);
                self.code.push(b'R');
            }
            Item::Object(module, name, attributes) => {
                self.global(module, name);
                self.code.extend(b")\x81");
                self.write(attributes);
                self.code.push(b'b');
            }
            Item::Filled(made, entries) => {
                self.write(made);
                self.entries(entries);
            }
        }
    }

    fn entries(&mut self, entries: &[(Item, Item)]) {
        self.code.push(b'(');
        for (key, value) in entries {
            self.write(key);
            self.write(value);
        }
        self.code.push(b'u');
    }

    fn tuple(&mut self, items: &[Item]) {
        self.code.push(b'(');
        items.iter().for_each(|item| self.write(item));
        self.code.push(b't');
    }

    fn integer(&mut self, value: i64) {
        self.code.extend([0x8a, 8]);
        self.code.extend(value.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.code.push(b'X');
        self.code.extend((text.len() as u32).to_le_bytes());
        self.code.extend(text.as_bytes());
    }

    fn global(&mut self, module: &str, name: &str) {
        self.code.extend(format!("c{module}\n{name}\n").into_bytes());
    }

    fn tensor(&mut self, tensor: &Tensor) {
        self.global("torch._utils", "_rebuild_tensor_v2");
        self.code.extend(b"((");
        self.text("storage");
        self.global("torch", "FloatStorage");
        self.text("0");
        self.text("cuda:0");
        self.integer(self.len as i64);
        self.code.extend(b"tQ");
        self.integer(self.values.len() as i64);
        let mut strides = vec![1; tensor.shape.len()];
        for place in (1..strides.len()).rev() {
            strides[place - 1] = strides[place] * tensor.shape[place];
        }
        for numbers in [&tensor.shape, &strides] {
            self.code.push(b'(');
            numbers.iter().for_each(|&number| self.integer(number as i64));
            self.code.push(b't');
        }
        self.code.extend(b"\x89ccollections\nOrderedDict\n)RtR");
        self.values.extend(&tensor.data);
    }
}
