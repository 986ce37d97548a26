// RUN: vitc-opt %s --split-input-file --vit-fuse-qkv --verify-each | FileCheck %s

vit.initializer @w : tensor<144x48xf32> = #vit.random<1>
vit.initializer @b : tensor<144xf32> = #vit.random<2>

// One linear, packed as three, heads, channels: its weight as it is.
// CHECK-LABEL: func.func @packed
// CHECK-DAG: %[[W:.*]] = vit.weight @w
// CHECK-DAG: %[[B:.*]] = vit.weight @b
// CHECK: %[[Q:.*]], %[[K:.*]], %[[V:.*]] = vit.qkv_projection %arg0, %[[W]], %[[B]]
// CHECK-NEXT: vit.attention %[[Q]], %[[K]], %[[V]]
func.func @packed(%x: tensor<?x17x48xf32, #vit.batch<1>>) -> tensor<?x17x48xf32, #vit.batch<1>> {
  %0 = vit.weight @w : tensor<144x48xf32>
  %1 = vit.weight @b : tensor<144xf32>
  %2 = vit.linear %x, %0, %1 : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<144x48xf32>, tensor<144xf32>) -> tensor<?x17x144xf32, #vit.batch<1>>
  %3 = vit.slice %2 [0, 0, 0] [1, 1, 1] : tensor<?x17x144xf32, #vit.batch<1>> -> tensor<?x17x48xf32, #vit.batch<1>>
  %4 = vit.slice %2 [0, 0, 48] [1, 1, 1] : tensor<?x17x144xf32, #vit.batch<1>> -> tensor<?x17x48xf32, #vit.batch<1>>
  %5 = vit.slice %2 [0, 0, 96] [1, 1, 1] : tensor<?x17x144xf32, #vit.batch<1>> -> tensor<?x17x48xf32, #vit.batch<1>>
  %6 = vit.attention %3, %4, %5 {heads = 3 : i64, kv_heads = 3 : i64, scale = 2.500000e-01 : f32} : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<?x17x48xf32, #vit.batch<1>>, tensor<?x17x48xf32, #vit.batch<1>>) -> tensor<?x17x48xf32, #vit.batch<1>>
  return %6 : tensor<?x17x48xf32, #vit.batch<1>>
}

// -----

vit.initializer @w : tensor<192x48xf32> = #vit.random<1>
vit.initializer @b : tensor<192xf32> = #vit.random<2>

// Packed by head, values wider: the rows of the weight are permuted.
// CHECK-LABEL: func.func @head_major
// CHECK: %[[R:.*]] = vit.reshape %{{.*}} : tensor<192x48xf32> -> tensor<3x3072xf32>
// CHECK: vit.slice %[[R]] [0, 0] [1, 1] : tensor<3x3072xf32> -> tensor<3x768xf32>
// CHECK: %[[Q:.*]], %[[K:.*]], %[[V:.*]] = vit.qkv_projection %arg0, {{.*}} -> (tensor<?x17x48xf32, #vit.batch<1>>, tensor<?x17x48xf32, #vit.batch<1>>, tensor<?x17x96xf32, #vit.batch<1>>)
// CHECK-NEXT: vit.attention %[[Q]], %[[K]], %[[V]]
func.func @head_major(%x: tensor<?x17x48xf32, #vit.batch<1>>) -> tensor<?x17x96xf32, #vit.batch<1>> {
  %0 = vit.weight @w : tensor<192x48xf32>
  %1 = vit.weight @b : tensor<192xf32>
  %2 = vit.linear %x, %0, %1 : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<192x48xf32>, tensor<192xf32>) -> tensor<?x17x192xf32, #vit.batch<1>>
  %3 = vit.reshape %2 : tensor<?x17x192xf32, #vit.batch<1>> -> tensor<?x17x3x64xf32, #vit.batch<1>>
  %4 = vit.slice %3 [0, 0, 0, 0] [1, 1, 1, 1] : tensor<?x17x3x64xf32, #vit.batch<1>> -> tensor<?x17x3x16xf32, #vit.batch<1>>
  %5 = vit.reshape %4 : tensor<?x17x3x16xf32, #vit.batch<1>> -> tensor<?x17x48xf32, #vit.batch<1>>
  %6 = vit.slice %3 [0, 0, 0, 16] [1, 1, 1, 1] : tensor<?x17x3x64xf32, #vit.batch<1>> -> tensor<?x17x3x16xf32, #vit.batch<1>>
  %7 = vit.reshape %6 : tensor<?x17x3x16xf32, #vit.batch<1>> -> tensor<?x17x48xf32, #vit.batch<1>>
  %8 = vit.slice %3 [0, 0, 0, 32] [1, 1, 1, 1] : tensor<?x17x3x64xf32, #vit.batch<1>> -> tensor<?x17x3x32xf32, #vit.batch<1>>
  %9 = vit.reshape %8 : tensor<?x17x3x32xf32, #vit.batch<1>> -> tensor<?x17x96xf32, #vit.batch<1>>
  %10 = vit.attention %5, %7, %9 {heads = 3 : i64, kv_heads = 3 : i64, scale = 2.500000e-01 : f32} : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<?x17x48xf32, #vit.batch<1>>, tensor<?x17x96xf32, #vit.batch<1>>) -> tensor<?x17x96xf32, #vit.batch<1>>
  return %10 : tensor<?x17x96xf32, #vit.batch<1>>
}

