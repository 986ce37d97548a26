// RUN: vitc-opt %s --vit-fold-norm --split-input-file | FileCheck %s

vit.initializer @w : tensor<8x4xf32> = #vit.random<1>
vit.initializer @b : tensor<8xf32> = #vit.random<2>
vit.initializer @gamma : tensor<4xf32> = #vit.random<3>
vit.initializer @beta : tensor<4xf32> = #vit.random<4>

// CHECK-LABEL: func.func @main(
// CHECK:         %[[N:.+]] = vit.layer_norm %{{.+}} {epsilon
// CHECK:         %[[W:.+]] = vit.pointwise "mul"(%{{.+}}, %{{.+}})
// CHECK:         %[[S:.+]] = vit.linear
// CHECK:         %[[R:.+]] = vit.reshape %[[S]]
// CHECK:         %[[B:.+]] = vit.pointwise "add"(%[[R]], %{{.+}})
// CHECK:         vit.linear %[[N]], %[[W]], %[[B]]
func.func @main(%x: tensor<?x4xf32, #vit.batch<5>>) -> tensor<?x8xf32, #vit.batch<5>> {
  %w = vit.weight @w : tensor<8x4xf32>
  %b = vit.weight @b : tensor<8xf32>
  %gamma = vit.weight @gamma : tensor<4xf32>
  %beta = vit.weight @beta : tensor<4xf32>
  %0 = vit.layer_norm %x gamma %gamma beta %beta {epsilon = 1.0e-5 : f32} : (tensor<?x4xf32, #vit.batch<5>>, tensor<4xf32>, tensor<4xf32>) -> tensor<?x4xf32, #vit.batch<5>>
  %1 = vit.linear %0, %w, %b : (tensor<?x4xf32, #vit.batch<5>>, tensor<8x4xf32>, tensor<8xf32>) -> tensor<?x8xf32, #vit.batch<5>>
  return %1 : tensor<?x8xf32, #vit.batch<5>>
}

// -----

vit.initializer @w : tensor<4x4xf32> = #vit.random<1>
vit.initializer @gamma : tensor<4xf32> = #vit.random<3>

// A norm that something else reads as well stays as it is.
// CHECK-LABEL: func.func @main(
// CHECK:         vit.layer_norm %{{.+}} gamma %{{.+}} {epsilon
// CHECK-NOT:     vit.pointwise
func.func @main(%x: tensor<?x4xf32, #vit.batch<5>>) -> (tensor<?x4xf32, #vit.batch<5>>, tensor<?x4xf32, #vit.batch<5>>) {
  %w = vit.weight @w : tensor<4x4xf32>
  %gamma = vit.weight @gamma : tensor<4xf32>
  %0 = vit.layer_norm %x gamma %gamma {epsilon = 1.0e-5 : f32} : (tensor<?x4xf32, #vit.batch<5>>, tensor<4xf32>) -> tensor<?x4xf32, #vit.batch<5>>
  %1 = vit.linear %0, %w : (tensor<?x4xf32, #vit.batch<5>>, tensor<4x4xf32>) -> tensor<?x4xf32, #vit.batch<5>>
  return %0, %1 : tensor<?x4xf32, #vit.batch<5>>, tensor<?x4xf32, #vit.batch<5>>
}
