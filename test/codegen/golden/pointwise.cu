// pointwise_where_gather.cu - emitted by vitc. Do not edit.
//
// one function at each of 37632*B elements.
// Launch: grid (ceil((37632*B) / 256), 1, 1), 256 threads, 0 bytes of shared
//   memory.
// Used by 1 launch, for the ONNX nodes
//   /Where
#include "pointwise.cuh"

namespace {

struct pointwise_where_gather_problem {
  const vit::f16 *in_;
  const float *table_values_;
  const int *index_;
  const unsigned char *mask_;
  vit::f16 *out_;
  int batch;

  using Index = int;
  static constexpr int kThreads = 256, kPerThread = 1, kVector = 1;
  VIT_INLINE Index elements() const { return 37632 * batch; }

  VIT_INLINE vit::f16 read_in(int i) const {
    const bool valid = (unsigned)(i / 896 % 14 - 1) < 12u;
    const int at = (i / 37632) * 37632 + (i / 12544 % 3) * 12544 +
                   (i / 896 % 14) * 896 + (i / 64 % 14) * 64 + i % 64 - 896;
    return valid ? in_[at] : vit::zero<vit::f16>();
  }

  VIT_INLINE float value(Index i) const {
    const float table_values_value =
        table_values_[(index_[i / 64 % 588]) * 64 + i % 64];
    // Where /Where
    return vit::fn::select(mask_[i % 37632] != 0, vit::to_f32(read_in(i)),
                           vit::fn::neg(table_values_value));
  }
  VIT_INLINE void element(Index i) const {
    out_[i] = vit::store_as<vit::f16>(value(i));
  }
};

} // namespace

VIT_KERNEL(256)
pointwise_where_gather(const vit::f16 *in, const float *table_values,
                       const int *index, const unsigned char *mask,
                       vit::f16 *out, int batch) {
  VIT_DYN_SMEM(smem);
  pointwise_where_gather_problem problem;
  problem.in_ = in;
  problem.table_values_ = table_values;
  problem.index_ = index;
  problem.mask_ = mask;
  problem.out_ = out;
  problem.batch = batch;
  vit::pointwise(problem, smem);
}
VIT_EXPORT(pointwise_where_gather)