// -----

vit.initializer @q : tensor<48x48xf32> = #vit.random<1>
vit.initializer @qb : tensor<48xf32> = #vit.random<2>
vit.initializer @k : tensor<48x48xf32> = #vit.random<3>
vit.initializer @v : tensor<48x48xf32> = #vit.random<4>
vit.initializer @vb : tensor<48xf32> = #vit.random<5>

// Three linears of one input; the missing bias of K is zeros.
// CHECK-LABEL: func.func @three_linears
// CHECK: %[[W:.*]] = vit.concat {{.*}} -> tensor<144x48xf32>
// CHECK: %[[Z:.*]] = vit.weight @zeros : tensor<48xf32>
// CHECK: %[[B:.*]] = vit.concat %{{.*}}, %[[Z]], %{{.*}} {axis = 0 : i64}
// CHECK: %[[Q:.*]], %[[K:.*]], %[[V:.*]] = vit.qkv_projection %arg0, %[[W]], %[[B]]
// CHECK-NEXT: vit.attention %[[Q]], %[[K]], %[[V]]
func.func @three_linears(%x: tensor<?x17x48xf32, #vit.batch<1>>) -> tensor<?x17x48xf32, #vit.batch<1>> {
  %0 = vit.weight @q : tensor<48x48xf32>
  %1 = vit.weight @qb : tensor<48xf32>
  %2 = vit.linear %x, %0, %1 : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<48x48xf32>, tensor<48xf32>) -> tensor<?x17x48xf32, #vit.batch<1>>
  %3 = vit.weight @k : tensor<48x48xf32>
  %4 = vit.linear %x, %3 : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<48x48xf32>) -> tensor<?x17x48xf32, #vit.batch<1>>
  %5 = vit.weight @v : tensor<48x48xf32>
  %6 = vit.weight @vb : tensor<48xf32>
  %7 = vit.linear %x, %5, %6 : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<48x48xf32>, tensor<48xf32>) -> tensor<?x17x48xf32, #vit.batch<1>>
  %8 = vit.attention %2, %4, %7 {heads = 3 : i64, kv_heads = 3 : i64, scale = 2.500000e-01 : f32} : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<?x17x48xf32, #vit.batch<1>>, tensor<?x17x48xf32, #vit.batch<1>>) -> tensor<?x17x48xf32, #vit.batch<1>>
  return %8 : tensor<?x17x48xf32, #vit.batch<1>>
}

// -----

vit.initializer @q : tensor<48x48xf32> = #vit.random<1>
vit.initializer @kv : tensor<96x48xf32> = #vit.random<2>

// Q, and K with V.
// CHECK-LABEL: func.func @q_and_kv
// CHECK: %[[Q:.*]], %[[K:.*]], %[[V:.*]] = vit.qkv_projection %arg0, %{{[^,]*}} :
// CHECK-NEXT: vit.attention %[[Q]], %[[K]], %[[V]]
func.func @q_and_kv(%x: tensor<?x17x48xf32, #vit.batch<1>>) -> tensor<?x17x48xf32, #vit.batch<1>> {
  %0 = vit.weight @q : tensor<48x48xf32>
  %1 = vit.linear %x, %0 : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<48x48xf32>) -> tensor<?x17x48xf32, #vit.batch<1>>
  %2 = vit.weight @kv : tensor<96x48xf32>
  %3 = vit.linear %x, %2 : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<96x48xf32>) -> tensor<?x17x96xf32, #vit.batch<1>>
  %4 = vit.slice %3 [0, 0, 0] [1, 1, 1] : tensor<?x17x96xf32, #vit.batch<1>> -> tensor<?x17x48xf32, #vit.batch<1>>
  %5 = vit.slice %3 [0, 0, 48] [1, 1, 1] : tensor<?x17x96xf32, #vit.batch<1>> -> tensor<?x17x48xf32, #vit.batch<1>>
  %6 = vit.attention %1, %4, %5 {heads = 3 : i64, kv_heads = 3 : i64, scale = 2.500000e-01 : f32} : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<?x17x48xf32, #vit.batch<1>>, tensor<?x17x48xf32, #vit.batch<1>>) -> tensor<?x17x48xf32, #vit.batch<1>>
  return %6 : tensor<?x17x48xf32, #vit.batch<1>>
}

