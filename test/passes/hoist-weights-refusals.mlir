// What stays in the function: broadcasts that grow, and what sees an input.
// RUN: vitc-opt %s --vit-hoist-weights | FileCheck %s

vit.initializer @w : tensor<1x64xf32> = #vit.random<1>

// CHECK-NOT: vit.initializer @w.
// CHECK-LABEL: func.func @grows
// CHECK: vit.broadcast
func.func @grows() -> tensor<512x64xf32> {
  %w = vit.weight @w : tensor<1x64xf32>
  %0 = vit.broadcast %w : tensor<1x64xf32> -> tensor<512x64xf32>
  return %0 : tensor<512x64xf32>
}

// CHECK-LABEL: func.func @dynamic
// CHECK: vit.broadcast
// CHECK: vit.concat
func.func @dynamic(%x: tensor<?x64xf32, #vit.batch<1>>) -> tensor<?x64xf32, #vit.batch<2>> {
  %w = vit.weight @w : tensor<1x64xf32>
  %0 = vit.broadcast %w : tensor<1x64xf32> -> tensor<?x64xf32, #vit.batch<1>>
  %1 = vit.concat %x, %0 {axis = 0 : i64} : (tensor<?x64xf32, #vit.batch<1>>, tensor<?x64xf32, #vit.batch<1>>) -> tensor<?x64xf32, #vit.batch<2>>
  return %1 : tensor<?x64xf32, #vit.batch<2>>
}
