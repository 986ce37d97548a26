//===- VitDialect.td - The vit dialect and its attributes --*- tablegen -*-===//
#ifndef VITC_DIALECT_VITDIALECT_TD
#define VITC_DIALECT_VITDIALECT_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/TensorEncoding.td"
include "mlir/IR/OpBase.td"

def Vit_Dialect : Dialect {
  let name = "vit";
  let cppNamespace = "::vitc::vit";
  let summary = "Vision Transformers at the level of their building blocks.";
  let description = [{
    What is computed: values are tensors, without layouts and without kernels.
    The batch is the only dynamic size: a dimension `?` is `k * B`, and `k`
    stands in the type's encoding, `tensor<?x768xf32, #vit.batch<197>>`. A type
    has at most one `?`.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect"
  ];
  let useDefaultAttributePrinterParser = 1;
}

class Vit_Attr<string name, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<Vit_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

def Vit_BatchAttr : Vit_Attr<"Batch", "batch",
    [DeclareAttrInterfaceMethods<VerifiableTensorEncoding>]> {
  let summary = "Encoding of a tensor whose `?` dimension is `factor * B`";
  let parameters = (ins "int64_t":$factor);
  let assemblyFormat = "`<` $factor `>`";
}

def Vit_FileAttr : Vit_Attr<"File", "file"> {
  let summary = "Bytes of a file: the source of an initializer";
  let description = [{
    `path` is relative to the folder of the model (or names the model itself),
    `offset` and `size` are bytes, `hash` is the XXH3-64 of the bytes in hex, or
    empty. Data is little-endian and dense, row-major.
  }];
  let parameters = (ins StringRefParameter<>:$path, "int64_t":$offset,
                        "int64_t":$size, StringRefParameter<>:$hash);
  let assemblyFormat = "`<` $path `,` $offset `,` $size `,` $hash `>`";
}

def Vit_RandomAttr : Vit_Attr<"Random", "random"> {
  let summary = "Reproducible normal values, for tests";
  let parameters = (ins "int64_t":$seed);
  let assemblyFormat = "`<` $seed `>`";
}

def Vit_NodeAttr : Vit_Attr<"Node", "node"> {
  let summary = "The ONNX node that an op computes: metadata of its location";
  let description = [{
    `index` counts the nodes of the graph from 0. `scope` is the module path
    (`blocks.0.attn`) where the exporter wrote one, else empty.
  }];
  let parameters = (ins StringRefParameter<>:$name, StringRefParameter<>:$opType,
                        StringRefParameter<>:$scope, "int64_t":$index);
  let assemblyFormat = "`<` $name `,` $opType `,` $scope `,` $index `>`";
}

def Vit_ProfileAttr : Vit_Attr<"Profile", "profile"> {
  let summary = "The batch range of a module: min, opt and max";
  let parameters = (ins "int64_t":$min, "int64_t":$opt, "int64_t":$max);
  let assemblyFormat = "`<` $min `,` $opt `,` $max `>`";
}

#endif // VITC_DIALECT_VITDIALECT_TD