// -----

vit.initializer @q0 : tensor<16x16xf32> = #vit.random<1>
vit.initializer @qb0 : tensor<16xf32> = #vit.random<2>
vit.initializer @q1 : tensor<16x16xf32> = #vit.random<3>
vit.initializer @qb1 : tensor<16xf32> = #vit.random<4>
vit.initializer @q2 : tensor<16x16xf32> = #vit.random<5>
vit.initializer @qb2 : tensor<16xf32> = #vit.random<6>
vit.initializer @k0 : tensor<16x16xf32> = #vit.random<7>
vit.initializer @kb0 : tensor<16xf32> = #vit.random<8>
vit.initializer @k1 : tensor<16x16xf32> = #vit.random<9>
vit.initializer @kb1 : tensor<16xf32> = #vit.random<10>
vit.initializer @k2 : tensor<16x16xf32> = #vit.random<11>
vit.initializer @kb2 : tensor<16xf32> = #vit.random<12>
vit.initializer @v0 : tensor<16x16xf32> = #vit.random<13>
vit.initializer @vb0 : tensor<16xf32> = #vit.random<14>
vit.initializer @v1 : tensor<16x16xf32> = #vit.random<15>
vit.initializer @vb1 : tensor<16xf32> = #vit.random<16>
vit.initializer @v2 : tensor<16x16xf32> = #vit.random<17>
vit.initializer @vb2 : tensor<16xf32> = #vit.random<18>

