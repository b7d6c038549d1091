"""Classifies photos with the ONNX file beside this one: python model.onnx.py photo.jpg ..."""
import json, sys
import onnxruntime
from photo import upright

session = onnxruntime.InferenceSession(__file__.removesuffix(".py"))
classes = json.loads(session.get_modelmeta().custom_metadata_map["foliar"])["classes"]
for path in sys.argv[1:]:
    values = session.run(None, {"image": upright(path)})
    said = dict(zip([output.name for output in session.get_outputs()], values))
    name = classes[said["answer"]] if said["answer"] >= 0 else "unknown"
    print(path, name, dict(zip(classes, said["probabilities"].astype(float).round(4).tolist())), sep="\t")
