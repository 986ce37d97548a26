// RUN: vitc-opt %s --vit-hoist-weights | FileCheck %s
// RUN: vitc-opt %s --vit-hoist-weights --vit-hoist-weights | FileCheck %s
// RUN: vitc-equiv %s --passes="vit-hoist-weights" --rtol=1e-6

#map = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>

vit.initializer @w : tensor<64x32xf32> = #vit.random<1>
vit.initializer @g : tensor<32xf32> = #vit.random<2>
vit.initializer @b : tensor<64xf32> = #vit.random<3>
// CHECK-NOT: @unused
vit.initializer @unused : tensor<64xf32> = #vit.random<4>

// A chain is one recipe; it is used twice and stands once.
// CHECK: vit.initializer @w.scale : tensor<64x32xf32> {
// CHECK-NEXT: %[[W:.*]] = vit.weight @w
// CHECK-NEXT: %[[G:.*]] = vit.weight @g
// CHECK-NEXT: vit.pointwise "mul"(%[[W]], %[[G]])
// CHECK: vit.pointwise "scale"
// CHECK: vit.yield
// What is small is evaluated.
// CHECK: vit.initializer @b.concat : tensor<128xf32> = dense<
// CHECK-NOT: vit.initializer

// CHECK-LABEL: func.func @main
// CHECK: %[[S:.*]] = vit.weight @w.scale : tensor<64x32xf32>
// CHECK: %[[C:.*]] = vit.weight @b.concat
// CHECK: vit.linear %{{.*}}, %[[S]]
// CHECK: vit.linear %{{.*}}, %[[S]]
// CHECK: return {{.*}}, %[[C]]
func.func @main(%x: tensor<?x32xf32, #vit.batch<1>>) -> (tensor<?x64xf32, #vit.batch<1>>, tensor<?x64xf32, #vit.batch<1>>, tensor<128xf32>) {
  %w = vit.weight @w : tensor<64x32xf32>
  %g = vit.weight @g : tensor<32xf32>
  %b = vit.weight @b : tensor<64xf32>
  %0 = vit.pointwise "mul" (%w, %g) [#map, #row] : (tensor<64x32xf32>, tensor<32xf32>) -> tensor<64x32xf32> {
  ^bb0(%a0: f32, %a1: f32):
    %m = arith.mulf %a0, %a1 : f32
    vit.yield %m : f32
  }
  %1 = vit.pointwise "scale" (%0) [#map] : (tensor<64x32xf32>) -> tensor<64x32xf32> {
  ^bb0(%a0: f32):
    %c = arith.constant 0.5 : f32
    %m = arith.mulf %a0, %c : f32
    vit.yield %m : f32
  }
  %2 = vit.concat %b, %b {axis = 0 : i64} : (tensor<64xf32>, tensor<64xf32>) -> tensor<128xf32>
  %3 = vit.linear %x, %1, %b : (tensor<?x32xf32, #vit.batch<1>>, tensor<64x32xf32>, tensor<64xf32>) -> tensor<?x64xf32, #vit.batch<1>>
  %4 = vit.linear %x, %1 : (tensor<?x32xf32, #vit.batch<1>>, tensor<64x32xf32>) -> tensor<?x64xf32, #vit.batch<1>>
  return %3, %4, %2 : tensor<?x64xf32, #vit.batch<1>>, tensor<?x64xf32, #vit.batch<1>>, tensor<128xf32>
}
