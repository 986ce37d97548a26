// RUN: vitc-opt %s --vit-assign-precision | FileCheck %s --check-prefix=FP32
// RUN: vitc-opt %s --vit-assign-precision=policy=fp16 | FileCheck %s --check-prefix=FP16
// RUN: not vitc-opt %s --vit-assign-precision=policy=int4 2>&1 | FileCheck %s --check-prefix=ERROR

// ERROR: error: unknown precision policy 'int4': expected fp32, fp16 or bf16

vit.initializer @w : tensor<8x4xf32> = #vit.random<1>

// FP32:      vit.linear {{.*}}vit.precision = "f32", vit.precision_reason = "policy fp32"
// FP32:      vit.layer_norm {{.*}}vit.precision = "f32"
// FP16:      vit.linear {{.*}}vit.precision = "f16", vit.precision_reason = "policy fp16, accumulated in f32"
// FP16:      vit.layer_norm {{.*}}vit.precision = "f32", vit.precision_reason = "statistics are always f32"
func.func @main(%x: tensor<?x4xf32, #vit.batch<5>>) -> tensor<?x8xf32, #vit.batch<5>> {
  %w = vit.weight @w : tensor<8x4xf32>
  %0 = vit.linear %x, %w : (tensor<?x4xf32, #vit.batch<5>>, tensor<8x4xf32>) -> tensor<?x8xf32, #vit.batch<5>>
  %1 = vit.layer_norm %0 {epsilon = 1.0e-5 : f32} : (tensor<?x8xf32, #vit.batch<5>>) -> tensor<?x8xf32, #vit.batch<5>>
  return %1 : tensor<?x8xf32, #vit.batch<5>>
}
