// RUN: vitc-opt %s --vit-assign-layouts --vit-select-kernels --vit-plan-memory --vit-prepare-emission | FileCheck %s

// Two linears of one structure share a kernel, whatever their weights and
// places; another bias makes another kernel.
// CHECK: vitk.kernel = 0 : i64, vitk.operands = ["a", "w", "bias", "out"], vitk.symbol = "gemm_n64_k64_f32_bias"
// CHECK: vitk.kernel = 0 : i64, vitk.operands = ["a", "w", "bias", "out"], vitk.symbol = "gemm_n64_k64_f32_bias"
// CHECK: vitk.kernel = 1 : i64, vitk.operands = ["a", "w", "out"], vitk.symbol = "gemm_n64_k64_f32"
func.func @main(%x: tensor<8x64xf32>, %w: tensor<64x64xf32>, %v: tensor<64x64xf32>, %b: tensor<64xf32>, %c: tensor<64xf32>) -> tensor<8x64xf32> {
  %1 = vit.linear %x, %w, %b : (tensor<8x64xf32>, tensor<64x64xf32>, tensor<64xf32>) -> tensor<8x64xf32>
  %2 = vit.linear %1, %v, %c : (tensor<8x64xf32>, tensor<64x64xf32>, tensor<64xf32>) -> tensor<8x64xf32>
  %3 = vit.linear %2, %v : (tensor<8x64xf32>, tensor<64x64xf32>) -> tensor<8x64xf32>
  return %3 : tensor<8x64xf32>
}
