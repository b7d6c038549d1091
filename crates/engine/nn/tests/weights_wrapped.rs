//! Weights within what training scripts and wrappers put around them: whatever it is, the same network comes out, or an
//! error of a few lines that end in a conclusion.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

#[path = "weights_wrapped/pickle.rs"]
mod pickle;

use std::collections::BTreeMap;

use foliar_nn::weights::{Conclusion, FitError, Format, WeightFile, fit, network_of, read};
use foliar_nn::{CpuEngine, Engine, EngineOptions, Graph, Statistics, Tensor, zoo};

use pickle::{Item, dict, file, safetensors, text};

type Tensors = BTreeMap<String, Tensor>;
type Entries = Vec<(Item, Item)>;

const CLASSES: usize = 3;

/// What an engine of `graph` begins with.
fn tensors_of(graph: &Graph) -> Tensors {
    let options = EngineOptions {
        image_size: 32,
        batch: 1,
        seed: 5,
        optimizer: None,
        average: None,
        statistics: Statistics::Batch,
    };
    CpuEngine::new(graph, options).unwrap().state().tensors
}

fn baseline() -> (Graph, Tensors) {
    let graph = zoo::build("baseline", CLASSES).unwrap();
    let tensors = tensors_of(&graph);
    (graph, tensors)
}

/// The tensors as an ordered dict, `prefix` before each name.
fn state(tensors: &Tensors, prefix: &str) -> Item {
    let entries =
        tensors.iter().map(|(name, tensor)| (text(&format!("{prefix}{name}")), Item::Tensor(tensor.clone())));
    Item::Filled(Box::new(Item::Call("collections", "OrderedDict", vec![])), entries.collect())
}

/// The same numbers, negated: other weights of the same network.
fn others(tensors: &Tensors) -> Tensors {
    let negated = |tensor: &Tensor| Tensor {
        shape: tensor.shape.clone(),
        data: tensor.data.iter().map(|value| -value).collect(),
    };
    tensors.iter().map(|(name, tensor)| (name.clone(), negated(tensor))).collect()
}

fn small(values: &[f32]) -> Item {
    Item::Tensor(Tensor { shape: vec![values.len()], data: values.to_vec() })
}

fn merged(items: Vec<Item>) -> Item {
    let entries = items.into_iter().flat_map(|item| match item {
        Item::Dict(entries) | Item::Filled(_, entries) => entries,
        _ => Vec::new(),
    });
    Item::Dict(entries.collect())
}

/// Layers that were compiled, distributed or wrapped one by one, as `model.features = DataParallel(model.features)` does.
fn wrapped_within(tensors: &Tensors) -> Item {
    let words = ["module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"];
    let entry = |(place, (name, tensor)): (usize, (&String, &Tensor))| {
        let (layer, rest) = name.split_once('.').unwrap();
        let name = format!("net.{layer}.{}.{rest}", words[place % words.len()]);
        (text(&name), Item::Tensor(tensor.clone()))
    };
    Item::Dict(tensors.iter().enumerate().map(entry).collect())
}

/// What an optimiser's state dict holds, keyed by the number of the parameter, and by its name.
fn optimizer(tensors: &Tensors) -> Item {
    let moments =
        |tensor: &Tensor| dict(vec![("step", Item::Int(3)), ("exp_avg", Item::Tensor(tensor.clone()))]);
    let by_number = tensors
        .values()
        .take(2)
        .enumerate()
        .map(|(place, tensor)| (Item::Int(place as i64), moments(tensor)));
    let by_name = tensors.iter().take(2).map(|(name, tensor)| (text(name), moments(tensor)));
    dict(vec![
        ("state", Item::Dict(by_number.chain(by_name).collect())),
        (
            "param_groups",
            Item::List(vec![dict(vec![
                ("lr", Item::Float(0.1)),
                ("params", Item::List(vec![Item::Int(0)])),
            ])]),
        ),
    ])
}

fn namespace() -> Item {
    let path = Item::Call("pathlib", "PosixPath", vec![text("/"), text("data")]);
    let settings = dict(vec![("lr", Item::Float(0.1)), ("data", path), ("mode", Item::None)]);
    Item::Object("argparse", "Namespace", Box::new(settings))
}

