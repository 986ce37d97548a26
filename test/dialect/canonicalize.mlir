// Folds of the data-movement ops, and what pointwise identities become.
// RUN: vitc-opt %s -canonicalize | FileCheck %s
// RUN: vitc-equiv %s --passes=canonicalize --rtol=0

// CHECK-LABEL: func.func @reshapes
// CHECK-NEXT: %[[R:.*]] = vit.reshape %arg0 : tensor<?x8xf32, #vit.batch<4>> -> tensor<?x32xf32, #vit.batch<1>>
// CHECK-NEXT: return %[[R]], %arg0
func.func @reshapes(%x: tensor<?x8xf32, #vit.batch<4>>) -> (tensor<?x32xf32, #vit.batch<1>>, tensor<?x8xf32, #vit.batch<4>>) {
  %0 = vit.reshape %x : tensor<?x8xf32, #vit.batch<4>> -> tensor<?x4x8xf32, #vit.batch<1>>
  %1 = vit.reshape %0 : tensor<?x4x8xf32, #vit.batch<1>> -> tensor<?x32xf32, #vit.batch<1>>
  %2 = vit.reshape %1 : tensor<?x32xf32, #vit.batch<1>> -> tensor<?x8xf32, #vit.batch<4>>
  return %1, %2 : tensor<?x32xf32, #vit.batch<1>>, tensor<?x8xf32, #vit.batch<4>>
}

// CHECK-LABEL: func.func @transposes
// CHECK-NEXT: %[[T:.*]] = vit.transpose %arg0 [2, 1, 0]
// CHECK-NEXT: return %[[T]], %arg0
func.func @transposes(%x: tensor<2x3x4xf32>) -> (tensor<4x3x2xf32>, tensor<2x3x4xf32>) {
  %0 = vit.transpose %x [2, 0, 1] : tensor<2x3x4xf32> -> tensor<4x2x3xf32>
  %1 = vit.transpose %0 [0, 2, 1] : tensor<4x2x3xf32> -> tensor<4x3x2xf32>
  %2 = vit.transpose %1 [2, 1, 0] : tensor<4x3x2xf32> -> tensor<2x3x4xf32>
  return %1, %2 : tensor<4x3x2xf32>, tensor<2x3x4xf32>
}

// CHECK-LABEL: func.func @slices
// CHECK-NEXT: %[[S:.*]] = vit.slice %arg0 [0, 8] [1, -4] : tensor<4x12xf32> -> tensor<4x2xf32>
// CHECK-NEXT: return %[[S]], %arg0
func.func @slices(%x: tensor<4x12xf32>) -> (tensor<4x2xf32>, tensor<4x12xf32>) {
  %0 = vit.slice %x [0, 2] [1, 2] : tensor<4x12xf32> -> tensor<4x5xf32>
  %1 = vit.slice %0 [0, 3] [1, -2] : tensor<4x5xf32> -> tensor<4x2xf32>
  %2 = vit.slice %x [0, 0] [1, 1] : tensor<4x12xf32> -> tensor<4x12xf32>
  return %1, %2 : tensor<4x2xf32>, tensor<4x12xf32>
}

// A slice that reverses has the input's shape and is none the less kept.
// CHECK-LABEL: func.func @reversed
// CHECK: vit.slice
func.func @reversed(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = vit.slice %x [3] [-1] : tensor<4xf32> -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// CHECK-LABEL: func.func @identities
// CHECK-NEXT: return %arg0, %arg0, %arg0, %arg0
func.func @identities(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>) {
  %0 = vit.concat %x {axis = 0 : i64} : (tensor<4x8xf32>) -> tensor<4x8xf32>
  %1 = vit.broadcast %x : tensor<4x8xf32> -> tensor<4x8xf32>
  %2 = vit.pad %x [0, 0] [0, 0] {value = 0.0 : f32} : tensor<4x8xf32> -> tensor<4x8xf32>
  %3 = vit.pointwise "identity" (%x) [affine_map<(d0, d1) -> (d0, d1)>] : (tensor<4x8xf32>) -> tensor<4x8xf32> {
  ^bb0(%a: f32):
    vit.yield %a : f32
  }
  return %0, %1, %2, %3 : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>
}

// CHECK-LABEL: func.func @broadcasts
// CHECK-NEXT: vit.broadcast %arg0 : tensor<8xf32> -> tensor<2x4x8xf32>
// CHECK-NEXT: return
func.func @broadcasts(%x: tensor<8xf32>) -> tensor<2x4x8xf32> {
  %0 = vit.broadcast %x : tensor<8xf32> -> tensor<4x8xf32>
  %1 = vit.broadcast %0 : tensor<4x8xf32> -> tensor<2x4x8xf32>
  return %1 : tensor<2x4x8xf32>
}
