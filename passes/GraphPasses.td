//===- GraphPasses.td - Passes that run once a profile -----*- tablegen -*-===//
#ifndef VITC_PASSES_GRAPHPASSES_TD
#define VITC_PASSES_GRAPHPASSES_TD

#endif // VITC_PASSES_GRAPHPASSES_TD
