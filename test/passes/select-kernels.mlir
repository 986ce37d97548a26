// RUN: vitc-opt %s --vit-assign-layouts --vit-select-kernels=target=a100 --split-input-file | FileCheck %s
// RUN: vitc-opt %s --vit-assign-layouts --vit-select-kernels=target=jetson-nano --split-input-file | FileCheck %s --check-prefix=NANO

// Bias and activation are one function of the accumulator; the tensor cores of
// the target decide the family.
// CHECK-LABEL: @linear
// CHECK: vitk.gemm "mma" <groups = 1, rows = 197*B, n = 64, k = 32, compute = f16,
// CHECK-SAME: views [#vitk.view<0 + [] [197:32] [32:1]>, #vitk.view<0 + [] [64:32] [32:1]>, #vitk.view<0 + [] [] [64:1]>, #vitk.view<0 + [] [197:64] [64:1]>]
// CHECK-SAME: epilogue [-1, 2]
// CHECK-NEXT: ^bb0(%[[X:.*]]: f32, %[[B:.*]]: f32):
// CHECK-NEXT: %[[S:.*]] = arith.addf %[[X]], %[[B]] : f32
// CHECK-NEXT: %[[T:.*]] = math.tanh %[[S]] : f32
// CHECK-NEXT: arith.truncf %[[T]] : f32 to f16
// NANO-LABEL: @linear
// NANO: vitk.gemm "simt" <{{.*}}compute = f32,
module attributes {vit.profile = #vit.profile<1, 8, 32>} {
  vit.initializer @w : tensor<64x32xf16> = #vit.random<1>
  vit.initializer @b : tensor<64xf32> = #vit.random<2>
  func.func @linear(%x: tensor<?x32xf16, #vit.batch<197>>) -> tensor<?x64xf16, #vit.batch<197>> {
    %w = vit.weight @w : tensor<64x32xf16>
    %b = vit.weight @b : tensor<64xf32>
    %y = vit.fused(%x, %w, %b) : (tensor<?x32xf16, #vit.batch<197>>, tensor<64x32xf16>, tensor<64xf32>) -> tensor<?x64xf16, #vit.batch<197>> {
    ^bb0(%a: tensor<?x32xf16, #vit.batch<197>>, %v: tensor<64x32xf16>, %c: tensor<64xf32>):
      %l = vit.linear %a, %v, %c : (tensor<?x32xf16, #vit.batch<197>>, tensor<64x32xf16>, tensor<64xf32>) -> tensor<?x64xf32, #vit.batch<197>>
      %t = vit.pointwise "tanh" (%l) [affine_map<(d0, d1) -> (d0, d1)>] : (tensor<?x64xf32, #vit.batch<197>>) -> tensor<?x64xf16, #vit.batch<197>> {
      ^bb0(%p: f32):
        %q = math.tanh %p : f32
        %z = arith.truncf %q : f32 to f16
        vit.yield %z : f16
      }
      vit.yield %t : tensor<?x64xf16, #vit.batch<197>>
    }
    return %y : tensor<?x64xf16, #vit.batch<197>>
  }
}

// -----

// A prologue reads the operand; a vector of another shape is an extra operand.
// CHECK-LABEL: @prologue
// CHECK: vitk.gemm {{.*}}ins(%arg0, %{{.*}}, %arg1 :
// CHECK-SAME: #vitk.view<0 + [] [5:4] [4:1]>, #vitk.view<0 + [] [6:4] [4:1]>, #vitk.view<0 + [] [1:0, 5:1] []>, #vitk.view<0 + [] [5:6] [6:1]>]
// CHECK-SAME: prologue [-1, 2]
module {
  vit.initializer @w : tensor<6x4xf32> = #vit.random<1>
  func.func @prologue(%x: tensor<?x5x4xf32, #vit.batch<1>>, %s: tensor<5x1xf32>) -> tensor<?x5x6xf32, #vit.batch<1>> {
    %w = vit.weight @w : tensor<6x4xf32>
    %y = vit.fused(%x, %s, %w) : (tensor<?x5x4xf32, #vit.batch<1>>, tensor<5x1xf32>, tensor<6x4xf32>) -> tensor<?x5x6xf32, #vit.batch<1>> {
    ^bb0(%a: tensor<?x5x4xf32, #vit.batch<1>>, %f: tensor<5x1xf32>, %v: tensor<6x4xf32>):
      %m = vit.pointwise "mul" (%a, %f) [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d1, 0)>] : (tensor<?x5x4xf32, #vit.batch<1>>, tensor<5x1xf32>) -> tensor<?x5x4xf32, #vit.batch<1>> {
      ^bb0(%p: f32, %q: f32):
        %z = arith.mulf %p, %q : f32
        vit.yield %z : f32
      }
      %l = vit.linear %m, %v : (tensor<?x5x4xf32, #vit.batch<1>>, tensor<6x4xf32>) -> tensor<?x5x6xf32, #vit.batch<1>>
      vit.yield %l : tensor<?x5x6xf32, #vit.batch<1>>
    }
    return %y : tensor<?x5x6xf32, #vit.batch<1>>
  }
}

// -----

// Heads are strides; scale and bias are the score function.
// CHECK-LABEL: @attention
// CHECK: vitk.attention {{.*}}heads = 2, kv_heads = 2, queries = 5, keys = 7, dk = 3, dv = 4,
// CHECK-SAME: #vitk.view<0 + [1:30] [2:3] [5:6] [3:1]>, #vitk.view<0 + [1:42] [2:3] [7:6] [3:1]>, #vitk.view<0 + [1:56] [2:4] [7:8] [4:1]>, #vitk.view<0 + [] [2:35] [5:7] [7:1]>
// CHECK-SAME: prologue [-1, 3]
// CHECK: arith.mulf
// CHECK: arith.addf
func.func @attention(%q: tensor<?x5x6xf32, #vit.batch<1>>, %k: tensor<?x7x6xf32, #vit.batch<1>>, %v: tensor<?x7x8xf32, #vit.batch<1>>, %b: tensor<1x2x5x7xf32>) -> tensor<?x5x8xf32, #vit.batch<1>> {
  %a = vit.attention %q, %k, %v bias %b {heads = 2 : i64, kv_heads = 2 : i64, scale = 0.5 : f32} : (tensor<?x5x6xf32, #vit.batch<1>>, tensor<?x7x6xf32, #vit.batch<1>>, tensor<?x7x8xf32, #vit.batch<1>>, tensor<1x2x5x7xf32>) -> tensor<?x5x8xf32, #vit.batch<1>>
  return %a : tensor<?x5x8xf32, #vit.batch<1>>
}

// -----

// Rows and columns of a softmax over a middle axis, and of a reduction.
// CHECK-LABEL: @rows
// CHECK: vitk.softmax {{.*}}rows = 6*B, cols = 5,
// CHECK-SAME: views [#vitk.view<0 + [1:30, 6:1] [5:6]>, #vitk.view<0 + [1:30, 6:1] [5:6]>]
// CHECK: vitk.reduce {{.*}}rows = 1*B, cols = 30, {{.*}}kind = mean>
// CHECK-SAME: views [#vitk.view<0 + [1:30] [30:1]>, #vitk.view<0 + [1:1]>]
func.func @rows(%x: tensor<?x5x6xf32, #vit.batch<1>>) -> (tensor<?x5x6xf32, #vit.batch<1>>, tensor<?xf32, #vit.batch<1>>) {
  %s = vit.softmax %x {axis = 1 : i64} : tensor<?x5x6xf32, #vit.batch<1>> -> tensor<?x5x6xf32, #vit.batch<1>>
  %m = vit.reduce "mean" %x {axes = array<i64: 1, 2>} : tensor<?x5x6xf32, #vit.batch<1>> -> tensor<?xf32, #vit.batch<1>>
  return %s, %m : tensor<?x5x6xf32, #vit.batch<1>>, tensor<?xf32, #vit.batch<1>>
}

// -----

// Padding of a convolution: windows are strides, the border is a guard.
// CHECK-LABEL: @convolution
// CHECK: vitk.gemm {{.*}}<groups = 2, rows = 16*B, n = 3, k = 18,
// CHECK-SAME: #vitk.view<0 + [2:32] [1:64, 4:4, 4:1] [2:16, 3:4, 3:1] base -5 guard([1:1:1, 2:1:1], -1, 0, 4) guard([1:2:1, 2:2:1], -1, 0, 4)>
// CHECK-SAME: #vitk.view<0 + [2:54] [3:18] [18:1]>
module {
  vit.initializer @w : tensor<6x2x3x3xf32> = #vit.random<1>
  func.func @convolution(%x: tensor<?x4x4x4xf32, #vit.batch<1>>) -> tensor<?x6x4x4xf32, #vit.batch<1>> {
    %w = vit.weight @w : tensor<6x2x3x3xf32>
    %c = vit.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 2 : i64} : (tensor<?x4x4x4xf32, #vit.batch<1>>, tensor<6x2x3x3xf32>) -> tensor<?x6x4x4xf32, #vit.batch<1>>
    return %c : tensor<?x6x4x4xf32, #vit.batch<1>>
  }
}

// -----

// Indices are a table operand; padding with zeros is a guarded read.
// CHECK-LABEL: @movement
// CHECK: vitk.pointwise {{.*}}views [#vitk.view<0 + [3:4 at 1, 4:1]>, #vitk.view<0 +>, #vitk.view<0 + [12:1]>]
// CHECK: vitk.pointwise {{.*}}views [#vitk.view<0 + [7:4, 4:1] base -4 guard([0:0:1], -1, 0, 5)>, #vitk.view<0 + [28:1]>]
module {
  vit.initializer @i : tensor<3xi64> = dense<[4, 0, 1]> : tensor<3xi64>
  func.func @movement(%x: tensor<5x4xf32>) -> (tensor<3x4xf32>, tensor<7x4xf32>) {
    %i = vit.weight @i : tensor<3xi64>
    %g = vit.gather %x, %i {axis = 0 : i64} : (tensor<5x4xf32>, tensor<3xi64>) -> tensor<3x4xf32>
    %p = vit.pad %x [1, 0] [1, 0] {value = 0.0 : f32} : tensor<5x4xf32> -> tensor<7x4xf32>
    return %g, %p : tensor<3x4xf32>, tensor<7x4xf32>
  }
}

// -----

// A config that spilled is not taken again.
// CHECK-LABEL: @denied
// CHECK-NOT: bm = 64, bn = 64, bk = 64, wm = 32, wn = 32, stages = 3
module attributes {vit.denied = ["mma gemm 64x64x64 32x32 s3 n64 k64 f16"]} {
  func.func @denied(%x: tensor<64x64xf16>, %w: tensor<64x64xf16>) -> tensor<64x64xf16> {
    %l = vit.linear %x, %w : (tensor<64x64xf16>, tensor<64x64xf16>) -> tensor<64x64xf16>
    return %l : tensor<64x64xf16>
  }
}
