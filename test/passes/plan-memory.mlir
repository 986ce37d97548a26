// RUN: vitc-opt %s --vit-assign-layouts --vit-select-kernels --vit-plan-memory | FileCheck %s

// The residual sum takes the memory of its operand; the hidden layer's memory is
// used again; nothing exceeds what is live.
// CHECK: vitk.arena_bytes = 12288 : i64, vitk.arena_lower_bound = 12288 : i64
// CHECK-LABEL: @block
// CHECK: vitk.buffer at [[X:[0-9]+]] : tensor<?x64xf32
// CHECK: vitk.buffer at [[H:[0-9]+]] : tensor<?x128xf32
// CHECK: vitk.buffer at [[X]] : tensor<?x64xf32
// CHECK: vitk.buffer output 0
module attributes {vit.profile = #vit.profile<1, 2, 4>} {
  func.func @block(%x: tensor<?x64xf32, #vit.batch<4>>, %w1: tensor<128x64xf32>, %w2: tensor<64x128xf32>) -> tensor<?x64xf32, #vit.batch<4>> {
    %n = vit.softmax %x {axis = 1 : i64} : tensor<?x64xf32, #vit.batch<4>> -> tensor<?x64xf32, #vit.batch<4>>
    %h = vit.linear %n, %w1 : (tensor<?x64xf32, #vit.batch<4>>, tensor<128x64xf32>) -> tensor<?x128xf32, #vit.batch<4>>
    %y = vit.fused(%h, %w2, %n) : (tensor<?x128xf32, #vit.batch<4>>, tensor<64x128xf32>, tensor<?x64xf32, #vit.batch<4>>) -> tensor<?x64xf32, #vit.batch<4>> {
    ^bb0(%a: tensor<?x128xf32, #vit.batch<4>>, %v: tensor<64x128xf32>, %r: tensor<?x64xf32, #vit.batch<4>>):
      %l = vit.linear %a, %v : (tensor<?x128xf32, #vit.batch<4>>, tensor<64x128xf32>) -> tensor<?x64xf32, #vit.batch<4>>
      %s = vit.pointwise "add" (%l, %r) [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>] : (tensor<?x64xf32, #vit.batch<4>>, tensor<?x64xf32, #vit.batch<4>>) -> tensor<?x64xf32, #vit.batch<4>> {
      ^bb0(%p: f32, %q: f32):
        %z = arith.addf %p, %q : f32
        vit.yield %z : f32
      }
      vit.yield %s : tensor<?x64xf32, #vit.batch<4>>
    }
    %o = vit.softmax %y {axis = 1 : i64} : tensor<?x64xf32, #vit.batch<4>> -> tensor<?x64xf32, #vit.batch<4>>
    return %o : tensor<?x64xf32, #vit.batch<4>>
  }
}
