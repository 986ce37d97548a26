//===- PlanPasses.td - Passes that run once a profile and target -*- tablegen -*-===//
#ifndef VITC_PASSES_PLANPASSES_TD
#define VITC_PASSES_PLANPASSES_TD

#endif // VITC_PASSES_PLANPASSES_TD
