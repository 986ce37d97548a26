// RUN: vitc-opt %s --vit-fuse-elementwise --split-input-file | FileCheck %s

vit.initializer @w : tensor<768x768xf32> = #vit.random<1>
vit.initializer @b : tensor<768xf32> = #vit.random<2>
vit.initializer @pos : tensor<1x197x768xf32> = #vit.random<3>
vit.initializer @cls : tensor<1x1x768xf32> = #vit.random<4>
vit.initializer @pw : tensor<768x3x16x16xf32> = #vit.random<5>
// The position embedding goes to the pieces of the concat; the sum with the
// projection hangs on it; the shortcut keeps its producer apart.
// CHECK-LABEL: func.func @main(
// CHECK:         %[[CLS:.+]] = vit.pointwise "add"
// CHECK:         %[[TOKENS:.+]] = vit.fused(
// CHECK:           vit.patch_embed
// CHECK-NEXT:      vit.pointwise "add"
// CHECK:         %[[CAT:.+]] = vit.concat %[[CLS]], %[[TOKENS]]
// CHECK:         %[[X:.+]] = vit.reshape %[[CAT]]
// CHECK:         %[[N:.+]] = vit.layer_norm %[[X]]
// CHECK:         vit.fused(%[[N]], {{.*}}%[[X]])
// CHECK:           vit.linear
// CHECK-NEXT:      vit.pointwise "add"
func.func @main(%img: tensor<?x3x224x224xf32, #vit.batch<1>>) -> tensor<?x197x768xf32, #vit.batch<1>> {
  %w = vit.weight @w : tensor<768x768xf32>
  %b = vit.weight @b : tensor<768xf32>
  %pos = vit.weight @pos : tensor<1x197x768xf32>
  %cls = vit.weight @cls : tensor<1x1x768xf32>
  %pw = vit.weight @pw : tensor<768x3x16x16xf32>
  %t = vit.patch_embed %img, %pw, %b : (tensor<?x3x224x224xf32, #vit.batch<1>>, tensor<768x3x16x16xf32>, tensor<768xf32>) -> tensor<?x196x768xf32, #vit.batch<1>>
  %c = vit.broadcast %cls : tensor<1x1x768xf32> -> tensor<?x1x768xf32, #vit.batch<1>>
  %cat = vit.concat %c, %t {axis = 1 : i64} : (tensor<?x1x768xf32, #vit.batch<1>>, tensor<?x196x768xf32, #vit.batch<1>>) -> tensor<?x197x768xf32, #vit.batch<1>>
  %x = vit.pointwise "add"(%cat, %pos) [affine_map<(d0,d1,d2)->(d0,d1,d2)>, affine_map<(d0,d1,d2)->(0,d1,d2)>] : (tensor<?x197x768xf32, #vit.batch<1>>, tensor<1x197x768xf32>) -> tensor<?x197x768xf32, #vit.batch<1>> {
  ^bb0(%a: f32, %p: f32):
    %s = arith.addf %a, %p : f32
    vit.yield %s : f32
  }
  %r = vit.reshape %x : tensor<?x197x768xf32, #vit.batch<1>> -> tensor<?x768xf32, #vit.batch<197>>
  %n = vit.layer_norm %r gamma %b beta %b {epsilon = 1.0e-6 : f32} : (tensor<?x768xf32, #vit.batch<197>>, tensor<768xf32>, tensor<768xf32>) -> tensor<?x768xf32, #vit.batch<197>>
  %l = vit.linear %n, %w, %b : (tensor<?x768xf32, #vit.batch<197>>, tensor<768x768xf32>, tensor<768xf32>) -> tensor<?x768xf32, #vit.batch<197>>
  %y = vit.pointwise "add"(%r, %l) [affine_map<(d0,d1)->(d0,d1)>, affine_map<(d0,d1)->(d0,d1)>] : (tensor<?x768xf32, #vit.batch<197>>, tensor<?x768xf32, #vit.batch<197>>) -> tensor<?x768xf32, #vit.batch<197>> {
  ^bb0(%a: f32, %p: f32):
    %s = arith.addf %a, %p : f32
    vit.yield %s : f32
  }
  %o = vit.reshape %y : tensor<?x768xf32, #vit.batch<197>> -> tensor<?x197x768xf32, #vit.batch<1>>
  return %o : tensor<?x197x768xf32, #vit.batch<1>>
}

// -----

// A chain whose middle value is read elsewhere ends there: one value leaves a
// group.
// CHECK-LABEL: func.func @two_readers(
// CHECK:         %[[A:.+]] = vit.fused(
// CHECK:           vit.softmax
// CHECK-NEXT:      vit.pointwise "exp"
// CHECK:         %[[B:.+]] = vit.pointwise "neg"(%[[A]])
// CHECK:         return %[[A]], %[[B]]
func.func @two_readers(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %0 = vit.softmax %x {axis = 1 : i64} : tensor<4x8xf32> -> tensor<4x8xf32>
  %1 = vit.pointwise "exp"(%0) [affine_map<(d0, d1) -> (d0, d1)>] : (tensor<4x8xf32>) -> tensor<4x8xf32> {
  ^bb0(%a: f32):
    %e = math.exp %a : f32
    vit.yield %e : f32
  }
  %2 = vit.pointwise "neg"(%1) [affine_map<(d0, d1) -> (d0, d1)>] : (tensor<4x8xf32>) -> tensor<4x8xf32> {
  ^bb0(%a: f32):
    %e = arith.negf %a : f32
    vit.yield %e : f32
  }
  return %1, %2 : tensor<4x8xf32>, tensor<4x8xf32>
}

// -----

// x * sigmoid(x) reads the anchor twice and still joins it; the pointwise op in
// front of the row function becomes its prologue.
// CHECK-LABEL: func.func @diamond(
// CHECK:         %[[R:.+]] = vit.fused(%{{.+}}) :
// CHECK:           vit.pointwise "neg"
// CHECK:           vit.softmax
// CHECK:           vit.pointwise "exp"
// CHECK:           vit.pointwise "mul"
// CHECK:         return %[[R]]
func.func @diamond(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %n = vit.pointwise "neg"(%x) [affine_map<(d0, d1) -> (d0, d1)>] : (tensor<4x8xf32>) -> tensor<4x8xf32> {
  ^bb0(%a: f32):
    %e = arith.negf %a : f32
    vit.yield %e : f32
  }
  %0 = vit.softmax %n {axis = 1 : i64} : tensor<4x8xf32> -> tensor<4x8xf32>
  %1 = vit.pointwise "exp"(%0) [affine_map<(d0, d1) -> (d0, d1)>] : (tensor<4x8xf32>) -> tensor<4x8xf32> {
  ^bb0(%a: f32):
    %e = math.exp %a : f32
    vit.yield %e : f32
  }
  %2 = vit.pointwise "mul"(%0, %1) [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>] : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32> {
  ^bb0(%a: f32, %b: f32):
    %e = arith.mulf %a, %b : f32
    vit.yield %e : f32
  }
  return %2 : tensor<4x8xf32>
}
