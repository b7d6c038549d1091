"""Classifies photos with the ONNX file beside this one: python model.onnx.py photo.jpg ..."""
import json, sys
import numpy, onnxruntime
from photo import cropped, upright

session = onnxruntime.InferenceSession(__file__.removesuffix(".py"))
about = json.loads(session.get_modelmeta().custom_metadata_map["foliar"])
classes, prepare = about["classes"], about["preprocessing"]
for path in sys.argv[1:]:
    photo = cropped(upright(path), prepare).astype(numpy.float32)
    pixels = (photo / 255 - numpy.float32(prepare["mean"])) / numpy.float32(prepare["std"])
    values = session.run(None, {"tensor": pixels.transpose(2, 0, 1)[None]})
    said = dict(zip([output.name for output in session.get_outputs()], [value[0] for value in values]))
    name = classes[said["answer"]] if said["answer"] >= 0 else "unknown"
    print(path, name, dict(zip(classes, said["probabilities"].astype(float).round(4).tolist())), sep="\t")
