//! The safetensors format: a JSON header with the place of every tensor, then their bytes.
//!
//! The `safetensors` crate checks that the tensors cover the bytes without gaps or overlap. It does not name what is wrong
//! with the header's length and would parse a header of 100 MB; both are looked at here first.

use std::collections::BTreeMap;

use ::safetensors::tensor::{Dtype, SafeTensorError, SafeTensors};

use super::element::Element;
use super::error::WeightsError;
use super::{Format, WeightFile};
use crate::tensor::Tensor;

/// Largest header in bytes that is parsed: some forty thousand tensors. Parsing can take fifty times as much memory.
const LARGEST_HEADER: u64 = 4 << 20;
/// Bytes of the header's length, which begins the file.
const LENGTH: usize = 8;

pub(super) fn read(bytes: &[u8]) -> Result<WeightFile, WeightsError> {
    check_header_length(bytes)?;
    let (header_len, header) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
    let values = &bytes[LENGTH + header_len..];
    let mut file = WeightFile {
        format: Format::Safetensors,
        tensors: BTreeMap::new(),
        integers: Vec::new(),
        metadata: header.metadata().iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect(),
    };
    let tensors: BTreeMap<_, _> = header.tensors().into_iter().collect();
    for (name, info) in tensors {
        let Some(element) = element(info.dtype) else {
            let what = format!("its type {:?} is not read; save it as float32 or float16", info.dtype);
            return Err(WeightsError::Tensor { name, what });
        };
        if let Element::Integer(_) = element {
            file.integers.push(name);
        } else {
            let data = element.to_f32(&values[info.data_offsets.0..info.data_offsets.1]);
            file.tensors.insert(name, Tensor { shape: info.shape.clone(), data });
        }
    }
    Ok(file)
}

fn check_header_length(bytes: &[u8]) -> Result<(), WeightsError> {
    let truncated = |what: String| WeightsError::Damaged { part: "safetensors header", what };
    let Some((length, rest)) = bytes.split_first_chunk::<LENGTH>() else {
        return Err(truncated(format!("the file has {} bytes", bytes.len())));
    };
    let length = u64::from_le_bytes(*length);
    if length > rest.len() as u64 {
        return Err(truncated(format!("it claims {length} bytes, the file has {} more", rest.len())));
    }
    if length > LARGEST_HEADER {
        return Err(WeightsError::TooMuch {
            what: format!("a safetensors header of {length} bytes"),
            limit: format!("{LARGEST_HEADER} bytes"),
        });
    }
    Ok(())
}

fn element(dtype: Dtype) -> Option<Element> {
    match dtype {
        Dtype::F64 => Some(Element::F64),
        Dtype::F32 => Some(Element::F32),
        Dtype::F16 => Some(Element::F16),
        Dtype::BF16 => Some(Element::Bf16),
        Dtype::BOOL | Dtype::U8 | Dtype::I8 => Some(Element::Integer(1)),
        Dtype::U16 | Dtype::I16 => Some(Element::Integer(2)),
        Dtype::U32 | Dtype::I32 => Some(Element::Integer(4)),
        Dtype::U64 | Dtype::I64 => Some(Element::Integer(8)),
        _ => None,
    }
}

fn damaged(error: SafeTensorError) -> WeightsError {
    let what = match error {
        SafeTensorError::InvalidOffset(name) => {
            let what = "its bytes overlap another tensor's, leave a gap or end before they begin".to_owned();
            return WeightsError::Tensor { name, what };
        }
        SafeTensorError::TensorInvalidInfo => "a tensor's shape and type do not match its bytes".to_owned(),
        SafeTensorError::ValidationOverflow => "a tensor's shape is too large to count".to_owned(),
        SafeTensorError::MetadataIncompleteBuffer => {
            "the tensors do not end where the file ends; it is cut off, or longer than it should be"
                .to_owned()
        }
        // The text may quote the file.
        other => other.to_string().chars().filter(|char| !char.is_control()).take(200).collect(),
    };
    WeightsError::Damaged { part: "safetensors header", what }
}