/// A scalar of NumPy as Python 3 writes it with protocol 2.
fn numpy_scalar() -> Item {
    let kind = Item::Call("numpy", "dtype", vec![text("f8"), Item::Int(0), Item::Int(1)]);
    let bytes = Item::Call("_codecs", "encode", vec![text("\u{e9}?"), text("latin1")]);
    Item::Call("numpy.core.multiarray", "scalar", vec![kind, bytes])
}

/// A model as `torch.save(model)` writes it: modules within modules, whose classes are not known here.
fn whole_model(tensors: &Tensors) -> Item {
    let mut modules: BTreeMap<&str, [Entries; 2]> = BTreeMap::new();
    for (name, tensor) in tensors {
        let (module, name) = name.rsplit_once('.').unwrap();
        let [parameters, buffers] = modules.entry(module).or_default();
        let kind = if name.starts_with("running") { buffers } else { parameters };
        kind.push((text(name), Item::Tensor(tensor.clone())));
    }
    let module = |(name, [parameters, buffers]): (&str, [Entries; 2])| {
        let attributes = dict(vec![
            ("training", Item::Int(0)),
            ("_parameters", Item::Dict(parameters)),
            ("_buffers", Item::Dict(buffers)),
            ("_modules", Item::Dict(vec![])),
        ]);
        (text(name), Item::Object("torch.nn.modules.conv", "Conv2d", Box::new(attributes)))
    };
    let modules = modules.into_iter().map(module).collect();
    Item::Object("__main__", "Net", Box::new(dict(vec![("_modules", Item::Dict(modules))])))
}

/// (what it is, what is saved, what stands before the names that are taken, what stands before others that fit).
type Case = (&'static str, Item, &'static str, &'static [&'static str]);

