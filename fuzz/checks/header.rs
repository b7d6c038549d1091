//! Headers of safetensors files whose length a fuzzer has left behind.

use serde::de::IgnoredAny;

/// Bytes of the header's length, which begins the file.
const LENGTH: usize = 8;

/// The file with the length of the header that it has: a fuzzer that changes a header seldom changes its length to fit.
/// `None` if no header begins where one should.
pub(crate) fn with_length(bytes: &[u8]) -> Option<Vec<u8>> {
    let rest = bytes.get(LENGTH..)?;
    let mut documents = serde_json::Deserializer::from_slice(rest).into_iter::<IgnoredAny>();
    documents.next()?.ok()?;
    let end = documents.byte_offset();
    let spaces = rest[end..].iter().take_while(|&&byte| byte == b' ').count();
    Some([&((end + spaces) as u64).to_le_bytes()[..], rest].concat())
}