// A linear a head, on its slice of the input: a block diagonal.
// CHECK-LABEL: func.func @head_lists
// CHECK-DAG: vit.pad %{{.*}} [0, 0] [0, 32]
// CHECK-DAG: vit.pad %{{.*}} [0, 16] [0, 16]
// CHECK-DAG: vit.pad %{{.*}} [0, 32] [0, 0]
// CHECK: %[[Q:.*]], %[[K:.*]], %[[V:.*]] = vit.qkv_projection %arg0
// CHECK-NEXT: vit.attention %[[Q]], %[[K]], %[[V]]
func.func @head_lists(%x: tensor<4x65x48xf32>) -> tensor<4x65x48xf32> {
  %0 = vit.slice %x [0, 0, 0] [1, 1, 1] : tensor<4x65x48xf32> -> tensor<4x65x16xf32>
  %1 = vit.weight @q0 : tensor<16x16xf32>
  %2 = vit.weight @qb0 : tensor<16xf32>
  %3 = vit.linear %0, %1, %2 : (tensor<4x65x16xf32>, tensor<16x16xf32>, tensor<16xf32>) -> tensor<4x65x16xf32>
  %4 = vit.slice %x [0, 0, 16] [1, 1, 1] : tensor<4x65x48xf32> -> tensor<4x65x16xf32>
  %5 = vit.weight @q1 : tensor<16x16xf32>
  %6 = vit.weight @qb1 : tensor<16xf32>
  %7 = vit.linear %4, %5, %6 : (tensor<4x65x16xf32>, tensor<16x16xf32>, tensor<16xf32>) -> tensor<4x65x16xf32>
  %8 = vit.slice %x [0, 0, 32] [1, 1, 1] : tensor<4x65x48xf32> -> tensor<4x65x16xf32>
  %9 = vit.weight @q2 : tensor<16x16xf32>
  %10 = vit.weight @qb2 : tensor<16xf32>
  %11 = vit.linear %8, %9, %10 : (tensor<4x65x16xf32>, tensor<16x16xf32>, tensor<16xf32>) -> tensor<4x65x16xf32>
  %12 = vit.concat %3, %7, %11 {axis = 2 : i64} : (tensor<4x65x16xf32>, tensor<4x65x16xf32>, tensor<4x65x16xf32>) -> tensor<4x65x48xf32>
  %13 = vit.slice %x [0, 0, 0] [1, 1, 1] : tensor<4x65x48xf32> -> tensor<4x65x16xf32>
  %14 = vit.weight @k0 : tensor<16x16xf32>
  %15 = vit.weight @kb0 : tensor<16xf32>
  %16 = vit.linear %13, %14, %15 : (tensor<4x65x16xf32>, tensor<16x16xf32>, tensor<16xf32>) -> tensor<4x65x16xf32>
  %17 = vit.slice %x [0, 0, 16] [1, 1, 1] : tensor<4x65x48xf32> -> tensor<4x65x16xf32>
  %18 = vit.weight @k1 : tensor<16x16xf32>
  %19 = vit.weight @kb1 : tensor<16xf32>
  %20 = vit.linear %17, %18, %19 : (tensor<4x65x16xf32>, tensor<16x16xf32>, tensor<16xf32>) -> tensor<4x65x16xf32>
  %21 = vit.slice %x [0, 0, 32] [1, 1, 1] : tensor<4x65x48xf32> -> tensor<4x65x16xf32>
  %22 = vit.weight @k2 : tensor<16x16xf32>
  %23 = vit.weight @kb2 : tensor<16xf32>
  %24 = vit.linear %21, %22, %23 : (tensor<4x65x16xf32>, tensor<16x16xf32>, tensor<16xf32>) -> tensor<4x65x16xf32>
  %25 = vit.concat %16, %20, %24 {axis = 2 : i64} : (tensor<4x65x16xf32>, tensor<4x65x16xf32>, tensor<4x65x16xf32>) -> tensor<4x65x48xf32>
  %26 = vit.slice %x [0, 0, 0] [1, 1, 1] : tensor<4x65x48xf32> -> tensor<4x65x16xf32>
  %27 = vit.weight @v0 : tensor<16x16xf32>
  %28 = vit.weight @vb0 : tensor<16xf32>
  %29 = vit.linear %26, %27, %28 : (tensor<4x65x16xf32>, tensor<16x16xf32>, tensor<16xf32>) -> tensor<4x65x16xf32>
  %30 = vit.slice %x [0, 0, 16] [1, 1, 1] : tensor<4x65x48xf32> -> tensor<4x65x16xf32>
  %31 = vit.weight @v1 : tensor<16x16xf32>
  %32 = vit.weight @vb1 : tensor<16xf32>
  %33 = vit.linear %30, %31, %32 : (tensor<4x65x16xf32>, tensor<16x16xf32>, tensor<16xf32>) -> tensor<4x65x16xf32>
  %34 = vit.slice %x [0, 0, 32] [1, 1, 1] : tensor<4x65x48xf32> -> tensor<4x65x16xf32>
  %35 = vit.weight @v2 : tensor<16x16xf32>
  %36 = vit.weight @vb2 : tensor<16xf32>
  %37 = vit.linear %34, %35, %36 : (tensor<4x65x16xf32>, tensor<16x16xf32>, tensor<16xf32>) -> tensor<4x65x16xf32>
  %38 = vit.concat %29, %33, %37 {axis = 2 : i64} : (tensor<4x65x16xf32>, tensor<4x65x16xf32>, tensor<4x65x16xf32>) -> tensor<4x65x48xf32>
  %39 = vit.attention %12, %25, %38 {heads = 3 : i64, kv_heads = 3 : i64, scale = 2.500000e-01 : f32} : (tensor<4x65x48xf32>, tensor<4x65x48xf32>, tensor<4x65x48xf32>) -> tensor<4x65x48xf32>
  return %39 : tensor<4x65x48xf32>
}

// -----

vit.initializer @q : tensor<16x16xf32> = #vit.random<1>
vit.initializer @k : tensor<16x16xf32> = #vit.random<2>
vit.initializer @v : tensor<16x16xf32> = #vit.random<3>

// Linears shared over the heads of a 4-D tensor.
// CHECK-LABEL: func.func @shared_head
// CHECK: %[[Q:.*]], %[[K:.*]], %[[V:.*]] = vit.qkv_projection %{{.*}} : (tensor<2x65x3x16xf32>, tensor<48x16xf32>) -> (tensor<2x65x3x16xf32>, tensor<2x65x3x16xf32>, tensor<2x65x3x16xf32>)
// CHECK-DAG: vit.reshape %[[Q]] : tensor<2x65x3x16xf32> -> tensor<2x65x48xf32>
// CHECK: vit.attention
func.func @shared_head(%x: tensor<2x65x48xf32>) -> tensor<2x65x48xf32> {
  %0 = vit.reshape %x : tensor<2x65x48xf32> -> tensor<2x65x3x16xf32>
  %1 = vit.weight @q : tensor<16x16xf32>
  %2 = vit.linear %0, %1 : (tensor<2x65x3x16xf32>, tensor<16x16xf32>) -> tensor<2x65x3x16xf32>
  %3 = vit.reshape %2 : tensor<2x65x3x16xf32> -> tensor<2x65x48xf32>
  %4 = vit.weight @k : tensor<16x16xf32>
  %5 = vit.linear %0, %4 : (tensor<2x65x3x16xf32>, tensor<16x16xf32>) -> tensor<2x65x3x16xf32>
  %6 = vit.reshape %5 : tensor<2x65x3x16xf32> -> tensor<2x65x48xf32>
  %7 = vit.weight @v : tensor<16x16xf32>
  %8 = vit.linear %0, %7 : (tensor<2x65x3x16xf32>, tensor<16x16xf32>) -> tensor<2x65x3x16xf32>
  %9 = vit.reshape %8 : tensor<2x65x3x16xf32> -> tensor<2x65x48xf32>
  %10 = vit.attention %3, %6, %9 {heads = 3 : i64, kv_heads = 3 : i64, scale = 2.500000e-01 : f32} : (tensor<2x65x48xf32>, tensor<2x65x48xf32>, tensor<2x65x48xf32>) -> tensor<2x65x48xf32>
  return %10 : tensor<2x65x48xf32>
}

