// RUN: vitc-opt %s --vit-fold-exact | FileCheck %s
// RUN: vitc-equiv %s --passes=vit-fold-exact

vit.initializer @w : tensor<8x8xf32> = #vit.random<1>
vit.initializer @b : tensor<8xf32> = #vit.random<2>
vit.initializer @scale : tensor<8xf32> = #vit.random<3>

// Layer scale goes into the weights: one linear is left, without a multiply.
// CHECK-LABEL: func.func @main(
// CHECK-SAME:    %[[X:.+]]: tensor
// CHECK:         %[[Y:.+]] = vit.linear %[[X]], %{{.+}}, %{{.+}} :
// CHECK-NOT:     vit.pointwise "mul"(%[[Y]]
// CHECK:         return %[[Y]]
func.func @main(%x: tensor<?x8xf32, #vit.batch<5>>) -> tensor<?x8xf32, #vit.batch<5>> {
  %w = vit.weight @w : tensor<8x8xf32>
  %b = vit.weight @b : tensor<8xf32>
  %s = vit.weight @scale : tensor<8xf32>
  %y = vit.linear %x, %w, %b : (tensor<?x8xf32, #vit.batch<5>>, tensor<8x8xf32>, tensor<8xf32>) -> tensor<?x8xf32, #vit.batch<5>>
  %m = vit.pointwise "mul"(%y, %s) [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>] : (tensor<?x8xf32, #vit.batch<5>>, tensor<8xf32>) -> tensor<?x8xf32, #vit.batch<5>> {
  ^bb0(%a: f32, %c: f32):
    %p = arith.mulf %a, %c : f32
    vit.yield %p : f32
  }
  return %m : tensor<?x8xf32, #vit.batch<5>>
}
