# What `cmake --install BUILD --prefix P` puts where:
#
#   bin/                 every program of tools/ and trainer/
#   include/stoker/      libdata's headers, included as "libdata/shard/packed_dataset.h"
#   lib/                 libdata's archives; lib/cmake/stoker: find_package(stoker), stoker::data
#   lib/stoker/          what the programs load for Parquet and Arrow files
#   share/man, share/bash-completion   of each program, written by itself from its option table
#   share/doc/stoker     licence, README, change log, the formats' specifications
#
# Components, each a package of `cpack -G DEB` (StokerPackages.cmake): programs, arrow, trainer,
# development.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# A trainer built against a LibTorch outside the system's folders finds it again when installed.
set_property(DIRECTORY PROPERTY INSTALL_RPATH_USE_LINK_PATH ON)

set(stoker_manual_folder ${CMAKE_BINARY_DIR}/manual)
file(MAKE_DIRECTORY ${stoker_manual_folder})

# stoker_install_programs(FOLDER COMPONENT): all programs built there, each with what it says of
# itself. Instrumented programs are for tests: they are asked for no pages.
function(stoker_install_programs folder component)
  get_property(targets DIRECTORY ${PROJECT_SOURCE_DIR}/${folder} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    if(NOT type STREQUAL "EXECUTABLE")
      continue()
    endif()
    install(TARGETS ${target} DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT ${component})
    if(STOKER_SANITIZE OR STOKER_FUZZ OR CMAKE_CROSSCOMPILING)
      continue()
    endif()
    set(page ${stoker_manual_folder}/${target}.1)
    set(completion ${stoker_manual_folder}/${target})
    add_custom_command(OUTPUT ${page}.gz ${completion}
      COMMAND ${target} --manual-page > ${page}
      COMMAND gzip -9nf ${page}
      COMMAND ${target} --bash-completion > ${completion}
      DEPENDS ${target}
      COMMENT "Manual page and completion of ${target}" VERBATIM)
    add_custom_target(${target}-manual ALL DEPENDS ${page}.gz ${completion})
    install(FILES ${page}.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT ${component})
    install(FILES ${completion} DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
      COMPONENT ${component})
  endforeach()
endfunction()

if(STOKER_BUILD_TOOLS)
  stoker_install_programs(tools programs)
endif()
if(STOKER_BUILD_TRAINER)
  stoker_install_programs(trainer trainer)
endif()
install(FILES README.md LICENSE CHANGELOG.md libdata/shard/shard_format.md
              libdata/volume/brick_format.md
  DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/stoker COMPONENT programs)

# libdata. Left out of its headers: those that only the .cc files beside them can use, as they stand
# on a foreign library or on one instruction set.
set(stoker_data_libraries stoker_core stoker_sample stoker_shard stoker_image stoker_volume stoker_loader)
set(stoker_cmake_folder ${CMAKE_INSTALL_LIBDIR}/cmake/stoker)
add_library(stoker_data INTERFACE)
set_target_properties(stoker_data PROPERTIES EXPORT_NAME data)
target_link_libraries(stoker_data INTERFACE ${stoker_data_libraries})
target_include_directories(stoker_settings INTERFACE
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/stoker>)
install(TARGETS stoker_data stoker_settings ${stoker_data_libraries}
  EXPORT stokerTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(EXPORT stokerTargets NAMESPACE stoker:: DESTINATION ${stoker_cmake_folder}
  COMPONENT development)
configure_package_config_file(cmake/stokerConfig.cmake.in
  ${CMAKE_BINARY_DIR}/stokerConfig.cmake INSTALL_DESTINATION ${stoker_cmake_folder})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/stokerConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/stokerConfig.cmake ${CMAKE_BINARY_DIR}/stokerConfigVersion.cmake
              cmake/StokerDependencies.cmake
  DESTINATION ${stoker_cmake_folder} COMPONENT development)
install(DIRECTORY libdata DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/stoker COMPONENT development
  FILES_MATCHING PATTERN "*.h"
  REGEX "((feature|xxh3)_kernel[a-z0-9_]*|feature_(lanes|moment_table)|jpeg_arena|jpeg_errors|png_errors|schema_json)\\.h$"
  EXCLUDE)

include(cmake/StokerPackages.cmake)
