//! Weight files that mean harm: each gives a clear error, soon, and for little memory.
//!
//! The only test of its program, so that no other test allocates meanwhile.
#![allow(clippy::unwrap_used, reason = "tests may panic")]
#![allow(clippy::print_stdout, reason = "what each file costs is worth seeing")]

#[path = "weights_hostile/forge.rs"]
mod forge;
#[path = "../../../../fuzz/checks/memory.rs"]
mod memory;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use foliar_nn::weights::read;

use forge::{Zip, checkpoint, legacy, pickle, safetensors, tensor};

/// What reading may take, whatever the file.
const MOST_MEMORY: usize = 256 << 20;
const MOST_TIME: Duration = Duration::from_secs(10);

/// Reads `bytes` within bounds; the text of the error, if there is one.
fn bounded(name: &str, bytes: &[u8]) -> Option<String> {
    let start = Instant::now();
    let (result, cost) = memory::peak_of(|| read(bytes));
    let time = start.elapsed();
    assert!(cost < MOST_MEMORY, "{name}: {cost} bytes for a file of {}", bytes.len());
    assert!(time < MOST_TIME, "{name}: {time:?}");
    if cost > 1 << 20 {
        println!("{name}: {} MiB for a file of {} KiB, {time:.0?}", cost >> 20, bytes.len() >> 10);
    }
    result.err().map(|error| error.to_string())
}

#[test]
fn hostile_files_cost_little_and_are_refused() {
    let cases = [pickles(), views(), archives(), headers()].concat();
    for (name, bytes, expected) in &cases {
        let error = bounded(name, bytes).unwrap_or_else(|| panic!("{name}: was read"));
        println!("{name}: {error}");
        assert!(error.contains(expected), "{name}: {error}");
    }
    damaged_files();
}

/// What the file is, its bytes, and a part of the error.
type Case = (&'static str, Vec<u8>, &'static str);

fn pickles() -> Vec<Case> {
    let many = |code: &[u8], times: usize| code.repeat(times);
    // A list of two, then a list of that list twice, and so on: 2^60 leaves for who copies.
    let laughs = [many(b"]q\x00(h\x00h\x00e", 60), b".".to_vec()].concat();
    let wide = |call: &[u8]| {
        let elements = many(b"K\x01", 500_000);
        [b"(" as &[u8], &elements, b"tq\x00", &many(call, 300_000), b"."].concat()
    };
    let pairs =
        [b"]q\x00(" as &[u8], &many(b"K\x01K\x01\x86", 150_000), b"e", &many(CALL_DICT, 40_000), b"."]
            .concat();
    let shapes = many(&tensor(&[1; 8], &[1; 8], 0), 30_000);
    // One long key under which dicts lie within each other: each name is longer than the one before.
    let key = [b"X" as &[u8], &(1u32 << 20).to_le_bytes(), &vec![b'a'; 1 << 20], b"q\x000"].concat();
    let names = [&key, b"}" as &[u8], &many(b"h\x00}", 40), &many(b"s", 40), b"."].concat();
    vec![
        ("os.system", pickle(b"cos\nsystem\nX\x04\0\0\0true\x85R."), "`os.system` (opcode GLOBAL)"),
        ("posix.system", pickle(b"cposix\nsystem\nX\x04\0\0\0true\x85R."), "`posix.system` (opcode GLOBAL)"),
        ("eval", pickle(b"\x8c\x08builtins\x8c\x04eval\x93."), "`builtins.eval` (opcode STACK_GLOBAL)"),
        ("a global with escapes", pickle(b"c\x1b[2J\nx\n."), r"`\u{1b}[2J.x`"),
        ("instance", pickle(b"(X\x04\0\0\0trueios\nsystem\n."), "opcode INST"),
        ("object", pickle(b"(cos\nsystem\no."), "`os.system`"),
        ("new object", pickle(b"ccollections\nOrderedDict\n)\x81."), "opcode NEWOBJ"),
        ("extension", pickle(b"\x82\x01."), "opcode EXT1"),
        ("attributes", pickle(b"ccollections\nOrderedDict\n}b."), "opcode BUILD"),
        ("a call of a string", pickle(b"X\x01\0\0\0a)R."), "opcode REDUCE"),
        ("text protocol", pickle(b"I1\n."), "opcode INT"),
        ("a storage that is none", pickle(b"X\x01\0\0\0aQ."), "opcode BINPERSID"),
        ("no opcode", pickle(b"\xff."), "opcode unknown"),
        ("a number of 255 bytes", pickle(&[b"\x8a\xff" as &[u8], &[1; 255], b"."].concat()), "opcode LONG1"),
        ("a string without end", pickle(b"\x8d\xff\xff\xff\xff\xff\xff\xff\xff"), "cut off"),
        ("no end", pickle(b"}"), "cut off"),
        ("an empty stack", pickle(b"."), "than it put there"),
        ("beneath a mark", pickle(b"K\x01(0."), "than it put there"),
        ("an unknown memory", pickle(b"h\x07."), "never remembered"),
        ("marks", pickle(&many(b"(", 4 << 20)), "number of values"),
        ("values", pickle(&many(b"N", 4 << 20)), "number of values"),
        ("values that are dropped", pickle(&many(b"N0", 4 << 20)), "number of values"),
        ("copies", pickle(&[b"N".to_vec(), many(b"2", 4 << 20)].concat()), "number of values"),
        ("memories", pickle(&[b"N".to_vec(), many(b"\x94", 4 << 20)].concat()), "number of values"),
        (
            "nested tuples",
            pickle(&[b")".to_vec(), many(b"\x85", 500_000), b".".to_vec()].concat()),
            "no dict",
        ),
        (
            "nested lists",
            pickle(&[many(b"]", 500_000), many(b"a", 499_999), b".".to_vec()].concat()),
            "no dict",
        ),
        ("a list within itself", pickle(b"]q\x00h\x00a."), "no dict"),
        ("billion laughs", pickle(&laughs), "no dict"),
        ("wide sizes", pickle(&wide(b"ctorch\nSize\nh\x00\x85R0")), "Size"),
        ("pairs that are used again", pickle(&pairs), "number of values"),
        ("tensors without end", checkpoint(&shapes), "number of values"),
        ("names without end", pickle(&names), "length of all names"),
        ("a pickle of 65 MiB", pickle(&many(b"N\x30", 65 << 19)), "number of values"),
    ]
}

