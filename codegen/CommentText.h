//===- CommentText.h - Model text inside comments ---------------*- C++ -*-===//
#ifndef VITC_CODEGEN_COMMENTTEXT_H
#define VITC_CODEGEN_COMMENTTEXT_H

#include <string>
#include <string_view>

namespace vitc {

/// `text` as it may stand in a `//` comment: printable ASCII without backslash
/// and question mark (line splices, trigraphs), everything else as `{hex}`; cut
/// after `limit` bytes.
std::string commentText(std::string_view text, size_t limit = 120);

/// Appends `items`, joined by ", ", as `//` lines that start with `indent` and
/// fit 80 columns where the items do.
void appendCommentList(std::string &out, std::string_view indent,
                       const std::string *begin, const std::string *end);

/// Appends the words of `text` as `//` lines of at most 80 columns; the first
/// starts with `first`, the others with `next`.
void appendCommentText(std::string &out, std::string_view first,
                       std::string_view next, std::string_view text);

/// `text` without its comments and the lines that only they filled: what caches
/// and deduplication hash. Knows `//` and `/* */` outside string literals,
/// which emitted text does not have.
std::string withoutComments(std::string_view text);

} // namespace vitc

#endif // VITC_CODEGEN_COMMENTTEXT_H
