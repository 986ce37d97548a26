// RUN: vitc-opt %s --vit-flatten-to-3d | FileCheck %s
// RUN: vitc-equiv %s --passes=vit-flatten-to-3d

vit.initializer @w : tensor<8x8xf32> = #vit.random<1>
vit.initializer @b : tensor<8xf32> = #vit.random<2>

// Linears and norms work on rows; only attention sees [B, N, C].
// CHECK-LABEL: func.func @main(
// CHECK:         vit.layer_norm %{{.+}} -> tensor<?x8xf32, #vit.batch<5>>
// CHECK:         vit.linear %{{.+}} -> tensor<?x8xf32, #vit.batch<5>>
// CHECK:         vit.attention %{{.+}} -> tensor<?x5x8xf32, #vit.batch<1>>
// CHECK-NOT:     tensor<?x5x2x4xf32
func.func @main(%x: tensor<?x5x8xf32, #vit.batch<1>>) -> tensor<?x5x8xf32, #vit.batch<1>> {
  %w = vit.weight @w : tensor<8x8xf32>
  %b = vit.weight @b : tensor<8xf32>
  %n = vit.layer_norm %x gamma %b beta %b {epsilon = 1.0e-5 : f32} : (tensor<?x5x8xf32, #vit.batch<1>>, tensor<8xf32>, tensor<8xf32>) -> tensor<?x5x8xf32, #vit.batch<1>>
  %q = vit.linear %n, %w, %b : (tensor<?x5x8xf32, #vit.batch<1>>, tensor<8x8xf32>, tensor<8xf32>) -> tensor<?x5x8xf32, #vit.batch<1>>
  %a = vit.attention %q, %q, %q {heads = 2 : i64, kv_heads = 2 : i64, scale = 5.0e-1 : f32} : (tensor<?x5x8xf32, #vit.batch<1>>, tensor<?x5x8xf32, #vit.batch<1>>, tensor<?x5x8xf32, #vit.batch<1>>) -> tensor<?x5x8xf32, #vit.batch<1>>
  %h = vit.reshape %a : tensor<?x5x8xf32, #vit.batch<1>> -> tensor<?x5x2x4xf32, #vit.batch<1>>
  %r = vit.reshape %h : tensor<?x5x2x4xf32, #vit.batch<1>> -> tensor<?x5x8xf32, #vit.batch<1>>
  return %r : tensor<?x5x8xf32, #vit.batch<1>>
}
