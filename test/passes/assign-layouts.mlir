// RUN: vitc-opt %s --vit-assign-layouts --split-input-file | FileCheck %s

// The class token and the patches are written into the tokens' buffer: the
// concat is no launch. The broadcast of a weight needs a copy, the patches none.
// CHECK-LABEL: @tokens
// CHECK: vit.patch_embed{{.*}}vitk.layouts = [#vitk.layout<buffer [[T:[0-9]+]] + 3, [1*B:15] [4:3] [3:1]>]
// CHECK: vit.pointwise "copy"{{.*}}vitk.layouts = [#vitk.layout<buffer [[T]] + 0, [1*B:15] [1:3] [3:1]>]
// CHECK: vit.concat{{.*}}vitk.layouts = [#vitk.layout<buffer [[T]] + 0, [1*B:15] [5:3] [3:1]>]
module {
  vit.initializer @w : tensor<3x2x4x4xf32> = #vit.random<1>
  vit.initializer @cls : tensor<1x1x3xf32> = #vit.random<2>
  func.func @tokens(%image: tensor<?x2x8x8xf32, #vit.batch<1>>) -> tensor<?x5x3xf32, #vit.batch<1>> {
    %w = vit.weight @w : tensor<3x2x4x4xf32>
    %cls = vit.weight @cls : tensor<1x1x3xf32>
    %p = vit.patch_embed %image, %w : (tensor<?x2x8x8xf32, #vit.batch<1>>, tensor<3x2x4x4xf32>) -> tensor<?x4x3xf32, #vit.batch<1>>
    %c = vit.broadcast %cls : tensor<1x1x3xf32> -> tensor<?x1x3xf32, #vit.batch<1>>
    %t = vit.concat %c, %p {axis = 1 : i64} : (tensor<?x1x3xf32, #vit.batch<1>>, tensor<?x4x3xf32, #vit.batch<1>>) -> tensor<?x5x3xf32, #vit.batch<1>>
    // CHECK: vit.softmax{{.*}}vitk.layouts = [#vitk.layout<output 0 + 0, [1*B:15] [5:3] [3:1]>]
    %s = vit.softmax %t {axis = 2 : i64} : tensor<?x5x3xf32, #vit.batch<1>> -> tensor<?x5x3xf32, #vit.batch<1>>
    return %s : tensor<?x5x3xf32, #vit.batch<1>>
  }
}

// -----

// Q, K and V are columns of one buffer; a result of the model that is a view of
// one of them is copied out, a reshaped one is written in place.
// CHECK-LABEL: @projection
// CHECK: vit.qkv_projection{{.*}}vitk.layouts = [#vitk.layout<buffer 0 + 0, [5*B:12] [4:1]>, #vitk.layout<buffer 0 + 4, [5*B:12] [4:1]>, #vitk.layout<buffer 0 + 8, [5*B:12] [4:1]>]
// CHECK: vit.attention{{.*}}vitk.layouts = [#vitk.layout<output 0 + 0, [1*B:20] [5:4] [4:1]>]
// CHECK: vit.pointwise "copy"{{.*}}vitk.layouts = [#vitk.layout<output 1 + 0, [5*B:4] [4:1]>]
module {
  vit.initializer @w : tensor<12x4xf32> = #vit.random<1>
  func.func @projection(%x: tensor<?x4xf32, #vit.batch<5>>) -> (tensor<?x4xf32, #vit.batch<5>>, tensor<?x4xf32, #vit.batch<5>>) {
    %w = vit.weight @w : tensor<12x4xf32>
    %q, %k, %v = vit.qkv_projection %x, %w : (tensor<?x4xf32, #vit.batch<5>>, tensor<12x4xf32>) -> (tensor<?x4xf32, #vit.batch<5>>, tensor<?x4xf32, #vit.batch<5>>, tensor<?x4xf32, #vit.batch<5>>)
    %q3 = vit.reshape %q : tensor<?x4xf32, #vit.batch<5>> -> tensor<?x5x4xf32, #vit.batch<1>>
    %k3 = vit.reshape %k : tensor<?x4xf32, #vit.batch<5>> -> tensor<?x5x4xf32, #vit.batch<1>>
    %v3 = vit.reshape %v : tensor<?x4xf32, #vit.batch<5>> -> tensor<?x5x4xf32, #vit.batch<1>>
    %a = vit.attention %q3, %k3, %v3 {heads = 2 : i64, kv_heads = 2 : i64, scale = 0.5 : f32} : (tensor<?x5x4xf32, #vit.batch<1>>, tensor<?x5x4xf32, #vit.batch<1>>, tensor<?x5x4xf32, #vit.batch<1>>) -> tensor<?x5x4xf32, #vit.batch<1>>
    %r = vit.reshape %a : tensor<?x5x4xf32, #vit.batch<1>> -> tensor<?x4xf32, #vit.batch<5>>
    return %r, %k : tensor<?x4xf32, #vit.batch<5>>, tensor<?x4xf32, #vit.batch<5>>
  }
}

// -----

// A convolution writes channels last; its tokens are a view. Even indices are a
// slice, others a table.
// CHECK-LABEL: @convolution
// CHECK: vit.conv2d{{.*}}vitk.layouts = [#vitk.layout<buffer [[C:[0-9]+]] + 0, [1*B:24] [6:1] [2:12] [2:6]>]
// CHECK-NOT: copy
// CHECK: vit.slice
// CHECK: vit.gather{{.*}}tensor<4xi32>
module {
  vit.initializer @w : tensor<6x2x4x4xf32> = #vit.random<1>
  vit.initializer @even : tensor<2xi64> = dense<[0, 2]> : tensor<2xi64>
  vit.initializer @some : tensor<4xi64> = dense<[0, 3, -1, 2]> : tensor<4xi64>
  func.func @convolution(%x: tensor<?x2x8x8xf32, #vit.batch<1>>) -> (tensor<?x2x6xf32, #vit.batch<1>>, tensor<?x4x6xf32, #vit.batch<1>>) {
    %w = vit.weight @w : tensor<6x2x4x4xf32>
    %even = vit.weight @even : tensor<2xi64>
    %some = vit.weight @some : tensor<4xi64>
    %c = vit.conv2d %x, %w {strides = array<i64: 4, 4>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : (tensor<?x2x8x8xf32, #vit.batch<1>>, tensor<6x2x4x4xf32>) -> tensor<?x6x2x2xf32, #vit.batch<1>>
    %f = vit.reshape %c : tensor<?x6x2x2xf32, #vit.batch<1>> -> tensor<?x6x4xf32, #vit.batch<1>>
    %t = vit.transpose %f [0, 2, 1] : tensor<?x6x4xf32, #vit.batch<1>> -> tensor<?x4x6xf32, #vit.batch<1>>
    %e = vit.gather %t, %even {axis = 1 : i64} : (tensor<?x4x6xf32, #vit.batch<1>>, tensor<2xi64>) -> tensor<?x2x6xf32, #vit.batch<1>>
    %s = vit.softmax %e {axis = 2 : i64} : tensor<?x2x6xf32, #vit.batch<1>> -> tensor<?x2x6xf32, #vit.batch<1>>
    %g = vit.gather %t, %some {axis = 1 : i64} : (tensor<?x4x6xf32, #vit.batch<1>>, tensor<4xi64>) -> tensor<?x4x6xf32, #vit.batch<1>>
    return %s, %g : tensor<?x2x6xf32, #vit.batch<1>>, tensor<?x4x6xf32, #vit.batch<1>>
  }
}
