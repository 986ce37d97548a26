// RUN: vitc-opt %s --split-input-file --vit-canonicalize-onnx --vit-raise-attention --verify-diagnostics -o /dev/null

vit.initializer @w : tensor<96x32xf32> = #vit.random<1>
vit.initializer @b : tensor<96xf32> = #vit.random<2>

// XCiT: d x d scores.
func.func @cross_covariance(%x: tensor<?x16x32xf32, #vit.batch<1>>) -> tensor<?x16x32xf32, #vit.batch<1>> {
  %0 = vit.weight @w : tensor<96x32xf32>
  %1 = vit.weight @b : tensor<96xf32>
  %2 = vit.linear %x, %0, %1 : (tensor<?x16x32xf32, #vit.batch<1>>, tensor<96x32xf32>, tensor<96xf32>) -> tensor<?x16x96xf32, #vit.batch<1>>
  %3 = vit.reshape %2 : tensor<?x16x96xf32, #vit.batch<1>> -> tensor<?x16x3x4x8xf32, #vit.batch<1>>
  %4 = vit.transpose %3 [2, 0, 3, 4, 1] : tensor<?x16x3x4x8xf32, #vit.batch<1>> -> tensor<3x?x4x8x16xf32, #vit.batch<1>>
  %5 = vit.slice %4 [0, 0, 0, 0, 0] [1, 1, 1, 1, 1] : tensor<3x?x4x8x16xf32, #vit.batch<1>> -> tensor<1x?x4x8x16xf32, #vit.batch<1>>
  %6 = vit.reshape %5 : tensor<1x?x4x8x16xf32, #vit.batch<1>> -> tensor<?x4x8x16xf32, #vit.batch<1>>
  %7 = vit.slice %4 [1, 0, 0, 0, 0] [1, 1, 1, 1, 1] : tensor<3x?x4x8x16xf32, #vit.batch<1>> -> tensor<1x?x4x8x16xf32, #vit.batch<1>>
  %8 = vit.reshape %7 : tensor<1x?x4x8x16xf32, #vit.batch<1>> -> tensor<?x4x8x16xf32, #vit.batch<1>>
  %9 = vit.slice %4 [2, 0, 0, 0, 0] [1, 1, 1, 1, 1] : tensor<3x?x4x8x16xf32, #vit.batch<1>> -> tensor<1x?x4x8x16xf32, #vit.batch<1>>
  %10 = vit.reshape %9 : tensor<1x?x4x8x16xf32, #vit.batch<1>> -> tensor<?x4x8x16xf32, #vit.batch<1>>
  %11 = vit.transpose %8 [0, 1, 3, 2] : tensor<?x4x8x16xf32, #vit.batch<1>> -> tensor<?x4x16x8xf32, #vit.batch<1>>
  %12 = vit.matmul %6, %11 : (tensor<?x4x8x16xf32, #vit.batch<1>>, tensor<?x4x16x8xf32, #vit.batch<1>>) -> tensor<?x4x8x8xf32, #vit.batch<1>>
  // expected-remark @below {{not raised to vit.attention: channels attend to channels (cross-covariance)}}
  %13 = vit.softmax %12 {axis = 3 : i64} : tensor<?x4x8x8xf32, #vit.batch<1>> -> tensor<?x4x8x8xf32, #vit.batch<1>>
  %14 = vit.matmul %13, %10 : (tensor<?x4x8x8xf32, #vit.batch<1>>, tensor<?x4x8x16xf32, #vit.batch<1>>) -> tensor<?x4x8x16xf32, #vit.batch<1>>
  %15 = vit.transpose %14 [0, 3, 1, 2] : tensor<?x4x8x16xf32, #vit.batch<1>> -> tensor<?x16x4x8xf32, #vit.batch<1>>
  %16 = vit.reshape %15 : tensor<?x16x4x8xf32, #vit.batch<1>> -> tensor<?x16x32xf32, #vit.batch<1>>
  return %16 : tensor<?x16x32xf32, #vit.batch<1>>
}

// -----

#m0 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>



// The scores are squared before the softmax.
func.func @squared_scores(%q: tensor<2x3x17x16xf32>, %k: tensor<2x3x17x16xf32>, %v: tensor<2x3x17x16xf32>) -> tensor<2x3x17x16xf32> {
  %0 = vit.matmul %q, %k {transpose_rhs} : (tensor<2x3x17x16xf32>, tensor<2x3x17x16xf32>) -> tensor<2x3x17x17xf32>
  %1 = vit.pointwise "square"(%0) [#m0] : (tensor<2x3x17x17xf32>) -> tensor<2x3x17x17xf32> {
  ^bb0(%a: f32):
    %r = arith.mulf %a, %a : f32
    vit.yield %r : f32
  }
  // expected-remark @below {{not raised to vit.attention: 'vit.pointwise' is neither a scale, a bias nor a mask of the scores}}
  %2 = vit.softmax %1 {axis = 3 : i64} : tensor<2x3x17x17xf32> -> tensor<2x3x17x17xf32>
  %3 = vit.matmul %2, %v : (tensor<2x3x17x17xf32>, tensor<2x3x17x16xf32>) -> tensor<2x3x17x16xf32>
  return %3 : tensor<2x3x17x16xf32>
}

// -----

#m0 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>



// Two products read the probabilities.
func.func @probabilities_read_twice(%q: tensor<2x3x17x16xf32>, %k: tensor<2x3x17x16xf32>, %v: tensor<2x3x17x16xf32>) -> tensor<2x3x17x16xf32> {
  %0 = vit.matmul %q, %k {transpose_rhs} : (tensor<2x3x17x16xf32>, tensor<2x3x17x16xf32>) -> tensor<2x3x17x17xf32>
  // expected-remark @below {{not raised to vit.attention: the probabilities are read by more than a product with V}}
  %1 = vit.softmax %0 {axis = 3 : i64} : tensor<2x3x17x17xf32> -> tensor<2x3x17x17xf32>
  %2 = vit.matmul %1, %v : (tensor<2x3x17x17xf32>, tensor<2x3x17x16xf32>) -> tensor<2x3x17x16xf32>
  %3 = vit.matmul %1, %q : (tensor<2x3x17x17xf32>, tensor<2x3x17x16xf32>) -> tensor<2x3x17x16xf32>
  %4 = vit.pointwise "add"(%2, %3) [#m0, #m0] : (tensor<2x3x17x16xf32>, tensor<2x3x17x16xf32>) -> tensor<2x3x17x16xf32> {
  ^bb0(%a: f32, %b: f32):
    %r = arith.addf %a, %b : f32
    vit.yield %r : f32
  }
  return %4 : tensor<2x3x17x16xf32>
}
