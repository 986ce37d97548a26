// RUN: vitc-opt %s --vit-assign-precision=policy=fp16 --vit-materialize-precision | FileCheck %s --check-prefix=FP16
// RUN: vitc-opt %s --vit-assign-precision=policy=bf16 --vit-materialize-precision=residual=true | FileCheck %s --check-prefix=BF16

vit.initializer @w : tensor<4x4xf32> = #vit.random<1>
vit.initializer @b : tensor<4xf32> = #vit.random<2>

// The norm's only reader wants f16, so it gives f16; the bias and the residual
// stream stay f32.
// FP16:      %[[W:.+]] = vit.pointwise "cast"(%{{.+}}) {{.*}} -> tensor<4x4xf16>
// FP16:      %[[N:.+]] = vit.layer_norm %{{.+}} -> tensor<?x4xf16
// FP16:      %[[L:.+]] = vit.linear %[[N]], %[[W]], %{{.+}} : ({{.*}}tensor<4xf32>) -> tensor<?x4xf32
// FP16:      vit.pointwise "add"(%{{.+}}, %[[L]]) {{.*}} -> tensor<?x4xf32

// The residual sum is rounded to bf16, and its readers see that.
// BF16:      vit.layer_norm %{{.+}} -> tensor<?x4xbf16
// BF16:      %[[S:.+]] = vit.pointwise "add"
// BF16:      %[[R:.+]] = vit.pointwise "cast"(%[[S]]) {{.*}} -> tensor<?x4xbf16
// BF16:      %[[E:.+]] = vit.pointwise "cast"(%[[R]]) {{.*}} -> tensor<?x4xf32
// BF16:      return %[[E]]
func.func @main(%x: tensor<?x4xf32, #vit.batch<5>>) -> tensor<?x4xf32, #vit.batch<5>> {
  %w = vit.weight @w : tensor<4x4xf32>
  %b = vit.weight @b : tensor<4xf32>
  %0 = vit.layer_norm %x {epsilon = 1.0e-5 : f32} : (tensor<?x4xf32, #vit.batch<5>>) -> tensor<?x4xf32, #vit.batch<5>>
  %1 = vit.linear %0, %w, %b : (tensor<?x4xf32, #vit.batch<5>>, tensor<4x4xf32>, tensor<4xf32>) -> tensor<?x4xf32, #vit.batch<5>>
  %2 = vit.pointwise "add"(%x, %1) [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>] : (tensor<?x4xf32, #vit.batch<5>>, tensor<?x4xf32, #vit.batch<5>>) -> tensor<?x4xf32, #vit.batch<5>> {
  ^bb0(%a: f32, %c: f32):
    %s = arith.addf %a, %c : f32
    vit.yield %s : f32
  }
  return %2 : tensor<?x4xf32, #vit.batch<5>>
}