fn cases(tensors: &Tensors) -> Vec<Case> {
    let plain = || state(tensors, "");
    let other = || state(&others(tensors), "");
    let epoch = || ("epoch", Item::Int(7));
    vec![
        ("a state dict", plain(), "", &[]),
        ("DataParallel", state(tensors, "module."), "", &[]),
        ("torch.compile of DataParallel", state(tensors, "_orig_mod.module."), "", &[]),
        (
            "Lightning",
            dict(vec![
                epoch(),
                ("state_dict", state(tensors, "model.")),
                ("hyper_parameters", namespace()),
                ("callbacks", dict(vec![("best_model_score", small(&[0.5]))])),
                ("optimizer_states", Item::List(vec![optimizer(tensors)])),
                ("loops", Item::Object("pytorch_lightning.loops", "Loop", Box::new(dict(vec![])))),
            ]),
            "state_dict.model.",
            &[],
        ),
        (
            "OpenMMLab, with a head beside the backbone",
            dict(vec![
                ("meta", dict(vec![("time", text("today")), ("CLASSES", Item::None)])),
                (
                    "state_dict",
                    merged(vec![
                        state(tensors, "backbone."),
                        dict(vec![("head.fc.weight", small(&[1.0; 8]))]),
                    ]),
                ),
            ]),
            "state_dict.backbone.",
            &[],
        ),
        (
            "an encoder and a projector",
            merged(vec![
                state(tensors, "encoder."),
                dict(vec![("projector.0.weight", small(&[1.0])), ("projector.1.bias", small(&[1.0]))]),
            ]),
            "encoder.",
            &[],
        ),
        (
            "MoCo",
            dict(vec![(
                "state_dict",
                merged(vec![
                    state(&others(tensors), "module.encoder_k."),
                    state(tensors, "module.encoder_q."),
                    dict(vec![("module.queue", small(&[0.0; 16]))]),
                ]),
            )]),
            "state_dict.encoder_q.",
            &["state_dict.encoder_k."],
        ),
        ("wrappers within the network", wrapped_within(tensors), "net.", &[]),
        ("net.", state(tensors, "net."), "net.", &[]),
        ("features_extractor.", state(tensors, "features_extractor."), "features_extractor.", &[]),
        ("a name of someone's own", state(tensors, "my_leaf_model.trunk."), "my_leaf_model.trunk.", &[]),
        (
            "Sequential of network and head",
            merged(vec![state(tensors, "0."), dict(vec![("1.weight", small(&[1.0]))])]),
            "0.",
            &[],
        ),
        ("Sequential of normalisation and network", state(tensors, "1."), "1.", &[]),
        (
            "dicts within dicts",
            dict(vec![("state_dict", dict(vec![("model", dict(vec![("backbone", plain())]))]))]),
            "state_dict.model.backbone.",
            &[],
        ),
        ("net, acc, epoch", dict(vec![("net", plain()), ("acc", Item::Float(93.1)), epoch()]), "net.", &[]),
        ("acc as a tensor", dict(vec![("net", plain()), ("acc", small(&[93.1]))]), "net.", &[]),
        (
            "model_state",
            dict(vec![("model_state", plain()), ("optimizer_state", optimizer(tensors))]),
            "model_state.",
            &[],
        ),
        ("weights", dict(vec![("weights", plain()), epoch()]), "weights.", &[]),
        ("params", dict(vec![("params", plain())]), "params.", &[]),
        ("params_ema", dict(vec![("params", other()), ("params_ema", plain())]), "params_ema.", &["params."]),
        ("model and ema", dict(vec![("model", other()), ("ema", plain())]), "ema.", &["model."]),
        (
            "timm",
            dict(vec![("state_dict", other()), ("state_dict_ema", plain()), ("args", namespace())]),
            "state_dict_ema.",
            &["state_dict."],
        ),
        (
            "a student and its teacher",
            dict(vec![
                ("student", state(&others(tensors), "module.")),
                ("teacher", state(tensors, "module.")),
            ]),
            "teacher.",
            &["student."],
        ),
        ("two models", dict(vec![("second", other()), ("first", plain())]), "first.", &["second."]),
        (
            "parts of one model",
            dict(vec![("encoder", plain()), ("classifier", dict(vec![("weight", small(&[1.0]))]))]),
            "encoder.",
            &[],
        ),
        (
            "torchvision's own reference",
            dict(vec![
                ("model", plain()),
                ("optimizer", optimizer(tensors)),
                ("lr_scheduler", dict(vec![("_get_lr_called_within_step", Item::Int(0))])),
                epoch(),
                ("args", namespace()),
                ("scaler", dict(vec![("scale", Item::Float(65536.0))])),
            ]),
            "model.",
            &[],
        ),
        (
            "objects that say nothing",
            dict(vec![
                ("best", numpy_scalar()),
                ("device", Item::Call("torch", "device", vec![text("cuda"), Item::Int(0)])),
                ("size", Item::Call("torch", "Size", vec![Item::Tuple(vec![Item::Int(3)])])),
                ("dtype", Item::Name("torch", "float32")),
                ("mode", Item::Call("utils.modes", "Mode", vec![Item::Int(1)])),
                (
                    "mode_of_3.11",
                    Item::Call("builtins", "getattr", vec![Item::Name("utils", "Mode"), text("FAST")]),
                ),
                ("seen", Item::Call("builtins", "set", vec![Item::List(vec![Item::Int(1)])])),
                (
                    "meter",
                    Item::Object("utils", "AverageMeter", Box::new(dict(vec![("avg", numpy_scalar())]))),
                ),
                ("slots", Item::Object("a", "B", Box::new(Item::Tuple(vec![Item::None, dict(vec![])])))),
                (
                    "counts",
                    Item::Filled(
                        Box::new(Item::Call(
                            "collections",
                            "defaultdict",
                            vec![Item::Name("builtins", "int")],
                        )),
                        vec![(text("rust"), Item::Int(3))],
                    ),
                ),
                ("seed", Item::Long(9)),
                ("hash", Item::Bytes(b"\xff\x00")),
                ("when", Item::Call("datetime", "datetime", vec![Item::Bytes(b"\x07\xe9")])),
                ("state_dict", plain()),
            ]),
            "state_dict.",
            &[],
        ),
        (
            "a dict of a class of its own",
            Item::Filled(
                Box::new(Item::Call("mmengine.config", "ConfigDict", vec![])),
                vec![(text("model"), plain())],
            ),
            "model.",
            &[],
        ),
        ("a tuple", Item::Tuple(vec![Item::Int(3), plain(), optimizer(tensors)]), "1.", &[]),
        ("a whole model", whole_model(tensors), "", &[]),
        (
            "a whole model in a checkpoint",
            dict(vec![("model", whole_model(tensors)), epoch()]),
            "model.",
            &[],
        ),
    ]
}

