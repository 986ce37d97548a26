// RUN: vitc-opt %s --split-input-file --vit-canonicalize-onnx --verify-each | FileCheck %s

#xc = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#x1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#c = affine_map<(d0, d1, d2) -> (d2)>
#s = affine_map<(d0, d1, d2) -> ()>

vit.initializer @gamma : tensor<48xf32> = #vit.random<1>
vit.initializer @beta : tensor<48xf32> = #vit.random<2>
vit.initializer @two : tensor<f32> = dense<2.0> : tensor<f32>
vit.initializer @eps : tensor<f32> = dense<1.0e-6> : tensor<f32>

// ReduceMean, Sub, Pow, ReduceMean, Add, Sqrt, Div, Mul, Add.
// CHECK-LABEL: func.func @layer_norm
// CHECK-DAG: %[[GAMMA:.*]] = vit.weight @gamma
// CHECK-DAG: %[[BETA:.*]] = vit.weight @beta
// CHECK: %[[N:.*]] = vit.layer_norm %arg0 gamma %[[GAMMA]] beta %[[BETA]] {epsilon = 9.99999997E-7 : f32}
// CHECK-NEXT: return %[[N]]
func.func @layer_norm(%x: tensor<?x17x48xf32, #vit.batch<1>>) -> tensor<?x17x48xf32, #vit.batch<1>> {
  %g = vit.weight @gamma : tensor<48xf32>
  %b = vit.weight @beta : tensor<48xf32>
  %two = vit.weight @two : tensor<f32>
  %eps = vit.weight @eps : tensor<f32>
  %mean = vit.reduce "mean" %x {axes = array<i64: 2>, keep_dims} : tensor<?x17x48xf32, #vit.batch<1>> -> tensor<?x17x1xf32, #vit.batch<1>>
  %d = vit.pointwise "sub"(%x, %mean) [#xc, #x1] : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<?x17x1xf32, #vit.batch<1>>) -> tensor<?x17x48xf32, #vit.batch<1>> {
  ^bb0(%a: f32, %m: f32):
    %r = arith.subf %a, %m : f32
    vit.yield %r : f32
  }
  %sq = vit.pointwise "pow"(%d, %two) [#xc, #s] : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<f32>) -> tensor<?x17x48xf32, #vit.batch<1>> {
  ^bb0(%a: f32, %m: f32):
    %r = math.powf %a, %m : f32
    vit.yield %r : f32
  }
  %var = vit.reduce "mean" %sq {axes = array<i64: 2>, keep_dims} : tensor<?x17x48xf32, #vit.batch<1>> -> tensor<?x17x1xf32, #vit.batch<1>>
  %ve = vit.pointwise "add"(%var, %eps) [#xc, #s] : (tensor<?x17x1xf32, #vit.batch<1>>, tensor<f32>) -> tensor<?x17x1xf32, #vit.batch<1>> {
  ^bb0(%a: f32, %m: f32):
    %r = arith.addf %a, %m : f32
    vit.yield %r : f32
  }
  %sd = vit.pointwise "sqrt"(%ve) [#xc] : (tensor<?x17x1xf32, #vit.batch<1>>) -> tensor<?x17x1xf32, #vit.batch<1>> {
  ^bb0(%a: f32):
    %r = math.sqrt %a : f32
    vit.yield %r : f32
  }
  %n = vit.pointwise "div"(%d, %sd) [#xc, #x1] : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<?x17x1xf32, #vit.batch<1>>) -> tensor<?x17x48xf32, #vit.batch<1>> {
  ^bb0(%a: f32, %m: f32):
    %r = arith.divf %a, %m : f32
    vit.yield %r : f32
  }
  %ng = vit.pointwise "mul"(%n, %g) [#xc, #c] : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<48xf32>) -> tensor<?x17x48xf32, #vit.batch<1>> {
  ^bb0(%a: f32, %m: f32):
    %r = arith.mulf %a, %m : f32
    vit.yield %r : f32
  }
  %ngb = vit.pointwise "add"(%ng, %b) [#xc, #c] : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<48xf32>) -> tensor<?x17x48xf32, #vit.batch<1>> {
  ^bb0(%a: f32, %m: f32):
    %r = arith.addf %a, %m : f32
    vit.yield %r : f32
  }
  return %ngb : tensor<?x17x48xf32, #vit.batch<1>>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#s = affine_map<(d0, d1) -> ()>

vit.initializer @root2 : tensor<f32> = dense<1.41421> : tensor<f32>
vit.initializer @one : tensor<f32> = dense<1.0> : tensor<f32>
vit.initializer @half : tensor<f32> = dense<0.5> : tensor<f32>

// x * (1 + erf(x / 1.41421)) * 0.5
// CHECK-LABEL: func.func @gelu
// CHECK: %[[G:.*]] = vit.pointwise "gelu_erf"(%arg0)
// CHECK: return %[[G]]
func.func @gelu(%x: tensor<?x8xf32, #vit.batch<3>>) -> tensor<?x8xf32, #vit.batch<3>> {
  %root2 = vit.weight @root2 : tensor<f32>
  %one = vit.weight @one : tensor<f32>
  %half = vit.weight @half : tensor<f32>
  %0 = vit.pointwise "div"(%x, %root2) [#id, #s] : (tensor<?x8xf32, #vit.batch<3>>, tensor<f32>) -> tensor<?x8xf32, #vit.batch<3>> {
  ^bb0(%a: f32, %m: f32):
    %r = arith.divf %a, %m : f32
    vit.yield %r : f32
  }
  %1 = vit.pointwise "erf"(%0) [#id] : (tensor<?x8xf32, #vit.batch<3>>) -> tensor<?x8xf32, #vit.batch<3>> {
  ^bb0(%a: f32):
    %r = math.erf %a : f32
    vit.yield %r : f32
  }
  %2 = vit.pointwise "add"(%1, %one) [#id, #s] : (tensor<?x8xf32, #vit.batch<3>>, tensor<f32>) -> tensor<?x8xf32, #vit.batch<3>> {
  ^bb0(%a: f32, %m: f32):
    %r = arith.addf %a, %m : f32
    vit.yield %r : f32
  }
  %3 = vit.pointwise "mul"(%x, %2) [#id, #id] : (tensor<?x8xf32, #vit.batch<3>>, tensor<?x8xf32, #vit.batch<3>>) -> tensor<?x8xf32, #vit.batch<3>> {
  ^bb0(%a: f32, %m: f32):
    %r = arith.mulf %a, %m : f32
    vit.yield %r : f32
  }
  %4 = vit.pointwise "mul"(%3, %half) [#id, #s] : (tensor<?x8xf32, #vit.batch<3>>, tensor<f32>) -> tensor<?x8xf32, #vit.batch<3>> {
  ^bb0(%a: f32, %m: f32):
    %r = arith.mulf %a, %m : f32
    vit.yield %r : f32
  }
  return %4 : tensor<?x8xf32, #vit.batch<3>>
}

// -----

vit.initializer @w : tensor<48x3x16x16xf32> = #vit.random<1>
vit.initializer @b : tensor<48xf32> = #vit.random<2>

// Conv, Reshape, Transpose.
// CHECK-LABEL: func.func @patches
// CHECK: %[[P:.*]] = vit.patch_embed %arg0, %{{.*}}, %{{.*}} -> tensor<?x16x48xf32, #vit.batch<1>>
// CHECK-NEXT: return %[[P]]
func.func @patches(%x: tensor<?x3x64x64xf32, #vit.batch<1>>) -> tensor<?x16x48xf32, #vit.batch<1>> {
  %w = vit.weight @w : tensor<48x3x16x16xf32>
  %b = vit.weight @b : tensor<48xf32>
  %0 = vit.conv2d %x, %w, %b {strides = array<i64: 16, 16>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : (tensor<?x3x64x64xf32, #vit.batch<1>>, tensor<48x3x16x16xf32>, tensor<48xf32>) -> tensor<?x48x4x4xf32, #vit.batch<1>>
  %1 = vit.reshape %0 : tensor<?x48x4x4xf32, #vit.batch<1>> -> tensor<?x48x16xf32, #vit.batch<1>>
  %2 = vit.transpose %1 [0, 2, 1] : tensor<?x48x16xf32, #vit.batch<1>> -> tensor<?x16x48xf32, #vit.batch<1>>
  return %2 : tensor<?x16x48xf32, #vit.batch<1>>
}

// -----

vit.initializer @w : tensor<64x49xf32> = #vit.random<1>

// Reshape to 6-D, Transpose, Reshape, MatMul: an unfold, with one channel.
// CHECK-LABEL: func.func @unfolded
// CHECK: %[[W:.*]] = vit.reshape %{{.*}} : tensor<64x49xf32> -> tensor<64x1x7x7xf32>
// CHECK: %[[P:.*]] = vit.patch_embed %arg0, %[[W]]
// CHECK-NEXT: return %[[P]]
func.func @unfolded(%x: tensor<?x1x28x28xf32, #vit.batch<1>>) -> tensor<?x16x64xf32, #vit.batch<1>> {
  %w = vit.weight @w : tensor<64x49xf32>
  %0 = vit.reshape %x : tensor<?x1x28x28xf32, #vit.batch<1>> -> tensor<?x1x4x7x4x7xf32, #vit.batch<1>>
  %1 = vit.transpose %0 [0, 2, 4, 3, 5, 1] : tensor<?x1x4x7x4x7xf32, #vit.batch<1>> -> tensor<?x4x4x7x7x1xf32, #vit.batch<1>>
  %2 = vit.reshape %1 : tensor<?x4x4x7x7x1xf32, #vit.batch<1>> -> tensor<?x16x49xf32, #vit.batch<1>>
  %3 = vit.linear %2, %w : (tensor<?x16x49xf32, #vit.batch<1>>, tensor<64x49xf32>) -> tensor<?x16x64xf32, #vit.batch<1>>
  return %3 : tensor<?x16x64xf32, #vit.batch<1>>
}

// -----

#id = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#channel = affine_map<(d0, d1, d2) -> (d1)>

vit.initializer @w : tensor<48x48xf32> = #vit.random<1>
vit.initializer @scale : tensor<48xf32> = #vit.random<2>
vit.initializer @shift : tensor<48xf32> = #vit.random<3>

// Transpose, BatchNorm over dimension 1, Transpose, Linear: the norm goes into
// the linear's weight and bias.
// CHECK-LABEL: func.func @batch_norm
// CHECK: %[[B0:.*]] = vit.linear %{{.*}}, %{{.*}} : (tensor<1x48xf32>, tensor<48x48xf32>) -> tensor<1x48xf32>
// CHECK: %[[B:.*]] = vit.reshape %[[B0]]
// CHECK: %[[W:.*]] = vit.pointwise "mul"
// CHECK: %[[Y:.*]] = vit.linear %arg0, %[[W]], %[[B]]
// CHECK-NEXT: return %[[Y]]
func.func @batch_norm(%x: tensor<2x17x48xf32>) -> tensor<2x17x48xf32> {
  %w = vit.weight @w : tensor<48x48xf32>
  %a = vit.weight @scale : tensor<48xf32>
  %b = vit.weight @shift : tensor<48xf32>
  %0 = vit.transpose %x [0, 2, 1] : tensor<2x17x48xf32> -> tensor<2x48x17xf32>
  %1 = vit.pointwise "batch_norm"(%0, %a, %b) [#id, #channel, #channel] : (tensor<2x48x17xf32>, tensor<48xf32>, tensor<48xf32>) -> tensor<2x48x17xf32> {
  ^bb0(%v: f32, %m: f32, %n: f32):
    %r = arith.mulf %v, %m : f32
    %t = arith.addf %r, %n : f32
    vit.yield %t : f32
  }
  %2 = vit.transpose %1 [0, 2, 1] : tensor<2x48x17xf32> -> tensor<2x17x48xf32>
  %3 = vit.linear %2, %w : (tensor<2x17x48xf32>, tensor<48x48xf32>) -> tensor<2x17x48xf32>
  return %3 : tensor<2x17x48xf32>
}

// -----

vit.initializer @w : tensor<16x48xf32> = #vit.random<1>
vit.initializer @b : tensor<16xf32> = #vit.random<2>

#id = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#last = affine_map<(d0, d1, d2) -> (d2)>

// Tokens before batch around a linear with its bias: nothing moves.
// CHECK-LABEL: func.func @tokens_first
// CHECK: %[[Y:.*]] = vit.linear %arg0, %{{.*}}, %{{.*}} -> tensor<?x17x16xf32, #vit.batch<1>>
// CHECK-NEXT: return %[[Y]]
func.func @tokens_first(%x: tensor<?x17x48xf32, #vit.batch<1>>) -> tensor<?x17x16xf32, #vit.batch<1>> {
  %w = vit.weight @w : tensor<16x48xf32>
  %b = vit.weight @b : tensor<16xf32>
  %0 = vit.transpose %x [1, 0, 2] : tensor<?x17x48xf32, #vit.batch<1>> -> tensor<17x?x48xf32, #vit.batch<1>>
  %1 = vit.linear %0, %w : (tensor<17x?x48xf32, #vit.batch<1>>, tensor<16x48xf32>) -> tensor<17x?x16xf32, #vit.batch<1>>
  %2 = vit.pointwise "add"(%b, %1) [#last, #id] : (tensor<16xf32>, tensor<17x?x16xf32, #vit.batch<1>>) -> tensor<17x?x16xf32, #vit.batch<1>> {
  ^bb0(%m: f32, %v: f32):
    %r = arith.addf %v, %m : f32
    vit.yield %r : f32
  }
  %3 = vit.transpose %2 [1, 0, 2] : tensor<17x?x16xf32, #vit.batch<1>> -> tensor<?x17x16xf32, #vit.batch<1>>
  return %3 : tensor<?x17x16xf32, #vit.batch<1>>
}
