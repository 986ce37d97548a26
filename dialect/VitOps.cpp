//===- VitOps.cpp - Verifiers and folds of the vit ops --------------------===//
#include "dialect/Vit.h"

using namespace mlir;
using namespace vitc::vit;
