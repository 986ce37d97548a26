# Compiler flags, ccache and the linker, for every target.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
find_program(VITC_CCACHE ccache)
if(VITC_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${VITC_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${VITC_CCACHE})
endif()
find_program(VITC_LLD NAMES ld.lld-22 ld.lld
  HINTS /usr/lib/llvm-22/bin)
if(VITC_LLD)
  get_filename_component(VITC_LLD_DIR ${VITC_LLD} DIRECTORY)
  add_link_options(-fuse-ld=lld -B${VITC_LLD_DIR})
endif()
add_compile_options(-Wall -Wextra -Wno-unused-parameter)
add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-comment>)
# gcc 12 reports impossible overflows inside small vectors and strings.
add_compile_options(-Wno-array-bounds -Wno-stringop-overflow -Wno-maybe-uninitialized -Wno-dangling-pointer -Wno-restrict)
add_link_options($<$<CONFIG:Release>:-Wl,--gc-sections>)
add_compile_options(-ffunction-sections -fdata-sections)

# VITC_SANITIZE is a list for -fsanitize=, for example "address,undefined".
set(VITC_SANITIZE "" CACHE STRING "sanitizers to build with")
if(VITC_SANITIZE)
  add_compile_options(-fsanitize=${VITC_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${VITC_SANITIZE})
endif()
