// RUN: vitc-opt %s --split-input-file --vit-canonicalize-onnx --vit-raise-attention --verify-each | FileCheck %s

#m0 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#m1 = affine_map<(d0, d1, d2, d3) -> (0)>

vit.initializer @w : tensor<144x48xf32> = #vit.random<1>
vit.initializer @b : tensor<144xf32> = #vit.random<2>
vit.initializer @s : tensor<1xf32> = dense<0.5> : tensor<1xf32>

// The scale as its root on Q and on K, Split of a 5-D transpose.
// CHECK-LABEL: func.func @scale_both
// CHECK-NOT: vit.transpose
// CHECK: vit.attention {{.*}} {heads = 3 : i64, kv_heads = 3 : i64, scale = 2.500000e-01 : f32}
// CHECK-NOT: vit.transpose
// CHECK: return
func.func @scale_both(%x: tensor<?x17x48xf32, #vit.batch<1>>) -> tensor<?x17x48xf32, #vit.batch<1>> {
  %0 = vit.weight @w : tensor<144x48xf32>
  %1 = vit.weight @b : tensor<144xf32>
  %2 = vit.linear %x, %0, %1 : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<144x48xf32>, tensor<144xf32>) -> tensor<?x17x144xf32, #vit.batch<1>>
  %3 = vit.reshape %2 : tensor<?x17x144xf32, #vit.batch<1>> -> tensor<?x17x3x3x16xf32, #vit.batch<1>>
  %4 = vit.transpose %3 [2, 0, 3, 1, 4] : tensor<?x17x3x3x16xf32, #vit.batch<1>> -> tensor<3x?x3x17x16xf32, #vit.batch<1>>
  %5 = vit.slice %4 [0, 0, 0, 0, 0] [1, 1, 1, 1, 1] : tensor<3x?x3x17x16xf32, #vit.batch<1>> -> tensor<1x?x3x17x16xf32, #vit.batch<1>>
  %6 = vit.reshape %5 : tensor<1x?x3x17x16xf32, #vit.batch<1>> -> tensor<?x3x17x16xf32, #vit.batch<1>>
  %7 = vit.slice %4 [1, 0, 0, 0, 0] [1, 1, 1, 1, 1] : tensor<3x?x3x17x16xf32, #vit.batch<1>> -> tensor<1x?x3x17x16xf32, #vit.batch<1>>
  %8 = vit.reshape %7 : tensor<1x?x3x17x16xf32, #vit.batch<1>> -> tensor<?x3x17x16xf32, #vit.batch<1>>
  %9 = vit.slice %4 [2, 0, 0, 0, 0] [1, 1, 1, 1, 1] : tensor<3x?x3x17x16xf32, #vit.batch<1>> -> tensor<1x?x3x17x16xf32, #vit.batch<1>>
  %10 = vit.reshape %9 : tensor<1x?x3x17x16xf32, #vit.batch<1>> -> tensor<?x3x17x16xf32, #vit.batch<1>>
  %11 = vit.transpose %8 [0, 1, 3, 2] : tensor<?x3x17x16xf32, #vit.batch<1>> -> tensor<?x3x16x17xf32, #vit.batch<1>>
  %12 = vit.weight @s : tensor<1xf32>
  %13 = vit.pointwise "mul"(%6, %12) [#m0, #m1] : (tensor<?x3x17x16xf32, #vit.batch<1>>, tensor<1xf32>) -> tensor<?x3x17x16xf32, #vit.batch<1>> {
  ^bb0(%a: f32, %b: f32):
    %r = arith.mulf %a, %b : f32
    vit.yield %r : f32
  }
  %14 = vit.pointwise "mul"(%11, %12) [#m0, #m1] : (tensor<?x3x16x17xf32, #vit.batch<1>>, tensor<1xf32>) -> tensor<?x3x16x17xf32, #vit.batch<1>> {
  ^bb0(%a: f32, %b: f32):
    %r = arith.mulf %a, %b : f32
    vit.yield %r : f32
  }
  %15 = vit.matmul %13, %14 : (tensor<?x3x17x16xf32, #vit.batch<1>>, tensor<?x3x16x17xf32, #vit.batch<1>>) -> tensor<?x3x17x17xf32, #vit.batch<1>>
  %16 = vit.softmax %15 {axis = 3 : i64} : tensor<?x3x17x17xf32, #vit.batch<1>> -> tensor<?x3x17x17xf32, #vit.batch<1>>
  %17 = vit.matmul %16, %10 : (tensor<?x3x17x17xf32, #vit.batch<1>>, tensor<?x3x17x16xf32, #vit.batch<1>>) -> tensor<?x3x17x16xf32, #vit.batch<1>>
  %18 = vit.transpose %17 [0, 2, 1, 3] : tensor<?x3x17x16xf32, #vit.batch<1>> -> tensor<?x17x3x16xf32, #vit.batch<1>>
  %19 = vit.reshape %18 : tensor<?x17x3x16xf32, #vit.batch<1>> -> tensor<?x17x48xf32, #vit.batch<1>>
  return %19 : tensor<?x17x48xf32, #vit.batch<1>>
}

// -----

#m0 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#m1 = affine_map<(d0, d1, d2, d3) -> ()>

vit.initializer @w : tensor<144x48xf32> = #vit.random<1>
vit.initializer @b : tensor<144xf32> = #vit.random<2>
vit.initializer @s : tensor<f32> = dense<0.25> : tensor<f32>

// The scale on Q.
// CHECK-LABEL: func.func @scale_q
// CHECK-NOT: vit.transpose
// CHECK: vit.attention {{.*}} {heads = 3 : i64, kv_heads = 3 : i64, scale = 2.500000e-01 : f32}
// CHECK-NOT: vit.transpose
// CHECK: return
func.func @scale_q(%x: tensor<?x17x48xf32, #vit.batch<1>>) -> tensor<?x17x48xf32, #vit.batch<1>> {
  %0 = vit.weight @w : tensor<144x48xf32>
  %1 = vit.weight @b : tensor<144xf32>
  %2 = vit.linear %x, %0, %1 : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<144x48xf32>, tensor<144xf32>) -> tensor<?x17x144xf32, #vit.batch<1>>
  %3 = vit.reshape %2 : tensor<?x17x144xf32, #vit.batch<1>> -> tensor<?x17x3x3x16xf32, #vit.batch<1>>
  %4 = vit.transpose %3 [2, 0, 3, 1, 4] : tensor<?x17x3x3x16xf32, #vit.batch<1>> -> tensor<3x?x3x17x16xf32, #vit.batch<1>>
  %5 = vit.slice %4 [0, 0, 0, 0, 0] [1, 1, 1, 1, 1] : tensor<3x?x3x17x16xf32, #vit.batch<1>> -> tensor<1x?x3x17x16xf32, #vit.batch<1>>
  %6 = vit.reshape %5 : tensor<1x?x3x17x16xf32, #vit.batch<1>> -> tensor<?x3x17x16xf32, #vit.batch<1>>
  %7 = vit.slice %4 [1, 0, 0, 0, 0] [1, 1, 1, 1, 1] : tensor<3x?x3x17x16xf32, #vit.batch<1>> -> tensor<1x?x3x17x16xf32, #vit.batch<1>>
  %8 = vit.reshape %7 : tensor<1x?x3x17x16xf32, #vit.batch<1>> -> tensor<?x3x17x16xf32, #vit.batch<1>>
  %9 = vit.slice %4 [2, 0, 0, 0, 0] [1, 1, 1, 1, 1] : tensor<3x?x3x17x16xf32, #vit.batch<1>> -> tensor<1x?x3x17x16xf32, #vit.batch<1>>
  %10 = vit.reshape %9 : tensor<1x?x3x17x16xf32, #vit.batch<1>> -> tensor<?x3x17x16xf32, #vit.batch<1>>
  %11 = vit.transpose %8 [0, 1, 3, 2] : tensor<?x3x17x16xf32, #vit.batch<1>> -> tensor<?x3x16x17xf32, #vit.batch<1>>
  %12 = vit.weight @s : tensor<f32>
  %13 = vit.pointwise "mul"(%6, %12) [#m0, #m1] : (tensor<?x3x17x16xf32, #vit.batch<1>>, tensor<f32>) -> tensor<?x3x17x16xf32, #vit.batch<1>> {
  ^bb0(%a: f32, %b: f32):
    %r = arith.mulf %a, %b : f32
    vit.yield %r : f32
  }
  %14 = vit.matmul %13, %11 : (tensor<?x3x17x16xf32, #vit.batch<1>>, tensor<?x3x16x17xf32, #vit.batch<1>>) -> tensor<?x3x17x17xf32, #vit.batch<1>>
  %15 = vit.softmax %14 {axis = 3 : i64} : tensor<?x3x17x17xf32, #vit.batch<1>> -> tensor<?x3x17x17xf32, #vit.batch<1>>
  %16 = vit.matmul %15, %10 : (tensor<?x3x17x17xf32, #vit.batch<1>>, tensor<?x3x17x16xf32, #vit.batch<1>>) -> tensor<?x3x17x16xf32, #vit.batch<1>>
  %17 = vit.transpose %16 [0, 2, 1, 3] : tensor<?x3x17x16xf32, #vit.batch<1>> -> tensor<?x17x3x16xf32, #vit.batch<1>>
  %18 = vit.reshape %17 : tensor<?x17x3x16xf32, #vit.batch<1>> -> tensor<?x17x48xf32, #vit.batch<1>>
  return %18 : tensor<?x17x48xf32, #vit.batch<1>>
}

// -----

#m0 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#m1 = affine_map<(d0, d1, d2, d3) -> ()>

vit.initializer @w : tensor<144x48xf32> = #vit.random<1>
vit.initializer @b : tensor<144xf32> = #vit.random<2>
vit.initializer @s : tensor<f32> = dense<4.0> : tensor<f32>

// The scores divided.
// CHECK-LABEL: func.func @scale_div
// CHECK-NOT: vit.transpose
// CHECK: vit.attention {{.*}} {heads = 3 : i64, kv_heads = 3 : i64, scale = 2.500000e-01 : f32}
// CHECK-NOT: vit.transpose
// CHECK: return
func.func @scale_div(%x: tensor<?x17x48xf32, #vit.batch<1>>) -> tensor<?x17x48xf32, #vit.batch<1>> {
  %0 = vit.weight @w : tensor<144x48xf32>
  %1 = vit.weight @b : tensor<144xf32>
  %2 = vit.linear %x, %0, %1 : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<144x48xf32>, tensor<144xf32>) -> tensor<?x17x144xf32, #vit.batch<1>>
  %3 = vit.reshape %2 : tensor<?x17x144xf32, #vit.batch<1>> -> tensor<?x17x3x3x16xf32, #vit.batch<1>>
  %4 = vit.transpose %3 [2, 0, 3, 1, 4] : tensor<?x17x3x3x16xf32, #vit.batch<1>> -> tensor<3x?x3x17x16xf32, #vit.batch<1>>
  %5 = vit.slice %4 [0, 0, 0, 0, 0] [1, 1, 1, 1, 1] : tensor<3x?x3x17x16xf32, #vit.batch<1>> -> tensor<1x?x3x17x16xf32, #vit.batch<1>>
  %6 = vit.reshape %5 : tensor<1x?x3x17x16xf32, #vit.batch<1>> -> tensor<?x3x17x16xf32, #vit.batch<1>>
  %7 = vit.slice %4 [1, 0, 0, 0, 0] [1, 1, 1, 1, 1] : tensor<3x?x3x17x16xf32, #vit.batch<1>> -> tensor<1x?x3x17x16xf32, #vit.batch<1>>
  %8 = vit.reshape %7 : tensor<1x?x3x17x16xf32, #vit.batch<1>> -> tensor<?x3x17x16xf32, #vit.batch<1>>
  %9 = vit.slice %4 [2, 0, 0, 0, 0] [1, 1, 1, 1, 1] : tensor<3x?x3x17x16xf32, #vit.batch<1>> -> tensor<1x?x3x17x16xf32, #vit.batch<1>>
  %10 = vit.reshape %9 : tensor<1x?x3x17x16xf32, #vit.batch<1>> -> tensor<?x3x17x16xf32, #vit.batch<1>>
  %11 = vit.transpose %8 [0, 1, 3, 2] : tensor<?x3x17x16xf32, #vit.batch<1>> -> tensor<?x3x16x17xf32, #vit.batch<1>>
  %12 = vit.matmul %6, %11 : (tensor<?x3x17x16xf32, #vit.batch<1>>, tensor<?x3x16x17xf32, #vit.batch<1>>) -> tensor<?x3x17x17xf32, #vit.batch<1>>
  %13 = vit.weight @s : tensor<f32>
  %14 = vit.pointwise "div"(%12, %13) [#m0, #m1] : (tensor<?x3x17x17xf32, #vit.batch<1>>, tensor<f32>) -> tensor<?x3x17x17xf32, #vit.batch<1>> {
  ^bb0(%a: f32, %b: f32):
    %r = arith.divf %a, %b : f32
    vit.yield %r : f32
  }
  %15 = vit.softmax %14 {axis = 3 : i64} : tensor<?x3x17x17xf32, #vit.batch<1>> -> tensor<?x3x17x17xf32, #vit.batch<1>>
  %16 = vit.matmul %15, %10 : (tensor<?x3x17x17xf32, #vit.batch<1>>, tensor<?x3x17x16xf32, #vit.batch<1>>) -> tensor<?x3x17x16xf32, #vit.batch<1>>
  %17 = vit.transpose %16 [0, 2, 1, 3] : tensor<?x3x17x16xf32, #vit.batch<1>> -> tensor<?x17x3x16xf32, #vit.batch<1>>
  %18 = vit.reshape %17 : tensor<?x17x3x16xf32, #vit.batch<1>> -> tensor<?x17x48xf32, #vit.batch<1>>
  return %18 : tensor<?x17x48xf32, #vit.batch<1>>
}

// -----

vit.initializer @w : tensor<144x48xf32> = #vit.random<1>
vit.initializer @b : tensor<144xf32> = #vit.random<2>

// The scale is in the weights.
// CHECK-LABEL: func.func @scale_none
// CHECK-NOT: vit.transpose
// CHECK: vit.attention {{.*}} {heads = 3 : i64, kv_heads = 3 : i64, scale = 1.000000e+00 : f32}
// CHECK-NOT: vit.transpose
// CHECK: return
func.func @scale_none(%x: tensor<?x17x48xf32, #vit.batch<1>>) -> tensor<?x17x48xf32, #vit.batch<1>> {
  %0 = vit.weight @w : tensor<144x48xf32>
  %1 = vit.weight @b : tensor<144xf32>
  %2 = vit.linear %x, %0, %1 : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<144x48xf32>, tensor<144xf32>) -> tensor<?x17x144xf32, #vit.batch<1>>
  %3 = vit.reshape %2 : tensor<?x17x144xf32, #vit.batch<1>> -> tensor<?x17x3x3x16xf32, #vit.batch<1>>
  %4 = vit.transpose %3 [2, 0, 3, 1, 4] : tensor<?x17x3x3x16xf32, #vit.batch<1>> -> tensor<3x?x3x17x16xf32, #vit.batch<1>>
  %5 = vit.slice %4 [0, 0, 0, 0, 0] [1, 1, 1, 1, 1] : tensor<3x?x3x17x16xf32, #vit.batch<1>> -> tensor<1x?x3x17x16xf32, #vit.batch<1>>
  %6 = vit.reshape %5 : tensor<1x?x3x17x16xf32, #vit.batch<1>> -> tensor<?x3x17x16xf32, #vit.batch<1>>
  %7 = vit.slice %4 [1, 0, 0, 0, 0] [1, 1, 1, 1, 1] : tensor<3x?x3x17x16xf32, #vit.batch<1>> -> tensor<1x?x3x17x16xf32, #vit.batch<1>>
  %8 = vit.reshape %7 : tensor<1x?x3x17x16xf32, #vit.batch<1>> -> tensor<?x3x17x16xf32, #vit.batch<1>>
  %9 = vit.slice %4 [2, 0, 0, 0, 0] [1, 1, 1, 1, 1] : tensor<3x?x3x17x16xf32, #vit.batch<1>> -> tensor<1x?x3x17x16xf32, #vit.batch<1>>
  %10 = vit.reshape %9 : tensor<1x?x3x17x16xf32, #vit.batch<1>> -> tensor<?x3x17x16xf32, #vit.batch<1>>
  %11 = vit.transpose %8 [0, 1, 3, 2] : tensor<?x3x17x16xf32, #vit.batch<1>> -> tensor<?x3x16x17xf32, #vit.batch<1>>
  %12 = vit.matmul %6, %11 : (tensor<?x3x17x16xf32, #vit.batch<1>>, tensor<?x3x16x17xf32, #vit.batch<1>>) -> tensor<?x3x17x17xf32, #vit.batch<1>>
  %13 = vit.softmax %12 {axis = 3 : i64} : tensor<?x3x17x17xf32, #vit.batch<1>> -> tensor<?x3x17x17xf32, #vit.batch<1>>
  %14 = vit.matmul %13, %10 : (tensor<?x3x17x17xf32, #vit.batch<1>>, tensor<?x3x17x16xf32, #vit.batch<1>>) -> tensor<?x3x17x16xf32, #vit.batch<1>>
  %15 = vit.transpose %14 [0, 2, 1, 3] : tensor<?x3x17x16xf32, #vit.batch<1>> -> tensor<?x17x3x16xf32, #vit.batch<1>>
  %16 = vit.reshape %15 : tensor<?x17x3x16xf32, #vit.batch<1>> -> tensor<?x17x48xf32, #vit.batch<1>>
  return %16 : tensor<?x17x48xf32, #vit.batch<1>>
}

// -----

#m0 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#m1 = affine_map<(d0, d1, d2, d3) -> ()>
#m2 = affine_map<(d0, d1, d2, d3) -> (d1, d2, d3)>

vit.initializer @w : tensor<144x48xf32> = #vit.random<1>
vit.initializer @b : tensor<144xf32> = #vit.random<2>
vit.initializer @s : tensor<f32> = dense<0.25> : tensor<f32>
vit.initializer @bias : tensor<3x17x17xf32> = #vit.random<4>

// A bias a head is added.
// CHECK-LABEL: func.func @scale_bias
// CHECK-NOT: vit.transpose
// CHECK: vit.attention {{.*}} bias %{{.*}} {heads = 3 : i64, kv_heads = 3 : i64, scale = 2.500000e-01 : f32}
// CHECK-NOT: vit.transpose
// CHECK: return
func.func @scale_bias(%x: tensor<?x17x48xf32, #vit.batch<1>>) -> tensor<?x17x48xf32, #vit.batch<1>> {
  %0 = vit.weight @w : tensor<144x48xf32>
  %1 = vit.weight @b : tensor<144xf32>
  %2 = vit.linear %x, %0, %1 : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<144x48xf32>, tensor<144xf32>) -> tensor<?x17x144xf32, #vit.batch<1>>
  %3 = vit.reshape %2 : tensor<?x17x144xf32, #vit.batch<1>> -> tensor<?x17x3x3x16xf32, #vit.batch<1>>
  %4 = vit.transpose %3 [2, 0, 3, 1, 4] : tensor<?x17x3x3x16xf32, #vit.batch<1>> -> tensor<3x?x3x17x16xf32, #vit.batch<1>>
  %5 = vit.slice %4 [0, 0, 0, 0, 0] [1, 1, 1, 1, 1] : tensor<3x?x3x17x16xf32, #vit.batch<1>> -> tensor<1x?x3x17x16xf32, #vit.batch<1>>
  %6 = vit.reshape %5 : tensor<1x?x3x17x16xf32, #vit.batch<1>> -> tensor<?x3x17x16xf32, #vit.batch<1>>
  %7 = vit.slice %4 [1, 0, 0, 0, 0] [1, 1, 1, 1, 1] : tensor<3x?x3x17x16xf32, #vit.batch<1>> -> tensor<1x?x3x17x16xf32, #vit.batch<1>>
  %8 = vit.reshape %7 : tensor<1x?x3x17x16xf32, #vit.batch<1>> -> tensor<?x3x17x16xf32, #vit.batch<1>>
  %9 = vit.slice %4 [2, 0, 0, 0, 0] [1, 1, 1, 1, 1] : tensor<3x?x3x17x16xf32, #vit.batch<1>> -> tensor<1x?x3x17x16xf32, #vit.batch<1>>
  %10 = vit.reshape %9 : tensor<1x?x3x17x16xf32, #vit.batch<1>> -> tensor<?x3x17x16xf32, #vit.batch<1>>
  %11 = vit.transpose %8 [0, 1, 3, 2] : tensor<?x3x17x16xf32, #vit.batch<1>> -> tensor<?x3x16x17xf32, #vit.batch<1>>
  %12 = vit.matmul %6, %11 : (tensor<?x3x17x16xf32, #vit.batch<1>>, tensor<?x3x16x17xf32, #vit.batch<1>>) -> tensor<?x3x17x17xf32, #vit.batch<1>>
  %13 = vit.weight @s : tensor<f32>
  %14 = vit.pointwise "mul"(%12, %13) [#m0, #m1] : (tensor<?x3x17x17xf32, #vit.batch<1>>, tensor<f32>) -> tensor<?x3x17x17xf32, #vit.batch<1>> {
  ^bb0(%a: f32, %b: f32):
    %r = arith.mulf %a, %b : f32
    vit.yield %r : f32
  }
  %15 = vit.weight @bias : tensor<3x17x17xf32>
  %16 = vit.pointwise "add"(%14, %15) [#m0, #m2] : (tensor<?x3x17x17xf32, #vit.batch<1>>, tensor<3x17x17xf32>) -> tensor<?x3x17x17xf32, #vit.batch<1>> {
  ^bb0(%a: f32, %b: f32):
    %r = arith.addf %a, %b : f32
    vit.yield %r : f32
  }
  %17 = vit.softmax %16 {axis = 3 : i64} : tensor<?x3x17x17xf32, #vit.batch<1>> -> tensor<?x3x17x17xf32, #vit.batch<1>>
  %18 = vit.matmul %17, %10 : (tensor<?x3x17x17xf32, #vit.batch<1>>, tensor<?x3x17x16xf32, #vit.batch<1>>) -> tensor<?x3x17x16xf32, #vit.batch<1>>
  %19 = vit.transpose %18 [0, 2, 1, 3] : tensor<?x3x17x16xf32, #vit.batch<1>> -> tensor<?x17x3x16xf32, #vit.batch<1>>
  %20 = vit.reshape %19 : tensor<?x17x3x16xf32, #vit.batch<1>> -> tensor<?x17x48xf32, #vit.batch<1>>
  return %20 : tensor<?x17x48xf32, #vit.batch<1>>
}

// -----

#m0 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#m1 = affine_map<(d0, d1, d2, d3) -> ()>
#m2 = affine_map<(d0, d1, d2, d3) -> (d0, 0, 0, d3)>

vit.initializer @w : tensor<144x48xf32> = #vit.random<1>
vit.initializer @b : tensor<144xf32> = #vit.random<2>
vit.initializer @ninf : tensor<f32> = dense<0xFF800000> : tensor<f32>
vit.initializer @s : tensor<f32> = dense<0.25> : tensor<f32>

// A boolean mask selects scores or -inf: it becomes a bias of 0 and -inf.
// CHECK-LABEL: func.func @scale_mask
// CHECK: %[[M:.*]] = vit.pointwise "attention_bias"(%arg1
// CHECK: vit.attention {{.*}} bias %[[M]] {heads = 3
func.func @scale_mask(%x: tensor<?x17x48xf32, #vit.batch<1>>, %m: tensor<?x1x1x17xi1, #vit.batch<1>>) -> tensor<?x17x48xf32, #vit.batch<1>> {
  %0 = vit.weight @w : tensor<144x48xf32>
  %1 = vit.weight @b : tensor<144xf32>
  %2 = vit.linear %x, %0, %1 : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<144x48xf32>, tensor<144xf32>) -> tensor<?x17x144xf32, #vit.batch<1>>
  %3 = vit.reshape %2 : tensor<?x17x144xf32, #vit.batch<1>> -> tensor<?x17x3x3x16xf32, #vit.batch<1>>
  %4 = vit.transpose %3 [2, 0, 3, 1, 4] : tensor<?x17x3x3x16xf32, #vit.batch<1>> -> tensor<3x?x3x17x16xf32, #vit.batch<1>>
  %5 = vit.slice %4 [0, 0, 0, 0, 0] [1, 1, 1, 1, 1] : tensor<3x?x3x17x16xf32, #vit.batch<1>> -> tensor<1x?x3x17x16xf32, #vit.batch<1>>
  %6 = vit.reshape %5 : tensor<1x?x3x17x16xf32, #vit.batch<1>> -> tensor<?x3x17x16xf32, #vit.batch<1>>
  %7 = vit.slice %4 [1, 0, 0, 0, 0] [1, 1, 1, 1, 1] : tensor<3x?x3x17x16xf32, #vit.batch<1>> -> tensor<1x?x3x17x16xf32, #vit.batch<1>>
  %8 = vit.reshape %7 : tensor<1x?x3x17x16xf32, #vit.batch<1>> -> tensor<?x3x17x16xf32, #vit.batch<1>>
  %9 = vit.slice %4 [2, 0, 0, 0, 0] [1, 1, 1, 1, 1] : tensor<3x?x3x17x16xf32, #vit.batch<1>> -> tensor<1x?x3x17x16xf32, #vit.batch<1>>
  %10 = vit.reshape %9 : tensor<1x?x3x17x16xf32, #vit.batch<1>> -> tensor<?x3x17x16xf32, #vit.batch<1>>
  %11 = vit.transpose %8 [0, 1, 3, 2] : tensor<?x3x17x16xf32, #vit.batch<1>> -> tensor<?x3x16x17xf32, #vit.batch<1>>
  %12 = vit.weight @ninf : tensor<f32>
  %13 = vit.matmul %6, %11 : (tensor<?x3x17x16xf32, #vit.batch<1>>, tensor<?x3x16x17xf32, #vit.batch<1>>) -> tensor<?x3x17x17xf32, #vit.batch<1>>
  %14 = vit.weight @s : tensor<f32>
  %15 = vit.pointwise "mul"(%13, %14) [#m0, #m1] : (tensor<?x3x17x17xf32, #vit.batch<1>>, tensor<f32>) -> tensor<?x3x17x17xf32, #vit.batch<1>> {
  ^bb0(%a: f32, %b: f32):
    %r = arith.mulf %a, %b : f32
    vit.yield %r : f32
  }
  %16 = vit.pointwise "where"(%m, %15, %12) [#m2, #m0, #m1] : (tensor<?x1x1x17xi1, #vit.batch<1>>, tensor<?x3x17x17xf32, #vit.batch<1>>, tensor<f32>) -> tensor<?x3x17x17xf32, #vit.batch<1>> {
  ^bb0(%a: i1, %b: f32, %c: f32):
    %r = arith.select %a, %b, %c : f32
    vit.yield %r : f32
  }
  %17 = vit.softmax %16 {axis = 3 : i64} : tensor<?x3x17x17xf32, #vit.batch<1>> -> tensor<?x3x17x17xf32, #vit.batch<1>>
  %18 = vit.matmul %17, %10 : (tensor<?x3x17x17xf32, #vit.batch<1>>, tensor<?x3x17x16xf32, #vit.batch<1>>) -> tensor<?x3x17x16xf32, #vit.batch<1>>
  %19 = vit.transpose %18 [0, 2, 1, 3] : tensor<?x3x17x16xf32, #vit.batch<1>> -> tensor<?x17x3x16xf32, #vit.batch<1>>
  %20 = vit.reshape %19 : tensor<?x17x3x16xf32, #vit.batch<1>> -> tensor<?x17x48xf32, #vit.batch<1>>
  return %20 : tensor<?x17x48xf32, #vit.batch<1>>
}

// -----

#m0 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#m1 = affine_map<(d0, d1, d2, d3) -> ()>

vit.initializer @w : tensor<144x48xf32> = #vit.random<1>
vit.initializer @b : tensor<144xf32> = #vit.random<2>
vit.initializer @s : tensor<f32> = dense<0.25> : tensor<f32>

// K is transposed with batch and heads as one dimension.
// CHECK-LABEL: func.func @scale_kdyn
// CHECK-NOT: vit.transpose
// CHECK: vit.attention {{.*}} {heads = 3 : i64, kv_heads = 3 : i64, scale = 2.500000e-01 : f32}
// CHECK-NOT: vit.transpose
// CHECK: return
func.func @scale_kdyn(%x: tensor<?x17x48xf32, #vit.batch<1>>) -> tensor<?x17x48xf32, #vit.batch<1>> {
  %0 = vit.weight @w : tensor<144x48xf32>
  %1 = vit.weight @b : tensor<144xf32>
  %2 = vit.linear %x, %0, %1 : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<144x48xf32>, tensor<144xf32>) -> tensor<?x17x144xf32, #vit.batch<1>>
  %3 = vit.reshape %2 : tensor<?x17x144xf32, #vit.batch<1>> -> tensor<?x17x3x3x16xf32, #vit.batch<1>>
  %4 = vit.transpose %3 [2, 0, 3, 1, 4] : tensor<?x17x3x3x16xf32, #vit.batch<1>> -> tensor<3x?x3x17x16xf32, #vit.batch<1>>
  %5 = vit.slice %4 [0, 0, 0, 0, 0] [1, 1, 1, 1, 1] : tensor<3x?x3x17x16xf32, #vit.batch<1>> -> tensor<1x?x3x17x16xf32, #vit.batch<1>>
  %6 = vit.reshape %5 : tensor<1x?x3x17x16xf32, #vit.batch<1>> -> tensor<?x3x17x16xf32, #vit.batch<1>>
  %7 = vit.slice %4 [1, 0, 0, 0, 0] [1, 1, 1, 1, 1] : tensor<3x?x3x17x16xf32, #vit.batch<1>> -> tensor<1x?x3x17x16xf32, #vit.batch<1>>
  %8 = vit.reshape %7 : tensor<1x?x3x17x16xf32, #vit.batch<1>> -> tensor<?x3x17x16xf32, #vit.batch<1>>
  %9 = vit.slice %4 [2, 0, 0, 0, 0] [1, 1, 1, 1, 1] : tensor<3x?x3x17x16xf32, #vit.batch<1>> -> tensor<1x?x3x17x16xf32, #vit.batch<1>>
  %10 = vit.reshape %9 : tensor<1x?x3x17x16xf32, #vit.batch<1>> -> tensor<?x3x17x16xf32, #vit.batch<1>>
  %11 = vit.transpose %8 [0, 1, 3, 2] : tensor<?x3x17x16xf32, #vit.batch<1>> -> tensor<?x3x16x17xf32, #vit.batch<1>>
  %12 = vit.reshape %8 : tensor<?x3x17x16xf32, #vit.batch<1>> -> tensor<?x17x16xf32, #vit.batch<3>>
  %13 = vit.transpose %12 [0, 2, 1] : tensor<?x17x16xf32, #vit.batch<3>> -> tensor<?x16x17xf32, #vit.batch<3>>
  %14 = vit.reshape %13 : tensor<?x16x17xf32, #vit.batch<3>> -> tensor<?x3x16x17xf32, #vit.batch<1>>
  %15 = vit.matmul %6, %14 : (tensor<?x3x17x16xf32, #vit.batch<1>>, tensor<?x3x16x17xf32, #vit.batch<1>>) -> tensor<?x3x17x17xf32, #vit.batch<1>>
  %16 = vit.weight @s : tensor<f32>
  %17 = vit.pointwise "mul"(%15, %16) [#m0, #m1] : (tensor<?x3x17x17xf32, #vit.batch<1>>, tensor<f32>) -> tensor<?x3x17x17xf32, #vit.batch<1>> {
  ^bb0(%a: f32, %b: f32):
    %r = arith.mulf %a, %b : f32
    vit.yield %r : f32
  }
  %18 = vit.softmax %17 {axis = 3 : i64} : tensor<?x3x17x17xf32, #vit.batch<1>> -> tensor<?x3x17x17xf32, #vit.batch<1>>
  %19 = vit.matmul %18, %10 : (tensor<?x3x17x17xf32, #vit.batch<1>>, tensor<?x3x17x16xf32, #vit.batch<1>>) -> tensor<?x3x17x16xf32, #vit.batch<1>>
  %20 = vit.transpose %19 [0, 2, 1, 3] : tensor<?x3x17x16xf32, #vit.batch<1>> -> tensor<?x17x3x16xf32, #vit.batch<1>>
  %21 = vit.reshape %20 : tensor<?x17x3x16xf32, #vit.batch<1>> -> tensor<?x17x48xf32, #vit.batch<1>>
  return %21 : tensor<?x17x48xf32, #vit.batch<1>>
}
