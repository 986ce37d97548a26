//===- PointwiseKernels.cpp - vit.pointwise block by block ----------------===//
#include "reference/Kernels.h"
#include "reference/PayloadProgram.h"

namespace vitc::reference {
namespace {

/// Walks an operand in the row-major order of the output, in runs along the
/// innermost dimension.
class OperandCursor {
public:
  OperandCursor(const Tensor &tensor, mlir::AffineMap map,
                llvm::ArrayRef<int64_t> shape)
      : tensor(tensor), sizes(shape.begin(), shape.end()),
        strides(shape.size(), 0), index(shape.size(), 0) {
    Shape own = rowMajorStrides(tensor.shape());
    for (auto [result, stride] : llvm::zip(map.getResults(), own))
      if (auto dim = llvm::dyn_cast<mlir::AffineDimExpr>(result))
        strides[dim.getPosition()] += stride;
    if (sizes.empty()) {
      sizes = {1};
      strides = {0};
      index = {0};
    }
    // One run where the operand has the output's order throughout.
    if (strides == rowMajorStrides(sizes)) {
      sizes = {reference::numElements(sizes)};
      strides = {1};
      index = {0};
    }
  }

  /// The next `count` elements into a register.
  template <typename T> void read(T *floats, int64_t *integers, int64_t count) {
    while (count > 0) {
      int64_t run = std::min(count, sizes.back() - index.back());
      if (isFloat(tensor.dtype()))
        load(floats, run);
      else
        load(integers, run);
      floats += run;
      integers += run;
      count -= run;
      advance(run);
    }
  }

private:
  void advance(int64_t run) {
    offset += run * strides.back();
    index.back() += run;
    for (size_t dim = sizes.size() - 1; index[dim] == sizes[dim] && dim > 0;
         --dim) {
      offset += strides[dim - 1] - index[dim] * strides[dim];
      index[dim] = 0;
      ++index[dim - 1];
    }
  }

  template <typename T, typename Word> void copy(T *to, int64_t run) {
    const Word *from = tensor.as<Word>() + offset;
    int64_t stride = strides.back();
    if (stride == 1)
      for (int64_t i = 0; i < run; ++i)
        to[i] = static_cast<T>(from[i]);
    else
      for (int64_t i = 0; i < run; ++i)
        to[i] = static_cast<T>(from[i * stride]);
  }

  template <typename T> void load(T *to, int64_t run) {
    switch (tensor.dtype()) {
    case DType::F32:
    case DType::TF32:
      return tensor.wide() ? copy<T, double>(to, run) : copy<T, float>(to, run);
    case DType::F16:
    case DType::BF16:
      for (int64_t i = 0; i < run; ++i)
        to[i] = static_cast<T>(
            decodeFloat(tensor.as<uint16_t>()[offset + i * strides.back()],
                        tensor.dtype()));
      return;
    case DType::I8:
      return copy<T, int8_t>(to, run);
    case DType::I1:
      return copy<T, uint8_t>(to, run);
    case DType::I32:
      return copy<T, int32_t>(to, run);
    case DType::I64:
      return copy<T, int64_t>(to, run);
    case DType::UI8:
    case DType::F8E4M3FN:
    case DType::F8E5M2:
      llvm_unreachable("no element type of a payload");
    }
  }

  const Tensor &tensor;
  Shape sizes, strides, index;
  int64_t offset = 0;
};

/// Runs the program over all elements; `store(first, count)` takes the result
/// registers of a block.
template <typename T, typename Fn>
void runBlocks(vit::PointwiseOp op, const Operands &in,
               const PayloadProgram &program, PayloadRegisters<T> &registers,
               llvm::ArrayRef<int64_t> shape, Fn store) {
  llvm::SmallVector<OperandCursor, 4> cursors;
  for (size_t i = 0; i < in.size(); ++i)
    cursors.emplace_back(
        in[i], llvm::cast<mlir::AffineMapAttr>(op.getMaps()[i]).getValue(),
        shape);
  int64_t total = numElements(shape);
  for (int64_t first = 0; first < total; first += kBlock) {
    int64_t count = std::min(kBlock, total - first);
    for (auto [cursor, argument] : llvm::zip(cursors, program.arguments))
      cursor.read(
          argument.isFloat ? registers.floats(argument.number) : nullptr,
          argument.isFloat ? nullptr : registers.integers(argument.number),
          count);
    registers.run(count);
    store(first, count);
  }
}

template <typename Word>
void storeAs(Tensor &tensor, int64_t first, const int64_t *from,
             int64_t count) {
  Word *to = tensor.mutableAs<Word>() + first;
  for (int64_t i = 0; i < count; ++i)
    to[i] = static_cast<Word>(from[i]);
}

void storeIntegers(Tensor &tensor, int64_t first, const int64_t *from,
                   int64_t count) {
  switch (tensor.elementBytes()) {
  case 1:
    return storeAs<uint8_t>(tensor, first, from, count);
  case 4:
    return storeAs<int32_t>(tensor, first, from, count);
  default:
    return storeAs<int64_t>(tensor, first, from, count);
  }
}

} // namespace

Tensors evaluate(vit::PointwiseOp op, const Operands &in,
                 const EvalConfig &config) {
  auto type = op.getOutput().getType();
  Shape shape = shapeAt(type, config.batch);
  DType dtype = elementOf(type);
  PayloadProgram program = compilePayload(op);
  return withComputeType(config, [&](auto zero) -> Tensors {
    using T = decltype(zero);
    PayloadRegisters<T> registers(program);
    if (program.result.isFloat) {
      FloatResult<T> out(dtype, shape);
      runBlocks(op, in, program, registers, shape,
                [&](int64_t first, int64_t count) {
                  std::copy_n(registers.floats(program.result.number), count,
                              out.data() + first);
                });
      return {out.finish()};
    }
    Tensor out(dtype, shape);
    runBlocks(op, in, program, registers, shape,
              [&](int64_t first, int64_t count) {
                storeIntegers(out, first,
                              registers.integers(program.result.number), count);
              });
    return {out};
  });
}

} // namespace vitc::reference
