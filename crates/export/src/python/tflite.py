"""Classifies photos with the TFLite file beside this one: python model.tflite.py photo.jpg ..."""
import json, sys, zipfile
from ai_edge_litert.interpreter import Interpreter
from photo import cropped, upright

file = __file__.removesuffix(".py")
about = json.loads(zipfile.ZipFile(file).read("foliar.json"))
classes, interpreter = about["classes"], Interpreter(file)
run = interpreter.get_signature_runner()
for path in sys.argv[1:]:
    pixels = cropped(upright(path), about["preprocessing"])
    said = {name: value[0] for name, value in run(image=pixels[None]).items()}
    name = classes[said["answer"]] if said["answer"] >= 0 else "unknown"
    print(path, name, dict(zip(classes, said["probabilities"].astype(float).round(4).tolist())), sep="\t")