// -----

vit.initializer @w : tensor<144x48xf32> = #vit.random<1>
vit.initializer @b : tensor<144xf32> = #vit.random<2>
vit.initializer @g : tensor<16xf32> = #vit.random<3>
vit.initializer @beta : tensor<16xf32> = #vit.random<4>

// Norms of Q and K stay between projection and attention.
// CHECK-LABEL: func.func @qk_norm
// CHECK: %[[Q:.*]], %[[K:.*]], %[[V:.*]] = vit.qkv_projection %arg0
// CHECK: vit.reshape %[[Q]]
// CHECK: vit.layer_norm
// CHECK: vit.attention %{{.*}}, %{{.*}}, %[[V]]
func.func @qk_norm(%x: tensor<?x17x48xf32, #vit.batch<1>>) -> tensor<?x17x48xf32, #vit.batch<1>> {
  %0 = vit.weight @w : tensor<144x48xf32>
  %1 = vit.weight @b : tensor<144xf32>
  %2 = vit.linear %x, %0, %1 : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<144x48xf32>, tensor<144xf32>) -> tensor<?x17x144xf32, #vit.batch<1>>
  %3 = vit.weight @g : tensor<16xf32>
  %4 = vit.weight @beta : tensor<16xf32>
  %5 = vit.slice %2 [0, 0, 0] [1, 1, 1] : tensor<?x17x144xf32, #vit.batch<1>> -> tensor<?x17x48xf32, #vit.batch<1>>
  %6 = vit.reshape %5 : tensor<?x17x48xf32, #vit.batch<1>> -> tensor<?x17x3x16xf32, #vit.batch<1>>
  %7 = vit.layer_norm %6 gamma %3 beta %4 {epsilon = 1.0e-6 : f32} : (tensor<?x17x3x16xf32, #vit.batch<1>>, tensor<16xf32>, tensor<16xf32>) -> tensor<?x17x3x16xf32, #vit.batch<1>>
  %8 = vit.reshape %7 : tensor<?x17x3x16xf32, #vit.batch<1>> -> tensor<?x17x48xf32, #vit.batch<1>>
  %9 = vit.slice %2 [0, 0, 48] [1, 1, 1] : tensor<?x17x144xf32, #vit.batch<1>> -> tensor<?x17x48xf32, #vit.batch<1>>
  %10 = vit.reshape %9 : tensor<?x17x48xf32, #vit.batch<1>> -> tensor<?x17x3x16xf32, #vit.batch<1>>
  %11 = vit.layer_norm %10 gamma %3 beta %4 {epsilon = 1.0e-6 : f32} : (tensor<?x17x3x16xf32, #vit.batch<1>>, tensor<16xf32>, tensor<16xf32>) -> tensor<?x17x3x16xf32, #vit.batch<1>>
  %12 = vit.reshape %11 : tensor<?x17x3x16xf32, #vit.batch<1>> -> tensor<?x17x48xf32, #vit.batch<1>>
  %13 = vit.slice %2 [0, 0, 96] [1, 1, 1] : tensor<?x17x144xf32, #vit.batch<1>> -> tensor<?x17x48xf32, #vit.batch<1>>
  %14 = vit.attention %8, %12, %13 {heads = 3 : i64, kv_heads = 3 : i64, scale = 2.500000e-01 : f32} : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<?x17x48xf32, #vit.batch<1>>, tensor<?x17x48xf32, #vit.batch<1>>) -> tensor<?x17x48xf32, #vit.batch<1>>
  return %14 : tensor<?x17x48xf32, #vit.batch<1>>
}
