// Every op of the dialect parses and prints as itself.
// RUN: vitc-opt %s | vitc-opt | FileCheck %s

#id2 = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>
#zero = affine_map<(d0, d1) -> (d0, 0)>

// CHECK: vit.initializer @w : tensor<4x8xf32> = #vit.random<1>
vit.initializer @w : tensor<4x8xf32> = #vit.random<1>
// CHECK: vit.initializer @b : tensor<4xf32> = dense<0.000000e+00> : tensor<4xf32>
vit.initializer @b : tensor<4xf32> = dense<0.0> : tensor<4xf32>
// CHECK: vit.initializer @f : tensor<2x2xf16> = #vit.file<"m.onnx", 64, 8, "">
vit.initializer @f : tensor<2x2xf16> = #vit.file<"m.onnx", 64, 8, "">
// CHECK: vit.initializer @wt : tensor<8x4xf32> {
vit.initializer @wt : tensor<8x4xf32> {
  %w = vit.weight @w : tensor<4x8xf32>
  %t = vit.transpose %w [1, 0] : tensor<4x8xf32> -> tensor<8x4xf32>
  vit.yield %t : tensor<8x4xf32>
}

// CHECK-LABEL: func.func @contractions
func.func @contractions(%x: tensor<?x8xf32, #vit.batch<197>>, %q: tensor<?x5x8xf32, #vit.batch<1>>,
                        %bias: tensor<1x2x5x5xf32>, %image: tensor<?x3x9x8xf32, #vit.batch<1>>,
                        %kernel: tensor<6x3x4x4xf32>, %k6: tensor<6xf32>, %rel: tensor<2x4x4xf32>,
                        %grid: tensor<?x16x8xf32, #vit.batch<1>>) {
  %w = vit.weight @w : tensor<4x8xf32>
  %b = vit.weight @b : tensor<4xf32>
  // CHECK: vit.linear %{{.*}}, %{{.*}}, %{{.*}} : (tensor<?x8xf32, #vit.batch<197>>, tensor<4x8xf32>, tensor<4xf32>) -> tensor<?x4xf32, #vit.batch<197>>
  %0 = vit.linear %x, %w, %b : (tensor<?x8xf32, #vit.batch<197>>, tensor<4x8xf32>, tensor<4xf32>) -> tensor<?x4xf32, #vit.batch<197>>
  // CHECK: vit.qkv_projection
  %1:3 = vit.qkv_projection %x, %w : (tensor<?x8xf32, #vit.batch<197>>, tensor<4x8xf32>) -> (tensor<?x0xf32, #vit.batch<197>>, tensor<?x1xf32, #vit.batch<197>>, tensor<?x3xf32, #vit.batch<197>>)
  // CHECK: vit.matmul %{{.*}}, %{{.*}} {transpose_rhs}
  %2 = vit.matmul %q, %q {transpose_rhs} : (tensor<?x5x8xf32, #vit.batch<1>>, tensor<?x5x8xf32, #vit.batch<1>>) -> tensor<?x5x5xf32, #vit.batch<1>>
  // CHECK: vit.attention %{{.*}}, %{{.*}}, %{{.*}} bias %{{.*}} {causal, heads = 2 : i64, kv_heads = 1 : i64, scale = 5.000000e-01 : f32}
  %k = vit.slice %q [0, 0, 0] [1, 1, 1] : tensor<?x5x8xf32, #vit.batch<1>> -> tensor<?x5x4xf32, #vit.batch<1>>
  %3 = vit.attention %q, %k, %k bias %bias {heads = 2 : i64, kv_heads = 1 : i64, scale = 0.5 : f32, causal} : (tensor<?x5x8xf32, #vit.batch<1>>, tensor<?x5x4xf32, #vit.batch<1>>, tensor<?x5x4xf32, #vit.batch<1>>, tensor<1x2x5x5xf32>) -> tensor<?x5x8xf32, #vit.batch<1>>
  // CHECK: vit.window_attention
  %4 = vit.window_attention %grid, %grid, %grid bias %rel {heads = 2 : i64, scale = 0.5 : f32, grid = array<i64: 4, 4>, window = array<i64: 2, 2>, shift = array<i64: 1, 1>} : (tensor<?x16x8xf32, #vit.batch<1>>, tensor<?x16x8xf32, #vit.batch<1>>, tensor<?x16x8xf32, #vit.batch<1>>, tensor<2x4x4xf32>) -> tensor<?x16x8xf32, #vit.batch<1>>
  // CHECK: vit.patch_embed
  %5 = vit.patch_embed %image, %kernel, %k6 : (tensor<?x3x9x8xf32, #vit.batch<1>>, tensor<6x3x4x4xf32>, tensor<6xf32>) -> tensor<?x4x6xf32, #vit.batch<1>>
  // CHECK: vit.conv2d
  %6 = vit.conv2d %image, %kernel {strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : (tensor<?x3x9x8xf32, #vit.batch<1>>, tensor<6x3x4x4xf32>) -> tensor<?x6x4x4xf32, #vit.batch<1>>
  return
}

// CHECK-LABEL: func.func @norms
func.func @norms(%x: tensor<?x4x8xf16, #vit.batch<1>>, %g: tensor<8xf32>, %image: tensor<1x3x8x8xf32>) {
  // CHECK: vit.layer_norm %{{.*}} gamma %{{.*}} beta %{{.*}} {epsilon
  %0 = vit.layer_norm %x gamma %g beta %g {epsilon = 1.0e-6 : f32} : (tensor<?x4x8xf16, #vit.batch<1>>, tensor<8xf32>, tensor<8xf32>) -> tensor<?x4x8xf16, #vit.batch<1>>
  // CHECK: vit.layer_norm %{{.*}} {epsilon = {{.*}}, rms}
  %1 = vit.layer_norm %x {epsilon = 1.0e-6 : f32, rms} : (tensor<?x4x8xf16, #vit.batch<1>>) -> tensor<?x4x8xf32, #vit.batch<1>>
  // CHECK: vit.softmax %{{.*}} {axis = 2 : i64}
  %2 = vit.softmax %x {axis = 2 : i64} : tensor<?x4x8xf16, #vit.batch<1>> -> tensor<?x4x8xf16, #vit.batch<1>>
  // CHECK: vit.reduce "mean" %{{.*}} {axes = array<i64: 1>}
  %3 = vit.reduce "mean" %x {axes = array<i64: 1>} : tensor<?x4x8xf16, #vit.batch<1>> -> tensor<?x8xf16, #vit.batch<1>>
  // CHECK: vit.reduce "argmax"
  %4 = vit.reduce "argmax" %x {axes = array<i64: 2>, keep_dims} : tensor<?x4x8xf16, #vit.batch<1>> -> tensor<?x4x1xi64, #vit.batch<1>>
  // CHECK: vit.pool2d "average"
  %5 = vit.pool2d "average" %image {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x3x8x8xf32> -> tensor<1x3x4x4xf32>
  return
}

// CHECK-LABEL: func.func @movement
func.func @movement(%x: tensor<?x4x8xf8E4M3FN, #vit.batch<1>>, %i: tensor<2xi64>) {
  // CHECK: vit.reshape
  %0 = vit.reshape %x : tensor<?x4x8xf8E4M3FN, #vit.batch<1>> -> tensor<?x8xf8E4M3FN, #vit.batch<4>>
  // CHECK: vit.transpose %{{.*}} [1, 0, 2]
  %1 = vit.transpose %x [1, 0, 2] : tensor<?x4x8xf8E4M3FN, #vit.batch<1>> -> tensor<4x?x8xf8E4M3FN, #vit.batch<1>>
  // CHECK: vit.slice %{{.*}} [0, 3, 0] [1, -1, 2]
  %2 = vit.slice %x [0, 3, 0] [1, -1, 2] : tensor<?x4x8xf8E4M3FN, #vit.batch<1>> -> tensor<?x3x4xf8E4M3FN, #vit.batch<1>>
  // CHECK: vit.concat %{{.*}}, %{{.*}} {axis = 0 : i64}
  %3 = vit.concat %x, %x {axis = 0 : i64} : (tensor<?x4x8xf8E4M3FN, #vit.batch<1>>, tensor<?x4x8xf8E4M3FN, #vit.batch<1>>) -> tensor<?x4x8xf8E4M3FN, #vit.batch<2>>
  // CHECK: vit.gather
  %4 = vit.gather %x, %i {axis = 1 : i64} : (tensor<?x4x8xf8E4M3FN, #vit.batch<1>>, tensor<2xi64>) -> tensor<?x2x8xf8E4M3FN, #vit.batch<1>>
  // CHECK: vit.pad %{{.*}} [0, 1, 0] [0, -1, 2]
  %5 = vit.pad %x [0, 1, 0] [0, -1, 2] {value = 0.0 : f32} : tensor<?x4x8xf8E4M3FN, #vit.batch<1>> -> tensor<?x4x10xf8E4M3FN, #vit.batch<1>>
  // CHECK: vit.broadcast
  %6 = vit.broadcast %i : tensor<2xi64> -> tensor<?x2xi64, #vit.batch<3>>
  return
}

// CHECK-LABEL: func.func @pointwise
func.func @pointwise(%x: tensor<4x8xf32>, %b: tensor<8xf32>, %c: tensor<4x1xf16>, %s: tensor<f32>, %z: tensor<i8>) {
  // CHECK: vit.pointwise "add"(%{{.*}}, %{{.*}}, %{{.*}}) [#{{.*}}, #{{.*}}, #{{.*}}] : (tensor<4x8xf32>, tensor<8xf32>, tensor<4x1xf16>) -> tensor<4x8xf32> {
  %0 = vit.pointwise "add" (%x, %b, %c) [#id2, #row, #zero] : (tensor<4x8xf32>, tensor<8xf32>, tensor<4x1xf16>) -> tensor<4x8xf32> {
  ^bb0(%a0: f32, %a1: f32, %a2: f16):
    %1 = arith.addf %a0, %a1 : f32
    %2 = arith.extf %a2 : f16 to f32
    %3 = arith.addf %1, %2 : f32
    vit.yield %3 : f32
  }
  // CHECK: vit.quantize
  %q = vit.quantize %x, %s, %z {axis = 0 : i64} : (tensor<4x8xf32>, tensor<f32>, tensor<i8>) -> tensor<4x8xi8>
  // CHECK: vit.dequantize
  %d = vit.dequantize %q, %s {axis = 0 : i64} : (tensor<4x8xi8>, tensor<f32>) -> tensor<4x8xf32>
  // CHECK: vit.fused(%{{.*}}) : (tensor<4x8xf32>) -> tensor<4x8xf32> {
  %f = vit.fused (%x) : (tensor<4x8xf32>) -> tensor<4x8xf32> {
  ^bb0(%in: tensor<4x8xf32>):
    %n = vit.layer_norm %in {epsilon = 1.0e-6 : f32} : (tensor<4x8xf32>) -> tensor<4x8xf32>
    vit.yield %n : tensor<4x8xf32>
  }
  // CHECK: vit.region 1(%{{.*}})
  %r = vit.region 1 (%x) : (tensor<4x8xf32>) -> tensor<4x8xf32> {
  ^bb0(%in: tensor<4x8xf32>):
    vit.yield %in : tensor<4x8xf32>
  }
  return
}
