# Finds Debian's MLIR 22 and makes its TableGen functions available. MLIR and
# LLVM are linked statically: `vitc` is one file.
set(ZLIB_USE_STATIC_LIBS ON)
find_package(MLIR 22.1 REQUIRED CONFIG
  HINTS /usr/lib/llvm-22/lib/cmake/mlir)
list(APPEND CMAKE_MODULE_PATH ${MLIR_CMAKE_DIR} ${LLVM_CMAKE_DIR})
include(TableGen)
include(AddLLVM)
include(AddMLIR)
include_directories(SYSTEM ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
add_compile_definitions(${LLVM_DEFINITIONS_LIST})

# Debian's LLVMSupport asks for libz3 (which nothing of ours reaches) and for
# the shared zlib and zstd; another machine has none of them.
set_target_properties(LLVMSupport PROPERTIES INTERFACE_LINK_LIBRARIES
  "rt;dl;m;ZLIB::ZLIB;zstd::libzstd_static;LLVMDemangle")

# Debian's MLIR archives link to the shared libLLVM; take LLVM's archives.
get_property(imported DIRECTORY PROPERTY IMPORTED_TARGETS)
list(FILTER imported INCLUDE REGEX "^MLIR")
foreach(library IN LISTS imported)
  get_target_property(libraries ${library} INTERFACE_LINK_LIBRARIES)
  if(libraries)
    list(TRANSFORM libraries REPLACE "^LLVM$" "LLVMCore;LLVMSupport")
    set_target_properties(${library} PROPERTIES INTERFACE_LINK_LIBRARIES "${libraries}")
  endif()
endforeach()

# vitc_portable(<executable>): needs nothing but glibc where it runs.
function(vitc_portable target)
  if(NOT VITC_SANITIZE)
    target_link_options(${target} PRIVATE -static-libstdc++ -static-libgcc)
  endif()
endfunction()
