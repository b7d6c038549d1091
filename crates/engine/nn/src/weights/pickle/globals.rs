//! The names in Python that a pickle may ask for; nothing of Python stands behind them.

use crate::weights::element::Element;

/// A class or function by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::weights) struct Class<'a> {
    pub(in crate::weights) module: &'a str,
    pub(in crate::weights) name: &'a str,
}

/// What the reader knows of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::weights) enum Global<'a> {
    OrderedDict,
    Size,
    RebuildTensor,
    RebuildParameter,
    /// `RebuildTensor` or `RebuildParameter` for a class of tensors of its own.
    RebuildFromType,
    Storage(Element),
    /// Nothing: a setting, an optimiser, a whole model. It stays a name.
    Other(Class<'a>),
}

/// Modules and names of modules with which a pickle would start programs, open connections or run text as code. No
/// checkpoint needs one. The list is no defence, since nothing is ever called: whoever made such a file means harm, and
/// its numbers are no weights to begin with.
const HARMFUL: [&str; 43] = [
    "_pickle",
    "aiohttp",
    "bdb",
    "cPickle",
    "cProfile",
    "code",
    "codeop",
    "commands",
    "ctypes",
    "ftplib",
    "http",
    "httplib",
    "imp",
    "importlib",
    "marshal",
    "nt",
    "os",
    "pdb",
    "pickle",
    "pip",
    "popen2",
    "posix",
    "profile",
    "pty",
    "pydoc",
    "requests",
    "runpy",
    "shutil",
    "smtplib",
    "socket",
    "subprocess",
    "sys",
    "telnetlib",
    "timeit",
    "torch.hub",
    "torch.load",
    "torch.serialization.load",
    "types.CodeType",
    "types.FunctionType",
    "urllib",
    "urllib2",
    "venv",
    "webbrowser",
];

/// Of Python's own names those that hold values; the others, such as `eval`, act.
const HARMLESS_BUILTINS: [&str; 29] = [
    "Ellipsis",
    "NotImplemented",
    "basestring",
    "bool",
    "bytearray",
    "bytes",
    "complex",
    "dict",
    "enumerate",
    "filter",
    "float",
    "frozenset",
    // Python 3.11 writes members of an enumeration with it.
    "getattr",
    "int",
    "iter",
    "list",
    "long",
    "map",
    "object",
    "range",
    "reversed",
    "set",
    "slice",
    "str",
    "tuple",
    "type",
    "unicode",
    "xrange",
    "zip",
];

impl<'a> Global<'a> {
    /// `None` for what is refused.
    pub(super) fn find(module: &'a str, name: &'a str) -> Option<Self> {
        Some(match (module, name) {
            ("collections", "OrderedDict") => Global::OrderedDict,
            ("torch", "Size") => Global::Size,
            ("torch._utils", "_rebuild_tensor_v2" | "_rebuild_tensor") => Global::RebuildTensor,
            ("torch._utils", "_rebuild_parameter" | "_rebuild_parameter_with_state")
            | ("torch.nn.parameter", "Parameter") => Global::RebuildParameter,
            ("torch._tensor", "_rebuild_from_type_v2") => Global::RebuildFromType,
            ("torch", "DoubleStorage") => Global::Storage(Element::F64),
            ("torch", "FloatStorage") => Global::Storage(Element::F32),
            ("torch", "HalfStorage") => Global::Storage(Element::F16),
            ("torch", "BFloat16Storage") => Global::Storage(Element::Bf16),
            ("torch", "LongStorage") => Global::Storage(Element::Integer(8)),
            ("torch", "IntStorage") => Global::Storage(Element::Integer(4)),
            ("torch", "ShortStorage") => Global::Storage(Element::Integer(2)),
            ("torch", "CharStorage" | "ByteStorage" | "BoolStorage") => Global::Storage(Element::Integer(1)),
            _ if is_refused(module, name) => return None,
            _ => Global::Other(Class { module, name }),
        })
    }
}

/// Whether no checkpoint asks for this: harmful, or no name in Python.
fn is_refused(module: &str, name: &str) -> bool {
    let is_name =
        |part: &str| !part.is_empty() && part.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    let path = format!("{module}.{name}");
    if !path.split('.').all(is_name) {
        return true;
    }
    if matches!(module, "builtins" | "__builtin__" | "__builtins__") {
        let exception = ["Error", "Exception", "Warning"].iter().any(|end| name.ends_with(end));
        return !exception && !HARMLESS_BUILTINS.contains(&name);
    }
    let lies_in = |harmful: &str| {
        path.strip_prefix(harmful).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    HARMFUL.iter().any(|harmful| lies_in(harmful))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_refused_and_what_holds_values_is_a_name() {
        for (module, name) in [
            ("os", "system"),
            ("posix", "system"),
            ("os.path", "join"),
            ("subprocess", "Popen"),
            ("builtins", "eval"),
            ("builtins", "exec"),
            ("__builtin__", "compile"),
            ("builtins", "__import__"),
            ("urllib.request", "urlopen"),
            ("importlib", "import_module"),
            ("torch", "load"),
            ("torch.hub", "load_state_dict_from_url"),
            ("types", "FunctionType"),
            ("a b", "c"),
            ("", ""),
            ("x\u{1b}[2J", "y"),
            ("a", "b..c"),
        ] {
            assert_eq!(Global::find(module, name), None, "{module}.{name}");
        }
        for (module, name) in [
            ("argparse", "Namespace"),
            ("numpy.core.multiarray", "scalar"),
            ("numpy._core.multiarray", "_reconstruct"),
            ("pathlib", "PosixPath"),
            ("pathlib._local", "PosixPath"),
            ("torch", "device"),
            ("torch", "float32"),
            ("builtins", "getattr"),
            ("builtins", "set"),
            ("__builtin__", "xrange"),
            ("builtins", "ValueError"),
            ("types", "SimpleNamespace"),
            ("ossaudio", "x"),
            ("__main__", "Config.Mode"),
            ("models.résumé", "Net"),
        ] {
            assert_eq!(
                Global::find(module, name),
                Some(Global::Other(Class { module, name })),
                "{module}.{name}"
            );
        }
    }
}
