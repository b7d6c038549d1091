//! The compiled library, reduced to what the page needs.

use walrus::{ImportKind, ModuleConfig};

/// Why a module cannot stand in the page.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ModuleError {
    /// It is no WebAssembly, or of a kind that is not known.
    #[error("not a WebAssembly module: {0:#}")]
    Unreadable(String),
    /// It is the module of another library.
    #[error("the module exports no `{0}`; it should be the library of foliar-doctor-web")]
    Foreign(&'static str),
    /// It needs memory or tables of the page, which offers none.
    #[error("the module asks its host for `{0}`; it must be self-contained")]
    Asking(String),
}

/// What the script of the page uses.
const NEEDED: [&str; 5] =
    ["memory", "doctor_reserve", "doctor_diagnose", "doctor_answer", "doctor_answer_length"];

/// Drops exports that the page does not use, and whatever only they reach: crates that can speak to a browser
/// export a description of each of its functions, half of the module.
///
/// What the module would import becomes a trap. `plotters` asks browsers for the sizes of letters, but those
/// of `foliar-report` are its own, so that none is ever called; a module without imports can be started by
/// any page.
pub(crate) fn reduced(bytes: &[u8]) -> Result<Vec<u8>, ModuleError> {
    let mut config = ModuleConfig::new();
    config.generate_name_section(false).generate_producers_section(false);
    let mut module = config.parse(bytes).map_err(|error| ModuleError::Unreadable(error.to_string()))?;
    for needed in NEEDED {
        if !module.exports.iter().any(|export| export.name == needed) {
            return Err(ModuleError::Foreign(needed));
        }
    }
    let unused: Vec<_> = module
        .exports
        .iter()
        .filter(|export| !NEEDED.contains(&export.name.as_str()))
        .map(|export| export.id())
        .collect();
    unused.into_iter().for_each(|export| module.exports.delete(export));
    let notes: Vec<_> = module.customs.iter().map(|(note, _)| note).collect();
    for note in notes {
        module.customs.delete(note);
    }
    walrus::passes::gc::run(&mut module);
    let asked: Vec<_> = module
        .imports
        .iter()
        .map(|import| match import.kind {
            ImportKind::Function(function) => Ok(function),
            _ => Err(ModuleError::Asking(format!("{}.{}", import.module, import.name))),
        })
        .collect::<Result<_, _>>()?;
    for function in asked {
        let replaced = module.replace_imported_func(function, |(body, _)| {
            body.unreachable();
        });
        replaced.map_err(|error| ModuleError::Unreadable(error.to_string()))?;
    }
    Ok(module.emit_wasm())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_modules_are_refused() {
        assert!(matches!(reduced(b"epoch 1 loss 2"), Err(ModuleError::Unreadable(_))));
        let empty = b"\0asm\x01\0\0\0";
        assert!(matches!(reduced(empty), Err(ModuleError::Foreign("memory"))));
    }
}
