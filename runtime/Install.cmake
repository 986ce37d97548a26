# What a user of the runtime gets: headers, both libraries, the emulator's
# helper, find_package(vitrt) and pkg-config.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS vitrt vitrt_static EXPORT vitrtTargets COMPONENT runtime
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS vitrt-emulator COMPONENT runtime
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${CMAKE_CURRENT_SOURCE_DIR}/include/vitrt.h
  ${CMAKE_CURRENT_SOURCE_DIR}/include/vitrt.hpp
  COMPONENT runtime DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

set(vitrt_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/vitrt)
install(EXPORT vitrtTargets NAMESPACE vitrt:: COMPONENT runtime
  DESTINATION ${vitrt_cmake_dir})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/vitrtConfig.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/vitrtConfig.cmake
  INSTALL_DESTINATION ${vitrt_cmake_dir})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/vitrtConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/vitrtConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/vitrtConfigVersion.cmake
  COMPONENT runtime DESTINATION ${vitrt_cmake_dir})

file(RELATIVE_PATH vitrt_pc_to_prefix /p/${CMAKE_INSTALL_LIBDIR}/pkgconfig /p)
configure_file(${PROJECT_SOURCE_DIR}/cmake/vitrt.pc.in
  ${CMAKE_CURRENT_BINARY_DIR}/vitrt.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/vitrt.pc
  COMPONENT runtime DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
