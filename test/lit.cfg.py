"""lit: every .mlir and .test file below this folder is a test."""
import os

import lit.formats

config.name = "vitc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["models", "unit", "Inputs"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.vitc_binary_dir, "test")
config.environment["PATH"] = os.pathsep.join(
    [os.path.join(config.vitc_binary_dir, "bin"), config.llvm_tools_dir, config.environment["PATH"]])
config.substitutions.append(("%models", os.path.join(config.test_source_root, "models")))
if os.path.exists("/dev/nvidiactl"):
    config.available_features.add("cuda")
