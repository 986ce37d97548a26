//===- StatementText.h - Statements of at most 80 columns -------*- C++ -*-===//
#ifndef VITC_CODEGEN_STATEMENTTEXT_H
#define VITC_CODEGEN_STATEMENTTEXT_H

#include <string>

namespace vitc {

/// Appends one statement, broken as clang-format breaks it where it is longer
/// than 80 columns: after ` = `, else between the arguments of its call, else
/// after the operators of a sum.
void appendStatement(std::string &out, const std::string &indent,
                     const std::string &text);

} // namespace vitc

#endif // VITC_CODEGEN_STATEMENTTEXT_H