/// Checks that `bytes` give `tensors`, which lie under `prefix` beside those under `alternatives`.
fn check(name: &str, bytes: &[u8], tensors: &Tensors, prefix: &str, alternatives: &[&str]) {
    let graph = zoo::build("baseline", CLASSES).unwrap();
    let weights = read(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(network_of(&weights), Some("baseline"), "{name}");
    let fitted = fit(&graph, weights).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(fitted.prefix, prefix, "{name}");
    assert_eq!(fitted.alternatives, alternatives, "{name}");
    assert_eq!(fitted.replaced_classifier, None, "{name}");
    assert_eq!(&fitted.state.tensors, tensors, "{name}");
}

#[test]
fn whatever_is_around_them_the_same_weights_come_out() {
    let (_, tensors) = baseline();
    let cases = cases(&tensors);
    assert!(cases.len() >= 25);
    for (name, saved, prefix, alternatives) in &cases {
        check(name, &file(saved), &tensors, prefix, alternatives);
    }
}

/// Safetensors files have no dicts, but names with the same words before them.
#[test]
fn safetensors_files_are_unwrapped_in_the_same_way() {
    let (_, tensors) = baseline();
    for (name, sets) in [
        ("plain", vec![("", false)]),
        ("wrapped", vec![("module.", false)]),
        ("deeper", vec![("state_dict.model.backbone.", false)]),
        ("a path", vec![("model/net.", false)]),
        ("numbered", vec![("0.", false)]),
        ("with an average", vec![("ema_model.", false), ("model.", true)]),
        ("contrastive", vec![("encoder_q.", false), ("encoder_k.", true)]),
        ("with a projector", vec![("backbone.", false)]),
    ] {
        let mut all = Tensors::new();
        for (prefix, is_other) in &sets {
            let values = if *is_other { others(&tensors) } else { tensors.clone() };
            all.extend(values.into_iter().map(|(name, tensor)| (format!("{prefix}{name}"), tensor)));
        }
        all.insert("projector.0.weight".into(), Tensor { shape: vec![2], data: vec![0.0; 2] });
        let (mut header, mut data) = (Vec::new(), Vec::new());
        for (name, tensor) in &all {
            let begin = data.len();
            data.extend(tensor.data.iter().flat_map(|value| value.to_le_bytes()));
            header.push(format!(
                "\"{name}\":{{\"dtype\":\"F32\",\"shape\":{:?},\"data_offsets\":[{begin},{}]}}",
                tensor.shape,
                data.len()
            ));
        }
        let bytes = safetensors(&format!("{{{}}}", header.join(",")), &data);
        let alternatives: Vec<&str> = sets[1..].iter().map(|(prefix, _)| *prefix).collect();
        check(name, &bytes, &tensors, &sets[0].0.replace("module.", ""), &alternatives);
    }
}

#[test]
fn a_key_chooses_among_several_sets() {
    let (graph, tensors) = baseline();
    let saved = dict(vec![("model", state(&others(&tensors), "")), ("ema", state(&tensors, "module."))]);
    let chosen = |key: &str| {
        let mut weights = read(&file(&saved)).unwrap();
        weights.keep_under(key).map(|()| fit(&graph, weights).unwrap())
    };
    assert_eq!(chosen("ema").unwrap().state.tensors, tensors);
    assert_eq!(chosen("ema.module").unwrap().prefix, "ema.");
    let model = chosen("model").unwrap();
    assert_eq!((model.state.tensors, model.alternatives.len()), (others(&tensors), 0));
    let error = chosen("net").unwrap_err().to_string();
    assert!(error.contains("`net`") && error.contains("ema.*") && error.contains("model.*"), "{error}");
}

/// `nn.Sequential(*list(network.children())[:-1])` and `network.features` have no names of the outermost modules.
#[test]
fn children_of_a_network_are_recognised() {
    for (model, prefix) in [("resnet18", ""), ("resnet18", "backbone."), ("squeezenet1_0", "encoder.0.")] {
        let graph = zoo::build(model, 1000).unwrap();
        let whole = tensors_of(&graph);
        let classifier = ["fc.", "classifier."];
        let mut children = Tensors::new();
        for (name, tensor) in whole.iter().filter(|(name, _)| !classifier.iter().any(|c| name.starts_with(c)))
        {
            let (module, rest) = name.split_once('.').unwrap();
            let place = ["conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4"]
                .iter()
                .position(|known| *known == module);
            let name = place.map_or_else(|| rest.to_owned(), |place| format!("{place}.{rest}"));
            children.insert(format!("{prefix}{name}"), tensor.clone());
        }
        let count = children.len();
        let file = WeightFile {
            format: Format::Torch,
            tensors: children,
            integers: vec![],
            metadata: BTreeMap::new(),
        };
        assert_eq!(network_of(&file), Some(model));
        let fitted = fit(&graph, file).unwrap();
        assert_eq!((fitted.state.tensors.len(), fitted.prefix.as_str()), (count, prefix));
        assert!(fitted.state.tensors.iter().all(|(name, tensor)| whole[name] == *tensor));
        assert_eq!(fitted.replaced_classifier.unwrap().classes_in_file, None);
    }
}

#[test]
fn what_harms_is_refused_wherever_it_lies() {
    let (_, tensors) = baseline();
    for (module, name) in
        [("os", "system"), ("builtins", "eval"), ("subprocess", "Popen"), ("__builtin__", "exec")]
    {
        let call = Item::Call(module, name, vec![text("true")]);
        let within = Item::Object("argparse", "Namespace", Box::new(dict(vec![("x", call)])));
        let saved = dict(vec![("state_dict", state(&tensors, "")), ("args", within)]);
        let error = read(&file(&saved)).unwrap_err().to_string();
        assert!(error.contains(&format!("`{module}.{name}`")), "{error}");
    }
}

#[test]
fn files_without_weights_say_what_they_hold() {
    for (saved, expected) in [
        (
            dict(vec![("epoch", Item::Int(3)), ("args", namespace())]),
            "a dict of 2 entries without tensors: epoch, args",
        ),
        (namespace(), "an object of `argparse.Namespace`"),
        (Item::List(vec![Item::Int(1)]), "no dict"),
        (numpy_scalar(), "an object of `numpy.core.multiarray.scalar`"),
    ] {
        let error = read(&file(&saved)).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains("model.state_dict()"), "{error}");
    }
}

