//===- Plan.h - what to launch, in which order, on what ---------*- C++ -*-===//
//
// The contract between the compiler, the printer and the runtime. A plan is
// (profile x target). The printer reads only this, so the same text can be
// printed again from a module.
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_FORMAT_PLAN_H
#define VITRT_FORMAT_PLAN_H

#include "runtime/format/Function.h"

#include <variant>

namespace vitrt::format {

/// Kernel templates and the axes of their index spaces.
///
///   Gemm       A (g, m, k), W (g, n, k), C and extras (g, m, n)
///   Attention  Q (b, h, m, d), K (b, h, n, d), V (b, h, n, e),
///              score extras (b, h, m, n), out and extras (b, h, m, e)
///   RowNorm    in, out and extras (r, c): layer norm, RMS norm
///   Softmax    in, out and extras (r, c)
///   Reduce     in and its extras (r, c), out and its extras (r)
///   Pointwise  every operand (i)
enum class TemplateKind : uint8_t {
  Gemm = 1,
  Attention = 2,
  RowNorm = 3,
  Softmax = 4,
  Reduce = 5,
  Pointwise = 6,
};

enum class Family : uint8_t { Simt = 1, Mma = 2, Wgmma = 3 };

/// What an operand is to its template. Extra: read by a function only. Table:
/// I32 values that a view's AxisDim::table names.
enum class Role : uint8_t {
  A = 1,
  W = 2,
  Q = 3,
  K = 4,
  V = 5,
  In = 6,
  Out = 7,
  Extra = 8,
  Table = 9
};

/// One operand of a kernel, in the order of the kernel's pointer parameters.
struct KernelOperand {
  Role role = Role::In;
  std::string name; ///< Parameter name: `[a-z][a-z0-9_]*`, structural.
  View view;
  /// Elements that may be read or written at once along the last axis (1, 2, 4,
  /// 8 or 16): contiguous and aligned in every launch. codegen's vectorWidth.
  uint8_t vector = 1;
  bool operator==(const KernelOperand &) const = default;
};

/// C[g,m,n] = epilogue(sum_k prologue(A[g,m,k]) * W[g,n,k]).
struct GemmConfig {
  Extent groups, rows; ///< Extents of g and m.
  int64_t n = 1, k = 1;
  DType compute = DType::F32; ///< F32 (simt), F16, BF16: type of the products.
  int32_t bm = 64, bn = 64, bk = 16; ///< Block tile.
  int32_t wm = 32, wn = 32;          ///< Warp tile (mma) or thread tile (simt).
  int32_t stages = 1;                ///< Shared-memory stages.
  bool operator==(const GemmConfig &) const = default;
};

/// out[b,h,m,:] = epilogue(softmax_n(score(Q[b,h,m,:] . K[b,h,n,:]))
/// V[b,h,n,:]). Key/value head of query head h is h / (heads / kvHeads).
/// `score` gets the raw dot product; scale, bias and mask are in it.
struct AttentionConfig {
  Extent batch;
  int64_t heads = 1, kvHeads = 1, queries = 1, keys = 1, dk = 1, dv = 1;
  DType compute = DType::F32;
  bool causal = false;
  int32_t bm = 64, bn = 64; ///< Query rows and key rows per step.
  int32_t warps = 4;
  bool operator==(const AttentionConfig &) const = default;
};

/// RowNorm: (x - mean) * rsqrt(var + epsilon), or x * rsqrt(mean(x^2) +
/// epsilon).
struct RowNormConfig {
  Extent rows;
  int64_t cols = 1;
  float epsilon = 1e-5f;
  bool rms = false;
  int32_t threadsPerRow = 32, rowsPerBlock = 4;
  bool operator==(const RowNormConfig &) const = default;
};

struct SoftmaxConfig {
  Extent rows;
  int64_t cols = 1;
  bool log = false;
  int32_t threadsPerRow = 32, rowsPerBlock = 4;
  bool operator==(const SoftmaxConfig &) const = default;
};

enum class ReduceKind : uint8_t {
  Sum = 1,
  Mean = 2,
  Max = 3,
  Min = 4,
  SumSquare = 5,
  L2 = 6,
  L1 = 7,
  Prod = 8,
  ArgMax = 9
};
struct ReduceConfig {
  Extent rows;
  int64_t cols = 1;
  ReduceKind kind = ReduceKind::Sum;
  int32_t threadsPerRow = 32, rowsPerBlock = 4;
  bool operator==(const ReduceConfig &) const = default;
};

struct PointwiseConfig {
  Extent elements;
  int32_t threads = 256, perThread = 1;
  bool operator==(const PointwiseConfig &) const = default;
};

using Config = std::variant<GemmConfig, AttentionConfig, RowNormConfig,
                            SoftmaxConfig, ReduceConfig, PointwiseConfig>;

/// Blocks along one grid axis: ceil((perBatch * B + fixed) / divisor).
struct GridFormula {
  int64_t perBatch = 0, fixed = 1, divisor = 1;
  int64_t at(int64_t batch) const {
    return (perBatch * batch + fixed + divisor - 1) / divisor;
  }
  bool operator==(const GridFormula &) const = default;
};

/// One kernel text. Structure only: no buffer offset and no model name, so
/// launches that differ in these share it.
struct Kernel {
  std::string symbol; ///< Structural: `gemm_n2304_k768_f16_bias_gelu`.
  TemplateKind kind = TemplateKind::Pointwise;
  Family family = Family::Simt;
  Config config;
  std::vector<KernelOperand> operands;
  /// Applied to an element of A (Gemm) or In (RowNorm, Softmax, Reduce) when it
  /// is read; identity if empty. Attention: the score function. Pointwise: the
  /// whole function; its arguments are operands only.
  Function prologue;
  /// Applied to the result before it is stored; identity if empty. Empty for
  /// Pointwise.
  Function epilogue;
  GridFormula grid[3];
  uint32_t threads = 128;
  uint32_t sharedBytes = 0;
  std::string why; ///< One line: why this template, family and config.
  bool operator==(const Kernel &) const = default;
};

/// One launch of a kernel.
struct Launch {
  uint32_t kernel = 0;              ///< Index into Plan::kernels.
  std::vector<BufferRef> buffers;   ///< Parallel to Kernel::operands.
  std::vector<std::string> nodes;   ///< ONNX node names it computes, in order.
  std::vector<std::string> opTypes; ///< Their ONNX op types, parallel.
  std::string vitOp;                ///< The vit op, for profiles: "vit.linear".
  std::string scope;   ///< Module path (`blocks.0.attn`), or empty.
  uint32_t device = 0; ///< 0 GPU, 1.. DLA core + 1.
  double flops = 0;    ///< 2 x MAC of one image (batch 1), padding excluded.
  double bytes = 0;    ///< Compulsory bytes of one image: operands once.
  bool operator==(const Launch &) const = default;
};

/// A model input or output.
struct TensorInfo {
  std::string name;
  DType dtype = DType::F32;
  std::vector<Extent> shape;
  bool operator==(const TensorInfo &) const = default;
};

/// Where an ONNX tensor lives after its launch, for `verify --per-op`. Valid
/// right after launch `afterLaunch` ran (the arena may be reused later).
struct TensorMapEntry {
  std::string name; ///< ONNX value name.
  std::string node; ///< ONNX node that produces it.
  DType dtype = DType::F32;
  std::vector<Extent> shape;
  std::vector<int64_t> strides; ///< Elements, parallel to shape.
  BufferRef buffer;
  uint32_t afterLaunch = 0;
  bool operator==(const TensorMapEntry &) const = default;
};

/// What happened, for reports: counts by a short key ("qkv_fused" 12 of 12),
/// and remarks.
struct ReportEntry {
  std::string key;
  int64_t done = 0, total = 0;
  std::string detail;
  bool operator==(const ReportEntry &) const = default;
};

struct Plan {
  std::string target;    ///< "sm_90" as compiled for.
  std::string device;    ///< "h200" when given by name, else empty.
  std::string precision; ///< Policy: "fp32", "fp16", "bf16".
  int64_t minBatch = 1, optBatch = 1, maxBatch = 1;
  std::vector<TensorInfo> inputs, outputs;
  std::vector<Kernel> kernels;
  std::vector<Launch> launches;
  std::vector<TensorMapEntry> tensors;
  std::vector<ReportEntry> report;
  uint64_t arenaBytes = 0;      ///< For maxBatch.
  uint64_t arenaLowerBound = 0; ///< Peak of live bytes at maxBatch.
  bool operator==(const Plan &) const = default;
};

} // namespace vitrt::format

#endif // VITRT_FORMAT_PLAN_H
