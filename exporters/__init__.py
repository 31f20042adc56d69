"""Programs become artefacts: ONNX, Python source, weights; and proof that they agree."""