#[test]
fn a_mismatch_is_a_few_lines_that_end_in_a_conclusion() {
    let (graph, tensors) = baseline();
    let changed = |change: fn(&mut Tensors)| {
        let mut tensors = tensors.clone();
        change(&mut tensors);
        tensors
    };
    let wrapped: Tensors =
        tensors.iter().map(|(name, tensor)| (format!("model.{name}"), tensor.clone())).collect();
    let small = tensors_of(&zoo::build("mobilenet_v1_0.25", CLASSES).unwrap());
    let of_small = &zoo::build("mobilenet_v1_0.25", CLASSES).unwrap();
    let part: fn(&mut Tensors) = |tensors| tensors.retain(|name, _| !name.contains('3'));
    for (name, tensors, graph, parts) in [
        (
            "another network",
            small.clone(),
            &graph,
            vec!["these are weights of mobilenet_v1_0.25; use --model mobilenet_v1_0.25"],
        ),
        (
            "another network, wrapped",
            wrapped,
            of_small,
            vec!["these are weights of baseline; use --model baseline"],
        ),
        ("a part", changed(part), &graph, vec!["missing: conv3.weight", "a part of this network"]),
        (
            "wider",
            changed(|tensors| {
                tensors.insert("conv2.weight".into(), Tensor { shape: vec![1], data: vec![0.0] });
            }),
            &graph,
            vec!["`conv2.weight` is", "other layers"],
        ),
        (
            "not finite",
            changed(|tensors| tensors.get_mut("conv2.weight").unwrap().data[0] = f32::NAN),
            &graph,
            vec!["not finite", "diverged"],
        ),
        (
            "foreign",
            changed(|tensors| {
                *tensors = std::mem::take(tensors)
                    .into_values()
                    .enumerate()
                    .map(|(i, x)| (format!("blocks.{i}.w"), x))
                    .collect();
            }),
            &graph,
            vec!["0 of", "`blocks.0.w`", "of another kind"],
        ),
    ] {
        let file = WeightFile { format: Format::Torch, tensors, integers: vec![], metadata: BTreeMap::new() };
        let error = fit(graph, file).unwrap_err();
        let lines: Vec<String> = error.to_string().lines().map(str::to_owned).collect();
        assert!(lines.len() <= 5, "{name}: {error}");
        for part in parts {
            assert!(error.to_string().contains(part), "{name}: {part}: {error}");
        }
        let FitError::Mismatch { conclusion, mismatches, .. } = error else { panic!("{error}") };
        assert_eq!(lines.last().unwrap(), &conclusion.to_string(), "{name}");
        assert!(!mismatches.is_empty(), "{name}");
        assert_eq!(matches!(conclusion, Conclusion::Network(_)), name.starts_with("another"), "{name}");
    }
}
