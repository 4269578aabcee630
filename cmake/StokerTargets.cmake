# How every target of the house is built: language level, warnings, sanitizers, where programs land.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
if(STOKER_DEV)
  # RelWithDebInfo defines NDEBUG; the dev preset wants its assertions.
  string(REPLACE "-DNDEBUG" "" CMAKE_CXX_FLAGS_RELWITHDEBINFO "${CMAKE_CXX_FLAGS_RELWITHDEBINFO}")
endif()

include(StokerDependencies)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)

add_library(stoker_settings INTERFACE)
set_target_properties(stoker_settings PROPERTIES EXPORT_NAME settings)
target_include_directories(stoker_settings INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
target_compile_features(stoker_settings INTERFACE cxx_std_20)
# Ours alone: who links the installed libdata chooses warnings for himself.
set(own_options -Wall -Wextra)
if(STOKER_DEV)
  list(APPEND own_options -Wconversion -Werror)
endif()
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC takes a source file that another includes for a header, whose classes had better not hold types of
  # unnamed namespaces.
  list(APPEND own_options -Wno-subobject-linkage)
endif()
if(STOKER_SANITIZE)
  list(APPEND own_options -fsanitize=${STOKER_SANITIZE} -fno-omit-frame-pointer
                          -fno-sanitize-recover=all)
  # A null pointer faults by itself and AddressSanitizer says where; the others find nothing that it
  # does not, and take a quarter of the compile time.
  list(APPEND own_options -fno-sanitize=null,vptr,object-size,pointer-overflow)
  target_link_options(stoker_settings INTERFACE -fsanitize=${STOKER_SANITIZE})
endif()
# Two hundred programs to link: a second each with LLVM's linker, against several.
find_program(STOKER_LLD ld.lld)
if(STOKER_LLD AND (STOKER_DEV OR STOKER_SANITIZE))
  add_link_options(-fuse-ld=lld)
endif()
if(STOKER_FUZZ)
  list(APPEND own_options -fsanitize=fuzzer-no-link)
endif()
target_compile_options(stoker_settings INTERFACE "$<BUILD_INTERFACE:${own_options}>")
target_link_libraries(stoker_settings INTERFACE Threads::Threads)

# So that ccache can tell what a precompiled header holds (with its sloppiness pch_defines,time_macros).
set(stoker_header_options $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)

# stoker_library(NAME SOURCES... DEPENDS libs of the house... PRIVATE third-party libs...)
# Of the third-party libraries, those that are headers alone stay out of what is installed.
function(stoker_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  stoker_join_sources(${name} ${ARG_SOURCES})
  list(TRANSFORM ARG_PRIVATE REPLACE "^(CLI11::|nlohmann_json::).*$" "$<BUILD_INTERFACE:\\0>")
  target_link_libraries(${name} PUBLIC stoker_settings ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE})
endfunction()

# Where CMAKE_UNITY_BUILD is on, the files of one subfolder are compiled as one; of those in the library's own
# folder, the ones that begin with the same letter. Fixed groups: a new file moves no other.
function(stoker_join_sources name)
  foreach(source IN LISTS ARGN)
    get_filename_component(folder ${source} DIRECTORY)
    if(NOT folder)
      string(SUBSTRING ${source} 0 1 folder)
    endif()
    string(REPLACE "/" "_" group ${folder})
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${group})
  endforeach()
  set_target_properties(${name} PROPERTIES UNITY_BUILD_MODE GROUP)
endfunction()

# stoker_program(some_tool.cc LIBS...) builds some-tool
function(stoker_program source)
  get_filename_component(name ${source} NAME_WE)
  string(REPLACE "_" "-" name ${name})
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE ${ARGN})
endfunction()

# stoker_test_header(NAME HEADERS... LIBS libs...): headers that the test programs parse once for all of
# them (a third of a test's compile time). A precompiled header serves who is compiled with the same
# flags: position-independent as a program is, not as a library.
function(stoker_test_header name)
  cmake_parse_arguments(ARG "" "" "LIBS" ${ARGN})
  file(CONFIGURE OUTPUT ${name}.cc CONTENT "")
  add_library(${name} OBJECT ${CMAKE_CURRENT_BINARY_DIR}/${name}.cc)
  target_link_libraries(${name} PRIVATE stoker_settings ${ARG_LIBS})
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${name} PRIVATE -fPIE ${stoker_header_options})
  target_precompile_headers(${name} PRIVATE ${ARG_UNPARSED_ARGUMENTS})
endfunction()

# stoker_test(some_test.cc LIBS...) builds and registers the GoogleTest program some_test, whose tests
# bear the name of their folder as label
function(stoker_test source)
  get_filename_component(name ${source} NAME_WE)
  get_filename_component(folder ${CMAKE_CURRENT_SOURCE_DIR} NAME)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE ${ARGN} GTest::gtest GTest::gtest_main GTest::gmock)
  if("stoker_trainer" IN_LIST ARGN)
    target_precompile_headers(${name} REUSE_FROM torch_test_header)
  else()
    target_precompile_headers(${name} REUSE_FROM test_header)
  endif()
  # GCC 12 takes std::string's operator+ for overflows, and is silent about it only where the library's
  # headers are not precompiled.
  target_compile_options(${name} PRIVATE ${stoker_header_options}
    $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds;-Wno-stringop-overflow;-Wno-stringop-overread;-Wno-restrict>)
  target_compile_definitions(${name} PRIVATE
    STOKER_SOURCE_DIR="${PROJECT_SOURCE_DIR}" STOKER_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  # Threads of OpenMP that wait for one another sleep: tests run side by side, and spinning takes the
  # time of the others.
  set(environment OMP_WAIT_POLICY=passive)
  if(STOKER_SANITIZE MATCHES "address")  # then there is no OpenMP: the trainer is not built
    set(environment LSAN_OPTIONS=print_suppressions=0:suppressions=${PROJECT_SOURCE_DIR}/tests/leaks_of_others.txt)
  endif()
  # Names without the values of parameters, which for structs are bytes and pointers.
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST NO_PRETTY_VALUES
    PROPERTIES TIMEOUT 300 LABELS ${folder} ENVIRONMENT "${environment}")
endfunction()