const CALL_DICT: &[u8] = b"ccollections\nOrderedDict\nh\x00\x85R0";

fn views() -> Vec<Case> {
    let one = |shape: &[i64], strides: &[i64], offset: i64| checkpoint(&tensor(shape, strides, offset));
    let twice = |count: usize| checkpoint(&tensor(&[8], &[1], 0).repeat(count));
    let mut short = legacy(&tensor(&[8], &[1], 0));
    short.truncate(short.len() - 1);
    vec![
        ("a negative shape", one(&[-8], &[1], 0), "its shape [-8]"),
        ("a negative stride", one(&[8], &[-1], 7), "its strides [-1]"),
        ("a negative offset", one(&[8], &[1], -1), "reach beyond its storage"),
        ("a shape beyond", one(&[9], &[1], 0), "reach beyond its storage of 8"),
        ("a huge shape", one(&[i64::MAX, i64::MAX], &[0, 0], 0), "too large to count"),
        ("a huge stride", one(&[2, 2], &[i64::MAX, 1], 0), "reach beyond"),
        ("a huge offset", one(&[1], &[1], i64::MAX), "reach beyond"),
        ("strides of zero", one(&[1 << 40], &[0], 0), "repeats what is stored"),
        ("nine dimensions", one(&[1; 9], &[1; 9], 0), "RebuildTensor"),
        ("one tensor, many names", twice(20_000), "repeats what is stored"),
        ("a short storage", short, "cut off"),
        (
            "no storage",
            Zip::default().stored("a/data.pkl", &checkpoint_pickle()).build(),
            "`a/data/0` is missing",
        ),
        (
            "a storage of another size",
            {
                Zip::default().stored("a/data.pkl", &checkpoint_pickle()).stored("a/data/0", &[0; 31]).build()
            },
            "has 31 bytes",
        ),
    ]
}

fn checkpoint_pickle() -> Vec<u8> {
    forge::state_dict(&tensor(&[8], &[1], 0), false)
}

