// RUN: vitc-opt %s --split-input-file --vit-canonicalize-onnx --vit-raise-attention --verify-each | FileCheck %s

#m0 = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#m1 = affine_map<(d0, d1, d2) -> (d2)>
#m2 = affine_map<(d0, d1, d2) -> ()>

vit.initializer @w : tensor<144x48xf32> = #vit.random<1>
vit.initializer @b : tensor<144xf32> = #vit.random<2>
vit.initializer @s : tensor<f32> = dense<4.0> : tensor<f32>
vit.initializer @p : tensor<48x48xf32> = #vit.random<4>
vit.initializer @pb : tensor<48xf32> = #vit.random<5>

// Tokens before batch, heads and batch as one dimension: no transpose is left.
// CHECK-LABEL: func.func @tokens_first
// CHECK-NOT: vit.transpose
// CHECK: vit.attention {{.*}} {heads = 3 : i64, kv_heads = 3 : i64, scale = 2.500000e-01 : f32}
// CHECK-NOT: vit.transpose
// CHECK: return
func.func @tokens_first(%x: tensor<?x17x48xf32, #vit.batch<1>>) -> tensor<?x17x48xf32, #vit.batch<1>> {
  %0 = vit.transpose %x [1, 0, 2] : tensor<?x17x48xf32, #vit.batch<1>> -> tensor<17x?x48xf32, #vit.batch<1>>
  %1 = vit.weight @w : tensor<144x48xf32>
  %2 = vit.linear %0, %1 : (tensor<17x?x48xf32, #vit.batch<1>>, tensor<144x48xf32>) -> tensor<17x?x144xf32, #vit.batch<1>>
  %3 = vit.weight @b : tensor<144xf32>
  %4 = vit.pointwise "add"(%2, %3) [#m0, #m1] : (tensor<17x?x144xf32, #vit.batch<1>>, tensor<144xf32>) -> tensor<17x?x144xf32, #vit.batch<1>> {
  ^bb0(%a: f32, %b: f32):
    %r = arith.addf %a, %b : f32
    vit.yield %r : f32
  }
  %5 = vit.slice %4 [0, 0, 0] [1, 1, 1] : tensor<17x?x144xf32, #vit.batch<1>> -> tensor<17x?x48xf32, #vit.batch<1>>
  %6 = vit.reshape %5 : tensor<17x?x48xf32, #vit.batch<1>> -> tensor<17x?x16xf32, #vit.batch<3>>
  %7 = vit.transpose %6 [1, 0, 2] : tensor<17x?x16xf32, #vit.batch<3>> -> tensor<?x17x16xf32, #vit.batch<3>>
  %8 = vit.slice %4 [0, 0, 48] [1, 1, 1] : tensor<17x?x144xf32, #vit.batch<1>> -> tensor<17x?x48xf32, #vit.batch<1>>
  %9 = vit.reshape %8 : tensor<17x?x48xf32, #vit.batch<1>> -> tensor<17x?x16xf32, #vit.batch<3>>
  %10 = vit.transpose %9 [1, 2, 0] : tensor<17x?x16xf32, #vit.batch<3>> -> tensor<?x16x17xf32, #vit.batch<3>>
  %11 = vit.slice %4 [0, 0, 96] [1, 1, 1] : tensor<17x?x144xf32, #vit.batch<1>> -> tensor<17x?x48xf32, #vit.batch<1>>
  %12 = vit.reshape %11 : tensor<17x?x48xf32, #vit.batch<1>> -> tensor<17x?x16xf32, #vit.batch<3>>
  %13 = vit.transpose %12 [1, 0, 2] : tensor<17x?x16xf32, #vit.batch<3>> -> tensor<?x17x16xf32, #vit.batch<3>>
  %14 = vit.weight @s : tensor<f32>
  %15 = vit.pointwise "div"(%7, %14) [#m0, #m2] : (tensor<?x17x16xf32, #vit.batch<3>>, tensor<f32>) -> tensor<?x17x16xf32, #vit.batch<3>> {
  ^bb0(%a: f32, %b: f32):
    %r = arith.divf %a, %b : f32
    vit.yield %r : f32
  }
  %16 = vit.matmul %15, %10 : (tensor<?x17x16xf32, #vit.batch<3>>, tensor<?x16x17xf32, #vit.batch<3>>) -> tensor<?x17x17xf32, #vit.batch<3>>
  %17 = vit.softmax %16 {axis = 2 : i64} : tensor<?x17x17xf32, #vit.batch<3>> -> tensor<?x17x17xf32, #vit.batch<3>>
  %18 = vit.matmul %17, %13 : (tensor<?x17x17xf32, #vit.batch<3>>, tensor<?x17x16xf32, #vit.batch<3>>) -> tensor<?x17x16xf32, #vit.batch<3>>
  %19 = vit.transpose %18 [1, 0, 2] : tensor<?x17x16xf32, #vit.batch<3>> -> tensor<17x?x16xf32, #vit.batch<3>>
  %20 = vit.reshape %19 : tensor<17x?x16xf32, #vit.batch<3>> -> tensor<?x48xf32, #vit.batch<17>>
  %21 = vit.weight @p : tensor<48x48xf32>
  %22 = vit.weight @pb : tensor<48xf32>
  %23 = vit.linear %20, %21, %22 : (tensor<?x48xf32, #vit.batch<17>>, tensor<48x48xf32>, tensor<48xf32>) -> tensor<?x48xf32, #vit.batch<17>>
  %24 = vit.reshape %23 : tensor<?x48xf32, #vit.batch<17>> -> tensor<17x?x48xf32, #vit.batch<1>>
  %25 = vit.transpose %24 [1, 0, 2] : tensor<17x?x48xf32, #vit.batch<1>> -> tensor<?x17x48xf32, #vit.batch<1>>
  return %25 : tensor<?x17x48xf32, #vit.batch<1>>
}

// -----

#m0 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#m1 = affine_map<(d0, d1, d2, d3) -> ()>

vit.initializer @q : tensor<16x16xf32> = #vit.random<1>
vit.initializer @k : tensor<16x16xf32> = #vit.random<2>
vit.initializer @v : tensor<16x16xf32> = #vit.random<3>
vit.initializer @s : tensor<f32> = dense<6.9282> : tensor<f32>

// One linear for all heads, on a 4-D tensor.
// CHECK-LABEL: func.func @shared_head
// CHECK-NOT: vit.transpose
// CHECK: vit.attention {{.*}} {heads = 3 : i64, kv_heads = 3 : i64, scale = {{.*}} : f32}
// CHECK-NOT: vit.transpose
// CHECK: return
func.func @shared_head(%x: tensor<2x65x48xf32>) -> tensor<2x65x48xf32> {
  %0 = vit.reshape %x : tensor<2x65x48xf32> -> tensor<2x65x3x16xf32>
  %1 = vit.weight @q : tensor<16x16xf32>
  %2 = vit.linear %0, %1 : (tensor<2x65x3x16xf32>, tensor<16x16xf32>) -> tensor<2x65x3x16xf32>
  %3 = vit.weight @k : tensor<16x16xf32>
  %4 = vit.linear %0, %3 : (tensor<2x65x3x16xf32>, tensor<16x16xf32>) -> tensor<2x65x3x16xf32>
  %5 = vit.weight @v : tensor<16x16xf32>
  %6 = vit.linear %0, %5 : (tensor<2x65x3x16xf32>, tensor<16x16xf32>) -> tensor<2x65x3x16xf32>
  %7 = vit.transpose %2 [0, 2, 1, 3] : tensor<2x65x3x16xf32> -> tensor<2x3x65x16xf32>
  %8 = vit.transpose %4 [0, 2, 3, 1] : tensor<2x65x3x16xf32> -> tensor<2x3x16x65xf32>
  %9 = vit.matmul %7, %8 : (tensor<2x3x65x16xf32>, tensor<2x3x16x65xf32>) -> tensor<2x3x65x65xf32>
  %10 = vit.weight @s : tensor<f32>
  %11 = vit.pointwise "div"(%9, %10) [#m0, #m1] : (tensor<2x3x65x65xf32>, tensor<f32>) -> tensor<2x3x65x65xf32> {
  ^bb0(%a: f32, %b: f32):
    %r = arith.divf %a, %b : f32
    vit.yield %r : f32
  }
  %12 = vit.softmax %11 {axis = 3 : i64} : tensor<2x3x65x65xf32> -> tensor<2x3x65x65xf32>
  %13 = vit.transpose %6 [0, 2, 1, 3] : tensor<2x65x3x16xf32> -> tensor<2x3x65x16xf32>
  %14 = vit.matmul %12, %13 : (tensor<2x3x65x65xf32>, tensor<2x3x65x16xf32>) -> tensor<2x3x65x16xf32>
  %15 = vit.transpose %14 [0, 2, 1, 3] : tensor<2x3x65x16xf32> -> tensor<2x65x3x16xf32>
  %16 = vit.reshape %15 : tensor<2x65x3x16xf32> -> tensor<2x65x48xf32>
  return %16 : tensor<2x65x48xf32>
}

// -----

#m0 = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#m1 = affine_map<(d0, d1, d2) -> ()>

vit.initializer @q0 : tensor<16x16xf32> = #vit.random<1>
vit.initializer @qb0 : tensor<16xf32> = #vit.random<2>
vit.initializer @k0 : tensor<16x16xf32> = #vit.random<3>
vit.initializer @kb0 : tensor<16xf32> = #vit.random<4>
vit.initializer @v0 : tensor<16x16xf32> = #vit.random<5>
vit.initializer @vb0 : tensor<16xf32> = #vit.random<6>
vit.initializer @s0 : tensor<f32> = dense<4.0> : tensor<f32>
vit.initializer @q1 : tensor<16x16xf32> = #vit.random<8>
vit.initializer @qb1 : tensor<16xf32> = #vit.random<9>
vit.initializer @k1 : tensor<16x16xf32> = #vit.random<10>
vit.initializer @kb1 : tensor<16xf32> = #vit.random<11>
vit.initializer @v1 : tensor<16x16xf32> = #vit.random<12>
vit.initializer @vb1 : tensor<16xf32> = #vit.random<13>
vit.initializer @s1 : tensor<f32> = dense<4.0> : tensor<f32>
vit.initializer @q2 : tensor<16x16xf32> = #vit.random<15>
vit.initializer @qb2 : tensor<16xf32> = #vit.random<16>
vit.initializer @k2 : tensor<16x16xf32> = #vit.random<17>
vit.initializer @kb2 : tensor<16xf32> = #vit.random<18>
vit.initializer @v2 : tensor<16x16xf32> = #vit.random<19>
vit.initializer @vb2 : tensor<16xf32> = #vit.random<20>
vit.initializer @s2 : tensor<f32> = dense<4.0> : tensor<f32>

// One attention a head, concatenated.
// CHECK-LABEL: func.func @head_list
// CHECK-NOT: vit.transpose
// CHECK: vit.attention {{.*}} {heads = 3 : i64, kv_heads = 3 : i64, scale = 2.500000e-01 : f32}
// CHECK-NOT: vit.transpose
// CHECK: return
func.func @head_list(%x: tensor<4x65x48xf32>) -> tensor<4x65x48xf32> {
  %0 = vit.slice %x [0, 0, 0] [1, 1, 1] : tensor<4x65x48xf32> -> tensor<4x65x16xf32>
  %1 = vit.weight @q0 : tensor<16x16xf32>
  %2 = vit.weight @qb0 : tensor<16xf32>
  %3 = vit.linear %0, %1, %2 : (tensor<4x65x16xf32>, tensor<16x16xf32>, tensor<16xf32>) -> tensor<4x65x16xf32>
  %4 = vit.weight @k0 : tensor<16x16xf32>
  %5 = vit.weight @kb0 : tensor<16xf32>
  %6 = vit.linear %0, %4, %5 : (tensor<4x65x16xf32>, tensor<16x16xf32>, tensor<16xf32>) -> tensor<4x65x16xf32>
  %7 = vit.weight @v0 : tensor<16x16xf32>
  %8 = vit.weight @vb0 : tensor<16xf32>
  %9 = vit.linear %0, %7, %8 : (tensor<4x65x16xf32>, tensor<16x16xf32>, tensor<16xf32>) -> tensor<4x65x16xf32>
  %10 = vit.transpose %6 [0, 2, 1] : tensor<4x65x16xf32> -> tensor<4x16x65xf32>
  %11 = vit.matmul %3, %10 : (tensor<4x65x16xf32>, tensor<4x16x65xf32>) -> tensor<4x65x65xf32>
  %12 = vit.weight @s0 : tensor<f32>
  %13 = vit.pointwise "div"(%11, %12) [#m0, #m1] : (tensor<4x65x65xf32>, tensor<f32>) -> tensor<4x65x65xf32> {
  ^bb0(%a: f32, %b: f32):
    %r = arith.divf %a, %b : f32
    vit.yield %r : f32
  }
  %14 = vit.softmax %13 {axis = 2 : i64} : tensor<4x65x65xf32> -> tensor<4x65x65xf32>
  %15 = vit.matmul %14, %9 : (tensor<4x65x65xf32>, tensor<4x65x16xf32>) -> tensor<4x65x16xf32>
  %16 = vit.slice %x [0, 0, 16] [1, 1, 1] : tensor<4x65x48xf32> -> tensor<4x65x16xf32>
  %17 = vit.weight @q1 : tensor<16x16xf32>
  %18 = vit.weight @qb1 : tensor<16xf32>
  %19 = vit.linear %16, %17, %18 : (tensor<4x65x16xf32>, tensor<16x16xf32>, tensor<16xf32>) -> tensor<4x65x16xf32>
  %20 = vit.weight @k1 : tensor<16x16xf32>
  %21 = vit.weight @kb1 : tensor<16xf32>
  %22 = vit.linear %16, %20, %21 : (tensor<4x65x16xf32>, tensor<16x16xf32>, tensor<16xf32>) -> tensor<4x65x16xf32>
  %23 = vit.weight @v1 : tensor<16x16xf32>
  %24 = vit.weight @vb1 : tensor<16xf32>
  %25 = vit.linear %16, %23, %24 : (tensor<4x65x16xf32>, tensor<16x16xf32>, tensor<16xf32>) -> tensor<4x65x16xf32>
  %26 = vit.transpose %22 [0, 2, 1] : tensor<4x65x16xf32> -> tensor<4x16x65xf32>
  %27 = vit.matmul %19, %26 : (tensor<4x65x16xf32>, tensor<4x16x65xf32>) -> tensor<4x65x65xf32>
  %28 = vit.weight @s1 : tensor<f32>
  %29 = vit.pointwise "div"(%27, %28) [#m0, #m1] : (tensor<4x65x65xf32>, tensor<f32>) -> tensor<4x65x65xf32> {
  ^bb0(%a: f32, %b: f32):
    %r = arith.divf %a, %b : f32
    vit.yield %r : f32
  }
  %30 = vit.softmax %29 {axis = 2 : i64} : tensor<4x65x65xf32> -> tensor<4x65x65xf32>
  %31 = vit.matmul %30, %25 : (tensor<4x65x65xf32>, tensor<4x65x16xf32>) -> tensor<4x65x16xf32>
  %32 = vit.slice %x [0, 0, 32] [1, 1, 1] : tensor<4x65x48xf32> -> tensor<4x65x16xf32>
  %33 = vit.weight @q2 : tensor<16x16xf32>
  %34 = vit.weight @qb2 : tensor<16xf32>
  %35 = vit.linear %32, %33, %34 : (tensor<4x65x16xf32>, tensor<16x16xf32>, tensor<16xf32>) -> tensor<4x65x16xf32>
  %36 = vit.weight @k2 : tensor<16x16xf32>
  %37 = vit.weight @kb2 : tensor<16xf32>
  %38 = vit.linear %32, %36, %37 : (tensor<4x65x16xf32>, tensor<16x16xf32>, tensor<16xf32>) -> tensor<4x65x16xf32>
  %39 = vit.weight @v2 : tensor<16x16xf32>
  %40 = vit.weight @vb2 : tensor<16xf32>
  %41 = vit.linear %32, %39, %40 : (tensor<4x65x16xf32>, tensor<16x16xf32>, tensor<16xf32>) -> tensor<4x65x16xf32>
  %42 = vit.transpose %38 [0, 2, 1] : tensor<4x65x16xf32> -> tensor<4x16x65xf32>
  %43 = vit.matmul %35, %42 : (tensor<4x65x16xf32>, tensor<4x16x65xf32>) -> tensor<4x65x65xf32>
  %44 = vit.weight @s2 : tensor<f32>
  %45 = vit.pointwise "div"(%43, %44) [#m0, #m1] : (tensor<4x65x65xf32>, tensor<f32>) -> tensor<4x65x65xf32> {
  ^bb0(%a: f32, %b: f32):
    %r = arith.divf %a, %b : f32
    vit.yield %r : f32
  }
  %46 = vit.softmax %45 {axis = 2 : i64} : tensor<4x65x65xf32> -> tensor<4x65x65xf32>
  %47 = vit.matmul %46, %41 : (tensor<4x65x65xf32>, tensor<4x65x16xf32>) -> tensor<4x65x16xf32>
  %48 = vit.concat %15, %31, %47 {axis = 2 : i64} : (tensor<4x65x16xf32>, tensor<4x65x16xf32>, tensor<4x65x16xf32>) -> tensor<4x65x48xf32>
  return %48 : tensor<4x65x48xf32>
}

// -----

#m0 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#m1 = affine_map<(d0, d1, d2, d3) -> ()>

vit.initializer @q : tensor<64x64xf32> = #vit.random<1>
vit.initializer @k : tensor<32x64xf32> = #vit.random<2>
vit.initializer @v : tensor<32x64xf32> = #vit.random<3>
vit.initializer @s : tensor<f32> = dense<0.25> : tensor<f32>

// K and V repeated for groups of heads.
// CHECK-LABEL: func.func @grouped_queries
// CHECK-NOT: vit.transpose
// CHECK: vit.attention {{.*}} {heads = 4 : i64, kv_heads = 2 : i64, scale = 2.500000e-01 : f32}
// CHECK-NOT: vit.transpose
// CHECK: return
func.func @grouped_queries(%x: tensor<?x17x64xf32, #vit.batch<1>>) -> tensor<?x17x64xf32, #vit.batch<1>> {
  %0 = vit.weight @q : tensor<64x64xf32>
  %1 = vit.linear %x, %0 : (tensor<?x17x64xf32, #vit.batch<1>>, tensor<64x64xf32>) -> tensor<?x17x64xf32, #vit.batch<1>>
  %2 = vit.reshape %1 : tensor<?x17x64xf32, #vit.batch<1>> -> tensor<?x17x4x16xf32, #vit.batch<1>>
  %3 = vit.transpose %2 [0, 2, 1, 3] : tensor<?x17x4x16xf32, #vit.batch<1>> -> tensor<?x4x17x16xf32, #vit.batch<1>>
  %4 = vit.weight @k : tensor<32x64xf32>
  %5 = vit.linear %x, %4 : (tensor<?x17x64xf32, #vit.batch<1>>, tensor<32x64xf32>) -> tensor<?x17x32xf32, #vit.batch<1>>
  %6 = vit.reshape %5 : tensor<?x17x32xf32, #vit.batch<1>> -> tensor<?x17x2x16xf32, #vit.batch<1>>
  %7 = vit.transpose %6 [0, 2, 1, 3] : tensor<?x17x2x16xf32, #vit.batch<1>> -> tensor<?x2x17x16xf32, #vit.batch<1>>
  %8 = vit.reshape %7 : tensor<?x2x17x16xf32, #vit.batch<1>> -> tensor<?x2x1x17x16xf32, #vit.batch<1>>
  %9 = vit.broadcast %8 : tensor<?x2x1x17x16xf32, #vit.batch<1>> -> tensor<?x2x2x17x16xf32, #vit.batch<1>>
  %10 = vit.reshape %9 : tensor<?x2x2x17x16xf32, #vit.batch<1>> -> tensor<?x4x17x16xf32, #vit.batch<1>>
  %11 = vit.weight @v : tensor<32x64xf32>
  %12 = vit.linear %x, %11 : (tensor<?x17x64xf32, #vit.batch<1>>, tensor<32x64xf32>) -> tensor<?x17x32xf32, #vit.batch<1>>
  %13 = vit.reshape %12 : tensor<?x17x32xf32, #vit.batch<1>> -> tensor<?x17x2x16xf32, #vit.batch<1>>
  %14 = vit.transpose %13 [0, 2, 1, 3] : tensor<?x17x2x16xf32, #vit.batch<1>> -> tensor<?x2x17x16xf32, #vit.batch<1>>
  %15 = vit.reshape %14 : tensor<?x2x17x16xf32, #vit.batch<1>> -> tensor<?x2x1x17x16xf32, #vit.batch<1>>
  %16 = vit.broadcast %15 : tensor<?x2x1x17x16xf32, #vit.batch<1>> -> tensor<?x2x2x17x16xf32, #vit.batch<1>>
  %17 = vit.reshape %16 : tensor<?x2x2x17x16xf32, #vit.batch<1>> -> tensor<?x4x17x16xf32, #vit.batch<1>>
  %18 = vit.matmul %3, %10 {transpose_rhs} : (tensor<?x4x17x16xf32, #vit.batch<1>>, tensor<?x4x17x16xf32, #vit.batch<1>>) -> tensor<?x4x17x17xf32, #vit.batch<1>>
  %19 = vit.weight @s : tensor<f32>
  %20 = vit.pointwise "mul"(%18, %19) [#m0, #m1] : (tensor<?x4x17x17xf32, #vit.batch<1>>, tensor<f32>) -> tensor<?x4x17x17xf32, #vit.batch<1>> {
  ^bb0(%a: f32, %b: f32):
    %r = arith.mulf %a, %b : f32
    vit.yield %r : f32
  }
  %21 = vit.softmax %20 {axis = 3 : i64} : tensor<?x4x17x17xf32, #vit.batch<1>> -> tensor<?x4x17x17xf32, #vit.batch<1>>
  %22 = vit.matmul %21, %17 : (tensor<?x4x17x17xf32, #vit.batch<1>>, tensor<?x4x17x16xf32, #vit.batch<1>>) -> tensor<?x4x17x16xf32, #vit.batch<1>>
  %23 = vit.transpose %22 [0, 2, 1, 3] : tensor<?x4x17x16xf32, #vit.batch<1>> -> tensor<?x17x4x16xf32, #vit.batch<1>>
  %24 = vit.reshape %23 : tensor<?x17x4x16xf32, #vit.batch<1>> -> tensor<?x17x64xf32, #vit.batch<1>>
  return %24 : tensor<?x17x64xf32, #vit.batch<1>>
}

// -----

#m0 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#m1 = affine_map<(d0, d1, d2, d3) -> ()>
#m2 = affine_map<(d0, d1, d2, d3) -> (d1, d2, d3)>

vit.initializer @w : tensor<256x128xf32> = #vit.random<1>
vit.initializer @b : tensor<256xf32> = #vit.random<2>
vit.initializer @s : tensor<f32> = dense<0.25> : tensor<f32>
vit.initializer @bias : tensor<4x16x16xf32> = #vit.random<4>

// Values are wider than keys; packed by head.
// CHECK-LABEL: func.func @uneven_v
// CHECK-NOT: vit.transpose
// CHECK: vit.attention {{.*}} bias %{{.*}} {heads = 4 : i64, kv_heads = 4 : i64, scale = 2.500000e-01 : f32}
// CHECK-NOT: vit.transpose
// CHECK: return
func.func @uneven_v(%x: tensor<?x16x128xf32, #vit.batch<1>>) -> tensor<?x16x128xf32, #vit.batch<1>> {
  %0 = vit.weight @w : tensor<256x128xf32>
  %1 = vit.weight @b : tensor<256xf32>
  %2 = vit.linear %x, %0, %1 : (tensor<?x16x128xf32, #vit.batch<1>>, tensor<256x128xf32>, tensor<256xf32>) -> tensor<?x16x256xf32, #vit.batch<1>>
  %3 = vit.reshape %2 : tensor<?x16x256xf32, #vit.batch<1>> -> tensor<?x16x4x64xf32, #vit.batch<1>>
  %4 = vit.slice %3 [0, 0, 0, 0] [1, 1, 1, 1] : tensor<?x16x4x64xf32, #vit.batch<1>> -> tensor<?x16x4x16xf32, #vit.batch<1>>
  %5 = vit.slice %3 [0, 0, 0, 16] [1, 1, 1, 1] : tensor<?x16x4x64xf32, #vit.batch<1>> -> tensor<?x16x4x16xf32, #vit.batch<1>>
  %6 = vit.slice %3 [0, 0, 0, 32] [1, 1, 1, 1] : tensor<?x16x4x64xf32, #vit.batch<1>> -> tensor<?x16x4x32xf32, #vit.batch<1>>
  %7 = vit.transpose %4 [0, 2, 1, 3] : tensor<?x16x4x16xf32, #vit.batch<1>> -> tensor<?x4x16x16xf32, #vit.batch<1>>
  %8 = vit.transpose %5 [0, 2, 3, 1] : tensor<?x16x4x16xf32, #vit.batch<1>> -> tensor<?x4x16x16xf32, #vit.batch<1>>
  %9 = vit.matmul %7, %8 : (tensor<?x4x16x16xf32, #vit.batch<1>>, tensor<?x4x16x16xf32, #vit.batch<1>>) -> tensor<?x4x16x16xf32, #vit.batch<1>>
  %10 = vit.weight @s : tensor<f32>
  %11 = vit.pointwise "mul"(%9, %10) [#m0, #m1] : (tensor<?x4x16x16xf32, #vit.batch<1>>, tensor<f32>) -> tensor<?x4x16x16xf32, #vit.batch<1>> {
  ^bb0(%a: f32, %b: f32):
    %r = arith.mulf %a, %b : f32
    vit.yield %r : f32
  }
  %12 = vit.weight @bias : tensor<4x16x16xf32>
  %13 = vit.pointwise "add"(%11, %12) [#m0, #m2] : (tensor<?x4x16x16xf32, #vit.batch<1>>, tensor<4x16x16xf32>) -> tensor<?x4x16x16xf32, #vit.batch<1>> {
  ^bb0(%a: f32, %b: f32):
    %r = arith.addf %a, %b : f32
    vit.yield %r : f32
  }
  %14 = vit.softmax %13 {axis = 3 : i64} : tensor<?x4x16x16xf32, #vit.batch<1>> -> tensor<?x4x16x16xf32, #vit.batch<1>>
  %15 = vit.transpose %6 [0, 2, 1, 3] : tensor<?x16x4x32xf32, #vit.batch<1>> -> tensor<?x4x16x32xf32, #vit.batch<1>>
  %16 = vit.matmul %14, %15 : (tensor<?x4x16x16xf32, #vit.batch<1>>, tensor<?x4x16x32xf32, #vit.batch<1>>) -> tensor<?x4x16x32xf32, #vit.batch<1>>
  %17 = vit.transpose %16 [0, 2, 1, 3] : tensor<?x4x16x32xf32, #vit.batch<1>> -> tensor<?x16x4x32xf32, #vit.batch<1>>
  %18 = vit.reshape %17 : tensor<?x16x4x32xf32, #vit.batch<1>> -> tensor<?x16x128xf32, #vit.batch<1>>
  return %18 : tensor<?x16x128xf32, #vit.batch<1>>
}

// -----

#m0 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#m1 = affine_map<(d0, d1, d2, d3) -> ()>

vit.initializer @w : tensor<144x48xf32> = #vit.random<1>
vit.initializer @b : tensor<144xf32> = #vit.random<2>
vit.initializer @s : tensor<f32> = dense<0.25> : tensor<f32>

// K^T Q with a softmax over the keys, and V^T P^T.
// CHECK-LABEL: func.func @channels_first
// CHECK-NOT: vit.transpose
// CHECK: vit.attention {{.*}} {heads = 3 : i64, kv_heads = 3 : i64, scale = 2.500000e-01 : f32}
// CHECK-NOT: vit.transpose
// CHECK: return
func.func @channels_first(%x: tensor<?x17x48xf32, #vit.batch<1>>) -> tensor<?x17x48xf32, #vit.batch<1>> {
  %0 = vit.weight @w : tensor<144x48xf32>
  %1 = vit.weight @b : tensor<144xf32>
  %2 = vit.linear %x, %0, %1 : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<144x48xf32>, tensor<144xf32>) -> tensor<?x17x144xf32, #vit.batch<1>>
  %3 = vit.transpose %2 [0, 2, 1] : tensor<?x17x144xf32, #vit.batch<1>> -> tensor<?x144x17xf32, #vit.batch<1>>
  %4 = vit.slice %3 [0, 0, 0] [1, 1, 1] : tensor<?x144x17xf32, #vit.batch<1>> -> tensor<?x48x17xf32, #vit.batch<1>>
  %5 = vit.reshape %4 : tensor<?x48x17xf32, #vit.batch<1>> -> tensor<?x3x16x17xf32, #vit.batch<1>>
  %6 = vit.slice %3 [0, 48, 0] [1, 1, 1] : tensor<?x144x17xf32, #vit.batch<1>> -> tensor<?x48x17xf32, #vit.batch<1>>
  %7 = vit.reshape %6 : tensor<?x48x17xf32, #vit.batch<1>> -> tensor<?x3x16x17xf32, #vit.batch<1>>
  %8 = vit.slice %3 [0, 96, 0] [1, 1, 1] : tensor<?x144x17xf32, #vit.batch<1>> -> tensor<?x48x17xf32, #vit.batch<1>>
  %9 = vit.reshape %8 : tensor<?x48x17xf32, #vit.batch<1>> -> tensor<?x3x16x17xf32, #vit.batch<1>>
  %10 = vit.transpose %7 [0, 1, 3, 2] : tensor<?x3x16x17xf32, #vit.batch<1>> -> tensor<?x3x17x16xf32, #vit.batch<1>>
  %11 = vit.matmul %10, %5 : (tensor<?x3x17x16xf32, #vit.batch<1>>, tensor<?x3x16x17xf32, #vit.batch<1>>) -> tensor<?x3x17x17xf32, #vit.batch<1>>
  %12 = vit.weight @s : tensor<f32>
  %13 = vit.pointwise "mul"(%11, %12) [#m0, #m1] : (tensor<?x3x17x17xf32, #vit.batch<1>>, tensor<f32>) -> tensor<?x3x17x17xf32, #vit.batch<1>> {
  ^bb0(%a: f32, %b: f32):
    %r = arith.mulf %a, %b : f32
    vit.yield %r : f32
  }
  %14 = vit.softmax %13 {axis = 2 : i64} : tensor<?x3x17x17xf32, #vit.batch<1>> -> tensor<?x3x17x17xf32, #vit.batch<1>>
  %15 = vit.matmul %9, %14 : (tensor<?x3x16x17xf32, #vit.batch<1>>, tensor<?x3x17x17xf32, #vit.batch<1>>) -> tensor<?x3x16x17xf32, #vit.batch<1>>
  %16 = vit.reshape %15 : tensor<?x3x16x17xf32, #vit.batch<1>> -> tensor<?x48x17xf32, #vit.batch<1>>
  %17 = vit.transpose %16 [0, 2, 1] : tensor<?x48x17xf32, #vit.batch<1>> -> tensor<?x17x48xf32, #vit.batch<1>>
  return %17 : tensor<?x17x48xf32, #vit.batch<1>>
}