fn archives() -> Vec<Case> {
    let state = fixture("state.pth");
    let zeros = forge::deflate(&vec![0; 64 << 20]);
    let bomb = |claimed: usize| Zip::default().deflated("a/data.pkl", &zeros, claimed).build();
    let mut overlap = Zip::default().stored("a/data.pkl", b"}.").stored("a/data/0", &[0; 64]);
    overlap.entries[1].header = overlap.entries[0].header;
    let mut encrypted = Zip::default().stored("a/data.pkl", b"}.");
    encrypted.entries[0].flags = 1;
    let mut method = Zip::default().stored("a/data.pkl", b"}.");
    method.entries[0].method = 12;
    let mut beyond = Zip::default().stored("a/data.pkl", b"}.");
    beyond.entries[0].size = 0xFFFF_FFF0;
    let mut checksum = Zip::default().stored("a/data.pkl", b"}.");
    checksum.entries[0].crc ^= 1;
    vec![
        ("a bomb", bomb(64 << 20), "16 bytes for each one"),
        ("a bomb of 4 GB", bomb(0xFFFF_FFFE), "16 bytes for each one"),
        ("a bomb that lies", bomb(1000), "not of the size"),
        ("overlapping records", overlap.build(), "overlap"),
        ("encrypted", encrypted.build(), "encrypted"),
        ("bzip2", method.build(), "neither stored nor deflated"),
        ("beyond the file", beyond.build(), "two sizes"),
        ("a wrong checksum", checksum.build(), "checksum"),
        (
            "one name twice",
            Zip::default().stored("a/data.pkl", b"}.").stored("a/data.pkl", b"}.").build(),
            "two records",
        ),
        ("no pickle", Zip::default().stored("word/document.xml", b"<w>").build(), "PyTorch did not write"),
        (
            "big-endian",
            Zip::default().stored("a/data.pkl", b"}.").stored("a/byteorder", b"big").build(),
            "big-endian",
        ),
        ("half a file", state[..state.len() / 2].to_vec(), "cut off"),
        ("no tensors", pickle(b"}X\x05\0\0\0epochK\x03s."), "1 entry without tensors: epoch"),
    ]
}

fn headers() -> Vec<Case> {
    let one = |info: &str| safetensors(&format!("{{\"a\":{info}}}"), &[0; 8]);
    let mut four = fixture("state.safetensors");
    four[..8].copy_from_slice(&(4u64 << 30).to_le_bytes());
    let mut whole = four.clone();
    whole[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    let long = safetensors(&format!("{{{}}}", " ".repeat(20 << 20)), &[]);
    vec![
        ("a header of 4 GB", four, "claims 4294967296 bytes"),
        ("a header of 2^64", whole, "claims 18446744073709551615 bytes"),
        ("a header of 20 MB", long, "accepted"),
        (
            "overlap",
            safetensors(
                r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
                &[0; 8],
            ),
            "tensor `b`: its bytes overlap",
        ),
        ("a gap", one(r#"{"dtype":"F32","shape":[1],"data_offsets":[4,8]}"#), "tensor `a`"),
        ("beyond the end", one(r#"{"dtype":"F32","shape":[4],"data_offsets":[0,16]}"#), "cut off"),
        ("before the beginning", one(r#"{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}"#), "header"),
        ("backwards", one(r#"{"dtype":"F32","shape":[1],"data_offsets":[8,4]}"#), "tensor `a`"),
        (
            "bytes left over",
            one(r#"{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#),
            "longer than it should be",
        ),
        (
            "another shape",
            one(r#"{"dtype":"F32","shape":[3],"data_offsets":[0,8]}"#),
            "do not match its bytes",
        ),
        ("a negative shape", one(r#"{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}"#), "header"),
        (
            "a shape beyond counting",
            one(r#"{"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,8]}"#),
            "too large to count",
        ),
        ("complex numbers", one(r#"{"dtype":"C64","shape":[1],"data_offsets":[0,8]}"#), "its type C64"),
        ("an unknown type", one(r#"{"dtype":"F99","shape":[1],"data_offsets":[0,8]}"#), "F99"),
        ("nesting", safetensors(&format!("{{\"a\":{}", "[".repeat(1 << 20)), &[]), "header"),
        (
            "a shape of a million zeros",
            safetensors(
                &format!(
                    "{{\"a\":{{\"dtype\":\"F32\",\"shape\":[0{}],\"data_offsets\":[0,0]}}}}",
                    ",0".repeat(1 << 20)
                ),
                &[0],
            ),
            "header",
        ),
        (
            "a name that clears the screen",
            safetensors("{\"\\u001b[2J\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", &[0; 8]),
            r"`\u{1b}[2J`",
        ),
    ]
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/weights").join(name)).unwrap()
}

/// Cuts and alterations of sound files are errors or harmless.
fn damaged_files() {
    for name in ["state.pth", "deflated.pth", "legacy.pth", "state.safetensors", "checkpoint.pth"] {
        let sound = fixture(name);
        for len in 0..sound.len() {
            assert!(bounded(name, &sound[..len]).is_some(), "{name} cut at {len}");
        }
        let mut bytes = sound.clone();
        for index in 0..bytes.len() {
            for change in [0x01, 0x80, 0xFF] {
                bytes[index] ^= change;
                bounded(name, &bytes);
                bytes[index] ^= change;
            }
        }
    }
}
